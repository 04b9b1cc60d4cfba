import { stringifyJson } from "@jobstrata/core/model";
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the way to import what is one function
import Database = require("libsql");
import { JobstrataError } from "@jobstrata/core/errors";
import { Documents, DOCUMENTS_SCHEMA } from "./store/documents";
import { Secrets, SECRETS_SCHEMA } from "./services/secrets/store";
import { Sql } from "./store/sql";

/** A row of the table of runs: a job's run, or one attempt at a task of it, or one iteration of such a task. */
export interface RunRow {
  run_id: number;
  /** The job's run that an attempt belongs to, or the attempt that an iteration belongs to; null for a job's run. */
  parent_id: number | null;
  /** Null for what is not a job's run, so that a job's runs are found by it. */
  job_id: number | null;
  start_time: number;
  active: 0 | 1;
  /** The settings that a job's run started with, as `Store.saveSettings` numbered them. */
  settings_id: number | null;
  record: string;
}

/** A run that is to be written: `record` becomes JSON. */
export interface UnsavedRun extends Omit<RunRow, "record"> {
  run_type: string | null;
  record: object;
}

export interface JobRow {
  job_id: number;
  name: string;
  created_time: number;
  creator: string;
  settings_id: number;
  /** The settings, as JSON. */
  settings: string;
}

