import type { Timer } from "../clock";
import type { JobRun, RunSettings, TaskRun } from "../services/jobs/records";
import type { NestedTask, Task } from "../services/jobs/schema/tasks";
import { Attempts } from "./attempt";
import type { RunHost } from "./host";
import { type ReferenceContext, resolve } from "./references";
import { decide } from "./run-if";
import {
  CANCELED,
  DISABLED,
  type Ending,
  ended,
  isOver,
  RUN_TIMED_OUT,
  SUCCEEDED,
  type Verdict,
  verdict,
} from "./states";
import { StopScope } from "./stop-scope";
import type { RunContext } from "./tasks/context";
import { performTask } from "./tasks/perform";

/** A task of the run: its state and its dependents. */
interface Node {
  task: Task;
  /** The latest attempt. */
  attempt: TaskRun;
  /** Number of undecided dependencies. */
  waiting: number;
  dependents: Node[];
  /** Whether the task does not run: it was not selected, or a repair keeps its result. */
  kept: boolean;
}

/**
 * One run of a job, or one repair of a run. A task is settled when it has ended or will not run. When all dependencies
 * of a task are settled, its run-if condition decides whether it runs.
 */
export class ActiveRun implements RunContext {
  /** How the run ended. */
  public readonly done: Promise<Ending>;
  #resolveDone!: (ending: Ending) => void;
  readonly #nodes = new Map<string, Node>();
  readonly #ready: Node[] = [];
  #draining = false;
  #undecided = 0;
  #timeout: Timer | undefined;
  public readonly attempts: Attempts;
  readonly #scope = new StopScope();

