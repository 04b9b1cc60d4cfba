import { appendFileSync } from "node:fs";
import type { Io } from "../io";

/**
 * Gives values to the later steps of a job of GitHub Actions, in GITHUB_OUTPUT; nothing where there is no such file.
 *
 * @param outputs line ends in them become blanks
 */
export function writeStepOutputs(
  outputs: Readonly<Record<string, string>>,
  { GITHUB_OUTPUT: file }: Readonly<NodeJS.ProcessEnv>,
  io: Io,
): void {
  if (file === undefined || file === "") return;
  const lines = Object.entries(outputs).map(
    // A second line would be another output.
    ([name, value]) => `${name}=${value.replace(/[\r\n]+/g, " ")}\n`,
  );
  try {
    appendFileSync(file, lines.join(""));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    io.err(`warning: the outputs of the step cannot be written: ${code}`);
  }
}
