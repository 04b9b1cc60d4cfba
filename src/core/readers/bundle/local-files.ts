import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, extname, join, posix, resolve } from "node:path";
import { isExpression } from "../../model/job-spec";
import { nearest } from "../../nearest";
import { quote } from "../../model/text";
import type { ReadProblem } from "../reading";
import { isInside, posixRelative, relativePath } from "../../paths";
import { includeGlob, isPattern } from "./include-glob";
import { isValueMap, type KeyPath, type Places, type Value, type ValueMap } from "./yaml-file";
import { firstLine } from "../../notebook-file";
import { sourceFormat } from "../../model/notebook-format";

/** A problem with a local file that may prevent the deployment of a job. */
interface FileProblem extends Pick<ReadProblem, "severity" | "message" | "fix"> {
  readonly rule: "notebook-file" | "task-file" | "library-file";
  /** The map with the path; {@link path} is the field. */
  readonly map: ValueMap;
  readonly path: KeyPath;
  readonly taskKey?: string;
}

const NOTEBOOK_EXTENSIONS = [".py", ".r", ".scala", ".sql", ".ipynb"] as const;

type Kind = "missing" | "folder" | "notebook" | "file";

/** Checks the local paths of jobs as the Databricks CLI does during deployment. */
export class LocalFiles {
  readonly #kinds = new Map<string, Kind>();

  readonly #folder: string;
  readonly #places: Places;

  /** @param folder the bundle's folder */
  public constructor(folder: string, places: Places) {
    this.#folder = folder;
    this.#places = places;
  }

  /**
   * Finds the problems of a job's paths.
   *
   * @param root the folder whose files are uploaded
   * @param builds true if the bundle builds artifacts, so that libraries may not exist yet
   */
  public check(job: ValueMap, root: string, builds: boolean): FileProblem[] {
    const found: FileProblem[] = [];
    const check = new JobFiles(this, this.#folder, this.#places, root, builds, found);
    // The other files come from a Git repository.
    if (isSet(job.git_source)) check.codeOfGitJob(job);
    else check.job(job);
    return found;
  }

  public kindOf(file: string): Kind {
    let kind = this.#kinds.get(file);
    if (kind === undefined) this.#kinds.set(file, (kind = kindOf(file)));
    return kind;
  }
}

/** Checks the paths of one job. */
class JobFiles {
  #taskKey: string | undefined;

  readonly #files: LocalFiles;
  readonly #folder: string;
  readonly #places: Places;
  readonly #root: string;
  readonly #builds: boolean;
  readonly #found: FileProblem[];

  public constructor(
    files: LocalFiles,
    folder: string,
    places: Places,
    root: string,
    builds: boolean,
    found: FileProblem[],
  ) {
    this.#files = files;
    this.#folder = folder;
    this.#places = places;
    this.#root = root;
    this.#builds = builds;
    this.#found = found;
  }

  public job({ tasks, environments }: ValueMap): void {
    for (const task of maps(tasks)) this.#task(task);
    this.#taskKey = undefined;
    for (const { spec } of maps(environments)) {
      if (!isValueMap(spec) || !Array.isArray(spec.dependencies)) continue;
      for (const [at, dependency] of (spec.dependencies as readonly Value[]).entries()) {
        if (typeof dependency !== "string") continue;
        const requirements = /^-r\s+(.+)$/.exec(dependency)?.[1]?.trim();
        if (requirements !== undefined)
          this.#file(spec, ["dependencies", at], requirements, "requirements file", true);
        else if (isLibrary(dependency))
          this.#library(spec, ["dependencies", at], dependency.replace(/\[[^\]]*\]$/, ""));
      }
    }
  }

  public codeOfGitJob({ tasks }: ValueMap): void {
    for (const task of maps(tasks)) {
      this.#setTask(task);
      this.#codeSource(task.ai_runtime_task, true);
    }
  }

  #setTask({ task_key: key }: ValueMap): void {
    this.#taskKey = typeof key === "string" || typeof key === "number" ? String(key) : undefined;
  }

