import { compareInt64, type JobId } from "../../model/int64";
import {
  type JobActivity,
  MAX_ACTIVITY_JOBS,
  type PageActivity,
  type PageRun,
  RECENT_RUNS,
} from "../../model/page-answers";

/** Delay in which requested jobs are collected and read together; milliseconds. */
const TOGETHER = 30;

/** Recent runs and next starts of visible jobs. Reads them on demand and updates them from run events. */
export class Activities {
  readonly #known = new Map<JobId, JobActivity>();
  readonly #asked = new Set<JobId>();
  readonly #waiting = new Set<JobId>();
  #isReading = false;

  readonly #read: (ids: readonly JobId[]) => Promise<PageActivity>;
  readonly #onChange: () => void;

  /** @param onChange called when the result of {@link of} changes */
  public constructor(read: (ids: readonly JobId[]) => Promise<PageActivity>, onChange: () => void) {
    this.#read = read;
    this.#onChange = onChange;
  }

  /** The activity of a job, if known. Reads an unknown or outdated one soon. */
  public of(jobId: JobId): JobActivity | undefined {
    if (!this.#asked.has(jobId)) {
      this.#asked.add(jobId);
      this.#want(jobId);
    }
    return this.#known.get(jobId);
  }

  /** Applies changed runs. */
  public runsChanged(changed: readonly PageRun[]): void {
    let isNews = false;
    for (const run of changed) {
      const before = this.#known.get(run.job_id);
      // A pending read may be older than this change.
      if (before === undefined && this.#asked.has(run.job_id)) this.#want(run.job_id);
      if (before === undefined) continue;
      isNews = true;
      const others = before.runs.filter(({ run_id: id }) => id !== run.run_id);
      // A new run may be from the schedule, so the next start has changed.
      if (others.length === before.runs.length && before.next_start !== undefined)
        this.#want(run.job_id);
      const runs = [run, ...others].sort((a, b) => compareInt64(b.run_id, a.run_id));
      this.#known.set(run.job_id, { ...before, runs: runs.slice(0, RECENT_RUNS) });
    }
    if (isNews) this.#onChange();
  }

  /** Marks everything as outdated. It is read again on demand and shown until then. */
  public outOfDate(): void {
    this.#asked.clear();
    this.#onChange();
  }

  #want(jobId: JobId): void {
    this.#waiting.add(jobId);
    if (this.#isReading) return;
    this.#isReading = true;
    setTimeout(() => {
      void this.#readWaiting();
    }, TOGETHER);
  }

  async #readWaiting(): Promise<void> {
    while (this.#waiting.size > 0) {
      const ids = [...this.#waiting].slice(0, MAX_ACTIVITY_JOBS);
      for (const id of ids) this.#waiting.delete(id);
      try {
        const { jobs } = await this.#read(ids);
        for (const job of jobs) this.#known.set(job.job_id, job);
        this.#onChange();
      } catch {
        // The connection reports its own problems. After a reconnect, everything is outdated.
      }
    }
    this.#isReading = false;
  }
}
