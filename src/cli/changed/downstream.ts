import {
  dataFlow,
  type JobGraph,
  type JobSpec,
  leafTasks,
  printable,
  type TaskSpec,
} from "@jobstrata/core/model";
import { entryFor, labelsOf } from "./entry";
import type { ChangedJob, Reason } from "./document";

/** A direct follower of a job. */
interface Follower {
  readonly job: JobSpec;
  readonly by: NonNullable<Reason["by"]>;
  /** The link between them: the job that runs both, or the table. */
  readonly through: string;
}

/** All jobs downstream of changed ones, directly or indirectly: by run-job tasks, dependencies and tables. */
export function downstreamOf(
  graph: JobGraph | undefined,
  changed: readonly ChangedJob[],
): ChangedJob[] {
  const starts = changed.filter(({ state }) => state !== "removed");
  if (graph === undefined || starts.length === 0) return [];
  const labels = labelsOf(graph);
  const labelOf = (job: JobSpec): string => labels.get(job) ?? job.key;
  const followers = followersIn(graph);
  const queue = starts.flatMap(({ id }) => graph.job(id) ?? []);
  const seen = new Set(queue);
  const found: ChangedJob[] = [];
  for (const job of queue)
    for (const follower of followers(job)) {
      const { job: next, by } = follower;
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
      const of = labelOf(job);
      const reason: Reason = { kind: "downstream", text: textOf(follower, of), of, by };
      found.push(entryFor(labelOf(next), next, "downstream", [reason]));
    }
  return found;
}

function textOf({ by, through }: Follower, of: string): string {
  const [key, between] = [printable(of), printable(through)];
  switch (by) {
    case "run_job":
      return `runs ${key}`;
    case "depends_on":
      return `runs after ${key} in ${between}`;
    case "table":
      return `reads ${between}, which ${key} writes`;
  }
}

/** Finds the direct followers of a job. */
function followersIn(graph: JobGraph): (job: JobSpec) => Iterable<Follower> {
  const followers = new Map<JobSpec, Follower[]>();
  const add = (of: JobSpec, follower: Follower): void => {
    if (of === follower.job) return;
    const known = followers.get(of);
    if (known === undefined) followers.set(of, [follower]);
    else known.push(follower);
  };
  for (const parent of graph.jobs) {
    const runs = new Map<TaskSpec, JobSpec>();
    for (const task of leafTasks(parent)) {
      const target = task.runJob?.kind === "job" ? graph.job(task.runJob.id) : undefined;
      if (target === undefined) continue;
      runs.set(task, target);
      add(target, { job: parent, by: "run_job", through: parent.key });
    }
    for (const task of parent.tasks)
      for (const before of targetsBefore(task, parent, runs))
        for (const target of targetsOf(task, runs))
          add(before, { job: target, by: "depends_on", through: parent.key });
  }
  const tables = tablesIn(graph);
  return function* (job) {
    yield* followers.get(job) ?? [];
    yield* tables(job);
  };
}

/** The jobs that a task runs, including inside a for-each task. */
function targetsOf(task: TaskSpec, runs: ReadonlyMap<TaskSpec, JobSpec>): JobSpec[] {
  return leafTasks({ tasks: [task] }).flatMap((each) => runs.get(each) ?? []);
}

/** The jobs run by a task's direct and indirect dependencies. */
function targetsBefore(
  task: TaskSpec,
  { tasks }: JobSpec,
  runs: ReadonlyMap<TaskSpec, JobSpec>,
): Set<JobSpec> {
  const byTaskKey = new Map(tasks.map((each) => [each.taskKey, each]));
  const queue = [...task.dependsOn];
  const seen = new Set(queue);
  const found = new Set<JobSpec>();
  for (const key of queue) {
    const before = byTaskKey.get(key);
    if (before === undefined) continue;
    for (const target of targetsOf(before, runs)) found.add(target);
    for (const next of before.dependsOn)
      if (!seen.has(next)) {
        seen.add(next);
        queue.push(next);
      }
  }
  return found;
}

/** Finds the readers of the tables that a job writes. Yields each table's readers only once. */
function tablesIn(graph: JobGraph): (job: JobSpec) => Generator<Follower> {
  const flow = dataFlow(graph);
  const written = new Map<JobSpec, Set<string>>();
  const readers = new Map<string, Set<JobSpec>>();
  for (const job of graph.jobs)
    for (const { name, write, unknown } of flow.ownAccessesOf(job)) {
      if (unknown !== undefined) continue;
      if (write === undefined) addTo(readers, name, job);
      else addTo(written, job, name);
    }
  return function* (writer) {
    for (const name of written.get(writer) ?? []) {
      for (const job of readers.get(name) ?? [])
        if (job !== writer) yield { job, by: "table", through: name };
      readers.delete(name);
    }
  };
}

function addTo<K, V>(map: Map<K, Set<V>>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, new Set([value]));
  else known.add(value);
}
