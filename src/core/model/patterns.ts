/** Escapes text for a regular expression. */
export const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** A matcher for a pattern in which `*` matches any text, including line breaks. */
export function globOf(pattern: string): (text: string) => boolean {
  const expression = new RegExp(`^${pattern.split("*").map(escapeRegExp).join(".*")}$`, "s");
  return (text) => expression.test(text);
}
