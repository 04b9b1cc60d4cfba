import { JobstrataError } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";
import { readJsonFile, UnreadableJson } from "@jobstrata/core/readers";

/**
 * The JSON object or list in a file.
 *
 * @param path "-" is standard input
 * @throws {JobstrataError} `source` if the file cannot be read or holds neither
 */
export function readJsonInput(path: string): object {
  try {
    const json = readJsonFile(path === "-" ? 0 : path);
    if (typeof json === "object" && json !== null) return json;
  } catch (error) {
    if (error instanceof UnreadableJson)
      throw new JobstrataError("source", `${quote(path)} ${error.message}`);
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    throw new JobstrataError("source", `${quote(path)} cannot be read: ${code}`);
  }
  throw new JobstrataError("source", `${quote(path)} is not JSON`);
}
