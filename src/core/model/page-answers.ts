import type { JobId, RunId } from "./int64";
import type { RunStatus, TaskOutput } from "./run-tree";

/**
 * Protocol between the page of the local workspace and its server, besides the hierarchy of jobs and the tree of a run
 * (`JobRunNode` in run-tree.ts). Times are milliseconds since 1970 by the workspace's clock.
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
 * `GET /page/runs?before=RUN_ID&limit=N&job_id=N&roots=true&outcome=O&name=TEXT&since=TIME`: newest first. `limit` is
 * 100 by default and at most 500. The last three parameters are those of `RunConditions`.
 */
export interface PageRuns {
  readonly runs: readonly PageRun[];
  /** Whether older runs exist. */
  readonly more: boolean;
}

/** `GET /page/activity?job_ids=N,N,…`: at most 100 jobs. Omits jobs that do not exist. */
export interface PageActivity {
  readonly jobs: readonly JobActivity[];
}

/** Recent runs and the next start of a job. */
export interface JobActivity {
  readonly job_id: JobId;
  /** The last runs, newest first, at most {@link RECENT_RUNS}. */
  readonly runs: readonly PageRun[];
  /** The next start by its schedule; absent if it has none or is paused. */
  readonly next_start?: number;
}

export const RECENT_RUNS = 20;
export const MAX_ACTIVITY_JOBS = 100;

/** `GET /page/alerts`: all SQL alerts, sorted by name. */
export interface PageAlerts {
  readonly alerts: readonly PageAlert[];
}

/** `GET /page/tables?job_id=N`: distinct tables and paths that runs of the job read and wrote, sorted. */
export interface PageTables {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** A SQL alert and its last evaluation. */
export interface PageAlert {
  readonly id: string;
  readonly display_name: string;
  readonly state: "ERROR" | "OK" | "TRIGGERED" | "UNKNOWN";
  /** Condition, such as `SUM(list_cost) > 5000`. */
  readonly condition: string;
  /** The compared value, as text. */
  readonly value?: string | null;
  /** The error of a failed evaluation. */
  readonly error?: string;
  /** RFC 3339; absent before the first evaluation. */
  readonly last_evaluated_at?: string;
  readonly paused: boolean;
}

/**
 * `GET /page/hierarchy`: all jobs. A job's `id` is `HOST/jobs/JOB_ID`, with the host of `hello`. The number of
 * environments changes with the jobs; without jobs it is 0.
 */
export interface PageHierarchy<HierarchyDocument> {
  readonly environments: readonly HierarchyDocument[];
  /** Why the policy could not be checked, such as an invalid configuration. */
  readonly problem?: string;
}

/**
 * `GET /page/runs/RUN_ID` returns a complete `JobRunNode` with the outputs of failed tasks and of some successful ones,
 * truncated to the end of long texts. `GET /page/outputs/TASK_RUN_ID` returns the full output of one task.
 */
export type PageOutput = TaskOutput;

/** `POST /page/session`: exchanges the link's code, which works once. */
export interface PageSessionRequest {
  readonly code: string;
}

/** Response of `POST /page/session`. */
export interface PageSession {
  /** Send with every other request as `Authorization: Bearer …`. */
  readonly token: string;
}

/**
 * Events of `GET /page/events` by name, with JSON data. A run has at most one `run` event every 200 ms; `jobs` is sent
 * at most once a second. A comment is sent every 15 s, so a stream that is silent for much longer is broken.
 */
export interface PageEvents {
  /** The first event. */
  readonly hello: { readonly host: string; readonly now: number };
  /** A run or one of its tasks was added or changed. Child runs have their own events. */
  readonly run: PageRun;
  /** Jobs have been created, changed or deleted. */
  readonly jobs: Record<string, never>;
  /** Alerts have been created, changed, deleted or evaluated. At most once a second. */
  readonly alerts: Record<string, never>;
  /** Runs were deleted, or too many changed to report each: cached runs are out of date. */
  readonly resync: Record<string, never>;
}

/** `POST /page/run`, `/page/cancel`, `/page/repair`, each with `Content-Type: application/json`. */
export interface PageActions {
  /** Queues the run if the job has reached its maximum. Responds with {@link PageStarted}. */
  readonly run: { readonly job_id: JobId };
  /** Responds with `{}` at once; the run ends later. */
  readonly cancel: { readonly run_id: RunId };
  /** Reruns all failed tasks and their dependents. Responds with {@link PageStarted}. */
  readonly repair: { readonly run_id: RunId };
}

/** The started or continued run. */
export interface PageStarted {
  readonly run_id: RunId;
}

/** Error response. A status of 401 means that a new link is needed. */
export interface PageError {
  readonly error_code: string;
  readonly message: string;
}
