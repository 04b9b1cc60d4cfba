import { JobstrataError } from "@jobstrata/core/errors";
import {
  JOB_LEVEL_TAG,
  type JobLevel,
  type JobSpec,
  leafTasks,
  printable,
  quote,
  type TaskSpec,
} from "@jobstrata/core/model";
import { textReport } from "@jobstrata/core/report";
import { Construct } from "constructs";
import { JobBase } from "../job";
import { filled, listOf, mapOf, object, type Shapes, text } from "../shape";
import { jobGraph, jobsOf, TestedJobs } from "./job-graph";

/** Result of a jest or vitest matcher. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
}

/** Additional checks of {@link JobMatchers.toBeAtomicJob}. */
export interface AtomicJobExpectation {
  /** Path of the notebook, as passed to its NotebookSource. @default - any */
  readonly notebook?: string;
  /** Parameters that the job must have, among others. @default - any */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Additional checks of {@link JobMatchers.toRunJob}. */
export interface RunJobExpectation {
  /** Keys of jobs that must end before; other jobs may run in between. @default - any */
  readonly after?: readonly string[];
}

/** Matcher types for jest and vitest. `R` is the return type of an assertion. */
export interface JobMatchers<R = unknown> {
  /** For an app, a stack or a `jobGraph(app)`: no rule finds an error. */
  toKeepTheHierarchy(): R;
  /** For a job: it has the level `atomic` and one task, which runs this notebook. */
  toBeAtomicJob(expected?: AtomicJobExpectation): R;
  /** For a job: it has the level `composite`. */
  toBeCompositeJob(): R;
  /** For a job: it has the level `orchestrator`. */
  toBeOrchestratorJob(): R;
  /** For a job: one of its tasks runs the job with this key, after the tasks that run the `after` jobs. */
  toRunJob(key: string, expected?: RunJobExpectation): R;
}

/** The jobs of the value passed to `expect`. */
function testedJobs(received: unknown): TestedJobs {
  if (received instanceof TestedJobs) return received;
  if (Construct.isConstruct(received)) return jobGraph(received);
  throw notTestable(received, "an app, a stack or a jobGraph(app)");
}

function testedJob(received: unknown): readonly [job: JobSpec, jobs: TestedJobs] {
  if (Construct.isConstruct(received) && JobBase.isJobBase(received)) {
    const jobs = jobGraph(received, received.stack.environment.name);
    return [jobs.job(received.key), jobs];
  }
  const jobs = jobsOf(received as JobSpec);
  if (jobs === undefined) throw notTestable(received, "a job, or jobGraph(app).job(key)");
  return [received as JobSpec, jobs];
}

function notTestable(received: unknown, wanted: string): JobstrataError {
  const got = received === null || typeof received !== "object" ? String(received) : "an object";
  return new JobstrataError(
    "invalid-job",
    `expect() was given ${printable(got)}; this matcher is for ${wanted}`,
  );
}

const ATOMIC_JOB: Shapes<AtomicJobExpectation> = { notebook: filled, parameters: mapOf(text) };
const RUN_JOB: Shapes<RunJobExpectation> = { after: listOf(filled) };

/** Validates expectations: a misspelled one would hold for every job. */
function checkArguments(matcher: string, problem: string | undefined): void {
  if (problem !== undefined) throw new JobstrataError("invalid-job", `${matcher}: ${problem}`);
}

/** A result whose message has the expected and actual values and the tree. */
function result(pass: boolean, expected: string, is: string, tree: string): MatcherResult {
  return {
    pass,
    message: () => `expected ${expected}${pass ? " not" : ""}, but ${is}\n\n${tree}\n`,
  };
}

function ofLevel(received: unknown, level: JobLevel): MatcherResult {
  const [job, jobs] = testedJob(received);
  const is = job.tags[JOB_LEVEL_TAG];
  return result(
    is === level,
    `job ${quote(job.key)} to have the level ${level}`,
    is === undefined ? "it has none" : `it has the level ${printable(is)}`,
    jobs.tree(job),
  );
}

function isNotebook(task: TaskSpec | undefined, path: string): boolean {
  const label = task?.notebook?.label ?? "";
  return (
    label === path || label === path.replace(/\.\w+$/, "") || label.replace(/\.\w+$/, "") === path
  );
}

/** Matchers for `expect.extend` of jest or vitest. */
export const jobMatchers = {
  toKeepTheHierarchy(received: unknown): MatcherResult {
    const jobs = testedJobs(received);
    const errors = jobs.findings.filter(({ severity }) => severity === "error");
    const expected = `the jobs of environment ${quote(jobs.environment)} to keep the hierarchy`;
    if (errors.length === 0) return result(true, expected, "they do", jobs.tree());
    return result(
      false,
      expected,
      `the policy finds ${errors.length === 1 ? "an error" : `${errors.length} errors`}:\n\n${textReport(errors)}`,
      jobs.tree(),
    );
  },

  toBeAtomicJob(received: unknown, expected: AtomicJobExpectation = {}): MatcherResult {
    checkArguments("toBeAtomicJob", object(ATOMIC_JOB)(expected, ""));
    const level = ofLevel(received, "atomic");
    const { notebook, parameters = {} } = expected;
    if (!level.pass || (notebook === undefined && Object.keys(parameters).length === 0))
      return level;
    const [job, jobs] = testedJob(received);
    const tasks = leafTasks(job);
    const [task] = tasks;
    const wanted = [
      ...(notebook === undefined ? [] : [`the notebook ${quote(notebook)}`]),
      ...Object.entries(parameters).map(([name, value]) => `${printable(name)} = ${quote(value)}`),
    ].join(" with ");
    const given = new Map(Object.entries(task?.parameters ?? {}));
    const wrong = Object.entries(parameters).filter(([name, value]) => given.get(name) !== value);
    const is =
      tasks.length !== 1
        ? `it has ${tasks.length} tasks`
        : wrong.length > 0
          ? `the parameters are ${[...given].map(([name, value]) => `${printable(name)} = ${quote(value)}`).join(", ") || "none"}`
          : `it runs ${task?.notebook === undefined ? "none" : quote(task.notebook.label)}`;
    const pass =
      tasks.length === 1 &&
      wrong.length === 0 &&
      (notebook === undefined || isNotebook(task, notebook));
    return result(pass, `atomic job ${quote(job.key)} to run ${wanted}`, is, jobs.tree(job));
  },

  toBeCompositeJob: (received: unknown): MatcherResult => ofLevel(received, "composite"),

  toBeOrchestratorJob: (received: unknown): MatcherResult => ofLevel(received, "orchestrator"),

  toRunJob(received: unknown, key: string, options: RunJobExpectation = {}): MatcherResult {
    checkArguments("toRunJob", filled(key, "the key") ?? object(RUN_JOB)(options, ""));
    const { after = [] } = options;
    const [job, jobs] = testedJob(received);
    const tasksThatRun = (target: string): TaskSpec[] =>
      job.tasks.filter((task) =>
        leafTasks({ tasks: [task] }).some(({ runJob }) => runs(runJob, target, jobs)),
      );
    const tasks = tasksThatRun(key);
    const order =
      after.length === 0 ? "" : ` after ${after.map((each) => quote(each)).join(" and ")}`;
    const expected = `job ${quote(job.key)} to run ${quote(key)}${order}`;
    const early = after.filter((each) => {
      const before = new Set(tasksThatRun(each).map(({ taskKey }) => taskKey));
      return !tasks.some((task) => [...waitsFor(job, task)].some((taskKey) => before.has(taskKey)));
    });
    const is =
      tasks.length === 0
        ? "no task runs it"
        : early.length === 0
          ? "it does"
          : `it does not wait for ${early.map((each) => quote(each)).join(" and ")}`;
    return result(tasks.length > 0 && early.length === 0, expected, is, jobs.tree(job));
  },
};

function runs(runJob: TaskSpec["runJob"], key: string, jobs: TestedJobs): boolean {
  if (runJob?.kind === "job") return jobs.graph.job(runJob.id)?.key === key;
  // An external job is identified by its id or by the construct that looks it up.
  if (runJob?.kind !== "external") return false;
  return (
    runJob.jobId === key ||
    runJob.expression === key ||
    runJob.expression.includes(`databricks_job.${key}.`)
  );
}

/** Keys of all tasks that must end before `task` starts, directly or indirectly. */
function waitsFor(job: JobSpec, task: TaskSpec): ReadonlySet<string> {
  const found = new Set<string>();
  const open = [...task.dependsOn];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (found.has(key)) continue;
    found.add(key);
    open.push(...(job.tasks.find(({ taskKey }) => taskKey === key)?.dependsOn ?? []));
  }
  return found;
}
