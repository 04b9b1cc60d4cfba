import { type Int64, MAX_RUN_JOB_DEPTH } from "@jobstrata/core/model";
import { jobNotFound } from "../api-error";
import type { Clock } from "../clock";
import type { TaskExecutor } from "../execute/executor";
import type {
  JobParameter,
  JobRun,
  LegacyParameters,
  RunSettings,
  TaskRun,
  TriggerType,
} from "../services/jobs/records";
import type { JobSettings } from "../services/jobs/schema/settings";
import type { Store } from "../store";
import type { ChildRun, RunHost, RunJobDefinition } from "./host";
import type { Limits } from "./limits";
import { jobParameters, legacyParametersOf } from "./parameters";
import { RunQueue } from "./queue";
import { ActiveRun } from "./run";
import { type Ending, INTERRUPTED, TOO_MANY_RUNS } from "./states";

/** Parameters of a new run, of a job or submitted without one. */
export interface Start {
  jobId: number;
  settings: JobSettings;
  settingsId: number;
  runType: JobRun["run_type"];
  trigger: TriggerType;
  jobParameters: JobParameter[];
  overriding?: LegacyParameters;
  only?: string[];
  parent?: JobRun["parent"];
  /** @default the job's `queue` setting */
  queue?: boolean;
  /** The folder of the file arrival trigger. */
  location?: string;
  /** Idempotency token of the request. */
  token?: string;
}

/** The parts of {@link RunHost} that the workspace provides. */
export type Surroundings = Pick<
  RunHost,
  "workspace" | "notebook" | "file" | "files" | "savedQuery" | "openAccess"
>;

/** Starts runs and ensures that each ends. */
export class Launcher {
  public readonly queue: RunQueue;
  public readonly host: RunHost;
  /** Called when a run of a job starts, is queued or is skipped. */
  public onLaunch: (jobId: number) => void = () => undefined;
  /** Called when a run ends. */
  public onEnd: (run: JobRun) => void = () => undefined;
  #stopping = false;

  readonly #store: Store;
  readonly #clock: Clock;
  readonly #limits: Limits;

  /** @param changed called with the id of a job run when the run or one of its tasks changes */
  public constructor(
    store: Store,
    clock: Clock,
    executor: TaskExecutor,
    surroundings: Surroundings,
    limits: Limits,
    changed: (runId: number, run?: JobRun) => void,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#limits = limits;
    const saveJobRun = (run: JobRun): void => {
      store.runs.save(run);
      changed(run.run_id, run);
    };
    this.queue = new RunQueue(saveJobRun, limits);
    this.host = {
      clock,
      executor,
      limits,
      ...surroundings,
      newRunId: () => store.runs.newId(),
      saveJobRun,
      saveTaskRun: (run) => {
        store.runs.save(run);
        changed(run.job_run_id);
      },
      saveOutput: (runId, output) => {
        store.runs.saveOutput(runId, output);
      },
      startChild: (parent, task, definition) => this.#startChild(parent, task, definition),
      finished: (run) => {
        this.#finished(run);
      },
    };
  }

  /** Ends the runs that the last process left active and restores its queued runs. */
  public resume(): void {
    const now = this.#clock.now();
    for (const run of this.#store.runs.active()) {
      if (run.kind === "job" && run.life === "QUEUED" && run.parent === undefined) {
        this.#enqueueAgain(run);
        continue;
      }
      Object.assign(run, INTERRUPTED, { end_time: now });
      if (run.kind === "job") {
        const repair = run.repairs.at(-1);
        if (repair !== undefined) Object.assign(repair, INTERRUPTED, { end_time: now });
        this.host.saveJobRun(run);
      } else this.host.saveTaskRun(run);
    }
    this.#store.flush();
    this.queue.proceed();
  }

  /** Stops all active runs. Queued runs stay queued. @returns resolves when they have ended */
  public async stop(): Promise<void> {
    this.#stopping = true;
    const underWay = this.queue.underWay();
    for (const active of underWay) active.stop(INTERRUPTED);
    await Promise.all(underWay.map(({ done }) => done));
  }

