/**
 * Text of which parts are unknown: each unknown part is a label between two characters of the private use area, so that
 * concatenation, `format`, `replace` and the like work on it as on any text.
 */
const OPEN = "\uE000";
const CLOSE = "\uE001";

/** Text that is not known, named by a label. */
export function unknownText(label: string): string {
  const word = label.replace(/[^\p{L}\p{N}_…]+/gu, "_").slice(0, 60);
  return `${OPEN}${word === "" ? "…" : word}${CLOSE}`;
}

export function isKnown(text: string): boolean {
  return !text.includes(OPEN);
}

/** The labels of the unknown parts, each once. */
export function unknownParts(text: string): string[] {
  const labels = Array.from(
    text.matchAll(/\uE000([^\uE000\uE001]*)\uE001/g),
    ([, label = ""]) => label,
  );
  return [...new Set(labels)];
}

/** The text for people, with unknown parts in braces. */
export function showUnknown(text: string): string {
  return text.replaceAll(OPEN, "{").replaceAll(CLOSE, "}");
}

/** Changes what is known of a text. */
export function changeKnown(text: string, change: (known: string) => string): string {
  if (isKnown(text)) return change(text);
  return text
    .split(/(\uE000[^\uE000\uE001]*\uE001)/)
    .map((part) => (part.startsWith(OPEN) ? part : change(part)))
    .join("");
}

/** Source text without the characters that mark what is unknown. */
export function withoutMarks(text: string): string {
  return text.includes(OPEN) || text.includes(CLOSE) ? text.replace(/[\uE000\uE001]/g, " ") : text;
}

/** What a name may hold beside letters and digits. */
export const MARKED = "\uE000\uE001…";
