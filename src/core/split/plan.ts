import type { JobGraph } from "../model/job-graph";
import type { JobSpec } from "../model/job-spec";
import { MAX_CONCURRENT_RUNS } from "../model/limits";
import { settingAt } from "../model/settings";
import { quote } from "../model/text";
import { runsComposites } from "../policy/levels";
import { Callers, Candidates, type CodeTask, refusalsOf, refusing } from "./candidates";
import { atomicSettings, compositeSettings } from "./job-settings";
import { differences, keptSettings, maxConcurrentRuns } from "./likeness";
import { keyOf, nameOf } from "./names";
import { handDown } from "./parameters";
import { codeType, movedSettings, OF_ATTEMPT } from "./task-parts";
import type {
  AtomicPart,
  CompositePart,
  MovedTask,
  SplitNote,
  SplitOptions,
  SplitPlan,
  SplitRefusal,
} from "./types";

/**
 * Plans how the jobs of one environment that break the rules become atomic jobs and composites. Pure: changes nothing. Refuses a
 * job, with the reason, if a split would change its behaviour.
 *
 * Jobs that follow the rules stay as they are, so the plan for split jobs is empty.
 */
export function planSplit(graph: JobGraph, options: SplitOptions = {}): SplitPlan {
  return new Planner(graph, options).plan();
}

/** Code that moves to one job, with the settings of its first user. */
interface Group {
  readonly uses: readonly CodeTask[];
  /** Whether the first user is an existing atomic job that the others will run. */
  readonly owner?: CodeTask;
}

class Planner {
  readonly #graph: JobGraph;
  readonly #options: SplitOptions;
  readonly #candidates: Candidates;
  readonly #refused = new Map<JobSpec, SplitRefusal[]>();
  readonly #notes: SplitNote[] = [];
  /** Task keys of each job whose code moves. */
  readonly #moved = new Map<JobSpec, Set<string>>();

  public constructor(graph: JobGraph, options: SplitOptions) {
    this.#graph = graph;
    this.#options = options;
    this.#candidates = new Candidates(graph, options);
  }

