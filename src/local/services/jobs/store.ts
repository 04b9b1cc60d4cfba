import { createHash } from "node:crypto";
import { parseJson, stringifyJson } from "@jobstrata/core/model";
import type { Sql } from "../../store/sql";
import type { JobSettings } from "./schema/settings";

export const JOBS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS settings (
    settings_id INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE, json TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS jobs (
    job_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, created_time INTEGER NOT NULL,
    creator TEXT NOT NULL, settings_id INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS jobs_by_name ON jobs (name COLLATE NOCASE);
`;

/** Maximum parsed settings in the cache; runs of one job share them. */
const SETTINGS_REMEMBERED = 256;

export interface StoredJob {
  job_id: number;
  name: string;
  created_time: number;
  creator: string;
  settings_id: number;
  /** The settings as JSON; most callers need no more than the text. */
  json: string;
}

/** Jobs, and the settings of jobs and runs. */
export class JobStore {
  readonly #remembered = new Map<number, JobSettings>();

  readonly #sql: Sql;
  readonly #beforeDrop: () => void;

  /** @param beforeDrop called before checking whether settings are still used */
  public constructor(sql: Sql, beforeDrop: () => void) {
    this.#sql = sql;
    this.#beforeDrop = beforeDrop;
  }

  public create(settings: JobSettings, creator: string, now: number): number {
    return this.#sql.atomically(() => {
      const { lastInsertRowid } = this.#sql.run(
        "INSERT INTO jobs (name, created_time, creator, settings_id) VALUES (?, ?, ?, ?)",
        settings.name ?? "",
        now,
        creator,
        this.saveSettings(settings),
      );
      return Number(lastInsertRowid);
    });
  }

  public change(jobId: number, settings: JobSettings): void {
    this.#sql.atomically(() => {
      const before = this.get(jobId)?.settings_id;
      const after = this.saveSettings(settings);
      this.#sql.run(
        "UPDATE jobs SET name = ?, settings_id = ? WHERE job_id = ?",
        settings.name ?? "",
        after,
        jobId,
      );
      if (before !== undefined && before !== after) this.dropSettings(before);
    });
  }

  public delete(jobId: number): void {
    this.#sql.atomically(() => {
      const settings = this.get(jobId)?.settings_id;
      this.#sql.run("DELETE FROM jobs WHERE job_id = ?", jobId);
      if (settings !== undefined) this.dropSettings(settings);
    });
  }

  public get(jobId: number): StoredJob | undefined {
    return this.#sql.row(`${JOBS} WHERE job_id = ?`, jobId) as StoredJob | undefined;
  }

  public count(): number {
    return Number(this.#sql.row("SELECT count(*) AS count FROM jobs")?.count);
  }

  /** Newest first, as in Databricks. */
  public list(filter: {
    name?: string | undefined;
    before?: number | undefined;
    offset?: number | undefined;
    limit: number;
  }): StoredJob[] {
    const { name = null, before = null, offset = 0, limit } = filter;
    return this.#sql.rows(
      `${JOBS} WHERE (?1 IS NULL OR name = ?1 COLLATE NOCASE) AND (?2 IS NULL OR job_id < ?2)
       ORDER BY job_id DESC LIMIT ?3 OFFSET ?4`,
      name,
      before,
      limit,
      offset,
    ) as unknown as StoredJob[];
  }

  public *all(): Generator<StoredJob> {
    let before: number | undefined;
    for (;;) {
      const page = this.list({ limit: 200, before });
      yield* page;
      before = page.at(-1)?.job_id;
      if (before === undefined) return;
    }
  }

  /** Settings by the id from `saveSettings`. The object is shared and must not be changed. */
  public settings(settingsId: number): JobSettings {
    const known = this.#remembered.get(settingsId);
    if (known !== undefined) return known;
    const row = this.#sql.row("SELECT json FROM settings WHERE settings_id = ?", settingsId);
    const settings = parseJson(String(row?.json)) as JobSettings;
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size >= SETTINGS_REMEMBERED && oldest !== undefined)
      this.#remembered.delete(oldest);
    this.#remembered.set(settingsId, settings);
    return settings;
  }

  /** Stores equal settings once and returns their id. */
  public saveSettings(settings: JobSettings): number {
    const json = stringifyJson(settings);
    const digest = createHash("sha256").update(json).digest("base64");
    const known = this.#sql.row("SELECT settings_id FROM settings WHERE digest = ?", digest);
    if (known !== undefined) return Number(known.settings_id);
    return Number(
      this.#sql.run("INSERT INTO settings (digest, json) VALUES (?, ?)", digest, json)
        .lastInsertRowid,
    );
  }

  /** Deletes settings that no job or run uses. */
  public dropSettings(settingsId: number): void {
    this.#beforeDrop();
    this.#sql.run(
      `DELETE FROM settings WHERE settings_id = ?1 AND NOT EXISTS (SELECT 1 FROM runs WHERE settings_id = ?1)
       AND NOT EXISTS (SELECT 1 FROM jobs WHERE settings_id = ?1)`,
      settingsId,
    );
  }
}

const JOBS =
  "SELECT job_id, name, created_time, creator, settings_id, s.json FROM jobs JOIN settings s USING (settings_id)";
