import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { canonical, type JobGraph, type JobSpec, quote } from "@jobstrata/core/model";
import type { Reading } from "@jobstrata/core/readers";
import {
  type AtomicPart,
  planSplit,
  type SplitOptions,
  type SplitPlan,
  type SplitRefusal,
} from "@jobstrata/core/split";
import { visit } from "yaml";
import { apply, type Replacement } from "../check/yaml-edit";
import { NotEditable } from "./not-editable";
import { JobText, jobsOf } from "./yaml-job";
import { pairsOf, parseYaml, valueOf, type YamlFile } from "./yaml-segments";

/** A file that a split changes. */
export interface ChangedFile {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** How many jobs of it are split. */
  readonly changes: number;
}

/** What a split of bundles comes to. Nothing is written. */
export interface BundleSplit {
  /** A plan for each environment that has jobs to split, or that are refused. */
  readonly plans: readonly SplitPlan[];
  readonly refusals: readonly SplitRefusal[];
  readonly files: readonly ChangedFile[];
  readonly before: readonly Reading[];
  /** What was read from the changed texts. */
  readonly after: readonly Reading[];
}

/** Reads everything again, with texts in place of what files hold, by their absolute paths. */
export type Read = (contents: ReadonlyMap<string, string>) => Promise<readonly Reading[]>;

/**
 * Splits the jobs of bundles in their YAML. What comes out is read again and compared, setting by setting, with what was
 * planned for every target; a job for which that is not the same is refused.
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
    const files = edits.files();
    const contents = new Map(files.map(({ file, after }) => [resolve(file), after]));
    const after = files.length === 0 ? before : await read(contents);
    if (note(unequal(plans, graphs, after, contents), refused)) continue;
    const refusals = [...refused.values()].flat();
    return { plans, refusals, files, before, after };
  }
}

/** Adds refusals of jobs that were not refused yet. @returns whether there are any */
function note(found: readonly SplitRefusal[], refused: Map<string, SplitRefusal[]>): boolean {
  const known = new Set(refused.keys());
  for (const refusal of found) {
    if (known.has(refusal.job.id)) continue;
    const before = refused.get(refusal.job.id) ?? [];
    // What is wrong in one target is mostly wrong in all.
    if (!before.some(({ message }) => message === refusal.message))
      refused.set(refusal.job.id, [...before, refusal]);
  }
  return refused.size > known.size;
}

/** The texts of the files that define jobs. */
class Texts {
  readonly #files = new Map<string, YamlFile | undefined>();

  public file(path: string): YamlFile | undefined {
    if (!this.#files.has(path)) {
      let file: YamlFile | undefined;
      try {
        file = parseYaml(readFileSync(path, "utf8"));
      } catch {
        // A file that is gone is as one that nobody can change.
      }
      this.#files.set(path, file);
    }
    return this.#files.get(path);
  }

  /** Keys of resources of all kinds, as the Databricks CLI wants each only once. */
  public resourceKeys(graphs: readonly JobGraph[]): Set<string> {
    const paths = graphs.flatMap((graph) =>
      graph.jobs.flatMap(({ source }) => (isYaml(source?.file) ? [source?.file ?? ""] : [])),
    );
    const keys = graphs.flatMap((graph) => graph.jobs.map(({ key }) => key));
    for (const path of new Set(paths)) {
      const root = this.file(path)?.document.contents;
      for (const { value } of pairsOf(valueOf(root, "resources")))
        for (const { key } of pairsOf(value)) keys.push(String(key.value));
    }
    return new Set(keys);
  }
}

const isYaml = (file: string | undefined): boolean => /\.ya?ml$/i.test(file ?? "");

/** The changes to files that make plans true. */
class Edits {
  public readonly refusals: SplitRefusal[] = [];
  readonly #texts: Texts;
  readonly #edits = new Map<string, Replacement[]>();
  readonly #jobs = new Map<string, JobText>();
  readonly #changes = new Map<string, Set<string>>();

