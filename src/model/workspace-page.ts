/**
 * What the page of the local workspace and its server say to each other, beside the hierarchy of jobs and the tree of a
 * run ({@link JobRunNode}). Times are milliseconds since 1970 by the clock of the workspace.
 */
export interface PageRun {
  readonly run_id: number;
  /** 0 for a submitted run. */
  readonly job_id: number;
  readonly name: string;
  /** As in {@link JobRunNode.status}. */
  readonly status: {
    readonly phase: "waiting" | "active" | "ended";
    readonly state: string;
    readonly message: string;
  };
  readonly start_time: number;
  readonly end_time?: number;
  /** `PERIODIC`, `ONE_TIME` or `RUN_JOB_TASK`. */
  readonly trigger: string;
  /** The run of the job whose Run Job task started this one. */
  readonly parent_run_id?: number;
}

/** `GET /page/runs?before=RUN_ID&limit=N&job_id=N&roots=true`: newest first. */
export interface PageRuns {
  readonly runs: readonly PageRun[];
  /** There are older ones. */
  readonly more: boolean;
}

/** `POST /page/session`: takes the code of the link, once. */
export interface PageSession {
  /** To be sent with every further request as `Authorization: Bearer …`. */
  readonly token: string;
}

/**
 * Events of `GET /page/events` by name, with their data as JSON. A `run` comes at most every 200 ms for each run.
 */
export interface PageEvents {
  /** First of all. */
  readonly hello: { readonly host: string; readonly now: number };
  /** A run, or one of its tasks, is new or has changed. */
  readonly run: PageRun;
  /** Jobs have been created, changed or deleted. */
  readonly jobs: Record<string, never>;
}

/** `POST /page/run`, `/page/cancel`, `/page/repair`. */
export interface PageActions {
  readonly run: { readonly job_id: number };
  readonly cancel: { readonly run_id: number };
  /** Runs all failed tasks again, and what depends on them. */
  readonly repair: { readonly run_id: number };
}
