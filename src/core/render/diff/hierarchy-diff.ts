import type { JobGraph } from "../../model/job-graph";
import {
  JOB_LEVEL_TAG,
  JOB_LEVELS,
  type JobLevel,
  type JobRef,
  type JobSpec,
  type TaskSpec,
} from "../../model/job-spec";
import { canonical, type Setting } from "../../model/settings";
import { type Hierarchy, hierarchyOf, type HierarchyOptions, UnknownJobs } from "../hierarchy";
import { whatRuns } from "../task-words";
import { shownChange, shownText, type Sides, type ValueChange } from "./settings-diff";
import { diffJobSettings, diffOutcomes, diffTaskSettings } from "./spec-diff";
import { compare } from "../../model/collections";
import { externalPairs, type JobPair, pairsOf } from "./job-pairs";

export type Change = "added" | "removed" | "changed";

/** The differences of one environment. Values are ready to show, except that they may not be printable. */
export interface HierarchyDiff {
  /** Name of the environment after the change, or before it if it was removed. */
  readonly environment: string;
  /** The previous name, if it was renamed. */
  readonly was?: string;
  /** Set if the environment itself was added or removed. */
  readonly change?: "added" | "removed";
  /** Numbers of compared jobs. */
  readonly counts: { readonly before: number; readonly after: number };
  /** Jobs that differ, sorted by key. */
  readonly jobs: readonly JobDiff[];
  /** Existing jobs that no job runs any more, sorted by key. */
  readonly orphaned: readonly OrphanedJob[];
  /** Existing jobs that no job ran before and one runs now, sorted by key. */
  readonly adopted: readonly { readonly key: string; readonly runBy: readonly string[] }[];
  /** All jobs of both sides, for drawings, sorted by key, then the external jobs that they run. */
  readonly all: readonly JobPair[];
  /** All edges between these jobs. */
  readonly edges: readonly DiffEdge[];
}

/** A job that differs. */
export interface JobDiff extends JobPair {
  readonly change: Change;
  /** The level after the change, or before it for a removed job. */
  readonly level?: JobLevel;
  /** Changed settings by Jobs API path, sorted. */
  readonly attributes: readonly ValueChange[];
  readonly parameters: readonly ValueChange[];
  /** Sorted by key. */
  readonly tasks: readonly TaskDiff[];
}

/** A task that differs. */
export interface TaskDiff {
  readonly change: Change;
  /** Task keys: those of enclosing for-each tasks, then the task's own. */
  readonly path: readonly string[];
  /** Short description of the task after the change, or before it if removed. */
  readonly what: string;
  /** The job of a Run Job task, if it differs. */
  readonly runs?: Sides;
  /** Task keys of `depends_on`. */
  readonly dependsOn: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    /** Changed outcomes by task key, including those of added and removed dependencies. */
    readonly outcomes: readonly ValueChange[];
  };
  readonly attributes: readonly ValueChange[];
  readonly parameters: readonly ValueChange[];
}

export interface OrphanedJob {
  readonly key: string;
  /** Keys of the jobs that ran it. */
  readonly wasRunBy: readonly string[];
  /** Whether a schedule or trigger still starts it. */
  readonly hasTrigger: boolean;
}

/** An edge as in {@link Hierarchy}, between {@link JobPair.key}s. */
export interface DiffEdge {
  readonly kind: "run_job" | "depends_on";
  readonly from: string;
  readonly to: string;
  readonly by: string;
  readonly change?: "added" | "removed";
}

/**
 * Compares two graphs. Matches jobs and tasks by key. Ignores source locations and order.
 *
 * @param before undefined if the environment did not exist; likewise `after`
 * @param options jobs to compare: those selected before or after the change
 */
