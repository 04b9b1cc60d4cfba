import { type Int64, parseJson, stringifyJson } from "@jobstrata/core/model";
import { invalidParameter, invalidState, jobNotFound, runNotFound } from "../api-error";
import type { Clock } from "../clock";
import type { TaskExecutor } from "../execute/executor";
import { omit } from "../omit";
import { normaliseTasks } from "../services/jobs/schema/normalise";
import { checkTasks } from "../services/jobs/schema/rules";
import type { JobSettings, RepairRun, RunNow, SubmitRun } from "../services/jobs/schema/settings";
import type { RunRow, Store } from "../store";
import {
  ActiveRun,
  type ChildRun,
  type RunHost,
  type RunJobDefinition,
  type TaskOutput,
} from "./run";
import {
  type JobParameter,
  type JobRun,
  LEGACY_PARAMETERS,
  type LegacyParameters,
  type RunSettings,
  type TaskRun,
  type TriggerType,
} from "../services/jobs/records";
import { originalRun, tasksToRepair } from "./repair";
import { CANCELED, type Ending, INTERRUPTED, isOver, TOO_MANY_RUNS } from "./states";
import { Triggers } from "./triggers";

/** The service lets no chain of Run Job tasks be longer. */
export const MAX_RUN_JOB_DEPTH = 3;
/** The JSON of the parameters of one task type; bytes. */
const MAX_PARAMETERS = 10_000;
/** An executor that does not let go of its tasks when the workspace stops is left alone after this; milliseconds. */
const STOP_PATIENCE = 5000;
/** Settings that runs have in common are parsed once; this many are remembered. */
const SETTINGS_REMEMBERED = 256;

/** Who is told of what changes, at once and often. */
export interface ChangeListener {
  /** A job's run, or a task of it, is new or has changed. @param run the record, where it is the run itself */
  runChanged(runId: number, run?: JobRun): void;
  /** A run was deleted. */
  runDeleted(): void;
  /** A job was created, changed or deleted. */
  jobsChanged(): void;
}

/** A run that is under way or waits for its turn. */
interface Live {
  active: ActiveRun;
  /** How many runs of the job there may be at once. */
  limit: number;
}

interface Start {
  jobId: number;
  settings: JobSettings;
  settingsId: number;
  runType: JobRun["run_type"];
  trigger: TriggerType;
  jobParameters: JobParameter[];
  overriding?: LegacyParameters;
  only?: string[];
  parent?: JobRun["parent"];
  /** @default the setting of the job */
  queue?: boolean;
}

/** Starts the runs of all jobs, by request or by their triggers, and sees to it that each ends. */
export class Scheduler {
  public listener: ChangeListener | undefined;
  private readonly triggers: Triggers;
  private readonly running = new Map<number, Live>();
  private readonly queued = new Map<number, Live>();
  /** The queued runs of a job, the first to come first. */
  private readonly queuedOfJob = new Map<number, Set<number>>();
  /** How many runs of a job are under way. */
  private readonly runningOfJob = new Map<number, number>();
  private readonly remembered = new Map<number, JobSettings>();
  private readonly host: RunHost;
  private stopping = false;

