import { type Int64, MAX_RUN_JOB_DEPTH } from "@jobstrata/core/model";
import { invalidParameter, invalidState, jobNotFound, runNotFound } from "../api-error";
import type { Clock } from "../clock";
import type { TaskExecutor } from "../execute/executor";
import { omit } from "../omit";
import type {
  JobParameter,
  JobRun,
  LegacyParameters,
  RunSettings,
  TaskRun,
  TriggerType,
} from "../services/jobs/records";
import { normaliseTasks } from "../services/jobs/schema/normalise";
import { checkTasks } from "../services/jobs/schema/rules";
import type { JobSettings, RepairRun, RunNow, SubmitRun } from "../services/jobs/schema/settings";
import { latestAttempts } from "../services/jobs/views";
import type { Store } from "../store";
import type { ChildRun, RunHost, RunJobDefinition } from "./host";
import { jobParameters, legacyParametersOf } from "./parameters";
import { RunQueue } from "./queue";
import { checkRepair, originalRun, tasksToRepair } from "./repair";
import { ActiveRun } from "./run";
import { type Ending, INTERRUPTED, isOver, TOO_MANY_RUNS } from "./states";
import { Triggers } from "./triggers";

/** An executor that does not let go of its tasks when the workspace stops is left alone after this; milliseconds. */
const STOP_PATIENCE = 5000;

/** Change listener; called synchronously and frequently. */
export interface ChangeListener {
  /** A job's run, or a task of it, is new or has changed. @param run the record, where it is the run itself */
  runChanged(runId: number, run?: JobRun): void;
  /** A run was deleted. */
  runDeleted(): void;
  /** A job was created, changed or deleted. */
  jobsChanged(): void;
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

/** Starts the runs of all jobs, by request or by their triggers, and ensures that each ends. */
export class Scheduler {
  public listener: ChangeListener | undefined;
  readonly #triggers: Triggers<number>;
  readonly #queue: RunQueue;
  readonly #host: RunHost;
  #stopping = false;

  readonly #store: Store;
  readonly #clock: Clock;

