import {
  isSettings,
  JOB_LEVEL_TAG,
  JOB_LEVELS,
  type JobLevel,
  jobOutputBase,
  type JobRef,
  type JobSpec,
  leafTasks,
  type Setting,
  type Settings,
} from "@jobstrata/core/model";
import type { ImportedEnvironment, ImportSource, Refusal } from "../import-source";
import { keyOf, memberName, unique } from "../names";
import { symbolized } from "../symbolic";
import { partsOf } from "../texts";

/** A job of the source, in all environments that contain it. */
export interface ImportedJob {
  /** Its construct id in the project. */
  readonly key: string;
  /** Its {@link JobSpec.key} in the source. */
  readonly was: string;
  /** Its variable name in the project. */
  readonly member: string;
  readonly byEnvironment: Map<string, { readonly spec: JobSpec; readonly settings: Settings }>;
  level: JobLevel;
  layer: string;
}

/** The jobs of a source, each once, with level and layer, in dependency order. */
export class ProjectJobs {
  readonly refusals: Refusal[] = [];
  /** Whether each layer is one stack: stacks by level would depend on each other in both directions. */
  readonly singleStack: boolean;
  readonly #source: ImportSource;
  readonly #order: readonly ImportedJob[];
  readonly #refused = new Set<ImportedJob>();
  readonly #all: ImportedJob[] = [];
  readonly #byId = new Map<string, ImportedJob>();
  readonly #bySourceKey = new Map<string, ImportedJob>();
  readonly #byKey = new Map<string, ImportedJob>();
  readonly #runs = new Map<ImportedJob, readonly ImportedJob[]>();

