import { invalidParameter, invalidState, runNotFound } from "../api-error";
import type { Clock } from "../clock";
import type { TaskExecutor } from "../execute/executor";
import { omit } from "../omit";
import type { JobRun, TriggerType } from "../services/jobs/records";
import { normaliseTasks } from "../services/jobs/schema/normalise";
import { checkTasks } from "../services/jobs/schema/rules";
import type { JobSettings, RepairRun, RunNow, SubmitRun } from "../services/jobs/schema/settings";
import { latestAttempts } from "../services/jobs/views";
import type { Store } from "../store";
import { Launcher, runSettings, type Surroundings } from "./launcher";
import type { Limits } from "./limits";
import { jobParameters, legacyParametersOf } from "./parameters";
import { checkRepair, originalRun, tasksToRepair } from "./repair";
import { ActiveRun } from "./run";
import { isOver } from "./states";
import { JobTriggers } from "./triggers/job-triggers";

/** Maximum time to wait for an executor when the workspace stops; milliseconds. */
const STOP_PATIENCE = 5000;

/** Change listener; called synchronously and frequently. */
export interface ChangeListener {
  /** A job run or one of its tasks was added or changed. @param run the record, if the job run itself changed */
  runChanged(runId: number, run?: JobRun): void;
  /** A run was deleted. */
  runDeleted(): void;
  /** A job was created, changed or deleted. */
  jobsChanged(): void;
}

/** Starts, cancels, repairs and deletes runs, on request or by triggers. */
export class Scheduler {
  public listener: ChangeListener | undefined;
  readonly #launcher: Launcher;
  readonly #triggers: JobTriggers;

  readonly #store: Store;
  readonly #clock: Clock;
  readonly #limits: Limits;

