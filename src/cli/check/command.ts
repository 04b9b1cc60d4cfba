import { type Command, InvalidArgumentError, Option } from "commander";
import {
  readBaseline,
  writeBaseline,
  baselineFile,
  type Config,
  DEFAULT_PRESETS,
  type LoadedConfig,
  loadConfig,
  PRESET_NAMES,
  type PresetName,
} from "@jobstrata/core/config";
import { JobstrataError } from "@jobstrata/core/errors";
import {
  byPlace,
  type CheckReport,
  openFindings,
  atLeast,
  type Severity,
  printable,
} from "@jobstrata/core/model";
import { check, configureRules, today, RULES } from "@jobstrata/core/policy";
import { analyseAhead, type Reading } from "@jobstrata/core/readers";
import { CHECK_FORMATS, type CheckFormat, counted } from "@jobstrata/core/report";
import type { FixedFile } from "./fix";
import { addStateOptions, findStates } from "../changed/options";
import type { StateOptions } from "../changed/selectors";
import { checkText, parseOutput, writeReport } from "./outputs";
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
  /** Observed lineage to merge with the lineage from code. */
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

/** @throws {JobstrataError} `config` for options that cannot be combined */
function rejectConflicts({ dryRun, fix, select, updateBaseline }: CheckOptions): void {
  if (dryRun === true && fix !== true) throw new JobstrataError("config", "--dry-run needs --fix");
  if (select === undefined) return;
  const other = updateBaseline === true ? "--update-baseline" : fix === true ? "--fix" : undefined;
  if (other !== undefined)
    throw new JobstrataError("config", `--select cannot be combined with ${other}`);
}

/** Checks the sources at `paths`. @throws {JobstrataError} `source`, `config` if there is nothing to check */
async function runCheck(paths: readonly string[], options: CheckOptions, io: Io): Promise<number> {
  rejectConflicts(options);
  const outputs = options.output.map((output) => parseOutput(output, options.format, FORMATS));
  const run = new CheckRun(paths, options, io);
  let readings = await run.read();
  if (options.fix === true) {
    const hasFixes = await run.fix(readings);
    if (options.dryRun === true) return hasFixes ? 1 : 0;
    if (hasFixes) readings = await run.read();
  }
  const whole = options.updateBaseline === true ? run.accept(readings) : run.judge(readings);
  const sorted = { ...whole, findings: [...whole.findings].sort(byPlace) };
  const { targets } = run;
  const report = await selectedFindings(sorted, readings, paths, { ...options, targets }, io);
  if (typeof report === "number") return report;
  for (const { format, file } of outputs) writeReport(file, checkText(format, report));
  if (!outputs.some(({ isMain }) => isMain)) {
    const { all = false } = options;
    io.out(checkText(options.format, report, { style: styleFor(), all }).trimEnd());
  }
  if (report.incomplete) return 2;
  return openFindings(report).some(({ severity }) => atLeast(severity, report.failOn)) ? 1 : 0;
}

/** The steps of a check that share its configuration. */
class CheckRun {
  public readonly targets: readonly string[];
  readonly #paths: readonly string[];
  readonly #options: CheckOptions;
  readonly #io: Io;
  readonly #config: LoadedConfig;
  readonly #baseline: string;
  readonly #usesLineage: boolean;

  public constructor(paths: readonly string[], options: CheckOptions, io: Io) {
    this.#paths = paths;
    this.#options = options;
    this.#io = io;
    const loaded = loadConfig(
      ".",
      RULES.map(({ name }) => name),
      options.config,
    );
    const config: Config = {
      ...loaded.config,
      ...(options.preset.length > 0 && { presets: [...options.preset] }),
    };
    this.#config = { ...loaded, config };
    this.#baseline = options.baseline ?? baselineFile(loaded);
    this.#usesLineage = configureRules(RULES, config).some((rule) => rule.usesLineage === true);
    this.targets = options.target.length > 0 ? options.target : (config.targets ?? []);
  }

  /** @param contents texts that replace the contents of files, by absolute path */
  public async read(contents?: ReadonlyMap<string, string>): Promise<readonly Reading[]> {
    const { lineage, data } = this.#options;
    const read = await readSources(this.#paths, this.#options, this.targets, this.#io, contents);
    if (this.#usesLineage) await analyseAhead(read.flatMap(({ graphs }) => graphs));
    return withObservedLineage(read, lineage, data, this.#io);
  }

  public judge(readings: readonly Reading[], entries = readBaseline(this.#baseline)): CheckReport {
    const { failOn } = this.#options;
    return check({
      readings,
      rules: RULES,
      config: this.#config,
      baseline: { file: this.#baseline, entries },
      today: today(),
      ...(failOn && { failOn }),
    });
  }

  /** Fixes what can be fixed, or prints it with `--dry-run`. @returns whether there is anything */
  public async fix(readings: readonly Reading[]): Promise<boolean> {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- loaded only for --fix
    const { diffOf, fixAll, writeFixes } = require("./fix") as typeof import("./fix");
    const accepted = readBaseline(this.#baseline);
    const fixes = await fixAll(
      readings,
      (read) => openFindings(this.judge(read, accepted)),
      (contents) => this.read(contents),
    );
    if (this.#options.dryRun !== true) writeFixes(fixes);
    else if (fixes.length > 0) this.#io.out(diffOf(fixes));
    this.#io.err(describeFixes(fixes, this.#options.dryRun === true ? "would be made" : "made"));
    return fixes.length > 0;
  }

  /** Replaces the baseline, unless the report is incomplete. @returns the report with it */
  public accept(readings: readonly Reading[]): CheckReport {
    const report = this.judge(readings, []);
    if (report.incomplete) return report;
    const accepted = openFindings(report).filter(({ rule }) =>
      RULES.some(({ name }) => name === rule),
    );
    writeBaseline(this.#baseline, accepted);
    const count = counted(accepted.length, "finding");
    this.#io.err(`${count} accepted from now on, in ${printable(this.#baseline)}.`);
    return this.judge(readings);
  }
}

/** The report reduced to the jobs that `--select` chooses, or the exit code after Ctrl-C. */
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
  // A finding in several environments names the jobs of one of them.
  const definitions = new Set<string>();
  for (const graph of readings.flatMap(({ graphs }) => graphs))
    for (const { id, definition = id } of states.chosen(graph, select)) definitions.add(definition);
  io.err(`Findings of ${states.describe(select, definitions.size)}`);
  // A finding without a job concerns the whole source.
  const findings = report.findings.filter(
    ({ sites }) =>
      sites.length === 0 || sites.some(({ job }) => definitions.has(job.definition ?? job.id)),
  );
  return { ...report, findings };
}

function describeFixes(fixes: readonly FixedFile[], done: string): string {
  if (fixes.length === 0) return "Nothing can be fixed automatically.";
  const changes = fixes.reduce((sum, fix) => sum + fix.changes, 0);
  return `${counted(changes, "change")} ${done} in ${counted(fixes.length, "file")}.`;
}
