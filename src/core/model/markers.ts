/**
 * Properties by which the stack reader knows what a construct is, without importing the constructs. Registered
 * symbols, so that two copies of this package work together in one app.
 */

/** On a stack: the name of the environment that it belongs to, a string. */
export const ENVIRONMENT = Symbol.for("jobstrata/environment");

/** On a construct: a function that gives the `file:line` where the user wrote it, or undefined. */
export const SOURCE = Symbol.for("jobstrata/source");

/** On a construct: the job id that it declares as an external job, as it appears in a run_job_task. */
export const IMPORTED_JOB_ID = Symbol.for("jobstrata/imported-job-id");

/** On a construct: the findings that are excused for all jobs at and below it, a {@link MarkedSuppression} array. */
export const SUPPRESSIONS = Symbol.for("jobstrata/suppressions");

/** A suppression as a call notes it. */
export interface MarkedSuppression {
  readonly rules: readonly string[];
  readonly reason: string;
  readonly until?: string;
  readonly taskKey?: string;
  /** `file:line` of the call. */
  readonly source: () => string | undefined;
}

/**
 * Name of the environment variable that `jobstrata local exec` sets: the folder that keeps the Terraform state of what is
 * deployed to the local workspace. The backend and the workspace of a `JobEnvironment` belong to real workspaces and are
 * left alone then.
 */
export const LOCAL_STATE_DIR = "JOBSTRATA_LOCAL_STATE_DIR";

/** Default data folder of a local workspace, below the current folder. */
export const DEFAULT_DATA_DIR = ".jobstrata/local";

/** Id of the one SQL warehouse of the local workspace, in the form that the service gives them. */
export const LOCAL_WAREHOUSE_ID = "10ca10ca10ca10ca";

/**
 * File of the output folder that says of its stacks what their configuration cannot say: where jobs were written, which ids
 * are external, which files assets were copied from, what is excused.
 */
export const METADATA_FILE = "jobstrata.json";

/** The value of a marker on `construct`, whatever it is. */
export function marker(construct: object | undefined, symbol: symbol): unknown {
  return construct === undefined ? undefined : (construct as Record<symbol, unknown>)[symbol];
}

/** Sets a marker on `construct`. */
export function mark(construct: object, symbol: symbol, value: unknown): void {
  Object.defineProperty(construct, symbol, { configurable: true, value });
}