  #task(task: ValueMap, isInner = false): void {
    const { notebook_task, spark_python_task, sql_task, dbt_task, alert_task, ai_runtime_task } =
      task;
    this.#setTask(task);
    if (isValueMap(notebook_task)) this.#notebook(notebook_task);
    if (isValueMap(spark_python_task)) this.#file(spark_python_task, ["python_file"]);
    if (isValueMap(sql_task) && isValueMap(sql_task.file)) this.#file(sql_task.file, ["path"]);
    if (isValueMap(alert_task)) this.#file(alert_task, ["workspace_path"]);
    if (isValueMap(dbt_task)) this.#project(dbt_task);
    if (isValueMap(ai_runtime_task)) {
      for (const each of maps(ai_runtime_task.deployments)) this.#file(each, ["command_path"]);
      this.#codeSource(ai_runtime_task, false, isInner);
    }
    for (const library of maps(task.libraries)) {
      this.#file(library, ["requirements"], library.requirements, "requirements file");
      for (const kind of ["whl", "jar"]) {
        const path = library[kind];
        if (typeof path === "string" && isLibrary(path)) this.#library(library, [kind], path);
      }
    }
    const each = task.for_each_task;
    if (isValueMap(each) && isValueMap(each.task)) this.#task(each.task, true);
  }

  #notebook(map: ValueMap): void {
    const path: KeyPath = ["notebook_path"];
    const written = map.notebook_path;
    const file = this.#local(map, path, written);
    if (file === undefined || typeof written !== "string") return;
    if (this.#isOutside(map, path, file, written, "notebook")) return;
    const kind = this.#files.kindOf(file);
    if (kind === "notebook") return;
    if (kind === "missing") {
      this.#missing(map, path, file, written, "notebook", NOTEBOOK_EXTENSIONS);
      return;
    }
    const header = sourceFormat(extname(file))?.firstLine;
    this.#report("notebook-file", map, path, {
      message: `${quote(written)} is ${kind === "folder" ? "a folder" : "a file"}, not a notebook${kind === "folder" || header === undefined ? "" : `: its first line is not ${quote(header)}`}`,
      fix:
        header === undefined || kind === "folder"
          ? `name a notebook: ${NOTEBOOK_EXTENSIONS.join(", ")}`
          : `make that its first line${header.startsWith("#") && /\.py$/i.test(file) ? ", or run the file with spark_python_task" : ""}`,
    });
  }

  #file(
    map: ValueMap,
    path: KeyPath,
    written: Value = map[path[0]],
    what = "file",
    anywhere = false,
  ): void {
    const file = this.#local(map, path, written);
    if (file === undefined || typeof written !== "string") return;
    if (!anywhere && this.#isOutside(map, path, file, written, what)) return;
    const kind = this.#files.kindOf(file);
    if (kind === "file") return;
    if (kind === "missing") {
      this.#missing(map, path, file, written, what, []);
      return;
    }
    this.#report("task-file", map, path, {
      message: `${quote(written)} is a ${kind}, where a file is expected`,
      fix:
        kind === "folder"
          ? "name a file in it"
          : path[0] === "python_file"
            ? "run it with notebook_task, or remove its first line"
            : 'remove its first line, "Databricks notebook source"',
    });
  }

  /** Checks the folder of a dbt project. */
  #project(map: ValueMap): void {
    const path: KeyPath = ["project_directory"];
    const written = map.project_directory;
    const folder = this.#local(map, path, written);
    if (folder === undefined || typeof written !== "string") return;
    if (this.#isOutside(map, path, folder, written, "folder")) return;
    const kind = this.#files.kindOf(folder);
    if (kind === "folder") return;
    if (kind === "missing") this.#missing(map, path, folder, written, "folder", []);
    else {
      this.#report("task-file", map, path, {
        message: `${quote(written)} is a file, where the folder of a dbt project is expected`,
        fix: "name the folder that holds dbt_project.yml",
      });
    }
  }

  /** Checks the folder of an AI Runtime task's code, which is relative to the sync root; archives are left to artifacts. */
  #codeSource(map: Value, isGit: boolean, isInner = false): void {
    if (!isValueMap(map)) return;
    const path: KeyPath = ["code_source_path"];
    const written = map.code_source_path;
    if (this.#local(map, path, written) === undefined || typeof written !== "string") return;
    const file = resolve(this.#root, written);
    const remote = "set code_source_path to a path of the workspace or a volume";
    const report = (message: string, fix: string): void => {
      this.#report("task-file", map, path, { message, fix });
    };
    if (isInner)
      report(`the local code_source_path ${quote(written)} is in a for-each task`, remote);
    else if (!isInside(this.#root, file))
      report(
        `code_source_path ${quote(written)} is outside of the sync root, ${quote(relativePath(this.#root))}`,
        `name a folder in it, or ${remote}`,
      );
    else if (isGit && this.#files.kindOf(file) === "folder")
      report(
        `the local code_source_path ${quote(written)} is in a job with git_source`,
        `remove git_source, or ${remote}`,
      );
  }

  #library(map: ValueMap, path: KeyPath, written: string): void {
    const file = this.#local(map, path, written);
    if (file === undefined || this.#builds) return;
    const from = this.#places.fileOf(map, path);
    const folder = from === undefined ? this.#folder : dirname(from);
    const there = isPattern(written)
      ? includeGlob(folder, posix.normalize(written)).length > 0
      : this.#files.kindOf(file) !== "missing";
    if (there) return;
    this.#report("library-file", map, path, {
      message: `library ${quote(written)} does not exist, and no artifact of the bundle builds it`,
      fix: "build it before the bundle is deployed, declare what builds it below artifacts, or correct the path",
    });
  }

  /** Resolves a local path; undefined for a workspace path or an expression. */
  #local(map: ValueMap, path: KeyPath, written: Value): string | undefined {
    if (typeof written !== "string" || written === "" || isExpression(written)) return undefined;
    if (written.startsWith("/") || /^[a-z][a-z0-9+.-]*:/i.test(written)) return undefined;
    const from = this.#places.fileOf(map, path);
    return resolve(from === undefined ? this.#folder : dirname(from), written);
  }

  #isOutside(map: ValueMap, path: KeyPath, file: string, written: string, what: string): boolean {
    if (isInside(this.#root, file)) return false;
    const around = this.#files.kindOf(file) === "folder" ? file : dirname(file);
    const way = posixRelative(this.#folder, around);
    this.#report(what === "notebook" ? "notebook-file" : "task-file", map, path, {
      message: `${what} ${quote(written)} is outside of the sync root, ${quote(relativePath(this.#root))}, so it is not uploaded`,
      fix: `add its folder to the bundle: sync: {paths: [., ${way}]}`,
    });
    return true;
  }

  #missing(
    map: ValueMap,
    path: KeyPath,
    file: string,
    written: string,
    what: string,
    extensions: readonly string[],
  ): void {
    const near = similar(file, extensions);
    const folder = posix.dirname(written);
    const suggestion =
      near === undefined
        ? ""
        : ` (did you mean ${quote(`${folder === "." && !written.startsWith("./") ? "" : `${folder}/`}${near}`)}?)`;
    const from = this.#places.fileOf(map, path);
    this.#report(what === "notebook" ? "notebook-file" : "task-file", map, path, {
      message: `${what} ${quote(written)} does not exist${suggestion}`,
      fix: `correct the path, which is relative to ${quote(relativePath(from === undefined ? this.#folder : dirname(from)))}`,
    });
  }

  #report(
    rule: FileProblem["rule"],
    map: ValueMap,
    path: KeyPath,
    text: { readonly message: string; readonly fix: string },
  ): void {
    const severity = rule === "library-file" ? "warning" : "error";
    const task = this.#taskKey === undefined ? {} : { taskKey: this.#taskKey };
    this.#found.push({ rule, severity, map, path, ...task, ...text });
  }
}

