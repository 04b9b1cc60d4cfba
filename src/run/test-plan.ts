import { JobstrataError } from "@jobstrata/core/errors";
import { JOB_LEVEL_TAG, type JobId, quote } from "@jobstrata/core/model";
import type { DeployedJob } from "./deployed-jobs";
import type { RunStep } from "./run-plan";

/** A job to test. */
export interface TestStep extends RunStep {
  readonly level: "atomic" | "composite";
}

/**
 * Plans tests: every atomic job alone, in the order in which composite jobs run them; then composite jobs, innermost
 * first.
 *
 * @param jobs the jobs of an environment and their child jobs
 * @param own ids of the environment's jobs; external jobs are not tested
 * @param wanted jobs to test with all their child jobs; empty means all
 * @throws {JobstrataError} `run` if there is nothing to test
 */
export function planTests(
  jobs: ReadonlyMap<JobId, DeployedJob>,
  own: ReadonlySet<JobId>,
  wanted: readonly JobId[] = [],
  { atomicOnly = false }: { readonly atomicOnly?: boolean } = {},
): TestStep[] {
  const chosen = wanted.length === 0 ? new Set(jobs.keys()) : below(jobs, wanted);
  const all = [...chosen].flatMap((jobId) => (own.has(jobId) ? (jobs.get(jobId) ?? []) : []));
  const atomic = all.filter((job) => levelOf(job) === "atomic");
  const composite = all.filter((job) => levelOf(job) === "composite");
  if (atomic.length === 0 && (atomicOnly || composite.length === 0)) {
    throw new JobstrataError(
      "run",
      `there is no ${atomicOnly ? "atomic " : ""}job to test among ${all.map(({ label }) => quote(label)).join(", ") || "none"}`,
    );
  }
  const atomicSteps = inSteps(atomic, orderOf(jobs, composite), "atomic", []);
  if (atomicOnly) return atomicSteps;
  const runs = new Map(composite.map((job) => [job.jobId, runsOf(job)]));
  return [...atomicSteps, ...inSteps(composite, runs, "composite", atomicSteps)];
}

/** Keeps only the wanted steps and the dependencies among them. */
export function onlySteps(
  steps: readonly TestStep[],
  isWanted: (job: DeployedJob) => boolean,
): TestStep[] {
  const kept = new Map<RunStep, TestStep>();
  for (const step of steps) {
    if (!isWanted(step.job)) continue;
    const after = step.after.flatMap((each) => kept.get(each) ?? []);
    kept.set(step, { ...step, after });
  }
  return [...kept.values()];
}

function levelOf({ tags, tasks }: DeployedJob): "atomic" | "composite" {
  const level = tags[JOB_LEVEL_TAG];
  if (level === "atomic") return level;
  if (level !== undefined) return "composite";
  return tasks.some(({ runJobId }) => runJobId !== undefined) ? "composite" : "atomic";
}

const runsOf = ({ tasks }: DeployedJob): Set<JobId> =>
  new Set(tasks.flatMap(({ runJobId }) => runJobId ?? []));

function below(jobs: ReadonlyMap<JobId, DeployedJob>, wanted: readonly JobId[]): Set<JobId> {
  const found = new Set(wanted);
  // Iterating over a set includes entries that are added meanwhile.
  for (const jobId of found) {
    const job = jobs.get(jobId);
    if (job !== undefined) for (const each of runsOf(job)) found.add(each);
  }
  return found;
}

/** The jobs that any composite job runs before each job. */
function orderOf(
  jobs: ReadonlyMap<JobId, DeployedJob>,
  composite: readonly DeployedJob[],
): Map<JobId, Set<JobId>> {
  const before = new Map<JobId, Set<JobId>>();
  for (const { tasks } of composite) {
    const byKey = new Map(tasks.map((task) => [task.taskKey, task]));
    for (const task of tasks) {
      if (task.runJobId === undefined) continue;
      const earlier = new Set(task.dependsOn);
      for (const key of earlier)
        for (const each of byKey.get(key)?.dependsOn ?? []) earlier.add(each);
      const ids = [...earlier].flatMap((key) => byKey.get(key)?.runJobId ?? []);
      for (const jobId of below(jobs, [task.runJobId])) {
        const all = before.get(jobId) ?? new Set();
        for (const each of below(jobs, ids)) if (each !== jobId) all.add(each);
        before.set(jobId, all);
      }
    }
  }
  return before;
}

/** Orders steps by precedence. If two jobs precede each other, orders them by name. */
function inSteps(
  jobs: readonly DeployedJob[],
  before: ReadonlyMap<JobId, ReadonlySet<JobId>>,
  level: TestStep["level"],
  all: readonly RunStep[],
): TestStep[] {
  const left = new Map(
    [...jobs].sort((a, b) => (a.label < b.label ? -1 : 1)).map((job) => [job.jobId, job]),
  );
  const steps = new Map<JobId, TestStep>();
  while (left.size > 0) {
    const candidates = [...left.values()];
    const ready = candidates.filter(
      ({ jobId }) =>
        ![...(before.get(jobId) ?? [])].some((each) => each !== jobId && left.has(each)),
    );
    for (const job of ready.length > 0 ? ready : candidates.slice(0, 1)) {
      const after = [...(before.get(job.jobId) ?? [])].flatMap((each) => steps.get(each) ?? []);
      steps.set(job.jobId, { job, path: [], level, after: [...all, ...after] });
    }
    for (const jobId of steps.keys()) left.delete(jobId);
  }
  return [...steps.values()];
}
