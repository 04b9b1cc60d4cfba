/**
 * Text that somebody else wrote, made safe to show in a terminal or a log: control characters, line breaks and the
 * bidirectional marks that reorder a line become escapes.
 */
export function printable(text: string): string {
  return text.replace(
    // eslint-disable-next-line no-control-regex -- finding them is the point
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** {@link printable} text between double quotes. */
export function quote(text: string): string {
  return `"${printable(text)}"`;
}

/** The message of something that was thrown. */
export function errorText(thrown: unknown): string {
  // Errors of another context, such as Node's own within a test, are not instances of this one's Error.
  const { message } = Object(thrown) as { message?: unknown };
  return typeof message === "string" ? message : String(thrown);
}
