import { existsSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import type { TaskRequest, WorkspaceFile } from "./executor";

/** The program of a task's Python process; `run_task.py` describes the fields. */
type Program =
  | {
      readonly kind: "notebook";
      readonly path: string;
      readonly language: string;
      readonly source: string;
    }
  | {
      readonly kind: "python";
      readonly path: string;
      readonly source: string;
      readonly arguments: readonly string[];
    }
  | {
      readonly kind: "wheel";
      readonly package: string;
      readonly entryPoint: string;
      readonly arguments: readonly string[];
    }
  | { readonly kind: "sql"; readonly path: string; readonly source: string };

/** A program and the files and packages that it needs. */
export interface Prepared {
  readonly program: Program;
  /** The workspace folder that contains the program. */
  readonly folder: string;
  readonly wheels: readonly WorkspaceFile[];
  /** Requirements by name and version. */
  readonly dependencies: readonly string[];
}

/** A task that the local executor does not support. */
export class Refusal extends Error {}

const GIT = "the local executor runs files of the workspace only; this one is of a git repository";
const DBT =
  "the local executor does not run dbt_task: dbt's adapter for Databricks connects to a SQL warehouse over TLS, " +
  "which the local workspace does not have";

/**
 * The program of a task.
 * @throws {Refusal} for an unsupported kind of task or a missing file
 */
export function prepare(request: TaskRequest, dataDir: string): Prepared {
  const read = (path: string, what: string): WorkspaceFile =>
    readFile(request, dataDir, path, what);
  const program = programOf(request, read);
  const folder = program.kind === "wheel" ? "/" : posix.dirname(program.path);
  const wheels: WorkspaceFile[] = [];
  const dependencies: string[] = [];
  const add = (text: string): void => {
    const requirements = /^(?:-r|--requirement)\s+(\S+)$/.exec(text.trim())?.[1];
    if (requirements !== undefined) {
      for (const line of read(requirements, "requirements file").content.toString().split("\n"))
        if (/^[^#\s]/.test(line)) add(line.replace(/\s#.*/, ""));
    } else if (text.trim().endsWith(".whl")) wheels.push(read(text.trim(), "wheel"));
    else if (text.trim() !== "") dependencies.push(text.trim());
  };
  for (const text of request.environment?.dependencies ?? []) add(text);
  for (const library of request.libraries) add(requirementOf(library));
  return { program, folder: onWorkspace(folder) ? folder : "/", wheels, dependencies };
}

function programOf(
  { notebook, type, definition, arguments: given, savedQuery }: TaskRequest,
  read: (path: string, what: string) => WorkspaceFile,
): Program {
  if (notebook !== undefined) return { kind: "notebook", ...notebook };
  if (definition.source === "GIT") throw new Refusal(GIT);
  switch (type) {
    case "spark_python_task": {
      const path = String(definition.python_file);
      const source = read(path, "Python file").content.toString();
      return { kind: "python", path, source, arguments: given };
    }
    case "python_wheel_task":
      return {
        kind: "wheel",
        package: String(definition.package_name),
        entryPoint: String(definition.entry_point),
        arguments: given,
      };
    case "sql_task": {
      const { file, query } = definition as {
        file?: { path: string; source?: string };
        query?: { query_id: string };
      };
      if (file !== undefined) {
        if (file.source === "GIT") throw new Refusal(GIT);
        return {
          kind: "sql",
          path: file.path,
          source: read(file.path, "SQL file").content.toString(),
        };
      }
      if (query !== undefined) {
        const saved = savedQuery(query.query_id);
        if (saved === undefined)
          throw new Refusal(`the query ${query.query_id} does not exist in the local workspace`);
        return { kind: "sql", path: `/${saved.display_name}.sql`, source: saved.text };
      }
      throw new Refusal(
        "the local executor runs SQL tasks of a file or a query, not of an alert or a dashboard",
      );
    }
    case "dbt_task":
      throw new Refusal(`${DBT}; --executor simulated pretends to run any task`);
    default:
      throw new Refusal(
        `the local executor does not run a ${type}; --executor simulated pretends to run any task`,
      );
  }
}

function requirementOf(library: Readonly<Record<string, unknown>>): string {
  const { whl, requirements, pypi } = library as {
    whl?: string;
    requirements?: string;
    pypi?: { package: string };
  };
  if (whl !== undefined) return whl;
  if (requirements !== undefined) return `-r ${requirements}`;
  if (pypi !== undefined) return pypi.package;
  throw new Refusal(
    `the local executor installs wheels, requirements and PyPI packages, not ${Object.keys(library).join()} libraries`,
  );
}

const onWorkspace = (path: string): boolean =>
  path.startsWith("/") && !/^\/(?:Volumes|dbfs)(?:\/|$)/.test(path);

/** Reads a file of the workspace, a volume or DBFS. @throws {Refusal} if it does not exist */
function readFile(
  request: TaskRequest,
  dataDir: string,
  path: string,
  what: string,
): WorkspaceFile {
  if (onWorkspace(path)) {
    const found = request.file(path);
    if (found !== undefined) return found;
  } else {
    const place = storagePath(dataDir, path);
    if (place === undefined)
      throw new Refusal(
        `the local executor reads files of the workspace, of /Volumes and of dbfs:/, not ${path}`,
      );
    if (existsSync(place) && statSync(place).isFile())
      return { path, content: readFileSync(place) };
  }
  throw new Refusal(`the ${what} ${path} was not found in the local workspace`);
}

/**
 * The local path of a volume or DBFS path; `storage.py` has the same rules.
 * @returns undefined for any other path and for a path that leaves the storage
 */
export function storagePath(dataDir: string, path: string): string | undefined {
  const plain = path
    .replace(/^dbfs:\/*/, "/dbfs/")
    .replace(/^\/dbfs\/Volumes(?=\/|$)/, "/Volumes")
    .replace(/\/+$/, "");
  for (const [prefix, folder] of [
    ["/Volumes", "volumes"],
    ["/dbfs", "dbfs"],
  ] as const) {
    if (plain !== prefix && !plain.startsWith(`${prefix}/`)) continue;
    const root = join(dataDir, folder);
    const place = join(root, plain.slice(prefix.length));
    return place === root || place.startsWith(`${root}/`) ? place : undefined;
  }
  return undefined;
}
