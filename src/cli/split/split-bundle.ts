import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import {
  canonical,
  isSameSetting,
  type JobGraph,
  type JobSpec,
  quote,
} from "@jobstrata/core/model";
import type { Reading } from "@jobstrata/core/readers";
import {
  type AtomicPart,
  planSplit,
  type SplitOptions,
  type SplitPlan,
  type SplitRefusal,
} from "@jobstrata/core/split";
import { type Node, visit } from "yaml";
import { apply, type Replacement } from "../check/yaml-edit";
import { NotEditable } from "./not-editable";
import { JobText } from "./yaml-job";
import { jobsOf } from "./yaml-jobs";
import { offsetOf, pairsOf } from "../yaml-nodes";
import { parseYaml, valueOf, type YamlFile } from "./yaml-segments";

/** A file that a split changes. */
export interface ChangedFile {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** Number of split jobs in it. */
  readonly changes: number;
}

/** The result of splitting bundles. Nothing is written. */
export interface BundleSplit {
  /** A plan for each environment that has jobs to split or refused jobs. */
  readonly plans: readonly SplitPlan[];
  readonly refusals: readonly SplitRefusal[];
  readonly files: readonly ChangedFile[];
  readonly before: readonly Reading[];
  /** The reading of the changed texts. */
  readonly after: readonly Reading[];
}

/** Reads all sources again, with `contents` (by absolute path) instead of the files on disk. */
export type Read = (contents: ReadonlyMap<string, string>) => Promise<readonly Reading[]>;

/**
 * Splits the jobs of bundles in their YAML. The result is read again and compared, setting by setting, with the plan of every
 * target; a job that differs is refused.
 */
export async function splitBundle(
  before: readonly Reading[],
  read: Read,
  options: SplitOptions,
): Promise<BundleSplit> {
  const refused = new Map<string, SplitRefusal[]>();
  const texts = new Texts();
  const graphs = before.flatMap((reading) => (reading.kind === "bundle" ? reading.graphs : []));
  const taken = texts.resourceKeys(graphs);
  for (;;) {
    const except = new Set([...(options.except ?? []), ...refused.keys()]);
    const plans = graphs.map((graph) => planSplit(graph, { ...options, taken, except }));
    const found = plans.flatMap(({ refusals }) => refusals);
    if (note(found, refused) && plans.some(({ composites }) => composites.length > 0)) continue;
    const edits = new Edits(texts, plans);
    if (note(edits.refusals, refused)) continue;
    const { files } = edits;
    const contents = new Map(files.map(({ file, after }) => [resolve(file), after]));
    const after = files.length === 0 ? before : await read(contents);
    if (note(unequal(plans, graphs, after, contents), refused)) continue;
    const refusals = [...refused.values()].flat();
    return { plans, refusals, files, before, after };
  }
}

/** Adds new refusals. @returns whether there are any */
function note(found: readonly SplitRefusal[], refused: Map<string, SplitRefusal[]>): boolean {
  const known = new Set(refused.keys());
  for (const refusal of found) {
    if (known.has(refusal.job.id)) continue;
    const before = refused.get(refusal.job.id) ?? [];
    // A problem in one target usually affects all.
    if (!before.some(({ message }) => message === refusal.message))
      refused.set(refusal.job.id, [...before, refusal]);
  }
  return refused.size > known.size;
}

/** The contents of files that define jobs. Their syntax trees need much more memory and are not kept. */
class Texts {
  readonly #texts = new Map<string, string | undefined>();

  public text(path: string): string | undefined {
    if (!this.#texts.has(path)) {
      let text: string | undefined;
      try {
        text = readFileSync(path, "utf8");
      } catch {
        // A file that is gone cannot be edited either.
      }
      this.#texts.set(path, text);
    }
    return this.#texts.get(path);
  }

  /** Resource keys of all kinds, which the Databricks CLI requires to be unique. */
  public resourceKeys(graphs: readonly JobGraph[]): Set<string> {
    const paths = graphs.flatMap((graph) =>
      graph.jobs.flatMap(({ source }) => (isYaml(source?.file) ? [source?.file ?? ""] : [])),
    );
    const keys = graphs.flatMap((graph) => graph.jobs.map(({ key }) => key));
    for (const path of new Set(paths)) {
      const text = this.text(path);
      if (text === undefined || !OTHER_RESOURCES.test(text)) continue;
      const root = parseYaml(text)?.document.contents;
      for (const { value } of pairsOf(valueOf(root, "resources")))
        for (const { key } of pairsOf(value)) keys.push(String(key.value));
    }
    return new Set(keys);
  }
}

