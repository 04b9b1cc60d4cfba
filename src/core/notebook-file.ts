import { closeSync, openSync, readSync } from "node:fs";
import { extname } from "node:path";
import { sourceFormat } from "./model/notebook-format";

/** The first line of a file, up to `bytes` bytes. */
export function firstLine(file: string, bytes = 200): string {
  const buffer = Buffer.alloc(bytes);
  const descriptor = openSync(file, "r");
  try {
    const length = readSync(descriptor, buffer);
    return buffer.toString("utf8", 0, length).split(/\r?\n/)[0] ?? "";
  } finally {
    closeSync(descriptor);
  }
}

/** Whether a file is a notebook in the source format, by its extension and its first line. */
export function isSourceNotebook(file: string): boolean {
  const format = sourceFormat(extname(file));
  if (format === undefined) return false;
  return (
    firstLine(file)
      .replace(/^\ufeff/, "")
      .trimEnd() === format.firstLine
  );
}