  public plan(): SplitPlan {
    const { jobs: wanted, except } = this.#options;
    const asked = this.#graph.jobs.filter(
      ({ id, key }) => (wanted === undefined || wanted.includes(key)) && except?.has(id) !== true,
    );
    const broken = asked.filter((job) => this.#candidates.needsSplit(job));
    const callers = new Callers(this.#graph);
    for (const job of broken) {
      const found = refusalsOf(job, this.#moving(job), callers, this.#options);
      if (found.length > 0) this.#refused.set(job, found);
    }
    for (;;) {
      const before = this.#refused.size;
      const jobs = broken.filter((job) => !this.#refused.has(job) && this.#moving(job).length > 0);
      this.#moved.clear();
      for (const job of jobs)
        this.#moved.set(job, new Set(this.#moving(job).map(({ task }) => task.taskKey)));
      const atomics = this.#atomics(jobs);
      if (this.#refused.size > before) continue;
      return this.#result(jobs, atomics);
    }
  }

  /** The tasks of a job whose code moves. */
  #moving(job: JobSpec): readonly CodeTask[] {
    const tasks = this.#candidates.tasksOf(job);
    return this.#options.keepClusterGroups === true
      ? tasks.filter((use) => !isInClusterGroup(use, tasks))
      : tasks;
  }

  #groups(jobs: readonly JobSpec[]): Group[] {
    const isSplit = new Set(jobs);
    const groups = new Map<string, { uses: CodeTask[]; owner?: CodeTask }>();
    for (const job of jobs) {
      for (const use of this.#moving(job)) {
        const isCode = use.task.notebook !== undefined || this.#options.unit === "code";
        const identity = isCode ? use.identity : JSON.stringify([job.id, use.task.taskKey]);
        const group = groups.get(identity);
        if (group !== undefined) {
          group.uses.push(use);
          continue;
        }
        const owner = isCode ? this.#candidates.ownerOf(identity) : undefined;
        const isThere = owner !== undefined && !isSplit.has(owner.job);
        groups.set(identity, isThere ? { uses: [owner, use], owner } : { uses: [use] });
      }
    }
    return [...groups.values()];
  }

  #atomics(jobs: readonly JobSpec[]): AtomicPart[] {
    const parts = this.#groups(jobs).flatMap((group) => this.#atomic(group) ?? []);
    const keys = new Map<string, AtomicPart>();
    const taken = new Set([
      ...this.#graph.jobs.map(({ key }) => key),
      ...(this.#options.taken ?? []),
    ]);
    const names = new Set(this.#graph.jobs.map(({ name }) => name));
    for (const part of parts) {
      const { key, existing, from } = part;
      if (existing !== undefined) continue;
      const other = keys.get(key);
      keys.set(key, part);
      const name = settingAt(part.settings, "name");
      if (taken.has(key) || other !== undefined)
        this.#refuse(from.job, (refuse) =>
          refuse(
            "key-clash",
            other === undefined
              ? `the new job for task ${quote(from.task.taskKey)} would have the key ${quote(key)}, which another resource has`
              : `the new jobs for tasks ${quote(other.from.task.taskKey)} and ${quote(from.task.taskKey)} would both have the key ${quote(key)}`,
            "choose other keys with --name-template, such as {job}_{task}_job, or with --job-key TASK=KEY",
            from.task.taskKey,
          ),
        );
      else if (typeof name === "string" && names.has(name))
        this.#refuse(from.job, (refuse) =>
          refuse(
            "name-clash",
            `the new job for task ${quote(from.task.taskKey)} would have the name ${quote(name)}, which another job has`,
            "rename that job, or the task",
            from.task.taskKey,
          ),
        );
      else if (typeof name === "string") names.add(name);
    }
    return parts;
  }

  #refuse(job: JobSpec, make: (refuse: ReturnType<typeof refusing>) => SplitRefusal): undefined {
    const refusal = make(refusing(job));
    const known = this.#refused.get(job);
    if (known === undefined) this.#refused.set(job, [refusal]);
    else known.push(refusal);
    return undefined;
  }

