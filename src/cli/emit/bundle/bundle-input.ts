import type { JobGraph, JobRef } from "@jobstrata/core/model";
import type { ImportedVariable, Refusal } from "../import-source";

/** One exported environment. */
export interface ExportedEnvironment {
  readonly name: string;
  readonly graph: JobGraph;
  readonly variables: Readonly<Record<string, ImportedVariable>>;
  /** Translates a text of the source to bundle syntax. @throws {NotExpressible} if bundles have no equivalent */
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
   * The file that a path of the source refers to, relative to the bundle's folder.
   *
   * @param isFile the path is certainly on this machine
   */
  readonly localFile: (path: string, isFile: boolean) => string | undefined;
}

export interface ExportedBundle {
  /** File contents by path. */
  readonly files: ReadonlyMap<string, string>;
  readonly refusals: readonly Refusal[];
  readonly jobs: number;
}
