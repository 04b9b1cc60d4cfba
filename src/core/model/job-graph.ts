import type { SourceKind } from "./check-report";
import type { DataAccess } from "./lineage";
import type { JobSpec, NotebookRef, SourceLocation, TaskSpec } from "./job-spec";

/** A task together with the job that holds it. `task` is the inner one where a for-each task repeats it. */
export interface TaskUse {
  readonly job: JobSpec;
  readonly task: TaskSpec;
}

/** Settings of a bundle's target. */
export interface BundleTarget {
  /** `development`, `production` or an expression; undefined if the target has none. */
  readonly mode?: string;
  readonly source?: SourceLocation;
}

/** An access that a run showed. */
export interface ObservedAccess {
  /** Key or name of the job. */
  readonly job: string;
  /** @default - the only task of the job that holds code */
  readonly taskKey?: string;
  readonly access: DataAccess;
}

/** All jobs of one environment and how they hang together. Immutable; the rules only read it. */
export class JobGraph {
  readonly #byId: ReadonlyMap<string, JobSpec>;
  readonly #runs = new Map<JobSpec, readonly JobSpec[]>();

  /**
   * @param environment the scope that the rules hold in, such as `dev`
   * @param jobs every job of that environment, from all of its stacks
   * @param target of the bundle that the environment is
   * @param kind the kind of source, which determines the terms in messages
   * @param observed what runs of these jobs did with tables
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

  /** The jobs that `job` runs with run_job_task, for-each tasks included, each once. */
  public runs(job: JobSpec): readonly JobSpec[] {
    const known = this.#runs.get(job);
    if (known !== undefined) return known;
    const targets = new Set<JobSpec>();
    for (const task of leafTasks(job)) {
      const target = task.runJob?.kind === "job" ? this.job(task.runJob.id) : undefined;
      if (target !== undefined) targets.add(target);
    }
    const runs = [...targets];
    this.#runs.set(job, runs);
    return runs;
  }

  /** The same jobs, with what their runs did with tables. */
  public withObserved(observed: readonly ObservedAccess[]): JobGraph {
    return new JobGraph(this.environment, this.jobs, this.target, this.kind, observed);
  }

  /** What runs of a task did with tables. */
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

  /** Every notebook with the tasks that run it. */
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

/** The tasks of a job and the tasks inside its for-each tasks: everything that can hold a notebook or run a job. */
export function leafTasks(job: Pick<JobSpec, "tasks">): readonly TaskSpec[] {
  if (job.tasks.every((task) => task.forEach === undefined)) return job.tasks;
  return job.tasks.flatMap(withInner);
}

function withInner(task: TaskSpec): TaskSpec[] {
  return task.forEach === undefined ? [task] : [task, ...withInner(task.forEach)];
}
