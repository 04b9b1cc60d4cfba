import type { TaskType } from "../services/jobs/schema/tasks";
import type { QueryAnswer, QueryBatch, QueryRequest } from "./query";

/** One attempt at a task, with all references resolved and all parameters final. */
export interface TaskRequest {
  jobId: number;
  jobName: string;
  jobRunId: number;
  /** The run id of this attempt. */
  runId: number;
  taskKey: string;
  /** 0 for the first attempt, 1 for the first retry. */
  attempt: number;
  /** The field with the task's type, such as `notebook_task`, and its value. */
  type: TaskType;
  definition: Readonly<Record<string, unknown>>;
  /** Values for `dbutils.widgets.get`: the task's parameters, overridden by those of the run and the job. */
  parameters: Readonly<Record<string, string>>;
  /** Command line arguments of a Python file or a wheel's entry point. */
  arguments: readonly string[];
  /** The notebook of a notebook task. */
  notebook?: Notebook;
  /** The serverless environment of the task. */
  environment?: { environment_version?: string; client?: string; dependencies?: string[] };
  /** The task's `libraries`, as in the Jobs API. */
  libraries: readonly Readonly<Record<string, unknown>>[];
  /** Task values set in this run so far, by task key and name. */
  taskValues: () => Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** The defaults of the job's parameters. */
  jobDefaults: Readonly<Record<string, string>>;
  /** All files below a workspace folder, except notebooks. */
  files: (folder: string) => readonly WorkspaceFile[];
  /** The workspace file at a path, if it exists. */
  file: (path: string) => WorkspaceFile | undefined;
  /** A saved query, by its id. */
  savedQuery: (id: string) => SavedQuery | undefined;
  /** Grants the attempt access to the workspace's API. Attempts that do not call this get none. */
  openAccess: () => WorkspaceAccess;
}

/** A task's access to the REST API of its workspace: everything under `/api`, without the control endpoints. */
export interface WorkspaceAccess {
  /** `http://127.0.0.1:PORT`. */
  host: string;
  /** A bearer token for this access only. Never log it. */
  token: string;
  /** Invalidates the token. Called automatically when the attempt ends. */
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
  /** The argument of `dbutils.notebook.exit`. */
  result?: string;
  logs?: string;
  /** For a failure: the exception in one line, and the full traceback. */
  error?: string;
  errorTrace?: string;
  /** Values set with `dbutils.jobs.taskValues.set`. */
  values?: Readonly<Record<string, unknown>>;
  /** Tables and paths that the task read and wrote. */
  lineage?: readonly { readonly mode: "read" | "write"; readonly name: string }[];
}

/** Executes tasks. */
export interface TaskExecutor {
  /**
   * Resolves when the attempt has ended, also for a failed task. Rejects if the task could not be executed at all.
   * After `signal` aborts, the promise must settle soon and leave no process behind.
   */
  execute(request: TaskRequest, signal: AbortSignal): Promise<TaskOutcome>;
  /**
   * Runs SQL on the tables. Rejects when `signal` aborts or if there is no engine.
   * @default the executor has no tables
   */
  query?(
    request: QueryRequest | QueryBatch,
    onAnswer: (answer: QueryAnswer) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Called once when the workspace stops. */
  close?(): Promise<void>;
}
