import { dataFlow, type TaskAccess, TaskOrder } from "../model/data-flow";
import type { JobGraph } from "../model/job-graph";
import type { JobSpec, TaskSpec } from "../model/job-spec";
import { formatLocation } from "../model/source-location";
import type { DataAccess } from "../model/lineage";
import { quote } from "../model/text";

/** How a task, with everything that it runs, uses one table. */
export interface TableUse {
  readonly task: TaskSpec;
  readonly reads: readonly TaskAccess[];
  readonly writes: readonly TaskAccess[];
}

/** A table or path that several tasks of a job use. */
interface SharedTable {
  readonly job: JobSpec;
  readonly order: TaskOrder;
  readonly name: string;
  readonly uses: readonly TableUse[];
  /** Names of everything that each of the job's tasks reads and writes. */
  readonly traffic: ReadonlyMap<TaskSpec, Traffic>;
}

interface Traffic {
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

const shared = new WeakMap<JobGraph, readonly SharedTable[]>();

/** The tables that several tasks of a job use, for every job and every way to run it. */
export function sharedTables(graph: JobGraph): readonly SharedTable[] {
  let known = shared.get(graph);
  if (known === undefined) shared.set(graph, (known = [...findShared(graph)]));
  return known;
}

function* findShared(graph: JobGraph): Generator<SharedTable> {
  const flow = dataFlow(graph);
  for (const job of graph.jobs) {
    if (job.tasks.length < 2) continue;
    let order: TaskOrder | undefined;
    for (const tasks of flow.runsOf(job)) {
      // Fast path: most tasks use no table that is known.
      if (tasks.every(({ accesses }) => accesses.length === 0)) continue;
      const uses = new Map<
        string,
        Map<TaskSpec, { task: TaskSpec; reads: TaskAccess[]; writes: TaskAccess[] }>
      >();
      const traffic = new Map<TaskSpec, { reads: Set<string>; writes: Set<string> }>();
      for (const { task, accesses } of tasks) {
        const all = { reads: new Set<string>(), writes: new Set<string>() };
        traffic.set(task, all);
        for (const access of accesses) {
          // An unknown name could be any table, so it is ignored.
          if (access.unknown !== undefined) continue;
          const byTask = uses.get(access.name) ?? new Map<TaskSpec, never>();
          uses.set(access.name, byTask);
          const use = byTask.get(task) ?? { task, reads: [], writes: [] };
          byTask.set(task, use);
          (access.write === undefined ? use.reads : use.writes).push(access);
          (access.write === undefined ? all.reads : all.writes).add(access.name);
        }
      }
      for (const [name, byTask] of uses) {
        if (byTask.size < 2) continue;
        order ??= new TaskOrder(job);
        yield { job, order, name, uses: [...byTask.values()], traffic };
      }
    }
  }
}

/** The write that inserts rows into a table. */
export const producing = ({ writes }: TableUse): TaskAccess | undefined =>
  writes.find(({ write }) => write !== "drop" && write !== "create-if-missing");

/** The write that creates a table. */
export const making = (use: TableUse): TaskAccess | undefined =>
  producing(use) ?? use.writes.find(({ write }) => write === "create-if-missing");

/** Name patterns of temporary tables. */
const SCRATCH = /(?:^|[._/-])(?:tmp|temp|temporary|scratch)(?:$|[._/-])/i;

/** Whether the name says that a table or path exists only during a run. */
export function isScratch(name: string): boolean {
  return name.startsWith("global_temp.") || SCRATCH.test(name);
}

/** Task and place: `"silver_orders" (silver/orders.py:30)`. */
export function who(task: TaskSpec, access: TaskAccess): string {
  const { job, at, observed } = access;
  const inner = access.task === task ? "" : ` by job ${quote(job.key)}`;
  const run = observed?.run === undefined ? "" : `, run ${observed.run}`;
  return `task ${quote(task.taskKey)}${inner} (${formatLocation(at)}${run})`;
}

/** `table "a.b.c"` or `path "/mnt/x"`, and the number of others. */
export function what({ kind, name }: Pick<DataAccess, "kind" | "name">, others: number): string {
  const more = others === 0 ? "" : ` and ${others} more`;
  return `${kind} ${quote(name)}${more}`;
}

/** Two tasks of a job and the tables that they share. */
interface TaskPair {
  readonly job: JobSpec;
  readonly first: TaskSpec;
  readonly second: TaskSpec;
  readonly tables: { readonly name: string; readonly a: TaskAccess; readonly b: TaskAccess }[];
}

/** Collects pairs of tasks, each once with all of its tables. */
export class TaskPairs {
  readonly #pairs = new Map<string, TaskPair>();

  public add(job: JobSpec, a: TaskAccess, first: TaskSpec, b: TaskAccess, second: TaskSpec): void {
    const key = JSON.stringify([job.id, first.taskKey, second.taskKey]);
    let pair = this.#pairs.get(key);
    if (pair === undefined) this.#pairs.set(key, (pair = { job, first, second, tables: [] }));
    if (pair.tables.every(({ name }) => name !== a.name)) pair.tables.push({ name: a.name, a, b });
  }

  public has(job: JobSpec, first: TaskSpec, second: TaskSpec): boolean {
    return this.#pairs.has(JSON.stringify([job.id, first.taskKey, second.taskKey]));
  }

  public all(): TaskPair[] {
    return [...this.#pairs.values()];
  }
}

/** The sites of a pair, beginning with the task to change. */
export function sitesOf({
  job,
  first,
  second,
}: TaskPair): { readonly job: JobSpec; readonly taskKey: string }[] {
  return [first, second].map(({ taskKey }) => ({ job, taskKey }));
}

/** Every pair of uses of a table. */
export function* twoOf(uses: readonly TableUse[]): Generator<readonly [TableUse, TableUse]> {
  for (const [at, a] of uses.entries()) for (const b of uses.slice(at + 1)) yield [a, b];
}
