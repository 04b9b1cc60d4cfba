import type { Row, Sql } from "./sql";

export const DOCUMENTS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS documents (
    position INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE, name TEXT,
    json TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS documents_by_name ON documents (kind, name) WHERE name IS NOT NULL;
`;

/** Documents of one kind by id, in the order of creation. */
export class Documents<T extends { readonly id: string }> {
  readonly #sql: Sql;
  readonly #kind: string;

  public constructor(sql: Sql, kind: string) {
    this.#sql = sql;
    this.#kind = kind;
  }

  public get(id: string): T | undefined {
    return this.#read(
      this.#sql.row("SELECT json FROM documents WHERE kind = ? AND id = ?", this.#kind, id),
    );
  }

  /** The first document with a name. */
  public named(name: string): T | undefined {
    return this.#read(
      this.#sql.row(
        "SELECT json FROM documents WHERE kind = ? AND name = ? ORDER BY position LIMIT 1",
        this.#kind,
        name,
      ),
    );
  }

  /**
   * A page of the documents that have a name. Positions grow in the order of creation.
   * @param after position of the last document of the previous page
   */
  public page(after: number, limit: number): { position: number; document: T }[] {
    return this.#sql
      .rows(
        `SELECT position, json FROM documents WHERE kind = ? AND name IS NOT NULL AND position > ?
         ORDER BY position LIMIT ?`,
        this.#kind,
        after,
        limit,
      )
      .map(({ position, json }) => ({
        position: Number(position),
        document: JSON.parse(String(json)) as T,
      }));
  }

  /**
   * Creates or changes a document. A changed document keeps its position.
   * @param name for lists and lookups; null for a document in the trash. Need not be unique
   */
  public put(document: T, name: string | null): void {
    this.#sql.run(
      `INSERT INTO documents (kind, id, name, json) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (id) DO UPDATE SET name = ?3, json = ?4`,
      this.#kind,
      document.id,
      name,
      JSON.stringify(document),
    );
  }

  /** The name of a document. */
  public nameOf(id: string): string | null {
    const row = this.#sql.row(
      "SELECT name FROM documents WHERE kind = ? AND id = ?",
      this.#kind,
      id,
    );
    return typeof row?.name === "string" ? row.name : null;
  }

  /** The newest documents with a name, newest first. */
  public newest(name: string | undefined, limit: number): T[] {
    return this.#sql
      .rows(
        `SELECT json FROM documents WHERE kind = ?1 AND (?2 IS NULL OR name = ?2)
         ORDER BY position DESC LIMIT ?3`,
        this.#kind,
        name ?? null,
        limit,
      )
      .map(({ json }) => JSON.parse(String(json)) as T);
  }

  /** Deletes all but the `count` newest documents. */
  public keep(count: number): void {
    this.#sql.run(
      `DELETE FROM documents WHERE kind = ?1 AND position <= (
         SELECT position FROM documents WHERE kind = ?1 ORDER BY position DESC LIMIT 1 OFFSET ?2)`,
      this.#kind,
      count,
    );
  }

  public delete(id: string): void {
    this.#sql.run("DELETE FROM documents WHERE kind = ? AND id = ?", this.#kind, id);
  }

  #read(row: Row | undefined): T | undefined {
    return row === undefined ? undefined : (JSON.parse(String(row.json)) as T);
  }
}