  public constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    executor: TaskExecutor,
    surroundings: Pick<RunHost, "workspace" | "notebook" | "files" | "openAccess">,
  ) {
    this.triggers = new Triggers(clock, (jobId) => {
      this.trigger(jobId);
    });
    this.host = {
      clock,
      executor,
      ...surroundings,
      newRunId: () => store.newRunId(),
      saveJobRun: (run) => {
        this.saveJobRun(run);
      },
      saveTaskRun: (run) => {
        store.saveRun({
          run_id: run.run_id,
          parent_id: run.parent_id,
          job_id: null,
          run_type: null,
          start_time: run.start_time,
          active: isOver(run) ? 0 : 1,
          settings_id: null,
          record: run,
        });
        this.listener?.runChanged(run.job_run_id);
      },
      saveOutput: (runId, output: TaskOutput) => {
        if (Object.keys(output).length > 0) store.saveOutput(runId, stringifyJson(output));
      },
      startChild: (parent, task, definition) => this.startChild(parent, task, definition),
      finished: (run) => {
        this.finished(run);
      },
    };
  }

  /** Closes what the last process left open, takes queued runs up again and arms the triggers of all jobs. */
  public start(): void {
    this.closeInterrupted();
    for (const job of this.store.allJobs()) {
      // Most jobs have none; the text tells without parsing it.
      if (/"(schedule|periodic)":/.test(job.settings)) {
        this.triggers.set(job.job_id, parseJson(job.settings) as JobSettings);
      }
    }
  }

  /** Stops everything that is under way and resolves when nothing is left of it. Queued runs stay queued. */
  public async stop(): Promise<void> {
    this.stopping = true;
    this.triggers.stop();
    const live = [...this.running.values()];
    for (const { active } of live) active.stop(INTERRUPTED);
    const all = Promise.all(live.map(({ active }) => active.done));
    // On the machine's time, whatever the clock of the workspace: stopping must not wait for ever.
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, STOP_PATIENCE)));
    await Promise.race([all, patience]);
    clearTimeout(timer);
  }

  /** How many jobs there are, and how many runs that are not over. */
  public counts(): { jobs: number; active_runs: number; queued_runs: number } {
    return {
      jobs: this.store.jobCount(),
      active_runs: this.running.size,
      queued_runs: this.queued.size,
    };
  }

  /** To be called after the settings of a job were changed; `undefined` when it was deleted. */
  public jobChanged(jobId: number, settings: JobSettings | undefined): void {
    this.triggers.set(jobId, settings);
    this.listener?.jobsChanged();
  }

  /** The record of a job's run. */
  public jobRun(runId: number): JobRun | undefined {
    const live = this.running.get(runId) ?? this.queued.get(runId);
    if (live !== undefined) return live.active.run;
    const row = this.store.runRow(runId);
    return row?.parent_id === null ? (parseJson(row.record) as JobRun) : undefined;
  }

  public runNow(request: RunNow): { run_id: number; number_in_job: number } {
    const { idempotency_token } = request;
    const again = this.runOfToken(idempotency_token);
    if (again !== undefined) return { run_id: again, number_in_job: again };
    const { jobId: job_id, settings, settingsId } = this.jobSettings(request.job_id);
    const overriding = legacyParametersOf(request);
    if (request.job_parameters !== undefined && Object.keys(overriding).length > 0) {
      throw invalidParameter(
        "job_parameters cannot be used together with parameters of a task type such as notebook_params.",
      );
    }
    const keys = new Set(settings.tasks?.map(({ task_key }) => task_key));
    for (const key of request.only ?? []) {
      if (!keys.has(key))
        throw invalidParameter(`"only" names task "${key}", which job ${job_id} does not have.`);
    }
    const run = this.launch(
      {
        jobId: job_id,
        settings,
        settingsId,
        runType: "JOB_RUN",
        trigger: "ONE_TIME",
        jobParameters: jobParameters(job_id, settings, request.job_parameters),
        ...(Object.keys(overriding).length === 0 ? {} : { overriding }),
        ...(request.only === undefined || request.only.length === 0 ? {} : { only: request.only }),
        ...(request.queue === undefined ? {} : { queue: request.queue.enabled }),
      },
      idempotency_token,
    );
    return { run_id: run.run_id, number_in_job: run.run_id };
  }

  public submit(request: SubmitRun): { run_id: number } {
    const { idempotency_token, run_name, queue, ...rest } = request;
    const again = this.runOfToken(idempotency_token);
    if (again !== undefined) return { run_id: again };
    if (request.tasks.length === 0) throw invalidParameter("Missing required field: tasks");
    checkTasks(request.tasks, request);
    const settings: JobSettings = {
      ...omit(rest, "access_control_list"),
      name: run_name ?? "Untitled",
      tasks: normaliseTasks(request.tasks, request),
    };
    const run = this.launch(
      {
        jobId: 0,
        settings,
        settingsId: this.store.saveSettings(stringifyJson(settings)),
        runType: "SUBMIT_RUN",
        trigger: "ONE_TIME",
        jobParameters: [],
        ...(queue === undefined ? {} : { queue: queue.enabled }),
      },
      idempotency_token,
    );
    return { run_id: run.run_id };
  }

  /** A run that is over already stays as it is, as with the service. */
  public cancel(runId: number): void {
    const row = this.store.runRow(runId);
    if (row === undefined) throw runNotFound(runId);
    if (row.parent_id !== null) {
      throw invalidParameter(
        `Run ${runId} is the run of a task; cancel the run of the job, ${row.parent_id}.`,
      );
    }
    this.running.get(runId)?.active.stop(CANCELED);
    this.cancelQueued(runId);
  }

  /** Cancels the runs of a job or, without one, every queued run. */
  public cancelAll(jobId: number | undefined, queuedToo: boolean): void {
    const concerned = ({ active }: Live): boolean =>
      jobId === undefined || active.run.job_id === jobId;
    if (queuedToo || jobId !== undefined) {
      for (const [runId, live] of [...this.queued]) if (concerned(live)) this.cancelQueued(runId);
    }
    if (jobId === undefined) return;
    for (const live of [...this.running.values()]) if (concerned(live)) live.active.stop(CANCELED);
  }

  public repair(request: RepairRun): { repair_id: number } {
    const row = typeof request.run_id === "number" ? this.store.runRow(request.run_id) : undefined;
    if (row?.parent_id !== null) throw runNotFound(request.run_id);
    const { run_id } = row;
    const run = parseJson(row.record) as JobRun;
    if (!isOver(run))
      throw invalidState(`Run ${run_id} is still active; only a finished run can be repaired.`);
    const latest = latestRepair(run);
    if (latest !== undefined && request.latest_repair_id === undefined) {
      throw invalidParameter(
        `latest_repair_id is required, since run ${run_id} was repaired before; it is ${latest}.`,
      );
    }
    if (request.latest_repair_id !== undefined && request.latest_repair_id !== latest) {
      const is = latest === undefined ? "the run has no repair" : `the latest repair is ${latest}`;
      throw invalidParameter(`latest_repair_id ${request.latest_repair_id} is not right: ${is}.`);
    }
    const settings = this.settingsOf(run.settings_id);
    const earlier = latestAttempts(this.store.childRows(run_id));
    const rerun = tasksToRepair(settings.tasks ?? [], earlier, request);
    const overriding = legacyParametersOf(request);
    if (Object.keys(overriding).length > 0) run.overriding_parameters = overriding;
    if (request.job_parameters !== undefined) {
      const values = Object.fromEntries(run.job_parameters.map(({ name, value }) => [name, value]));
      const parameters = { ...values, ...request.job_parameters };
      run.job_parameters = jobParameters(run.job_id, settings, parameters);
    }
    const limit = this.limitOf(run);
    if (run.job_id !== 0 && (this.runningOfJob.get(run.job_id) ?? 0) >= limit) {
      throw invalidState(
        `Job ${run.job_id} has ${limit} active runs already, so run ${run_id} cannot be repaired now.`,
      );
    }
    if (run.repairs.length === 0) run.repairs.push(originalRun(run, [...earlier.values()]));
    run.life = "PENDING";
    run.message = "";
    delete run.result;
    delete run.code;
    delete run.end_time;
    const active = new ActiveRun(this.host, run, runSettings(settings), earlier, rerun);
    const repair_id = this.store.newRunId();
    run.repairs.push({
      id: repair_id,
      life: "RUNNING",
      message: "",
      start_time: this.clock.now(),
      task_run_ids: active.attemptIds(),
    });
    this.begin({ active, limit });
    return { repair_id };
  }

  /** @throws {ApiError} when the run is not over, or there is none */
  public deleteRun(runId: number): void {
    const row = this.store.runRow(runId);
    if (row?.parent_id !== null) throw runNotFound(runId);
    if (row.active === 1)
      throw invalidState(`Run ${runId} is still active; only a finished run can be deleted.`);
    this.store.deleteRun(runId);
    this.listener?.runDeleted();
  }

  public settingsOf(settingsId: number): JobSettings {
    let settings = this.remembered.get(settingsId);
    if (settings === undefined) {
      settings = parseJson(this.store.settings(settingsId)) as JobSettings;
      const [oldest] = this.remembered.keys();
      if (this.remembered.size >= SETTINGS_REMEMBERED && oldest !== undefined)
        this.remembered.delete(oldest);
      this.remembered.set(settingsId, settings);
    }
    return settings;
  }

  /** @throws {ApiError} for an id of no job; ids of this workspace count from 1, so that none is beyond 2^53 */
  private jobSettings(asked: Int64): {
    jobId: number;
    settings: JobSettings;
    settingsId: number;
  } {
    const job = typeof asked === "number" ? this.store.job(asked) : undefined;
    if (job === undefined) throw jobNotFound(asked);
    return {
      jobId: job.job_id,
      settings: this.settingsOf(job.settings_id),
      settingsId: job.settings_id,
    };
  }

  private trigger(jobId: number): void {
    if (this.stopping) return;
    const job = this.store.job(jobId);
    if (job === undefined) return;
    const settings = this.settingsOf(job.settings_id);
    this.launch({
      jobId,
      settings,
      settingsId: job.settings_id,
      runType: "JOB_RUN",
      trigger: "PERIODIC",
      jobParameters: jobParameters(jobId, settings),
    });
  }

  private startChild(parent: JobRun, task: TaskRun, definition: RunJobDefinition): ChildRun {
    const { jobId, settings, settingsId } = this.jobSettings(definition.job_id);
    const jobs = [...(parent.parent?.jobs ?? []), parent.job_id];
    if (jobs.includes(jobId)) {
      throw new Error(
        `Job ${jobId} is already running above this task (${[...jobs, jobId].join(" > ")}): jobs must not run each other in a circle`,
      );
    }
    if (jobs.length > MAX_RUN_JOB_DEPTH) {
      throw new Error(
        `Run Job tasks must not be nested more than ${MAX_RUN_JOB_DEPTH} deep: ${[...jobs, jobId].join(" > ")}`,
      );
    }
    const declared = new Set(settings.parameters?.map(({ name }) => name));
    const pushed: Record<string, string> = { ...definition.job_parameters };
    for (const { name, value } of parent.job_parameters) {
      if (declared.has(name)) pushed[name] = value;
    }
    const overriding = legacyParametersOf(definition);
    const run = this.launch({
      jobId,
      settings,
      settingsId,
      runType: "JOB_RUN",
      trigger: "RUN_JOB_TASK",
      jobParameters: jobParameters(jobId, settings, pushed),
      ...(Object.keys(overriding).length === 0 ? {} : { overriding }),
      parent: { task_run_id: task.run_id, run_id: parent.run_id, jobs },
    });
    const live = this.running.get(run.run_id) ?? this.queued.get(run.run_id);
    return {
      runId: run.run_id,
      done: live?.active.done ?? Promise.resolve(run as Ending),
      stop: () => {
        this.cancel(run.run_id);
      },
    };
  }

  /** Begins a run, or queues or skips it when the job has as many as it may have. */
  private launch(start: Start, token?: string): JobRun {
    const { jobId, settings } = start;
    const now = this.clock.now();
    const run: JobRun = {
      kind: "job",
      run_id: this.store.newRunId(),
      job_id: jobId,
      run_name: settings.name ?? "Untitled",
      run_type: start.runType,
      trigger: start.trigger,
      settings_id: start.settingsId,
      start_time: now,
      life: "PENDING",
      message: "",
      job_parameters: start.jobParameters,
      repairs: [],
      ...(start.overriding === undefined ? {} : { overriding_parameters: start.overriding }),
      ...(start.only === undefined ? {} : { only: start.only }),
      ...(start.parent === undefined ? {} : { parent: start.parent }),
    };
    if (token !== undefined) this.store.saveToken(token, run.run_id);
    const limit = jobId === 0 ? Infinity : (settings.max_concurrent_runs ?? 1);
    if ((this.runningOfJob.get(jobId) ?? 0) < limit) {
      this.begin({ active: this.activate(run, settings), limit });
    } else if (limit > 0 && (start.queue ?? settings.queue?.enabled ?? false)) {
      this.enqueue({ active: this.activate(run, settings), limit });
    } else {
      Object.assign(run, TOO_MANY_RUNS, { end_time: now });
      this.saveJobRun(run);
    }
    return run;
  }

  private activate(run: JobRun, settings: JobSettings): ActiveRun {
    const all = settings.tasks?.map(({ task_key }) => task_key);
    return new ActiveRun(
      this.host,
      run,
      runSettings(settings),
      new Map(),
      new Set(run.only ?? all),
    );
  }

  private begin(live: Live): void {
    const { run } = live.active;
    this.running.set(run.run_id, live);
    this.runningOfJob.set(run.job_id, (this.runningOfJob.get(run.job_id) ?? 0) + 1);
    live.active.begin();
  }

  private enqueue(live: Live): void {
    const { run } = live.active;
    run.life = "QUEUED";
    run.message = `Queued: job ${run.job_id} has as many active runs as it may have (${live.limit}).`;
    this.queued.set(run.run_id, live);
    const others = this.queuedOfJob.get(run.job_id);
    if (others === undefined) this.queuedOfJob.set(run.job_id, new Set([run.run_id]));
    else others.add(run.run_id);
    this.saveJobRun(run);
  }

  private dequeue(runId: number): Live | undefined {
    const live = this.queued.get(runId);
    if (live === undefined) return undefined;
    const { job_id } = live.active.run;
    const others = this.queuedOfJob.get(job_id);
    others?.delete(runId);
    if (others?.size === 0) this.queuedOfJob.delete(job_id);
    this.queued.delete(runId);
    return live;
  }

  /** Begins the queued runs of a job that there is room for. */
  private proceed(jobId: number): void {
    for (;;) {
      const [first] = this.queuedOfJob.get(jobId) ?? [];
      const live = first === undefined ? undefined : this.queued.get(first);
      if (live === undefined || (this.runningOfJob.get(jobId) ?? 0) >= live.limit) return;
      this.dequeue(live.active.run.run_id);
      live.active.run.message = "";
      this.begin(live);
    }
  }

  private cancelQueued(runId: number): void {
    this.dequeue(runId)?.active.abandon(CANCELED);
  }

  private finished(run: JobRun): void {
    if (!this.running.delete(run.run_id)) return;
    const left = (this.runningOfJob.get(run.job_id) ?? 1) - 1;
    if (left === 0) this.runningOfJob.delete(run.job_id);
    else this.runningOfJob.set(run.job_id, left);
    if (!this.stopping) this.proceed(run.job_id);
  }

  private limitOf(run: JobRun): number {
    const job = run.job_id === 0 ? undefined : this.store.job(run.job_id);
    return job === undefined
      ? Infinity
      : (this.settingsOf(job.settings_id).max_concurrent_runs ?? 1);
  }

  private saveJobRun(run: JobRun): void {
    this.store.saveRun({
      run_id: run.run_id,
      parent_id: null,
      job_id: run.job_id,
      run_type: run.run_type,
      start_time: run.start_time,
      active: isOver(run) ? 0 : 1,
      settings_id: run.settings_id,
      record: run,
    });
    this.listener?.runChanged(run.run_id, run);
  }

  private runOfToken(token: string | undefined): number | undefined {
    if (token === undefined || token === "") return undefined;
    const runId = this.store.runOfToken(token);
    if (runId !== undefined && this.store.runRow(runId) === undefined) {
      throw invalidParameter(
        `The run that was started with idempotency_token "${token}" has been deleted.`,
      );
    }
    return runId;
  }

  private closeInterrupted(): void {
    const now = this.clock.now();
    for (const row of this.store.activeRows()) {
      const run = parseJson(row.record) as JobRun | TaskRun;
      if (run.kind === "job" && run.life === "QUEUED" && run.parent === undefined) {
        this.enqueueAgain(run);
        continue;
      }
      Object.assign(run, INTERRUPTED, { end_time: now });
      if (run.kind === "job") {
        const repair = run.repairs.at(-1);
        if (repair !== undefined) Object.assign(repair, INTERRUPTED, { end_time: now });
        this.saveJobRun(run);
      } else this.host.saveTaskRun(run);
    }
    this.store.flush();
    for (const jobId of [...this.queuedOfJob.keys()]) this.proceed(jobId);
  }

  private enqueueAgain(run: JobRun): void {
    const settings = this.settingsOf(run.settings_id);
    this.enqueue({ active: this.activate(run, settings), limit: this.limitOf(run) });
  }
}

