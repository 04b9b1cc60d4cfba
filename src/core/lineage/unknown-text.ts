/**
 * Text with unknown parts. Each unknown part is a label between two private use characters, so that concatenation, `format`,
 * `replace` and other operations work as on any text.
 *
 * Expressions of the deployment, such as `${workspace.current_user.short_name}`, have their own marks: their value is unknown
 * before the deployment but the same everywhere, so names that contain them can be compared.
 */
const OPEN = "\uE000";
const CLOSE = "\uE001";
const OPEN_EXPRESSION = "\uE002";
const CLOSE_EXPRESSION = "\uE003";
/** A dot in an expression, which does not separate name parts. */
const DOT = "\uE004";

const MARKS = /[\uE000-\uE004]/;
/** Marked parts; captures the label of unknown ones. */
const MARKED_PARTS = /(\uE000[^\uE000\uE001]*\uE001|\uE002[^\uE002\uE003]*\uE003)/;
const ONLY_UNKNOWN = /^\s*\uE000[^\uE000\uE001]*\uE001\s*;?\s*$/;

/** Unknown text with a label. */
export function unknownText(label: string): string {
  const word = label.replace(/[^\p{L}\p{N}_…]+/gu, "_").slice(0, 60);
  return `${OPEN}${word === "" ? "…" : word}${CLOSE}`;
}

/** The text that an expression of the deployment stands for. @param expression without `${` and `}` */
export function expressionText(expression: string): string {
  const word = expression.trim().replaceAll(".", DOT);
  return `${OPEN_EXPRESSION}${word.replace(/[^\p{L}\p{N}_\uE004]+/gu, "_").slice(0, 200)}${CLOSE_EXPRESSION}`;
}

/** Whether every character of a text is known. */
export function isKnown(text: string): boolean {
  return !MARKS.test(text);
}

/** Whether nothing of a text is known. */
export function isUnknown(text: string): boolean {
  return ONLY_UNKNOWN.test(text);
}

/** The distinct labels of the unknown parts. */
export function unknownParts(text: string): string[] {
  const labels = Array.from(
    text.matchAll(/\uE000([^\uE000\uE001]*)\uE001/g),
    ([, label = ""]) => label,
  );
  return [...new Set(labels)];
}

/** Display text: unknown parts in braces, expressions as written. */
export function showUnknown(text: string): string {
  if (isKnown(text)) return text;
  return text
    .replaceAll(OPEN, "{")
    .replaceAll(CLOSE, "}")
    .replaceAll(OPEN_EXPRESSION, "${")
    .replaceAll(CLOSE_EXPRESSION, "}")
    .replaceAll(DOT, ".");
}

/** Transforms the known parts of a text. */
export function changeKnown(text: string, change: (known: string) => string): string {
  if (isKnown(text)) return change(text);
  return text
    .split(MARKED_PARTS)
    .map((part) => (MARKS.test(part.charAt(0)) ? part : change(part)))
    .join("");
}

/** Turns expressions into unknown parts, for operations after which they are no longer the same everywhere. */
export function withoutExpressions(text: string): string {
  return text.replace(/\uE002([^\uE002\uE003]*)\uE003/g, (_, name: string) => unknownText(name));
}

/** Removes the marks of unknown parts from source text. */
export function withoutMarks(text: string): string {
  return isKnown(text) ? text : text.replace(/[\uE000-\uE004]/g, " ");
}

/** Special characters allowed in a name. */
export const MARKED = "\uE000-\uE004…";
