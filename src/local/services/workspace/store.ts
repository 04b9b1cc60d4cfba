import type { Sql } from "../../store/sql";

export const OBJECTS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS objects (
    object_id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, object_type TEXT NOT NULL,
    language TEXT, created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL, content BLOB
  );
`;

export type ObjectType = "NOTEBOOK" | "FILE" | "DIRECTORY";

export interface WorkspaceObject {
  path: string;
  object_id: number;
  object_type: ObjectType;
  language: string | null;
  created_at: number;
  modified_at: number;
  size: number;
}

/** Notebooks, files and folders, by their canonical paths. */
export class ObjectStore {
  readonly #sql: Sql;

  public constructor(sql: Sql) {
    this.#sql = sql;
  }

  public get(path: string): WorkspaceObject | undefined {
    return this.#sql.row(`${OBJECTS} WHERE path = ?`, path) as WorkspaceObject | undefined;
  }

  public ofId(objectId: number): WorkspaceObject | undefined {
    if (objectId === 0) return this.get("/");
    return this.#sql.row(`${OBJECTS} WHERE object_id = ?`, objectId) as WorkspaceObject | undefined;
  }

  public content(path: string): Buffer | undefined {
    const content = this.#sql.row("SELECT content FROM objects WHERE path = ?", path)?.content;
    return Buffer.isBuffer(content) ? content : undefined;
  }

  /** Creates or overwrites an object. An existing object keeps its id and creation time. */
  public put(
    path: string,
    type: ObjectType,
    language: string | null,
    content: Buffer | null,
    now: number,
  ): void {
    this.#sql.run(
      `INSERT INTO objects (path, object_type, language, created_at, modified_at, content)
       VALUES (?1, ?2, ?3, ?4, ?4, ?5) ON CONFLICT (path) DO UPDATE SET
       object_type = ?2, language = ?3, modified_at = ?4, content = ?5`,
      path,
      type,
      language,
      now,
      content,
    );
  }

  /** The direct children of a folder. */
  public children(folder: string): WorkspaceObject[] {
    const prefix = folder === "/" ? "/" : `${folder}/`;
    // Range scan: "0" follows "/" in ASCII, so every path with the prefix sorts between the two bounds.
    return this.#sql.rows(
      `${OBJECTS} WHERE path > ?1 AND path < ?2 AND instr(substr(path, ?3), '/') = 0 ORDER BY path`,
      prefix,
      `${prefix.slice(0, -1)}0`,
      prefix.length + 1,
    ) as unknown as WorkspaceObject[];
  }

  /** Deletes an object and everything below it. */
  public delete(path: string): void {
    this.#sql.run(
      "DELETE FROM objects WHERE path = ?1 OR (path > ?2 AND path < ?3)",
      path,
      `${path}/`,
      `${path}0`,
    );
  }
}

/** The root has the id 0, which Terraform expects. */
const OBJECTS =
  "SELECT path, CASE path WHEN '/' THEN 0 ELSE object_id END AS object_id, object_type, language, created_at, modified_at, coalesce(length(content), 0) AS size FROM objects";
