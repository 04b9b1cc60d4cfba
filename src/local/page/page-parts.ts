import type { JobRunNode, RunId } from "@jobstrata/core/model";

/** Creates the parts of the page that the workspace cannot create itself. */
export interface WorkspacePage {
  /** The static files of the page. */
  files(): PageFiles;
  /** JSON of the drawing of all jobs, a `PageHierarchy` with policy findings. */
  hierarchy(host: string, jobs: AsyncIterable<PageJob>): Promise<string>;
  /** A version that changes when the policy configuration changes. @default constant */
  version?(): string;
  /** A run with its tasks and child runs. */
  tree(runId: RunId, runs: RunSource): Promise<JobRunNode>;
}

/** Contents of the static files. */
interface PageFiles {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

/** A job in the format of the Jobs API. */
export interface PageJob {
  readonly job_id: number;
  readonly settings: object;
}

/** Runs in the format of the Jobs API, with all their tasks on one page. */
export interface RunSource {
  /** A job run or task run. @throws {ApiError} if it does not exist */
  run(runId: RunId): Promise<object>;
  /** All runs that a run started, directly or indirectly, parents first. */
  below(runId: RunId): AsyncIterable<object>;
  /** The output of a task run. @throws {ApiError} if it does not exist */
  output(runId: RunId): object;
}
