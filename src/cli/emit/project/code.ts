/** TypeScript code in Prettier's default layout, so that users need not format 1,000 generated files. */

/** An expression. */
export type Code =
  /** Text that is never wrapped: a number, a name, a template. */
  | { readonly kind: "raw"; readonly text: string; readonly isTemplate?: true }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly Code[] }
  | { readonly kind: "object"; readonly entries: readonly Entry[]; readonly isOpen?: true }
  /** `() => body` */
  | { readonly kind: "arrow"; readonly body: Code }
  | { readonly kind: "call"; readonly callee: string; readonly args: readonly Code[] };

/** A property of an object. */
export interface Entry {
  readonly name: string;
  readonly value: Code;
  /** Lines above it. */
  readonly comments?: readonly string[];
}

const WIDTH = 80;
/** Prettier breaks after the `:` rather than inside of a call whose one argument is at most this long. */
const SHORT_ARGUMENT = WIDTH / 4;

export const raw = (text: string): Code => ({ kind: "raw", text });
export const text = (value: string): Code => ({ kind: "text", text: value });
export const list = (items: readonly Code[]): Code => ({ kind: "list", items });
export const call = (callee: string, ...args: readonly Code[]): Code => ({
  kind: "call",
  callee,
  args,
});

/** @param isOpen always one property a line */
export const object = (entries: readonly Entry[], isOpen = false): Code =>
  isOpen ? { kind: "object", entries, isOpen } : { kind: "object", entries };

/** The code of plain data: strings, numbers, lists, objects. Undefined values are omitted. */
export function data(value: unknown): Code {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) return list((value as unknown[]).map(data));
  if (isCode(value)) return value;
  if (typeof value !== "object" || value === null) return raw(String(value));
  return object(
    Object.entries(value).flatMap(([name, each]) =>
      each === undefined ? [] : [{ name, value: data(each) }],
    ),
  );
}

const KINDS: ReadonlySet<unknown> = new Set(["raw", "text", "list", "object", "arrow", "call"]);
/** Plain data never has one of these kinds together with its other properties. */
export function isCode(value: unknown): value is Code {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  const { kind } = value;
  if (!KINDS.has(kind)) return false;
  const member = {
    raw: "text",
    text: "text",
    list: "items",
    object: "entries",
    arrow: "body",
    call: "callee",
  };
  return member[kind as keyof typeof member] in value;
}

/** A name as an object key, quoted if necessary. */
function propertyName(name: string): string {
  if (name === "__proto__") return '["__proto__"]';
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name);
}

