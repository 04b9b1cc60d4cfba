import { type JobGraph, type JobSpec, quote, type TaskSpec } from "@jobstrata/core/model";
import { counted } from "@jobstrata/core/report";
import { type SplitPlan, type SplitRefusal } from "@jobstrata/core/split";
import type { BundleSplit } from "./split-bundle";
import { type Fails, RefusedByWorkspace, type Trace, VerifyWorkspace } from "./verify-workspace";
import { notebookPath, Deployment } from "./verify-deployment";

/**
 * Runs every split job, before and after, in two local workspaces: unchanged, with other parameter values, with each piece of
 * code failing permanently and failing once, and repairs each failed run.
 *
 * @param log receives a line for each job
 * @returns the jobs that differ
 * @throws {JobstrataError} `local-workspace` if there is no local workspace
 */
export async function verifySplit(
  split: Pick<BundleSplit, "plans" | "before" | "after">,
  log: (line: string) => void,
): Promise<SplitRefusal[]> {
  const before = split.before.flatMap((reading) => reading.graphs);
  const after = split.after.flatMap((reading) => reading.graphs);
  const refusals: SplitRefusal[] = [];
  const done = new Set<string>();
  for (const [at, plan] of split.plans.entries()) {
    const [old, now] = [before[at], after[at]];
    const jobs = jobsToRun(plan).filter(({ id }) => !done.has(id));
    if (old === undefined || now === undefined || jobs.length === 0) continue;
    for (const { id } of jobs) done.add(id);
    refusals.push(...(await verifyJobs(jobs, old, now, log)));
  }
  return refusals;
}

/** The split jobs, and existing atomic jobs that take more parameters now. */
function jobsToRun({ composites, atomics }: SplitPlan): JobSpec[] {
  return [
    ...composites.map(({ job }) => job),
    ...atomics.flatMap(({ existing }) => existing ?? []),
  ];
}

/** Runs jobs in two versions of one environment. */
export async function verifyJobs(
  jobs: readonly JobSpec[],
  before: JobGraph,
  after: JobGraph,
  log: (line: string) => void = () => undefined,
): Promise<SplitRefusal[]> {
  const isRead = parametersRead([before, after]);
  const [old, now] = await Promise.all([
    VerifyWorkspace.start(isRead),
    VerifyWorkspace.start(isRead),
  ]);
  const refusals: SplitRefusal[] = [];
  try {
    const [deployedBefore, deployedAfter] = [
      new Deployment(old, before),
      new Deployment(now, after),
    ];
    for (const job of jobs) {
      const refuse = (message: string): void => {
        refusals.push({
          job,
          code: "verification",
          message: `job ${quote(job.key)} behaves differently after the split: ${message}`,
          fix: "report this as a bug; the job stays as it is",
        });
      };
      const twin = after.jobs.find(({ key }) => key === job.key);
      if (twin === undefined) continue;
      try {
        const pair: Pair = {
          job,
          old: { workspace: old, id: await deployedBefore.deploy(job) },
          now: { workspace: now, id: await deployedAfter.deploy(twin) },
        };
        const { runs, difference } = await compareRuns(pair);
        if (difference !== undefined) refuse(difference);
        else log(`${quote(job.key)}: ${counted(runs, "run")} of both versions, no difference`);
      } catch (error) {
        if (!(error instanceof RefusedByWorkspace)) throw error;
        refuse(`the local workspace rejects it: ${error.message}`);
      }
    }
    return refusals;
  } finally {
    await Promise.all([old.stop(), now.stop()]);
  }
}

interface Pair {
  readonly job: JobSpec;
  readonly old: { readonly workspace: VerifyWorkspace; readonly id: number };
  readonly now: { readonly workspace: VerifyWorkspace; readonly id: number };
}

