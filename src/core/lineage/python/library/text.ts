import { changeKnown, isKnown, unknownText, withoutExpressions } from "../../unknown-text";
import type { Args } from "../evaluator";
import { isType, labelOf, listOf, textOf, unknown, type Value } from "../values";

export function ofText(self: Value, name: string, args: Args): Value {
  if (isType(self, "any")) {
    const results = self.of.map((text) => ofText(text, name, args));
    const texts = results.flatMap((text) => (typeof text === "string" ? [text] : []));
    return texts.length === results.length ? { ...self, of: texts } : unknown(self.label);
  }
  const text = textOf(self);
  if (isTooLong(text, [...args.positional, ...args.named.values()])) return unknown("");
  const [first, second] = args.positional;
  switch (name) {
    case "format":
      return formatted(text, args);
    case "format_map":
      return isType(first, "dict")
        ? formatted(text, { positional: [], named: first.entries })
        : unknown("");
    case "lower":
    case "casefold":
      return changeKnown(text, (part) => part.toLowerCase());
    case "upper":
      return changeKnown(text, (part) => part.toUpperCase());
    case "title":
      return changeKnown(text, (part) =>
        part.toLowerCase().replace(/(?<![\p{L}])\p{L}/gu, (letter) => letter.toUpperCase()),
      );
    case "capitalize":
      return changeKnown(
        text,
        (part) => part.charAt(0).toUpperCase() + part.slice(1).toLowerCase(),
      );
    case "strip":
      return trimmed(text, first, true, true);
    case "lstrip":
      return trimmed(text, first, true, false);
    case "rstrip":
      return trimmed(text, first, false, true);
    case "replace":
      return typeof first === "string" && typeof second === "string" && first !== ""
        ? withoutExpressions(text).replaceAll(first, second)
        : unknown("");
    case "removeprefix":
      return typeof first === "string" && text.startsWith(first) ? text.slice(first.length) : text;
    case "removesuffix":
      return typeof first === "string" && first !== "" && text.endsWith(first)
        ? text.slice(0, -first.length)
        : text;
    case "split":
    case "rsplit":
      return parts(text, name, first, second);
    case "splitlines":
      return listOf(text.split("\n"));
    case "join": {
      if (!isType(first, "list") || first.open)
        return unknownText(first === undefined ? "" : labelOf(first));
      return first.items.map(textOf).join(text);
    }
    case "startsWith":
    case "startswith":
      return typeof first === "string" && isKnown(text) ? text.startsWith(first) : unknown("");
    case "endswith":
      return typeof first === "string" && isKnown(text) ? text.endsWith(first) : unknown("");
    default:
      return unknown(name);
  }
}

/** The parts of a text at a mark, by default at blanks; `most` is the maximum number of splits. */
function parts(
  text: string,
  name: "split" | "rsplit",
  mark: Value | undefined,
  most: Value | undefined,
): Value {
  if (mark !== undefined && (typeof mark !== "string" || mark === "")) return unknown("");
  const known = withoutExpressions(text);
  const all = mark === undefined ? known.trim().split(/\s+/) : known.split(mark);
  if (typeof most === "number" && most > 0 && all.length > most + 1) {
    const at = name === "split" ? most : all.length - most;
    const [before, after] = [all.slice(0, at), all.slice(at)];
    return name === "split"
      ? listOf([...before, after.join(mark ?? " ")])
      : listOf([before.join(mark ?? " "), ...after]);
  }
  return listOf(all, !isKnown(text) && !all.every((part) => part !== ""));
}

/** Whether inserting texts could exceed the length limit, wherever they go. */
export function isTooLong(text: string, values: readonly Value[]): boolean {
  const lengths = values.map((value) => (typeof value === "string" ? value.length : 0));
  return text.length * Math.max(0, ...lengths.slice(0, 1000)) > MAX_PRODUCT;
}

const MAX_PRODUCT = 50_000_000;

function trimmed(
  text: string,
  characters: Value | undefined,
  start: boolean,
  end: boolean,
): string {
  if (typeof characters !== "string") {
    if (start && end) return text.trim();
    return start ? text.trimStart() : text.trimEnd();
  }
  let from = 0;
  let to = text.length;
  while (start && from < to && characters.includes(text.charAt(from))) from++;
  while (end && to > from && characters.includes(text.charAt(to - 1))) to--;
  return text.slice(from, to);
}

function formatted(text: string, { positional, named: values }: Args): string {
  let next = 0;
  return text.replace(
    /\{\{|\}\}|\{(\w*)((?:\.\w+|\[[^\]{}]*\])*)(?:![rsa])?(?::[^{}]*)?\}/g,
    (all, name: string | undefined, rest = "") => {
      if (all === "{{") return "{";
      if (all === "}}") return "}";
      const key = name ?? "";
      const value = /^\d+$/.test(key)
        ? positional[Number(key)]
        : key === ""
          ? positional[next++]
          : values.get(key);
      if (rest !== "") {
        const path = String(rest).replace(/^[.[]|\]$/g, "");
        if (isType(value, "object")) return textOf(value.fields.get(path) ?? unknown(path));
        if (isType(value, "dict")) return textOf(value.entries.get(path) ?? unknown(path));
        return unknownText(path);
      }
      return textOf(value ?? unknown(key));
    },
  );
}

/** The last segment of a path; other text unchanged. */
export const nameOfPath = (text: string): string => text.slice(text.lastIndexOf("/") + 1);
