import type { TaskSpec } from "@jobstrata/core/model";

/** A source path on this machine. */
export interface LocalFile {
  /** Relative to the project's folder. */
  readonly path: string;
  readonly kind: "notebook" | "file" | "folder";
}

/** The file or folder that a source path refers to; undefined if it does not exist. */
export type FindLocalFile = (path: string, task: TaskSpec | undefined) => LocalFile | undefined;
