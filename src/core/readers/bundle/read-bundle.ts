import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { JobGraph } from "../../model/job-graph";
import { relativePath } from "../../paths";
import { MAX_JOBS, type Reading } from "../reading";
import { Bundle, type BundleOptions } from "./bundle";
import { valueAt } from "./merge";
import { PythonResources } from "./python-resources";
import { type BundleSettings, TargetReader } from "./target";
import { EMPTY, isValueMap, type ValueMap } from "./yaml-file";

const ROOT_FILES = ["databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml"];
/** The root file of the bundle at `path`, which is its folder or the file itself. */
export function bundleFile(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  if (!statSync(path).isDirectory()) return /\.(ya?ml|json)$/i.test(path) ? path : undefined;
  return ROOT_FILES.map((name) => join(path, name)).find((file) => existsSync(file));
}

/**
 * Reads the jobs of a Databricks Asset Bundle, without a workspace or the Databricks CLI, and applies included files,
 * target overrides, presets and variables like the CLI.
 *
 * @param file the bundle's `databricks.yml`
 * @throws {JobstrataError} `source` for a target that the bundle lacks
 */
export function readBundle(file: string, options: BundleOptions = {}): Reading {
  const bundle = new Bundle(resolve(file), options);
  const graphs = bundle.select(options).map((target) => graphOf(bundle, target, options));
  const reading: Reading = {
    kind: "bundle",
    path: relativePath(resolve(file)),
    graphs,
    problems: bundle.problems.all,
    suppressions: bundle.sources.suppressions,
  };
  BUNDLES.set(reading, bundle);
  return reading;
}

const BUNDLES = new WeakMap<Reading, Bundle>();

/**
 * Reads the settings of a bundle's targets other than jobs.
 *
 * @throws {JobstrataError} `source` for a target that the bundle lacks
 */
export function readBundleSettings(
  file: string,
  options: BundleOptions = {},
): ReadonlyMap<string, BundleSettings> {
  return ofTargets(file, options, settingsOf);
}

/** The resources and variables that jobs of a target can refer to. */
export interface BundleResources {
  /** By kind and key, variables filled in; without jobs. */
  readonly resources: ValueMap;
  readonly variables: ValueMap;
  /** The folder that the paths of a resource start from. */
  folderOf(kind: string, key: string): string;
}

/**
 * Reads the resources other than jobs, and the declared variables, of each target of a bundle: the objects that jobs
 * refer to with `${resources.…}` and `${var.…}`.
 *
 * @throws {JobstrataError} `source` for a target that the bundle lacks
 */
export function readBundleResources(
  file: string,
  options: BundleOptions = {},
): ReadonlyMap<string, BundleResources> {
  return ofTargets(file, options, resourcesOf);
}

/** The {@link BundleSettings} of a target that {@link readBundle} has read, without reading the files again. */
export function settingsOfReading(reading: Reading, target: string): BundleSettings | undefined {
  const bundle = BUNDLES.get(reading);
  return bundle && settingsOf(bundle, target);
}

function ofTargets<T>(
  file: string,
  options: BundleOptions,
  read: (bundle: Bundle, target: string) => T,
): ReadonlyMap<string, T> {
  const bundle = new Bundle(resolve(file), options);
  return new Map(bundle.select(options).map((target) => [target, read(bundle, target)]));
}

function graphOf(bundle: Bundle, target: string, { python = false, env }: BundleOptions): JobGraph {
  const { problems, places } = bundle;
  const { override, settings: declared } = bundle.configOf(target);
  let settings = declared;
  if (python) {
    const variables = new TargetReader(bundle, target, settings, EMPTY).variables();
    settings = new PythonResources(bundle, env ?? process.env).applied(settings, target, variables);
  }
  const jobs = valueAt(settings, ["resources", "jobs"]);
  let entries = isValueMap(jobs) ? jobs : EMPTY;
  const count = Object.keys(entries).length;
  if (count > MAX_JOBS) {
    problems.report({
      severity: "error",
      message: `there are ${count} jobs, more than ${MAX_JOBS}`,
      fix: "divide the bundle",
    });
    entries = EMPTY;
  }
  const specs = new TargetReader(bundle, target, settings, entries).jobs();
  const mode = override?.mode;
  const source = override && places.locationOf(override);
  return new JobGraph(
    target,
    specs,
    { ...(typeof mode === "string" && { mode }), ...(source !== undefined && { source }) },
    "bundle",
  );
}

function settingsOf(bundle: Bundle, target: string): BundleSettings {
  const { settings } = bundle.configOf(target);
  const reader = new TargetReader(bundle, target, settings, EMPTY);
  const { variables } = settings;
  const name = isValueMap(settings.bundle) ? settings.bundle.name : undefined;
  return {
    name: typeof name === "string" ? name : "bundle",
    variables: reader.variables(),
    declared: isValueMap(variables) ? variables : EMPTY,
    ...reader.workspaceSettings(),
  };
}

function resourcesOf(bundle: Bundle, target: string): BundleResources {
  const { settings } = bundle.configOf(target);
  const { variables } = settings;
  return {
    resources: new TargetReader(bundle, target, settings, EMPTY).otherResources(),
    variables: isValueMap(variables) ? variables : EMPTY,
    folderOf: (kind, key) => {
      const written = valueAt(settings, ["resources", kind, key]);
      const file = isValueMap(written) ? bundle.places.locationOf(written)?.file : undefined;
      return file === undefined ? bundle.folder : dirname(resolve(file));
    },
  };
}
