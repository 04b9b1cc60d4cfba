import { dataFlow, type TaskAccess, TaskOrder } from "../model/data-flow";
import type { JobGraph } from "../model/job-graph";
import { formatLocation, type JobSpec, type TaskSpec } from "../model/job-spec";
import type { DataAccess } from "../model/lineage";
import { quote } from "../model/text";

/** What a task, with all that it runs, does with one table. */
export interface TableUse {
  readonly task: TaskSpec;
  readonly reads: readonly TaskAccess[];
  readonly writes: readonly TaskAccess[];
}

/** A table or path that more than one task of a job uses. */
export interface SharedTable {
  readonly job: JobSpec;
  readonly order: TaskOrder;
  readonly name: string;
  readonly uses: readonly TableUse[];
  /** Names of all that each task of the job reads and writes. */
  readonly traffic: ReadonlyMap<TaskSpec, Traffic>;
}

interface Traffic {
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

const shared = new WeakMap<JobGraph, readonly SharedTable[]>();

/** The tables that several tasks of one job use, in every job and in every way in which it is run. */
export function sharedTables(graph: JobGraph): readonly SharedTable[] {
  let known = shared.get(graph);
  if (known === undefined) shared.set(graph, (known = [...findShared(graph)]));
  return known;
}

function* findShared(graph: JobGraph): Generator<SharedTable> {
  const flow = dataFlow(graph);
  for (const job of graph.jobs) {
    if (job.tasks.length < 2) continue;
    const order = new TaskOrder(job);
    for (const tasks of flow.runsOf(job)) {
      const uses = new Map<
        string,
        Map<TaskSpec, { task: TaskSpec; reads: TaskAccess[]; writes: TaskAccess[] }>
      >();
      const traffic = new Map<TaskSpec, { reads: Set<string>; writes: Set<string> }>();
      for (const { task, accesses } of tasks) {
        const all = { reads: new Set<string>(), writes: new Set<string>() };
        traffic.set(task, all);
        for (const access of accesses) {
          // What is unknown may be any table, so that it is taken for none.
          if (access.unknown !== undefined) continue;
          const byTask = uses.get(access.name) ?? new Map<TaskSpec, never>();
          uses.set(access.name, byTask);
          const use = byTask.get(task) ?? { task, reads: [], writes: [] };
          byTask.set(task, use);
          (access.write === undefined ? use.reads : use.writes).push(access);
          (access.write === undefined ? all.reads : all.writes).add(access.name);
        }
      }
      for (const [name, byTask] of uses)
        if (byTask.size > 1) yield { job, order, name, uses: [...byTask.values()], traffic };
    }
  }
}

/** The write that puts rows into a table. */
export const producing = ({ writes }: TableUse): TaskAccess | undefined =>
  writes.find(({ write }) => write !== "drop" && write !== "create-if-missing");

/** The write by which a table is there. */
export const making = (use: TableUse): TaskAccess | undefined =>
  producing(use) ?? use.writes.find(({ write }) => write === "create-if-missing");

/** Names of what is there for a while. */
const SCRATCH = /(?:^|[._/-])(?:tmp|temp|temporary|scratch)(?:$|[._/-])/i;

/** Whether a table or path is made for the time of a run only, by its name. */
export function isScratch(name: string): boolean {
  return name.startsWith("global_temp.") || SCRATCH.test(name);
}

/** Who does it and where: `"silver_orders" (silver/orders.py:30)`. */
export function who(task: TaskSpec, access: TaskAccess): string {
  const { job, at, observed } = access;
  const inner = access.task === task ? "" : ` by job ${quote(job.key)}`;
  const run = observed?.run === undefined ? "" : `, run ${observed.run}`;
  return `task ${quote(task.taskKey)}${inner} (${formatLocation(at)}${run})`;
}

/** `table "a.b.c"` or `path "/mnt/x"`; how many more there are. */
export function what({ kind, name }: Pick<DataAccess, "kind" | "name">, others: number): string {
  const more = others === 0 ? "" : ` and ${others} more`;
  return `${kind} ${quote(name)}${more}`;
}

/** Two tasks of a job, and the tables between them. */
export interface TaskPair {
  readonly job: JobSpec;
  readonly first: TaskSpec;
  readonly second: TaskSpec;
  readonly tables: { readonly name: string; readonly a: TaskAccess; readonly b: TaskAccess }[];
}

/** Gathers pairs of tasks, each once for all of its tables. */
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

/** The sites of a pair, the task to change first. */
export function sitesOf({
  job,
  first,
  second,
}: TaskPair): { readonly job: JobSpec; readonly taskKey: string }[] {
  return [first, second].map(({ taskKey }) => ({ job, taskKey }));
}

/** Every two uses of a table. */
export function* twoOf(uses: readonly TableUse[]): Generator<readonly [TableUse, TableUse]> {
  for (const [at, a] of uses.entries()) for (const b of uses.slice(at + 1)) yield [a, b];
}
