import type { JobId, RunId } from "./int64";
import type { RunStatus, TaskOutput } from "./run-tree";

/**
 * What the page of the local workspace and its server say to each other, beside the hierarchy of jobs and the tree of a
 * run (`JobRunNode` of run-tree.ts). Times are milliseconds since 1970 by the clock of the workspace.
 */
export interface PageRun {
  readonly run_id: RunId;
  /** 0 for a submitted run. */
  readonly job_id: JobId;
  readonly name: string;
  readonly status: RunStatus;
  readonly start_time: number;
  readonly end_time?: number;
  /** `PERIODIC`, `ONE_TIME` or `RUN_JOB_TASK`. */
  readonly trigger: string;
  /** The job run whose Run Job task started this run. */
  readonly parent_run_id?: RunId;
}

/**
 * `GET /page/runs?before=RUN_ID&limit=N&job_id=N&roots=true&outcome=O&name=TEXT&since=TIME`: newest first, 100 unless
 * `limit`, 500 at most, says else. The last three are those of `RunConditions`.
 */
export interface PageRuns {
  readonly runs: readonly PageRun[];
  /** There are older ones. */
  readonly more: boolean;
}

/** `GET /page/activity?job_ids=N,N,…`: of 100 jobs at most. Jobs that there are not are left out. */
export interface PageActivity {
  readonly jobs: readonly JobActivity[];
}

/** What a job has done, and will do. */
export interface JobActivity {
  readonly job_id: JobId;
  /** Its last runs, newest first, {@link RECENT_RUNS} at most. */
  readonly runs: readonly PageRun[];
  /** When its schedule starts it next; absent without one, and while it is paused. */
  readonly next_start?: number;
}

export const RECENT_RUNS = 20;
export const MAX_ACTIVITY_JOBS = 100;

/** `GET /page/alerts`: every SQL alert, in the order of their names. */
export interface PageAlerts {
  readonly alerts: readonly PageAlert[];
}

/** `GET /page/tables?job_id=N`: tables and paths that runs of the job read and wrote, each once, in alphabetical order. */
export interface PageTables {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** A SQL alert and what its last evaluation came to. */
export interface PageAlert {
  readonly id: string;
  readonly display_name: string;
  readonly state: "ERROR" | "OK" | "TRIGGERED" | "UNKNOWN";
  /** Such as `SUM(list_cost) > 5000`. */
  readonly condition: string;
  /** What was compared, as text. */
  readonly value?: string | null;
  /** Why it could not be evaluated. */
  readonly error?: string;
  /** RFC 3339; absent before the first evaluation. */
  readonly last_evaluated_at?: string;
  readonly paused: boolean;
}

/**
 * `GET /page/hierarchy`: every job. The `id` of a job in it is `HOST/jobs/JOB_ID`, with the host of `hello`. How many
 * environments there are changes with the jobs; without jobs there is none.
 */
export interface PageHierarchy<HierarchyDocument> {
  readonly environments: readonly HierarchyDocument[];
  /** Why the policy has judged nothing, such as a configuration that cannot be read. */
  readonly problem?: string;
}

/**
 * `GET /page/runs/RUN_ID` is a `JobRunNode`, whole at any time. It has the outputs of the tasks that failed, and of some
 * that succeeded, with only the end of long texts; `GET /page/outputs/TASK_RUN_ID` is the whole output of one task.
 */
export type PageOutput = TaskOutput;

/** `POST /page/session`: takes the code of the link, once. */
export interface PageSessionRequest {
  readonly code: string;
}

/** What it answers. */
export interface PageSession {
  /** To be sent with every further request as `Authorization: Bearer …`. */
  readonly token: string;
}

/**
 * Events of `GET /page/events` by name, with their data as JSON. A `run` comes at most every 200 ms for each run, `jobs`
 * at most once a second. A comment comes every 15 s, so that a stream that says nothing for much longer is broken.
 */
export interface PageEvents {
  /** First of all. */
  readonly hello: { readonly host: string; readonly now: number };
  /** A run, or one of its tasks, is new or has changed. Of the runs below it, each has an event of its own. */
  readonly run: PageRun;
  /** Jobs have been created, changed or deleted. */
  readonly jobs: Record<string, never>;
  /** Alerts have been created, changed, deleted or evaluated. At most once a second. */
  readonly alerts: Record<string, never>;
  /** Runs were deleted, or too many have changed to report each: cached runs are out of date. */
  readonly resync: Record<string, never>;
}

/** `POST /page/run`, `/page/cancel`, `/page/repair`, each with `Content-Type: application/json`. */
export interface PageActions {
  /** Waits for its turn where the job has as many runs as it may have. Answers {@link PageStarted}. */
  readonly run: { readonly job_id: JobId };
  /** Answers `{}` at once; the run ends a little later. */
  readonly cancel: { readonly run_id: RunId };
  /** Runs all failed tasks again, and what depends on them. Answers {@link PageStarted}. */
  readonly repair: { readonly run_id: RunId };
}

/** The run that goes on from here. */
export interface PageStarted {
  readonly run_id: RunId;
}

/** What every request that is refused is answered with. A status of 401 means that a new link is needed. */
export interface PageError {
  readonly error_code: string;
  readonly message: string;
}
