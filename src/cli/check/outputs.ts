import { readFileSync, writeFileSync } from "node:fs";
import { isAbsolute, posix } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import { type CheckReport, quote, type SourceLocation, systemReason } from "@jobstrata/core/model";
import { posixRelative } from "@jobstrata/core/paths";
import { CHECK_FORMATS, type CheckFormat, type CheckFormatOptions } from "@jobstrata/core/report";

/** A file that a report is written to. */
export interface Output<Format extends string> {
  readonly format: Format;
  readonly file: string;
  /** Replaces the printed report. */
  readonly isMain: boolean;
}

/**
 * Parses the value of `--output`: a file for the printed report, or `FORMAT=FILE`.
 *
 * @throws {JobstrataError} `config` for an unknown format
 */
export function parseOutput<Format extends string>(
  text: string,
  main: Format,
  formats: readonly Format[],
): Output<Format> {
  const [, format = "", file = ""] = /^([a-z]+)=(.+)$/s.exec(text) ?? [];
  if (file === "") return { format: main, file: text, isMain: true };
  const known = formats.find((name) => name === format);
  if (known !== undefined) return { format: known, file, isMain: false };
  throw new JobstrataError(
    "config",
    `--output ${quote(text)}: there is no format ${quote(format)}; there are ${formats.join(", ")}`,
  );
}

/** Writes a report. @throws {JobstrataError} `config` if the file cannot be written */
export function writeReport(file: string, text: string): void {
  try {
    writeFileSync(file, text.endsWith("\n") ? text : `${text}\n`);
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new JobstrataError("config", `the report ${quote(file)} cannot be written: ${reason}`);
  }
}

/** Formats the outcome of a check, with the paths that the format needs. */
export function checkText(
  format: CheckFormat,
  report: CheckReport,
  options: Omit<CheckFormatOptions, "lines"> = {},
): string {
  return CHECK_FORMATS[format](forFormat(format, report), { ...options, lines: linesOf() });
}

/** Formats for CI servers, which resolve paths from the root of the repository. */
const OF_REPOSITORY: readonly CheckFormat[] = ["azure", "github", "gitlab", "sarif"];

/** The report with paths as the format needs them, even if the check runs in a subfolder of the repository. */
function forFormat(format: CheckFormat, report: CheckReport): CheckReport {
  const { GITHUB_WORKSPACE, CI_PROJECT_DIR, BUILD_SOURCESDIRECTORY } = process.env;
  const root = GITHUB_WORKSPACE ?? CI_PROJECT_DIR ?? BUILD_SOURCESDIRECTORY;
  if (root === undefined || !OF_REPOSITORY.includes(format)) return report;
  const folder = posixRelative(root, process.cwd());
  if (folder === "" || folder.startsWith("..") || isAbsolute(folder)) return report;
  const moved = (at: SourceLocation): SourceLocation => ({
    ...at,
    file: posix.join(folder, at.file),
  });
  const findings = report.findings.map((finding) => ({
    ...finding,
    ...(finding.location && { location: moved(finding.location) }),
    sites: finding.sites.map((site) => ({
      ...site,
      ...(site.source && { source: moved(site.source) }),
    })),
  }));
  return { ...report, findings };
}

/** The lines of files, each file read once; undefined if they cannot be shown. */
function linesOf(): (file: string) => readonly string[] | undefined {
  const files = new Map<string, readonly string[] | undefined>();
  return (file) => {
    if (files.has(file)) return files.get(file);
    let lines: readonly string[] | undefined;
    try {
      lines = readFileSync(file, "utf8").split(/\r?\n/);
    } catch {
      // A path of another machine, for example from an old plan.
    }
    files.set(file, lines);
    return lines;
  };
}
