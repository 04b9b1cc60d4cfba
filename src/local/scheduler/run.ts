import { parseJson, stringifyJson } from "@jobstrata/core/model";
import type { Clock, Timer } from "../clock";
import type {
  Notebook,
  TaskExecutor,
  TaskOutcome,
  TaskRequest,
  WorkspaceAccess,
  WorkspaceFile,
} from "../execute/executor";
import { taskType } from "../services/jobs/schema/rules";
import type { NestedTask, Task } from "../services/jobs/schema/tasks";
import { evaluate } from "./condition";
import type { JobRun, RunSettings, TaskRun } from "../services/jobs/records";
import { type ReferenceContext, resolve, resolveText } from "./references";
import { decide } from "./run-if";
import {
  CANCELED,
  DISABLED,
  type Ending,
  ended,
  isOver,
  SUCCEEDED,
  TASK_TIMED_OUT,
  RUN_TIMED_OUT,
  type Verdict,
  verdict,
} from "./states";

/** What a run needs of the workspace around it. */
export interface RunHost {
  readonly clock: Clock;
  readonly executor: TaskExecutor;
  readonly workspace: { id: string; url: string };
  newRunId(): number;
  saveJobRun(run: JobRun): void;
  saveTaskRun(run: TaskRun): void;
  saveOutput(runId: number, output: TaskOutput): void;
  notebook(path: string): Notebook | undefined;
  files(folder: string): readonly WorkspaceFile[];
  openAccess(): WorkspaceAccess;
  /** Starts a run of another job. @throws {Error} when that is not possible */
  startChild(parent: JobRun, task: TaskRun, definition: RunJobDefinition): ChildRun;
  /** Called once, when the run is over. */
  finished(run: JobRun): void;
}

export interface ChildRun {
  runId: number;
  done: Promise<Ending>;
  stop: (ending: Ending) => void;
}

export type RunJobDefinition = NonNullable<Task["run_job_task"]>;

export interface TaskOutput {
  result?: string;
  logs?: string;
  error?: string;
  errorTrace?: string;
}

/** A task of the run: where it stands, and what waits for it. */
interface Node {
  task: Task;
  /** The attempt that counts. */
  attempt: TaskRun;
  /** How many of its dependencies are still to be decided. */
  waiting: number;
  dependents: Node[];
  /** It is not to be run (again): it was left out, or a repair keeps its earlier result. */
  kept: boolean;
}

/** The service gives up on a canceled task that does not stop; milliseconds. */
const STOP_GRACE = 30_000;
/** The JSON of a task value; bytes. */
const MAX_TASK_VALUE = 48 * 1024;
const FAILED_MESSAGE = "Workload failed, see run output for details";

/**
 * One run of a job from its beginning to its end, or one repair of it. A task is decided when it has ended or will not
 * run; once all that it depends on is decided, its run-if condition decides what happens to it.
 */
export class ActiveRun {
  /** How the run ended. */
  public readonly done: Promise<Ending>;
  private resolveDone!: (ending: Ending) => void;
  private readonly nodes = new Map<string, Node>();
  private readonly ready: Node[] = [];
  private draining = false;
  private undecided = 0;
  private timeout: Timer | undefined;
  private readonly scope = new StopScope();

  /**
   * @param earlier the attempts of before a repair, the latest of each task
   * @param rerun the tasks to run; the others keep what they came to `earlier`, or are left out
   */
  public constructor(
    private readonly host: RunHost,
    public readonly run: JobRun,
    private readonly settings: RunSettings,
    earlier: ReadonlyMap<string, TaskRun>,
    rerun: ReadonlySet<string>,
  ) {
    this.done = new Promise((resolve) => (this.resolveDone = resolve));
    for (const task of settings.tasks) {
      const before = earlier.get(task.task_key);
      const kept = !rerun.has(task.task_key);
      if (kept && before === undefined) continue;
      const attempt = kept && before !== undefined ? before : this.newAttempt(task, before);
      this.nodes.set(task.task_key, { task, attempt, waiting: 0, dependents: [], kept });
    }
    for (const node of this.nodes.values()) {
      for (const target of this.dependencies(node)) {
        if (!target.dependents.includes(node)) target.dependents.push(node);
      }
    }
    for (const node of this.nodes.values()) {
      if (node.kept) continue;
      for (const dependent of node.dependents) dependent.waiting++;
    }
  }