export function diffHierarchies(
  before: JobGraph | undefined,
  after: JobGraph | undefined,
  options: Pick<HierarchyOptions, "jobs" | "direction" | "depth"> = {},
): HierarchyDiff | UnknownJobs {
  const { jobs: names = [] } = options;
  const knows = (graph: JobGraph | undefined, name: string): boolean =>
    graph?.jobs.some(({ key, id }) => key === name || id === name) === true;
  const unknown = names.filter((name) => !knows(before, name) && !knows(after, name));
  if (unknown.length > 0) return new UnknownJobs(unknown);
  const pairs = pairsOf(before?.jobs ?? [], after?.jobs ?? []);
  const [oldDrawn, newDrawn] = [drawn(before), drawn(after)];
  const external = externalPairs(oldDrawn, newDrawn);
  const old = new Side(oldDrawn, [...pairs, ...external], "before");
  const now = new Side(newDrawn, [...pairs, ...external], "after");
  const chosen = [before, after].flatMap((graph) => {
    const known = names.filter((name) => knows(graph, name));
    if (names.length > 0 && known.length === 0) return [];
    return drawn(graph, { ...options, jobs: known })?.jobs ?? [];
  });
  const kept = new Set(chosen.map(({ spec }) => spec));
  const keptExternal = new Set(chosen.flatMap((job) => (job.isExternal === true ? job.id : [])));
  const isKept = (job: JobSpec | undefined): boolean => job !== undefined && kept.has(job);
  const all = pairs.filter((pair) => isKept(pair.before) || isKept(pair.after));
  const both = all.filter((pair) => pair.before !== undefined && pair.after !== undefined);
  const drawnPairs = [
    ...all,
    ...external.filter(({ before: was, after: is }) => keptExternal.has((is ?? was)?.id ?? "")),
  ];
  const environment = after?.environment ?? before?.environment ?? "";
  return {
    environment,
    ...(before !== undefined && before.environment !== environment && { was: before.environment }),
    ...(before === undefined && { change: "added" }),
    ...(after === undefined && { change: "removed" }),
    counts: {
      before: all.filter((pair) => pair.before !== undefined).length,
      after: all.filter((pair) => pair.after !== undefined).length,
    },
    jobs: all.flatMap((pair) => diffJob(pair, old, now) ?? []),
    orphaned: both.flatMap(({ key, after: job }) => {
      const wasRunBy = old.runBy(key);
      if (wasRunBy.length === 0 || now.runBy(key).length > 0) return [];
      const hasTrigger = (job?.triggers ?? []).some(({ paused }) => paused !== true);
      return [{ key, wasRunBy, hasTrigger }];
    }),
    adopted: both.flatMap(({ key }) => {
      const runBy = now.runBy(key);
      return runBy.length === 0 || old.runBy(key).length > 0 ? [] : [{ key, runBy }];
    }),
    all: drawnPairs,
    edges: edgesOf(old, now, new Set(drawnPairs.map(({ key }) => key))),
  };
}

/**
 * Compares only the jobs of two graphs, as {@link diffHierarchies} does: all of them, and those that differ.
 *
 * @param before undefined if the environment did not exist; likewise `after`
 */
export function diffJobs(
  before: JobGraph | undefined,
  after: JobGraph | undefined,
): Pick<HierarchyDiff, "all" | "jobs"> {
  const all = pairsOf(before?.jobs ?? [], after?.jobs ?? []);
  const old = new Side(undefined, all, "before");
  const now = new Side(undefined, all, "after");
  return { all, jobs: all.flatMap((pair) => diffJob(pair, old, now) ?? []) };
}

function drawn(graph: JobGraph | undefined, options?: HierarchyOptions): Hierarchy | undefined {
  const hierarchy = graph && hierarchyOf(graph, options);
  return hierarchy instanceof UnknownJobs ? undefined : hierarchy;
}

/** One side of the comparison, with the keys that match its jobs. */
class Side {
  readonly #keys = new Map<string, string>();
  readonly #runBy = new Map<string, Set<string>>();
  public readonly edges: readonly Omit<DiffEdge, "change">[];

