import type { CheckedFinding } from "../model/check-report";
import { byDependencies } from "../model/graph-algorithms";
import { type JobGraph, leafTasks } from "../model/job-graph";
import {
  JOB_LEVEL_TAG,
  JOB_LEVELS,
  type JobLevel,
  type JobSpec,
  type TaskSpec,
} from "../model/job-spec";
import { whenRuns } from "./task-words";
import { append } from "../model/collections";

/** The drawn hierarchy of an environment. Ids of jobs and tasks are unique. */
export interface Hierarchy {
  readonly environment: string;
  readonly jobs: readonly HierarchyJob[];
  readonly edges: readonly HierarchyEdge[];
}

/** A job in a drawing. */
export interface HierarchyJob {
  /** {@link JobSpec.id}. */
  readonly id: string;
  readonly spec: JobSpec;
  /** Undefined for a missing or unknown level. */
  readonly level: JobLevel | undefined;
  /** True for an external job, which is declared but deployed elsewhere. */
  readonly isExternal?: true;
  /** Tasks sorted by dependencies; inner tasks follow their for-each task. */
  readonly tasks: readonly HierarchyTask[];
  /** Findings of the job and its tasks, without suppressed ones. */
  readonly findings: readonly CheckedFinding[];
}

/** A task in a drawing. */
export interface HierarchyTask {
  /** Unique among jobs and tasks. */
  readonly id: string;
  readonly spec: TaskSpec;
  /** Id of its child job, if it is drawn. */
  readonly runs?: string;
  /** The enclosing for-each task. */
  readonly loop?: TaskSpec;
}

/** `run_job`: from a job to its child job. `depends_on`: from a job to its dependent, both run by the job `by`. */
export interface HierarchyEdge {
  readonly kind: "run_job" | "depends_on";
  /** Ids of jobs. */
  readonly from: string;
  readonly to: string;
  /** Id of the job whose task defines the edge. */
  readonly by: string;
  /** Conditions, if any, in words: outcomes, `run_if`, loops. Each task that runs the job has its own. */
  readonly when?: readonly string[];
}

/** Options of {@link hierarchyOf}. */
export interface HierarchyOptions {
  /** Keys or ids of the jobs to start from. @default - all jobs */
  readonly jobs?: readonly string[];
  /** Whether to include the jobs that they run, that run them, or both. @default "down" */
  readonly direction?: "down" | "up" | "both";
  /** Maximum steps from these jobs, or from the top jobs. @default - unlimited */
  readonly depth?: number;
  readonly findings?: readonly CheckedFinding[];
}

/** Requested jobs that do not exist. */
export class UnknownJobs {
  public constructor(public readonly names: readonly string[]) {}
}

/**
 * Selects the part of a graph to draw, in the order of its jobs, followed by the external jobs that they run, without
 * tasks. Returns unknown names if there are any.
 */
export function hierarchyOf(
  graph: JobGraph,
  options: HierarchyOptions = {},
): Hierarchy | UnknownJobs {
  const { jobs: names = [], direction = "down", depth = Infinity, findings = [] } = options;
  const { runBy, byName, places } = indexOf(graph);
  const unknown = names.filter((name) => !byName.has(name));
  if (unknown.length > 0) return new UnknownJobs(unknown);
  const start =
    names.length > 0
      ? names.flatMap((name) => byName.get(name) ?? [])
      : depth === Infinity
        ? graph.jobs
        : rootsOf(graph.jobs, (job) => graph.runs(job));
  const drawn = new Set(start);
  if (direction !== "up") reach(start, (job) => graph.runs(job), depth, drawn);
  if (direction !== "down") {
    const above = new Set(start);
    reach(start, (job) => runBy.get(job) ?? [], depth, above);
    for (const job of above) drawn.add(job);
  }
  const found = byJob(findings);
  const ids = new Set([...drawn].map(({ id }) => id));
  const external = externalJobsOf([...drawn]);
  for (const { id } of external) ids.add(id);
  const jobs = [...drawn]
    .sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0))
    .map((spec): HierarchyJob => ({
      id: spec.id,
      spec,
      level: JOB_LEVELS.find((level) => level === spec.tags[JOB_LEVEL_TAG]),
      tasks: drawnTasks(spec, ids),
      findings: found.get(spec.id) ?? [],
    }));
  return {
    environment: graph.environment,
    jobs: [...jobs, ...external],
    edges: jobs.flatMap(edgesOf),
  };
}

/** The distinct external jobs that these jobs run. */
function externalJobsOf(jobs: readonly JobSpec[]): HierarchyJob[] {
  const found = new Map<string, HierarchyJob>();
  for (const job of jobs) {
    for (const { runJob } of leafTasks(job)) {
      const id = externalId(runJob);
      if (id === undefined || runJob?.kind !== "external" || found.has(id)) continue;
      const lookup = /\bdatabricks_job\.([\w-]+)\.id\b/.exec(runJob.expression)?.[1];
      const known = lookup ?? `job ${runJob.jobId ?? runJob.expression}`;
      const spec: JobSpec = {
        id,
        key: `${known} (external)`,
        stack: job.stack,
        tags: {},
        environments: [],
        tasks: [],
        duplicates: [],
        repeated: false,
        settings: {},
      };
      found.set(id, { id, spec, level: undefined, isExternal: true, tasks: [], findings: [] });
    }
  }
  return [...found.values()];
}

