/** JSON with exact integers: `JSON.parse` rounds those beyond 2^53, `JSON.stringify` refuses a bigint. */

/** A string, or a number; nothing else in JSON holds a digit. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * `JSON.parse`, but integers that a number can't hold exactly are what `large` makes of their digits.
 *
 * @param large @default BigInt
 * @throws {SyntaxError} as `JSON.parse`
 */
export function parseJson(text: string, large: (digits: string) => unknown = BigInt): unknown {
  const value = JSON.parse(text) as unknown;
  if (!/\d{16}/.test(text)) return value;
  const mark = markFor(text);
  const marked = text.replace(TOKEN, (token) => {
    if (!/^-?\d{16,}$/.test(token) || Number.isSafeInteger(Number(token))) return token;
    return JSON.stringify(mark + token);
  });
  if (marked === text) return value;
  return JSON.parse(marked, (_key, member: unknown) =>
    typeof member === "string" && member.startsWith(mark)
      ? large(member.slice(mark.length))
      : member,
  ) as unknown;
}

/** `JSON.stringify`, but a bigint is written as the integer that it is. */
export function stringifyJson(value: unknown, indent?: number): string {
  try {
    return JSON.stringify(value, undefined, indent);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
  }
  const write = (replace: (integer: bigint) => string): string =>
    JSON.stringify(
      value,
      (_key, member: unknown) => (typeof member === "bigint" ? replace(member) : member),
      indent,
    );
  const mark = markFor(write(() => ""));
  return write((integer) => mark + String(integer)).replaceAll(
    new RegExp(`"${mark}(-?\\d+)"`, "g"),
    "$1",
  );
}

/** What a text holds nowhere. */
function markFor(text: string): string {
  let mark = "int64:";
  for (let count = 0; text.includes(mark); count++) mark = `int64-${count}:`;
  return mark;
}

/** A JSON object whose members are not known. */
export type Json = Readonly<Record<string, unknown>>;

/** True for an object that is not a list. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value, if it is a JSON object; else an empty one. */
export function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

/** The JSON objects of a list, or the one that stands without a list. */
export function objectsOf(value: unknown): readonly Json[] {
  // Most names that readers ask for are not there.
  if (value === undefined || value === null) return NONE;
  return (Array.isArray(value) ? value : [value]).filter(isObject);
}

const NONE: readonly Json[] = [];
