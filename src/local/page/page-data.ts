import {
  type JobActivity,
  type JobRunNode,
  meets,
  type PageActivity,
  type PageAlerts,
  type PageOutput,
  type PageRun,
  type PageRuns,
  type PageTables,
  RECENT_RUNS,
  type RunConditions,
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
import { Turn } from "./turn";
import type { PageJob, RunSource, WorkspacePage } from "./page-parts";

/** Runs read at a time when searching. */
const IDS_AT_ONCE = 1000;

/** Filter of the page's list of runs. */
type PageRunFilter = Pick<RunFilter, "before" | "jobId" | "limit" | "roots">;

/** The workspace's data for the page. */
export class PageData implements RunSource {
  /** Cached JSON of the hierarchy, until jobs or the configuration change. */
  #hierarchyJson: Promise<string> | undefined;
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

  public async hierarchy(page: WorkspacePage, host: string): Promise<string> {
    if (this.isOutOfDate(page)) this.#hierarchyJson = undefined;
    this.#version = page.version?.();
    const json = (this.#hierarchyJson ??= page.hierarchy(host, this.#jobs()));
    try {
      return await json;
    } catch (error) {
      if (this.#hierarchyJson === json) this.#hierarchyJson = undefined;
      throw error;
    }
  }

  async *#jobs(): AsyncGenerator<PageJob> {
    const turn = new Turn();
    for (const { job_id } of this.#store.jobs.all()) {
      // It may have changed meanwhile.
      const job = this.#store.jobs.get(job_id);
      if (job === undefined) continue;
      yield { job_id, settings: this.#store.jobs.settings(job.settings_id) };
      await turn.pass();
    }
  }

  /** Whether the configuration has changed since the hierarchy was created. */
  public isOutOfDate(page: WorkspacePage): boolean {
    return this.#hierarchyJson !== undefined && page.version?.() !== this.#version;
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

  /** Searches the runs in parts, because few may match. */
  public async runs(filter: PageRunFilter, conditions: RunConditions): Promise<PageRuns> {
    const turn = new Turn();
    const { limit, ...rest } = filter;
    const isActive = conditions.outcome === "active" ? { active: true } : {};
    const found: PageRun[] = [];
    let before = filter.before ?? this.#store.runs.lastId() + 1;
    while (before > 1 && found.length <= limit) {
      const from = Math.max(1, before - IDS_AT_ONCE);
      const runs = this.#store.runs.list({
        ...rest,
        ...isActive,
        before,
        from,
        limit: IDS_AT_ONCE,
      });
      found.push(...runs.map(pageRun).filter((run) => meets(run, conditions)));
      // Run ids increase with the start time.
      if ((runs.at(-1)?.start_time ?? Infinity) < (conditions.since ?? 0)) break;
      before = from;
      await turn.pass();
    }
    return { runs: found.slice(0, limit), more: found.length > limit };
  }

  /** Recent runs and next starts of jobs. */
  public async activity(jobIds: readonly number[]): Promise<PageActivity> {
    const turn = new Turn();
    const jobs: JobActivity[] = [];
    for (const job_id of jobIds) {
      if (this.#store.jobs.get(job_id) === undefined) continue;
      const runs = this.#store.runs.list({ jobId: job_id, limit: RECENT_RUNS }).map(pageRun);
      const next_start = this.#scheduler.nextStart(job_id);
      jobs.push({ job_id, runs, ...(next_start !== undefined && { next_start }) });
      await turn.pass();
    }
    return { jobs };
  }

  /**
   * JSON of the tree of a job run, found by its id or the id of one of its task runs.
   *
   * @throws {ApiError} if the run does not exist
   */
  public async tree(page: WorkspacePage, runId: number): Promise<string> {
    const run = this.#store.runs.get(runId);
    if (run === undefined) throw runNotFound(runId);
    const tree = await page.tree(run.kind === "job" ? runId : run.job_run_id, this);
    return treeJson(tree, new Turn());
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

  public run(runId: RunId): Promise<object> {
    const turn = new Turn();
    return this.#views.getInParts(ownId(runId, runNotFound), () => turn.pass());
  }

  public async *below(asked: RunId): AsyncGenerator<object> {
    const turn = new Turn();
    const ids = new Set([ownId(asked, runNotFound)]);
    // Iterating over a set includes entries that are added meanwhile.
    for (const id of ids) {
      const run = this.#store.runs.jobRun(id);
      if (run === undefined) continue;
      for (const child of this.#startedBy(run)) ids.add(child);
      if (id !== asked) yield this.#views.listed(run, true);
      await turn.pass();
    }
  }

  public output(runId: RunId): object {
    return this.#views.bareOutput(
      this.#views.singleTask(ownId(runId, runNotFound), "Retrieving the output"),
    );
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

/** A large tree takes longer than other requests may wait, so its JSON is made task by task. */
async function treeJson({ tasks, ...run }: JobRunNode, turn: Turn): Promise<string> {
  const parts: string[] = [];
  for (const { child, ...task } of tasks) {
    const json = stringifyJson(task);
    parts.push(
      child === undefined ? json : `${json.slice(0, -1)},"child":${await treeJson(child, turn)}}`,
    );
    await turn.pass();
  }
  return `${stringifyJson(run).slice(0, -1)},"tasks":[${parts.join()}]}`;
}
