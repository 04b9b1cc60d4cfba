import type { Sql } from "../../store/sql";

export const SECRETS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS secret_scopes (name TEXT PRIMARY KEY COLLATE NOCASE);
  CREATE TABLE IF NOT EXISTS secrets (
    scope TEXT NOT NULL COLLATE NOCASE, key TEXT NOT NULL COLLATE NOCASE, value BLOB NOT NULL,
    updated INTEGER NOT NULL, PRIMARY KEY (scope, key)
  );
  CREATE TABLE IF NOT EXISTS secret_acls (
    scope TEXT NOT NULL COLLATE NOCASE, principal TEXT NOT NULL, permission TEXT NOT NULL,
    PRIMARY KEY (scope, principal)
  );
`;

export interface SecretAcl {
  principal: string;
  permission: string;
}

/** Secret scopes with their secrets and ACLs. Names of scopes and keys ignore upper and lower case. */
export class Secrets {
  readonly #sql: Sql;

  public constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Sorted by name. */
  public scopes(): string[] {
    return this.#sql
      .rows("SELECT name FROM secret_scopes ORDER BY name")
      .map(({ name }) => String(name));
  }

  public hasScope(scope: string): boolean {
    return this.#sql.row("SELECT 1 FROM secret_scopes WHERE name = ?", scope) !== undefined;
  }

  public createScope(scope: string): void {
    this.#sql.run("INSERT INTO secret_scopes VALUES (?)", scope);
  }

  /** Deletes a scope with its secrets and ACLs. */
  public deleteScope(scope: string): void {
    this.#sql.atomically(() => {
      this.#sql.run("DELETE FROM secrets WHERE scope = ?", scope);
      this.#sql.run("DELETE FROM secret_acls WHERE scope = ?", scope);
      this.#sql.run("DELETE FROM secret_scopes WHERE name = ?", scope);
    });
  }

  /** The keys of a scope and when each was last set; milliseconds since the epoch. */
  public keys(scope: string): { key: string; updated: number }[] {
    return this.#sql.rows(
      "SELECT key, updated FROM secrets WHERE scope = ? ORDER BY key",
      scope,
    ) as unknown as { key: string; updated: number }[];
  }

  public value(scope: string, key: string): Buffer | undefined {
    const value = this.#sql.row(
      "SELECT value FROM secrets WHERE scope = ? AND key = ?",
      scope,
      key,
    )?.value;
    return Buffer.isBuffer(value) ? value : undefined;
  }

  public put(scope: string, key: string, value: Buffer, now: number): void {
    this.#sql.run("INSERT OR REPLACE INTO secrets VALUES (?, ?, ?, ?)", scope, key, value, now);
  }

  public delete(scope: string, key: string): void {
    this.#sql.run("DELETE FROM secrets WHERE scope = ? AND key = ?", scope, key);
  }

  /** Sorted by principal. */
  public acls(scope: string): SecretAcl[] {
    return this.#sql.rows(
      "SELECT principal, permission FROM secret_acls WHERE scope = ? ORDER BY principal",
      scope,
    ) as unknown as SecretAcl[];
  }

  public putAcl(scope: string, { principal, permission }: SecretAcl): void {
    this.#sql.run(
      "INSERT OR REPLACE INTO secret_acls VALUES (?, ?, ?)",
      scope,
      principal,
      permission,
    );
  }

  public deleteAcl(scope: string, principal: string): void {
    this.#sql.run("DELETE FROM secret_acls WHERE scope = ? AND principal = ?", scope, principal);
  }
}