  /** The ids of the attempts that this run, or this repair, has begun with. */
  public attemptIds(): number[] {
    return [...this.nodes.values()]
      .filter(({ kept }) => !kept)
      .map(({ attempt }) => attempt.run_id);
  }

  public begin(): void {
    const { run, host, settings } = this;
    run.life = "RUNNING";
    // A repair does not change when the run first left the queue.
    run.begin_time ??= host.clock.now();
    host.saveJobRun(run);
    if (settings.timeout_seconds !== undefined && settings.timeout_seconds > 0) {
      this.timeout = host.clock.after(settings.timeout_seconds * 1000, () => {
        this.stop(RUN_TIMED_OUT);
      });
    }
    for (const node of this.nodes.values()) {
      if (node.kept) continue;
      this.undecided++;
      if (node.waiting === 0) this.ready.push(node);
      host.saveTaskRun(node.attempt);
    }
    if (this.undecided === 0) this.complete();
    else this.drain();
  }

  /** Ends a run that has not begun. */
  public abandon(ending: Ending): void {
    this.scope.stop(ending);
    for (const { attempt, kept } of this.nodes.values()) {
      if (!kept) this.endAttempt(attempt, { ...ending, life: "SKIPPED" });
    }
    this.complete();
  }

  /** Ends the run before its time: what runs is stopped, what waits will not run. */
  public stop(ending: Ending): void {
    if (this.scope.stopped !== undefined || isOver(this.run)) return;
    this.run.life = "TERMINATING";
    this.host.saveJobRun(this.run);
    this.scope.stop(ending);
    for (const node of this.nodes.values()) {
      if (node.attempt.life === "BLOCKED" && !node.kept) {
        this.settle(node, { ...CANCELED, life: "SKIPPED" });
      }
    }
    this.drain();
  }

  private newAttempt(task: Task, before?: TaskRun): TaskRun {
    const { run, host } = this;
    const run_id = host.newRunId();
    const done = before?.iterations?.done;
    return {
      kind: "task",
      run_id,
      job_run_id: run.run_id,
      job_id: run.job_id,
      parent_id: run.run_id,
      task_key: task.task_key,
      attempt: 0,
      original_attempt_run_id: run_id,
      start_time: host.clock.now(),
      life: "BLOCKED",
      message: "",
      ...(done === undefined
        ? {}
        : { iterations: { total: 0, active: 0, succeeded: 0, failed: 0, done } }),
    };
  }

  /** The tasks of this run that `node` depends on, each once. */
  private dependencies({ task }: Node): Node[] {
    const targets = new Set<Node>();
    for (const { task_key } of task.depends_on ?? []) {
      const target = this.nodes.get(task_key);
      if (target !== undefined) targets.add(target);
    }
    return [...targets];
  }

  /** Goes on with every task that can, without recursion: a chain of skipped tasks may be long. */
  private drain(): void {
    if (this.draining) return;
    this.draining = true;
    let node: Node | undefined;
    while ((node = this.ready.pop()) !== undefined) this.proceed(node);
    this.draining = false;
    if (this.undecided === 0) this.complete();
  }

  private proceed(node: Node): void {
    if (isOver(node.attempt)) return;
    const { task } = node;
    const ending =
      task.disabled === true ? DISABLED : decide(task.run_if ?? "ALL_SUCCESS", this.verdicts(node));
    if (ending !== undefined) {
      this.settle(node, ending);
      return;
    }
    node.attempt.life = "PENDING";
    void this.attempts(task, node.attempt, this.scope, (attempt) => {
      node.attempt = attempt;
    }).then((result) => {
      this.settle(node, result);
      this.drain();
    });
  }

  /** What each dependency came to; one on the other outcome of a condition task counts as excluded. */
  private verdicts({ task }: Node): Verdict[] {
    const verdicts: Verdict[] = [];
    for (const { task_key, outcome } of task.depends_on ?? []) {
      const target = this.nodes.get(task_key);
      if (target === undefined) continue;
      const result = verdict(target.attempt);
      const other =
        outcome !== undefined && result === "succeeded" && target.attempt.outcome !== outcome;
      verdicts.push(other ? "excluded" : result);
    }
    return verdicts;
  }

