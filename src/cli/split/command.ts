import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { printable, quote } from "@jobstrata/core/model";
import { configureRules, evaluate, RULES } from "@jobstrata/core/policy";
import type { Reading } from "@jobstrata/core/readers";
import {
  diffHierarchies,
  diffMermaid,
  diffText,
  type HierarchyDiff,
  UnknownJobs,
} from "@jobstrata/core/render";
import { counted } from "@jobstrata/core/report";
import { diffOf } from "../check/fix";
import { type Io, writeJson } from "../io";
import { withLocalPackage } from "../local/package";
import { sayProblems } from "../sources/graphs";
import { readSources } from "../sources/options";
import { styleFor } from "../terminal";
import { addSplitFlags, type SplitFlags, splitOptions } from "./flags";
import { planJson, planText, summaryText } from "./plan-text";
import { type BundleSplit, splitBundle } from "./split-bundle";
import { replaceFiles, restoreFiles } from "./write-files";

const FORMATS = ["text", "diff", "mermaid", "json"] as const;

interface CommandOptions extends SplitFlags {
  readonly target: readonly string[];
  readonly dryRun?: boolean;
  readonly verify?: boolean;
  readonly format: (typeof FORMATS)[number];
  readonly config?: string;
}

/** Adds `jobstrata split`. */
export function addSplitCommand(program: Command, io: Io): void {
  const collect = (value: string, before: readonly string[]): string[] => [...before, value];
  addSplitFlags(program.command("split"))
    .description("turn jobs that break the rules into atomic jobs and a composite, in their YAML")
    .argument(
      "[what...]",
      "a bundle (default: this folder), then keys of jobs (default: every job that breaks the rules)",
    )
    .addOption(
      new Option("-t, --target <name>", "only jobs of this target; may be repeated")
        .argParser(collect)
        .default([], "all"),
    )
    .option("--dry-run", "show what would change; exit with 1 if anything would")
    .option(
      "--verify",
      "run both versions in local workspaces first, with injected failures; refuse a difference",
    )
    .addOption(new Option("--format <format>", "what to print").choices(FORMATS).default("text"))
    .option("--config <file>", "configuration file, instead of jobstrata.config.json or .yaml")
    .action(async (what: readonly string[], options: CommandOptions) => {
      io.exitCode = await runSplit(what, options, io);
    });
}

/**
 * Splits the jobs of a bundle.
 *
 * @returns 0 if they are split or nothing needs to be; 1 if a job is refused, or `--dry-run` finds jobs to split; 2 if the bundle
 *   could not be read completely
 * @throws {JobstrataError} `source`, `config` if nothing can be split
 */
async function runSplit(what: readonly string[], options: CommandOptions, io: Io): Promise<number> {
  for (const file of restoreFiles())
    io.err(`${printable(file)} has been restored after an interrupted split.`);
  const [first] = what;
  const hasPath = first !== undefined && existsSync(first);
  const paths = hasPath ? [first] : [];
  const asked = hasPath ? what.slice(1) : what;
  const flags = options.config === undefined ? {} : { config: options.config };
  const read = (contents?: ReadonlyMap<string, string>): Promise<readonly Reading[]> =>
    readSources(paths, { source: "bundle", ...flags }, [], io, contents);
  const before = await read();
  if (!sayProblems(before, io)) {
    io.err("Nothing is split because the bundle could not be read completely.");
    return 2;
  }
  if (before.every(({ graphs }) => graphs.every((graph) => graph.jobs.length === 0)))
    throw new JobstrataError("source", `${quote(first ?? ".")} defines no jobs`);
  const jobs = chosenJobs(before, asked, options.target);
  let split = await splitBundle(before, read, {
    ...splitOptions(options, options.config),
    ...(jobs !== undefined && { jobs }),
  });
  if (options.verify === true) split = await verified(split, read, options, jobs, io);
  const { plans, refusals, files } = split;
  show(split, options, io);
  const refused = new Set(refusals.map(({ job }) => job.id)).size;
  if (files.length === 0) {
    const isKept = plans.some(({ notes }) => notes.length > 0);
    if (refused === 0 && isKept) io.err("Nothing is split: job clusters keep tasks together.");
    else if (refused === 0) io.err("Every job follows the rules: nothing is split.");
    else io.err(`Nothing is split: ${counted(refused, "job")} refused.`);
    return refused === 0 ? 0 : 1;
  }
  const left = errorsLeft(split, options);
  if (options.dryRun === true) {
    io.err(`${summaryText(plans, refused)} Nothing is written.`);
    return 1;
  }
  const interrupted = replaceFiles(files);
  io.err(summaryText(plans, refused));
  for (const message of left) io.err(`check: ${printable(message)}`);
  return interrupted ?? (refused > 0 || left.length > 0 ? 1 : 0);
}