  public constructor(
    hierarchy: Hierarchy | undefined,
    pairs: readonly JobPair[],
    side: "before" | "after",
  ) {
    for (const pair of pairs) {
      const job = pair[side];
      if (job !== undefined) this.#keys.set(job.id, pair.key);
    }
    this.edges = (hierarchy?.edges ?? []).map(({ kind, from, to, by }) => ({
      kind,
      from: this.#keyOf(from),
      to: this.#keyOf(to),
      by: this.#keyOf(by),
    }));
    for (const { kind, from, to } of this.edges) {
      if (kind !== "run_job") continue;
      const known = this.#runBy.get(to);
      if (known === undefined) this.#runBy.set(to, new Set([from]));
      else known.add(from);
    }
  }

  /** Keys of the jobs that run a job, except itself. */
  public runBy(key: string): string[] {
    return [...(this.#runBy.get(key) ?? [])].filter((each) => each !== key).sort();
  }

  /** The target of a Run Job task: an id to compare and a text to show. */
  public target(ref: JobRef | undefined): { readonly same: string; readonly shown: string } {
    if (ref === undefined) return { same: "", shown: "" };
    if (ref.kind === "job")
      return { same: `job ${this.#keyOf(ref.id)}`, shown: this.#keyOf(ref.id) };
    if (ref.kind === "literal") return { same: `id ${ref.jobId}`, shown: `job ${ref.jobId}` };
    const jobId = ref.kind === "external" || ref.kind === "opaque" ? ref.jobId : undefined;
    if (jobId === undefined) return { same: ref.expression, shown: shownText(ref.expression) };
    const isBare = ref.kind === "external" && ref.isFromState === true;
    const shown = isBare ? `job ${jobId}` : `${ref.expression}, job ${jobId}`;
    return { same: `id ${jobId}`, shown };
  }

  #keyOf(id: string): string {
    return this.#keys.get(id) ?? id;
  }
}

function diffJob(pair: JobPair, old: Side, now: Side): JobDiff | undefined {
  const { before, after } = pair;
  const { attributes, parameters } = diffJobSettings(before, after);
  const tasks = diffTasks(before, after, old, now);
  const isSame = attributes.length + parameters.length + tasks.length === 0;
  if (isSame && before !== undefined && after !== undefined) return undefined;
  const tag = (after ?? before)?.tags[JOB_LEVEL_TAG];
  const level = JOB_LEVELS.find((each) => each === tag);
  return {
    ...pair,
    change: changeOf(before, after),
    ...(level !== undefined && { level }),
    attributes,
    parameters,
    tasks,
  };
}

function sidesOf(before: string | undefined, after: string | undefined): Sides {
  const { name: _, ...sides } = shownChange({
    path: [],
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  });
  return sides;
}

function changeOf(before: unknown, after: unknown): Change {
  return before === undefined ? "added" : after === undefined ? "removed" : "changed";
}

interface PlacedTask {
  readonly path: readonly string[];
  readonly spec: TaskSpec;
}

function placed(tasks: readonly TaskSpec[], above: readonly string[] = []): PlacedTask[] {
  return tasks.flatMap((spec) => {
    const path = [...above, spec.taskKey];
    return [{ path, spec }, ...(spec.forEach === undefined ? [] : placed([spec.forEach], path))];
  });
}

function diffTasks(
  before: JobSpec | undefined,
  after: JobSpec | undefined,
  old: Side,
  now: Side,
): TaskDiff[] {
  const groups = new Map<string, { readonly before: PlacedTask[]; readonly after: PlacedTask[] }>();
  for (const [job, side] of [
    [before, "before"],
    [after, "after"],
  ] as const) {
    for (const task of placed(job?.tasks ?? [])) {
      const name = task.path.join("\0");
      const group = groups.get(name) ?? { before: [], after: [] };
      groups.set(name, group);
      group[side].push(task);
    }
  }
  return sorted([...groups]).flatMap(([, group]) => {
    // Task keys may be duplicated by mistake.
    const [first, second] = [inOrder(group.before, old), inOrder(group.after, now)];
    return Array.from({ length: Math.max(first.length, second.length) }, (_, at) =>
      diffTask(first[at], second[at], old, now),
    ).flatMap((task) => task ?? []);
  });
}

function inOrder(tasks: readonly PlacedTask[], side: Side): readonly PlacedTask[] {
  if (tasks.length < 2) return tasks;
  const texts = new Map(
    tasks.map((task) => [
      task,
      JSON.stringify([side.target(task.spec.runJob), canonical(task.spec.settings)]),
    ]),
  );
  return [...tasks].sort((a, b) => compare(texts.get(a) ?? "", texts.get(b) ?? ""));
}

function diffTask(
  before: PlacedTask | undefined,
  after: PlacedTask | undefined,
  old: Side,
  now: Side,
): TaskDiff | undefined {
  const [was, is] = [before?.spec, after?.spec];
  const { parameters, attributes: settings } = diffTaskSettings(was, is);
  const [oldTarget, newTarget] = [
    was?.runJob && old.target(was.runJob),
    is?.runJob && now.target(is.runJob),
  ];
  const rewired = oldTarget?.same !== newTarget?.same;
  const dependsOn = {
    added: missing(is?.dependsOn, was?.dependsOn),
    removed: missing(was?.dependsOn, is?.dependsOn),
    outcomes: diffOutcomes(was, is),
  };
  const isWiredAlike = Object.values(dependsOn).every(({ length }) => length === 0);
  const [waited, waits] = [was?.settings.depends_on, is?.settings.depends_on];
  const attributes =
    isWiredAlike && canonical(waited) !== canonical(waits)
      ? [...settings, dependencyChange(waited, waits)]
      : settings;
  const isSame = isWiredAlike && attributes.length + parameters.length === 0;
  const place = after ?? before;
  if (place === undefined) return undefined;
  if (isSame && !rewired && was !== undefined && is !== undefined) return undefined;
  const target = is === undefined ? oldTarget : newTarget;
  return {
    change: changeOf(was, is),
    path: place.path.map(shownText),
    what: target?.shown ?? shownText(whatRuns(place.spec)),
    ...(rewired && { runs: sidesOf(oldTarget?.shown, newTarget?.shown) }),
    dependsOn,
    attributes,
    parameters,
  };
}

/** A change of `depends_on` that task keys and outcomes do not show, such as a duplicate. */
function dependencyChange(before: Setting | undefined, after: Setting | undefined): ValueChange {
  return shownChange({
    path: ["depends_on"],
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  });
}

function missing(from: readonly string[] = [], among: readonly string[] = []): string[] {
  return [...new Set(from)]
    .filter((key) => !among.includes(key))
    .map(shownText)
    .sort();
}

function edgesOf(old: Side, now: Side, kept: ReadonlySet<string>): DiffEdge[] {
  const nameOf = ({ kind, from, to, by }: Omit<DiffEdge, "change">): string =>
    [kind, from, to, by].join("\0");
  const before = new Map(old.edges.map((edge) => [nameOf(edge), edge]));
  const after = new Map(now.edges.map((edge) => [nameOf(edge), edge]));
  const all = sorted([...new Map([...before, ...after])]);
  return all
    .filter(([, { from, to, by }]) => [from, to, by].every((key) => kept.has(key)))
    .map(([name, edge]): DiffEdge => {
      if (!before.has(name)) return { ...edge, change: "added" };
      return after.has(name) ? edge : { ...edge, change: "removed" };
    });
}

function sorted<V>(entries: readonly (readonly [string, V])[]): (readonly [string, V])[] {
  return [...entries].sort(([a], [b]) => compare(a, b));
}

/** Numbers of distinct jobs by kind of change, over all environments. */
export function countChanges(diffs: readonly HierarchyDiff[]): Record<Change, number> {
  const keys = { added: new Set(), removed: new Set(), changed: new Set() };
  for (const { jobs } of diffs) for (const { key, change } of jobs) keys[change].add(key);
  return { added: keys.added.size, removed: keys.removed.size, changed: keys.changed.size };
}
