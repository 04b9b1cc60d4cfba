/** JSON with exact integers: `JSON.parse` rounds integers beyond 2^53, and `JSON.stringify` rejects bigints. */

/** A string or a number, the only JSON tokens with digits. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * `JSON.parse`, but converts integers that a number cannot represent exactly with `large`.
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

/** `JSON.stringify`, but writes bigints as integers. */
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

/** A marker that does not occur in the text. */
function markFor(text: string): string {
  let mark = "int64:";
  for (let count = 0; text.includes(mark); count++) mark = `int64-${count}:`;
  return mark;
}

/** A JSON object with unknown members. */
export type Json = Readonly<Record<string, unknown>>;

/** True for an object that is not a list. */
export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value if it is a JSON object, otherwise an empty object. */
export function objectOf(value: unknown): Json {
  return isObject(value) ? value : {};
}

/** The JSON objects in a list, or a single object as a list. */
export function objectsOf(value: unknown): readonly Json[] {
  // Fast path: most requested names are absent.
  if (value === undefined || value === null) return NONE;
  return (Array.isArray(value) ? value : [value]).filter(isObject);
}

const NONE: readonly Json[] = [];
