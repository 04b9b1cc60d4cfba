/** Makes text stand for itself in a regular expression. */
export const escapeRegExp = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** A pattern in which `*` stands for any text, line breaks included; everything else stands for itself. */
export function globOf(pattern: string): (text: string) => boolean {
  const expression = new RegExp(`^${pattern.split("*").map(escapeRegExp).join(".*")}$`, "s");
  return (text) => expression.test(text);
}
