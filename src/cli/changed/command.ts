import { type Command, Option } from "commander";
import { JobstrataError } from "@jobstrata/core/errors";
import { printable } from "@jobstrata/core/model";
import { counted } from "@jobstrata/core/report";
import type { Io } from "../io";
import { sayProblems } from "../sources/graphs";
import { addSourceOptions, type SourcesOptions } from "../sources/options";
import { styleFor } from "../terminal";
import { findChanges } from "./changes";
import { type ChangedDocument, type ChangedJob, JOB_STATES, type JobState } from "./document";
import { interruptible } from "./interruptible";

const FORMATS = ["text", "json", "github-matrix"] as const;

/** Options of `jobstrata changed`. */
interface ChangedOptions extends SourcesOptions {
  readonly target: readonly string[];
  readonly format: (typeof FORMATS)[number];
  readonly stacks?: boolean;
}

/** Adds `jobstrata changed`. */
export function addChangedCommand(program: Command, io: Io): void {
  addSourceOptions(program.command("changed"))
    .description(
      "list the jobs that differ from a base, with reasons, and the jobs downstream of them",
    )
    .argument(
      "[base]",
      "a git revision, a folder, the JSON of a plan or state, or workspace (default: HEAD)",
    )
    .argument("[path]", "a source that check reads (default: this folder)")
    .addOption(
      new Option("-t, --target <name>", "only this target or environment; may be repeated")
        .argParser((value: string, before: readonly string[]) => [...before, value])
        .default([], "all"),
    )
    .addOption(new Option("--format <format>", "what to print").choices(FORMATS).default("text"))
    .option("--stacks", "print only the stacks with changed jobs, for cdktf deploy")
    .action(async (base: string | undefined, path: string | undefined, options: ChangedOptions) => {
      io.exitCode = await runChanged(base, path, options, io);
    });
}

/** Prints the changes. @throws {JobstrataError} `source`, `config` if nothing can be compared */
async function runChanged(
  base: string | undefined,
  path: string | undefined,
  options: ChangedOptions,
  io: Io,
): Promise<number> {
  const { format, stacks, target, ...sources } = options;
  if (stacks === true && format !== "text")
    throw new JobstrataError("config", `--stacks cannot be combined with --format ${format}`);
  const request = {
    ...sources,
    target,
    ...(base !== undefined && { base }),
    ...(path !== undefined && { path }),
  };
  const changes = await interruptible((signal) => findChanges(request, io, signal), io);
  if (typeof changes === "number") return changes;
  const isComplete = sayProblems(changes.after, io);
  const { document } = changes;
  if (format !== "json") for (const problem of document.problems) io.err(printable(problem));
  if (stacks === true) printStacks(document, isComplete, io);
  else if (format === "json") io.out(JSON.stringify(document, undefined, 2));
  else if (format === "github-matrix") io.out(JSON.stringify(matrixOf(document)));
  else for (const line of linesOf(document)) io.out(line);
  return isComplete ? 0 : 2;
}

/**
 * Prints nothing to stdout if there is nothing to deploy. Callers must check for that: `cdktf deploy` without arguments deploys
 * an app's only stack.
 */
function printStacks({ stacks }: ChangedDocument, isComplete: boolean, io: Io): void {
  if (!isComplete) io.err("some jobs could not be read, so no stacks are named");
  else if (stacks.length === 0) io.err("no stack has changed jobs: nothing to deploy");
  else io.out(stacks.join(" "));
}

/** A GitHub Actions matrix with an entry for each job to run. */
export function matrixOf({ environments }: ChangedDocument): object {
  return {
    include: environments.flatMap(({ environment, jobs }) =>
      jobs
        .filter(({ state }) => state !== "removed")
        .map(({ job, stack, state }) => ({ job, environment, stack, state })),
    ),
  };
}

const MARKS: Readonly<Record<JobState, string>> = {
  modified: "~",
  new: "+",
  removed: "-",
  downstream: ">",
};

/** Maximum reasons shown per job; the rest are counted. */
const MAX_REASONS = 8;

function linesOf({ from, environments, summary }: ChangedDocument): string[] {
  const style = styleFor();
  const since = printable(from.revision ?? from.path);
  const colors = {
    modified: style.busy,
    new: style.good,
    removed: style.bad,
    downstream: style.faint,
  };
  const said = JOB_STATES.filter((state) => summary[state] > 0).map(
    (state) => `${summary[state]} ${state}`,
  );
  const head =
    said.length === 0 && environments.length > 0
      ? `${summary.unchanged} unchanged, some of them removed from an environment, since ${since}`
      : said.length === 0
        ? `no job changed (${counted(summary.unchanged, "job")} in all), since ${since}`
        : `${said.join(", ")}, ${summary.unchanged} unchanged, since ${since}`;
  const lines = [head];
  for (const { names, jobs } of grouped(environments)) {
    lines.push(`${style.strong(names.map(printable).join(", "))}:`);
    for (const { job, state, level, reasons } of jobs) {
      const title = [MARKS[state], printable(job), level ?? ""].filter(Boolean).join(" ");
      lines.push(`  ${colors[state](title)}`);
      if (state === "new" || state === "removed") continue;
      for (const { text } of reasons.slice(0, MAX_REASONS)) lines.push(`      ${printable(text)}`);
      const more = reasons.length - MAX_REASONS;
      if (more > 0) lines.push(`      and ${counted(more, "more reason")}`);
    }
  }
  return lines;
}

/** Groups environments with the same jobs and reasons. */
function grouped(
  environments: ChangedDocument["environments"],
): { readonly names: string[]; readonly jobs: readonly ChangedJob[] }[] {
  const groups = new Map<string, { names: string[]; jobs: readonly ChangedJob[] }>();
  for (const { environment, jobs } of environments) {
    const same = JSON.stringify(jobs.map(({ job, state, reasons }) => [job, state, reasons]));
    const group = groups.get(same) ?? { names: [], jobs };
    groups.set(same, group);
    group.names.push(environment);
  }
  return [...groups.values()];
}
