import type { Clock } from "../clock";
import type {
  Notebook,
  SavedQuery,
  TaskExecutor,
  WorkspaceAccess,
  WorkspaceFile,
} from "../execute/executor";
import type { JobRun, TaskOutput, TaskRun } from "../services/jobs/records";
import type { Task } from "../services/jobs/schema/tasks";
import type { Limits } from "./limits";
import type { Ending } from "./states";

/** The interface from a run to its workspace. */
export interface RunHost {
  readonly clock: Clock;
  readonly executor: TaskExecutor;
  readonly limits: Limits;
  readonly workspace: { id: string; url: string };
  newRunId(): number;
  saveJobRun(run: JobRun): void;
  saveTaskRun(run: TaskRun): void;
  saveOutput(runId: number, output: TaskOutput): void;
  notebook(path: string): Notebook | undefined;
  file(path: string): WorkspaceFile | undefined;
  files(folder: string): readonly WorkspaceFile[];
  savedQuery(id: string): SavedQuery | undefined;
  openAccess(): WorkspaceAccess;
  /** Starts a run of another job. @throws {Error} if it cannot be started */
  startChild(parent: JobRun, task: TaskRun, definition: RunJobDefinition): ChildRun;
  /** Called once, when the run has ended. */
  finished(run: JobRun): void;
}

export interface ChildRun {
  runId: number;
  done: Promise<Ending>;
  stop: (ending: Ending) => void;
}

export type RunJobDefinition = NonNullable<Task["run_job_task"]>;
