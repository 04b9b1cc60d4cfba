import type { Clock, Timer } from "../../clock";
import type { SavedQuery, TaskExecutor } from "../../execute/executor";
import type { JobRun, TriggerType } from "../../services/jobs/records";
import type { JobSettings } from "../../services/jobs/schema/settings";
import { ContinuousJobs, type ContinuousState } from "./continuous";
import { type Definition, definitionsOf, timesOf } from "./definitions";
import { filesBefore, lookForFiles } from "./file-arrival";
import { ask } from "./sql-condition";
import type { TriggerState, TriggerStore } from "./store";
import { lookForUpdates, tablesBefore } from "./table-update";
import { Timetable } from "./timetable";

/** Polling interval for files and tables; milliseconds. Databricks polls about every minute. */
const CHECK = 10_000;

/** The workspace, as seen by triggers. */
interface TriggerHost {
  readonly clock: Clock;
  readonly dataDir: string;
  readonly states: TriggerStore;
  readonly query: TaskExecutor["query"];
  savedQuery(id: string): SavedQuery | undefined;
  /** Runs `write` in a transaction. */
  atomically(write: () => void): void;
  /** The current settings of a job. */
  settings(jobId: number): JobSettings | undefined;
  /** Starts a run of a job, which may be queued or skipped. */
  start(jobId: number, how: { trigger: TriggerType; location?: string }): void;
  /** Whether a run of the job is active or queued. */
  isActive(jobId: number): boolean;
  /** Whether a run of the job is queued. */
  isQueued(jobId: number): boolean;
}

/** Triggers of jobs: schedules, file arrivals, table updates and continuous jobs. */
export class JobTriggers {
  readonly #host: TriggerHost;
  readonly #times: Timetable<number>;
  readonly #continuous: ContinuousJobs;
  /** Definitions by job id and key. */
  readonly #definitions = new Map<number, Map<string, Definition>>();
  readonly #asking = new Set<string>();
  readonly #ended = new AbortController();
  #check: Timer | undefined;

