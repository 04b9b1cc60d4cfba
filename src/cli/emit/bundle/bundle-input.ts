import type { JobGraph, JobRef } from "@jobstrata/core/model";
import type { ImportedVariable, Refusal } from "../import-source";

/** One environment of what is exported. */
export interface ExportedEnvironment {
  readonly name: string;
  readonly graph: JobGraph;
  readonly variables: Readonly<Record<string, ImportedVariable>>;
  /** A text of the source in the words of a bundle; throws {@link NotExpressible} where there are none. */
  readonly text: (text: string, where: string) => string;
  /** The name that an external job is looked up by, or its id. */
  readonly external: (
    ref: JobRef,
  ) => { readonly name: string } | { readonly id: string } | undefined;
}

export interface BundleInput {
  readonly name: string;
  readonly environments: readonly ExportedEnvironment[];
  /**
   * The path, from the folder of the bundle, of a file that a path of the source means.
   *
   * @param isFile the path is one of this machine for certain
   */
  readonly localFile: (path: string, isFile: boolean) => string | undefined;
}

export interface ExportedBundle {
  /** Texts by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly refusals: readonly Refusal[];
  readonly jobs: number;
}
