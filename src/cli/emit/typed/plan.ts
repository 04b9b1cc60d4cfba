import type { JobLevel, JobRef, TaskSpec } from "@jobstrata/core/model";
import type { Value } from "./value";

/** The arguments of a typed class: an atomic job, a composite or an orchestrator. */
export interface TypedJob {
  readonly level: JobLevel;
  readonly props: Readonly<Record<string, Value>>;
  readonly notebook?: Value;
  readonly taskKey?: string;
  /** In the order in which they must be added. */
  readonly tasks: readonly TypedTask[];
}

export interface TypedTask {
  readonly key: string;
  readonly method: "addRunJobTask" | "addConditionTask" | "addForEachTask";
  readonly target?: JobRef;
  readonly props: Readonly<Record<string, Value>>;
  readonly dependsOn: readonly { readonly key: string; readonly outcome?: string }[];
}
/** A notebook on this machine. */
export interface NotebookFile {
  /** Relative to the project's folder. */
  readonly path: string;
  /** Its workspace path, if it stays there. */
  readonly workspacePath?: string;
}

/** What a job's plan needs from other jobs. */
export interface TypedContext {
  readonly level: JobLevel;
  /** A notebook on this machine as the project refers to it; undefined for others. */
  readonly notebookFile: (task: TaskSpec) => NotebookFile | undefined;
  /** Parameter names and level of an imported job; level undefined for a generated `Job`. */
  readonly typed: (
    ref: JobRef,
  ) => { readonly parameters: ReadonlySet<string>; readonly level: JobLevel } | undefined;
}
