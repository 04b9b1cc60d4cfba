import { type Command, InvalidArgumentError, Option } from "commander";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { type JobId, quote } from "@jobstrata/core/model";
import {
  checkReferences,
  checkRequest,
  readJob,
  readJobs,
  planRuns,
  type RunStep,
  select,
  taskTree,
} from "@jobstrata/run";
import { type Io, parseDuration, parseJobId, parseRunId } from "../io";
import { showPlan } from "./plan";
import { execute, type ExecutionOptions, executionOf, type Format, FORMATS } from "./execution";
import { showEnd } from "./end";
import { watchRun } from "./watch";
import type { JobStates } from "../changed/job-states";
import { findStates, STATE_OPTION } from "../changed/options";
import { reportingErrors } from "../workspace/errors";
import { type TargetOptions, WorkspaceTarget } from "../workspace/target";

/** Options of `jobstrata run`. */
export interface RunOptions extends TargetOptions {
  readonly jobId?: JobId;
  readonly name?: string;
  readonly watch?: number;
  readonly only?: readonly string[];
  readonly select?: readonly string[];
  readonly exclude?: readonly string[];
  /** The base of `state:` selectors. */
  readonly state?: string;
  readonly param?: Readonly<Record<string, string>>;
  readonly notebookParam?: Readonly<Record<string, string>>;
  /** False with `--no-wait`. */
  readonly wait: boolean;
  readonly timeout?: number;
  readonly dryRun?: boolean;
  readonly detachOnInterrupt?: boolean;
  readonly cancelOnInterrupt?: boolean;
  readonly allowPartial?: boolean;
  readonly format: Format;
}

/** Adds the options that select the workspace. */
export function addTargetOptions(command: Command): Command {
  return command
    .option("-t, --target <environment>", "environment of the job")
    .option("--local", "use the local workspace")
    .option("--data <folder>", "data folder of the local workspace; .jobstrata/local by default")
    .addOption(
      new Option(
        "--executor <which>",
        "executor of notebooks, if this command starts the local workspace",
      ).choices(["local", "simulated"]),
    );
}

export const formatOption = (): Option =>
  new Option("--format <format>", "output format").choices(FORMATS).default("text");

/** Adds `jobstrata run`. */
export function addRunCommand(program: Command, io: Io): void {
  addTargetOptions(program.command("run"))
    .description("run a job and follow every run that it starts")
    .argument("[job]", "key of the job")
    .option("--job-id <id>", "id of the job", parseJobId)
    .option("--name <name>", "display name of the job")
    .option("--watch <run-id>", "follow an active run; Ctrl-C leaves it running", parseRunId)
    .option("--only <tasks>", "run only these tasks of the job: a,b", collectList)
    .option("--select <selector>", 'select tasks at any depth, such as "seed_all_alerts+"', collect)
    .option("--exclude <selector>", "exclude tasks at any depth", collect)
    .option(...STATE_OPTION)
    .option("--param <name=value>", "set a job parameter", collectPairs)
    .option(
      "--notebook-param <name=value>",
      "set a parameter of the job's own notebooks",
      collectPairs,
    )
    .option("--no-wait", "start the run and exit")
    .option("--timeout <duration>", "cancel the run after this time: 90, 15m, 2h", parseDuration)
    .option("--dry-run", "show what would run, in order")
    .option("--detach-on-interrupt", "leave the run running at Ctrl-C")
    .option("--cancel-on-interrupt", "with --watch: cancel the run at Ctrl-C")
    .option("--allow-partial", "treat SUCCESS_WITH_FAILURES as success")
    .addOption(formatOption())
    .action(async (job: string | undefined, options: RunOptions) => {
      io.exitCode = await reportingErrors(options.format, "run", io, () =>
        runJob(job, options, io),
      );
    });
}

/** Runs or watches a job. @returns the exit code @throws {JobstrataError | WorkspaceError} if it cannot be attempted */
export async function runJob(
  key: string | undefined,
  options: RunOptions,
  io: Io,
): Promise<number> {
  checkOptions(key, options);
  const target = await WorkspaceTarget.open(options, io);
  try {
    const execution: ExecutionOptions = {
      ...executionOf("run", options),
      wait: options.wait,
      leaveOnInterrupt:
        options.watch === undefined
          ? options.detachOnInterrupt === true
          : options.cancelOnInterrupt !== true,
    };
    if (target.isTransient && (!options.wait || options.detachOnInterrupt === true)) {
      throw new JobstrataError(
        "run",
        "the local workspace would end with this command, and the run with it; start it first: npx jobstrata local start",
      );
    }
    if (options.watch !== undefined) {
      if (options.target !== undefined) await target.jobIds().catch(() => undefined);
      return await watchRun(target, options.watch, execution, io);
    }
    const jobId = await findJob(target, key, options);
    // A run needs nested jobs' keys only for display, so they may arrive later; a plan needs them now.
    if (isDeep(options) && target.environment !== undefined) await target.jobIds();
    else target.readKeys();
    const states = await findStates(
      { select: [...(options.select ?? []), ...(options.exclude ?? [])], state: options.state },
      options.target === undefined ? {} : { target: [options.target] },
      io,
    );
    if (typeof states === "number") return states;
    const steps = await plan(target, jobId, options, states, io);
    if (steps.length === 0) {
      const since = states === undefined ? "" : ` since ${states.since}`;
      io.err(`Nothing to run: no task belongs to a job that the selectors choose${since}`);
      return 0;
    }
    if (options.dryRun === true) {
      showPlan(steps, options.format, io);
      return 0;
    }
    if (steps.length > 1 && !options.wait) {
      throw new JobstrataError(
        "run",
        `this selection needs ${steps.length} runs, some of which depend on others, so it cannot be combined with --no-wait`,
      );
    }
    if (steps.length > 1 && options.format === "text") showPlan(steps, "text", io);
    return showEnd(target, await execute(target, steps, execution, io), execution, io);
  } finally {
    await target.close();
  }
}

