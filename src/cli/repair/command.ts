import type { Command } from "commander";
import { JobstrataError } from "@jobstrata/core/errors";
import {
  type JobId,
  type JobRunNode,
  type RunId,
  printable,
  quote,
  tasksBelow,
} from "@jobstrata/core/model";
import { printablePath } from "@jobstrata/core/report";
import {
  latestRuns,
  readJobs,
  planRepair,
  type RepairPlan,
  startRepair,
  RunFollower,
  type RunStep,
  type StepResult,
  WorkspaceError,
} from "@jobstrata/run";
import { type Io, parseDuration, parseRunId, writeJson } from "../io";
import { execute, type ExecutionOptions, executionOf, type Format, stepOf } from "../run/execution";
import { showEnd } from "../run/end";
import { styleFor } from "../terminal";
import { reportingErrors } from "../workspace/errors";
import { type TargetOptions, WorkspaceTarget } from "../workspace/target";
import { addTargetOptions, formatOption } from "../run/command";

/** Options of `jobstrata repair`. */
interface RepairOptions extends TargetOptions {
  readonly last?: boolean | string;
  readonly timeout?: number;
  readonly dryRun?: boolean;
  readonly detachOnInterrupt?: boolean;
  readonly allowPartial?: boolean;
  readonly format: Format;
}

/** Adds `jobstrata repair`. */
export function addRepairCommand(program: Command, io: Io): void {
  addTargetOptions(program.command("repair"))
    .description("rerun the failed tasks of a run and their dependents")
    .argument("[run-id]", "id of the run", parseRunId)
    .option("--last [job]", "repair the latest run of a job or, by default, of the environment")
    .option("--timeout <duration>", "cancel the run after this time: 90, 15m, 2h", parseDuration)
    .option("--dry-run", "show which tasks would run again and which are kept")
    .option("--detach-on-interrupt", "leave the run running at Ctrl-C")
    .option("--allow-partial", "treat SUCCESS_WITH_FAILURES as success")
    .addOption(formatOption())
    .action(async (runId: RunId | undefined, options: RepairOptions) => {
      io.exitCode = await reportingErrors(options.format, "repair", io, () =>
        repair(runId, options, io),
      );
    });
}

/** Repairs a run. @returns the exit code @throws {JobstrataError | WorkspaceError} if it cannot be attempted */
export async function repair(
  runId: RunId | undefined,
  options: RepairOptions,
  io: Io,
): Promise<number> {
  if ((runId === undefined) === (options.last === undefined)) {
    throw new JobstrataError("run", "give the id of a run, or --last, and not both");
  }
  const target = await WorkspaceTarget.open(options, io);
  try {
    if (target.environment !== undefined) await target.jobIds();
    const { client, keys } = target;
    const run = await wholeRun(target, runId ?? (await lastRun(target, options.last)));
    const jobs = await readJobs(client, jobIdsOf(run), keys).catch((error: unknown) => {
      if (error instanceof WorkspaceError) return new Map<JobId, never>();
      throw error;
    });
    const plan = planRepair(run, (jobId, taskKey) => {
      const job = jobs.get(jobId);
      return job?.tasks.find((task) => task.taskKey === taskKey)?.refersTo ?? [];
    });
    showPlan(plan, options, io);
    if (options.dryRun === true) return 0;
    const execution: ExecutionOptions = {
      ...executionOf("repair", options),
      leaveOnInterrupt: options.detachOnInterrupt === true,
    };
    await target.prepare();
    const results: StepResult[] = [];
    const end = options.timeout === undefined ? undefined : Date.now() + options.timeout;
    const exitCode = await carryOut(target, plan, () => inTime(execution, end), io, results);
    return showEnd(target, { results, exitCode }, execution, io);
  } finally {
    await target.close();
  }
}

function jobIdsOf(run: JobRunNode): JobId[] {
  const below = [...tasksBelow(run)].map(({ run: { jobId } }) => jobId);
  return [...new Set([run.jobId, ...below])].filter((jobId) => jobId > 0);
}

const wholeRun = ({ client, keys }: WorkspaceTarget, runId: RunId): Promise<JobRunNode> =>
  new RunFollower(client, runId, keys).lookAtAll();

