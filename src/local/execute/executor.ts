import type { TaskType } from "../services/jobs/schema/tasks";
import type { QueryAnswer, QueryBatch, QueryRequest } from "./query";

/** One attempt at a task, ready to be executed: every reference resolved, every parameter in its final value. */
export interface TaskRequest {
  jobId: number;
  jobName: string;
  jobRunId: number;
  /** The id of this attempt's own run. */
  runId: number;
  taskKey: string;
  /** 0 for the first attempt, 1 for the first retry. */
  attempt: number;
  /** The field of the task that says what it does, such as `notebook_task`, and what stands in it. */
  type: TaskType;
  definition: Readonly<Record<string, unknown>>;
  /** What `dbutils.widgets.get` gives: the task's own parameters, overridden by those of the run and of the job. */
  parameters: Readonly<Record<string, string>>;
  /** The command line of a Python file or of the entry point of a wheel. */
  arguments: readonly string[];
  /** The notebook of a notebook task. */
  notebook?: Notebook;
  /** The serverless environment that the task names. */
  environment?: { environment_version?: string; client?: string; dependencies?: string[] };
  /** The libraries that the task itself asks for, as the Jobs API has them. */
  libraries: readonly Readonly<Record<string, unknown>>[];
  /** The values that the tasks of this run have set so far, by task key and name. */
  taskValues: () => Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The defaults of the parameters that the job declares. */
  jobDefaults: Readonly<Record<string, string>>;
  /** The files, no notebooks, in a folder of the workspace and in the folders below it. */
  files: (folder: string) => readonly WorkspaceFile[];
  /** A file of the workspace, if there is one at the path. */
  file: (path: string) => WorkspaceFile | undefined;
  /** A saved query, by its id. */
  savedQuery: (id: string) => SavedQuery | undefined;
  /** Lets the attempt use the workspace's own API; nothing is granted to an attempt that does not ask. */
  openAccess: () => WorkspaceAccess;
}

/** What a task needs to call the REST API of its workspace: everything under `/api`, but not the control of it. */
export interface WorkspaceAccess {
  /** `http://127.0.0.1:PORT`. */
  host: string;
  /** A bearer token of this access alone. Never to be logged. */
  token: string;
  /** The token is worth nothing afterwards. Happens by itself when the attempt ends. */
  revoke: () => void;
}

export interface Notebook {
  path: string;
  language: string;
  source: string;
}

/** A file of the workspace other than a notebook. */
export interface WorkspaceFile {
  path: string;
  content: Buffer;
}

/** A query that was saved with the Queries API. */
export interface SavedQuery {
  readonly display_name: string;
  readonly text: string;
  readonly catalog?: string;
  readonly schema?: string;
}

/** How an attempt ended. */
export interface TaskOutcome {
  succeeded: boolean;
  /** What the notebook gave to `dbutils.notebook.exit`. */
  result?: string;
  logs?: string;
  /** Of a failure: the exception in one line, and all of it. */
  error?: string;
  errorTrace?: string;
  /** What the task set with `dbutils.jobs.taskValues.set`. */
  values?: Readonly<Record<string, unknown>>;
  /** The tables and paths that its statements read and wrote. */
  lineage?: readonly { readonly mode: "read" | "write"; readonly name: string }[];
}

/** What executes the tasks of a run. */
export interface TaskExecutor {
  /**
   * Resolves when the attempt has ended; a failed task is an outcome, and an exception means that it could not be
   * executed at all. When `signal` is aborted the promise must settle soon, and nothing of the attempt may be left.
   */
  execute(request: TaskRequest, signal: AbortSignal): Promise<TaskOutcome>;
  /**
   * Answers SQL about the tables. Rejects when `signal` is aborted, and when there is no engine.
   * @default there are no tables to ask
   */
  query?(
    request: QueryRequest | QueryBatch,
    onAnswer: (answer: QueryAnswer) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Called once when the workspace stops. */
  close?(): Promise<void>;
}
