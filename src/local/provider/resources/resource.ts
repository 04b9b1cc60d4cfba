import type { Obj } from "../cty";
import type { Diagnostic } from "../diagnostic";
import type { Schema } from "../schema";
import type { SourceFiles } from "../source-files";
import type { Workspace } from "../workspace";

/**
 * One kind of managed resource. States and configurations have the full shape of the schema; a state always has its
 * `id`. Whatever a method throws becomes a diagnostic.
 */
export interface Resource {
  /** For messages: "job" in "cannot create job". */
  readonly label: string;
  readonly schema: Schema;
  /** What is wrong with a configuration, before anything is asked of the workspace. It may hold unknowns. */
  validate?(config: Obj, files: SourceFiles): readonly Diagnostic[];
  /** The configuration to plan with, where more than the schema decides what is a change. */
  resolve?(config: Obj, prior: Obj | null, files: SourceFiles): Obj;
  /**
   * Makes the object of `planned`, in which nothing is unknown any more.
   * @returns the state with its id; `read` completes it. It is kept even if that read fails.
   */
  create(workspace: Workspace, planned: Obj, files: SourceFiles): Promise<Obj>;
  /**
   * @param isNew - whether the object was just created or is being imported
   * @returns null where the object does not exist any more
   */
  read(workspace: Workspace, state: Obj, isNew: boolean): Promise<Obj | null>;
  /** Brings the object from `prior` to `planned`; `read` completes the state that is returned. */
  update(workspace: Workspace, planned: Obj, prior: Obj, files: SourceFiles): Promise<Obj>;
  /** Whether `create` and `update` return all there is to know, so that nothing has to be read after them. */
  isComplete?(state: Obj): boolean;
  /** An object that is gone already is as good as deleted: that may be thrown. */
  delete(workspace: Workspace, state: Obj): Promise<void>;
}

/** One kind of data source. */
export interface DataSource {
  readonly label: string;
  readonly schema: Schema;
  read(workspace: Workspace, config: Obj): Promise<Obj>;
}

/** The text in `state[name]`; empty if there is none. */
export function textOf(state: Obj, name: string): string {
  const value = state[name];
  return typeof value === "string" ? value : "";
}

/** A user has an address, a service principal a UUID. */
export function isServicePrincipal(name: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name);
}
