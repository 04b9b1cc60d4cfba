/** Control characters, line breaks and bidirectional marks. */
const UNPRINTABLE =
  // eslint-disable-next-line no-control-regex -- finding them is the point
  /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Makes untrusted text safe for a terminal or log: escapes control characters, line breaks and bidirectional marks. */
export function printable(text: string): string {
  // Fast path: searching takes a fourth of the time of replacing nothing.
  if (text.search(UNPRINTABLE) === -1) return text;
  return text.replace(
    UNPRINTABLE,
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

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EDQUOT: "the disk quota is used up",
  EFBIG: "the file would be too large",
  EISDIR: "it is a folder",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
  ENAMETOOLONG: "the name is too long",
  ENOENT: "no such file or folder",
  ENOSPC: "no space left on the disk",
  ENOTDIR: "a part of the path is not a folder",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
};

/** The cause of a file system error in words, such as `no space left on the disk (ENOSPC)`; undefined for other errors. */
export function systemReason(error: unknown): string | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined) return undefined;
  const words = SYSTEM_ERRORS[code];
  return words === undefined ? code : `${words} (${code})`;
}
