/** Makes untrusted text safe for a terminal or log: escapes control characters, line breaks and bidirectional marks. */
export function printable(text: string): string {
  return text.replace(
    // eslint-disable-next-line no-control-regex -- finding them is the point
    /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** {@link printable} text in double quotes. */
export function quote(text: string): string {
  return `"${printable(text)}"`;
}

/** The message of a thrown value. */
export function errorText(thrown: unknown): string {
  // Errors from another realm, such as Node's own in a test, are not instances of this realm's Error.
  const { message } = Object(thrown) as { message?: unknown };
  return typeof message === "string" ? message : String(thrown);
}
