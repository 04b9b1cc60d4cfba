import { JobstrataError } from "@jobstrata/core/errors";
import { printable } from "@jobstrata/core/model";
import { WorkspaceError } from "@jobstrata/run";
import { type Io, writeJson } from "../io";
import type { Format } from "../run/execution";

/** Runs a command, and reports an error that prevents it as one clear message in the requested format, with exit code 2. */
export async function reportingErrors(
  format: Format,
  command: string,
  io: Io,
  action: () => Promise<number>,
): Promise<number> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof JobstrataError) && !(error instanceof WorkspaceError)) throw error;
    // External values were escaped when they were inserted; the message keeps its own line breaks.
    const text = error instanceof WorkspaceError && error.notFound ? error.reason : error.message;
    const message = text.split("\n").map(printable).join("\n");
    io.err(message);
    if (format !== "text") {
      const report = {
        version: 1,
        command,
        result: "NOT_STARTED",
        exit_code: 2,
        error: message,
        runs: [],
      };
      writeJson(io, format, format === "json" ? report : { event: "end", ...report });
    }
    return 2;
  }
}
