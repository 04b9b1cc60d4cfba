import type { SourceLocation } from "./source-location";

/** The effect of a write. `create-if-missing` creates an empty table unless it exists; `drop` removes it. */
export type WriteKind =
  "append" | "overwrite" | "merge" | "update" | "create" | "create-if-missing" | "drop";

/** A read or write of a table, a view, or files of a path. */
export interface DataAccess {
  /**
   * For a table, the name in the code, unquoted and in lower case: `catalog.schema.table` or fewer parts. For a path,
   * the path without a trailing slash. Unresolved parts are in braces: `{catalog}.silver.orders`. Deployment
   * expressions, which are the same in all tasks, are kept: `main.${workspace.current_user.short_name}.orders`.
   */
  readonly name: string;
  readonly kind: "table" | "path";
  /** Undefined for a read. */
  readonly write?: WriteKind;
  /** Names of unresolved parts, such as `catalog`. The access may then be to any table and equals no other. */
  readonly unknown?: readonly string[];
  /** Location of the statement. */
  readonly at: SourceLocation;
  /** The run in which the access was observed; undefined if it comes from code. */
  readonly observed?: Observation;
}

/** Origin of an observed access. */
export interface Observation {
  /** `local` workspace, or `system` tables of Unity Catalog. */
  readonly source: "local" | "system";
  /** Id of the run. */
  readonly run?: string;
}

/** Code that could not be analysed. */
export interface LineageProblem {
  /** One sentence, no full stop. */
  readonly message: string;
  readonly at: SourceLocation;
}

/** The tables and paths that a notebook, SQL file or Python file reads and writes. */
export interface CodeLineage {
  /** Accesses in code order: for each table, the first read and the first write of each kind. */
  readonly accesses: readonly DataAccess[];
  readonly problems: readonly LineageProblem[];
}

/** Parameters that a task passes to its code. */
export interface CodeParameters {
  /** Named parameters: widgets of a notebook, parameters in SQL. */
  readonly named: Readonly<Record<string, string>>;
  /** Positional parameters: `sys.argv` of a Python file, without its name. */
  readonly positional?: readonly string[];
}

/** A use of the run or the cluster by code. */
export interface RunContextUse {
  /**
   * `task-values`: reads values set by other tasks of the run. `run-id`: reads ids of its run or job. `cluster`: uses
   * global temporary views or local files, which stay on the cluster.
   */
  readonly kind: "task-values" | "run-id" | "cluster";
  /** Text of the use, such as `taskValues.get`. */
  readonly text: string;
}

/** A task's code in a local file, read on demand. */
export interface CodeFile {
  /** Name in messages. */
  readonly label: string;
  /** The lineage of the code with these parameters; undefined if the file does not exist. */
  lineage(parameters: CodeParameters): CodeLineage | undefined;
  /** Uses of the run context; undefined if the file cannot be read. @default - unknown */
  runContext?(): readonly RunContextUse[] | undefined;
}
