import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { JobstrataError, quoteWithSuggestion } from "../../errors";
import type { CodeFile } from "../../model/lineage";
import { type JobSpec, type NotebookRef, isExpression } from "../../model/job-spec";
import type { SourceLocation } from "../../model/source-location";
import { nearest } from "../../nearest";
import { quote } from "../../model/text";
import { codeAt } from "../code/code-at";
import { fileNotebook, workspaceNotebook } from "../notebook/identity";
import { posixRelative, relativePath, withoutMount } from "../../paths";
import { LocalFiles, withNotebookExtension } from "./local-files";
import { Merger, valueAt } from "./merge";
import { syncRootOf } from "./roots";
import { unreadFiles } from "./unread-files";
import { overrideVariables } from "./variables";
import { EMPTY, isValueMap, Places, type Value, type ValueMap } from "./yaml-file";
import { BundleFiles, type FileOptions } from "./bundle-files";
import { Definitions } from "./definitions";
import { Problems } from "./problems";
import { checkPython, pythonSite } from "./python-site";

/** Target of bundles without targets. */
const DEFAULT_TARGET = "default";

/** Settings of a target that are merged with those of the bundle. */
const MERGED = ["bundle", "workspace", "artifacts", "resources", "sync", "permissions", "presets"];

/** Options of `readBundle`. */
export interface BundleOptions extends FileOptions {
  /** The targets to read. @default - every target */
  readonly targets?: readonly string[];
  /** Skips targets that the bundle lacks instead of throwing. @default false */
  readonly lenient?: boolean;
  /** Runs the bundle's Python code that defines jobs, as the Databricks CLI does. @default false */
  readonly python?: boolean;
  /** Environment for `BUNDLE_VAR_…` and for Python code. @default process.env */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** Prefix of job ids, which distinguishes jobs of several bundles. @default - none */
  readonly prefix?: string;
  /** The files that jobs name are on this machine, and are checked. @default true */
  readonly hasFiles?: boolean;
  /** Variables whose references are kept, along with `bundle.target`. @default - resolves all references */
  readonly keep?: ReadonlySet<string>;
}

/** A bundle: its merged files and targets, and lookups that all targets share. */
export class Bundle {
  public readonly places = new Places();
  public readonly problems: Problems;
  public readonly merger = new Merger(this.places, (severity, message, fix, at) => {
    this.problems.report({ severity, message, fix, map: at?.map, path: at && [at.key] });
  });
  public readonly folder: string;
  public readonly files: LocalFiles;
  public readonly sources: BundleFiles;
  readonly #definitions: Definitions;
  readonly #env: Readonly<NodeJS.ProcessEnv>;
  readonly #config: ValueMap;
  readonly #notebooks = new Map<string, NotebookRef>();
  readonly #code = new Map<string, CodeFile>();
  readonly #options: BundleOptions;

  public constructor(
    public readonly file: string,
    options: BundleOptions,
  ) {
    this.#options = options;
    this.#env = options.env ?? process.env;
    this.folder = dirname(file);
    this.problems = new Problems(file, this.places);
    this.sources = new BundleFiles(file, this.places, this.problems, options);
    this.#definitions = new Definitions(this.places, this.merger, this.problems, (key) =>
      this.jobId(key),
    );
    this.files = new LocalFiles(this.folder, this.places);
    let config = this.sources.load(file) ?? EMPTY;
    for (const { path, real } of this.sources.included(config)) {
      const more = this.sources.load(path, "bundle", real);
      if (more === undefined) continue;
      if (more.include !== undefined) {
        this.problems.report({
          severity: "warning",
          message: "only the include of the bundle's own file counts",
          fix: `name its files in ${quote(relativePath(file))}`,
          map: more,
          path: ["include"],
        });
      }
      config = this.#definitions.join(config, more);
    }
    this.#config = this.#withTargets(config);
    this.#definitions.checkKeys(config);
    this.#checkVariables(config);
    checkPython(config, options.python === true, this.problems);
    for (const problem of unreadFiles(this.folder, this.sources.read, config))
      this.problems.add(problem);
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

