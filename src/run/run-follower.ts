import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type IterationCounts,
  type JobId,
  type JobRunNode,
  type RunId,
  type TaskOutput,
  type TaskRunNode,
  byDependencies,
  didNotRun,
  failedByItself,
} from "@jobstrata/core/model";
import { statusOf } from "./api-status";
import {
  type ApiRun,
  type ApiRunOutput,
  type ApiTaskRun,
  type JobsClient,
  taskType,
} from "./jobs-client";
import { WorkspaceError } from "./workspace-error";

/** Runs of a tree that are made in one go. */
const RUNS_IN_PART = 100;
/** Maximum pages of runs read per poll; runs that are not on them are requested one by one. */
const MAX_PAGES = 60;
/** Maximum runs, or outputs, requested one by one per poll. */
const MAX_SINGLE = 25;
/** How many requests there are at once. */
const AT_ONCE = 5;
/** Maximum outputs fetched for successful tasks. */
const MAX_OUTPUTS = 25;
/** Maximum iterations inspected of a failed for-each task. */
const MAX_ITERATIONS = 20;
/** The list of runs may be a little behind, and a task's run begin a little after what it started; milliseconds. */
const MARGIN = 2000;
/** Looks in which the children of a run that is over are still waited for. */
const LAST_LOOKS = 8;

/** Reads runs: a client of the Jobs API, or an object that holds the runs itself. */
export type RunReader = Pick<JobsClient, "getRun" | "listRuns" | "getOutput"> &
  Partial<Pick<JobsClient, "getJob">>;

/** A task whose child is to be looked at. */
interface Wanted {
  readonly task: ApiTaskRun;
  /** When its child can have begun at the earliest. */
  readonly since: number;
  readonly childId?: RunId;
}

/**
 * Follows one run and the runs below it. A look takes one request for the run and, while there are children under way,
 * one for each 25 runs that began since the first of these did, however deep the tree is: not one for each node.
 */
export class RunFollower {
  readonly #runs = new Map<RunId, ApiRun>();
  /** The run that a task's run has started. */
  readonly #childOf = new Map<RunId, RunId>();
  /** Tasks that have started no run, and runs that can no longer be read. */
  readonly #childless = new Set<RunId>();
  readonly #gone = new Set<RunId>();
  readonly #outputs = new Map<RunId, TaskOutput>();
  readonly #iterations = new Map<RunId, readonly ApiTaskRun[]>();
  readonly #jobNames = new Map<JobId, string>();
  #successes = 0;
  #looksAfterEnd = 0;

  readonly #client: RunReader;
  readonly #rootId: RunId;
  readonly #keys: ReadonlyMap<JobId, string>;
  readonly #allOutputs: boolean;

  /** @param keys keys of jobs by their ids, as far as they are known */
  public constructor(
    client: RunReader,
    rootId: RunId,
    keys: ReadonlyMap<JobId, string> = new Map(),
    /** Whether the output of every task is fetched, or only of those that failed and of some others. */
    allOutputs = false,
  ) {
    this.#client = client;
    this.#rootId = rootId;
    this.#keys = keys;
    this.#allOutputs = allOutputs;
  }

  /** Looks once. @throws {WorkspaceError} if the run cannot be read */
  public async look(signal?: AbortSignal): Promise<JobRunNode> {
    await this.#lookOnce(signal);
    return this.tree;
  }

