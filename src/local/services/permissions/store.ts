import type { Sql } from "../../store/sql";

export const PERMISSIONS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS permissions (object TEXT PRIMARY KEY, json TEXT NOT NULL);
`;

/** A permission level for a user, a group or a service principal. */
export interface PermissionEntry {
  permission_level: string;
  user_name?: string | undefined;
  group_name?: string | undefined;
  service_principal_name?: string | undefined;
}

/** Explicit permissions by object id, such as `/jobs/1`. */
export class PermissionStore {
  readonly #sql: Sql;

  public constructor(sql: Sql) {
    this.#sql = sql;
  }

  public get(object: string): PermissionEntry[] | undefined {
    const row = this.#sql.row("SELECT json FROM permissions WHERE object = ?", object);
    return row === undefined ? undefined : (JSON.parse(String(row.json)) as PermissionEntry[]);
  }

  public put(object: string, entries: readonly PermissionEntry[]): void {
    this.#sql.run(
      "INSERT OR REPLACE INTO permissions VALUES (?, ?)",
      object,
      JSON.stringify(entries),
    );
  }

  public delete(object: string): void {
    this.#sql.run("DELETE FROM permissions WHERE object = ?", object);
  }
}