/** Which runs of jobs to list; newest first. */
export interface RunFilter {
  jobId?: number;
  active?: boolean;
  runType?: string;
  /** Only runs that no task of another has started. */
  roots?: boolean;
  startedFrom?: number;
  startedTo?: number;
  /** Only runs older than this one. */
  before?: number;
  offset?: number;
  limit: number;
}

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

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS settings (
    settings_id INTEGER PRIMARY KEY AUTOINCREMENT, digest TEXT NOT NULL UNIQUE, json TEXT NOT NULL
  );
  CREATE TABLE IF NOT EXISTS jobs (
    job_id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, created_time INTEGER NOT NULL,
    creator TEXT NOT NULL, settings_id INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS jobs_by_name ON jobs (name COLLATE NOCASE);
  CREATE TABLE IF NOT EXISTS runs (
    run_id INTEGER PRIMARY KEY AUTOINCREMENT, parent_id INTEGER, job_id INTEGER, run_type TEXT,
    start_time INTEGER NOT NULL, active INTEGER NOT NULL, settings_id INTEGER, record TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS runs_by_parent ON runs (parent_id) WHERE parent_id IS NOT NULL;
  CREATE INDEX IF NOT EXISTS runs_by_job ON runs (job_id, run_id) WHERE parent_id IS NULL;
  CREATE INDEX IF NOT EXISTS runs_of_jobs ON runs (run_id) WHERE parent_id IS NULL;
  CREATE INDEX IF NOT EXISTS runs_active ON runs (run_id) WHERE active = 1;
  CREATE INDEX IF NOT EXISTS runs_by_settings ON runs (settings_id) WHERE settings_id IS NOT NULL;
  CREATE TABLE IF NOT EXISTS outputs (run_id INTEGER PRIMARY KEY, json TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, run_id INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS permissions (object TEXT PRIMARY KEY, json TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS objects (
    object_id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL UNIQUE, object_type TEXT NOT NULL,
    language TEXT, created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL, content BLOB
  );
  ${DOCUMENTS_SCHEMA}
  ${SECRETS_SCHEMA}
`;

/**
 * Everything that the workspace remembers, in one SQLite file that only its owner can read. What was committed before
 * the process was killed is there afterwards. One process at a time.
 */
export class Store {
  public readonly alerts: Documents;
  public readonly destinations: Documents;
  public readonly secrets: Secrets;
  private readonly sql: Sql;
  private readonly dirty = new Map<number, UnsavedRun>();
  private flushing = false;
  private nextRunId: number;

  /** @throws {JobstrataError} when another process has the folder, or what it holds is no workspace */
  public static open(folder: string): Store {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const file = join(folder, "workspace.db");
    // SQLite gives its journal the mode of the database.
    closeSync(openSync(file, "a", 0o600));
    const database = new Database(file, { timeout: 0 });
    try {
      // The lock is held until the process ends, however it ends.
      database.pragma("locking_mode = EXCLUSIVE");
      database.pragma("journal_mode = WAL");
      // What was written survives the process at once; a power cut may cost the last moments, never the rest.
      database.pragma("synchronous = NORMAL");
      database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    } catch (error) {
      database.close();
      const code = (error as { code?: string }).code ?? "";
      if (code.startsWith("SQLITE_BUSY")) {
        throw new JobstrataError(
          "local-workspace",
          `Another local workspace is using ${folder}. Stop it first, or give this one a folder of its own with --data.`,
        );
      }
      throw new JobstrataError(
        "local-workspace",
        `${file} cannot be opened as the database of a local workspace: ${(error as Error).message}. ` +
          "Move the folder away, or let `jobstrata local reset` delete it.",
      );
    }
    return new Store(database);
  }

  private constructor(private readonly database: Database.Database) {
    this.sql = new Sql(database);
    this.alerts = new Documents(this.sql, "alert");
    this.destinations = new Documents(this.sql, "notification_destination");
    this.secrets = new Secrets(this.sql);
    const last = this.sql.row("SELECT seq FROM sqlite_sequence WHERE name = 'runs'");
    this.nextRunId = Number(last?.seq ?? 0) + 1;
  }

  public close(): void {
    this.flush();
    this.database.close();
  }

  /** All that `write` changes is kept, or none of it. */
  public atomically<T>(write: () => T): T {
    return this.sql.atomically(write);
  }

  // Jobs

  public createJob(name: string, settings: string, creator: string, now: number): number {
    return this.atomically(() => {
      const { lastInsertRowid } = this.sql.run(
        "INSERT INTO jobs (name, created_time, creator, settings_id) VALUES (?, ?, ?, ?)",
        name,
        now,
        creator,
        this.saveSettings(settings),
      );
      return Number(lastInsertRowid);
    });
  }

  public changeJob(jobId: number, name: string, settings: string): void {
    this.atomically(() => {
      const before = this.job(jobId)?.settings_id;
      const after = this.saveSettings(settings);
      this.sql.run(
        "UPDATE jobs SET name = ?, settings_id = ? WHERE job_id = ?",
        name,
        after,
        jobId,
      );
      if (before !== undefined && before !== after) this.dropSettings(before);
    });
  }

  public deleteJob(jobId: number): void {
    this.atomically(() => {
      const settings = this.job(jobId)?.settings_id;
      this.sql.run("DELETE FROM jobs WHERE job_id = ?", jobId);
      this.sql.run("DELETE FROM permissions WHERE object = ?", `/jobs/${jobId}`);
      if (settings !== undefined) this.dropSettings(settings);
    });
  }

  public job(jobId: number): JobRow | undefined {
    return this.sql.row(
      "SELECT j.*, s.json AS settings FROM jobs j JOIN settings s USING (settings_id) WHERE job_id = ?",
      jobId,
    ) as JobRow | undefined;
  }

  public jobCount(): number {
    return Number(this.sql.row("SELECT count(*) AS count FROM jobs")?.count);
  }

  /** Newest first, as the service lists them. */
  public jobs(filter: {
    name?: string;
    before?: number;
    offset?: number;
    limit: number;
  }): JobRow[] {
    const { name = null, before = null, offset = 0, limit } = filter;
    return this.sql.rows(
      `SELECT j.*, s.json AS settings FROM jobs j JOIN settings s USING (settings_id)
       WHERE (?1 IS NULL OR name = ?1 COLLATE NOCASE) AND (?2 IS NULL OR job_id < ?2)
       ORDER BY job_id DESC LIMIT ?3 OFFSET ?4`,
      name,
      before,
      limit,
      offset,
    ) as unknown as JobRow[];
  }

  public *allJobs(): Generator<JobRow> {
    let before: number | undefined;
    for (;;) {
      const page = this.jobs({ limit: 200, ...(before === undefined ? {} : { before }) });
      yield* page;
      before = page.at(-1)?.job_id;
      if (before === undefined) return;
    }
  }

  /** Equal settings are kept once, however many jobs and runs have them. */
  public saveSettings(json: string): number {
    const digest = createHash("sha256").update(json).digest("base64");
    const known = this.sql.row("SELECT settings_id FROM settings WHERE digest = ?", digest);
    if (known !== undefined) return Number(known.settings_id);
    return Number(
      this.sql.run("INSERT INTO settings (digest, json) VALUES (?, ?)", digest, json)
        .lastInsertRowid,
    );
  }

  public settings(settingsId: number): string {
    return String(
      this.sql.row("SELECT json FROM settings WHERE settings_id = ?", settingsId)?.json,
    );
  }

  private dropSettings(settingsId: number): void {
    this.flush();
    this.sql.run(
      `DELETE FROM settings WHERE settings_id = ?1 AND NOT EXISTS (SELECT 1 FROM runs WHERE settings_id = ?1)
       AND NOT EXISTS (SELECT 1 FROM jobs WHERE settings_id = ?1)`,
      settingsId,
    );
  }

  // Runs

  public newRunId(): number {
    return this.nextRunId++;
  }

  /**
   * Kept with the next `flush`: before the next answer to any request and, without one, as soon as there is nothing
   * else to do. Until then `run.record` may still change.
   */
  public saveRun(run: UnsavedRun): void {
    this.dirty.set(run.run_id, run);
    if (this.flushing) return;
    this.flushing = true;
    setImmediate(() => {
      this.flushing = false;
      if (this.database.open) this.flush();
    });
  }

  public flush(): void {
    if (this.dirty.size === 0) return;
    this.atomically(() => {
      for (const row of this.dirty.values()) {
        this.sql.run(
          `INSERT OR REPLACE INTO runs (run_id, parent_id, job_id, run_type, start_time, active, settings_id, record)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
          row.run_id,
          row.parent_id,
          row.job_id,
          row.run_type,
          row.start_time,
          row.active,
          row.settings_id,
          stringifyJson(row.record),
        );
      }
    });
    this.dirty.clear();
  }

  public runRow(runId: number): RunRow | undefined {
    if (this.dirty.has(runId)) this.flush();
    return this.sql.row("SELECT * FROM runs WHERE run_id = ?", runId) as RunRow | undefined;
  }

  /** Attempts at the tasks of a job's run, or iterations of an attempt, in the order in which they were made. */
  public childRows(parentId: number): RunRow[] {
    this.flush();
    return this.sql.rows(
      "SELECT * FROM runs WHERE parent_id = ? ORDER BY run_id",
      parentId,
    ) as unknown as RunRow[];
  }

  public listRuns(filter: RunFilter): RunRow[] {
    this.flush();
    // Only the conditions that are asked for, so that SQLite chooses the index that fits them.
    const where = ["parent_id IS NULL"];
    const values: unknown[] = [];
    const add = (condition: string, value: unknown): void => {
      if (value === undefined) return;
      where.push(condition);
      values.push(value);
    };
    add("job_id = ?", filter.jobId);
    add("run_type = ?", filter.runType);
    add("start_time >= ?", filter.startedFrom);
    add("start_time <= ?", filter.startedTo);
    add("run_id < ?", filter.before);
    if (filter.roots === true) where.push("record ->> '$.parent.run_id' IS NULL");
    if (filter.active !== undefined) where.push(`active = ${filter.active ? 1 : 0}`);
    return this.sql.rows(
      `SELECT * FROM runs WHERE ${where.join(" AND ")} ORDER BY run_id DESC LIMIT ? OFFSET ?`,
      ...values,
      filter.limit,
      filter.offset ?? 0,
    ) as unknown as RunRow[];
  }

  /** What was not over when the last process ended, parents first. */
  public activeRows(): RunRow[] {
    this.flush();
    return this.sql.rows(
      "SELECT * FROM runs WHERE active = 1 ORDER BY run_id",
    ) as unknown as RunRow[];
  }

  public deleteRun(runId: number): void {
    this.flush();
    this.atomically(() => {
      const settings = this.runRow(runId)?.settings_id;
      for (const child of this.childRows(runId)) this.deleteRun(child.run_id);
      this.sql.run("DELETE FROM outputs WHERE run_id = ?", runId);
      this.sql.run("DELETE FROM runs WHERE run_id = ?", runId);
      if (typeof settings === "number") this.dropSettings(settings);
    });
  }

  public saveOutput(runId: number, json: string): void {
    this.sql.run("INSERT OR REPLACE INTO outputs VALUES (?, ?)", runId, json);
  }

  public output(runId: number): string | undefined {
    return this.sql.row("SELECT json FROM outputs WHERE run_id = ?", runId)?.json as
      string | undefined;
  }

  /** The run may have been deleted since; its token stays used. */
  public runOfToken(token: string): number | undefined {
    return this.sql.row("SELECT run_id FROM tokens WHERE token = ?", token)?.run_id as
      number | undefined;
  }

  public saveToken(token: string, runId: number): void {
    this.sql.run("INSERT INTO tokens VALUES (?, ?)", token, runId);
  }

  // Permissions

  public permissions(object: string): string | undefined {
    return this.sql.row("SELECT json FROM permissions WHERE object = ?", object)?.json as
      string | undefined;
  }

  public savePermissions(object: string, json: string): void {
    this.sql.run("INSERT OR REPLACE INTO permissions VALUES (?, ?)", object, json);
  }

  // Workspace objects

  public object(path: string): WorkspaceObject | undefined {
    return this.sql.row(`${OBJECT_COLUMNS} WHERE path = ?`, path) as WorkspaceObject | undefined;
  }

  public objectOfId(objectId: number): WorkspaceObject | undefined {
    return this.sql.row(`${OBJECT_COLUMNS} WHERE object_id = ?`, objectId) as
      WorkspaceObject | undefined;
  }

  public objectContent(path: string): Buffer | undefined {
    const content = this.sql.row("SELECT content FROM objects WHERE path = ?", path)?.content;
    return Buffer.isBuffer(content) ? content : undefined;
  }

  /** An existing object keeps its id and the time of its creation. */
  public putObject(
    path: string,
    type: ObjectType,
    language: string | null,
    content: Buffer | null,
    now: number,
  ): void {
    this.sql.run(
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

  /** The objects in a folder, not those in the folders in it. */
  public children(folder: string): WorkspaceObject[] {
    const prefix = folder === "/" ? "/" : `${folder}/`;
    // All paths that start with the prefix lie between it and the same with its last character, "/", made "0".
    return this.sql.rows(
      `${OBJECT_COLUMNS} WHERE path > ?1 AND path < ?2 AND instr(substr(path, ?3), '/') = 0 ORDER BY path`,
      prefix,
      `${prefix.slice(0, -1)}0`,
      prefix.length + 1,
    ) as unknown as WorkspaceObject[];
  }

  public deleteTree(path: string): void {
    this.sql.run(
      "DELETE FROM objects WHERE path = ?1 OR (path > ?2 AND path < ?3)",
      path,
      `${path}/`,
      `${path}0`,
    );
  }
}

const OBJECT_COLUMNS =
  "SELECT path, object_id, object_type, language, created_at, modified_at, coalesce(length(content), 0) AS size FROM objects";
