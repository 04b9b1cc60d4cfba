import type { SourceLocation } from "./job-spec";

/**
 * What a write does: `create-if-missing` makes a table only where there is none and puts no rows into it; `drop` removes it.
 */
export type WriteKind =
  "append" | "overwrite" | "merge" | "update" | "create" | "create-if-missing" | "drop";

/** Code that reads or writes a table, a view, or the files of a path. */
export interface DataAccess {
  /**
   * A table as the code names it, without quotes and in lower case: `catalog.schema.table`, or fewer parts where the
   * code gives fewer. A path as it is written, without a slash at its end. What cannot be resolved is in braces:
   * `{catalog}.silver.orders`. Expressions of the deployment, which are the same in all tasks, stay as they are written:
   * `main.${workspace.current_user.short_name}.orders`.
   */
  readonly name: string;
  readonly kind: "table" | "path";
  /** Undefined for a read. */
  readonly write?: WriteKind;
  /** Names of what the code cannot tell, such as `catalog`. Then it may be any table, and it is equal to no other. */
  readonly unknown?: readonly string[];
  /** The statement. */
  readonly at: SourceLocation;
  /** What a run showed this access; undefined if it comes from the code alone. */
  readonly observed?: Observation;
}

/** Where an observed access comes from. */
export interface Observation {
  /** `local` workspace, or a table of Unity Catalog's system tables. */
  readonly source: "local" | "system";
  /** Id of the run. */
  readonly run?: string;
}

/** A part of code that could not be analysed. */
export interface LineageProblem {
  /** One sentence, no full stop. */
  readonly message: string;
  readonly at: SourceLocation;
}

/** The tables and paths that a notebook, SQL file or Python file reads and writes. */
export interface CodeLineage {
  /** In the order of the code; each table with the first place where it is read, and the first of each kind of write. */
  readonly accesses: readonly DataAccess[];
  readonly problems: readonly LineageProblem[];
}

/** What a task hands to its code. */
export interface CodeParameters {
  /** By name: widgets of a notebook, parameters of SQL. */
  readonly named: Readonly<Record<string, string>>;
  /** In order: `sys.argv` of a Python file, after its own name. */
  readonly positional?: readonly string[];
}

/** Something that code asks of the run or the cluster that it is in. */
export interface RunContextUse {
  /**
   * It reads values that other tasks of the run have set, reads the ids of its run or job, or uses what stays on the
   * cluster: global temporary views and files of its disk.
   */
  readonly kind: "task-values" | "run-id" | "cluster";
  /** As the code has it, such as `taskValues.get`. */
  readonly text: string;
}

/** Code of a task, in a file of this machine. It is read when first asked for. */
export interface CodeFile {
  /** As messages name it. */
  readonly label: string;
  /** The tables that it reads and writes when it gets these parameters; undefined if there is no such file. */
  lineage(parameters: CodeParameters): CodeLineage | undefined;
  /** What it asks of its run; undefined if it cannot be read. @default - nobody knows */
  runContext?(): readonly RunContextUse[] | undefined;
}