const isSet = (value: Value): boolean => value !== undefined && value !== null;

const maps = (value: Value): ValueMap[] =>
  Array.isArray(value) ? (value as readonly Value[]).filter(isValueMap) : [];

/** True if a library or dependency is a local file, not a package of an index. */
function isLibrary(text: string): boolean {
  if (text.startsWith("-")) return false;
  return /^\.{1,2}\//.test(text) || /\.(?:whl|jar|egg)(?:\[[^\]]*\])?$/.test(text);
}

function kindOf(file: string): Kind {
  try {
    const stats = statSync(file);
    if (stats.isDirectory()) return "folder";
    if (!stats.isFile()) return "file";
  } catch {
    return "missing";
  }
  const extension = extname(file).toLowerCase();
  if (extension === ".ipynb") return "notebook";
  const format = sourceFormat(extension);
  return format !== undefined && startOf(file) === format.firstLine ? "notebook" : "file";
}

/** Returns the part of the first line that the Databricks CLI reads. */
function startOf(file: string): string | undefined {
  try {
    return firstLine(file, 35)
      .replace(/^\ufeff/, "")
      .slice(0, 32);
  } catch {
    return undefined;
  }
}

/** Returns the name of a neighbouring file that a missing path probably means. */
function similar(file: string, extensions: readonly string[]): string | undefined {
  const name = basename(file);
  if (extname(name) === "") {
    const extended = extensions.find((extension) => existsSync(`${file}${extension}`));
    if (extended !== undefined) return `${name}${extended}`;
  }
  try {
    return nearest(name, readdirSync(dirname(file)).slice(0, 2000));
  } catch {
    return undefined;
  }
}

/** Adds the extension to the local path of a notebook, which may lack it as workspace paths do. */
export function withNotebookExtension(file: string): string {
  if (existsSync(file)) return file;
  const found = NOTEBOOK_EXTENSIONS.find((extension) => existsSync(`${file}${extension}`));
  return found === undefined ? file : join(dirname(file), `${basename(file)}${found}`);
}
