import { appendFileSync } from "node:fs";
import { systemReason } from "@jobstrata/core/model";
import type { Io } from "../io";

/**
 * Writes step outputs for later steps of a GitHub Actions job to GITHUB_OUTPUT, if it is set.
 *
 * @param outputs names and values; line breaks in values become spaces
 */
export function writeStepOutputs(
  outputs: Readonly<Record<string, string>>,
  { GITHUB_OUTPUT: file }: Readonly<NodeJS.ProcessEnv>,
  io: Io,
): void {
  if (file === undefined || file === "") return;
  const lines = Object.entries(outputs).map(
    // A second line would define another output.
    ([name, value]) => `${name}=${value.replace(/[\r\n]+/g, " ")}\n`,
  );
  try {
    appendFileSync(file, lines.join(""));
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    io.err(`warning: the outputs of the step cannot be written: ${reason}`);
  }
}
