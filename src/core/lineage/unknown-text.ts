/**
 * Text of which parts are unknown. Each unknown part is a label between two characters of the private use area, so that
 * concatenation, `format`, `replace` and the like work on it as on any text.
 *
 * An expression of the deployment, such as `${workspace.current_user.short_name}`, is marked in another way: nobody
 * knows its value before the deployment, but it is the same wherever it stands, so that names with it can be compared.
 */
const OPEN = "\uE000";
const CLOSE = "\uE001";
const OPEN_EXPRESSION = "\uE002";
const CLOSE_EXPRESSION = "\uE003";
/** A dot in an expression, which divides no name. */
const DOT = "\uE004";

const MARKS = /[\uE000-\uE004]/;
/** Parts with marks; of unknown parts, the label is captured. */
const MARKED_PARTS = /(\uE000[^\uE000\uE001]*\uE001|\uE002[^\uE002\uE003]*\uE003)/;
const ONLY_UNKNOWN = /^\s*\uE000[^\uE000\uE001]*\uE001\s*;?\s*$/;

/** Text that is not known, named by a label. */
export function unknownText(label: string): string {
  const word = label.replace(/[^\p{L}\p{N}_…]+/gu, "_").slice(0, 60);
  return `${OPEN}${word === "" ? "…" : word}${CLOSE}`;
}

/** Text that an expression of the deployment stands for. @param expression without `${` and `}` */
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

/** The labels of the unknown parts, each once. */
export function unknownParts(text: string): string[] {
  const labels = Array.from(
    text.matchAll(/\uE000([^\uE000\uE001]*)\uE001/g),
    ([, label = ""]) => label,
  );
  return [...new Set(labels)];
}

/** The text for people: unknown parts in braces, expressions as they are written. */
export function showUnknown(text: string): string {
  if (isKnown(text)) return text;
  return text
    .replaceAll(OPEN, "{")
    .replaceAll(CLOSE, "}")
    .replaceAll(OPEN_EXPRESSION, "${")
    .replaceAll(CLOSE_EXPRESSION, "}")
    .replaceAll(DOT, ".");
}

/** Changes what is known of a text. */
export function changeKnown(text: string, change: (known: string) => string): string {
  if (isKnown(text)) return change(text);
  return text
    .split(MARKED_PARTS)
    .map((part) => (MARKS.test(part.charAt(0)) ? part : change(part)))
    .join("");
}

/** The text with expressions as unknown parts: for changes after which it is not the same text everywhere. */
export function withoutExpressions(text: string): string {
  return text.replace(/\uE002([^\uE002\uE003]*)\uE003/g, (_, name: string) => unknownText(name));
}

/** Source text without the characters that mark what is unknown. */
export function withoutMarks(text: string): string {
  return isKnown(text) ? text : text.replace(/[\uE000-\uE004]/g, " ");
}

/** What a name may hold beside letters and digits. */
export const MARKED = "\uE000-\uE004…";
