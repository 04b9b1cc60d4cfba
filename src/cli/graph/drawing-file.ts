import { writeFileSync } from "node:fs";
import { JobstrataError } from "@jobstrata/core/errors";
import { quote, systemReason } from "@jobstrata/core/model";

/** Writes a drawing. @throws {JobstrataError} `config` if the file cannot be written */
export function writeDrawing(file: string, text: string): void {
  try {
    writeFileSync(file, text.endsWith("\n") ? text : `${text}\n`);
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new JobstrataError("config", `the drawing ${quote(file)} cannot be written: ${reason}`);
  }
}

/**
 * A file's format, by its extension; undefined without one.
 *
 * @throws {JobstrataError} `config` if the extension belongs to another format
 */
export function formatByName<F extends string>(
  file: string | undefined,
  formats: Readonly<Record<string, F>>,
): F | undefined {
  const extension = /\.([a-z0-9]+)$/i.exec(file ?? "")?.[1]?.toLowerCase();
  if (extension === undefined) return undefined;
  if (Object.hasOwn(formats, extension)) return formats[extension];
  const known = Object.keys(formats).map((each) => `.${each}`);
  throw new JobstrataError(
    "config",
    `${quote(file ?? "")}: there is no format for .${extension}; use ${known.join(", ")}, or add --format`,
  );
}
