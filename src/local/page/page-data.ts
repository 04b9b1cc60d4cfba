import {
  type JobRunNode,
  type PageOutput,
  type PageRun,
  type PageRuns,
  type RunId,
  parseJson,
  stringifyJson,
} from "@jobstrata/core/model";
import { runNotFound } from "../api-error";
import { ownId } from "../own-id";
import type { JobRun } from "../services/jobs/records";
import type { Scheduler } from "../scheduler/scheduler";
import { briefly } from "../scheduler/states";
import { latestAttempts, type RunViews } from "../services/jobs/views";
import type { RunFilter, RunRow, Store } from "../store";
import type { RunSource, WorkspacePage } from "./workspace-page";

/** What the page asks the workspace for. */
export class PageData implements RunSource {
  /** As JSON, until jobs change. */
  private hierarchyJson: string | undefined;

  public constructor(
    private readonly store: Store,
    private readonly scheduler: Scheduler,
    private readonly views: RunViews,
  ) {}

  public hierarchy(page: WorkspacePage, host: string): string {
    this.hierarchyJson ??= stringifyJson(
      page.hierarchy(
        host,
        [...this.store.allJobs()].map(({ job_id, settings_id }) => ({
          job_id,
          settings: this.scheduler.settingsOf(settings_id),
        })),
      ),
    );
    return this.hierarchyJson;
  }

  public jobsChanged(): void {
    this.hierarchyJson = undefined;
  }

  public runs(filter: RunFilter): PageRuns {
    const rows = this.store.listRuns({ ...filter, limit: filter.limit + 1 });
    return {
      runs: rows.slice(0, filter.limit).map(({ record }) => pageRun(parseJson(record) as JobRun)),
      more: rows.length > filter.limit,
    };
  }

  /** @throws {ApiError} when there is no such run of a job */
  public async tree(page: WorkspacePage, runId: number): Promise<JobRunNode> {
    if (this.store.runRow(runId)?.parent_id !== null) throw runNotFound(runId);
    return page.tree(runId, this);
  }

  public taskOutput(taskRunId: number): PageOutput {
    const { parent_id } = this.store.runRow(taskRunId) ?? {};
    if (typeof parent_id !== "number") throw runNotFound(taskRunId);
    const json = this.store.output(taskRunId);
    return json === undefined ? {} : (parseJson(json) as PageOutput);
  }

  /** What is told of a run that has changed. */
  public view(runId: number, run = this.scheduler.jobRun(runId)): PageRun | undefined {
    return run === undefined ? undefined : pageRun(run);
  }

  public run(runId: RunId): object {
    return this.views.get(ownId(runId, runNotFound), { paged: false });
  }

  public below(asked: RunId): object[] {
    const runId = ownId(asked, runNotFound);
    const root = this.store.runRow(runId);
    const rows = new Map(root === undefined ? [] : [[runId, root]]);
    // A map is iterated over what is added on the way too.
    for (const row of rows.values()) {
      for (const child of this.startedBy(row)) {
        const below = this.store.runRow(child);
        if (below !== undefined) rows.set(child, below);
      }
    }
    rows.delete(runId);
    return [...rows.values()].map((row) => this.views.listed(row, true));
  }

  public output(runId: RunId): object {
    return this.views.output(ownId(runId, runNotFound));
  }

  /** Most runs have no task that runs a job, which their settings tell. */
  private startedBy({ run_id, settings_id }: RunRow): number[] {
    const { tasks = [] } = settings_id === null ? {} : this.scheduler.settingsOf(settings_id);
    if (!tasks.some(({ run_job_task }) => run_job_task !== undefined)) return [];
    return latestAttempts(this.store.childRows(run_id)).flatMap(({ run_job_run_id: child }) =>
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