  async #lookOnce(signal?: AbortSignal): Promise<void> {
    const root = await this.#client.getRun(this.#rootId, { ...(signal && { signal }) });
    this.#runs.set(this.#rootId, root);
    await this.#findName(root);
    await this.#lookBelow(signal);
    await this.#fetchOutputs();
    if (statusOf(root).phase === "ended") this.#looksAfterEnd++;
  }

  /** A run that failed before it began may have no name; its job has. */
  async #findName({ run_name: name = "", job_id: jobId }: ApiRun): Promise<void> {
    if (name !== "" || jobId === undefined || this.#jobNames.has(jobId)) return;
    try {
      const job = await this.#client.getJob?.(jobId);
      this.#jobNames.set(jobId, job?.settings?.name ?? "");
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#jobNames.set(jobId, "");
    }
  }

  /** Looks once, and at everything that there is to be seen now. @throws {WorkspaceError} if the run cannot be read */
  public async lookAtAll(): Promise<JobRunNode> {
    await this.#lookOnce();
    for (let left = Infinity; ;) {
      const wanted = this.#outputsWanted().length + this.#wanted().length;
      if (wanted === 0 || wanted >= left) return this.#treeInParts();
      left = wanted;
      await this.#lookBelow();
      await this.#fetchOutputs(Infinity);
    }
  }

  /** True once nothing will change any more, or nothing more is to be learned. */
  public get settled(): boolean {
    const root = this.#runs.get(this.#rootId);
    if (root === undefined || statusOf(root).phase !== "ended") return false;
    return (
      this.#looksAfterEnd > LAST_LOOKS ||
      (this.#wanted().length === 0 && this.#outputsWanted().length === 0)
    );
  }

  /** What the last look has found. */
  public get tree(): JobRunNode {
    return this.#jobRun(this.#root);
  }

  /** {@link tree}, made in parts: in a server, other requests come in between. */
  async #treeInParts(): Promise<JobRunNode> {
    const [, ...below] = this.#known();
    const made = new Map<RunId, JobRunNode>();
    for (const [at, run] of below.reverse().entries()) {
      made.set(run.run_id, this.#jobRun(run, 0, made));
      if (at % RUNS_IN_PART === RUNS_IN_PART - 1) await nextTurn();
    }
    return this.#jobRun(this.#root, 0, made);
  }

  get #root(): ApiRun {
    const root = this.#runs.get(this.#rootId);
    if (root === undefined) throw new Error(`Run ${this.#rootId} was not looked at.`);
    return root;
  }

  /** Runs below the followed one that are not over, deepest first. */
  public get activeChildren(): RunId[] {
    const [, ...below] = this.#known();
    return below
      .filter((run) => statusOf(run).phase !== "ended" && !this.#gone.has(run.run_id))
      .map(({ run_id }) => run_id)
      .reverse();
  }

  async #lookBelow(signal?: AbortSignal): Promise<void> {
    const wanted = this.#wanted();
    if (wanted.length === 0) return;
    const missing = await this.#lookAtList(wanted, signal);
    await atOnce(missing.slice(0, MAX_SINGLE), async (wanted) => this.#lookAtOne(wanted));
  }

  /** Reads the list of the latest runs and gives what is wanted and was not in it. */
  async #lookAtList(wantedFirst: readonly Wanted[], signal?: AbortSignal): Promise<Wanted[]> {
    const byTrigger = new Map<RunId, ApiRun>();
    const byId = new Map<RunId, ApiRun>();
    const missing = new Set(wantedFirst);
    const startTimeFrom = Math.min(...wantedFirst.map(({ since }) => since)) - MARGIN;
    const root = this.#runs.get(this.#rootId);
    // Of a run of long ago, not everything that has run since.
    const over = root !== undefined && statusOf(root).phase === "ended" ? root.end_time : undefined;
    const query = {
      expandTasks: true,
      startTimeFrom: Math.max(0, startTimeFrom),
      ...(over !== undefined && over > 0 && { startTimeTo: over + MARGIN }),
    };
    let pageToken: string | undefined;
    for (let page = 0; page < MAX_PAGES && missing.size > 0; page++) {
      const answer = await this.#client.listRuns(query, pageToken, { ...(signal && { signal }) });
      for (const run of answer.runs) {
        byId.set(run.run_id, run);
        if (run.trigger_info?.run_id !== undefined) byTrigger.set(run.trigger_info.run_id, run);
      }
      // A set is iterated over what is added on the way too: tasks of a child that have children themselves.
      for (const wanted of missing) {
        const { task, childId } = wanted;
        const run =
          byTrigger.get(task.run_id) ?? (childId === undefined ? undefined : byId.get(childId));
        if (run === undefined) continue;
        missing.delete(wanted);
        this.#childOf.set(task.run_id, run.run_id);
        if (run.has_more === true) await this.#readRun(run.run_id);
        else this.#runs.set(run.run_id, run);
        for (const below of this.#wantedIn(this.#runs.get(run.run_id) ?? run)) missing.add(below);
      }
      pageToken = answer.nextPageToken;
      if (pageToken === undefined) break;
    }
    return [...missing];
  }

  /** Asks for one child. What may not be read is left out: the task says how it stands. */
  async #lookAtOne({ task, childId }: Wanted): Promise<void> {
    try {
      const id = childId ?? (await this.#client.getOutput(task.run_id)).run_job_output?.run_id;
      if (id !== undefined) {
        this.#childOf.set(task.run_id, id);
        await this.#readRun(id);
      } else if (statusOf(task).phase === "ended") this.#childless.add(task.run_id);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (statusOf(task).phase === "ended") this.#childless.add(task.run_id);
    }
  }

  async #readRun(runId: RunId): Promise<void> {
    try {
      this.#runs.set(runId, await this.#client.getRun(runId));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#gone.add(runId);
    }
  }

  /** Every task that runs a job and whose child is not known, or not known to be over. */
  #wanted(): Wanted[] {
    return [...this.#known()].flatMap((run) => this.#wantedIn(run));
  }

  #wantedIn(run: ApiRun): Wanted[] {
    const wanted: Wanted[] = [];
    for (const task of run.tasks ?? []) {
      if (task.run_job_task === undefined || this.#childless.has(task.run_id)) continue;
      const status = statusOf(task);
      if (status.phase === "waiting" || didNotRun({ status })) continue;
      const childId = this.#childOf.get(task.run_id);
      if (childId !== undefined && this.#gone.has(childId)) continue;
      const child = this.#childRun(task);
      if (child !== undefined && statusOf(child).phase === "ended") continue;
      const since = child?.start_time ?? task.start_time ?? 0;
      wanted.push({ task, since, ...(childId !== undefined && { childId }) });
    }
    return wanted;
  }

  /** The run that a task has started, as far as it is known. */
  #childRun(task: ApiTaskRun): ApiRun | undefined {
    const id = this.#childOf.get(task.run_id);
    return id === undefined ? undefined : this.#runs.get(id);
  }

  /** The followed run and those below it, each before those that it has started. */
  *#known(run = this.#runs.get(this.#rootId)): Generator<ApiRun> {
    if (run === undefined) return;
    yield run;
    for (const task of run.tasks ?? []) {
      const child = this.#childRun(task);
      if (child !== undefined) yield* this.#known(child);
    }
  }

  /** Tasks that are over, ran something themselves, and have left something worth showing. */
  #outputsWanted(): ApiTaskRun[] {
    const wanted: ApiTaskRun[] = [];
    let successes = this.#successes;
    for (const run of this.#known()) {
      for (const task of run.tasks ?? []) {
        const status = statusOf(task);
        if (status.phase !== "ended" || this.#outputs.has(task.run_id)) continue;
        const known = this.#childOf.has(task.run_id);
        if (failedByItself({ status })) {
          if (!known) wanted.push(task);
        } else if (this.#allOutputs) {
          if (!known && !didNotRun({ status })) wanted.push(task);
        } else if (status.state === "SUCCESS" && task.notebook_task !== undefined) {
          if (successes++ < MAX_OUTPUTS) wanted.push(task);
        }
      }
    }
    return wanted;
  }

  async #fetchOutputs(most = MAX_SINGLE): Promise<void> {
    await atOnce(this.#outputsWanted().slice(0, most), async (task) => {
      try {
        this.#outputs.set(task.run_id, taskOutput(await this.#client.getOutput(task.run_id)));
        if (task.for_each_task !== undefined) await this.#fetchIterations(task.run_id);
      } catch (error) {
        // Outputs of old runs, of some types of tasks, or of other users' runs are not available.
        if (!isRefusal(error)) throw error;
        this.#outputs.set(task.run_id, {});
      }
      if (statusOf(task).state === "SUCCESS") this.#successes++;
    });
  }

  /** The iterations that failed, with what they left. */
  async #fetchIterations(taskRunId: RunId): Promise<void> {
    const { iterations = [] } = await this.#client.getRun(taskRunId);
    const bad = iterations
      .filter((each) => failedByItself({ status: statusOf(each) }))
      .slice(0, MAX_ITERATIONS);
    this.#iterations.set(taskRunId, bad);
    await atOnce(bad, async (each) => {
      const output = await this.#client.getOutput(each.run_id);
      this.#outputs.set(each.run_id, taskOutput(output));
      const child = output.run_job_output?.run_id;
      if (child === undefined) return;
      this.#childOf.set(each.run_id, child);
      await this.#readRun(child);
    });
  }

  /** @param made what was made already of runs below it */
  #jobRun(run: ApiRun, depth = 0, made: ReadonlyMap<RunId, JobRunNode> = new Map()): JobRunNode {
    const jobId = run.job_id ?? 0;
    const key = this.#keys.get(jobId);
    return {
      runId: run.run_id,
      jobId,
      name: nameOf(run, this.#jobNames.get(jobId)),
      ...(key !== undefined && { key }),
      status: this.#gone.has(run.run_id)
        ? { ...statusOf(run), message: "The run can no longer be read." }
        : statusOf(run),
      ...times(run),
      ...(run.run_page_url !== undefined && { url: run.run_page_url }),
      tasks: inOrder((run.tasks ?? []).map((task) => this.#taskRun(task, depth, made))),
    };
  }

  #taskRun(task: ApiTaskRun, depth: number, made: ReadonlyMap<RunId, JobRunNode>): TaskRunNode {
    const status = statusOf(task);
    const child = depth > 10 ? undefined : this.#childRun(task);
    const iterations = iterationCounts(task);
    const iterationRuns = this.#iterations.get(task.run_id);
    const output = this.#outputs.get(task.run_id);
    const type = taskType(task);
    const notebookPath = task.notebook_task?.notebook_path;
    return {
      taskKey: task.task_key,
      runId: task.run_id,
      ...(type !== undefined && { type }),
      ...(notebookPath !== undefined && { notebookPath }),
      dependsOn: (task.depends_on ?? []).map(({ task_key }) => task_key),
      status,
      ...(status.phase === "waiting" || didNotRun({ status }) ? {} : times(task)),
      retries: task.attempt_number ?? 0,
      ...(task.run_page_url !== undefined && { url: task.run_page_url }),
      ...(child && { child: made.get(child.run_id) ?? this.#jobRun(child, depth + 1, made) }),
      ...(task.run_job_task?.job_id !== undefined && { runJobId: task.run_job_task.job_id }),
      ...(iterations && { iterations }),
      ...(iterationRuns && {
        iterationRuns: iterationRuns.map((each) => this.#taskRun(each, depth + 1, made)),
      }),
      ...(output && { output }),
    };
  }
}

/** The workspace has answered, and will answer the same again. */
function isRefusal(error: unknown): boolean {
  return error instanceof WorkspaceError && !error.transient && error.status !== 401;
}

function times({ start_time = 0, end_time = 0 }: Pick<ApiRun, "start_time" | "end_time">): {
  startTime?: number;
  endTime?: number;
} {
  return {
    ...(start_time > 0 && { startTime: start_time }),
    ...(end_time > 0 && { endTime: end_time }),
  };
}

function taskOutput(output: ApiRunOutput): TaskOutput {
  const { error, error_trace, logs, notebook_output } = output;
  const result = notebook_output?.result;
  return {
    ...(error !== undefined && { error }),
    ...(error_trace !== undefined && { errorTrace: error_trace }),
    ...(logs !== undefined && { logs }),
    ...(result !== undefined && { result }),
  };
}

function iterationCounts(task: ApiTaskRun): IterationCounts | undefined {
  const stats = task.for_each_task?.stats?.task_run_stats;
  if (stats === undefined) return undefined;
  return {
    total: stats.total_iterations ?? 0,
    active: stats.active_iterations ?? 0,
    succeeded: stats.succeeded_iterations ?? 0,
    failed: stats.failed_iterations ?? 0,
  };
}

/** By dependencies, then by key: an order in which nothing moves while they run. */
function inOrder(tasks: readonly TaskRunNode[]): TaskRunNode[] {
  const byKey = [...tasks].sort((a, b) => (a.taskKey < b.taskKey ? -1 : 1));
  return byDependencies(byKey, (task) => task);
}

/** Does something with each, a few at once. p-limit is an ES module only: see ADR 14. */
export async function atOnce<T>(
  items: readonly T[],
  action: (item: T) => Promise<void>,
  most = AT_ONCE,
): Promise<void> {
  const left = [...items].reverse();
  const work = async (): Promise<void> => {
    for (let item = left.pop(); item !== undefined; item = left.pop()) await action(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, work));
}

/** The name of a run, else that of its job, else what is known of it. */
function nameOf({ run_name: own = "", job_id: jobId = 0 }: ApiRun, job = ""): string {
  if (own !== "") return own;
  return job === "" ? `job ${jobId}` : job;
}
