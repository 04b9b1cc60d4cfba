import type { JobLevel, JobRef, TaskSpec } from "@jobstrata/core/model";
import type { Value } from "./value";

/** What one of the three classes takes to make a job. */
export interface TypedJob {
  readonly level: JobLevel;
  readonly props: Readonly<Record<string, Value>>;
  readonly notebook?: Value;
  readonly taskKey?: string;
  /** In the order in which they have to be added. */
  readonly tasks: readonly TypedTask[];
}

export interface TypedTask {
  readonly key: string;
  readonly method: "addRunJobTask" | "addConditionTask" | "addForEachTask";
  readonly target?: JobRef;
  readonly props: Readonly<Record<string, Value>>;
  readonly dependsOn: readonly { readonly key: string; readonly outcome?: string }[];
}
/** A notebook of this machine. */
export interface NotebookFile {
  /** From the folder of the project. */
  readonly path: string;
  /** Where it is in the workspace, if it stays there. */
  readonly workspacePath?: string;
}

/** What the plan of a job needs from other jobs. */
export interface TypedContext {
  readonly level: JobLevel;
  /** A notebook of this machine, as the project refers to it; undefined for another. */
  readonly notebookFile: (task: TaskSpec) => NotebookFile | undefined;
  /** Names of the parameters of a job that is imported, and its level; undefined where it is a generated `Job`. */
  readonly typed: (
    ref: JobRef,
  ) => { readonly parameters: ReadonlySet<string>; readonly level: JobLevel } | undefined;
}
