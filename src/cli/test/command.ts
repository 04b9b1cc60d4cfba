import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { JobstrataError } from "@jobstrata/core/errors";
import { durationOf, errorText, printable, quote, systemReason } from "@jobstrata/core/model";
import {
  formatDuration,
  failuresOf,
  printablePath,
  reasonLines,
  formatTable,
} from "@jobstrata/core/report";
import { onlySteps, readJobs, type StepResult, planTests, type TestStep } from "@jobstrata/run";
import { addStateOptions, findStates } from "../changed/options";
import type { StateOptions } from "../changed/selectors";
import { type Io, parseCount, parseDuration, writeJson } from "../io";
import { execute, type ExecutionOptions, executionOf, type Format } from "../run/execution";
import { showEnd } from "../run/end";
import { reportingErrors } from "../workspace/errors";
import { type TargetOptions, WorkspaceTarget } from "../workspace/target";
import { addTargetOptions, formatOption } from "../run/command";

/** Options of `jobstrata test`. */
interface TestOptions extends TargetOptions, StateOptions {
  readonly keepGoing?: boolean;
  readonly atomicOnly?: boolean;
  readonly parallel: number;
  readonly junit?: string;
  readonly timeout?: number;
  readonly allowPartial?: boolean;
  readonly dryRun?: boolean;
  readonly format: Format;
}

/** Adds `jobstrata test`. */
export function addTestCommand(program: Command, io: Io): void {
  addStateOptions(addTargetOptions(program.command("test")))
    .description(
      "run each atomic job alone, in the order of their dependencies, then the composite jobs",
    )
    .argument("[jobs...]", "keys of jobs to test, with the jobs that they run; default: all")
    .option("--atomic-only", "skip composite jobs")
    .option("--keep-going", "after a failure, continue with jobs that do not depend on it")
    .option("--parallel <count>", "maximum atomic jobs to run at once", parseCount, 1)
    .option("--junit <file>", "write the results as JUnit XML")
    .option(
      "--timeout <duration>",
      "cancel the active runs after this time: 90, 15m, 2h",
      parseDuration,
    )
    .option("--allow-partial", "treat SUCCESS_WITH_FAILURES as success")
    .option("--dry-run", "show what would be tested, in order")
    .addOption(formatOption())
    .action(async (jobs: string[], options: TestOptions) => {
      io.exitCode = await reportingErrors(options.format, "test", io, () =>
        test(jobs, options, io),
      );
    });
}

/** Tests the jobs of an environment. @returns the exit code @throws {JobstrataError | WorkspaceError} if it cannot be attempted */
export async function test(keys: readonly string[], options: TestOptions, io: Io): Promise<number> {
  const { target: environment, junit } = options;
  if (environment === undefined)
    throw new JobstrataError("run", "use -t to name the environment to test");
  const chosen = await selectedKeys(keys, environment, options, io);
  if (typeof chosen === "number") return chosen;
  if (chosen?.size === 0) return 0;
  // Fail on an unwritable report before the jobs run.
  if (junit !== undefined) writeReport(junit, environment, []);
  const target = await WorkspaceTarget.open(options, io);
  try {
    const ids = await target.jobIds();
    const wanted = await Promise.all([...(chosen ?? keys)].map((key) => target.jobId(key)));
    const jobs = await readJobs(target.client, [...ids.values()], target.keys);
    const planned = planTests(jobs, new Set(ids.values()), wanted, {
      atomicOnly: options.atomicOnly === true,
    });
    // Changed jobs are tested without the jobs that they run, unless those have changed too.
    const steps =
      chosen === undefined ? planned : onlySteps(planned, ({ key }) => chosen.has(key ?? ""));
    if (options.dryRun === true) {
      showPlan(steps, options.format, io);
      return 0;
    }
    const execution: ExecutionOptions = {
      ...executionOf("test", options),
      parallel: options.parallel,
      keepGoing: options.keepGoing === true,
    };
    const done = await execute(target, steps, execution, io);
    const exitCode = showEnd(target, done, execution, io);
    const results = done.results as readonly StepResult<TestStep>[];
    if (options.format === "text") for (const line of summary(results)) io.out(line);
    if (junit !== undefined) writeReport(junit, environment, results);
    return exitCode;
  } finally {
    await target.close();
  }
}