/** The requested keys; undefined means all. */
function chosenJobs(
  readings: readonly Reading[],
  asked: readonly string[],
  targets: readonly string[],
): readonly string[] | undefined {
  const graphs = readings.flatMap((reading) => reading.graphs);
  const names = new Set(graphs.map(({ environment }) => environment));
  for (const target of targets)
    if (!names.has(target))
      throw new JobstrataError(
        "source",
        `there is no target ${quoteWithSuggestion(target, names)}; there are ${[...names].map(quote).join(", ")}`,
      );
  const keys = new Set(graphs.flatMap((graph) => graph.jobs.map(({ key }) => key)));
  for (const key of asked)
    if (!keys.has(key))
      throw new JobstrataError(
        "source",
        `the bundle defines no job ${quoteWithSuggestion(key, keys)}; jobs that it only looks up are external`,
      );
  if (targets.length === 0) return asked.length === 0 ? undefined : asked;
  const inTargets = graphs
    .filter(({ environment }) => targets.includes(environment))
    .flatMap((graph) => graph.jobs.map(({ key }) => key));
  return inTargets.filter((key) => asked.length === 0 || asked.includes(key));
}

/** Runs both versions, and splits again without the jobs that differ. */
async function verified(
  split: BundleSplit,
  read: (contents?: ReadonlyMap<string, string>) => Promise<readonly Reading[]>,
  options: CommandOptions,
  jobs: readonly string[] | undefined,
  io: Io,
): Promise<BundleSplit> {
  const { verifySplit } = withLocalPackage(
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    () => require("./verify") as typeof import("./verify"),
  );
  const refusals = await verifySplit(split, (line) => {
    io.err(line);
  });
  if (refusals.length === 0) return split;
  const again = await splitBundle(split.before, read, {
    ...splitOptions(options, options.config),
    ...(jobs !== undefined && { jobs }),
    except: new Set(refusals.map(({ job }) => job.id)),
  });
  return { ...again, refusals: [...again.refusals, ...refusals] };
}

function show(
  { plans, refusals, files, before, after }: BundleSplit,
  options: CommandOptions,
  io: Io,
): void {
  const { format, dryRun = false } = options;
  if (format === "json") {
    writeJson(io, "json", planJson(plans, refusals));
    return;
  }
  if (format === "diff") {
    if (files.length > 0) io.out(diffOf(files));
    for (const { message, fix } of refusals) io.err(`refused: ${printable(`${message}; ${fix}`)}`);
    return;
  }
  if (format === "mermaid") {
    const [diff] = diffsOf(before, after);
    if (diff !== undefined)
      io.out(diffMermaid(diff, { level: "tasks", orientation: "LR" }).text.trimEnd());
    return;
  }
  const text = planText(plans, refusals, styleFor());
  if (text !== "") io.out(text);
  const diffs = dryRun ? [...diffsOf(before, after)] : [];
  if (diffs.length > 0)
    io.out(`\n${diffText(diffs, { since: "now", style: styleFor() }).trimEnd()}`);
}

/** The changes in each environment, one after the other. */
function* diffsOf(before: readonly Reading[], after: readonly Reading[]): Generator<HierarchyDiff> {
  const now = after.flatMap((reading) => reading.graphs);
  for (const [at, graph] of before.flatMap((reading) => reading.graphs).entries()) {
    const diff = diffHierarchies(graph, now[at], { jobs: [], direction: "down" });
    if (!(diff instanceof UnknownJobs) && diff.jobs.length > 0) yield diff;
  }
}

/** Errors of the hierarchy that remain after the split. */
function errorsLeft({ plans, after }: BundleSplit, flags: SplitFlags): string[] {
  const keys = new Set(
    plans.flatMap(({ composites, atomics }) => [
      ...composites.map(({ job }) => job.key),
      ...atomics.map(({ key }) => key),
    ]),
  );
  const rules = configureRules(RULES, {
    presets: ["spec"],
    ...(flags.unit !== undefined && { unit: flags.unit }),
  });
  const graphs = after.flatMap((reading) => reading.graphs);
  const found = evaluate(graphs, rules).filter(
    ({ severity, sites }) =>
      severity === "error" && sites.some(({ job }) => keys.has(job.key ?? "")),
  );
  return [...new Set(found.map(({ message }) => message))];
}
