import type { Database, RunResult, Statement } from "libsql";

export type Row = Record<string, unknown>;

/** A database with a cache of prepared statements. */
export class Sql {
  readonly #statements = new Map<string, Statement>();

  readonly #database: Database;

  public constructor(database: Database) {
    this.#database = database;
  }

  // Pass values to libsql as one list: it takes a single Buffer for a set of named values and aborts the process.

  public run(sql: string, ...values: unknown[]): RunResult {
    return this.#statement(sql).run(values);
  }

  public row(sql: string, ...values: unknown[]): Row | undefined {
    return this.#statement(sql).get(values) as Row | undefined;
  }

  public rows(sql: string, ...values: unknown[]): Row[] {
    return this.#statement(sql).all(values) as Row[];
  }

  public isOpen(): boolean {
    return this.#database.open;
  }

  /** Runs `write` in a transaction. */
  public atomically<T>(write: () => T): T {
    if (this.#isInTransaction()) return write();
    this.run("BEGIN");
    try {
      const result = write();
      this.run("COMMIT");
      return result;
    } catch (error) {
      // After some errors, such as a full disk, SQLite has already rolled back.
      if (this.#isInTransaction()) this.run("ROLLBACK");
      throw error;
    }
  }

  #isInTransaction(): boolean {
    return this.#database.inTransaction;
  }

  #statement(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
