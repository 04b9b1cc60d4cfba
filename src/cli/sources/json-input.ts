import { JobstrataError } from "@jobstrata/core/errors";
import { quote, systemReason } from "@jobstrata/core/model";
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
    throw new UnreadableJson("holds neither an object nor a list");
  } catch (error) {
    if (error instanceof UnreadableJson)
      throw new JobstrataError("source", `${quote(path)} ${error.message}`);
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new JobstrataError("source", `${quote(path)} cannot be read: ${reason}`);
  }
}