/** A key below `resources` other than that of jobs. */
const OTHER_RESOURCES =
  /^ {1,8}(?!jobs\b)(?:[a-z]+_)?(?:alerts|apps|clusters|dashboards|endpoints|experiments|instances|models|monitors|pipelines|scopes|schemas|volumes|warehouses|catalogs|projects)\s*:/m;

const isYaml = (file: string | undefined): boolean => /\.ya?ml$/i.test(file ?? "");

/** A change to a job's text. */
interface JobChange {
  readonly job: JobSpec;
  readonly edit: (text: JobText, file: YamlFile) => readonly Replacement[];
}

/** The file changes that implement plans. */
class Edits {
  public readonly refusals: SplitRefusal[] = [];
  public readonly files: ChangedFile[] = [];

  public constructor(texts: Texts, plans: readonly SplitPlan[]) {
    for (const [path, changes] of changesOf(plans)) {
      const text = isYaml(path) ? texts.text(path) : undefined;
      const file = text === undefined ? undefined : parseYaml(text);
      const edits = changes.flatMap((change) => this.#editsOf(change, file));
      if (file === undefined || edits.length === 0) continue;
      const after = apply(file.text, edits);
      const count = new Set(changes.map(({ job }) => job.id)).size;
      if (after !== file.text)
        this.files.push({ file: path, before: file.text, after, changes: count });
    }
  }

  readonly #places = new WeakMap<YamlFile, ReturnType<typeof jobsOf>>();
  readonly #jobs = new Map<string, JobText>();

  #editsOf({ job, edit }: JobChange, file: YamlFile | undefined): readonly Replacement[] {
    try {
      if (file === undefined)
        throw new NotEditable("not-editable", "its file cannot be read as YAML");
      return edit(this.#textOf(job, file), file);
    } catch (error) {
      if (!(error instanceof NotEditable)) throw error;
      this.refusals.push({
        job,
        code: error.code,
        message: `job ${quote(job.key)} cannot be changed in place: ${error.message}`,
        fix:
          error.code === "shared-anchor"
            ? "write out what is shared"
            : "write its YAML in block style, with settings in place of complex variables",
      });
      return [];
    }
  }

  #textOf(job: JobSpec, file: YamlFile): JobText {
    const known = this.#jobs.get(job.id);
    if (known !== undefined) return known;
    const places = this.#places.get(file) ?? jobsOf(file);
    this.#places.set(file, places);
    const { line = 0, column = 1 } = job.source ?? { file: "" };
    const place = places.get(offsetOf(file.text, line, column));
    if (place === undefined)
      throw new NotEditable("not-editable", "its definition was not found in its file");
    const text = new JobText(file, place.keyStart, place.node);
    // Group the changes of a file.
    this.#jobs.clear();
    this.#jobs.set(job.id, text);
    return text;
  }
}

/** Changes by file: each job once, as in the first plan that contains it. */
function changesOf(plans: readonly SplitPlan[]): Map<string, JobChange[]> {
  const runs = concurrentRuns(plans);
  const changes = new Map<string, JobChange[]>();
  const done = new Set<string>();
  const add = (id: string, job: JobSpec, edit: JobChange["edit"]): void => {
    if (done.has(id)) return;
    done.add(id);
    const path = job.source?.file ?? "";
    const known = changes.get(path);
    if (known === undefined) changes.set(path, [{ job, edit }]);
    else known.push({ job, edit });
  };
  for (const { composites, atomics } of plans) {
    const made = new Map<JobSpec, AtomicPart[]>();
    for (const part of atomics) {
      const { job } = part.from;
      if (part.existing !== undefined)
        add(`owner ${part.key}`, part.existing, (text) => text.ownerEdits(part));
      else made.set(job, [...(made.get(job) ?? []), part]);
    }
    for (const part of composites) {
      add(`composite ${part.job.id}`, part.job, (text, file) => {
        checkAnchors(text.movedAnchors(part), text.node, file);
        return text.compositeEdits(part);
      });
      for (const atomic of made.get(part.job) ?? [])
        add(`atomic ${atomic.key}`, part.job, (text, file) => {
          const lines = text.atomicLines(atomic, runs.get(atomic.key));
          const isEnded = file.text[text.end - 1] === "\n";
          const space = isEnded ? file.newline : file.newline.repeat(2);
          return [{ from: text.end, to: text.end, text: space + lines }];
        });
    }
  }
  return changes;
}

