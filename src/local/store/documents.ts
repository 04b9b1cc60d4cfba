import type { Row, Sql } from "./sql";

export const DOCUMENTS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS documents (
    position INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, id TEXT NOT NULL UNIQUE, name TEXT,
    json TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS documents_by_name ON documents (kind, name) WHERE name IS NOT NULL;
`;

/** What is kept as JSON under an id that clients know it by. */
export interface Document {
  /** Grows with the order of creation. */
  position: number;
  id: string;
  /** What it is listed and found by; null for what is in the trash. Need not be unique. */
  name: string | null;
  json: string;
}

/** All documents of one kind, in the order in which they were created. */
export class Documents {
  public constructor(
    private readonly sql: Sql,
    private readonly kind: string,
  ) {}

  public get(id: string): Document | undefined {
    return asDocument(
      this.sql.row("SELECT * FROM documents WHERE kind = ? AND id = ?", this.kind, id),
    );
  }

  /** The first that has the name. */
  public named(name: string): Document | undefined {
    return asDocument(
      this.sql.row(
        "SELECT * FROM documents WHERE kind = ? AND name = ? ORDER BY position LIMIT 1",
        this.kind,
        name,
      ),
    );
  }

  /** Those that have a name. @param after the position of the last one before the page */
  public page(after: number, limit: number): Document[] {
    return this.sql.rows(
      `SELECT * FROM documents WHERE kind = ? AND name IS NOT NULL AND position > ?
       ORDER BY position LIMIT ?`,
      this.kind,
      after,
      limit,
    ) as unknown as Document[];
  }

  /** Creates or changes it; a change leaves it in its position. */
  public put(id: string, name: string | null, json: string): void {
    this.sql.run(
      `INSERT INTO documents (kind, id, name, json) VALUES (?1, ?2, ?3, ?4)
       ON CONFLICT (id) DO UPDATE SET name = ?3, json = ?4`,
      this.kind,
      id,
      name,
      json,
    );
  }

  public delete(id: string): void {
    this.sql.run("DELETE FROM documents WHERE kind = ? AND id = ?", this.kind, id);
  }
}

const asDocument = (row: Row | undefined): Document | undefined =>
  row as unknown as Document | undefined;
