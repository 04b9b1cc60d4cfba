/**
 * Properties by which the stack reader identifies constructs without importing them. Registered symbols, so that two
 * copies of this package work together in one app.
 */

/** On a stack: the name of its environment, a string. */
export const ENVIRONMENT = Symbol.for("jobstrata/environment");

/** On a construct: a function that returns the `file:line` of the user's code, or undefined. */
export const SOURCE = Symbol.for("jobstrata/source");

/** On a construct: the declared external job id, as in a Run Job task. */
export const IMPORTED_JOB_ID = Symbol.for("jobstrata/imported-job-id");

/** On a construct: suppressions for all jobs at and below it, a {@link MarkedSuppression} array. */
export const SUPPRESSIONS = Symbol.for("jobstrata/suppressions");

/** A suppression recorded by `suppressFinding`. */
export interface MarkedSuppression {
  readonly rules: readonly string[];
  readonly reason: string;
  readonly until?: string;
  readonly taskKey?: string;
  /** `file:line` of the call. */
  readonly source: () => string | undefined;
}

/**
 * Environment variable set by `jobstrata local exec`: the folder for Terraform states of the local workspace. If it is
 * set, the backend and the workspace of a `JobEnvironment`, which are real, are not used.
 */
export const LOCAL_STATE_DIR = "JOBSTRATA_LOCAL_STATE_DIR";

/** Default data folder of a local workspace, below the current folder. */
export const DEFAULT_DATA_DIR = ".jobstrata/local";

/** Id of the local workspace's only SQL warehouse, in Databricks' format. */
export const LOCAL_WAREHOUSE_ID = "10ca10ca10ca10ca";

/**
 * File in the output folder with information that the stacks' configurations lack: source locations of jobs, external
 * job ids, source files of assets, suppressions.
 */
export const METADATA_FILE = "jobstrata.json";

/** The value of a marker on `construct`; undefined if unset. */
export function marker(construct: object | undefined, symbol: symbol): unknown {
  return construct === undefined ? undefined : (construct as Record<symbol, unknown>)[symbol];
}

/** Sets a marker on `construct`. */
export function mark(construct: object, symbol: symbol, value: unknown): void {
  Object.defineProperty(construct, symbol, { configurable: true, value });
}