  public constructor(source: ImportSource, layerOf?: (key: string) => string | undefined) {
    this.#source = source;
    this.#collect();
    for (const job of this.#all) this.#runs.set(job, this.#findRuns(job));
    this.#setLevels();
    for (const job of this.#all) job.layer = this.#layerOf(job, layerOf);
    this.#order = this.#inOrder();
    this.singleStack = this.#isCircular();
    const name = keyOf(source.name).toLowerCase();
    if (this.singleStack) for (const job of this.#all) job.layer = name;
  }

  /** Jobs in dependency order, without refused ones. */
  public get order(): readonly ImportedJob[] {
    return this.#order.filter((job) => !this.#refused.has(job));
  }

  /** In the source's order. */
  public get all(): readonly ImportedJob[] {
    return this.#all;
  }

  /** The job with a {@link JobSpec.id} in an environment. */
  public withId(environment: string, id: string): ImportedJob | undefined {
    return this.#byId.get(idIn(environment, id));
  }

  /** The job that a reference in an environment resolves to. */
  public referred(environment: string, ref: JobRef): ImportedJob | undefined {
    return ref.kind === "job" ? this.withId(environment, ref.id) : undefined;
  }

  /** The first job with a key of the source. */
  public withSourceKey(key: string): ImportedJob | undefined {
    return this.#bySourceKey.get(key);
  }

  public withKey(key: string): ImportedJob | undefined {
    return this.#byKey.get(key);
  }

  /** The jobs that a job runs or refers to, in any environment. */
  public runs(job: ImportedJob): readonly ImportedJob[] {
    return this.#runs.get(job) ?? [];
  }

  /** Refuses jobs that run refused jobs, because those are left out. */
  public refuseDependents(): void {
    for (const job of this.#order) {
      const target = this.runs(job).find((each) => this.#refused.has(each));
      const [first] = job.byEnvironment;
      if (target === undefined || first === undefined || this.#refused.has(job)) continue;
      const [environment, { spec }] = first;
      this.refuse(job, environment, "tasks", `run ${target.was}, which is refused`, spec);
    }
  }

  public refuse(
    job: ImportedJob,
    environment: string,
    where: string,
    why: string,
    { source }: JobSpec,
  ): void {
    this.#refused.add(job);
    this.refusals.push({ job: job.was, environment, where, why, ...(source && { source }) });
  }

  #collect(): void {
    const taken = new Set<string>();
    const members = new Set<string>();
    const known = new Map<string, ImportedJob>();
    for (const environment of this.#source.environments) {
      const keys = new Map<string, number>();
      for (const { key } of environment.graph.jobs) keys.set(key, (keys.get(key) ?? 0) + 1);
      for (const spec of environment.graph.jobs) {
        const identity = (keys.get(spec.key) ?? 0) > 1 ? spec.id : spec.key;
        const job = known.get(identity) ?? this.#add(spec, taken, members);
        known.set(identity, job);
        this.#byId.set(idIn(environment.name, spec.id), job);
        const settings = settingsIn(environment, spec);
        job.byEnvironment.set(environment.name, { spec, settings });
        for (const { id } of spec.duplicates)
          this.refuse(job, environment.name, "key", `is used a second time, by ${id}`, spec);
        if (spec.repeated)
          this.refuse(job, environment.name, "for_each", "creates several jobs", spec);
      }
    }
  }

  #add(spec: JobSpec, taken: Set<string>, members: Set<string>): ImportedJob {
    const key = freeKey(keyOf(spec.key), taken);
    const job: ImportedJob = {
      key,
      was: spec.key,
      member: unique(memberName(key), members, ""),
      byEnvironment: new Map(),
      level: "atomic",
      layer: "",
    };
    this.#all.push(job);
    this.#byKey.set(key, job);
    if (!this.#bySourceKey.has(spec.key)) this.#bySourceKey.set(spec.key, job);
    return job;
  }

  #findRuns(job: ImportedJob): ImportedJob[] {
    const found = new Set<ImportedJob>();
    for (const [environment, { spec, settings }] of job.byEnvironment) {
      for (const { runJob } of leafTasks(spec)) {
        const target = runJob && this.referred(environment, runJob);
        if (target !== undefined) found.add(target);
      }
      for (const key of referredJobs(settings)) {
        const target = this.#bySourceKey.get(key);
        if (target !== undefined) found.add(target);
      }
    }
    found.delete(job);
    return [...found];
  }

  /** The level tag decides unless the job's tasks contradict it. */
  #setLevels(): void {
    const depths = new Map<ImportedJob, number>();
    const depthOf = (job: ImportedJob, above: readonly ImportedJob[]): number => {
      const known = depths.get(job);
      if (known !== undefined) return known;
      if (above.includes(job)) return 0;
      const below = this.runs(job).map((each) => depthOf(each, [...above, job]));
      const runsAny = [...job.byEnvironment.values()].some(({ spec }) =>
        leafTasks(spec).some(({ runJob }) => runJob !== undefined),
      );
      const depth = Math.max(runsAny ? 1 : 0, ...below.map((each) => each + 1));
      depths.set(job, depth);
      return depth;
    };
    for (const job of this.#all) {
      const depth = depthOf(job, []);
      const byDepth = depth === 0 ? "atomic" : depth === 1 ? "composite" : "orchestrator";
      const [first] = job.byEnvironment.values();
      const tag = JOB_LEVELS.find((level) => level === first?.spec.tags[JOB_LEVEL_TAG]);
      const isRight = tag !== undefined && (tag === "atomic") === (depth === 0);
      job.level = isRight ? tag : byDepth;
    }
  }

  #layerOf(job: ImportedJob, layerOf?: (key: string) => string | undefined): string {
    const [first] = job.byEnvironment.values();
    const { name } = this.#source;
    const layer =
      layerOf?.(job.was) ??
      first?.spec.tags.layer ??
      (first && this.#source.layer?.(first.spec)) ??
      name;
    return keyOf(layer.includes("${") ? name : layer).toLowerCase();
  }

  /** Jobs in dependency order; jobs of a layer stay together if possible. */
  #inOrder(): ImportedJob[] {
    const result: ImportedJob[] = [];
    const done = new Set<ImportedJob>();
    const open: ImportedJob[] = [];
    const visit = (job: ImportedJob): void => {
      if (done.has(job)) return;
      if (open.includes(job)) {
        this.#refuseCircle([...open.slice(open.indexOf(job)), job]);
        return;
      }
      open.push(job);
      for (const each of this.runs(job)) visit(each);
      open.pop();
      done.add(job);
      result.push(job);
    };
    const ranks = new Map<string, number>();
    for (const { layer } of this.#all) if (!ranks.has(layer)) ranks.set(layer, ranks.size);
    const byLayer = [...this.#all].sort(
      (a, b) => (ranks.get(a.layer) ?? 0) - (ranks.get(b.layer) ?? 0),
    );
    for (const job of byLayer) visit(job);
    return result;
  }

  #refuseCircle(circle: readonly ImportedJob[]): void {
    const job = circle.at(-1);
    const [first] = job?.byEnvironment ?? [];
    if (job === undefined || first === undefined) return;
    const [environment, { spec }] = first;
    const path = circle.map(({ was }) => was).join(" -> ");
    this.refuse(job, environment, "tasks", `lead back to itself: ${path}`, spec);
  }

  /** Whether stacks by layer and level would depend on each other. */
  #isCircular(): boolean {
    const stackOf = (job: ImportedJob): string => `${job.layer} ${job.level}`;
    const edges = new Map<string, Set<string>>();
    for (const job of this.#all) {
      for (const target of this.runs(job)) {
        if (stackOf(target) === stackOf(job)) continue;
        const known = edges.get(stackOf(job)) ?? new Set();
        edges.set(stackOf(job), known.add(stackOf(target)));
      }
    }
    const state = new Map<string, "open" | "done">();
    const leadsBack = (stack: string): boolean => {
      if (state.get(stack) === "done") return false;
      if (state.get(stack) === "open") return true;
      state.set(stack, "open");
      const found = [...(edges.get(stack) ?? [])].some(leadsBack);
      state.set(stack, "done");
      return found;
    };
    return [...edges.keys()].some(leadsBack);
  }
}