  /** @throws {ApiError} if the job does not exist */
  public jobSettings(asked: Int64): {
    jobId: number;
    settings: JobSettings;
    settingsId: number;
  } {
    const job = typeof asked === "number" ? this.#store.jobs.get(asked) : undefined;
    if (job === undefined) throw jobNotFound(asked);
    return {
      jobId: job.job_id,
      settings: this.#store.jobs.settings(job.settings_id),
      settingsId: job.settings_id,
    };
  }

  /** Maximum concurrent runs of a run's job. */
  public limitOf(run: JobRun): number {
    const job = run.job_id === 0 ? undefined : this.#store.jobs.get(run.job_id);
    return job === undefined
      ? Infinity
      : (this.#store.jobs.settings(job.settings_id).max_concurrent_runs ?? 1);
  }

  /**
   * Starts a run, or queues or skips it if the job or the workspace has reached its maximum.
   * @throws {ApiError} if the workspace has reached its maximum and a requested run must not be queued
   */
  public launch(start: Start): JobRun {
    const { jobId, settings, token } = start;
    const mayWait = start.queue ?? settings.queue?.enabled ?? false;
    if (start.trigger === "ONE_TIME" && !mayWait) this.#limits.checkTaskRuns();
    const now = this.#clock.now();
    const run: JobRun = {
      kind: "job",
      run_id: this.#store.runs.newId(),
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
      ...(start.location === undefined ? {} : { trigger_location: start.location }),
    };
    if (token !== undefined) this.#store.runs.saveToken(token, run.run_id);
    const limit = jobId === 0 ? Infinity : (settings.max_concurrent_runs ?? 1);
    if (this.queue.mayBegin(run, limit)) {
      this.queue.begin({ active: this.#activate(run, settings), limit });
    } else if (limit > 0 && mayWait) {
      this.queue.enqueue({ active: this.#activate(run, settings), limit });
    } else {
      Object.assign(run, TOO_MANY_RUNS, { end_time: now });
      this.host.saveJobRun(run);
    }
    this.onLaunch(jobId);
    return run;
  }

  #startChild(parent: JobRun, task: TaskRun, definition: RunJobDefinition): ChildRun {
    const { jobId, settings, settingsId } = this.jobSettings(definition.job_id);
    const jobs = [...(parent.parent?.jobs ?? []), parent.job_id];
    if (jobs.includes(jobId)) {
      throw new Error(
        `Job ${jobId} is already running above this task (${[...jobs, jobId].join(" > ")}): jobs must not run each other in a cycle`,
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
    return {
      runId: run.run_id,
      done: this.queue.get(run.run_id)?.done ?? Promise.resolve(run as Ending),
      stop: () => {
        this.queue.cancel(run.run_id);
      },
    };
  }

  #activate(run: JobRun, settings: JobSettings): ActiveRun {
    const all = settings.tasks?.map(({ task_key }) => task_key);
    return new ActiveRun(
      this.host,
      run,
      runSettings(settings),
      new Map(),
      new Set(run.only ?? all),
    );
  }

  #finished(run: JobRun): void {
    const wasActive = this.queue.remove(run);
    if (this.#stopping) return;
    // Queued runs of other jobs may have waited for the workspace's limit.
    if (wasActive) this.queue.proceed(this.#limits.wasReached() ? undefined : run.job_id);
    this.onEnd(run);
  }

  #enqueueAgain(run: JobRun): void {
    const settings = this.#store.jobs.settings(run.settings_id);
    this.queue.enqueue({ active: this.#activate(run, settings), limit: this.limitOf(run) });
  }
}

/** The settings that a run uses. */
export const runSettings = (settings: JobSettings): RunSettings => ({
  ...settings,
  name: settings.name ?? "Untitled",
  tasks: settings.tasks ?? [],
});