  /** The task is decided. Whoever calls this must `drain` afterwards. */
  private settle(node: Node, ending: Ending): void {
    this.endAttempt(node.attempt, ending);
    this.undecided--;
    for (const dependent of node.dependents) {
      dependent.waiting--;
      if (dependent.waiting === 0 && !dependent.kept) this.ready.push(dependent);
    }
  }

  private endAttempt(attempt: TaskRun, ending: Ending): void {
    if (isOver(attempt)) return;
    const now = this.host.clock.now();
    // What never ran took no time.
    if (attempt.life === "BLOCKED") attempt.start_time = now;
    Object.assign(attempt, ending);
    attempt.end_time = now;
    this.host.saveTaskRun(attempt);
  }

  private complete(): void {
    const { run } = this;
    if (isOver(run)) return;
    this.timeout?.cancel();
    const ending = this.scope.stopped ?? this.outcome();
    Object.assign(run, ending);
    run.end_time = this.host.clock.now();
    const repair = run.repairs.at(-1);
    if (repair !== undefined) Object.assign(repair, ending, { end_time: run.end_time });
    this.host.saveJobRun(run);
    this.host.finished(run);
    this.resolveDone(ending);
  }

  /** The result of a run is that of its leaves, the tasks that no other waits for. */
  private outcome(): Ending {
    const nodes = [...this.nodes.values()];
    const leaves = nodes.filter(({ dependents }) => dependents.length === 0);
    const ofLeaves = leaves.map(({ attempt }) => verdict(attempt));
    const failed = nodes.filter(({ attempt }) => verdict(attempt) === "failed");
    if (ofLeaves.includes("failed")) {
      const causes = failed.filter(({ attempt }) => attempt.result !== "UPSTREAM_FAILED");
      const timedOut =
        causes.length > 0 && causes.every(({ attempt }) => attempt.result === "TIMEDOUT");
      const [cause] = causes;
      let message = "";
      if (cause !== undefined) {
        message = `Task ${cause.task.task_key} failed with message: ${cause.attempt.message.replace(/\.$/, "")}.`;
        if (cause.dependents.length > 0)
          message += " This caused all downstream tasks to get skipped.";
      }
      return ended(
        timedOut ? "TIMEDOUT" : "FAILED",
        "RUN_EXECUTION_ERROR",
        message,
        "INTERNAL_ERROR",
      );
    }
    if (ofLeaves.includes("canceled")) return CANCELED;
    if (failed.length > 0) return ended("SUCCESS_WITH_FAILURES", "SUCCESS_WITH_FAILURES");
    return SUCCEEDED;
  }

  /** Attempts at a task until one counts. `replace` is told of every attempt after `first`. */
  private async attempts(
    task: Task | NestedTask,
    first: TaskRun,
    scope: StopScope,
    replace: (attempt: TaskRun) => void,
  ): Promise<Ending> {
    const { host } = this;
    let attempt = first;
    for (;;) {
      attempt.start_time = host.clock.now();
      const ending = await this.attemptOnce(task, attempt, scope);
      const { max_retries = 0, min_retry_interval_millis = 0 } = task;
      const retriable =
        // A task that could not even be executed would not be the next time either.
        (ending.result === "FAILED" && ending.life !== "INTERNAL_ERROR") ||
        (ending.result === "TIMEDOUT" && task.retry_on_timeout === true);
      const left = max_retries === -1 || attempt.attempt < max_retries;
      if (!retriable || !left || scope.stopped !== undefined) return ending;
      this.endAttempt(attempt, ending);
      attempt = retryOf(attempt, host.newRunId(), host.clock.now());
      replace(attempt);
      host.saveTaskRun(attempt);
      const stopped = await this.wait(min_retry_interval_millis, scope);
      if (stopped !== undefined) return stopped;
    }
  }