  public constructor(
    store: Store,
    clock: Clock,
    executor: TaskExecutor,
    surroundings: Surroundings & { readonly dataDir: string; readonly limits: Limits },
  ) {
    const { dataDir, limits, ...rest } = surroundings;
    this.#store = store;
    this.#clock = clock;
    this.#limits = limits;
    this.#launcher = new Launcher(store, clock, executor, rest, limits, (runId, run) => {
      this.listener?.runChanged(runId, run);
    });
    this.#triggers = new JobTriggers({
      clock,
      dataDir,
      states: store.triggers,
      query: executor.query?.bind(executor),
      savedQuery: rest.savedQuery,
      atomically: (write) => {
        store.atomically(() => {
          write();
          store.flush();
        });
      },
      settings: (jobId) => this.#settingsOf(jobId),
      start: (jobId, how) => {
        this.#trigger(jobId, how);
      },
      isActive: (jobId) => this.#launcher.queue.isActive(jobId),
      isQueued: (jobId) => this.#launcher.queue.isQueued(jobId),
    });
    this.#launcher.onLaunch = (jobId) => {
      this.#triggers.runStarted(jobId);
    };
    this.#launcher.onEnd = (run) => {
      this.#triggers.runEnded(run);
    };
  }

  /** Ends the runs that the last process left active, restores its queued runs and arms all triggers. */
  public start(): void {
    this.#launcher.resume();
    for (const job of this.#store.jobs.all()) {
      // Most jobs have no trigger, and a text search is faster than parsing.
      if (/"(?:schedule|triggers?|continuous)":/.test(job.json))
        this.#triggers.set(job.job_id, this.#store.jobs.settings(job.settings_id));
    }
  }

  /** Stops all active runs and resolves when they have ended. Queued runs stay queued. */
  public async stop(): Promise<void> {
    this.#triggers.stop();
    const stopped = this.#launcher.stop();
    // Use real time, not the workspace's clock, so that stopping never hangs.
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise((resolve) => (timer = setTimeout(resolve, STOP_PATIENCE)));
    await Promise.race([stopped, patience]);
    clearTimeout(timer);
  }

  /** Numbers of jobs, active runs and queued runs. */
  public counts(): { jobs: number; active_runs: number; queued_runs: number } {
    return { jobs: this.#store.jobs.count(), ...this.#launcher.queue.counts() };
  }

  /** Call after a job's settings change, with `undefined` after a job was deleted. */
  public jobChanged(jobId: number, settings: JobSettings | undefined): void {
    this.#triggers.set(jobId, settings);
    this.listener?.jobsChanged();
  }

  /** The record of a job run. */
  public jobRun(runId: number): JobRun | undefined {
    return this.#launcher.queue.get(runId)?.run ?? this.#store.runs.jobRun(runId);
  }

  public runNow(request: RunNow): { run_id: number; number_in_job: number } {
    const { idempotency_token } = request;
    const again = this.#runOfToken(idempotency_token);
    if (again !== undefined) return { run_id: again, number_in_job: again };
    const { jobId: job_id, settings, settingsId } = this.#launcher.jobSettings(request.job_id);
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
    const run = this.#launcher.launch({
      jobId: job_id,
      settings,
      settingsId,
      runType: "JOB_RUN",
      // Databricks' name for a manual run of a continuous job.
      trigger: this.#triggers.isContinuous(job_id) ? "CONTINUOUS_RESTART" : "ONE_TIME",
      jobParameters: jobParameters(job_id, settings, request.job_parameters),
      ...(Object.keys(overriding).length === 0 ? {} : { overriding }),
      ...(request.only === undefined || request.only.length === 0 ? {} : { only: request.only }),
      ...(request.queue === undefined ? {} : { queue: request.queue.enabled }),
      ...(idempotency_token === undefined ? {} : { token: idempotency_token }),
    });
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
    this.#limits.jobCreated();
    const run = this.#launcher.launch({
      jobId: 0,
      settings,
      settingsId: this.#store.jobs.saveSettings(settings),
      runType: "SUBMIT_RUN",
      trigger: "ONE_TIME",
      jobParameters: [],
      ...(queue === undefined ? {} : { queue: queue.enabled }),
      ...(idempotency_token === undefined ? {} : { token: idempotency_token }),
    });
    return { run_id: run.run_id };
  }

  /** Cancels a run. Like Databricks, ignores a run that has ended. */
  public cancel(runId: number): void {
    const run = this.#store.runs.get(runId);
    if (run === undefined) throw runNotFound(runId);
    if (run.kind !== "job") {
      throw invalidParameter(
        `Run ${runId} is the run of a task; cancel the run of the job, ${run.parent_id}.`,
      );
    }
    this.#launcher.queue.cancel(runId);
  }

  /** Cancels the runs of a job; without a job, all queued runs. */
  public cancelAll(jobId: number | undefined, queuedToo: boolean): void {
    this.#launcher.queue.cancelAll(jobId, queuedToo);
  }

  public repair(request: RepairRun): { repair_id: number } {
    const { run_id: asked } = request;
    const run = typeof asked === "number" ? this.#store.runs.jobRun(asked) : undefined;
    if (run === undefined) throw runNotFound(asked);
    checkRepair(run, request);
    const { run_id } = run;
    const { settings_id: before } = run;
    // As documented, a repair uses the job's current settings.
    run.settings_id = this.#store.jobs.get(run.job_id)?.settings_id ?? before;
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
    const limit = this.#launcher.limitOf(run);
    if (run.job_id !== 0 && !this.#launcher.queue.hasRoom(run.job_id, limit)) {
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
    const active = new ActiveRun(this.#launcher.host, run, runSettings(settings), earlier, rerun);
    const repair_id = this.#store.runs.newId();
    run.repairs.push({
      id: repair_id,
      life: "RUNNING",
      message: "",
      start_time: this.#clock.now(),
      task_run_ids: active.attemptIds(),
    });
    this.#launcher.queue.begin({ active, limit });
    if (before !== run.settings_id) this.#store.jobs.dropSettings(before);
    return { repair_id };
  }

  /** @throws {ApiError} if the run is active or does not exist */
  public deleteRun(runId: number): void {
    const run = this.#store.runs.jobRun(runId);
    if (run === undefined) throw runNotFound(runId);
    if (!isOver(run))
      throw invalidState(`Run ${runId} is still active; only a finished run can be deleted.`);
    this.#store.runs.delete(runId);
    this.listener?.runDeleted();
  }

  /** The trigger states of a job, and its continuous state if it is a continuous job. */
  public triggersOf(jobId: number): {
    states: ReturnType<JobTriggers["states"]>;
    continuous: ReturnType<JobTriggers["continuous"]>;
  } {
    return {
      states: this.#triggers.states(jobId),
      continuous: this.#triggers.continuous(jobId),
    };
  }

  /** When a schedule starts a job next; milliseconds since 1970. */
  public nextStart(jobId: number): number | undefined {
    return this.#triggers.nextStart(jobId);
  }

  /** All triggers that are not paused, with their states. */
  public triggers(): object[] {
    return this.#triggers.all();
  }

  #settingsOf(jobId: number): JobSettings | undefined {
    const job = this.#store.jobs.get(jobId);
    return job === undefined ? undefined : this.#store.jobs.settings(job.settings_id);
  }

  #trigger(jobId: number, how: { trigger: TriggerType; location?: string }): void {
    const job = this.#store.jobs.get(jobId);
    if (job === undefined) return;
    const settings = this.#store.jobs.settings(job.settings_id);
    this.#launcher.launch({
      jobId,
      settings,
      settingsId: job.settings_id,
      runType: "JOB_RUN",
      jobParameters: jobParameters(jobId, settings),
      ...how,
    });
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
}
