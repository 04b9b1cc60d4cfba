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

/** How a report is shown, for the formats that people read. */
export interface CheckFormatOptions {
  /** @default - no colours */
  readonly style?: Style;
  /** The lines of a file that findings are in, if they can be had. */
  readonly lines: FileLines;
  /** Lists each finding, also those that many jobs share. @default false */
  readonly all?: boolean;
}

/** Every form that the outcome of a check can be written in. */
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
