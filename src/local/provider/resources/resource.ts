import type { Obj } from "../cty";
import type { Diagnostic } from "../diagnostic";
import type { Schema } from "../schema";
import type { SourceFiles } from "../source-files";
import type { Workspace } from "../workspace";

/**
 * A kind of managed resource. States and configurations have the full shape of the schema; a state always has an `id`.
 * Exceptions become diagnostics.
 */
export interface Resource {
  /** Name in messages: "job" in "cannot create job". */
  readonly label: string;
  readonly schema: Schema;
  /** Checks a configuration, which may contain unknowns, without calling the workspace. */
  validate?(config: Obj, files: SourceFiles): readonly Diagnostic[];
  /** Adjusts the configuration before planning, if the schema alone cannot determine the changes. */
  resolve?(config: Obj, prior: Obj | null, files: SourceFiles): Obj;
  /**
   * Creates the object of `planned`, which has no unknowns.
   * @returns the state with its id. `read` completes it; it is kept even if that read fails.
   */
  create(workspace: Workspace, planned: Obj, files: SourceFiles): Promise<Obj>;
  /**
   * @param isNew - whether the object was just created or is being imported
   * @returns null if the object no longer exists
   */
  read(workspace: Workspace, state: Obj, isNew: boolean): Promise<Obj | null>;
  /** Updates the object from `prior` to `planned`. `read` completes the returned state. */
  update(workspace: Workspace, planned: Obj, prior: Obj, files: SourceFiles): Promise<Obj>;
  /** Whether `create` and `update` return the complete state, so that no read is needed. */
  isComplete?(state: Obj): boolean;
  /** Deletes the object. May throw "not found" if it no longer exists, which counts as success. */
  delete(workspace: Workspace, state: Obj): Promise<void>;
}

/** A kind of data source. */
export interface DataSource {
  readonly label: string;
  readonly schema: Schema;
  read(workspace: Workspace, config: Obj): Promise<Obj>;
}

/** The string in `state[name]`; empty if unset. */
export function textOf(state: Obj, name: string): string {
  const value = state[name];
  return typeof value === "string" ? value : "";
}

/** Whether a principal's name is a service principal's UUID and not a user's email address. */
export function isServicePrincipal(name: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name);
}
