import { existsSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { JobstrataError, quoteWithSuggestion } from "../../errors";
import type { FindingSite } from "../../model/finding";
import { JobGraph } from "../../model/job-graph";
import type { CodeFile } from "../../model/lineage";
import {
  type JobSpec,
  type NotebookRef,
  type SourceLocation,
  isExpression,
} from "../../model/job-spec";
import type { SourceSuppression } from "../../model/suppression";
import { nearest } from "../../nearest";
import { quote } from "../../model/text";
import { codeAt } from "../code/code-at";
import { fileNotebook, workspaceNotebook } from "../notebook/identity";
import { MAX_JOBS, type Reading, type ReadProblem } from "../reading";
import { realPath } from "../real-path";
import { posixRelative, relativePath } from "../../paths";
import { includeGlob, isBroken, isPattern } from "./include-glob";
import { LocalFiles, withNotebookExtension } from "./local-files";
import { Merger, valueAt } from "./merge";
import { PythonResources } from "./python-resources";
import { isInside, repositoryOf, syncRootOf } from "./roots";
import { checkShape, type ShapeProblem } from "./shape";
import { readSuppressions } from "./suppressions";
import { TargetReader, withoutMount } from "./target";
import { unreadFiles } from "./unread-files";
import { overrideVariables } from "./variables";
import {
  isValueMap,
  type KeyPath,
  Places,
  readYamlFile,
  type Value,
  type ValueMap,
} from "./yaml-file";

const ROOT_FILES = ["databricks.yml", "databricks.yaml", "bundle.yml", "bundle.yaml"];
/** The target of bundles that have none. */
const DEFAULT_TARGET = "default";
/** No bundle that people write has more. */
const MAX_FILES = 100_000;
/** All files together: characters, and values in them. */
const MAX_TOTAL = 32 * 2 ** 20;
const MAX_TOTAL_VALUES = 1_500_000;

/** What a target merges with the same of the bundle. */
const MERGED = ["bundle", "workspace", "artifacts", "resources", "sync", "permissions", "presets"];

export const EMPTY: ValueMap = Object.create(null) as ValueMap;

/** The file that makes `path`, a folder or such a file itself, a bundle. */
export function bundleFile(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  if (!statSync(path).isDirectory()) return /\.(ya?ml|json)$/i.test(path) ? path : undefined;
  return ROOT_FILES.map((name) => join(path, name)).find((file) => existsSync(file));
}

/** How {@link readBundle} reads. */
export interface BundleOptions {
  /** The targets to read. @default - every target */
  readonly targets?: readonly string[];
  /** Leaves out targets that the bundle lacks instead of refusing them. @default false */
  readonly lenient?: boolean;
  /** Runs the Python code of the bundle that defines jobs, as the Databricks CLI does. @default false */
  readonly python?: boolean;
  /** Where `BUNDLE_VAR_…` are looked up, and what Python code gets. @default process.env */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** Files outside of it are not read. @default - the work tree of git, else what `sync.paths` name */
  readonly repository?: string;
  /** Texts that stand for what files hold, by their absolute paths. @default - none */
  readonly contents?: ReadonlyMap<string, string>;
  /** What the ids of jobs begin with, so that those of several bundles differ. @default - nothing */
  readonly prefix?: string;
  /** Variables whose references stay references; `bundle.target` stays one, too. @default - none, nor bundle.target */
  readonly keep?: ReadonlySet<string>;
}

/**
 * Reads the jobs of a Databricks Asset Bundle, without a workspace and without the Databricks CLI, as that puts them
 * together: included files, overrides of targets, presets, variables.
 *
 * @param file the bundle's `databricks.yml`
 * @throws JobstrataError `source` for a target that the bundle lacks
 */
export function readBundle(file: string, options: BundleOptions = {}): Reading {
  const bundle = new Bundle(resolve(file), options);
  const graphs = bundle.select(options).map((target) => bundle.graphOf(target));
  return {
    kind: "bundle",
    path: relativePath(resolve(file)),
    graphs,
    problems: bundle.problems,
    suppressions: bundle.suppressions,
  };
}

/** What a bundle says of a target beside its jobs. */
export interface BundleSettings {
  readonly name: string;
  /** The values of its variables, as far as they are known; null for the others. */
  readonly variables: ValueMap;
  /** What the bundle says of each variable. */
  readonly declared: ValueMap;
  /** Which workspace it is deployed to, as far as the bundle says so. */
  readonly host?: string;
  readonly profile?: string;
  /** `workspace.state_path`, with `${workspace.current_user.userName}` for who deploys it. */
  readonly statePath: string;
}

/**
 * Reads what a bundle says of its targets beside their jobs.
 *
 * @throws JobstrataError `source` for a target that the bundle lacks
 */
export function readBundleSettings(
  file: string,
  options: BundleOptions = {},
): ReadonlyMap<string, BundleSettings> {
  const bundle = new Bundle(resolve(file), options);
  return new Map(bundle.select(options).map((target) => [target, bundle.settingsOf(target)]));
}

/** Something wrong with a value: where it is, and the job and target that it belongs to. */
export interface ValueProblem extends Omit<ReadProblem, "location"> {
  readonly map?: object | undefined;
  readonly path?: KeyPath | undefined;
}

export class Bundle {
  public readonly problems: ReadProblem[] = [];
  public readonly suppressions: SourceSuppression[] = [];
  public readonly places = new Places();
  public readonly merger = new Merger(this.places, (severity, message, fix, at) => {
    this.report({ severity, message, fix, map: at?.map, path: at && [at.key] });
  });
  public readonly folder: string;
  public readonly files: LocalFiles;
  readonly #env: Readonly<NodeJS.ProcessEnv>;
  readonly #config: ValueMap;
  /** Where else a job is defined that an earlier file defines already. */
  readonly #duplicates = new Map<string, JobSpec["duplicates"]>();
  readonly #notebooks = new Map<string, NotebookRef>();
  readonly #code = new Map<string, CodeFile>();
  /** The real paths of the files that were read. */
  readonly #read = new Set<string>();
  #characters = 0;
  #values = 0;

  readonly #options: BundleOptions;

  public constructor(
    public readonly file: string,
    options: BundleOptions,
  ) {
    this.#options = options;

    this.folder = dirname(file);
    this.#env = options.env ?? process.env;
    this.files = new LocalFiles(this.folder, this.places);
    let config = this.#load(file) ?? EMPTY;
    for (const included of this.#included(config)) {
      const more = this.#load(included);
      if (more === undefined) continue;
      if (more.include !== undefined) {
        this.report({
          severity: "warning",
          message: "only the include of the bundle's own file counts",
          fix: `name its files in ${quote(relativePath(file))}`,
          map: more,
          path: ["include"],
        });
      }
      config = this.#join(config, more);
    }
    this.#config = this.#withTargets(config);
    this.#checkKeys(config);
    this.#checkVariables(config);
    this.#checkPython(config);
    for (const problem of unreadFiles(this.folder, this.#read, config)) this.add(problem);
  }

  public select({ targets: wanted = [], lenient = false }: BundleOptions): string[] {
    const { targets } = this.#config;
    const names = isValueMap(targets) ? Object.keys(targets) : [];
    if (names.length === 0) names.push(DEFAULT_TARGET);
    if (lenient) return wanted.length === 0 ? names : names.filter((name) => wanted.includes(name));
    for (const name of wanted) {
      if (names.includes(name)) continue;
      throw new JobstrataError(
        "source",
        `${relativePath(this.file)} has no target ${quoteWithSuggestion(name, names)}; it has ${names.map(quote).join(", ")}`,
      );
    }
    return wanted.length === 0 ? names : [...wanted];
  }

  public graphOf(target: string): JobGraph {
    const override = valueAt(this.#config.targets, [target]);
    let settings = isValueMap(override) ? this.#overridden(target, override) : this.#config;
    if (this.#options.python === true) {
      const variables = new TargetReader(this, target, settings, EMPTY).variables();
      settings = new PythonResources(this, this.#env).applied(settings, target, variables);
    }
    const jobs = valueAt(settings, ["resources", "jobs"]);
    let entries = isValueMap(jobs) ? jobs : EMPTY;
    const count = Object.keys(entries).length;
    if (count > MAX_JOBS) {
      this.report({
        severity: "error",
        message: `there are ${count} jobs, more than ${MAX_JOBS}`,
        fix: "divide the bundle",
      });
      entries = EMPTY;
    }
    const reader = new TargetReader(this, target, settings, entries);
    const specs = reader.jobs();
    const mode = isValueMap(override) ? override.mode : undefined;
    const source = isValueMap(override) ? this.places.locationOf(override) : undefined;
    return new JobGraph(
      target,
      specs,
      { ...(typeof mode === "string" && { mode }), ...(source !== undefined && { source }) },
      "bundle",
    );
  }

  public settingsOf(target: string): BundleSettings {
    const override = valueAt(this.#config.targets, [target]);
    const settings = isValueMap(override) ? this.#overridden(target, override) : this.#config;
    const reader = new TargetReader(this, target, settings, EMPTY);
    const { bundle, variables } = settings;
    const name = isValueMap(bundle) ? bundle.name : undefined;
    return {
      name: typeof name === "string" ? name : "bundle",
      variables: reader.variables(),
      declared: isValueMap(variables) ? variables : EMPTY,
      ...reader.workspaceSettings(),
    };
  }

  /** Variables whose references stay references; undefined where all are filled in. */
  public get keep(): ReadonlySet<string> | undefined {
    return this.#options.keep;
  }

  /** The id of the job with that key. */
  public jobId(key: string): string {
    return `${this.#options.prefix ?? ""}resources.jobs.${key}`;
  }

  public duplicatesOf(key: string): JobSpec["duplicates"] {
    return this.#duplicates.get(key) ?? [];
  }

  public variable(name: string): string | undefined {
    return this.#env[`BUNDLE_VAR_${name}`];
  }

  /** The values of variables that a file beside the bundle keeps for a target. */
  public overridesOf(target: string): ValueMap {
    const folder = join(this.folder, ".databricks", "bundle");
    const file = join(folder, target, "variable-overrides.json");
    if (!file.startsWith(folder) || !existsSync(file)) return EMPTY;
    return this.#load(file, "values") ?? EMPTY;
  }

  /** The folder whose files are uploaded. */
  public syncRoot(settings: ValueMap): string {
    return syncRootOf(this.folder, settings.sync, this.places);
  }

  /**
   * The notebook at `path`; the same files are asked for by every target.
   *
   * @param from the file that the path is relative to
   * @param uploaded the folder in the workspace that the files of `root` go to
   */
  public notebook(path: string, from: string, uploaded: string, root: string): NotebookRef {
    const inFiles = withoutMount(path).startsWith(`${uploaded}/`)
      ? withoutMount(path).slice(uploaded.length + 1)
      : undefined;
    const file =
      inFiles === undefined
        ? isAbsolute(path) || isExpression(path)
          ? undefined
          : resolve(dirname(from), path)
        : withNotebookExtension(join(root, inFiles));
    if (file === undefined) return workspaceNotebook(path);
    let notebook = this.#notebooks.get(file);
    if (notebook === undefined) this.#notebooks.set(file, (notebook = fileNotebook(file)));
    return notebook;
  }

  /** A path as it leads on from the bundle's folder, however it is spelled; what leads elsewhere stays as it is. */
  public path(path: string, part: object, uploaded: string, root: string): string {
    const inFiles = withoutMount(path).startsWith(`${uploaded}/`)
      ? withoutMount(path).slice(uploaded.length + 1)
      : undefined;
    const isRelative = /^\.{0,2}[\w-]/.test(path) || /^\.{1,2}\//.test(path);
    if (inFiles === undefined && (!isRelative || /^\w+:/.test(path))) return path;
    const key = Object.entries(part).find(([, value]) => value === path)?.[0];
    const from = this.places.fileOf(part, key === undefined ? undefined : [key]) ?? this.file;
    const file = inFiles === undefined ? resolve(dirname(from), path) : join(root, inFiles);
    return posixRelative(this.folder, file) || ".";
  }

  /** The code at a path from the bundle's folder: a file, or the folder of a dbt project. */
  public code(path: string): CodeFile | undefined {
    if (isAbsolute(path) || /^\w+:/.test(path)) return undefined;
    const file = join(this.folder, path);
    let code = this.#code.get(file);
    if (code === undefined) this.#code.set(file, (code = codeAt(file)));
    return code;
  }

  /** Notes a problem, at the place of a value. */
  public report({ map, path, ...problem }: ValueProblem): void {
    const location = map === undefined ? undefined : this.places.locationOf(map, path);
    this.add({ ...problem, location: location ?? { file: relativePath(this.file) } });
  }

  /** Notes the problems of the shape of a value. */
  public reportShape(
    problems: readonly ShapeProblem[],
    about?: { readonly environment: string; readonly job: FindingSite["job"] },
  ): void {
    for (const { taskKey, ...problem } of problems) {
      const sites = about && [{ job: about.job, ...(taskKey !== undefined && { taskKey }) }];
      this.report({
        ...problem,
        ...(about && { environment: about.environment }),
        ...(sites && { sites }),
      });
    }
  }

  public add(problem: ReadProblem): void {
    const same = (other: ReadProblem): boolean =>
      other.message === problem.message &&
      other.environment === problem.environment &&
      other.location?.file === problem.location?.file &&
      other.location?.line === problem.location?.line &&
      other.location?.column === problem.location?.column;
    // What is wrong in one target is mostly wrong in all.
    if (this.problems.length < 1000 && !this.problems.some(same)) this.problems.push(problem);
  }

  /** `environments` is what targets were called once. */
  #withTargets(config: ValueMap): ValueMap {
    const { environments } = config;
    if (environments === undefined || environments === null) return config;
    if (config.targets === undefined) return { ...config, targets: environments };
    this.report({
      severity: "error",
      message: "there are both targets and environments",
      fix: "keep targets; environments is its old name",
      map: config,
      path: ["environments"],
    });
    return config;
  }

  /** The configuration as a target changes it. */
  #overridden(target: string, override: ValueMap): ValueMap {
    const settings = Object.assign(Object.create(null), this.#config) as Record<string, Value>;
    this.places.copy(settings, this.#config);
    const path = `targets.${target}`;
    for (const field of MERGED) {
      const merged = this.merger.merge(settings[field], override[field], `${path}.${field}`, {
        map: override,
        key: field,
      });
      if (merged !== undefined) settings[field] = merged;
    }
    const { variables } = override;
    settings.variables = overrideVariables(settings.variables, variables, (name) => {
      const declared = isValueMap(this.#config.variables) ? this.#config.variables : {};
      const best = nearest(name, Object.keys(declared));
      this.report({
        severity: "error",
        message: `${path} gives a value to variable ${quote(name)}, which the bundle does not declare${best === undefined ? "" : ` (did you mean ${quote(best)}?)`}`,
        fix: best === undefined ? "declare it below variables" : `write ${best}, or declare it`,
        map: isValueMap(variables) ? variables : override,
        path: [name],
      });
    });
    if (override.run_as !== undefined) settings.run_as = override.run_as;
    settings.mode = override.mode;
    return settings;
  }

  /** @param holds what the file is: a part of the bundle, or values of variables */
  #load(path: string, holds: "bundle" | "values" = "bundle"): ValueMap | undefined {
    if (this.#characters > MAX_TOTAL || this.#values > MAX_TOTAL_VALUES) return undefined;
    this.#read.add(realPath(path) ?? path);
    const { text, value, size, problems } = readYamlFile(
      path,
      this.places,
      this.#options.contents?.get(resolve(path)),
    );
    for (const problem of problems) this.add(problem);
    if (problems.some(({ rule }) => rule === undefined)) return undefined;
    this.#characters += text.length;
    this.#values += size;
    if (this.#characters > MAX_TOTAL || this.#values > MAX_TOTAL_VALUES) {
      this.report({
        severity: "error",
        message: `the files of the bundle have more than ${MAX_TOTAL} characters or ${MAX_TOTAL_VALUES} values`,
        fix: "divide the bundle; what comes after that is not read",
      });
      return undefined;
    }
    this.suppressions.push(...readSuppressions(path, text));
    if (value === undefined || value === null) return undefined;
    if (isValueMap(value)) {
      if (holds === "bundle") this.reportShape(checkShape(value, "Root", this.places));
      return value;
    }
    this.add({
      severity: "error",
      message: "the file must hold a map",
      fix:
        holds === "bundle"
          ? "begin it with a key such as resources"
          : "write the values of variables below their names",
      location: { file: relativePath(path), line: 1 },
    });
    return undefined;
  }

  /** Files that `include` names, each once, in its order. What leads out of the repository is not read. */
  #included(config: ValueMap): string[] {
    const { include } = config;
    // The check of shapes reports any other shape.
    if (!Array.isArray(include)) return [];
    const root = realPath(this.file) ?? this.file;
    const folder = realPath(this.folder) ?? this.folder;
    const { repository = repositoryOf(folder) } = this.#options;
    const limits = [
      folder,
      ...(repository === undefined ? [] : [realPath(repository) ?? repository]),
      syncRootOf(folder, config.sync, this.places),
    ];
    /** By their real paths, as links may lead to one file twice. */
    const found = new Map<string, string>();
    for (const [at, pattern] of (include as readonly Value[]).entries()) {
      if (typeof pattern !== "string") continue;
      const refuse = (message: string, fix: string): void => {
        this.report({ severity: "error", message, fix, map: config, path: ["include", at] });
      };
      if (isBroken(pattern)) {
        refuse(`include names ${quote(pattern)}, in which a [ is not closed`, "close it");
        continue;
      }
      const files = includeGlob(this.folder, pattern.replaceAll("\\", "/"));
      if (files.length === 0 && !isPattern(pattern))
        refuse(
          `include names ${quote(pattern)}, which does not exist`,
          "correct the path, or remove it",
        );
      for (const path of files) {
        const real = realPath(path) ?? path;
        if (!limits.some((limit) => isInside(limit, real))) {
          refuse(
            `include ${quote(pattern)} leads out of ${repository === undefined ? "the bundle, which is in no git repository" : "the repository"}, to ${quote(relativePath(path))}`,
            repository === undefined
              ? `move the file into the bundle, or add its folder to sync: {paths: [., ${posixRelative(this.folder, dirname(path))}]}`
              : "move the file into the repository",
          );
        } else if (!/\.(?:ya?ml|json)$/.test(path)) {
          refuse(
            `include ${quote(pattern)} finds ${quote(relativePath(path))}, which is not a .yml, .yaml or .json file`,
            "let it name such files alone",
          );
        } else if (real !== root && path.length < (found.get(real)?.length ?? Infinity)) {
          found.set(real, path);
        }
      }
    }
    if (found.size > MAX_FILES) {
      this.report({
        severity: "error",
        message: `include finds ${found.size} files`,
        fix: "name fewer of them",
        map: config,
        path: ["include"],
      });
      return [];
    }
    return [...found.values()];
  }

  /** What a file adds. A second definition of a resource is kept apart, as the Databricks CLI refuses it. */
  #join(config: ValueMap, more: ValueMap): ValueMap {
    const before = config.resources;
    const resources = more.resources;
    if (!isValueMap(before) || !isValueMap(resources))
      return this.merger.merge(config, more) as ValueMap;
    // Big maps, grown in place: merging 10 000 files one after the other would copy them each time.
    const known = before as Record<string, Value>;
    for (const [type, entries] of Object.entries(resources)) {
      const all = known[type] as Record<string, Value> | null | undefined;
      if (!isValueMap(entries) || !isValueMap(all)) {
        known[type] = this.merger.merge(all, entries, `resources.${type}`, {
          map: resources,
          key: type,
        });
        continue;
      }
      for (const [key, entry] of Object.entries(entries)) {
        if (!Object.hasOwn(all, key)) all[key] = entry;
        else if (type === "jobs") {
          const source = isValueMap(entry) ? this.places.locationOf(entry) : undefined;
          const other = { id: this.jobId(key), ...(source !== undefined && { source }) };
          this.#duplicates.set(key, [...this.duplicatesOf(key), other]);
        } else {
          this.#doubled(
            `resources.${type}.${key}`,
            all[key],
            isValueMap(entry) ? entry : entries,
            key,
          );
        }
      }
    }
    const { resources: _, ...rest } = more;
    this.places.copy(rest, more);
    return this.merger.merge(config, rest) as ValueMap;
  }

  /** One key stands for one resource, whatever its type. */
  #checkKeys({ resources }: ValueMap): void {
    const types = new Map<string, string>();
    for (const [type, entries] of Object.entries(isValueMap(resources) ? resources : EMPTY)) {
      for (const [key, entry] of Object.entries(isValueMap(entries) ? entries : EMPTY)) {
        const other = types.get(key);
        if (other === undefined) types.set(key, type);
        else if (isValueMap(entry))
          this.#doubled(`resources.${other}.${key}`, valueAt(resources, [other, key]), entry, key);
      }
    }
  }

  #doubled(first: string, value: Value, map: ValueMap, key: string): void {
    const at = isValueMap(value) ? this.places.locationOf(value) : undefined;
    const place = at === undefined ? "" : ` (${at.file}:${at.line ?? 0})`;
    this.report({
      rule: "job-key",
      severity: "error",
      message: `key ${quote(key)} is used already, by ${first}${place}`,
      fix: "give each resource a key of its own; the Databricks CLI refuses two with the same",
      map,
    });
  }

  /** A variable is looked up, or has a value. */
  #checkVariables({ variables }: ValueMap): void {
    for (const [name, variable] of Object.entries(isValueMap(variables) ? variables : EMPTY)) {
      if (!isValueMap(variable) || !isValueMap(variable.lookup)) continue;
      if (variable.default === undefined || variable.default === null) continue;
      this.report({
        rule: "hidden-value",
        severity: "warning",
        message: `the default of variable ${quote(name)} has no effect, as its lookup hides it`,
        fix: "remove one of the two",
        map: variable,
        path: ["default"],
      });
    }
  }

  /** Where the bundle says what it defines in Python, or the key of that. */
  public pythonLocation(key?: string): SourceLocation | undefined {
    const at = pythonSite(this.#config);
    const settings = at?.map[at.key];
    return key !== undefined && isValueMap(settings)
      ? this.places.locationOf(settings, [key])
      : at && this.places.locationOf(at.map, [at.key]);
  }

  #checkPython(config: ValueMap): void {
    const { map, key } = pythonSite(config) ?? {};
    if (map === undefined || key === undefined) return;
    if (key === "pydabs") {
      this.report({
        severity: "error",
        message: '"experimental.pydabs" is no longer read by the Databricks CLI',
        fix: 'call it "python"',
        map,
        path: [key],
      });
    } else if (this.#options.python !== true) {
      this.report({
        severity: "warning",
        message: `jobs that ${quote(map === config ? "python" : "experimental.python")} defines in Python are not read, as that runs its code`,
        fix: "add --python to run it, in the environment of the project",
        map,
        path: [key],
      });
    }
  }
}

/** What a bundle defines in Python, and by which name. */
function pythonSite(config: ValueMap): { map: ValueMap; key: "python" | "pydabs" } | undefined {
  const { python, experimental } = config;
  if (python !== undefined && python !== null) return { map: config, key: "python" };
  if (!isValueMap(experimental)) return undefined;
  return (["python", "pydabs"] as const)
    .filter((key) => experimental[key] !== undefined && experimental[key] !== null)
    .map((key) => ({ map: experimental, key }))[0];
}
