import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { JobstrataError, quoteWithSuggestion } from "../../errors";
import { JobGraph } from "../../model/job-graph";
import { type JobRef, type JobSpec, type NotebookRef, isExpression } from "../../model/job-spec";
import { printable, quote } from "../../model/text";
import { type GitLocation, readJobPayload } from "../job-payload";
import { accessControl } from "../job-settings";
import { fileNotebook, gitNotebook, workspaceNotebook } from "../notebook-identity";
import type { SourceSuppression } from "../../model/suppression";
import { withLazy } from "../lazy";
import { MAX_JOBS, type Reading, type ReadProblem } from "../reading";
import { relativePath } from "../relative-path";
import { includeGlob, isBroken, isPattern } from "./include-glob";
import { Interpolation } from "./interpolate";
import { Merger, valueAt, withValue } from "./merge";
import { readSuppressions } from "./suppressions";
import { overrideVariables } from "./variables";
import { isValueMap, Places, readYamlFile, type Value, type ValueMap } from "./yaml-file";

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

const EMPTY: ValueMap = Object.create(null) as ValueMap;

/** The file that makes `path`, a folder or such a file itself, a bundle. */
export function bundleFile(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  if (!statSync(path).isDirectory()) return /\.(ya?ml|json)$/i.test(path) ? path : undefined;
  return ROOT_FILES.map((name) => join(path, name)).find((file) => existsSync(file));
}

/**
 * Reads the jobs of a Databricks Asset Bundle, without a workspace and without the Databricks CLI, as that puts them
 * together: included files, overrides of targets, presets, variables.
 *
 * @param file the bundle's `databricks.yml`
 * @param targets those to read. @default - every target
 * @throws JobstrataError `source` for a target that the bundle has not
 */