/** A string literal in the quotes that need fewer escapes; double quotes if equal. */
export function quoted(value: string): string {
  const json = JSON.stringify(value)
    .replaceAll("\u2028", "\\u2028")
    .replaceAll("\u2029", "\\u2029");
  const doubles = value.split('"').length;
  const singles = value.split("'").length;
  if (doubles <= singles) return json;
  return `'${json.slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

const isShorthand = (name: string, value: Code): boolean =>
  value.kind === "raw" && value.text === name && /^[A-Za-z_$][\w$]*$/.test(name);

/** The code on one line; undefined if it needs several. */
function flat(code: Code): string | undefined {
  switch (code.kind) {
    case "raw":
      return code.text;
    case "text":
      return quoted(code.text);
    case "list": {
      const items = code.items.map(flat);
      return items.includes(undefined) ? undefined : `[${items.join(", ")}]`;
    }
    case "object": {
      if (code.entries.length === 0) return "{}";
      if (code.isOpen === true) return undefined;
      const entries = code.entries.map(({ name, value, comments = [] }) => {
        const inLine = comments.length > 0 ? undefined : flat(value);
        if (inLine === undefined) return undefined;
        return isShorthand(name, value) ? name : `${propertyName(name)}: ${inLine}`;
      });
      return entries.includes(undefined) ? undefined : `{ ${entries.join(", ")} }`;
    }
    case "arrow": {
      const body = flat(code.body);
      return body === undefined ? undefined : `() => ${body}`;
    }
    case "call": {
      const args = code.args.map(flat);
      return args.includes(undefined) ? undefined : `${code.callee}(${args.join(", ")})`;
    }
  }
}

/**
 * Formats code.
 *
 * @param indent of the line that it begins on
 * @param column that it begins at
 * @param after number of characters that follow it on its last line
 */
export function layOut(code: Code, indent: number, column: number, after: number): string {
  const inLine = flat(code);
  if (inLine !== undefined && column + inLine.length + after <= WIDTH) return inLine;
  switch (code.kind) {
    case "raw":
    case "text":
      return inLine ?? "";
    case "list": {
      if (code.items.length === 0) return "[]";
      return `[\n${argumentLines(code.items, indent)}${pad(indent)}]`;
    }
    case "object": {
      if (code.entries.length === 0) return "{}";
      const lines = code.entries.map(
        (entry) =>
          `${commentLines(entry.comments, indent + 2)}${pad(indent + 2)}${property(entry, indent + 2)},\n`,
      );
      return `{\n${lines.join("")}${pad(indent)}}`;
    }
    case "arrow":
      return `() =>\n${pad(indent + 2)}${layOut(code.body, indent + 2, indent + 2, 1)}`;
    case "call":
      return layOutCall(code, indent, column);
  }
}

function layOutCall(
  { callee, args }: Code & { readonly kind: "call" },
  indent: number,
  column: number,
): string {
  const before = args.slice(0, -1).map(flat);
  const last = args.at(-1);
  if (last === undefined) return `${callee}()`;
  const head = `${callee}(${before.map((each) => `${each ?? ""}, `).join("")}`;
  const isHugged =
    ((last.kind === "object" && last.entries.length > 0) ||
      (last.kind === "list" && last.items.length > 0)) &&
    !before.includes(undefined) &&
    column + head.length + 1 <= WIDTH;
  if (last.kind === "arrow" && !before.includes(undefined) && column + head.length + 5 <= WIDTH) {
    const body = layOut(last.body, indent + 2, indent + 2, 1);
    if (!body.includes("\n")) return `${head}() =>\n${pad(indent + 2)}${body},\n${pad(indent)})`;
  }
  // The rest of the object is on its own lines.
  if (isHugged) return `${head}${layOut(last, indent, WIDTH, 0)})`;
  return `${callee}(\n${argumentLines(args, indent)}${pad(indent)})`;
}

const argumentLines = (items: readonly Code[], indent: number): string =>
  items.map((item) => `${pad(indent + 2)}${layOut(item, indent + 2, indent + 2, 1)},\n`).join("");

function property({ name, value }: Entry, indent: number): string {
  const key = propertyName(name);
  if (isShorthand(name, value)) return name;
  return assignment(`${key}:`, value, indent, 1);
}

/**
 * `left`, which ends with `:` or `=`, and its value, on the next line if Prettier breaks there.
 *
 * @param after number of characters that follow on the last line
 */
export function assignment(left: string, value: Code, indent: number, after: number): string {
  const column = indent + left.length + 1;
  const inLine = flat(value);
  const fits = inLine !== undefined && column + inLine.length + after <= WIDTH;
  if (!fits && breaksAfterOperator(value)) {
    // Breaking after a short key gains nothing.
    const isShort = value.kind !== "call" && left.endsWith(":") && left.length - 1 < 5;
    if (!isShort)
      return `${left}\n${pad(indent + 2)}${layOut(value, indent + 2, indent + 2, after)}`;
  }
  return `${left} ${layOut(value, indent, column, after)}`;
}

function breaksAfterOperator(value: Code): boolean {
  if (value.kind === "text") return true;
  if (value.kind === "raw")
    return value.isTemplate !== true && /^[\w$]+(?:\.[\w$]+)+$/.test(value.text);
  if (value.kind !== "call" || value.callee.startsWith("new ")) return false;
  if (!value.callee.includes(".")) return false;
  const [first, ...others] = value.args;
  if (first === undefined) return true;
  if (others.length > 0 || first.kind === "object" || first.kind === "list") return false;
  return first.kind === "text" && quoted(first.text).length <= SHORT_ARGUMENT;
}

export function pad(indent: number): string {
  return " ".repeat(indent);
}

/** Comment lines with `//`. */
export function commentLines(comments: readonly string[] = [], indent = 0): string {
  return comments
    .flatMap((comment) => comment.split("\n"))
    .map((line) => `${pad(indent)}//${line.trim() === "" ? "" : ` ${line.trim()}`}\n`)
    .join("");
}

/** An expression as a statement, optionally after `const name = ` or `return `. */
export function statement(
  code: Code,
  { name, indent = 0 }: { name?: string; indent?: number } = {},
): string {
  if (name === "return") return `${pad(indent)}return ${layOut(code, indent, indent + 7, 1)};\n`;
  const written =
    name === undefined ? layOut(code, indent, indent, 1) : assignment(`${name} =`, code, indent, 1);
  return `${pad(indent)}${written};\n`;
}

/** `import { A, B } from "x";` */
export function importLine(names: Iterable<string>, from: string): string {
  const given = [...names].sort(compareNames);
  const isTypes = given.every((name) => name.startsWith("type "));
  const all = isTypes ? given.map((name) => name.replace(/^type /, "")) : given;
  const word = isTypes ? "import type" : "import";
  const line = `${word} { ${all.join(", ")} } from ${quoted(from)};\n`;
  if (line.length - 1 <= WIDTH || all.length === 1) return line;
  return `${word} {\n${all.map((name) => `  ${name},\n`).join("")}} from ${quoted(from)};\n`;
}

function compareNames(a: string, b: string): number {
  const plain = (name: string): string => name.replace(/^type /, "").toLowerCase();
  return plain(a) < plain(b) ? -1 : plain(a) > plain(b) ? 1 : 0;
}