  public constructor(texts: Texts, plans: readonly SplitPlan[]) {
    this.#texts = texts;
    const runs = concurrentRuns(plans);
    const done = new Set<string>();
    for (const { composites, atomics } of plans) {
      const isNew = composites.filter(({ job }) => !done.has(job.id));
      for (const part of isNew)
        this.#try(part.job, (text, file) => {
          this.#checkAnchors(part.job, text.movedAnchors(part), file);
          return text.compositeEdits(part);
        });
      for (const part of atomics) {
        const id = `atomic ${part.existing?.id ?? ""} ${part.key}`;
        if (done.has(id)) continue;
        done.add(id);
        const owner = part.existing ?? part.from.job;
        this.#try(owner, (text, file) => {
          if (part.existing !== undefined) return text.ownerEdits(part);
          const lines = text.atomicLines(part, runs.get(part.key));
          const isEnded = file.text[text.end - 1] === "\n";
          const space = isEnded ? file.newline : file.newline.repeat(2);
          return [{ from: text.end, to: text.end, text: space + lines }];
        });
      }
      for (const { job } of isNew) done.add(job.id);
    }
  }

  public files(): ChangedFile[] {
    return [...this.#edits].flatMap(([file, edits]) => {
      const before = this.#texts.file(file)?.text;
      if (before === undefined) return [];
      const after = apply(before, edits);
      return after === before
        ? []
        : [{ file, before, after, changes: this.#changes.get(file)?.size ?? 0 }];
    });
  }

  #try(job: JobSpec, edit: (text: JobText, file: YamlFile) => readonly Replacement[]): void {
    try {
      const { source } = job;
      const file = isYaml(source?.file) ? this.#texts.file(source?.file ?? "") : undefined;
      const path = source?.file ?? "";
      if (file === undefined)
        throw new NotEditable("not-editable", "its file cannot be read as YAML");
      const edits = edit(this.#textOf(job, file), file);
      const known = this.#edits.get(path);
      if (known === undefined) this.#edits.set(path, [...edits]);
      else known.push(...edits);
      const changed = this.#changes.get(path) ?? new Set();
      this.#changes.set(path, changed.add(job.id));
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
    }
  }

  #textOf(job: JobSpec, file: YamlFile): JobText {
    const known = this.#jobs.get(job.id);
    if (known !== undefined) return known;
    const { line = 0, column = 1 } = job.source ?? { file: "" };
    const place = this.#places(file).get(offsetOf(file, line, column));
    if (place === undefined)
      throw new NotEditable("not-editable", "its definition was not found in its file");
    const text = new JobText(file, place.keyStart, place.node);
    this.#jobs.set(job.id, text);
    return text;
  }

  readonly #placesOf = new Map<YamlFile, ReturnType<typeof jobsOf>>();

  #places(file: YamlFile): ReturnType<typeof jobsOf> {
    const known = this.#placesOf.get(file) ?? jobsOf(file);
    this.#placesOf.set(file, known);
    return known;
  }

  /** What moves away may not hold an anchor that others refer to. */
  #checkAnchors(job: JobSpec, anchors: readonly string[], file: YamlFile): void {
    if (anchors.length === 0) return;
    const { line = 0, column = 1 } = job.source ?? { file: "" };
    const place = this.#places(file).get(offsetOf(file, line, column));
    const own = new Set<string>();
    const count = (node: unknown, add: (name: string) => void): void => {
      visit(node as never, {
        Alias: (_, { source }) => {
          add(source);
        },
      });
    };
    const all = new Map<string, number>();
    count(file.document.contents, (name) => all.set(name, (all.get(name) ?? 0) + 1));
    const inJob = new Map<string, number>();
    count(place?.node ?? null, (name) => inJob.set(name, (inJob.get(name) ?? 0) + 1));
    for (const name of anchors) if ((all.get(name) ?? 0) > (inJob.get(name) ?? 0)) own.add(name);
    const [shared] = own;
    if (shared === undefined) return;
    throw new NotEditable(
      "shared-anchor",
      `what moves to another job has the anchor &${shared}, which other jobs refer to`,
    );
  }
}

/** Numbers of concurrent runs that new jobs need and do not get from the job that they come from, the highest of all targets. */
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

function offsetOf({ text }: YamlFile, line: number, column: number): number {
  let start = 0;
  for (let at = 1; at < line; at++) {
    start = text.indexOf("\n", start) + 1;
    if (start === 0) return -1;
  }
  return start + column - 1;
}

/** Jobs for which the changed texts do not say what was planned. */
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
        message: `job ${quote(job.key)} would not be what was planned in target ${quote(graph.environment)}: ${difference}`,
        fix: "move what targets override, and what anchors share, out of what is split",
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

/** The first setting that is not as planned. */
function differenceOf(
  expected: JobSpec["settings"],
  actual: JobSpec["settings"] | undefined,
  part: AtomicPart | undefined,
): string | undefined {
  if (actual === undefined) return "not read from the changed file";
  const names = new Set([...Object.keys(expected), ...Object.keys(actual)]);
  for (const name of names) {
    if (canonical(expected[name]) === canonical(actual[name])) continue;
    // A preset of the target may put something before it, and every target has the same number.
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