  public constructor(host: TriggerHost) {
    this.#host = host;
    this.#times = new Timetable(host.clock, (jobId, key, due) => {
      this.#fire(jobId, key, (state) => ({ ...state, last: due }), { trigger: "PERIODIC" });
    });
    this.#continuous = new ContinuousJobs(host.clock, (jobId) => {
      if (!host.isActive(jobId)) host.start(jobId, { trigger: "CONTINUOUS" });
    });
  }

  /** Sets the triggers of a job; `undefined` removes them. Unchanged triggers keep their state. */
  public set(jobId: number, settings: JobSettings | undefined): void {
    const { states, clock, dataDir } = this.#host;
    const definitions = new Map(
      (settings === undefined ? [] : definitionsOf(settings)).map((each) => [each.key, each]),
    );
    const had = this.#definitions.has(jobId);
    if (definitions.size === 0 && !had) {
      // Most jobs have no triggers, but a paused or deleted one may have left state.
      if (states.ofJob(jobId) !== undefined) states.save(jobId, {});
      return;
    }
    const before = states.ofJob(jobId)?.triggers ?? {};
    const after: Record<string, TriggerState> = {};
    for (const [key, { kind, spec }] of definitions) {
      if (kind === "continuous") continue;
      after[key] = before[key] ?? {
        since: clock.now(),
        ...(kind === "file_arrival" ? { files: filesBefore(spec, dataDir) } : {}),
        ...(kind === "table_update" ? { tables: tablesBefore(spec, dataDir) } : {}),
      };
    }
    states.save(jobId, after);
    this.#arm(jobId, definitions, after);
  }

  /** Call when a run of a job starts, by a trigger or by request. */
  public runStarted(jobId: number): void {
    this.#continuous.runStarted(jobId);
  }

  public runEnded(run: JobRun): void {
    this.#continuous.runEnded(run.job_id, run, this.#host.isActive(run.job_id));
  }

  /** When a schedule starts the job next. */
  public nextStart(jobId: number): number | undefined {
    return this.#times.next(jobId);
  }

  /** The state of a continuous job; undefined for any other job. */
  public continuous(jobId: number): ContinuousState | undefined {
    return this.#continuous.state(jobId);
  }

  public isContinuous(jobId: number): boolean {
    return this.#continuous.state(jobId) !== undefined;
  }

  /** The trigger states of a job, with their kinds. */
  public states(jobId: number): { kind: string; state: TriggerState }[] {
    const { triggers = {} } = this.#host.states.ofJob(jobId) ?? {};
    return [...(this.#definitions.get(jobId) ?? [])].flatMap(([key, { kind }]) => {
      const state = triggers[key];
      return state === undefined ? [] : [{ kind, state }];
    });
  }

  /** All triggers that are not paused, with job, kind, last start and last condition result. */
  public all(): object[] {
    return [...this.#definitions.keys()].flatMap((job_id) => {
      const continuous = this.#continuous.state(job_id);
      return [
        ...(continuous === undefined ? [] : [{ job_id, kind: "continuous", ...continuous }]),
        ...this.states(job_id).map(({ kind, state: { since, last, files, tables, condition } }) => {
          const fired = last ?? files?.firedAt ?? tables?.firedAt;
          return {
            job_id,
            kind,
            since,
            ...(fired === undefined ? {} : { last_fired: fired }),
            ...(condition === undefined ? {} : { condition }),
          };
        }),
      ];
    });
  }

  public stop(): void {
    this.#ended.abort();
    this.#check?.cancel();
    this.#times.stop();
    this.#continuous.stop();
  }

  #arm(
    jobId: number,
    definitions: Map<string, Definition>,
    states: Readonly<Record<string, TriggerState>>,
  ): void {
    if (definitions.size === 0) this.#definitions.delete(jobId);
    else this.#definitions.set(jobId, definitions);
    const all = [...definitions.values()];
    this.#times.set(
      jobId,
      all.flatMap((each) => {
        const { since = 0, last } = states[each.key] ?? {};
        const next = timesOf(each, since);
        return next === undefined ? [] : [[each.key, next, last ?? since] as const];
      }),
    );
    if (all.some(({ kind }) => kind === "continuous"))
      this.#continuous.add(jobId, this.#host.isActive(jobId));
    else this.#continuous.remove(jobId);
    for (const each of all) {
      const isAsked = states[each.key]?.condition !== undefined;
      // As documented, the first value to compare is the one at the time the trigger is saved.
      if (each.condition?.trigger_mode === "RESULT_VALUE_CHANGES" && !isAsked)
        void this.#ask(jobId, each);
      if (each.kind === "file_arrival" || each.kind === "table_update")
        this.#check ??= this.#host.clock.after(CHECK, () => void this.#lookAround());
    }
  }

  /** Checks files and tables, one job after another, so that other work can run in between. */
  async #lookAround(): Promise<void> {
    let isNeeded = false;
    for (const [jobId, definitions] of [...this.#definitions]) {
      for (const definition of definitions.values()) {
        if (definition.kind !== "file_arrival" && definition.kind !== "table_update") continue;
        isNeeded = true;
        await this.#look(jobId, definition);
        if (this.#ended.signal.aborted) return;
      }
    }
    this.#check = isNeeded
      ? this.#host.clock.after(CHECK, () => void this.#lookAround())
      : undefined;
  }

  async #look(
    jobId: number,
    definition: Definition & { kind: "file_arrival" | "table_update" },
  ): Promise<void> {
    const { dataDir, clock, states } = this.#host;
    const { key, kind } = definition;
    const state = states.ofJob(jobId)?.triggers[key];
    // The queued run will process everything that arrives before it starts; another run would only pile up.
    if (state === undefined || this.#host.isQueued(jobId)) return;
    const seen =
      kind === "file_arrival"
        ? await lookForFiles(definition.spec, filesOf(state), dataDir, clock)
        : await lookForUpdates(definition.spec, tablesOf(state), dataDir, clock);
    if (!seen.changed || this.#ended.signal.aborted) return;
    const change = (before: TriggerState): TriggerState => ({
      ...before,
      ...("known" in seen.state ? { files: seen.state } : { tables: seen.state }),
    });
    if (!seen.fires) this.#change(jobId, key, change);
    else if (kind === "file_arrival")
      this.#fire(jobId, key, change, { trigger: "FILE_ARRIVAL", location: definition.spec.url });
    else this.#fire(jobId, key, change, { trigger: "TABLE" });
  }

  /** Saves that a trigger has fired and starts the run, in one transaction. */
  #fire(
    jobId: number,
    key: string,
    change: (state: TriggerState) => TriggerState,
    how: { trigger: TriggerType; location?: string },
  ): void {
    const definition = this.#definitions.get(jobId)?.get(key);
    if (definition === undefined) return;
    this.#host.atomically(() => {
      this.#change(jobId, key, change);
      if (definition.condition === undefined) this.#host.start(jobId, how);
    });
    if (definition.condition !== undefined) {
      void this.#ask(jobId, definition).then((isMet) => {
        if (isMet) this.#host.start(jobId, how);
      });
    }
  }

  /** Evaluates a trigger's SQL condition. False if an evaluation is already in progress. */
  async #ask(jobId: number, { key, condition }: Definition): Promise<boolean> {
    const place = `${jobId}/${key}`;
    if (condition === undefined || this.#asking.has(place)) return false;
    this.#asking.add(place);
    try {
      const { clock, query, states } = this.#host;
      const parameters = this.#host.settings(jobId)?.parameters ?? [];
      const before = states.ofJob(jobId)?.triggers[key]?.condition?.value;
      const answer = await ask(condition, {
        clock,
        query,
        saved: this.#host.savedQuery(condition.sql_query_id),
        parameters: Object.fromEntries(parameters.map((each) => [each.name, each.default])),
        before,
        signal: this.#ended.signal,
      });
      if (this.#ended.signal.aborted) return false;
      const { isMet, ...rest } = answer;
      const value = "value" in answer ? answer.value : before;
      this.#change(jobId, key, (state) => ({
        ...state,
        condition: {
          at: clock.now(),
          is_met: isMet,
          ...rest,
          ...(value === undefined ? {} : { value }),
        },
      }));
      return isMet && this.#definitions.get(jobId)?.has(key) === true;
    } finally {
      this.#asking.delete(place);
    }
  }

  /** Changes a trigger's state, if the trigger still exists. */
  #change(jobId: number, key: string, change: (state: TriggerState) => TriggerState): void {
    const { states } = this.#host;
    const triggers = states.ofJob(jobId)?.triggers;
    const state = triggers?.[key];
    if (triggers !== undefined && state !== undefined)
      states.save(jobId, { ...triggers, [key]: change(state) });
  }
}

const filesOf = ({ files }: TriggerState): NonNullable<TriggerState["files"]> =>
  files ?? { known: [], pending: [] };
const tablesOf = ({ tables }: TriggerState): NonNullable<TriggerState["tables"]> =>
  tables ?? { versions: {}, updated: [] };