/** Identifies an external job, which stacks may reference by different names. */
function externalId(runJob: TaskSpec["runJob"]): string | undefined {
  return runJob?.kind === "external" ? `external:${runJob.jobId ?? runJob.expression}` : undefined;
}

interface GraphIndex {
  readonly runBy: ReadonlyMap<JobSpec, readonly JobSpec[]>;
  /** Jobs by key and by id. */
  readonly byName: ReadonlyMap<string, readonly JobSpec[]>;
  readonly places: ReadonlyMap<JobSpec, number>;
}

/** Cached by graph, since callers may request the part around each job. */
const indexes = new WeakMap<JobGraph, GraphIndex>();

function indexOf(graph: JobGraph): GraphIndex {
  const known = indexes.get(graph);
  if (known !== undefined) return known;
  const runBy = new Map<JobSpec, JobSpec[]>();
  const byName = new Map<string, JobSpec[]>();
  for (const job of graph.jobs) {
    for (const name of new Set([job.key, job.id])) append(byName, name, job);
    for (const target of graph.runs(job)) append(runBy, target, job);
  }
  const places = new Map(graph.jobs.map((job, at) => [job, at]));
  const index = { runBy, byName, places };
  indexes.set(graph, index);
  return index;
}

const foundIn = new WeakMap<readonly CheckedFinding[], Map<string, CheckedFinding[]>>();

/** Findings that are not suppressed, by job id. */
function byJob(findings: readonly CheckedFinding[]): ReadonlyMap<string, CheckedFinding[]> {
  const known = foundIn.get(findings);
  if (known !== undefined) return known;
  const found = new Map<string, CheckedFinding[]>();
  for (const finding of findings) {
    if (finding.suppression !== undefined) continue;
    for (const id of new Set(finding.sites.map(({ job }) => job.id))) append(found, id, finding);
  }
  foundIn.set(findings, found);
  return found;
}

/** The jobs that no other job runs, and the first job of each cycle without such a job. */
export function rootsOf<T>(jobs: readonly T[], runs: (job: T) => readonly T[]): T[] {
  const run = new Set(jobs.flatMap((job) => runs(job)));
  const roots = jobs.filter((job) => !run.has(job));
  const reached = new Set(roots);
  reach(roots, runs, Infinity, reached);
  for (const job of jobs) {
    if (reached.has(job)) continue;
    roots.push(job);
    reached.add(job);
    reach([job], runs, Infinity, reached);
  }
  return roots;
}

function reach<T>(
  start: readonly T[],
  next: (job: T) => readonly T[],
  depth: number,
  into: Set<T>,
): void {
  let border = start;
  for (let step = 0; step < depth && border.length > 0; step++) {
    const further = new Set<T>();
    for (const job of border) {
      for (const other of next(job)) {
        if (into.has(other)) continue;
        into.add(other);
        further.add(other);
      }
    }
    border = [...further];
  }
}

function drawnTasks(job: JobSpec, ids: ReadonlySet<string>): HierarchyTask[] {
  const drawn: HierarchyTask[] = [];
  const add = (spec: TaskSpec, loop?: TaskSpec): void => {
    const { runJob } = spec;
    const target = runJob?.kind === "job" ? runJob.id : externalId(runJob);
    const runs = target !== undefined && ids.has(target) ? target : undefined;
    drawn.push({
      id: `${job.id}#${drawn.length}`,
      spec,
      ...(runs !== undefined && { runs }),
      ...(loop !== undefined && { loop }),
    });
    if (spec.forEach !== undefined) add(spec.forEach, spec);
  };
  for (const task of byDependencies(job.tasks, (each) => each)) add(task);
  return drawn;
}

function edgesOf({ id: by, tasks }: HierarchyJob): HierarchyEdge[] {
  const edges = new Map<string, HierarchyEdge>();
  const whens = new Map<string, Set<string>>();
  const add = (edge: HierarchyEdge, when = ""): void => {
    const name = `${edge.kind}\0${edge.from}\0${edge.to}`;
    edges.set(name, edge);
    const known = whens.get(name);
    if (known === undefined) whens.set(name, new Set([when]));
    else known.add(when);
  };
  const byKey = new Map(tasks.map((task) => [task.spec.taskKey, task]));
  const sibling = (key: string): TaskSpec | undefined => byKey.get(key)?.spec;
  for (const { runs: to, spec, loop } of tasks) {
    if (to === undefined) continue;
    add({ kind: "run_job", from: by, to, by }, whenRuns(spec, sibling, loop).join(", "));
    for (const key of spec.dependsOn) {
      const from = byKey.get(key)?.runs;
      if (from !== undefined && from !== to) add({ kind: "depends_on", from, to, by });
    }
  }
  return [...edges].map(([name, edge]) => {
    const [...when] = whens.get(name) ?? [];
    if (when.every((each) => each === "")) return edge;
    return { ...edge, when: when.map((each) => (each === "" ? "always" : each)) };
  });
}

/** The highest severity of a job's findings: `error`, `warning`, or neither. */
export function worstOf({ findings }: HierarchyJob): "error" | "warning" | undefined {
  if (findings.some(({ severity }) => severity === "error")) return "error";
  return findings.some(({ severity }) => severity === "warning") ? "warning" : undefined;
}
