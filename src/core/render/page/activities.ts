import { compareInt64, type JobId } from "../../model/int64";
import {
  type JobActivity,
  MAX_ACTIVITY_JOBS,
  type PageActivity,
  type PageRun,
  RECENT_RUNS,
} from "../../model/page-answers";

/** Jobs that are asked for closely after each other are read together; milliseconds. */
const TOGETHER = 30;

/** What jobs have done last: read for those that are in sight, then kept up to date by the events of runs. */
export class Activities {
  readonly #known = new Map<JobId, JobActivity>();
  readonly #asked = new Set<JobId>();
  readonly #waiting = new Set<JobId>();
  #isReading = false;

  readonly #read: (ids: readonly JobId[]) => Promise<PageActivity>;
  readonly #onChange: () => void;

  /** @param onChange called when {@link of} returns something else than before */
  public constructor(read: (ids: readonly JobId[]) => Promise<PageActivity>, onChange: () => void) {
    this.#read = read;
    this.#onChange = onChange;
  }

  /** What is known of a job. What is not known, or is out of date, is read soon. */
  public of(jobId: JobId): JobActivity | undefined {
    if (!this.#asked.has(jobId)) {
      this.#asked.add(jobId);
      this.#want(jobId);
    }
    return this.#known.get(jobId);
  }

  /** Takes runs that have changed. */
  public runsChanged(changed: readonly PageRun[]): void {
    let isNews = false;
    for (const run of changed) {
      const before = this.#known.get(run.job_id);
      // What is being read now may be older than this.
      if (before === undefined && this.#asked.has(run.job_id)) this.#want(run.job_id);
      if (before === undefined) continue;
      isNews = true;
      const others = before.runs.filter(({ run_id: id }) => id !== run.run_id);
      // Its schedule has started it, and will start it again.
      if (others.length === before.runs.length && before.next_start !== undefined)
        this.#want(run.job_id);
      const runs = [run, ...others].sort((a, b) => compareInt64(b.run_id, a.run_id));
      this.#known.set(run.job_id, { ...before, runs: runs.slice(0, RECENT_RUNS) });
    }
    if (isNews) this.#onChange();
  }

  /** Everything is read again, once it is asked for; what is known stays until then. */
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
        // The connection reports its own problems; once it is there again, everything is out of date.
      }
    }
    this.#isReading = false;
  }
}