/** Text that moves away must not contain an anchor that other text refers to. */
function checkAnchors(anchors: readonly string[], job: unknown, file: YamlFile): void {
  if (anchors.length === 0) return;
  const count = (node: unknown): Map<string, number> => {
    const found = new Map<string, number>();
    visit(node as Node, {
      Alias: (_, { source }) => {
        found.set(source, (found.get(source) ?? 0) + 1);
      },
    });
    return found;
  };
  const [all, own] = [count(file.document.contents), count(job)];
  const shared = anchors.find((name) => (all.get(name) ?? 0) > (own.get(name) ?? 0));
  if (shared !== undefined)
    throw new NotEditable(
      "shared-anchor",
      `what moves to another job has the anchor &${shared}, which other jobs refer to`,
    );
}

/** Numbers of concurrent runs that new jobs need but do not inherit, the highest of all targets. */
function concurrentRuns(plans: readonly SplitPlan[]): Map<string, number> {
  const most = new Map<string, number>();
  const differs = new Set<string>();
  for (const { atomics } of plans) {
    for (const { key, maxConcurrentRuns, from } of atomics) {
      most.set(key, Math.max(most.get(key) ?? 0, maxConcurrentRuns));
      if (maxConcurrentRuns !== Math.max(1, from.job.maxConcurrentRuns ?? 1)) differs.add(key);
    }
  }
  return new Map([...most].filter(([key]) => differs.has(key)));
}

/** Jobs that the changed texts do not define as planned. */
function unequal(
  plans: readonly SplitPlan[],
  graphs: readonly JobGraph[],
  after: readonly Reading[],
  contents: ReadonlyMap<string, string>,
): SplitRefusal[] {
  const read = after.flatMap((reading) => (reading.kind === "bundle" ? reading.graphs : []));
  const refusals: SplitRefusal[] = [];
  for (const [at, plan] of plans.entries()) {
    const graph = graphs[at];
    const now = read[at];
    if (graph === undefined) continue;
    const jobs = new Map((now?.jobs ?? []).map((job) => [job.key, job]));
    const composites = new Map(plan.composites.map((part) => [part.job.key, part]));
    const atomics = new Map(plan.atomics.map((part) => [part.key, part]));
    const refuse = (job: JobSpec, difference: string): void => {
      refusals.push({
        job,
        code: difference.startsWith("not read") ? "not-editable" : "target-override",
        message: `job ${quote(job.key)} would differ from the plan in target ${quote(graph.environment)}: ${difference}`,
        fix: "remove target overrides and shared anchors from the settings that are split",
      });
    };
    for (const job of graph.jobs) {
      const actual = jobs.get(job.key);
      const part = composites.get(job.key);
      const owned = atomics.get(job.key);
      const expected = part?.settings ?? owned?.settings ?? job.settings;
      const difference = differenceOf(expected, actual?.settings, owned);
      if (difference === undefined) continue;
      if (part !== undefined) refuse(job, difference);
      else if (owned !== undefined) for (const use of owned.uses) refuse(use.job, difference);
      else
        for (const other of plan.composites)
          if (contents.size > 0 && sharesFile(other.job, job))
            refuse(other.job, `${quote(job.key)} changes: ${difference}`);
    }
    for (const part of plan.atomics) {
      if (part.existing !== undefined) continue;
      const difference = differenceOf(part.settings, jobs.get(part.key)?.settings, part);
      if (difference !== undefined)
        for (const use of part.uses) refuse(use.job, `${quote(part.key)}: ${difference}`);
    }
  }
  return refusals;
}

const sharesFile = (a: JobSpec, b: JobSpec): boolean => a.source?.file === b.source?.file;

/** The first setting that differs from the plan. */
function differenceOf(
  expected: JobSpec["settings"],
  actual: JobSpec["settings"] | undefined,
  part: AtomicPart | undefined,
): string | undefined {
  if (actual === undefined) return "not read from the changed file";
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  for (const name of names) {
    if (isSameSetting(expected[name], actual[name])) continue;
    // A target's preset can add a prefix, and every target has the same number.
    const shown = actual.name;
    if (part !== undefined && part.existing === undefined && name === "name")
      if (typeof shown === "string" && (shown.endsWith(part.name.text) || shown.endsWith(part.key)))
        continue;
    if (part !== undefined && name === "max_concurrent_runs") {
      const runs = actual.max_concurrent_runs;
      if (typeof runs === "number" && runs >= part.maxConcurrentRuns) continue;
    }
    return `${name} is ${canonical(actual[name]).slice(0, 200) || "not set"} instead of ${canonical(expected[name]).slice(0, 200) || "not set"}`;
  }
  return undefined;
}
