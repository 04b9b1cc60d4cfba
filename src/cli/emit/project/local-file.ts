import type { TaskSpec } from "@jobstrata/core/model";

/** What a path of the source is on this machine. */
export interface LocalFile {
  /** From the folder of the project. */
  readonly path: string;
  readonly kind: "notebook" | "file" | "folder";
}

/** The file or folder that a path of the source means; undefined if there is none. */
export type FindLocalFile = (path: string, task: TaskSpec | undefined) => LocalFile | undefined;