export function readBundle(
  file: string,
  targets: readonly string[] = [],
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Reading {
  const bundle = new Bundle(resolve(file), env);
  const graphs = bundle.select(targets).map((target) => bundle.graphOf(target));
  return {
    kind: "bundle",
    path: relativePath(resolve(file)),
    graphs,
    problems: bundle.problems,
    suppressions: bundle.suppressions,
  };
}

class Bundle {
  public readonly problems: ReadProblem[] = [];
  public readonly suppressions: SourceSuppression[] = [];
  readonly #places = new Places();
  readonly #merger = new Merger(this.#places, (severity, message, fix, part) => {
    this.#problem(message, fix, part, severity);
  });
  readonly #folder: string;
  readonly #config: ValueMap;
  /** Where else a job is defined that an earlier file defines already. */
  readonly #duplicates = new Map<string, JobSpec["duplicates"]>();
  readonly #notebooks = new Map<string, NotebookRef>();
  #characters = 0;
  #values = 0;

  public constructor(
    private readonly file: string,
    private readonly env: Readonly<NodeJS.ProcessEnv>,
  ) {
    this.#folder = dirname(file);
    let config = this.#load(file) ?? EMPTY;
    for (const included of this.#included(config)) {
      const more = this.#load(included);
      if (more === undefined) continue;
      if (more.include !== undefined) {
        const fix = `name its files in ${quote(relativePath(file))}`;
        this.#problem("only the include of the bundle's own file counts", fix, more, "warning");
      }
      config = this.#join(config, more);
    }
    this.#config = this.#withTargets(config);
    for (const path of [["python"], ["experimental", "python"], ["experimental", "pydabs"]]) {
      if (valueAt(config, path) === undefined) continue;
      this.problems.push({
        severity: "warning",
        message: `jobs that ${quote(path.join("."))} defines in Python cannot be read without running it`,
        fix: "check what is deployed as well: jobstrata check --source workspace",
        location: { file: relativePath(file) },
      });
    }
  }

  public select(wanted: readonly string[]): string[] {
    const targets = this.#config.targets;
    const names = isValueMap(targets) ? Object.keys(targets) : [];
    if (names.length === 0) names.push(DEFAULT_TARGET);
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
    const { targets } = this.#config;
    const override = valueAt(targets, [target]);
    const isMissing = targets === undefined || targets === null;
    if (!isMissing && !isValueMap(targets))
      this.#problem("targets is no map of targets", "write each target below its name");
    if (override !== undefined && override !== null && !isValueMap(override))
      this.#problem(`target ${quote(target)} is no map`, "write what it changes below its name");
    const settings = isValueMap(override) ? this.#overridden(target, override) : this.#config;
    const jobs = valueAt(settings, ["resources", "jobs"]);
    if (jobs !== undefined && jobs !== null && !isValueMap(jobs))
      this.#problem("resources.jobs is no map of jobs", "write each job below its key");
    let entries = isValueMap(jobs) ? jobs : EMPTY;
    const count = Object.keys(entries).length;
    if (count > MAX_JOBS) {
      this.#problem(`there are ${count} jobs, more than ${MAX_JOBS}`, "divide the bundle");
      entries = EMPTY;
    }
    const reader = new TargetReader(this, target, settings, entries);
    const mode = isValueMap(override) ? override.mode : undefined;
    const source = isValueMap(override) ? this.#places.locationOf(override) : undefined;
    return new JobGraph(target, reader.jobs(), {
      ...(typeof mode === "string" && { mode }),
      ...(source !== undefined && { source }),
    });
  }

  public get places(): Places {
    return this.#places;
  }

  public get merger(): Merger {
    return this.#merger;
  }

  public duplicatesOf(key: string): JobSpec["duplicates"] {
    return this.#duplicates.get(key) ?? [];
  }

  public variable(name: string): string | undefined {
    return this.env[`BUNDLE_VAR_${name}`];
  }

  /** The values of variables that a file beside the bundle keeps for a target. */
  public overridesOf(target: string): ValueMap {
    const folder = join(this.#folder, ".databricks", "bundle");
    const file = join(folder, target, "variable-overrides.json");
    if (!file.startsWith(folder) || !existsSync(file)) return EMPTY;
    return this.#load(file) ?? EMPTY;
  }

  /** The notebook at `path`, relative to `from`; the same files are asked for by every target. */
  public notebook(path: string, from: string, uploaded: string): NotebookRef {
    const inFiles = withoutMount(path).startsWith(`${uploaded}/`)
      ? withoutMount(path).slice(uploaded.length + 1)
      : undefined;
    const file =
      inFiles === undefined
        ? isAbsolute(path) || isExpression(path)
          ? undefined
          : resolve(dirname(from), path)
        : join(this.#folder, inFiles);
    if (file === undefined) return workspaceNotebook(path);
    let notebook = this.#notebooks.get(file);
    if (notebook === undefined) this.#notebooks.set(file, (notebook = fileNotebook(file)));
    return notebook;
  }

  /** A path as it leads on from the bundle's folder, however it is spelled; what leads elsewhere stays as it is. */
  public path(path: string, part: object, uploaded: string): string {
    const inFiles = withoutMount(path).startsWith(`${uploaded}/`)
      ? withoutMount(path).slice(uploaded.length + 1)
      : undefined;
    const isRelative = /^\.{0,2}[\w-]/.test(path) || /^\.{1,2}\//.test(path);
    if (inFiles === undefined && (!isRelative || /^\w+:/.test(path))) return path;
    const file =
      inFiles === undefined
        ? resolve(dirname(this.#places.fileOf(part) ?? this.file), path)
        : join(this.#folder, inFiles);
    return relative(this.#folder, file).split(sep).join("/") || ".";
  }

  public report(problem: ReadProblem): void {
    const same = (other: ReadProblem): boolean =>
      other.message === problem.message && other.location?.line === problem.location?.line;
    // What is wrong in one target is mostly wrong in all.
    if (this.problems.length < 1000 && !this.problems.some(same)) this.problems.push(problem);
  }

  public get root(): string {
    return this.file;
  }

  /** `environments` is what targets were called once. */
  #withTargets(config: ValueMap): ValueMap {
    const { environments } = config;
    if (environments === undefined || environments === null) return config;
    if (config.targets === undefined) return { ...config, targets: environments };
    this.#problem(
      "there are both targets and environments",
      "keep targets; environments is its old name",
      isValueMap(environments) ? environments : undefined,
    );
    return config;
  }

  /** The configuration as a target changes it. */
  #overridden(target: string, override: ValueMap): ValueMap {
    const settings = Object.assign(Object.create(null), this.#config) as Record<string, Value>;
    const path = `targets.${target}`;
    for (const field of MERGED) {
      const merged = this.#merger.merge(
        settings[field],
        override[field],
        `${path}.${field}`,
        override,
      );
      if (merged !== undefined) settings[field] = merged;
    }
    const { variables } = override;
    settings.variables = overrideVariables(settings.variables, variables, (name) => {
      this.#problem(
        `${path} gives a value to variable ${quote(name)}, which the bundle does not declare`,
        "declare it below variables",
        isValueMap(variables) ? variables : override,
      );
    });
    if (override.run_as !== undefined) settings.run_as = override.run_as;
    settings.mode = override.mode;
    return settings;
  }

  #problem(
    message: string,
    fix: string,
    part?: object,
    severity: ReadProblem["severity"] = "error",
  ): void {
    const location = part === undefined ? undefined : this.#places.locationOf(part);
    this.report({
      severity,
      message,
      fix,
      location: location ?? { file: relativePath(this.file) },
    });
  }

  #load(path: string): ValueMap | undefined {
    if (this.#characters > MAX_TOTAL || this.#values > MAX_TOTAL_VALUES) return undefined;
    const { text, value, size, problems } = readYamlFile(path, this.#places);
    this.problems.push(...problems);
    if (problems.length > 0) return undefined;
    this.#characters += text.length;
    this.#values += size;
    if (this.#characters > MAX_TOTAL || this.#values > MAX_TOTAL_VALUES) {
      this.#problem(
        `the files of the bundle have more than ${MAX_TOTAL} characters or ${MAX_TOTAL_VALUES} values`,
        "divide the bundle; what comes after that is not read",
      );
      return undefined;
    }
    this.suppressions.push(...readSuppressions(path, text));
    if (value === undefined || value === null) return undefined;
    if (isValueMap(value)) return value;
    this.report({
      severity: "error",
      message: "the file holds no map",
      fix: "begin it with a key such as resources",
      location: { file: relativePath(path), line: 1 },
    });
    return undefined;
  }

  /** Files that `include` names, each once, in its order. What leads out of the bundle is not read. */
  #included(config: ValueMap): string[] {
    const { include } = config;
    if (include === undefined || include === null) return [];
    if (!Array.isArray(include)) {
      this.#problem("include is no list", "write it as a list of globs", config);
      return [];
    }
    const folder = realpathSync(this.#folder);
    const root = realpathSync(this.file);
    /** By their real paths, as links may lead to one file twice. */
    const found = new Map<string, string>();
    for (const pattern of include as readonly Value[]) {
      if (typeof pattern !== "string") {
        this.#problem(
          `include names ${quote(JSON.stringify(pattern))}`,
          "write globs as text",
          config,
        );
        continue;
      }
      if (isBroken(pattern)) {
        this.#problem(
          `include names ${quote(pattern)}, in which a [ is not closed`,
          "mend it",
          config,
        );
        continue;
      }
      const files = includeGlob(this.#folder, pattern.replaceAll("\\", "/"));
      if (files.length === 0 && !isPattern(pattern)) {
        this.#problem(`include names ${quote(pattern)}, which is not there`, "mend it", config);
      }
      for (const path of files) {
        const real = realPath(path);
        if (relative(folder, real).startsWith("..")) {
          this.#problem(
            `include ${quote(pattern)} leads out of the bundle, to ${quote(relativePath(path))}`,
            "move the file into the bundle; nothing outside of it is read",
            config,
          );
        } else if (!/\.(?:ya?ml|json)$/.test(path)) {
          this.#problem(
            `include ${quote(pattern)} finds ${quote(relativePath(path))}, which is no .yml, .yaml or .json file`,
            "name such files alone",
            config,
          );
        } else if (real !== root && path.length < (found.get(real)?.length ?? Infinity)) {
          found.set(real, path);
        }
      }
    }
    if (found.size > MAX_FILES) {
      this.#problem(`include finds ${found.size} files`, "name fewer of them", config);
      return [];
    }
    return [...found.values()];
  }

  /** What a file adds. A second definition of a job is kept apart, as the Databricks CLI refuses it. */
  #join(config: ValueMap, more: ValueMap): ValueMap {
    const before = valueAt(config, ["resources", "jobs"]);
    const jobs = valueAt(more, ["resources", "jobs"]);
    if (isValueMap(before) && isValueMap(jobs)) {
      // One big map, grown in place: merging 10 000 files one after the other would copy it each time.
      const known = before as Record<string, Value>;
      for (const [key, job] of Object.entries(jobs)) {
        if (!Object.hasOwn(known, key)) {
          known[key] = job;
          continue;
        }
        const source = isValueMap(job) ? this.#places.locationOf(job) : undefined;
        const other = { id: jobId(key), ...(source !== undefined && { source }) };
        this.#duplicates.set(key, [...this.duplicatesOf(key), other]);
      }
      const { resources, ...rest } = more;
      const others = Object.fromEntries(
        Object.entries(resources as ValueMap).filter(([type]) => type !== "jobs"),
      );
      return this.#merger.merge(config, { ...rest, resources: others }) as ValueMap;
    }
    return this.#merger.merge(config, more) as ValueMap;
  }
}

