import { posixRelative } from "@jobstrata/core/paths";
import { readFileSync, writeFileSync } from "node:fs";
import { isAbsolute, posix } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import {
  readBaseline,
  writeBaseline,
  baselineFile,
  type Config,
  DEFAULT_PRESETS,
  loadConfig,
  PRESET_NAMES,
  type PresetName,
} from "@jobstrata/core/config";
import { JobstrataError } from "@jobstrata/core/errors";
import {
  byPlace,
  type CheckReport,
  openFindings,
  type SourceLocation,
  atLeast,
  type Severity,
  printable,
  quote,
} from "@jobstrata/core/model";
import { check, configureRules, today, RULES } from "@jobstrata/core/policy";
import { analyseAhead, type Reading } from "@jobstrata/core/readers";
import { CHECK_FORMATS, type CheckFormat, counted } from "@jobstrata/core/report";
import { diffOf, fixAll, type FixedFile, writeFixes } from "./fix";
import { addStateOptions, findStates, type StateOptions } from "../changed/options";
import type { Io } from "../io";
import { LINEAGE_OPTION, withObservedLineage } from "../lineage/observed";
import { addSourceOptions, readSources, type SourcesOptions } from "../sources/options";
import { styleFor } from "../terminal";

/** Options of `jobstrata check`. */
interface CheckOptions extends SourcesOptions, StateOptions {
  readonly target: readonly string[];
  readonly config?: string;
  readonly preset: readonly PresetName[];
  readonly failOn?: Severity;
  readonly format: CheckFormat;
  readonly output: readonly string[];
  readonly baseline?: string;
  readonly updateBaseline?: boolean;
  readonly all?: boolean;
  readonly fix?: boolean;
  readonly dryRun?: boolean;
  /** Observed lineage to join with that of the code. */
  readonly lineage?: string;
}

const FORMATS = Object.keys(CHECK_FORMATS) as CheckFormat[];

/** Adds `jobstrata check`. */
export function addCheckCommand(program: Command, io: Io): void {
  const collect = (value: string, before: readonly string[]): string[] => [...before, value];
  addStateOptions(addSourceOptions(program.command("check")))
    .description("check a hierarchy of jobs from any source")
    .argument(
      "[path...]",
      "a project, a bundle, cdktf.out, or JSON of terraform show; - reads JSON (default: this folder)",
    )
    .addOption(
      new Option("-t, --target <name>", "only this target or environment; may be repeated")
        .argParser(collect)
        .default([], "all"),
    )
    .option("--config <file>", "configuration file, instead of jobstrata.config.json or .yaml")
    .addOption(
      new Option("--preset <name>", "rules to apply, instead of those configured; may be repeated")
        .choices([...PRESET_NAMES])
        .argParser((value: string, before: PresetName[]) => [...before, parsePreset(value)])
        .default([], DEFAULT_PRESETS.join(" and ")),
    )
    .addOption(
      new Option(
        "--fail-on <severity>",
        "exit with 1 for findings of this severity and above",
      ).choices(["error", "warning", "info"]),
    )
    .addOption(new Option("--format <format>", "what to print").choices(FORMATS).default("text"))
    .addOption(
      new Option("--output <[format=]file>", "write a report to a file; may be repeated")
        .argParser(collect)
        .default([], "none"),
    )
    .option("--baseline <file>", "accepted findings, instead of jobstrata.baseline.json")
    .option("--update-baseline", "accept today's findings")
    .option("--all", "list each finding, also those that many jobs share")
    .option(...LINEAGE_OPTION)
    .option("--fix", "apply safe, mechanical fixes to the YAML of bundles")
    .option(
      "--dry-run",
      "with --fix: print the changes as a diff instead of applying them; exit with 1 if there are any",
    )
    .action(async (paths: readonly string[], options: CheckOptions) => {
      io.exitCode = await runCheck(paths, options, io);
    });
}

function parsePreset(text: string): PresetName {
  const preset = PRESET_NAMES.find((name) => name === text);
  if (preset === undefined)
    throw new InvalidArgumentError(`Allowed choices are ${PRESET_NAMES.join(", ")}.`);
  return preset;
}