/** The latest run that no other run started. */
async function lastRun(
  target: WorkspaceTarget,
  last: boolean | string | undefined,
): Promise<RunId> {
  const key = typeof last === "string" ? last : undefined;
  if (target.environment === undefined) {
    throw new JobstrataError("run", "use -t to name the environment of the last run");
  }
  const jobId = key === undefined ? undefined : await target.jobId(key);
  const query = jobId === undefined ? {} : { jobId };
  const { runs } = await latestRuns(
    target.client,
    query,
    1,
    ({ job_id = 0, trigger }) =>
      target.keys.has(job_id) && (jobId !== undefined || trigger !== "RUN_JOB_TASK"),
  );
  const [run] = runs;
  if (run !== undefined) return run.run_id;
  throw new JobstrataError(
    "run",
    `no run of ${key === undefined ? `the jobs of environment ${quote(target.environment)}` : `job ${quote(key)}`} is known`,
  );
}

/** Uses the remaining time. */
const inTime = (options: ExecutionOptions, end: number | undefined): ExecutionOptions =>
  end === undefined ? options : { ...options, timeoutMs: Math.max(1, end - Date.now()) };

/** Repairs nested runs first, each to its end, then the run itself. Stops at the first failure. */
async function carryOut(
  target: WorkspaceTarget,
  plan: RepairPlan,
  options: () => ExecutionOptions,
  io: Io,
  results: StepResult[],
): Promise<number> {
  for (const child of plan.children) {
    const exitCode = await carryOut(target, child, options, io, results);
    if (exitCode !== 0) return exitCode;
  }
  const { run, rerun, rest } = plan;
  const name = { jobId: run.jobId, name: run.name };
  if (rerun.length > 0) {
    const keys = rerun.map(({ taskKey }) => taskKey);
    await startRepair(target.client, run.runId, keys);
    const ongoing = { runId: run.runId, before: run };
    const execution = await execute(target, [stepOf(name, run.key)], options(), io, ongoing);
    results.push(...execution.results);
    return execution.exitCode;
  }
  if (rest.length === 0) return 0;
  const { job_parameters = [] } = await target.client.getRun(run.runId);
  const given = job_parameters.flatMap(({ name: parameter, value }) =>
    value === undefined ? [] : [[parameter, value] as const],
  );
  const step: RunStep = {
    ...stepOf(name, run.key),
    only: rest.map(({ taskKey }) => taskKey),
    ...(given.length > 0 && { jobParameters: Object.fromEntries(given) }),
  };
  const execution = await execute(target, [step], options(), io);
  results.push(...execution.results);
  return execution.exitCode;
}

/** The plan: what runs again and by what, and what is kept. */
function showPlan(plan: RepairPlan, { format, dryRun }: RepairOptions, io: Io): void {
  if (format === "text") {
    for (const line of planLines(plan)) io.out(line);
    return;
  }
  if (dryRun === true || format === "jsonl") {
    const document = {
      ...(format === "jsonl" && { event: "plan" }),
      version: 1,
      repair: planJson(plan),
    };
    writeJson(io, format, document);
  }
}

function planLines(plan: RepairPlan): string[] {
  const { run, path, rerun, children, rest, kept } = plan;
  const style = styleFor();
  const lines = children.flatMap(planLines);
  const where = path.length === 0 ? "" : ` of task ${printablePath(path)}`;
  const name = `run ${run.runId} of ${printable(run.key ?? run.name)}${where}`;
  const list = (keys: readonly { taskKey: string }[]): string =>
    keys.map(({ taskKey }) => printable(taskKey)).join(", ");
  if (rerun.length > 0) lines.push(`Repair ${name}`, `  again  ${style.busy(list(rerun))}`);
  else {
    lines.push(
      rest.length > 0
        ? `Then run ${printable(run.key ?? run.name)} again for the remaining tasks of ${name}, which keeps the result ${printable(run.status.state)}`
        : `No tasks of ${name} remain; it keeps the result ${printable(run.status.state)}`,
    );
    if (rest.length > 0) lines.push(`  again  ${style.busy(list(rest))}`);
  }
  if (kept.length > 0) lines.push(`  kept   ${style.good(list(kept))}`);
  return lines;
}

function planJson({ run, path, rerun, children, rest, kept }: RepairPlan): object {
  const keys = (tasks: readonly { taskKey: string }[]): string[] =>
    tasks.map(({ taskKey }) => taskKey);
  return {
    run_id: run.runId,
    job_id: run.jobId,
    path,
    children: children.map(planJson),
    rerun_tasks: keys(rerun),
    new_run_of_tasks: keys(rest),
    kept_tasks: keys(kept),
  };
}
