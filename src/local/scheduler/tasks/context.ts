import type { JobRun, RunSettings, TaskRun } from "../../services/jobs/records";
import type { NestedTask, Task } from "../../services/jobs/schema/tasks";
import type { Attempts } from "../attempt";
import type { RunHost } from "../host";
import type { ReferenceContext } from "../references";

/** What a task of any kind needs of the run that it belongs to. */
export interface RunContext {
  readonly host: RunHost;
  readonly run: JobRun;
  readonly settings: RunSettings;
  readonly attempts: Attempts;
  /** What the references of a task stand for. */
  references(task: Task | NestedTask, attempt: TaskRun): ReferenceContext;
  /** The values that the tasks of the run have set so far, by task key and name. */
  taskValues(): Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
