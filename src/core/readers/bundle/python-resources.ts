import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { isExpression } from "../../model/job-spec";
import type { SourceLocation } from "../../model/source-location";
import { parseJson } from "../../model/json";
import { errorText, printable, quote } from "../../model/text";
import { posixPath, relativePath } from "../../paths";
import type { Bundle } from "./bundle";
import { valueAt } from "./merge";
import { isValueMap, type Value, type ValueMap } from "./yaml-file";

type Phase = "load_resources" | "apply_mutators";

/** The result of a `databricks-bundles` build. */
interface Built {
  readonly output: ValueMap;
  /** Locations of resources by path, such as `resources.jobs.seed`. */
  readonly locations: ReadonlyMap<string, SourceLocation>;
}

/** File name to which the Databricks CLI attributes the output of Python code. */
const GENERATED = "__generated_by_python__.yml";
const MAX_OUTPUT = 64 * 2 ** 20;

/** Paths in a job that are relative to the file that contains them. */
const PATHS: readonly (readonly [field: string, path: string])[] = [
  ["notebook_task", "notebook_path"],
  ["spark_python_task", "python_file"],
  ["dbt_task", "project_directory"],
  ["alert_task", "workspace_path"],
];
const LIBRARIES = ["whl", "jar", "requirements"];

/**
 * Runs the Python code of a bundle that defines or changes resources, with `databricks-bundles`, in the bundle's folder
 * and environment, and in the Databricks CLI's two phases. Executes code of the project.
 */
export class PythonResources {
  readonly #bundle: Bundle;
  readonly #env: Readonly<NodeJS.ProcessEnv>;

  public constructor(bundle: Bundle, env: Readonly<NodeJS.ProcessEnv>) {
    this.#bundle = bundle;
    this.#env = env;
  }

  /**
   * Applies Python code to the settings of a target.
   *
   * @param variables known values of variables
   */
  public applied(settings: ValueMap, target: string, variables: ValueMap): ValueMap {
    const configured = settings.python ?? valueAt(settings.experimental, ["python"]);
    if (!isValueMap(configured)) return settings;
    const names = (field: string): boolean =>
      Array.isArray(configured[field]) && configured[field].length > 0;
    let result = settings;
    if (names("resources"))
      result = this.#run("load_resources", result, configured, target, variables);
    if (names("mutators"))
      result = this.#run("apply_mutators", result, configured, target, variables);
    return result;
  }

