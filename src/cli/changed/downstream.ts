import {
  dataFlow,
  type JobGraph,
  type JobSpec,
  leafTasks,
  printable,
  type TaskSpec,
} from "@jobstrata/core/model";
import { entryFor } from "./entry";
import type { ChangedJob, Reason } from "./document";

/** A job that follows another one. */
interface Follower {
  readonly job: JobSpec;
  readonly by: NonNullable<Reason["by"]>;
  readonly text: string;
}

/** The jobs that follow those that have changed, however far: by runs, by dependencies and by tables. */
export function downstreamOf(
  graph: JobGraph | undefined,
  changed: readonly ChangedJob[],
): ChangedJob[] {
  const starts = changed.filter(({ state }) => state !== "removed");
  if (graph === undefined || starts.length === 0) return [];
  const byKey = new Map<string, JobSpec>();
  for (const job of graph.jobs) {
    byKey.set(job.key, job);
    byKey.set(`${job.stack}/${job.key}`, job);
  }
  const followers = followersIn(graph);
  const queue = starts.flatMap(({ job }) => byKey.get(job) ?? []);
  const seen = new Set(queue);
  const found: ChangedJob[] = [];
  for (const job of queue)
    for (const { job: next, by, text } of followers(job)) {
      if (seen.has(next)) continue;
      seen.add(next);
      queue.push(next);
      const reason: Reason = { kind: "downstream", text, of: job.key, by };
      found.push(entryFor(next.key, next, "downstream", [reason]));
    }
  return found;
}

/** Who follows a job directly. */
function followersIn(graph: JobGraph): (job: JobSpec) => readonly Follower[] {
  const followers = new Map<JobSpec, Follower[]>();
  const add = (of: JobSpec, follower: Follower): void => {
    if (of === follower.job) return;
    followers.set(of, [...(followers.get(of) ?? []), follower]);
  };
  for (const parent of graph.jobs) {
    const runs = new Map<TaskSpec, JobSpec>();
    for (const task of leafTasks(parent)) {
      const target = task.runJob?.kind === "job" ? graph.job(task.runJob.id) : undefined;
      if (target === undefined) continue;
      runs.set(task, target);
      add(target, { job: parent, by: "run_job", text: `runs ${printable(target.key)}` });
    }
    for (const task of parent.tasks)
      for (const before of targetsBefore(task, parent, runs))
        for (const target of targetsOf(task, runs))
          add(before, {
            job: target,
            by: "depends_on",
            text: `runs after ${printable(before.key)} in ${printable(parent.key)}`,
          });
  }
  addTables(graph, add);
  return (job) => followers.get(job) ?? [];
}

/** The jobs that a task runs, in a for-each task too. */
function targetsOf(task: TaskSpec, runs: ReadonlyMap<TaskSpec, JobSpec>): JobSpec[] {
  return leafTasks({ tasks: [task] }).flatMap((each) => runs.get(each) ?? []);
}

/** The jobs that run before a task: those of the tasks that it depends on, and of these further ones. */
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

/** Who reads a table follows those who write it. */
function addTables(graph: JobGraph, add: (of: JobSpec, follower: Follower) => void): void {
  const flow = dataFlow(graph);
  const writers = new Map<string, Set<JobSpec>>();
  const readers = new Map<string, Set<JobSpec>>();
  for (const job of graph.jobs) {
    // What a job does by those that it runs, they do.
    if (leafTasks(job).every(({ code }) => code === undefined)) continue;
    for (const access of flow
      .runsOf(job)
      .flatMap((tasks) => tasks.flatMap((task) => task.accesses))) {
      if (access.job !== job || access.unknown !== undefined) continue;
      const side = access.write === undefined ? readers : writers;
      const jobs = side.get(access.name) ?? new Set();
      side.set(access.name, jobs);
      jobs.add(job);
    }
  }
  for (const [name, jobs] of readers)
    for (const writer of writers.get(name) ?? [])
      for (const job of jobs)
        add(writer, {
          job,
          by: "table",
          text: `reads ${printable(name)}, which ${printable(writer.key)} writes`,
        });
}