function legacyParametersOf(request: LegacyParameters): LegacyParameters {
  const given: Record<string, unknown> = {};
  for (const name of LEGACY_PARAMETERS) {
    const value = request[name];
    if (value === undefined) continue;
    if (Buffer.byteLength(stringifyJson({ [name]: value })) > MAX_PARAMETERS) {
      throw invalidParameter(`The JSON of ${name} must not exceed ${MAX_PARAMETERS} bytes.`);
    }
    given[name] = value;
  }
  if (given.notebook_params !== undefined && given.jar_params !== undefined) {
    throw invalidParameter("notebook_params cannot be used together with jar_params.");
  }
  return given;
}

/** The parameters of a run: what the job declares, with the values that are given. */
function jobParameters(
  jobId: number,
  settings: JobSettings,
  given: Readonly<Record<string, string>> = {},
): JobParameter[] {
  const declared = settings.parameters ?? [];
  const names = new Set(declared.map(({ name }) => name));
  const unknown = Object.keys(given).filter((name) => !names.has(name));
  if (unknown.length > 0) {
    throw invalidParameter(
      `Job ${jobId} does not declare the job parameter ${unknown.map((name) => `"${name}"`).join(", ")}.`,
    );
  }
  return declared.map(({ name, default: fallback }) => ({
    name,
    default: fallback,
    value: Object.hasOwn(given, name) ? (given[name] ?? fallback) : fallback,
  }));
}

const runSettings = (settings: JobSettings): RunSettings => ({
  ...settings,
  name: settings.name ?? "Untitled",
  tasks: settings.tasks ?? [],
});

/** The id that the next repair of the run has to name; `undefined` where there was none yet. */
export const latestRepair = ({ repairs }: JobRun): number | undefined =>
  repairs.length > 1 ? repairs.at(-1)?.id : undefined;

/** The attempts that count: of each task the latest. */
function latestAttempts(rows: readonly RunRow[]): Map<string, TaskRun> {
  const latest = new Map<string, TaskRun>();
  for (const { record } of rows) {
    const attempt = parseJson(record) as TaskRun;
    latest.set(attempt.task_key, attempt);
  }
  return latest;
}