  /** Resolves after `duration` milliseconds, or when the run is stopped, then with its ending. */
  private wait(duration: number, scope: StopScope): Promise<Ending | undefined> {
    return new Promise((resolve) => {
      const finish = (ending?: Ending): void => {
        scope.delete(finish);
        timer.cancel();
        resolve(ending);
      };
      const timer = this.host.clock.after(duration, finish);
      scope.add(finish);
    });
  }

  /** One attempt, with the task's timeout, that ends soon when the run is stopped. */
  private attemptOnce(
    task: Task | NestedTask,
    attempt: TaskRun,
    scope: StopScope,
  ): Promise<Ending> {
    const { clock } = this.host;
    if (scope.stopped !== undefined) return Promise.resolve(scope.stopped);
    attempt.life = "RUNNING";
    this.host.saveTaskRun(attempt);
    return new Promise((resolve) => {
      const controller = new AbortController();
      let reason: Ending | undefined;
      let timer: Timer | undefined;
      const finish = (ending: Ending): void => {
        timer?.cancel();
        scope.delete(stop);
        resolve(reason ?? ending);
      };
      const stop = (ending: Ending): void => {
        if (reason !== undefined) return;
        reason = ending;
        timer?.cancel();
        timer = clock.after(STOP_GRACE, () => {
          finish(ending);
        });
        attempt.life = "TERMINATING";
        this.host.saveTaskRun(attempt);
        controller.abort();
      };
      scope.add(stop);
      if (task.timeout_seconds !== undefined && task.timeout_seconds > 0) {
        timer = clock.after(task.timeout_seconds * 1000, () => {
          stop(TASK_TIMED_OUT);
        });
      }
      this.perform(task, attempt, controller.signal).then(finish, (error: unknown) => {
        finish(ended("FAILED", "INVALID_RUN_CONFIGURATION", messageOf(error), "INTERNAL_ERROR"));
      });
    });
  }

  private async perform(
    task: Task | NestedTask,
    attempt: TaskRun,
    signal: AbortSignal,
  ): Promise<Ending> {
    const context = this.references(task, attempt);
    if (task.condition_task !== undefined) {
      const { left, op, right } = resolve(task.condition_task, context);
      attempt.resolved = { left, right };
      attempt.outcome = evaluate(op, left, right) ? "true" : "false";
      return SUCCEEDED;
    }
    if (task.run_job_task !== undefined) {
      const definition = resolve(task.run_job_task, context);
      attempt.resolved = { job_parameters: definition.job_parameters ?? {} };
      return this.performRunJob(attempt, definition, signal);
    }
    if ("for_each_task" in task && task.for_each_task !== undefined) {
      const inputs = resolveText(task.for_each_task.inputs, context);
      return this.performForEach(task.for_each_task, attempt, inputs, signal);
    }
    return this.performWork(task, attempt, context, signal);
  }

  private async performRunJob(
    attempt: TaskRun,
    definition: RunJobDefinition,
    signal: AbortSignal,
  ): Promise<Ending> {
    const child = this.host.startChild(this.run, attempt, definition);
    attempt.run_job_run_id = child.runId;
    this.host.saveTaskRun(attempt);
    signal.addEventListener("abort", () => {
      child.stop(CANCELED);
    });
    const ending = await child.done;
    if (verdict(ending) === "succeeded") return SUCCEEDED;
    const message = `Run ${child.runId} of job ${definition.job_id} ended with ${ending.result}: ${ending.message}`;
    const result =
      ending.result === "CANCELED"
        ? "CANCELED"
        : ending.result === "TIMEDOUT"
          ? "TIMEDOUT"
          : "FAILED";
    return ended(result, "RUN_EXECUTION_ERROR", message);
  }