/** Options that change what a run starts. */
const USELESS_WITH_WATCH = {
  only: "--only",
  select: "--select",
  state: "--state",
  exclude: "--exclude",
  param: "--param",
  notebookParam: "--notebook-param",
  dryRun: "--dry-run",
} as const;

function checkOptions(key: string | undefined, options: RunOptions): void {
  const { jobId, name, watch, only, select: selectors, exclude } = options;
  const ways = [key, jobId, name, watch].filter((way) => way !== undefined);
  if (ways.length !== 1) {
    const which = ways.length === 0 ? "no job is given" : "more than one job is given";
    throw new JobstrataError("run", `${which}: give one of a key, --job-id, --name and --watch`);
  }
  if (only !== undefined && (selectors !== undefined || exclude !== undefined)) {
    throw new JobstrataError(
      "run",
      "--only names tasks of the job itself, --select and --exclude tasks at any depth: give one or the other",
    );
  }
  if (watch !== undefined) {
    const flags = [
      options.wait ? undefined : "--no-wait",
      ...Object.entries(USELESS_WITH_WATCH).map(([option, flag]) =>
        options[option as keyof typeof USELESS_WITH_WATCH] === undefined ? undefined : flag,
      ),
    ];
    const useless = flags.find((flag) => flag !== undefined);
    if (useless !== undefined)
      throw new JobstrataError(
        "run",
        `${useless} cannot be combined with --watch, which starts nothing`,
      );
  }
}

async function findJob(
  target: WorkspaceTarget,
  key: string | undefined,
  { jobId, name }: RunOptions,
): Promise<JobId> {
  if (key !== undefined) return target.jobId(key);
  if (jobId !== undefined) return jobId;
  const found: JobId[] = [];
  // The service compares names case-insensitively.
  for await (const job of target.client.listJobsNamed(name ?? ""))
    if (job.settings?.name === name) found.push(job.job_id);
  const [only, another] = found;
  if (only !== undefined && another === undefined) return only;
  if (only !== undefined) {
    throw new JobstrataError(
      "run",
      `${found.length} jobs are called ${quote(name ?? "")}; give one by --job-id: ${found.join(", ")}`,
    );
  }
  const names: string[] = [];
  for await (const job of target.client.listJobs()) names.push(job.settings?.name ?? "");
  throw new JobstrataError(
    "run",
    `no job that you may see is called ${quoteWithSuggestion(name ?? "", names)}`,
  );
}

/** Whether more than the job itself must be known. */
const isDeep = ({ select: selectors, exclude, dryRun }: RunOptions): boolean =>
  selectors !== undefined || exclude !== undefined || dryRun === true;

async function plan(
  target: WorkspaceTarget,
  jobId: JobId,
  options: RunOptions,
  states: JobStates | undefined,
  io: Io,
): Promise<RunStep[]> {
  const { only, select: selectors, exclude, param = {}, notebookParam } = options;
  const { client, keys } = target;
  const parts = selectors !== undefined || exclude !== undefined;
  const jobs = isDeep(options) ? await readJobs(client, [jobId], keys) : undefined;
  const job = jobs?.get(jobId) ?? (await readJob(client, jobId, keys));
  checkRequest(job, {
    ...(only && { only }),
    jobParameters: param,
    ...(notebookParam && { notebookParams: notebookParam }),
  });
  if (only !== undefined) checkReferences(job, only);
  if (jobs !== undefined && parts) {
    if (notebookParam !== undefined)
      throw new JobstrataError(
        "run",
        "--notebook-param is for one job, not for a selection over several; use --param",
      );
    const tree = taskTree(job, jobs);
    const chosen = select(tree, selectors ?? ["*"], exclude, states?.selection(options.target));
    const labels = new Set(Array.from(chosen, (node) => node.job.label));
    const reasons = states?.reasons(options.target, labels) ?? [];
    if (reasons.length > 0) io.err(`Selected since ${states?.since ?? ""}:`);
    for (const line of reasons) io.err(line);
    return planRuns(job, tree, chosen, param);
  }
  return [
    {
      job,
      path: [],
      after: [],
      ...(only && { only }),
      ...(Object.keys(param).length > 0 && { jobParameters: param }),
      ...(notebookParam && { notebookParams: notebookParam }),
      ...(jobs && { below: jobs }),
    },
  ];
}

const collect = (value: string, before: readonly string[] = []): string[] => [...before, value];

function collectList(value: string, before: readonly string[] = []): string[] {
  const keys = value
    .split(",")
    .map((key) => key.trim())
    .filter((key) => key !== "");
  if (keys.length === 0) throw new InvalidArgumentError("It must name at least one task.");
  return [...new Set([...before, ...keys])];
}

function collectPairs(
  value: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const cut = value.indexOf("=");
  const name = value.slice(0, cut);
  if (cut < 1) throw new InvalidArgumentError("It must be name=value.");
  if (Object.hasOwn(before, name)) throw new InvalidArgumentError(`${quote(name)} is given twice.`);
  return { ...before, [name]: value.slice(cut + 1) };
}
