import type { CheckReport } from "../../model/check-report";
import { PLAIN, type Style } from "../style";
import { checkAzure } from "./azure";
import { checkGithub } from "./github";
import { checkGitlab } from "./gitlab";
import { checkJson } from "./json";
import { checkMarkdown } from "./markdown";
import { checkSarif } from "./sarif";
import { checkText, type FileLines } from "./text";

export type CheckFormat =
  "text" | "json" | "sarif" | "junit" | "github" | "markdown" | "gitlab" | "azure";

/** Options for human-readable formats. */
export interface CheckFormatOptions {
  /** @default - no colours */
  readonly style?: Style;
  /** Reads the lines of a file with findings, if available. */
  readonly lines: FileLines;
  /** Lists every finding, including those that many jobs share. @default false */
  readonly all?: boolean;
}

/** Formatters of check reports by format. */
export const CHECK_FORMATS: Readonly<
  Record<CheckFormat, (report: CheckReport, options: CheckFormatOptions) => string>
> = {
  text: (report, { style = PLAIN, lines, all }) => checkText(report, style, lines, all),
  json: checkJson,
  sarif: checkSarif,
  junit: (report) => {
    // Its library takes a tenth of the time of a small check to load.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const { checkJunit } = require("./junit") as typeof import("./junit");
    return checkJunit(report);
  },
  github: checkGithub,
  markdown: (report, { all }) => checkMarkdown(report, all),
  gitlab: checkGitlab,
  azure: checkAzure,
};