  public constructor(
    store: Store,
    clock: Clock,
    executor: TaskExecutor,
    surroundings: Pick<
      RunHost,
      "workspace" | "notebook" | "file" | "files" | "savedQuery" | "openAccess"
    >,
  ) {
    this.#store = store;
    this.#clock = clock;

    this.#triggers = new Triggers(clock, (jobId) => {
      this.#trigger(jobId);
    });
    const saveJobRun = (run: JobRun): void => {
      store.runs.save(run);
      this.listener?.runChanged(run.run_id, run);
    };
    this.#queue = new RunQueue(saveJobRun);
    this.#host = {
      clock,
      executor,
      ...surroundings,
      newRunId: () => store.runs.newId(),
      saveJobRun,
      saveTaskRun: (run) => {
        store.runs.save(run);
        this.listener?.runChanged(run.job_run_id);
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

  /** Closes what the last process left open, takes queued runs up again and arms the triggers of all jobs. */
  public start(): void {
    this.#closeInterrupted();
    for (const job of this.#store.jobs.all()) {
      // Most jobs have none; the text tells without parsing it.
      if (/"(schedule|periodic)":/.test(job.json)) {
        this.#triggers.set(job.job_id, this.#store.jobs.settings(job.settings_id));
      }
    }
  }

  /** Stops all active runs and resolves when they have ended. Queued runs stay queued. */
  public async stop(): Promise<void> {
    this.#stopping = true;
    this.#triggers.stop();
    const underWay = this.#queue.underWay();
    for (const active of underWay) active.stop(INTERRUPTED);
    const all = Promise.all(underWay.map(({ done }) => done));
    // On the machine's time, whatever the clock of the workspace: stopping must not wait forever.
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, STOP_PATIENCE)));
    await Promise.race([all, patience]);
    clearTimeout(timer);
  }

  /** How many jobs there are, and how many runs that are not over. */
  public counts(): { jobs: number; active_runs: number; queued_runs: number } {
    return { jobs: this.#store.jobs.count(), ...this.#queue.counts() };
  }

  /** To be called after the settings of a job were changed; `undefined` when it was deleted. */
  public jobChanged(jobId: number, settings: JobSettings | undefined): void {
    this.#triggers.set(jobId, settings);
    this.listener?.jobsChanged();
  }

  /** The record of a job's run. */
  public jobRun(runId: number): JobRun | undefined {
    return this.#queue.get(runId)?.run ?? this.#store.runs.jobRun(runId);
  }

  public runNow(request: RunNow): { run_id: number; number_in_job: number } {
    const { idempotency_token } = request;
    const again = this.#runOfToken(idempotency_token);
    if (again !== undefined) return { run_id: again, number_in_job: again };
    const { jobId: job_id, settings, settingsId } = this.#jobSettings(request.job_id);
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
    const run = this.#launch(
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
    const again = this.#runOfToken(idempotency_token);
    if (again !== undefined) return { run_id: again };
    if (request.tasks.length === 0) throw invalidParameter("Missing required field: tasks");
    checkTasks(request.tasks, request);
    const settings: JobSettings = {
      ...omit(rest, "access_control_list"),
      name: run_name ?? "Untitled",
      tasks: normaliseTasks(request.tasks, request),
    };
    const run = this.#launch(
      {
        jobId: 0,
        settings,
        settingsId: this.#store.jobs.saveSettings(settings),
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
    const run = this.#store.runs.get(runId);
    if (run === undefined) throw runNotFound(runId);
    if (run.kind !== "job") {
      throw invalidParameter(
        `Run ${runId} is the run of a task; cancel the run of the job, ${run.parent_id}.`,
      );
    }
    this.#queue.cancel(runId);
  }

  /** Cancels the runs of a job or, without one, every queued run. */
  public cancelAll(jobId: number | undefined, queuedToo: boolean): void {
    this.#queue.cancelAll(jobId, queuedToo);
  }

  public repair(request: RepairRun): { repair_id: number } {
    const { run_id: asked } = request;
    const run = typeof asked === "number" ? this.#store.runs.jobRun(asked) : undefined;
    if (run === undefined) throw runNotFound(asked);
    checkRepair(run, request);
    const { run_id } = run;
    const settings = this.#store.jobs.settings(run.settings_id);
    const attempts = latestAttempts(this.#store.runs.children(run_id));
    const earlier = new Map(attempts.map((attempt) => [attempt.task_key, attempt]));
    const rerun = tasksToRepair(settings.tasks ?? [], earlier, request);
    const overriding = legacyParametersOf(request);
    if (Object.keys(overriding).length > 0) run.overriding_parameters = overriding;
    if (request.job_parameters !== undefined) {
      const values = Object.fromEntries(run.job_parameters.map(({ name, value }) => [name, value]));
      const parameters = { ...values, ...request.job_parameters };
      run.job_parameters = jobParameters(run.job_id, settings, parameters);
    }
    const limit = this.#limitOf(run);
    if (run.job_id !== 0 && !this.#queue.hasRoom(run.job_id, limit)) {
      throw invalidState(
        `Job ${run.job_id} has ${limit} active runs already, so run ${run_id} cannot be repaired now.`,
      );
    }
    if (run.repairs.length === 0) run.repairs.push(originalRun(run, attempts));
    run.life = "PENDING";
    run.message = "";
    delete run.result;
    delete run.code;
    delete run.end_time;
    const active = new ActiveRun(this.#host, run, runSettings(settings), earlier, rerun);
    const repair_id = this.#store.runs.newId();
    run.repairs.push({
      id: repair_id,
      life: "RUNNING",
      message: "",
      start_time: this.#clock.now(),
      task_run_ids: active.attemptIds(),
    });
    this.#queue.begin({ active, limit });
    return { repair_id };
  }

  /** @throws {ApiError} when the run is not over, or there is none */
  public deleteRun(runId: number): void {
    const run = this.#store.runs.jobRun(runId);
    if (run === undefined) throw runNotFound(runId);
    if (!isOver(run))
      throw invalidState(`Run ${runId} is still active; only a finished run can be deleted.`);
    this.#store.runs.delete(runId);
    this.listener?.runDeleted();
  }

  /** @throws {ApiError} for an id of no job; ids of this workspace count from 1, so that none is beyond 2^53 */
  #jobSettings(asked: Int64): {
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

  #trigger(jobId: number): void {
    if (this.#stopping) return;
    const job = this.#store.jobs.get(jobId);
    if (job === undefined) return;
    const settings = this.#store.jobs.settings(job.settings_id);
    this.#launch({
      jobId,
      settings,
      settingsId: job.settings_id,
      runType: "JOB_RUN",
      trigger: "PERIODIC",
      jobParameters: jobParameters(jobId, settings),
    });
  }

  #startChild(parent: JobRun, task: TaskRun, definition: RunJobDefinition): ChildRun {
    const { jobId, settings, settingsId } = this.#jobSettings(definition.job_id);
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
    const run = this.#launch({
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
      done: this.#queue.get(run.run_id)?.done ?? Promise.resolve(run as Ending),
      stop: () => {
        this.cancel(run.run_id);
      },
    };
  }

  /** Starts a run, or queues or skips it if the job has reached its maximum. */
  #launch(start: Start, token?: string): JobRun {
    const { jobId, settings } = start;
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
    };
    if (token !== undefined) this.#store.runs.saveToken(token, run.run_id);
    const limit = jobId === 0 ? Infinity : (settings.max_concurrent_runs ?? 1);
    if (this.#queue.hasRoom(jobId, limit)) {
      this.#queue.begin({ active: this.#activate(run, settings), limit });
    } else if (limit > 0 && (start.queue ?? settings.queue?.enabled ?? false)) {
      this.#queue.enqueue({ active: this.#activate(run, settings), limit });
    } else {
      Object.assign(run, TOO_MANY_RUNS, { end_time: now });
      this.#host.saveJobRun(run);
    }
    return run;
  }

  #activate(run: JobRun, settings: JobSettings): ActiveRun {
    const all = settings.tasks?.map(({ task_key }) => task_key);
    return new ActiveRun(
      this.#host,
      run,
      runSettings(settings),
      new Map(),
      new Set(run.only ?? all),
    );
  }

  #finished(run: JobRun): void {
    if (this.#queue.remove(run) && !this.#stopping) this.#queue.proceed(run.job_id);
  }

  #limitOf(run: JobRun): number {
    const job = run.job_id === 0 ? undefined : this.#store.jobs.get(run.job_id);
    return job === undefined
      ? Infinity
      : (this.#store.jobs.settings(job.settings_id).max_concurrent_runs ?? 1);
  }

  #runOfToken(token: string | undefined): number | undefined {
    if (token === undefined || token === "") return undefined;
    const runId = this.#store.runs.ofToken(token);
    if (runId !== undefined && !this.#store.runs.has(runId)) {
      throw invalidParameter(
        `The run that was started with idempotency_token "${token}" has been deleted.`,
      );
    }
    return runId;
  }

  #closeInterrupted(): void {
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
        this.#host.saveJobRun(run);
      } else this.#host.saveTaskRun(run);
    }
    this.#store.flush();
    this.#queue.proceed();
  }

  #enqueueAgain(run: JobRun): void {
    const settings = this.#store.jobs.settings(run.settings_id);
    this.#queue.enqueue({ active: this.#activate(run, settings), limit: this.#limitOf(run) });
  }
}

const runSettings = (settings: JobSettings): RunSettings => ({
  ...settings,
  name: settings.name ?? "Untitled",
  tasks: settings.tasks ?? [],
});