/** Where links lead to; the path itself, if that is nowhere. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** `/Workspace` may be left out of paths in a workspace. */
const withoutMount = (path: string): string => path.replace(/^\/Workspace(?=\/)/, "");

/** To the Databricks CLI, presets that are empty or 0 are none. */
const unlessEmpty = (value: Value): Value => (value === "" || value === 0 ? undefined : value);

const jobId = (key: string): string => `resources.jobs.${key}`;

/** One target of a bundle. */
class TargetReader {
  readonly #interpolation: Interpolation;
  readonly #lookups = new Set<string>();
  readonly #stack: string;
  /** The folder in the workspace that the files of the bundle go to. */
  readonly #uploaded: string;

  public constructor(
    private readonly bundle: Bundle,
    target: string,
    private readonly config: ValueMap,
    private readonly entries: ValueMap,
  ) {
    const own = config.bundle;
    const name = isValueMap(own) ? own.name : undefined;
    this.#stack = typeof name === "string" ? name : "bundle";
    const root = {
      ...config,
      bundle: {
        ...(isValueMap(own) ? own : {}),
        target,
        environment: target,
        mode: config.mode,
      },
      workspace: this.#workspace(target),
      var: this.#variables(target),
    };
    this.#interpolation = new Interpolation(root, bundle.places, (reference) => {
      bundle.report({
        severity: "error",
        message: `\${${printable(reference)}} is no variable of the bundle`,
        fix: `declare it below variables, or name one of ${Object.keys(root.var).slice(0, 10).map(quote).join(", ") || "those that are declared (there are none)"}`,
        location: { file: relativePath(bundle.root) },
      });
    });
    const uploaded = this.#interpolation.fill("${workspace.file_path}");
    this.#uploaded = typeof uploaded === "string" ? withoutMount(uploaded) : "";
  }

  /** `workspace` with the paths that it has if nobody says anything else. */
  #workspace(target: string): ValueMap {
    const { workspace } = this.config;
    const given = isValueMap(workspace) ? workspace : EMPTY;
    const root = given.root_path ?? `~/.bundle/${this.#stack}/${target}`;
    const home = "/Workspace/Users/${workspace.current_user.userName}";
    return {
      ...Object.fromEntries(
        ["file", "resource", "artifact", "state"].map((kind) => [
          `${kind}_path`,
          `\${workspace.root_path}/${kind === "state" ? kind : `${kind}s`}`,
        ]),
      ),
      ...given,
      root_path: typeof root === "string" ? root.replace(/^~(?=\/)/, home) : root,
    };
  }

  public jobs(): JobSpec[] {
    return Object.entries(this.entries).flatMap(([key, job]) => {
      if (isValueMap(job)) return [this.#job(key, job)];
      this.#refuse(`job ${quote(key)} is no map`, "write its settings below its key");
      return [];
    });
  }

  #job(key: string, written: ValueMap): JobSpec {
    const { bundle } = this;
    const { places } = bundle;
    const filled = this.#interpolation.fill(written);
    const merged = bundle.merger.mergeItems(isValueMap(filled) ? filled : written, written);
    const job = this.#withPresets(merged);
    this.#checkShape(key, job);
    const git = job.git_source !== undefined && job.git_source !== null;
    const permissions = [job.permissions, this.config.permissions];
    const { payload, settings } = readJobPayload(
      job,
      {
        notebook: (path, location, part) => this.#notebook(path, git ? location : undefined, part),
        job: (id) => this.#reference(String(id)),
        locate: (part) => places.locationOf(part),
        path: (path, part) => bundle.path(path, part, this.#uploaded),
      },
      "api",
    );
    const spec = {
      id: jobId(key),
      key,
      stack: this.#stack,
      duplicates: bundle.duplicatesOf(key),
      hasPermissions: permissions.some((list) => Array.isArray(list) && list.length > 0),
      ...payload,
    };
    return withLazy(spec, {
      source: () => places.locationOf(written),
      settings: () => settings(accessControl(job.permissions, this.#permissions())),
    });
  }

  /** What the bundle as a whole gives to everybody's jobs, by the levels that jobs have. */
  #permissions(): Value[] {
    const { permissions } = this.config;
    if (!Array.isArray(permissions)) return [];
    return (permissions as readonly Value[]).map((entry) =>
      isValueMap(entry) && entry.level === "CAN_RUN"
        ? { ...entry, level: "CAN_MANAGE_RUN" }
        : entry,
    );
  }

  #notebook(path: string, git: GitLocation | undefined, part: object): NotebookRef {
    if (git !== undefined) return gitNotebook(git.url, path);
    const from = this.bundle.places.fileOf(part) ?? this.bundle.root;
    return this.bundle.notebook(path, from, this.#uploaded);
  }

  #reference(expression: string): JobRef {
    const key = /^\s*\$\{resources\.jobs\.([^.[\]}]+)\.id\}\s*$/.exec(expression)?.[1];
    if (key !== undefined) {
      return Object.hasOwn(this.entries, key)
        ? { kind: "job", id: jobId(key) }
        : { kind: "missing", expression };
    }
    if (/^\s*\d+\s*$/.test(expression)) return { kind: "literal", jobId: expression.trim() };
    const variable = /^\s*\$\{var\.([^.[\]}]+)\}\s*$/.exec(expression)?.[1];
    if (variable !== undefined && this.#lookups.has(variable))
      return { kind: "external", expression };
    return { kind: "opaque", expression };
  }

  /** The values of variables; null for one that is declared and has none before the deployment. */
  #variables(target: string): Record<string, Value> {
    const values: Record<string, Value> = Object.create(null) as Record<string, Value>;
    const declared = this.config.variables;
    const overrides = this.bundle.overridesOf(target);
    for (const [name, variable] of isValueMap(declared) ? Object.entries(declared) : []) {
      const {
        value,
        default: preset,
        lookup,
      } = isValueMap(variable) ? variable : { default: variable };
      const given = value ?? this.bundle.variable(name);
      const isLookup = lookup !== undefined && lookup !== null;
      if (isLookup) this.#lookups.add(name);
      values[name] = given ?? (isLookup ? null : (overrides[name] ?? preset ?? null));
    }
    return values;
  }

  /** What `presets` and the mode of the target add to a job when it is deployed. */
  #withPresets(job: ValueMap): ValueMap {
    const development = this.config.mode === "development";
    const given = this.#interpolation.fill(this.config.presets);
    const presets = isValueMap(given) ? given : EMPTY;
    let result = job;
    const set = (key: string, value: Value): void => {
      result = withValue(result, key, value, this.bundle.places);
    };
    const user = "${workspace.current_user.short_name}";
    const prefix = unlessEmpty(presets.name_prefix) ?? (development ? `[dev ${user}] ` : undefined);
    const { name } = job;
    // A number where nobody quotes it.
    if (typeof prefix === "string" && (typeof name === "string" || typeof name === "number"))
      set("name", `${prefix}${name}`);
    const tags = {
      ...(development ? { dev: user } : {}),
      ...(isValueMap(presets.tags) ? presets.tags : {}),
    };
    if (Object.keys(tags).length > 0)
      set("tags", { ...tags, ...(isValueMap(job.tags) ? job.tags : {}) });
    const concurrent =
      unlessEmpty(presets.jobs_max_concurrent_runs) ?? (development ? 4 : undefined);
    if (concurrent !== undefined && unlessEmpty(job.max_concurrent_runs) === undefined)
      set("max_concurrent_runs", concurrent);
    const pause = unlessEmpty(presets.trigger_pause_status) ?? (development ? "PAUSED" : undefined);
    if (pause === "PAUSED") {
      for (const kind of ["schedule", "trigger", "continuous"]) {
        const trigger = job[kind];
        if (isValueMap(trigger) && trigger.pause_status !== "UNPAUSED")
          set(kind, withValue(trigger, "pause_status", pause, this.bundle.places));
      }
    }
    if (job.run_as === undefined && isValueMap(this.config.run_as))
      set("run_as", this.#interpolation.fill(this.config.run_as));
    return result;
  }

  /** Says what would silently count as nothing. */
  #checkShape(key: string, job: ValueMap): void {
    for (const name of ["tasks", "environments", "parameters", "job_clusters"]) {
      const items = job[name];
      if (items === undefined || items === null) continue;
      if (!Array.isArray(items)) {
        this.#refuse(`${name} of job ${quote(key)} is no list`, `begin each with "- "`, job);
      } else if (!(items as Value[]).every(isValueMap)) {
        this.#refuse(`${name} of job ${quote(key)} has an item that is no map`, "mend it", job);
      }
    }
    if (job.tags !== undefined && job.tags !== null && !isValueMap(job.tags))
      this.#refuse(`tags of job ${quote(key)} is no map`, "write them as key: value", job);
  }

  #refuse(message: string, fix: string, part?: ValueMap): void {
    const location = part === undefined ? undefined : this.bundle.places.locationOf(part);
    this.bundle.report({
      severity: "error",
      message,
      fix,
      location: location ?? { file: relativePath(this.bundle.root) },
    });
  }
}