async function compareRuns(
  pair: Pair,
): Promise<{ readonly runs: number; readonly difference?: string }> {
  const { job } = pair;
  let runs = 0;
  const once = async (
    what: string,
    parameters: Readonly<Record<string, string>>,
    fails: Fails,
  ): Promise<{ readonly labels: readonly string[]; readonly difference?: string }> => {
    const [[first, repaired], [other, otherRepaired]] = await Promise.all([
      pair.old.workspace.run(pair.old.id, parameters, fails),
      pair.now.workspace.run(pair.now.id, parameters, fails),
    ]);
    runs += repaired === undefined ? 1 : 2;
    const difference =
      differenceOf(pair, first, other) ?? repairDifference(pair, repaired, otherRepaired);
    return {
      labels: [...new Set(first.executions.map(({ label }) => label))],
      ...(difference !== undefined && { difference: `${what}, ${difference}` }),
    };
  };
  const values = Object.fromEntries(
    (job.parameters ?? []).map(({ name }) => [name, `another ${name}`]),
  );
  const plain = await once("in a plain run", {}, () => false);
  if (plain.difference !== undefined) return { runs, difference: plain.difference };
  if (Object.keys(values).length > 0) {
    const { difference } = await once("with other parameters", values, () => false);
    if (difference !== undefined) return { runs, difference };
  }
  for (const code of plain.labels) {
    const isIt = (label: string): boolean => label === code;
    const what = code.replace(/^\/verify\/\w+\/\w+-/, "");
    const scenarios: readonly (readonly [string, Fails])[] = [
      [`with ${what} failing`, ({ label }) => isIt(label)],
      [`with ${what} failing once`, ({ label, attempt }) => isIt(label) && attempt === 0],
    ];
    for (const [name, fails] of scenarios) {
      const { difference } = await once(name, {}, fails);
      if (difference !== undefined) return { runs, difference };
    }
  }
  return { runs };
}

function repairDifference(
  pair: Pair,
  before: Trace | undefined,
  after: Trace | undefined,
): string | undefined {
  if (before === undefined || after === undefined)
    return before === after ? undefined : "only one of the versions fails";
  const difference = differenceOf(pair, before, after);
  return difference === undefined ? undefined : `after a repair, ${difference}`;
}

/** The differences between two runs. */
function differenceOf(pair: Pair, before: Trace, after: Trace): string | undefined {
  const { job } = pair;
  for (const { taskKey } of [{ taskKey: "" }, ...job.tasks]) {
    const [old, now] = [before.results[taskKey], after.results[taskKey]];
    if (old !== now)
      return `${taskKey === "" ? "the run" : `task ${quote(taskKey)}`} ends with ${now ?? "nothing"} instead of ${old ?? "nothing"}`;
  }
  const [old, now] = [attemptsIn(before), attemptsIn(after)];
  for (const attempt of new Set([...old.keys(), ...now.keys()])) {
    const [times, timesNow] = [old.get(attempt) ?? 0, now.get(attempt) ?? 0];
    if (times !== timesNow) return `${attempt} is executed ${timesNow} times instead of ${times}`;
  }
  return orderDifference(pair, before, after);
}

function attemptsIn({ executions }: Trace): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label, attempt, succeeded } of executions) {
    const key = `${label}, attempt ${attempt + 1} that ${succeeded ? "succeeds" : "fails"},`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Code that waited for other code must still do so. */
function orderDifference({ job, old }: Pair, before: Trace, after: Trace): string | undefined {
  const labels = new Map<string, Set<string>>();
  for (const { jobId, taskKey, label } of before.executions) {
    if (jobId !== old.id) continue;
    const known = labels.get(taskKey);
    if (known === undefined) labels.set(taskKey, new Set([label]));
    else known.add(label);
  }
  const spans = new Map<string, { readonly start: number; readonly end: number }>();
  for (const { label, start, end } of after.executions) {
    const known = spans.get(label) ?? { start, end };
    spans.set(label, { start: Math.min(known.start, start), end: Math.max(known.end, end) });
  }
  const byKey = new Map(job.tasks.map((task) => [task.taskKey, task]));
  const labelsOf = (task: TaskSpec): ReadonlySet<string> =>
    labels.get((task.forEach ?? task).taskKey) ?? new Set();
  for (const task of job.tasks) {
    const later = labelsOf(task);
    // Includes waiting through tasks without code, such as conditions.
    const above = new Set(task.dependsOn);
    for (const key of above) {
      const other = byKey.get(key);
      if (other === undefined) continue;
      const earlier = labelsOf(other);
      if (earlier.size === 0) for (const next of other.dependsOn) above.add(next);
      for (const first of earlier)
        for (const second of later) {
          const [from, to] = [spans.get(first), spans.get(second)];
          if (first === second || from === undefined || to === undefined) continue;
          if (from.end >= to.start)
            return `task ${quote(task.taskKey)} begins before ${quote(key)} has ended`;
        }
    }
  }
  return undefined;
}

/** The parameters that the code of generated notebooks reads, as far as they are known. */
function parametersRead(graphs: readonly JobGraph[]): (path: string, name: string) => boolean {
  const closed = new Map<string, ReadonlySet<string>>();
  for (const graph of graphs)
    for (const { notebook } of graph.notebooks().values()) {
      const widgets = notebook.file?.widgets;
      if (widgets !== undefined && !widgets.open)
        closed.set(notebookPath(notebook), new Set([...widgets.reads, ...widgets.declares]));
    }
  return (path, name) => closed.get(path)?.has(name) !== false;
}