/** Checks the sources at `paths`. @throws {JobstrataError} `source`, `config` if nothing can be checked */
async function runCheck(paths: readonly string[], options: CheckOptions, io: Io): Promise<number> {
  if (options.dryRun === true && options.fix !== true)
    throw new JobstrataError("config", "--dry-run needs --fix");
  if (options.select !== undefined) {
    const other = [
      options.updateBaseline === true ? "--update-baseline" : "",
      options.fix === true ? "--fix" : "",
    ].find(Boolean);
    if (other !== undefined)
      throw new JobstrataError("config", `--select cannot be combined with ${other}`);
  }
  const outputs = options.output.map((output) => parseOutput(output, options.format));
  const loaded = loadConfig(
    ".",
    RULES.map(({ name }) => name),
    options.config,
  );
  const config: Config = {
    ...loaded.config,
    ...(options.preset.length > 0 && { presets: [...options.preset] }),
  };
  const targets = options.target.length > 0 ? options.target : (config.targets ?? []);
  const usesLineage = configureRules(RULES, config).some((rule) => rule.usesLineage === true);
  const readJobs = async (
    contents?: Parameters<typeof readSources>[4],
  ): Promise<readonly Reading[]> => {
    const read = await readSources(paths, options, targets, io, contents);
    if (usesLineage) await analyseAhead(read.flatMap(({ graphs }) => graphs));
    return withObservedLineage(read, options.lineage, options.data, io);
  };
  let readings = await readJobs();
  const file = options.baseline ?? baselineFile(loaded);
  const judge = (entries: ReturnType<typeof readBaseline>, read = readings): CheckReport =>
    check({
      readings: read,
      rules: RULES,
      config: { ...loaded, config },
      baseline: { file, entries },
      today: today(),
      ...(options.failOn && { failOn: options.failOn }),
    });
  if (options.fix === true) {
    const accepted = readBaseline(file);
    const fixes = await fixAll(
      readings,
      (read) => openFindings(judge(accepted, read)),
      (contents) => readJobs(contents),
    );
    if (options.dryRun === true) {
      if (fixes.length > 0) io.out(diffOf(fixes));
      io.err(describeFixes(fixes, "would be made"));
      return fixes.length > 0 ? 1 : 0;
    }
    writeFixes(fixes);
    io.err(describeFixes(fixes, "made"));
    if (fixes.length > 0) readings = await readJobs();
  }
  let report = judge(options.updateBaseline === true ? [] : readBaseline(file));
  if (options.updateBaseline === true && !report.incomplete) {
    const accepted = openFindings(report).filter(({ rule }) =>
      RULES.some(({ name }) => name === rule),
    );
    writeBaseline(file, accepted);
    io.err(`${counted(accepted.length, "finding")} accepted from now on, in ${printable(file)}.`);
    report = judge(readBaseline(file));
  }
  report = { ...report, findings: [...report.findings].sort(byPlace) };
  const selected = await selectedFindings(report, readings, paths, { ...options, targets }, io);
  if (typeof selected === "number") return selected;
  report = selected;
  for (const output of outputs) write(output, report);
  if (!outputs.some(({ isMain }) => isMain)) {
    const shown = forFormat(options.format, report);
    const { all = false } = options;
    const format = CHECK_FORMATS[options.format];
    io.out(format(shown, { style: styleFor(), lines: linesOf(), all }).trimEnd());
  }
  if (report.incomplete) return 2;
  return openFindings(report).some(({ severity }) => atLeast(severity, report.failOn)) ? 1 : 0;
}

/** The report with the findings of the jobs that `--select` chooses; the exit code after Ctrl-C. */
async function selectedFindings(
  report: CheckReport,
  readings: readonly Reading[],
  paths: readonly string[],
  { targets, ...options }: CheckOptions & { readonly targets: readonly string[] },
  io: Io,
): Promise<CheckReport | number> {
  if (paths.length > 1 && options.select !== undefined)
    throw new JobstrataError("config", "--select compares one source with its base; give one path");
  const { select = [], source, python } = options;
  const compared = {
    readings,
    target: targets,
    path: paths[0],
    ...(source && { source }),
    ...(python !== undefined && { python }),
  };
  const states = await findStates(options, compared, io);
  if (states === undefined || typeof states === "number") return states ?? report;
  const ids = new Set<string>();
  const keys = new Set<string>();
  for (const graph of readings.flatMap(({ graphs }) => graphs))
    for (const { id, key } of states.chosen(graph, select)) {
      ids.add(id);
      keys.add(key);
    }
  io.err(`Findings of ${states.describe(select, keys.size)}`);
  // A finding without a job concerns the whole.
  const findings = report.findings.filter(
    ({ sites }) => sites.length === 0 || sites.some(({ job }) => ids.has(job.id)),
  );
  return { ...report, findings };
}

function describeFixes(fixes: readonly FixedFile[], done: string): string {
  if (fixes.length === 0) return "Nothing can be fixed automatically.";
  const changes = fixes.reduce((sum, fix) => sum + fix.changes, 0);
  return `${counted(changes, "change")} ${done} in ${counted(fixes.length, "file")}.`;
}

/** Formats for CI servers, which resolve files from the root of the repository. */
const OF_REPOSITORY: readonly CheckFormat[] = ["github", "gitlab", "sarif"];

/** The report with the paths that a format needs, even if the check runs in a subfolder of the repository. */
function forFormat(format: CheckFormat, report: CheckReport): CheckReport {
  const { GITHUB_WORKSPACE, CI_PROJECT_DIR } = process.env;
  const root = GITHUB_WORKSPACE ?? CI_PROJECT_DIR;
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

interface Output {
  readonly format: CheckFormat;
  readonly file: string;
  /** Replaces the printed report. */
  readonly isMain: boolean;
}

function parseOutput(text: string, main: CheckFormat): Output {
  const [, format = "", file = ""] = /^([a-z]+)=(.+)$/s.exec(text) ?? [];
  if (file === "") return { format: main, file: text, isMain: true };
  const known = FORMATS.find((name) => name === format);
  if (known !== undefined) return { format: known, file, isMain: false };
  throw new JobstrataError(
    "config",
    `--output ${quote(text)}: there is no format ${quote(format)}; there are ${FORMATS.join(", ")}`,
  );
}

function write({ format, file }: Output, report: CheckReport): void {
  try {
    const text = CHECK_FORMATS[format](forFormat(format, report), { lines: linesOf() });
    writeFileSync(file, text.endsWith("\n") ? text : `${text}\n`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    throw new JobstrataError("config", `the report ${quote(file)} cannot be written: ${code}`);
  }
}

/** The lines of files, each read once; undefined for what cannot be shown. */
function linesOf(): (file: string) => readonly string[] | undefined {
  const files = new Map<string, readonly string[] | undefined>();
  return (file) => {
    if (files.has(file)) return files.get(file);
    let lines: readonly string[] | undefined;
    try {
      lines = readFileSync(file, "utf8").split(/\r?\n/);
    } catch {
      // A path of another machine, such as in an old plan.
    }
    files.set(file, lines);
    return lines;
  };
}
