import {
  type JobRunNode,
  type PageAlerts,
  type PageOutput,
  type PageRun,
  type PageRuns,
  type PageTables,
  type RunId,
  stringifyJson,
} from "@jobstrata/core/model";
import { runNotFound } from "../api-error";
import { readLineage } from "../execute/lineage";
import { ownId } from "../own-id";
import type { JobRun } from "../services/jobs/records";
import type { Scheduler } from "../scheduler/scheduler";
import { briefly } from "../scheduler/states";
import { latestAttempts, type RunViews } from "../services/jobs/views";
import type { AlertEvaluator } from "../services/alerts/evaluator";
import type { RunFilter } from "../services/jobs/run-store";
import type { Store } from "../store";
import type { RunSource, WorkspacePage } from "./workspace-page";

/** The workspace's data for the page. */
export class PageData implements RunSource {
  /** Cached JSON of the hierarchy, until jobs or the configuration change. */
  #hierarchyJson: string | undefined;
  #version: string | undefined;

  readonly #store: Store;
  readonly #scheduler: Scheduler;
  readonly #views: RunViews;
  readonly #evaluator: AlertEvaluator;
  readonly #dataDir: string;

  /** @param dataDir data folder with the recorded lineage */
  public constructor(
    store: Store,
    scheduler: Scheduler,
    views: RunViews,
    evaluator: AlertEvaluator,
    dataDir: string,
  ) {
    this.#store = store;
    this.#scheduler = scheduler;
    this.#views = views;
    this.#evaluator = evaluator;
    this.#dataDir = dataDir;
  }

  public hierarchy(page: WorkspacePage, host: string): string {
    const version = page.version?.();
    if (version !== this.#version) this.#hierarchyJson = undefined;
    this.#version = version;
    this.#hierarchyJson ??= stringifyJson(
      page.hierarchy(
        host,
        [...this.#store.jobs.all()].map(({ job_id, settings_id }) => ({
          job_id,
          settings: this.#store.jobs.settings(settings_id),
        })),
      ),
    );
    return this.#hierarchyJson;
  }

  public jobsChanged(): void {
    this.#hierarchyJson = undefined;
  }

  public alerts(): PageAlerts {
    return { alerts: this.#evaluator.views() };
  }

  public tables(jobId: number): PageTables {
    const rows = readLineage(this.#dataDir).filter(({ job_id: id }) => id === String(jobId));
    const sorted = (names: readonly (string | undefined)[]): string[] =>
      [...new Set(names.filter((name) => name !== undefined))].sort();
    return {
      reads: sorted(rows.map((row) => row.source_table_full_name ?? row.source_path)),
      writes: sorted(rows.map((row) => row.target_table_full_name ?? row.target_path)),
    };
  }

  public runs(filter: RunFilter): PageRuns {
    const runs = this.#store.runs.list({ ...filter, limit: filter.limit + 1 });
    return {
      runs: runs.slice(0, filter.limit).map(pageRun),
      more: runs.length > filter.limit,
    };
  }

  /**
   * The tree of a job run, found by its id or the id of one of its task runs.
   *
   * @throws {ApiError} if the run does not exist
   */
  public async tree(page: WorkspacePage, runId: number): Promise<JobRunNode> {
    const run = this.#store.runs.get(runId);
    if (run === undefined) throw runNotFound(runId);
    return page.tree(run.kind === "job" ? runId : run.job_run_id, this);
  }

  public taskOutput(taskRunId: number): PageOutput {
    const run = this.#store.runs.get(taskRunId);
    if (run === undefined || run.kind === "job") throw runNotFound(taskRunId);
    return this.#store.runs.output(taskRunId) ?? {};
  }

  /** The event for a changed run. */
  public view(runId: number, run = this.#scheduler.jobRun(runId)): PageRun | undefined {
    return run === undefined ? undefined : pageRun(run);
  }

  public run(runId: RunId): object {
    return this.#views.get(ownId(runId, runNotFound), { paged: false });
  }

  public below(asked: RunId): object[] {
    const runId = ownId(asked, runNotFound);
    const root = this.#store.runs.jobRun(runId);
    const runs = new Map(root === undefined ? [] : [[runId, root]]);
    // Iterating over a map includes entries that are added meanwhile.
    for (const run of runs.values()) {
      for (const child of this.#startedBy(run)) {
        const below = this.#store.runs.jobRun(child);
        if (below !== undefined) runs.set(child, below);
      }
    }
    runs.delete(runId);
    return [...runs.values()].map((run) => this.#views.listed(run, true));
  }

  public output(runId: RunId): object {
    return this.#views.output(ownId(runId, runNotFound));
  }

  /** The runs that Run Job tasks of a run started. Checks the settings first, since most runs have no such task. */
  #startedBy({ run_id, settings_id }: JobRun): number[] {
    const { tasks = [] } = this.#store.jobs.settings(settings_id);
    if (!tasks.some(({ run_job_task }) => run_job_task !== undefined)) return [];
    return latestAttempts(this.#store.runs.children(run_id)).flatMap(({ run_job_run_id: child }) =>
      child === undefined ? [] : [child],
    );
  }
}

function pageRun(run: JobRun): PageRun {
  return {
    run_id: run.run_id,
    job_id: run.job_id,
    name: run.run_name,
    status: briefly(run),
    start_time: run.start_time,
    ...(run.end_time !== undefined && { end_time: run.end_time }),
    trigger: run.trigger,
    ...(run.parent !== undefined && { parent_run_id: run.parent.run_id }),
  };
}