  #run(
    phase: Phase,
    settings: ValueMap,
    configured: ValueMap,
    target: string,
    variables: ValueMap,
  ): ValueMap {
    const resources = isValueMap(settings.resources) ? settings.resources : {};
    const jobs = isValueMap(resources.jobs) ? resources.jobs : {};
    const given = Object.fromEntries(
      Object.entries(jobs).map(([key, job]) => [key, isValueMap(job) ? this.#fromRoot(job) : job]),
    );
    const python = { ...configured };
    const built = this.#build(phase, configured, {
      bundle: { ...(isValueMap(settings.bundle) ? settings.bundle : {}), target },
      ...(settings.workspace !== undefined && { workspace: settings.workspace }),
      variables: Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [name, { value: value ?? null }]),
      ),
      python,
      // Older versions of databricks-bundles read this.
      experimental: { python },
      resources: { ...resources, jobs: given },
    });
    const output = built && valueAt(built.output, ["resources", "jobs"]);
    if (built === undefined || !isValueMap(output)) return settings;
    const merged: Record<string, Value> = { ...jobs };
    for (const [key, job] of Object.entries(output)) {
      const before = jobs[key];
      if (before !== undefined && isDeepStrictEqual(plain(job), plain(given[key]))) continue;
      merged[key] = new Placed(this.#bundle, built.locations).place(
        job,
        before,
        `resources.jobs.${key}`,
      );
    }
    this.#bundle.places.copy(merged, jobs);
    const all: ValueMap = { ...resources, jobs: merged };
    this.#bundle.places.copy(all, resources);
    const result: ValueMap = { ...settings, resources: all };
    this.#bundle.places.copy(result, settings);
    return result;
  }

  /** A job with paths relative to the bundle's folder, as Python code expects. */
  #fromRoot(job: ValueMap): ValueMap {
    if (isValueMap(job.git_source) || !Array.isArray(job.tasks)) return job;
    return {
      ...job,
      tasks: (job.tasks as readonly Value[]).map((task) => this.#taskFromRoot(task)),
    };
  }

  #taskFromRoot(task: Value): Value {
    if (!isValueMap(task)) return task;
    const result: Record<string, Value> = { ...task };
    for (const [field, path] of PATHS) {
      const part = task[field];
      if (isValueMap(part)) result[field] = this.#withPath(part, path);
    }
    const { sql_task: sql, ai_runtime_task: ai, libraries, for_each_task: each } = task;
    if (isValueMap(sql) && isValueMap(sql.file))
      result.sql_task = { ...sql, file: this.#withPath(sql.file, "path") };
    if (isValueMap(ai) && Array.isArray(ai.deployments)) {
      const deployments = (ai.deployments as readonly Value[]).map((each) =>
        isValueMap(each) ? this.#withPath(each, "command_path") : each,
      );
      result.ai_runtime_task = { ...ai, deployments };
    }
    if (Array.isArray(libraries)) {
      result.libraries = (libraries as readonly Value[]).map((library) =>
        isValueMap(library)
          ? LIBRARIES.reduce((with_, kind) => this.#withPath(with_, kind, library), library)
          : library,
      );
    }
    if (isValueMap(each)) result.for_each_task = { ...each, task: this.#taskFromRoot(each.task) };
    return result;
  }

  #withPath(map: ValueMap, key: string, written = map): ValueMap {
    const path = map[key];
    if (typeof path !== "string" || isExpression(path)) return map;
    if (path.startsWith("/") || /^[a-z][a-z0-9+.-]*:/i.test(path)) return map;
    const from = this.#bundle.places.fileOf(written, [key]);
    if (from === undefined) return map;
    const way = relative(this.#bundle.folder, resolve(dirname(from), path));
    return { ...map, [key]: posixPath(way) };
  }

  #build(phase: Phase, configured: ValueMap, input: object): Built | undefined {
    if (this.#env.DATABRICKS_BUNDLE_RESTRICTED_CODE_EXECUTION !== undefined) {
      this.#fail(
        "DATABRICKS_BUNDLE_RESTRICTED_CODE_EXECUTION forbids running Python code",
        "unset it",
      );
      return undefined;
    }
    const python = this.#interpreter(configured);
    if (python === undefined) return undefined;
    const folder = mkdtempSync(join(tmpdir(), "jobstrata-python-"));
    try {
      const files = ["input", "output", "diagnostics", "locations"].map(
        (name) => [name, join(folder, `${name}.json`)] as const,
      );
      const path = Object.fromEntries(files) as Record<string, string>;
      writeFileSync(path.input ?? "", JSON.stringify(input), { mode: 0o600 });
      const { status, error, stderr } = spawnSync(
        python,
        [
          "-m",
          "databricks.bundles.build",
          "--phase",
          phase,
          ...files.flatMap(([name, file]) => [`--${name}`, file]),
        ],
        {
          cwd: this.#bundle.folder,
          env: { ...this.#env, PYTHONDONTWRITEBYTECODE: "1", PYTHONIOENCODING: "utf-8" },
          stdio: ["ignore", "ignore", "pipe"],
          encoding: "utf8",
          maxBuffer: MAX_OUTPUT,
        },
      );
      const hasFailed = this.#reportDiagnostics(jsonLines(path.diagnostics));
      if (hasFailed) return undefined;
      if (error !== undefined || status !== 0) {
        this.#failed(python, phase, error, stderr);
        return undefined;
      }
      return {
        output: parseJson(readFileSync(path.output ?? "", "utf8"), String) as ValueMap,
        locations: this.#locations(jsonLines(path.locations)),
      };
    } catch (error) {
      const message = errorText(error);
      this.#fail(
        `what Python built cannot be read: ${printable(message.slice(0, 200))}`,
        "try again",
      );
      return undefined;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /** The interpreter of the bundle's virtual environment, otherwise from the PATH. */
  #interpreter({ venv_path: venv }: ValueMap): string | undefined {
    const isWindows = process.platform === "win32";
    if (typeof venv !== "string" || venv === "") return isWindows ? "python" : "python3";
    const folder = resolve(this.#bundle.folder, venv);
    const python = join(folder, ...(isWindows ? ["Scripts", "python.exe"] : ["bin", "python3"]));
    if (existsSync(python) && existsSync(join(folder, "pyvenv.cfg"))) return python;
    this.#fail(
      `venv_path ${quote(venv)} is not a virtual environment`,
      `make one there, with databricks-bundles in it: python3 -m venv ${venv} && ${relativePath(python)} -m pip install databricks-bundles`,
      "venv_path",
    );
    return undefined;
  }

  #failed(python: string, phase: Phase, error: Error | undefined, stderr: string): void {
    if (isMissing(error)) {
      this.#fail(
        `${quote(python)} is not installed`,
        "install Python 3.10 or newer, or set venv_path",
      );
    } else if (/No module named '?databricks/.test(stderr)) {
      this.#fail(
        `databricks-bundles is not installed in the environment of ${quote(python)}`,
        `install what the bundle needs: ${python} -m pip install databricks-bundles`,
      );
    } else {
      const last = stderr.trim().split("\n").at(-1) ?? "";
      const why = error?.message ?? last;
      this.#fail(
        `${phase} of databricks-bundles failed${why === "" ? "" : `: ${printable(why.slice(0, 300))}`}`,
        "correct the Python code",
      );
    }
  }

  #reportDiagnostics(diagnostics: readonly Json[]): boolean {
    let hasFailed = false;
    for (const { severity, summary, detail, location } of diagnostics) {
      const isError = severity !== "warning" && severity !== "recommendation";
      hasFailed ||= isError;
      const why = typeof detail === "string" ? reasonOf(detail) : "";
      const place = this.#place(location);
      this.#bundle.problems.add({
        severity: isError ? "error" : "warning",
        message: printable(`${String(summary)}${why === "" ? "" : `: ${why}`}`.slice(0, 500)),
        fix: why.includes("No module named")
          ? "install it in the environment of the bundle's Python code"
          : "correct the Python code",
        location: place ?? this.#configured(),
      });
    }
    return hasFailed;
  }

  #locations(entries: readonly Json[]): Map<string, SourceLocation> {
    const found = new Map<string, SourceLocation>();
    for (const entry of entries) {
      const place = this.#place(entry);
      if (typeof entry.path === "string" && place !== undefined) found.set(entry.path, place);
    }
    return found;
  }

  #place(location: unknown): SourceLocation | undefined {
    const { file, line, column } = (location ?? {}) as Json;
    if (typeof file !== "string") return undefined;
    return {
      file: relativePath(isAbsolute(file) ? file : join(this.#bundle.folder, file)),
      ...(typeof line === "number" && { line }),
      ...(typeof column === "number" && { column }),
    };
  }

  #configured(): SourceLocation {
    return this.#bundle.pythonLocation() ?? { file: relativePath(this.#bundle.file) };
  }

  #fail(message: string, fix: string, key?: string): void {
    const location = this.#bundle.pythonLocation(key) ?? this.#configured();
    this.#bundle.problems.add({ severity: "error", message, fix, location });
  }
}

