import { dataFlow, type TaskAccess } from "../../model/data-flow";
import type { JobGraph } from "../../model/job-graph";
import type { SourceLocation } from "../../model/source-location";
import type { LineageProblem, Observation, WriteKind } from "../../model/lineage";
import { append, compare } from "../../model/collections";

/** Tables that the jobs of an environment read and write, for programs. docs/lineage.md describes it. */
export interface LineageDocument {
  readonly version: 1;
  readonly environment: string;
  readonly tables: readonly LineageTable[];
  readonly edges: readonly LineageEdge[];
  /** Accesses to unknown tables. */
  readonly unknown: readonly UnknownAccess[];
  /** Code that could not be analysed. */
  readonly problems: readonly LineageProblem[];
}

export interface LineageTable {
  readonly name: string;
  readonly kind: "table" | "path";
  /** True if nothing in the environment writes it. */
  readonly source?: true;
}

/** A task's access to a table. */
export interface LineageEdge {
  /** Key of the job. */
  readonly job: string;
  readonly task: string;
  readonly table: string;
  readonly mode: "read" | "write";
  /** Kind of write, such as `merge`. */
  readonly write?: WriteKind;
  /** Location of the statement, or of the notebook for an observed access. */
  readonly at: SourceLocation;
  /** The run in which it was observed; absent for an access found in code. */
  readonly observed?: Observation;
}

export interface UnknownAccess {
  readonly job: string;
  readonly task: string;
  readonly mode: "read" | "write";
  /** Name with unknown parts in braces. */
  readonly name: string;
  readonly unknown: readonly string[];
  readonly at: SourceLocation;
}

/** Options of {@link lineageDocument}. */
export interface LineageOptions {
  /** Restricts the lineage to what leads to and from a table. @default - everything */
  readonly table?: string;
  /** @default "both" */
  readonly direction?: "up" | "down" | "both";
  /** Maximum steps between tables. @default - unlimited */
  readonly depth?: number;
  /** Keys of jobs to include. @default - all */
  readonly jobs?: readonly string[];
}

/** The lineage of an environment, sorted. Reads the code. */
export function lineageDocument(graph: JobGraph, options: LineageOptions = {}): LineageDocument {
  const flow = dataFlow(graph);
  const own = graph.jobs
    .filter(({ key }) => options.jobs?.includes(key) ?? true)
    .flatMap((job) => flow.accessesOf(job).filter((access) => access.job === job));
  const problems = new Map<string, LineageProblem>();
  for (const job of graph.jobs)
    for (const { problems: found } of flow.runsOf(job).flat())
      for (const problem of found)
        problems.set(JSON.stringify([problem.message, problem.at.file, problem.at.line]), problem);
  const known = own.filter(({ unknown }) => unknown === undefined);
  const chosen =
    options.table === undefined ? known : around(known, options.table.toLowerCase(), options);
  const written = new Set(known.filter(({ write }) => write !== undefined).map(({ name }) => name));
  const tables = new Map<string, LineageTable>();
  for (const { name, kind } of chosen)
    tables.set(name, { name, kind, ...(!written.has(name) && { source: true as const }) });
  return {
    version: 1,
    environment: graph.environment,
    tables: [...tables.values()].sort((a, b) => compare(a.name, b.name)),
    edges: chosen.map(edgeOf).sort(byEdge),
    unknown: own.flatMap(unknownOf),
    problems: [...problems.values()],
  };
}

/** The tasks upstream and downstream of a table. */
function around(
  accesses: readonly TaskAccess[],
  table: string,
  { direction = "both", depth = Infinity }: LineageOptions,
): TaskAccess[] {
  const found = new Set<TaskAccess>();
  const byTask = new Map<TaskAccess["task"], TaskAccess[]>();
  const byTable = new Map<string, TaskAccess[]>();
  for (const access of accesses) {
    append(byTask, access.task, access);
    append(byTable, access.name.toLowerCase(), access);
  }
  const walk = (isUp: boolean): void => {
    let names = [table];
    const seen = new Set(names);
    for (let step = 0; step < depth && names.length > 0; step++) {
      const next: string[] = [];
      for (const name of names)
        for (const access of byTable.get(name) ?? []) {
          if ((access.write !== undefined) !== isUp) continue;
          found.add(access);
          for (const other of byTask.get(access.task) ?? []) {
            if ((other.write === undefined) !== isUp) continue;
            found.add(other);
            const key = other.name.toLowerCase();
            if (!seen.has(key)) next.push(key);
            seen.add(key);
          }
        }
      names = next;
    }
  };
  if (direction !== "down") walk(true);
  if (direction !== "up") walk(false);
  return [...found];
}

function edgeOf({ job, task, name, write, at, observed }: TaskAccess): LineageEdge {
  return {
    job: job.key,
    task: task.taskKey,
    table: name,
    mode: write === undefined ? "read" : "write",
    ...(write && { write }),
    at,
    ...(observed && { observed }),
  };
}

function unknownOf({ job, task, name, write, unknown, at }: TaskAccess): UnknownAccess[] {
  if (unknown === undefined) return [];
  const mode = write === undefined ? "read" : "write";
  return [{ job: job.key, task: task.taskKey, mode, name, unknown, at }];
}

/** Names of all tables in an environment. */
export function tableNames(graph: JobGraph): string[] {
  return lineageDocument(graph).tables.map(({ name }) => name);
}

const byEdge = (a: LineageEdge, b: LineageEdge): number =>
  compare(a.job, b.job) ||
  compare(a.task, b.task) ||
  compare(a.mode, b.mode) ||
  compare(a.table, b.table) ||
  compare(a.write ?? "", b.write ?? "");
