import type { JobRun } from "../services/jobs/records";
import type { Limits } from "./limits";
import type { ActiveRun } from "./run";
import { CANCELED } from "./states";

/** An active or queued run. */
interface Live {
  active: ActiveRun;
  /** Maximum concurrent runs of the job. */
  limit: number;
}

/** Limits the concurrent runs of each job and of the workspace; other runs are queued in order of arrival. */
export class RunQueue {
  readonly #running = new Map<number, Live>();
  readonly #queued = new Map<number, Live>();
  /** The queued runs of a job, first in, first out. */
  readonly #queuedOfJob = new Map<number, Set<number>>();
  /** Number of active runs of a job. */
  readonly #runningOfJob = new Map<number, number>();

  readonly #save: (run: JobRun) => void;
  readonly #limits: Limits;

  public constructor(save: (run: JobRun) => void, limits: Limits) {
    this.#save = save;
    this.#limits = limits;
  }

  public counts(): { active_runs: number; queued_runs: number } {
    return { active_runs: this.#running.size, queued_runs: this.#queued.size };
  }

  /** An active or queued run. */
  public get(runId: number): ActiveRun | undefined {
    return (this.#running.get(runId) ?? this.#queued.get(runId))?.active;
  }

  /** The active runs. */
  public underWay(): ActiveRun[] {
    return [...this.#running.values()].map(({ active }) => active);
  }

  /** Whether a run of the job is active or queued. */
  public isActive(jobId: number): boolean {
    return this.#runningOfJob.has(jobId) || this.#queuedOfJob.has(jobId);
  }

  /** Whether a run of the job is queued. */
  public isQueued(jobId: number): boolean {
    return this.#queuedOfJob.has(jobId);
  }

  public hasRoom(jobId: number, limit: number): boolean {
    return (this.#runningOfJob.get(jobId) ?? 0) < limit;
  }

  /**
   * Whether a run may begin. A run started by a Run Job task ignores the workspace's limit: waiting for it could
   * deadlock.
   */
  public mayBegin({ job_id, parent }: JobRun, limit: number): boolean {
    return this.hasRoom(job_id, limit) && (parent !== undefined || !this.#limits.isReached());
  }

  public begin(live: Live): void {
    const { run } = live.active;
    this.#running.set(run.run_id, live);
    this.#runningOfJob.set(run.job_id, (this.#runningOfJob.get(run.job_id) ?? 0) + 1);
    live.active.begin();
  }

  public enqueue(live: Live): void {
    const { run } = live.active;
    run.life = "QUEUED";
    const isOfJob = !this.hasRoom(run.job_id, live.limit);
    run.queue_code = isOfJob ? "MAX_CONCURRENT_RUNS_REACHED" : "ACTIVE_RUNS_LIMIT_REACHED";
    run.message = isOfJob
      ? `Queued: job ${run.job_id} has as many active runs as it may have (${live.limit}).`
      : "Queued: the workspace has as many active task runs as it may have.";
    this.#queued.set(run.run_id, live);
    const others = this.#queuedOfJob.get(run.job_id);
    if (others === undefined) this.#queuedOfJob.set(run.job_id, new Set([run.run_id]));
    else others.add(run.run_id);
    this.#save(run);
  }

  /** Stops an active run, or removes a queued run from the queue. */
  public cancel(runId: number): void {
    this.#running.get(runId)?.active.stop(CANCELED);
    this.#dequeue(runId)?.active.abandon(CANCELED);
  }

  /** Cancels the runs of a job; without a job, all queued runs. */
  public cancelAll(jobId: number | undefined, queuedToo: boolean): void {
    const concerned = ({ active }: Live): boolean =>
      jobId === undefined || active.run.job_id === jobId;
    if (queuedToo || jobId !== undefined) {
      for (const [runId, live] of [...this.#queued]) if (concerned(live)) this.cancel(runId);
    }
    if (jobId === undefined) return;
    for (const live of [...this.#running.values()]) if (concerned(live)) live.active.stop(CANCELED);
  }

  /** Removes an ended run. Returns false if it was not active. */
  public remove(run: JobRun): boolean {
    if (!this.#running.delete(run.run_id)) return false;
    const left = (this.#runningOfJob.get(run.job_id) ?? 1) - 1;
    if (left === 0) this.#runningOfJob.delete(run.job_id);
    else this.#runningOfJob.set(run.job_id, left);
    return true;
  }

  /** Starts as many queued runs of a job as its limit allows. @param jobId @default all jobs */
  public proceed(jobId?: number): void {
    if (jobId === undefined) {
      for (const each of [...this.#queuedOfJob.keys()]) this.proceed(each);
      return;
    }
    for (;;) {
      const [first] = this.#queuedOfJob.get(jobId) ?? [];
      const live = first === undefined ? undefined : this.#queued.get(first);
      if (live === undefined || !this.mayBegin(live.active.run, live.limit)) return;
      this.#dequeue(live.active.run.run_id);
      live.active.run.message = "";
      delete live.active.run.queue_code;
      this.begin(live);
    }
  }

  #dequeue(runId: number): Live | undefined {
    const live = this.#queued.get(runId);
    if (live === undefined) return undefined;
    const { job_id } = live.active.run;
    const others = this.#queuedOfJob.get(job_id);
    others?.delete(runId);
    if (others?.size === 0) this.#queuedOfJob.delete(job_id);
    this.#queued.delete(runId);
    return live;
  }
}