  /** Every iteration is run, whatever the others come to, at most `concurrency` at a time. */
  private async performForEach(
    { concurrency = 1, task }: NonNullable<Task["for_each_task"]>,
    attempt: TaskRun,
    written: string,
    signal: AbortSignal,
  ): Promise<Ending> {
    const inputs = parseInputs(written);
    const kept = new Set(attempt.iterations?.done.filter((index) => index < inputs.length));
    const counts = {
      total: inputs.length,
      active: 0,
      succeeded: kept.size,
      failed: 0,
      done: [...kept],
    };
    attempt.iterations = counts;
    const left = inputs
      .map((value, index) => ({ value, index }))
      .filter(({ index }) => !kept.has(index));
    left.reverse();
    const scope = new StopScope();
    signal.addEventListener("abort", () => {
      scope.stop(CANCELED);
    });
    const work = async (): Promise<void> => {
      let next: { value: unknown; index: number } | undefined;
      while (!signal.aborted && (next = left.pop()) !== undefined) {
        counts.active++;
        const ending = await this.iterate(task, attempt, next, scope);
        counts.active--;
        if (verdict(ending) === "succeeded") {
          counts.succeeded++;
          counts.done.push(next.index);
        } else counts.failed++;
        this.host.saveTaskRun(attempt);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, left.length) }, work));
    if (counts.failed === 0) return SUCCEEDED;
    const message = `${counts.failed} of ${counts.total} iterations failed`;
    return ended("FAILED", "RUN_EXECUTION_ERROR", message);
  }

  private async iterate(
    task: NestedTask,
    parent: TaskRun,
    { value, index }: { value: unknown; index: number },
    scope: StopScope,
  ): Promise<Ending> {
    const run_id = this.host.newRunId();
    let attempt: TaskRun = {
      kind: "iteration",
      run_id,
      job_run_id: this.run.run_id,
      job_id: this.run.job_id,
      parent_id: parent.run_id,
      task_key: task.task_key,
      attempt: 0,
      original_attempt_run_id: run_id,
      start_time: this.host.clock.now(),
      life: "PENDING",
      message: "",
      index,
      input: value,
    };
    const ending = await this.attempts(task, attempt, scope, (next) => (attempt = next));
    this.endAttempt(attempt, ending);
    return ending;
  }

  /** A task that the executor executes. */
  private async performWork(
    task: Task | NestedTask,
    attempt: TaskRun,
    context: ReferenceContext,
    signal: AbortSignal,
  ): Promise<Ending> {
    const { host, run, settings } = this;
    const type = taskType(task);
    const definition = resolve(task[type] as Record<string, unknown>, context);
    const parameters = this.parameters(definition, context);
    attempt.resolved =
      task.notebook_task === undefined ? { parameters } : { base_parameters: parameters };
    let notebook: Notebook | undefined;
    if (task.notebook_task !== undefined && task.notebook_task.source !== "GIT") {
      const path = context.task.notebookPath;
      notebook = host.notebook(path);
      if (notebook === undefined) {
        const message = `Unable to access the notebook "${path}". Either it does not exist, or the identity used to run this job lacks the required permissions.`;
        return ended("FAILED", "RESOURCE_NOT_FOUND", message, "INTERNAL_ERROR");
      }
    }
    const environment = settings.environments?.find(
      ({ environment_key }) => environment_key === task.environment_key,
    )?.spec;
    const opened: WorkspaceAccess[] = [];
    const request: TaskRequest = {
      jobId: run.job_id,
      jobName: settings.name,
      jobRunId: run.run_id,
      runId: attempt.run_id,
      taskKey: task.task_key,
      attempt: attempt.attempt,
      type,
      definition,
      parameters,
      ...(notebook === undefined ? {} : { notebook }),
      ...(environment === undefined ? {} : { environment }),
      taskValues: () => {
        const set = [...this.nodes].map(
          ([
            key,
            {
              attempt: { values },
            },
          ]) => [key, values ?? {}],
        );
        return Object.fromEntries(set) as Record<string, Record<string, unknown>>;
      },
      jobDefaults: Object.fromEntries(
        (settings.parameters ?? []).map((parameter) => [parameter.name, parameter.default]),
      ),
      files: (folder) => host.files(folder),
      openAccess: () => {
        const access = host.openAccess();
        opened.push(access);
        return access;
      },
    };
    try {
      return this.conclude(attempt, await host.executor.execute(request, signal));
    } finally {
      for (const access of opened) access.revoke();
    }
  }

  private conclude(attempt: TaskRun, outcome: TaskOutcome): Ending {
    const { succeeded, values, ...output } = outcome;
    if (values !== undefined) {
      attempt.values = values;
      for (const [name, value] of Object.entries(values)) {
        if (Buffer.byteLength(stringifyJson(value)) > MAX_TASK_VALUE) {
          const error = `The task value "${name}" exceeds ${MAX_TASK_VALUE} bytes of JSON.`;
          this.host.saveOutput(attempt.run_id, { ...output, error });
          return ended("FAILED", "RUN_EXECUTION_ERROR", FAILED_MESSAGE);
        }
      }
    }
    this.host.saveOutput(attempt.run_id, output);
    return succeeded ? SUCCEEDED : ended("FAILED", "RUN_EXECUTION_ERROR", FAILED_MESSAGE);
  }

  /** The task's own parameters, overridden by those given to the run, and these by the parameters of the job. */
  private parameters(
    definition: Readonly<Record<string, unknown>>,
    { job }: ReferenceContext,
  ): Record<string, string> {
    const own = definition.base_parameters ?? definition.named_parameters ?? {};
    const given = this.run.overriding_parameters;
    const byType =
      "notebook_path" in definition
        ? given?.notebook_params
        : "package_name" in definition
          ? given?.python_named_params
          : undefined;
    return { ...(own as Record<string, string>), ...byType, ...job.parameters };
  }

  private references(task: Task | NestedTask, attempt: TaskRun): ReferenceContext {
    const { run, settings, host } = this;
    const context: ReferenceContext = {
      job: {
        id: run.job_id,
        name: settings.name,
        runId: run.run_id,
        repairCount: Math.max(run.repairs.length - 1, 0),
        startTime: run.start_time,
        trigger: run.trigger.toLowerCase(),
        parameters: {},
      },
      task: {
        name: task.task_key,
        runId: attempt.run_id,
        executionCount: attempt.attempt + 1,
        notebookPath: task.notebook_task?.notebook_path ?? "",
      },
      taskOf: (key) => {
        const node = this.nodes.get(key);
        if (node === undefined) return undefined;
        return {
          runId: node.attempt.run_id,
          executionCount: node.attempt.attempt + 1,
          notebookPath: node.task.notebook_task?.notebook_path ?? "",
          resultState: node.attempt.result ?? "",
          errorCode: verdict(node.attempt) === "failed" ? (node.attempt.code ?? "") : "",
          values: node.attempt.values ?? {},
        };
      },
      workspace: host.workspace,
      ...(attempt.kind === "iteration" ? { input: attempt.input } : {}),
    };
    const given = Object.fromEntries(run.job_parameters.map(({ name, value }) => [name, value]));
    // The value of a job parameter may hold references of its own, though not to other job parameters.
    context.job.parameters = resolve(given, context);
    return context;
  }
}

