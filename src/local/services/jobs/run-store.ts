import { parseJson, stringifyJson } from "@jobstrata/core/model";
import { isOver } from "../../scheduler/states";
import type { Row, Sql } from "../../store/sql";
import type { JobRun, Run, TaskOutput, TaskRun } from "./records";

export const RUNS_SCHEMA = `
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
`;

/** Filter of job runs, which are listed newest first. */
export interface RunFilter {
  jobId?: number | undefined;
  active?: boolean | undefined;
  runType?: string | undefined;
  /** Only runs that no Run Job task started. */
  roots?: boolean | undefined;
  startedFrom?: number | undefined;
  startedTo?: number | undefined;
  /** Only runs older than this one. */
  before?: number | undefined;
  /** Only this run and newer ones. */
  from?: number | undefined;
  offset?: number | undefined;
  limit: number;
}

/** Job runs, attempts at tasks and iterations, their outputs, and idempotency tokens. */
export class RunStore {
  readonly #dirty = new Map<number, Run>();
  #flushing = false;
  #nextId: number;

  readonly #sql: Sql;
  readonly #dropSettings: (settingsId: number) => void;

  /** @param dropSettings called with the settings id of a deleted run */
  public constructor(sql: Sql, dropSettings: (settingsId: number) => void) {
    this.#sql = sql;
    this.#dropSettings = dropSettings;

    const last = this.#sql.row("SELECT seq FROM sqlite_sequence WHERE name = 'runs'");
    this.#nextId = Number(last?.seq ?? 0) + 1;
  }

  public newId(): number {
    return this.#nextId++;
  }

  /**
   * Queues a run for the next `flush`, which happens before the next response, or else as soon as the event loop is
   * idle. The run may still change until then.
   */
  public save(run: Run): void {
    this.#dirty.set(run.run_id, run);
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      if (this.#sql.isOpen()) this.flush();
    });
  }

  public flush(): void {
    if (this.#dirty.size === 0) return;
    this.#sql.atomically(() => {
      for (const run of this.#dirty.values()) {
        const ofJob = run.kind === "job";
        this.#sql.run(
          `INSERT OR REPLACE INTO runs (run_id, parent_id, job_id, run_type, start_time, active, settings_id, record)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
          run.run_id,
          ofJob ? null : run.parent_id,
          ofJob ? run.job_id : null,
          ofJob ? run.run_type : null,
          run.start_time,
          isOver(run) ? 0 : 1,
          ofJob ? run.settings_id : null,
          stringifyJson(run),
        );
      }
    });
    this.#dirty.clear();
  }

  public get(runId: number): Run | undefined {
    if (this.#dirty.has(runId)) this.flush();
    const row = this.#sql.row("SELECT record FROM runs WHERE run_id = ?", runId);
    return row === undefined ? undefined : runOf(row);
  }

  /** A job run; `undefined` if the id belongs to a task run. */
  public jobRun(runId: number): JobRun | undefined {
    const run = this.get(runId);
    return run?.kind === "job" ? run : undefined;
  }

  public has(runId: number): boolean {
    return (
      this.#dirty.has(runId) ||
      this.#sql.row("SELECT 1 FROM runs WHERE run_id = ?", runId) !== undefined
    );
  }

  /** The attempts of a job run, or the iterations of a for-each attempt, oldest first. */
  public children(parentId: number): TaskRun[] {
    this.flush();
    return this.#sql
      .rows("SELECT record FROM runs WHERE parent_id = ? ORDER BY run_id", parentId)
      .map(runOf) as TaskRun[];
  }

  public list(filter: RunFilter): JobRun[] {
    this.flush();
    // Add only the given conditions, so that SQLite picks a matching index.
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
    add("run_id >= ?", filter.from);
    if (filter.roots === true) where.push("record ->> '$.parent.run_id' IS NULL");
    if (filter.active !== undefined) where.push(`active = ${filter.active ? 1 : 0}`);
    return this.#sql
      .rows(
        `SELECT record FROM runs WHERE ${where.join(" AND ")} ORDER BY run_id DESC LIMIT ? OFFSET ?`,
        ...values,
        filter.limit,
        filter.offset ?? 0,
      )
      .map(runOf) as JobRun[];
  }

  /** The id of the newest run; 0 if there was none yet. */
  public lastId(): number {
    return this.#nextId - 1;
  }

  /** Runs that had not ended when the last process stopped, parents first. */
  public active(): Run[] {
    this.flush();
    return this.#sql.rows("SELECT record FROM runs WHERE active = 1 ORDER BY run_id").map(runOf);
  }

  /** Deletes a run with its task runs and outputs. */
  public delete(runId: number): void {
    this.flush();
    this.#sql.atomically(() => {
      const settings = this.jobRun(runId)?.settings_id;
      for (const child of this.children(runId)) this.delete(child.run_id);
      this.#sql.run("DELETE FROM outputs WHERE run_id = ?", runId);
      this.#sql.run("DELETE FROM runs WHERE run_id = ?", runId);
      if (settings !== undefined) this.#dropSettings(settings);
    });
  }

  public saveOutput(runId: number, output: TaskOutput): void {
    if (Object.keys(output).length === 0) return;
    this.#sql.run("INSERT OR REPLACE INTO outputs VALUES (?, ?)", runId, stringifyJson(output));
  }

  public output(runId: number): TaskOutput | undefined {
    const row = this.#sql.row("SELECT json FROM outputs WHERE run_id = ?", runId);
    return row === undefined ? undefined : (parseJson(String(row.json)) as TaskOutput);
  }

  /** The run that used an idempotency token. A token stays used after its run was deleted. */
  public ofToken(token: string): number | undefined {
    return this.#sql.row("SELECT run_id FROM tokens WHERE token = ?", token)?.run_id as
      number | undefined;
  }

  public saveToken(token: string, runId: number): void {
    this.#sql.run("INSERT INTO tokens VALUES (?, ?)", token, runId);
  }
}

const runOf = ({ record }: Row): Run => parseJson(String(record)) as Run;