  /**
   * @param earlier for a repair, the latest attempt at each task
   * @param rerun keys of the tasks to run; other tasks keep their result of `earlier`, or are not part of the run
   */
  public constructor(
    public readonly host: RunHost,
    public readonly run: JobRun,
    public readonly settings: RunSettings,
    earlier: ReadonlyMap<string, TaskRun>,
    rerun: ReadonlySet<string>,
  ) {
    this.done = new Promise((resolve) => (this.#resolveDone = resolve));
    this.attempts = new Attempts(host, (task, attempt, signal) =>
      performTask(this, task, attempt, signal),
    );
    for (const task of settings.tasks) {
      const before = earlier.get(task.task_key);
      const kept = !rerun.has(task.task_key);
      if (kept && before === undefined) continue;
      const attempt = kept && before !== undefined ? before : this.#newAttempt(task, before);
      this.#nodes.set(task.task_key, { task, attempt, waiting: 0, dependents: [], kept });
    }
    for (const node of this.#nodes.values()) {
      for (const target of this.#dependencies(node)) {
        if (!target.dependents.includes(node)) target.dependents.push(node);
      }
    }
    for (const node of this.#nodes.values()) {
      if (node.kept) continue;
      for (const dependent of node.dependents) dependent.waiting++;
    }
  }

  /** Run ids of the attempts that this run or repair started with. */
  public attemptIds(): number[] {
    return [...this.#nodes.values()]
      .filter(({ kept }) => !kept)
      .map(({ attempt }) => attempt.run_id);
  }

  public begin(): void {
    const { run, host, settings } = this;
    run.life = "RUNNING";
    // A repair keeps the time at which the run first left the queue.
    run.begin_time ??= host.clock.now();
    host.saveJobRun(run);
    if (settings.timeout_seconds !== undefined && settings.timeout_seconds > 0) {
      this.#timeout = host.clock.after(settings.timeout_seconds * 1000, () => {
        this.stop(RUN_TIMED_OUT);
      });
    }
    for (const node of this.#nodes.values()) {
      if (node.kept) continue;
      this.#undecided++;
      if (node.waiting === 0) this.#ready.push(node);
      host.saveTaskRun(node.attempt);
    }
    if (this.#undecided === 0) this.#complete();
    else this.#drain();
  }

  /** Ends a run that has not started. */
  public abandon(ending: Ending): void {
    this.#scope.stop(ending);
    for (const { attempt, kept } of this.#nodes.values()) {
      if (!kept) this.attempts.end(attempt, { ...ending, life: "SKIPPED" });
    }
    this.#complete();
  }

  /** Stops the run: active tasks are stopped, waiting tasks do not run. */
  public stop(ending: Ending): void {
    if (this.#scope.stopped !== undefined || isOver(this.run)) return;
    this.run.life = "TERMINATING";
    this.host.saveJobRun(this.run);
    this.#scope.stop(ending);
    for (const node of this.#nodes.values()) {
      if (node.attempt.life === "BLOCKED" && !node.kept) {
        this.#settle(node, { ...CANCELED, life: "SKIPPED" });
      }
    }
    this.#drain();
  }

  public taskValues(): Record<string, Readonly<Record<string, unknown>>> {
    return Object.fromEntries(
      [...this.#nodes].map(([key, { attempt }]) => [key, attempt.values ?? {}]),
    );
  }

  public references(task: Task | NestedTask, attempt: TaskRun): ReferenceContext {
    const { run, settings, host } = this;
    const context: ReferenceContext = {
      job: {
        id: run.job_id,
        name: settings.name,
        runId: run.run_id,
        repairCount: Math.max(run.repairs.length - 1, 0),
        startTime: run.start_time,
        trigger: run.trigger.toLowerCase(),
        triggerLocation: run.trigger_location ?? "",
        parameters: {},
      },
      task: {
        name: task.task_key,
        runId: attempt.run_id,
        executionCount: attempt.attempt + 1,
        notebookPath: task.notebook_task?.notebook_path ?? "",
      },
      taskOf: (key) => {
        const node = this.#nodes.get(key);
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
    // A job parameter may contain references, except to other job parameters.
    context.job.parameters = resolve(given, context);
    return context;
  }

  #newAttempt(task: Task, before?: TaskRun): TaskRun {
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

  /** The tasks that `node` depends on, without duplicates. */
  #dependencies({ task }: Node): Node[] {
    const targets = new Set<Node>();
    for (const { task_key } of task.depends_on ?? []) {
      const target = this.#nodes.get(task_key);
      if (target !== undefined) targets.add(target);
    }
    return [...targets];
  }

  /** Processes all ready tasks. Not recursive, since chains of skipped tasks may be long. */
  #drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    let node: Node | undefined;
    while ((node = this.#ready.pop()) !== undefined) this.#proceed(node);
    this.#draining = false;
    if (this.#undecided === 0) this.#complete();
  }

  #proceed(node: Node): void {
    if (isOver(node.attempt)) return;
    const { task } = node;
    const ending =
      task.disabled === true
        ? DISABLED
        : decide(task.run_if ?? "ALL_SUCCESS", this.#verdicts(node));
    if (ending !== undefined) {
      this.#settle(node, ending);
      return;
    }
    node.attempt.life = "PENDING";
    void this.attempts
      .untilOneCounts(task, node.attempt, this.#scope, (attempt) => {
        node.attempt = attempt;
      })
      .then((result) => {
        this.#settle(node, result);
        this.#drain();
      });
  }

  /** The verdict of each dependency. A dependency on the other outcome of a condition task counts as excluded. */
  #verdicts({ task }: Node): Verdict[] {
    const verdicts: Verdict[] = [];
    for (const { task_key, outcome } of task.depends_on ?? []) {
      const target = this.#nodes.get(task_key);
      if (target === undefined) continue;
      const result = verdict(target.attempt);
      const other =
        outcome !== undefined && result === "succeeded" && target.attempt.outcome !== outcome;
      verdicts.push(other ? "excluded" : result);
    }
    return verdicts;
  }

  /** Settles a task. The caller must call `#drain` afterwards. */
  #settle(node: Node, ending: Ending): void {
    this.attempts.end(node.attempt, ending);
    this.#undecided--;
    for (const dependent of node.dependents) {
      dependent.waiting--;
      if (dependent.waiting === 0 && !dependent.kept) this.#ready.push(dependent);
    }
  }

  #complete(): void {
    const { run } = this;
    if (isOver(run)) return;
    this.#timeout?.cancel();
    const ending = this.#scope.stopped ?? this.#outcome();
    Object.assign(run, ending);
    run.end_time = this.host.clock.now();
    const repair = run.repairs.at(-1);
    if (repair !== undefined) Object.assign(repair, ending, { end_time: run.end_time });
    this.host.saveJobRun(run);
    this.host.finished(run);
    this.#resolveDone(ending);
  }

  /** The result of a run is that of its leaf tasks, on which no other task depends. */
  #outcome(): Ending {
    const nodes = [...this.#nodes.values()];
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
}