const idIn = (environment: string, id: string): string => `${environment}\0${id}`;

/** Whether a reference of a bundle is the name of its target. */
export const isTarget = (path: string): boolean =>
  path === "bundle.target" || path === "bundle.environment";

/** The variable of a reference, in long or short form. */
export function variablePath(path: string): string | undefined {
  return /^(?:var\.([^.[\]]+)|variables\.([^.[\]]+)\.value)$/.exec(path)?.slice(1).find(Boolean);
}

/** A job's settings with variable references, if the source has any. */
function settingsIn(environment: ImportedEnvironment, spec: JobSpec): Settings {
  const symbolic = environment.symbolic?.get(spec.key);
  if (symbolic === undefined) return spec.settings;
  return symbolized(spec.settings, symbolic, (each) => resolvedText(each, environment));
}

/** Replaces the references in a text by their values. */
function resolvedText(written: string, environment: ImportedEnvironment): string {
  return partsOf(written, true)
    .map((part) => {
      if (part.kind !== "reference") return part.text;
      if (isTarget(part.path)) return environment.name;
      const value = environment.variables[variablePath(part.path) ?? ""]?.default;
      return value === undefined ? part.text : String(value);
    })
    .join("");
}

/** A key whose outputs are free: `x` and `x_job` share theirs. */
function freeKey(key: string, taken: Set<string>): string {
  let free = key;
  for (let count = 2; taken.has(jobOutputBase(free)); count++) free = `${key}_${count}`;
  taken.add(jobOutputBase(free));
  return free;
}

/** Keys of jobs whose ids the settings use outside of Run Job tasks. */
function referredJobs(settings: Setting): string[] {
  if (typeof settings === "string")
    return [...settings.matchAll(/\$\{resources\.jobs\.([^.[\]}]+)\.id\}/g)].flatMap(
      ([, key]) => key ?? [],
    );
  if (Array.isArray(settings)) return (settings as readonly Setting[]).flatMap(referredJobs);
  if (!isSettings(settings)) return [];
  return Object.entries(settings).flatMap(([name, value]) =>
    name === "job_id" ? [] : referredJobs(value),
  );
}