/** The attempt after `before`. */
function retryOf(before: TaskRun, runId: number, now: number): TaskRun {
  return {
    kind: before.kind,
    run_id: runId,
    job_run_id: before.job_run_id,
    job_id: before.job_id,
    parent_id: before.parent_id,
    task_key: before.task_key,
    attempt: before.attempt + 1,
    original_attempt_run_id: before.original_attempt_run_id,
    start_time: now,
    life: "WAITING_FOR_RETRY",
    message: "",
    ...(before.index === undefined ? {} : { index: before.index, input: before.input }),
    ...(before.iterations === undefined ? {} : { iterations: before.iterations }),
  };
}

/** What is under way and can be stopped: attempts, and waits for a retry. */
class StopScope {
  /** What everything in it ends with, once it was stopped. */
  public stopped: Ending | undefined;
  private readonly stoppers = new Set<(ending: Ending) => void>();

  public add(stopper: (ending: Ending) => void): void {
    this.stoppers.add(stopper);
  }

  public delete(stopper: (ending: Ending) => void): void {
    this.stoppers.delete(stopper);
  }

  public stop(ending: Ending): void {
    if (this.stopped !== undefined) return;
    this.stopped = ending;
    for (const stopper of [...this.stoppers]) stopper(ending);
  }
}

function parseInputs(written: string): unknown[] {
  let inputs: unknown;
  try {
    inputs = parseJson(written);
  } catch {
    throw new Error(`The inputs of the for-each task are not JSON: ${written.slice(0, 200)}`);
  }
  if (!Array.isArray(inputs))
    throw new Error("The inputs of the for-each task are not a JSON array.");
  return inputs;
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