  public get hasFiles(): boolean {
    return this.#options.hasFiles ?? true;
  }

  /** Variables whose references are kept; undefined if all are resolved. */
  public get keep(): ReadonlySet<string> | undefined {
    return this.#options.keep;
  }

  /** The id of a job by its key. */
  public jobId(key: string): string {
    return `${this.#options.prefix ?? ""}resources.jobs.${key}`;
  }

  public duplicatesOf(key: string): JobSpec["duplicates"] {
    return this.#definitions.duplicatesOf(key);
  }

  public variable(name: string): string | undefined {
    return this.#env[`BUNDLE_VAR_${name}`];
  }

  /** Variable values from the target's overrides file. */
  public overridesOf(target: string): ValueMap {
    const folder = join(this.folder, ".databricks", "bundle");
    const file = join(folder, target, "variable-overrides.json");
    if (!file.startsWith(folder) || !existsSync(file)) return EMPTY;
    return this.sources.load(file, "values") ?? EMPTY;
  }

  /** The local folder to upload. */
  public syncRoot(settings: ValueMap): string {
    return syncRootOf(this.folder, settings.sync, this.places);
  }

  /**
   * The notebook at `path`, cached because all targets use the same files.
   *
   * @param from the file that the path is relative to
   * @param uploaded workspace folder of the files in `root`
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

  /** Normalizes a path relative to the bundle's folder. Keeps paths that lead elsewhere. */
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

  /** The code at a path relative to the bundle's folder: a file or a dbt project's folder. */
  public code(path: string): CodeFile | undefined {
    if (isAbsolute(path) || /^\w+:/.test(path)) return undefined;
    const file = join(this.folder, path);
    let code = this.#code.get(file);
    if (code === undefined) this.#code.set(file, (code = codeAt(file)));
    return code;
  }

  /** Supports `environments`, the legacy name of `targets`. */
  #withTargets(config: ValueMap): ValueMap {
    const { environments } = config;
    if (environments === undefined || environments === null) return config;
    if (config.targets === undefined) return { ...config, targets: environments };
    this.problems.report({
      severity: "error",
      message: "there are both targets and environments",
      fix: "keep targets; environments is its old name",
      map: config,
      path: ["environments"],
    });
    return config;
  }

  /** The configuration of a target, and the target's own part of it, if any. */
  public configOf(target: string): {
    readonly override: ValueMap | undefined;
    readonly settings: ValueMap;
  } {
    const override = valueAt(this.#config.targets, [target]);
    return isValueMap(override)
      ? { override, settings: this.#overridden(target, override) }
      : { override: undefined, settings: this.#config };
  }

  /** The map with the value of a field that targets replace: the target's own or the bundle's. */
  public sourceOf(target: string, field: string): ValueMap {
    const override = valueAt(this.#config.targets, [target]);
    return isValueMap(override) && override[field] !== undefined ? override : this.#config;
  }

  /** The configuration with a target's overrides. */
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
      this.problems.report({
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

  /** Reports variables with both a lookup and a default. */
  #checkVariables({ variables }: ValueMap): void {
    for (const [name, variable] of Object.entries(isValueMap(variables) ? variables : EMPTY)) {
      if (!isValueMap(variable) || !isValueMap(variable.lookup)) continue;
      if (variable.default === undefined || variable.default === null) continue;
      this.problems.report({
        rule: "hidden-value",
        severity: "warning",
        message: `the default of variable ${quote(name)} has no effect, as its lookup hides it`,
        fix: "remove one of the two",
        map: variable,
        path: ["default"],
      });
    }
  }

  /** Location of the bundle's Python settings, or of a key in them. */
  public pythonLocation(key?: string): SourceLocation | undefined {
    const at = pythonSite(this.#config);
    const settings = at?.map[at.key];
    return key !== undefined && isValueMap(settings)
      ? this.places.locationOf(settings, [key])
      : at && this.places.locationOf(at.map, [at.key]);
  }
}