const isMissing = (error: Error | undefined): boolean =>
  error !== undefined && "code" in error && error.code === "ENOENT";

type Json = Readonly<Record<string, unknown>>;

/** Plain JSON for comparison, without prototypes. */
const plain = (value: Value): unknown => JSON.parse(JSON.stringify(value ?? null)) as unknown;

function jsonLines(file: string | undefined): Json[] {
  if (file === undefined || !existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line) as Json);
}

/** The last line of a traceback, which has the error. */
const reasonOf = (detail: string): string =>
  detail
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !/^[\^~ ]+$/.test(line))
    .at(-1) ?? "";

/** Adds locations to the result of Python: lines of Python code, and the bundle's folder for paths. */
class Placed {
  readonly #file: { readonly path: string; readonly text: string };

  readonly #bundle: Bundle;
  readonly #locations: ReadonlyMap<string, SourceLocation>;

  public constructor(bundle: Bundle, locations: ReadonlyMap<string, SourceLocation>) {
    this.#bundle = bundle;
    this.#locations = locations;

    this.#file = { path: join(bundle.folder, GENERATED), text: "" };
  }

  /** @param before the previous value, whose location is kept if Python has none */
  public place(value: Value, before: Value, path: string, around?: SourceLocation): Value {
    if (Array.isArray(value)) {
      const items: readonly Value[] = value;
      const old: readonly Value[] = Array.isArray(before) ? before : [];
      return items.map((item, at) => this.place(item, old[at], `${path}[${at}]`, around));
    }
    if (!isValueMap(value)) return value;
    const old = isValueMap(before) ? before : undefined;
    // Keep the location of a job's definition if a mutator changes the job.
    const at = (old && this.#bundle.places.locationOf(old)) ?? this.#locations.get(path) ?? around;
    const result = Object.create(null) as Record<string, Value>;
    for (const [key, item] of Object.entries(value))
      result[key] = this.place(item, old?.[key], `${path}.${key}`, at);
    this.#bundle.places.set(result, { file: this.#file, offset: 0, ...(at && { at }) });
    return result;
  }
}
