import { setImmediate as nextTurn } from "node:timers/promises";
import {
  type JobId,
  type JobRunNode,
  type RunId,
  type TaskOutput,
  type TaskRunNode,
  didNotRun,
  failedByItself,
} from "@jobstrata/core/model";
import { statusOf } from "./api-status";
import { type ApiRun, type ApiTaskRun, type JobsClient, taskType } from "./jobs-client";
import { WorkspaceError } from "./workspace-error";
import { times, taskOutput, iterationCounts, inOrder, nameOf } from "./run-parts";

/** Runs of a tree that are handled in one turn of the event loop. */
const RUNS_IN_PART = 100;
/** Maximum pages of runs per poll; missing runs are requested individually. */
const MAX_PAGES = 60;
/** Maximum individual requests for runs or outputs per poll. */
const MAX_SINGLE = 25;
/** Maximum concurrent requests. */
const AT_ONCE = 5;
/** Maximum outputs fetched for successful tasks. */
const MAX_OUTPUTS = 25;
/** Maximum iterations inspected of a failed for-each task. */
const MAX_ITERATIONS = 20;
/**
 * Tolerance for a list of runs that lags behind, and for a task run that starts slightly after its child; milliseconds.
 */
const MARGIN = 2000;
/** Maximum polls after the end of a run to wait for its child runs. */
const LAST_LOOKS = 8;

/** Source of runs: a Jobs API client or an object that holds the runs. */
export type RunReader = Pick<JobsClient, "getRun" | "listRuns" | "getOutput"> &
  Partial<Pick<JobsClient, "getJob">>;

/** A task whose child run must be read. */
interface Wanted {
  readonly task: ApiTaskRun;
  /** Earliest possible start of the child run; milliseconds since 1970. */
  readonly since: number;
  readonly childId?: RunId;
}

/**
 * Follows a run and its nested runs. A poll takes one request for the run and, while child runs are active, one for
 * each 25 runs since the first of them started. The number of requests does not depend on the depth of the tree.
 */
export class RunFollower {
  readonly #runs = new Map<RunId, ApiRun>();
  /** Child run by task run. */
  readonly #childOf = new Map<RunId, RunId>();
  /** Task runs without a child run, and runs that can no longer be read. */
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

  /** @param keys known job keys by id */
  public constructor(
    client: RunReader,
    rootId: RunId,
    keys: ReadonlyMap<JobId, string> = new Map(),
    /** Whether to fetch the output of every task, instead of failed tasks and a few others. */
    allOutputs = false,
  ) {
    this.#client = client;
    this.#rootId = rootId;
    this.#keys = keys;
    this.#allOutputs = allOutputs;
  }

  /** Polls once. @throws {WorkspaceError} if the run cannot be read */
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

  /** Reads the job's name for a run without a name, which may have failed before it started. */
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

  /** Polls until everything available has been read. @throws {WorkspaceError} if the run cannot be read */
  public async lookAtAll(): Promise<JobRunNode> {
    await this.#lookOnce();
    for (let left = Infinity; ;) {
      const outputs = this.#outputsWanted().length;
      await nextTurn();
      const wanted = outputs + this.#wanted().length;
      await nextTurn();
      if (wanted === 0 || wanted >= left) return this.#treeInParts();
      left = wanted;
      await this.#lookBelow();
      await this.#fetchOutputs(Infinity);
    }
  }

  /** True when the tree is final or further polls would add nothing. */
  public get settled(): boolean {
    const root = this.#runs.get(this.#rootId);
    if (root === undefined || statusOf(root).phase !== "ended") return false;
    return (
      this.#looksAfterEnd > LAST_LOOKS ||
      (this.#wanted().length === 0 && this.#outputsWanted().length === 0)
    );
  }

  /** The tree as of the last poll. */
  public get tree(): JobRunNode {
    return this.#jobRun(this.#root);
  }

  /** {@link tree}, built in parts, so that a server can handle other requests in between. */
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

  /** Active nested runs, deepest first. */
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

  /** Reads the list of recent runs. @returns the wanted tasks whose child runs it did not contain */
  async #lookAtList(wantedFirst: readonly Wanted[], signal?: AbortSignal): Promise<Wanted[]> {
    const byTrigger = new Map<RunId, ApiRun>();
    const byId = new Map<RunId, ApiRun>();
    const missing = new Set(wantedFirst);
    const startTimeFrom = Math.min(...wantedFirst.map(({ since }) => since)) - MARGIN;
    const root = this.#runs.get(this.#rootId);
    // For an old run, do not list everything that started since.
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
      // Iterating over a set includes entries that are added meanwhile, here the Run Job tasks of child runs.
      let at = 0;
      for (const wanted of missing) {
        if (++at % RUNS_IN_PART === 0) await nextTurn();
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

  /** Reads one child run. Skips it if access is denied: the task itself has a state. */
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

  /** All Run Job tasks whose child run is unknown or may still be active. */
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

  /** The child run of a task, if known. */
  #childRun(task: ApiTaskRun): ApiRun | undefined {
    const id = this.#childOf.get(task.run_id);
    return id === undefined ? undefined : this.#runs.get(id);
  }

  /** The followed run and its nested runs, parents first. */
  *#known(run = this.#runs.get(this.#rootId)): Generator<ApiRun> {
    if (run === undefined) return;
    yield run;
    for (const task of run.tasks ?? []) {
      const child = this.#childRun(task);
      if (child !== undefined) yield* this.#known(child);
    }
  }

  /** Finished tasks, other than Run Job tasks, with output worth showing. */
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
        // No output is available for old runs, some task types and runs of other users.
        if (!isRefusal(error)) throw error;
        this.#outputs.set(task.run_id, {});
      }
      if (statusOf(task).state === "SUCCESS") this.#successes++;
    });
  }

  /** Reads the failed iterations with their outputs. */
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

  /** @param made nodes already built for runs below this one */
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

/** Whether the workspace has rejected the request permanently. */
function isRefusal(error: unknown): boolean {
  return error instanceof WorkspaceError && !error.transient && error.status !== 401;
}

/** Runs an action for each item with limited concurrency. Not p-limit, which is an ES module only: see ADR 14. */
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
