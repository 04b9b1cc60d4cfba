import type { JobRun, RunSettings, TaskRun } from "../../services/jobs/records";
import type { NestedTask, Task } from "../../services/jobs/schema/tasks";
import type { Attempts } from "../attempt";
import type { RunHost } from "../host";
import type { ReferenceContext } from "../references";

/** The run, as seen by a task of any kind. */
export interface RunContext {
  readonly host: RunHost;
  readonly run: JobRun;
  readonly settings: RunSettings;
  readonly attempts: Attempts;
  /** The values for a task's references. */
  references(task: Task | NestedTask, attempt: TaskRun): ReferenceContext;
  /** Task values set in the run so far, by task key and name. */
  taskValues(): Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
