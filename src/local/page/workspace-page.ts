import { type JobRunNode, type PageHierarchy, type RunId } from "@jobstrata/core/model";

/** What the page shows that the workspace itself does not know how to make. */
export interface WorkspacePage {
  /** What a browser loads. */
  files(): PageFiles;
  /** All jobs as they are drawn, with what the policy finds. */
  hierarchy(host: string, jobs: readonly PageJob[]): PageHierarchy<object>;
  /** Changes when what the policy finds may have changed with its configuration. @default it never does */
  version?(): string;
  /** A run with everything below it. */
  tree(runId: RunId, runs: RunSource): Promise<JobRunNode>;
}

/** The files of the page. */
interface PageFiles {
  readonly html: string;
  readonly script: string;
  readonly style: string;
}

/** A job as the Jobs API has it. */
export interface PageJob {
  readonly job_id: number;
  readonly settings: object;
}

/** Runs as the Jobs API has them, with all of their tasks at once. */
export interface RunSource {
  /** Of a job or of a task. @throws {ApiError} when there is none */
  run(runId: RunId): object;
  /** The runs that tasks of a run have started, and so on, each before those below it. */
  below(runId: RunId): object[];
  /** What the run of a task has left. @throws {ApiError} when there is none */
  output(runId: RunId): object;
}
