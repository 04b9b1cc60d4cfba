import {
  canonical,
  isSensitive,
  isSettings,
  JOB_SCHEMA,
  maskSecret,
  type Setting,
  type Settings,
  type Shape,
  textAt,
} from "@jobstrata/core/model";

/** The position of a text in settings. */
export interface TextPlace {
  /** Name of the setting. */
  readonly name: string;
  /** The enclosing block or task type, such as `notebook_task`. */
  readonly holder: string;
  readonly shape: Shape | undefined;
  /** The enclosing settings. */
  readonly part: Settings;
}

/** Transforms all texts in a job's settings. Sorts unordered lists afterwards. */
export function withTexts(
  settings: Settings,
  change: (text: string, place: TextPlace) => string,
): Settings {
  const visit = (value: Setting, shape: Shape | undefined, place: TextPlace): Setting => {
    if (typeof value === "string") return change(value, { ...place, shape });
    if (Array.isArray(value)) {
      const items = value as readonly Setting[];
      const inner = shape?.kind === "list" ? shape.of : shape;
      return sorted(
        items.map((item) => visit(item, inner, place)),
        shape,
      );
    }
    if (!isSettings(value)) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, each]): [string, Setting][] => {
        const inner = fieldShape(shape, name);
        const next = visit(each, inner, { name, holder: place.name, shape: inner, part: value });
        const typed = typeof each === "string" ? typedText(next, inner) : next;
        return typed === undefined ? [] : [[name, typed]];
      }),
    );
  };
  return visit(settings, JOB_SCHEMA, {
    name: "",
    holder: "",
    shape: JOB_SCHEMA,
    part: {},
  }) as Settings;
}

/** Converts a resolved expression to its type, as readers do; undefined if it equals the default. */
function typedText(value: Setting, shape: Shape | undefined): Setting | undefined {
  if (typeof value !== "string") return value;
  const isFlag = shape?.kind === "boolean" && /^(?:true|false)$/.test(value);
  const isNumber = shape?.kind === "number" && value.trim() !== "" && !Number.isNaN(Number(value));
  const typed = isFlag ? value === "true" : isNumber ? Number(value) : value;
  const isScalar = shape?.kind === "string" || isFlag || isNumber;
  if (!isScalar) return typed;
  if (typed === "" && shape.mayBeEmpty !== true) return undefined;
  return typed === shape.default ? undefined : typed;
}

export function fieldShape(shape: Shape | undefined, name: string): Shape | undefined {
  if (shape?.kind === "map") return shape;
  return shape?.kind === "object" && Object.hasOwn(shape.fields, name)
    ? shape.fields[name]
    : undefined;
}

function sorted(items: readonly Setting[], shape: Shape | undefined): readonly Setting[] {
  const isSet = (shape?.kind === "strings" || shape?.kind === "list") && shape.isSet === true;
  if (!isSet) return items;
  return items
    .map((item) => [canonical(item), item] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, item]) => item);
}

/** The result of {@link filledFrom}. */
export interface Filled {
  /** The code's settings, with matching expressions replaced by live values. */
  readonly settings: Settings;
  /** Paths of values that only the deployment knows and that are therefore not compared. */
  readonly open: readonly string[];
}

/**
 * Replaces unresolved expressions with live values if the text around them matches: a variable without a value matches any
 * text.
 */
export function filledFrom(code: Settings, live: Settings): Filled {
  const open: string[] = [];
  const visit = (
    value: Setting,
    other: Setting | undefined,
    shape: Shape | undefined,
    path: readonly string[],
  ): Setting => {
    if (typeof value === "string") {
      const found = other === undefined ? undefined : filledText(value, other);
      if (found === undefined) return value;
      if (found.isOpen) open.push(path.join("."));
      return found.value;
    }
    if (Array.isArray(value)) {
      const items = value as readonly Setting[];
      const others = Array.isArray(other) ? (other as readonly Setting[]) : [];
      return filledList(items, others, shape, (item, match, name) =>
        visit(item, match, shape?.kind === "list" ? shape.of : undefined, [...path, name]),
      );
    }
    if (!isSettings(value)) return value;
    const held = isSettings(other) ? other : {};
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => [
        name,
        visit(each, Object.hasOwn(held, name) ? held[name] : undefined, fieldShape(shape, name), [
          ...path,
          name,
        ]),
      ]),
    );
  };
  const settings = visit(code, live, JOB_SCHEMA, []) as Settings;
  return { settings, open };
}

type Visit = (item: Setting, match: Setting | undefined, name: string) => Setting;

function filledList(
  items: readonly Setting[],
  others: readonly Setting[],
  shape: Shape | undefined,
  visit: Visit,
): readonly Setting[] {
  if (shape?.kind === "list" && shape.key !== undefined) {
    const { key } = shape;
    const byKey = new Map(others.map((item) => [textAt(item, key), item]));
    return items.map((item) => {
      const name = textAt(item, key) ?? "";
      return visit(item, byKey.get(name), name);
    });
  }
  const isSet = (shape?.kind === "strings" || shape?.kind === "list") && shape.isSet === true;
  if (!isSet) return items.map((item, at) => visit(item, others[at], String(at)));
  // Match equal items first, and leave the rest for expressions.
  const left = others.filter(
    (other) => !items.some((item) => canonical(item) === canonical(other)),
  );
  const filled = items.map((item, at) => {
    if (others.some((other) => canonical(other) === canonical(item))) return item;
    for (const [index, other] of left.entries()) {
      const tried = visit(item, other, String(at));
      if (canonical(tried) !== canonical(other)) continue;
      left.splice(index, 1);
      return tried;
    }
    return item;
  });
  return sorted(filled, shape);
}

/** Marks a `$` that does not begin an expression. */
const LITERAL = "\ue000";
/** Escapes `${` so that it does not begin an expression. */
export const literal = (text: string): string => text.replaceAll("${", `$${LITERAL}{`);
/** Removes the escapes for display. */
export const unescaped = (text: string): string => text.replaceAll(LITERAL, "");

const EXPRESSION = /\$\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}/g;

/** The live value if it matches a text with expressions; undefined if it does not, or the text has none. */
function filledText(
  text: string,
  value: Setting,
): { readonly value: Setting; readonly isOpen: boolean } | undefined {
  if (typeof value === "object" || text === value) return undefined;
  if (isSensitive(text)) return undefined;
  const live = String(value);
  if (!text.includes("${")) {
    // The reader masked the live value because of its name.
    if (isSensitive(live) && maskSecret(text) === live) return { value, isOpen: false };
    return undefined;
  }
  if (isSensitive(live)) return { value, isOpen: true };
  const parts = text.split(EXPRESSION);
  return parts.length > 1 && hasParts(live, parts) ? { value, isOpen: true } : undefined;
}

/** Whether a text starts with the first part, ends with the last, and has the others in between, in order. */
function hasParts(text: string, parts: readonly string[]): boolean {
  const [first = "", ...others] = parts;
  const last = others.pop() ?? "";
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

/** Whether a text still contains an unresolved expression. */
export const isOpenText = (text: string): boolean => text.includes("${") && !isSensitive(text);

/** Whether a name pattern contains letters or digits outside its expressions. */
export const hasWords = (pattern: string): boolean =>
  /[\p{L}\p{Nd}]/u.test(pattern.replace(EXPRESSION, ""));

/** Whether a name matches a pattern, whose expressions match any text. */
export function fits(pattern: string, name: string): boolean {
  return pattern === name || filledText(pattern, name) !== undefined;
}