  /** @returns undefined if a job was refused */
  #atomic({ uses, owner }: Group): AtomicPart | undefined {
    const [first, ...others] = uses;
    const type = first && codeType(first.task);
    if (first === undefined || type === undefined) return undefined;
    const { job, task, outer } = first;
    const size = this.#refused.size;
    for (const use of others)
      for (const { code, message, fix } of differences(first, use, type, owner !== undefined))
        this.#refuse(use.job, (refuse) => refuse(code, message, fix, use.task.taskKey));
    const handed = handDown(
      uses,
      type,
      owner !== undefined,
      (use, key) => this.#moved.get(use.job)?.has(key) === true,
    );
    for (const refusal of handed.refusals) this.#refuse(refusal.job, () => refusal);
    const concurrent = maxConcurrentRuns(uses);
    if (concurrent > MAX_CONCURRENT_RUNS)
      this.#refuse(job, (refuse) =>
        refuse(
          "concurrency",
          `${quote(task.taskKey)} can run ${concurrent} times at once, and a job has at most ${MAX_CONCURRENT_RUNS} concurrent runs`,
          "lower max_concurrent_runs of the job, or the concurrency of the for-each task",
          task.taskKey,
        ),
      );
    if (this.#refused.size > size) return undefined;
    const isShared = new Set(uses.map((use) => use.job)).size > 1;
    const key = owner?.job.key ?? keyOf(first, uses.length > 1, isShared, this.#options);
    const kept = owner === undefined ? keptSettings(uses) : [];
    const moved = uses.map((use, at): MovedTask => ({
      job: use.job,
      task: use.task,
      outer: use.outer,
      target: key,
      kept: movedSettings(use.task).filter((name) => isKept(use, name, kept, owner)),
      passed: handed.passed[at] ?? new Map<string, never>(),
    }));
    const part = {
      key,
      from: { job, task, outer },
      uses: owner === undefined ? moved : moved.slice(1),
      name: nameOf(first, isShared),
      description: `Atomic job: ${task.taskKey}`,
      parameters: handed.parameters,
      kept,
      maxConcurrentRuns: concurrent,
      ...(owner !== undefined && { existing: owner.job }),
    };
    const { environmentVersion } = this.#options;
    return { ...part, ...atomicSettings(part, type, environmentVersion) };
  }

  #result(jobs: readonly JobSpec[], atomics: readonly AtomicPart[]): SplitPlan {
    const moved = atomics.flatMap(({ uses }) => uses);
    const ofJob = new Map(jobs.map((job): [JobSpec, MovedTask[]] => [job, []]));
    for (const each of moved) ofJob.get(each.job)?.push(each);
    const isSplit = new Set(jobs);
    const composites = jobs.map((job): CompositePart => {
      const tasks = ofJob.get(job) ?? [];
      const keepsCode = tasks.length < this.#candidates.tasksOf(job).length;
      const runsOne =
        runsComposites(job, this.#graph) ||
        this.#graph.runs(job).some((target) => isSplit.has(target));
      const level = runsOne ? "orchestrator" : "composite";
      const part = { job, tasks, ...(!keepsCode && ({ level } as const)) };
      return { ...part, settings: compositeSettings(part) };
    });
    this.#noteGroups();
    this.#noteUsers(isSplit);
    const clusters = countClusters(moved);
    return {
      environment: this.#graph.environment,
      atomics,
      composites,
      refusals: [...this.#refused.values()].flat(),
      notes: this.#notes,
      clusters,
    };
  }

  #noteGroups(): void {
    if (this.#options.keepClusterGroups !== true) return;
    for (const job of this.#graph.jobs) {
      const tasks = this.#candidates.tasksOf(job);
      const kept = tasks.filter((use) => isInClusterGroup(use, tasks));
      if (kept.length === 0 || !this.#candidates.needsSplit(job)) continue;
      const names = kept.map(({ task }) => quote(task.taskKey)).join(", ");
      this.#notes.push({ job, message: `${names} stay in it, as they share a job cluster` });
    }
  }

  /** Reports notebooks that other jobs keep because they were not selected or were refused. */
  #noteUsers(jobs: ReadonlySet<JobSpec>): void {
    for (const job of jobs) {
      for (const { identity, task } of this.#candidates.tasksOf(job)) {
        if (task.notebook === undefined) continue;
        const others = this.#candidates
          .usesOf(identity)
          .filter((use) => !jobs.has(use.job) && this.#candidates.ownerOf(identity) !== use)
          .map((use) => quote(use.job.key));
        if (others.length === 0) continue;
        const names = [...new Set(others)].join(", ");
        const message = `notebook ${quote(task.notebook.label)} is in ${names} as well, which this does not split`;
        this.#notes.push({ job, message });
      }
    }
  }
}

function isKept(
  { job }: CodeTask,
  name: string,
  kept: readonly string[],
  owner: CodeTask | undefined,
): boolean {
  if (owner === undefined) return kept.includes(name);
  // Settings that the atomic job lacks stay in the task that runs it.
  const isOfCaller = OF_ATTEMPT.includes(name) && !Object.hasOwn(owner.task.settings, name);
  return job !== owner.job && isOfCaller;
}

function isInClusterGroup({ task }: CodeTask, tasks: readonly CodeTask[]): boolean {
  const { jobClusterKey } = task;
  if (jobClusterKey === undefined) return false;
  return tasks.filter((other) => other.task.jobClusterKey === jobClusterKey).length > 1;
}

function countClusters(moved: readonly MovedTask[]): SplitPlan["clusters"] {
  const ofJobs = moved.filter(({ task }) => task.jobClusterKey !== undefined);
  const before = new Set(
    ofJobs.map(({ job, task }) => JSON.stringify([job.id, task.jobClusterKey])),
  );
  return { before: before.size, after: ofJobs.length };
}
