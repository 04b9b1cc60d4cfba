import { append } from "../../model/collections";
import type { DocumentJob, HierarchyDocument } from "../document";

/** The run relations of a document's jobs. */
export class Relations {
  readonly #jobs: ReadonlyMap<string, DocumentJob>;
  readonly #runs = new Map<string, string[]>();
  readonly #runBy = new Map<string, string[]>();

  public constructor({ jobs, edges }: HierarchyDocument) {
    this.#jobs = new Map(jobs.map((job) => [job.id, job]));
    for (const { kind, from, to } of edges) {
      if (kind !== "run_job") continue;
      append(this.#runs, from, to);
      append(this.#runBy, to, from);
    }
  }

  public job(id: string): DocumentJob | undefined {
    return this.#jobs.get(id);
  }

  /** Ids of the jobs that a job runs. */
  public runs(id: string): readonly string[] {
    return this.#runs.get(id) ?? [];
  }

  /** Ids of the jobs that run a job. */
  public runBy(id: string): readonly string[] {
    return this.#runBy.get(id) ?? [];
  }

  /** Ids of all jobs that run a job, directly or indirectly. */
  public above(id: string): Set<string> {
    const above = new Set(this.runBy(id));
    // Iterating over a set includes entries that are added meanwhile.
    for (const job of above) for (const next of this.runBy(job)) above.add(next);
    return above;
  }

  /** Jobs whose key, name, notebooks or tags contain the text, ignoring case. */
  public find(text: string): DocumentJob[] {
    const wanted = text.trim().toLowerCase();
    if (wanted === "") return [];
    return [...this.#jobs.values()].filter(({ key, name = "", tasks, tags }) =>
      [
        key,
        name,
        ...tasks.flatMap(({ task_key, notebook = "" }) => [task_key, notebook]),
        ...Object.entries(tags).map(([tag, value]) => `${tag}: ${value}`),
      ].some((candidate) => candidate.toLowerCase().includes(wanted)),
    );
  }
}