/** Keys of the jobs that `--select` chooses, or the exit code after Ctrl-C. */
async function selectedKeys(
  keys: readonly string[],
  environment: string,
  { select, state }: TestOptions,
  io: Io,
): Promise<ReadonlySet<string> | number | undefined> {
  if (keys.length > 0 && select !== undefined)
    throw new JobstrataError("run", "--select cannot be combined with keys of jobs");
  const states = await findStates({ select, state }, { target: [environment] }, io);
  if (states === undefined || typeof states === "number") return states;
  const chosen = new Set(states.jobs(environment, select ?? []).map(({ key }) => key));
  const said = states.describe(select ?? [], chosen.size);
  io.err(chosen.size === 0 ? `Nothing to test: ${said}` : `Testing ${said}`);
  for (const line of states.reasons(environment, chosen)) io.err(line);
  return chosen;
}

function showPlan(steps: readonly TestStep[], format: Format, io: Io): void {
  if (format !== "text") {
    const plan = steps.map(({ job, level, after }) => ({
      job: job.label,
      job_id: job.jobId,
      level,
      after: after.map((each) => each.job.label),
    }));
    writeJson(io, format, { version: 1, plan });
    return;
  }
  for (const [at, { job, level }] of steps.entries())
    io.out(`${at + 1}. ${printable(job.label)}  ${level}`);
}

function summary(results: readonly StepResult<TestStep>[]): string[] {
  const rows = results.map((result) => [
    result.step.job.label,
    result.step.level,
    stateOf(result),
    durationText(result).padStart(10),
    reasonOf(result)[0] ?? "",
  ]);
  const passed = results.filter(({ outcome }) => outcome === "succeeded").length;
  const skipped = results.filter(({ outcome }) => outcome === "not-run").length;
  return [
    "",
    ...formatTable(["job", "level", "result", "duration", "why"], rows),
    "",
    `${passed} passed, ${results.length - passed - skipped} failed, ${skipped} not run`,
  ];
}

function stateOf({ outcome, run }: StepResult): string {
  if (outcome === "not-run") return "not run";
  return run?.status.state ?? outcome;
}

const durationMs = ({ run }: StepResult): number =>
  run === undefined ? 0 : durationOf(run, run.endTime ?? run.startTime ?? 0);

const durationText = (result: StepResult): string =>
  result.run === undefined ? "" : formatDuration(durationMs(result));

/** Why a job failed, beginning with the last error line of each failed notebook. */
function reasonOf({ outcome, run, error }: StepResult): string[] {
  if (outcome === "succeeded" || outcome === "not-run") return [];
  if (error !== undefined) return [error.message];
  const failures = run === undefined ? [] : failuresOf(run);
  const first = failures.map(({ task, path }) => {
    const message = task.output?.error ?? task.status.message;
    return `${printablePath(path)}: ${printable(message.split("\n")[0] ?? "")}`;
  });
  const all = failures.flatMap(({ task, path }) => [
    `${printablePath(path)}:`,
    ...reasonLines(task),
  ]);
  return [first.join("; "), ...all];
}

function writeReport(
  file: string,
  environment: string,
  results: readonly StepResult<TestStep>[],
): void {
  // Loaded on demand.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { junitXml } = require("@jobstrata/core/report") as typeof import("@jobstrata/core/report");
  const cases = results.map((result) => ({
    name: result.step.job.label,
    group: result.step.level,
    outcome:
      result.outcome === "succeeded"
        ? ("passed" as const)
        : result.outcome === "not-run"
          ? ("skipped" as const)
          : ("failed" as const),
    durationMs: durationMs(result),
    reason: reasonOf(result),
    ...(result.run?.url !== undefined && { runUrl: result.run.url }),
  }));
  try {
    writeFileSync(resolve(file), junitXml(environment, cases));
  } catch (error) {
    throw new JobstrataError(
      "run",
      `${quote(file)} cannot be written: ${systemReason(error) ?? errorText(error)}`,
    );
  }
}
