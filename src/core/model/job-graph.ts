import type { SourceKind } from "./check-report";
import type { DataAccess } from "./lineage";
import type { JobSpec, NotebookRef, TaskSpec } from "./job-spec";
import type { SourceLocation } from "./source-location";

/** A task and its job. For a for-each task, `task` is the inner one. */
export interface TaskUse {
  readonly job: JobSpec;
  readonly task: TaskSpec;
}

/** Settings of a bundle target. */
export interface BundleTarget {
  /** `development`, `production` or an expression; undefined if the target has none. */
  readonly mode?: string;
  readonly source?: SourceLocation;
}

/** A table access observed in a run. */
export interface ObservedAccess {
  /** Key or name of the job. */
  readonly job: string;
  /** @default - the job's only task with code */
  readonly taskKey?: string;
  readonly access: DataAccess;
}

const NONE: readonly JobSpec[] = [];

/** All jobs of one environment and their relations. Immutable. */
export class JobGraph {
  readonly #byId: ReadonlyMap<string, JobSpec>;
  readonly #runs = new Map<JobSpec, readonly JobSpec[]>();

  /**
   * @param environment scope of the rules, such as `dev`
   * @param jobs all jobs of the environment, from all of its stacks
   * @param target the bundle target, if the environment is one
   * @param kind the kind of source, which determines the terms in messages
   * @param observed table accesses observed in runs
   */
  public constructor(
    public readonly environment: string,
    public readonly jobs: readonly JobSpec[],
    public readonly target?: BundleTarget,
    public readonly kind: SourceKind = target === undefined ? "cdktf" : "bundle",
    public readonly observed: readonly ObservedAccess[] = [],
  ) {
    this.#byId = new Map(jobs.map((job) => [job.id, job]));
  }

  /** The job with this {@link JobSpec.id}. */
  public job(id: string): JobSpec | undefined {
    return this.#byId.get(id);
  }

  /** The distinct jobs that `job` runs with Run Job tasks, including those inside for-each tasks. */
  public runs(job: JobSpec): readonly JobSpec[] {
    const known = this.#runs.get(job);
    if (known !== undefined) return known;
    let targets: Set<JobSpec> | undefined;
    for (const { runJob } of leafTasks(job)) {
      const target = runJob?.kind === "job" ? this.job(runJob.id) : undefined;
      if (target !== undefined) (targets ??= new Set()).add(target);
    }
    // Most jobs run no others.
    const runs = targets === undefined ? NONE : [...targets];
    this.#runs.set(job, runs);
    return runs;
  }

  /** The same graph with table accesses observed in runs. */
  public withObserved(observed: readonly ObservedAccess[]): JobGraph {
    return new JobGraph(this.environment, this.jobs, this.target, this.kind, observed);
  }

  /** Table accesses observed in runs of a task. */
  public observedIn(job: JobSpec, task: TaskSpec): readonly DataAccess[] {
    if (this.observed.length === 0) return [];
    const tasks = leafTasks(job).filter(
      ({ runJob, forEach }) => runJob === undefined && forEach === undefined,
    );
    return this.observed
      .filter(({ job: name, taskKey }) => {
        if (name !== job.key && name !== job.name) return false;
        return taskKey === undefined
          ? tasks.length === 1 && tasks[0] === task
          : taskKey === task.taskKey;
      })
      .map(({ access }) => access);
  }

  /** All notebooks with the tasks that run them. */
  public notebooks(): Map<string, { readonly notebook: NotebookRef; readonly uses: TaskUse[] }> {
    const notebooks = new Map<
      string,
      { readonly notebook: NotebookRef; readonly uses: TaskUse[] }
    >();
    for (const job of this.jobs) {
      for (const task of leafTasks(job)) {
        if (task.notebook === undefined) continue;
        const entry = notebooks.get(task.notebook.identity);
        if (entry === undefined) {
          notebooks.set(task.notebook.identity, { notebook: task.notebook, uses: [{ job, task }] });
        } else {
          entry.uses.push({ job, task });
        }
      }
    }
    return notebooks;
  }
}

/** The tasks of a job, including inner tasks of for-each tasks: every task that can have a notebook or run a job. */
export function leafTasks(job: Pick<JobSpec, "tasks">): readonly TaskSpec[] {
  if (job.tasks.every((task) => task.forEach === undefined)) return job.tasks;
  return job.tasks.flatMap(withInner);
}

function withInner(task: TaskSpec): TaskSpec[] {
  return task.forEach === undefined ? [task] : [task, ...withInner(task.forEach)];
}
