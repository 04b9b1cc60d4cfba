import { type Dirent, readdirSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { JobstrataError, quoteWithSuggestion } from "../../errors";
import { type BundleTarget, JobGraph } from "../../model/job-graph";
import { type JobRef, type JobSpec, mayHold, type TaskSpec } from "../../model/job-spec";
import { quote } from "../../model/text";
import { withLazy, withoutLazy } from "../lazy";
import type { Reading } from "../reading";
import { posixRelative, relativePath } from "../../paths";
import type { BundleOptions } from "./bundle";
import { bundleFile, readBundle } from "./read-bundle";

/** Folders without bundles of the project, such as tools and bundle templates. */
const SKIPPED = new Set(["node_modules", "venv", "env", "site-packages", "__pycache__"]);
const MAX_FOLDERS = 100_000;

/**
 * Finds the root files of all bundles below a folder. Does not search below a bundle.
 *
 * @param isIgnored whether to skip a path
 */
export function bundlesBelow(folder: string, isIgnored: (path: string) => boolean): string[] {
  const found: string[] = [];
  const folders = [folder];
  for (let at = 0; at < folders.length && at < MAX_FOLDERS; at++) {
    const parent = folders[at] ?? "";
    const file = bundleFile(parent);
    if (file !== undefined) {
      if (!isIgnored(file)) found.push(file);
      continue;
    }
    for (const { name } of foldersIn(parent)) {
      if (name.startsWith(".") || SKIPPED.has(name) || name.includes("{{")) continue;
      const path = join(parent, name);
      if (!isIgnored(path)) folders.push(path);
    }
  }
  return found.sort();
}

function foldersIn(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  } catch {
    return [];
  }
}

/** Options for several bundles. */
export interface ManyBundlesOptions extends Omit<BundleOptions, "prefix" | "lenient"> {
  /** Absolute folder from which ids of jobs name the bundles. @default - the working folder */
  readonly workingFolder?: string;
}

/**
 * Reads several bundles as one: creates a graph for each target name, with the jobs of every bundle that has the
 * target. Resolves lookups of jobs by name across bundles.
 *
 * @param folder that contains the bundles
 * @throws {JobstrataError} `source` for a target that no bundle has
 */
export function readBundles(
  files: readonly string[],
  folder: string,
  { targets = [], workingFolder, ...options }: ManyBundlesOptions,
): Reading {
  const bundles = files.map((file) => {
    const at = dirname(resolve(file));
    const way = posixRelative(workingFolder ?? process.cwd(), at) || ".";
    const prefix = `${way}: `;
    const reading = readBundle(file, { ...options, targets, lenient: true, prefix });
    return { folder: realpathSync(at), prefix, reading };
  });
  const readings = bundles.map(({ reading }) => reading);
  const graphs = new Map<string, JobGraph[]>();
  for (const graph of readings.flatMap((reading) => reading.graphs))
    graphs.set(graph.environment, [...(graphs.get(graph.environment) ?? []), graph]);
  for (const target of targets) {
    if (graphs.has(target)) continue;
    const names = new Set(
      files.flatMap((file) => readBundle(file).graphs.map(({ environment }) => environment)),
    );
    throw new JobstrataError(
      "source",
      `no bundle in ${quote(relativePath(resolve(folder)))} has a target ${quoteWithSuggestion(target, names)}; there is ${[...names].map(quote).join(", ") || "none"}`,
    );
  }
  return {
    kind: "bundle",
    path: relativePath(resolve(folder)),
    graphs: [...graphs].map(([environment, same]) => joined(environment, same)),
    problems: readings.flatMap(({ problems }) => problems),
    suppressions: readings.flatMap(({ suppressions }) => suppressions),
    bundles: bundles.map(({ reading: { problems }, ...part }) => ({ ...part, problems })),
  };
}

function joined(environment: string, graphs: readonly JobGraph[]): JobGraph {
  const jobs = graphs.flatMap((graph) => graph.jobs);
  const names = idsByName(jobs);
  const target = graphs.map((graph) => graph.target).find((each) => !isModeSet(each));
  return new JobGraph(
    environment,
    jobs.map((job) => (job.tasks.some(isLookedUp) ? linked(job, names) : job)),
    target ?? graphs[0]?.target,
    "bundle",
  );
}

const isModeSet = (target: BundleTarget | undefined): boolean => target?.mode !== undefined;

/** Job ids by name, with and without the prefix of development mode. */
function idsByName(jobs: readonly JobSpec[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const { name, id } of jobs) {
    const short = name?.replace(/^\[dev [^\]]*\] /, "");
    if (short !== undefined && !names.has(short)) names.set(short, id);
  }
  for (const { name, id } of jobs) if (name !== undefined) names.set(name, id);
  return names;
}

const isLookedUp = ({ runJob, forEach }: TaskSpec): boolean =>
  (runJob?.kind === "external" && runJob.name !== undefined) ||
  (forEach !== undefined && isLookedUp(forEach));

function linked(job: JobSpec, names: ReadonlyMap<string, string>): JobSpec {
  const tasks = job.tasks.map((task) => linkedTask(task, names));
  const spec = { ...withoutLazy(job), tasks };
  return withLazy(spec, {
    source: () => job.source,
    settings: () => job.settings,
    mayHold: (settings) => mayHold(job, settings),
  });
}

function linkedTask(task: TaskSpec, names: ReadonlyMap<string, string>): TaskSpec {
  if (!isLookedUp(task)) return task;
  const { runJob, forEach } = task;
  const spec = {
    ...withoutLazy(task),
    ...(runJob && { runJob: linkedRef(runJob, names) }),
    ...(forEach && { forEach: linkedTask(forEach, names) }),
  };
  return withLazy(spec, { source: () => task.source, settings: () => task.settings });
}

function linkedRef(ref: JobRef, names: ReadonlyMap<string, string>): JobRef {
  const id = ref.kind === "external" && ref.name !== undefined ? names.get(ref.name) : undefined;
  return id === undefined ? ref : { kind: "job", id };
}
