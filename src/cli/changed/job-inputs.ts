import { dirname, extname, isAbsolute, join, resolve, sep } from "node:path";
import { leafTasks, type JobSpec, type Setting, type Settings } from "@jobstrata/core/model";
import { relativePath } from "@jobstrata/core/paths";
import { cached } from "@jobstrata/core/readers";
import { type CodeReferences, codeReferences } from "./code-references";
import { contentOf, type FileChange, type FileChanges, isFile } from "./file-changes";

/** A change to a job's code. */
export interface CodeChange {
  readonly taskKey?: string;
  readonly change: FileChange;
  /** One line: `notebook src/x.py: helper src/lib/y.py changed`. */
  readonly text: string;
}

/** A file or folder that a job depends on, and its role for the file that refers to it. */
interface Input {
  readonly path: string;
  readonly role: string;
  readonly isFolder?: true;
}

/** Extensions that notebook paths may omit. */
const EXTENSIONS = ["", ".py", ".ipynb", ".sql", ".scala", ".r", ".R"];
const CODE = /\.(?:py|ipynb|sql|scala|r)$/i;
/** Settings that name libraries. */
const LIBRARIES = new Set(["whl", "jar", "egg", "dependencies"]);
/** Maximum parent folders searched for modules. */
const MAX_FOLDERS = 12;
/** Maximum files followed per task. */
const MAX_FILES = 5000;

/** Finds the files that jobs depend on, and their changes since the base. Reads each file once for all jobs. */
export class JobInputs {
  readonly #files: FileChanges;
  readonly #references = new Map<string, CodeReferences | undefined>();
  readonly #changes = new Map<string, FirstChange | undefined>();
  /** What a file refers to, by the folder of the task's entry point and the file's path. */
  readonly #named = new Map<string, readonly Input[]>();
  readonly #there = new Map<string, boolean>();
  readonly #roots = new Map<string, readonly string[]>();
  #modules: ReadonlyMap<string, readonly string[]> | undefined;

  public constructor(files: FileChanges) {
    this.#files = files;
  }

  /**
   * The changed files that a job depends on.
   *
   * @param folder the base of relative paths in the job's settings
   */
  public changesOf(job: JobSpec, folder: string): CodeChange[] {
    const found: CodeChange[] = [];
    const bases: [string, ...string[]] = [folder];
    if (job.source !== undefined) bases.push(dirname(resolve(job.source.file)));
    if (job.hasGitSource === true) bases.push(this.#files.root);
    const add = (taskKey: string | undefined, entry: Input): void => {
      const first = this.#firstChange(entry);
      if (first === undefined) return;
      const text = describe(entry, first);
      if (found.some((each) => each.text === text)) return;
      found.push({ ...(taskKey !== undefined && { taskKey }), change: first.change, text });
    };
    for (const task of leafTasks(job)) {
      const file = /^file:(.*)$/s.exec(task.notebook?.identity ?? "")?.[1];
      if (file !== undefined) add(task.taskKey, { path: file, role: "notebook" });
      for (const input of this.#inSettings(task.settings, bases)) add(task.taskKey, input);
    }
    const { tasks: _, ...others } = job.settings;
    for (const input of this.#inSettings(others, bases)) add(undefined, input);
    return found;
  }

  /** The changed files named in the settings of another resource. */
  public changesIn(settings: Settings, folders: readonly [string, string]): CodeChange[] {
    const found = new Map<string, CodeChange>();
    for (const input of this.#inSettings(settings, folders)) {
      const first = this.#firstChange(input);
      if (first === undefined) continue;
      const text = describe(input, first);
      found.set(text, { change: first.change, text });
    }
    return [...found.values()];
  }

  /** Files named anywhere in settings. */
  #inSettings(settings: Settings, bases: readonly [string, ...string[]]): Input[] {
    const [folder] = bases;
    const inputs: Input[] = [];
    for (const { text, name } of textsOf(settings)) {
      if (text.length > 1000 || text.includes("\n")) continue;
      // A bundle's upload folder corresponds to its own folder.
      const uploaded = /(?:\/files|\$\{workspace\.file_path\})\/([^${}]+)$/.exec(text)?.[1];
      if (uploaded !== undefined) inputs.push(...this.#ofSetting(uploaded, [folder], name));
      const path = text.replace(/^-r\s+/, "").replace(/\[[^\]]*\]$/, "");
      if (isAbsolute(path) || path.includes("${") || /^\w+:/.test(path)) continue;
      inputs.push(...this.#ofSetting(path, bases, name));
    }
    return inputs;
  }

  #ofSetting(path: string, bases: readonly string[], name: string): Input[] {
    if (name === "project_directory")
      return bases.map((base) => ({
        path: resolve(base, path),
        role: "dbt project",
        isFolder: true as const,
      }));
    if (/\.(?:whl|jar|egg)$/.test(path) || (LIBRARIES.has(name) && path.includes("*")))
      return bases.flatMap((base) => this.#library(resolve(base, path)));
    const isNotebook = name === "notebook_path" || name === "path";
    return bases.flatMap((base) => this.#existing(resolve(base, path), isNotebook, roleOf(name)));
  }

  /** The Python project from which a library is built, else the library itself. */
  #library(path: string): Input[] {
    const folder = dirname(path);
    const built: Input[] = [];
    for (const project of [folder, dirname(folder)]) {
      const names = this.#files.names(project);
      const settings = ["pyproject.toml", "setup.py", "setup.cfg"].filter((name) =>
        names.has(name),
      );
      if (settings.length === 0) continue;
      for (const name of [...settings, "poetry.lock", "uv.lock", "MANIFEST.in"])
        if (names.has(name)) built.push({ path: join(project, name), role: "library" });
      const sources = names.has("src") ? ["src", ...this.#packagesIn(project, settings)] : ["."];
      for (const source of sources)
        built.push({ path: join(project, source), role: "library", isFolder: true });
      break;
    }
    // The built file counts only if its sources are unknown.
    if (built.length > 0) return built;
    return path.includes("*")
      ? [{ path: folder, role: "library", isFolder: true }]
      : this.#existing(path, false, "library");
  }

  /** Folders beside `src` that the project's settings name: they may be packaged instead of it, or as well. */
  #packagesIn(project: string, settings: readonly string[]): string[] {
    const words = new Set(
      settings.flatMap((name) =>
        (contentOf(join(project, name))?.toString("utf8") ?? "").replaceAll("-", "_").split(/\W+/),
      ),
    );
    return [...this.#files.names(project)].filter(
      (name) =>
        words.has(name.replaceAll("-", "_")) &&
        !["src", "test", "tests", "docs"].includes(name) &&
        this.#files.names(join(project, name)).size > 0,
    );
  }

  #isThere(path: string): boolean {
    let isThere = this.#there.get(path);
    if (isThere === undefined) this.#there.set(path, (isThere = isFile(path)));
    return isThere;
  }

  /** The file at a path, if it exists now or at the base. */
  #existing(path: string, isNotebook: boolean, role: string): Input[] {
    const names = this.#files.names(dirname(path));
    const base = path.slice(dirname(path).length).replace(/^[/\\]/, "");
    return (isNotebook ? EXTENSIONS : [""])
      .filter((extension) => base !== "" && names.has(base + extension))
      .map((extension) => ({ path: path + extension, role }));
  }

  /** The first change in a file or anything that it refers to, breadth first. */
  #firstChange(entry: Input): FirstChange | undefined {
    const key = `${entry.isFolder === true ? "folder" : entry.role} ${entry.path}`;
    if (!this.#changes.has(key)) this.#changes.set(key, this.#search(entry));
    return this.#changes.get(key);
  }

  #search(entry: Input): FirstChange | undefined {
    const seen = new Set<string>();
    const queue: Input[] = [entry];
    for (const input of queue) {
      const place = input.isFolder === true ? `${input.path}${sep}` : input.path;
      if (seen.has(place) || seen.size > MAX_FILES) continue;
      seen.add(place);
      const change =
        input.isFolder === true
          ? this.#files.changeBelow(input.path)
          : this.#files.changeOf(input.path);
      if (change !== undefined) return { input, change };
      if (input.isFolder !== true) queue.push(...this.#from(input.path, dirname(entry.path)));
    }
    return undefined;
  }

  /** What a file's code refers to. */
  #from(path: string, entryFolder: string): readonly Input[] {
    const key = `${entryFolder} ${path}`;
    let found = this.#named.get(key);
    if (found === undefined) this.#named.set(key, (found = this.#find(path, entryFolder)));
    return found;
  }

  #find(path: string, entryFolder: string): Input[] {
    if (!CODE.test(path)) return [];
    if (!this.#references.has(path)) this.#references.set(path, referencesOf(path));
    const references = this.#references.get(path);
    if (references === undefined) return [];
    const own = dirname(path);
    const bases = own === entryFolder ? [own] : [entryFolder, own];
    const inputs: Input[] = [];
    for (const base of bases) {
      for (const each of references.notebooks)
        inputs.push(...this.#existing(resolve(base, each), true, "included notebook"));
      for (const each of references.files)
        inputs.push(...this.#existing(resolve(base, withoutRoot(each)), false, "file"));
      for (const each of references.folders)
        if (this.#existing(resolve(base, withoutRoot(each)), false, "").length > 0)
          inputs.push({ path: resolve(base, withoutRoot(each)), role: "folder", isFolder: true });
    }
    if (path.endsWith(".sql") || references.modules.length + references.packages.length === 0)
      return inputs;
    const added = references.searchPaths.flatMap((each) =>
      isAbsolute(each) ? [] : bases.map((base) => resolve(base, each)),
    );
    const roots = [...added, ...bases.flatMap((base) => this.#rootsOf(base))];
    for (const each of references.modules)
      inputs.push(...this.#module(each, own, roots, references.extendsSearch));
    for (const each of references.packages)
      for (const root of roots) {
        const folder = join(root, ...each.split("."));
        if (each !== "" && this.#existing(folder, false, "").length > 0)
          inputs.push({ path: folder, role: "package", isFolder: true });
      }
    return inputs;
  }

  /** The folders searched for modules: the code's folder and its parents, each with its `src`. */
  #rootsOf(folder: string): readonly string[] {
    const known = this.#roots.get(folder);
    if (known !== undefined) return known;
    const roots: string[] = [];
    for (let at = folder; roots.length < 2 * MAX_FOLDERS; at = dirname(at)) {
      roots.push(at, join(at, "src"));
      if (at === this.#files.root || dirname(at) === at) break;
    }
    this.#roots.set(folder, roots);
    return roots;
  }

  #module(path: string, own: string, roots: readonly string[], isAnywhere: boolean): Input[] {
    const [, dots = "", rest = ""] = /^(\.*)(.*)$/s.exec(path) ?? [];
    const parts = rest === "" ? [] : rest.split(".").filter((part) => part !== "");
    if (dots !== "") {
      const base = resolve(own, ...Array.from({ length: dots.length - 1 }, () => ".."));
      return this.#moduleIn(base, parts);
    }
    const [first] = parts;
    if (first === undefined) return [];
    const inputs: Input[] = [];
    let isFound = false;
    for (const [at, root] of roots.entries()) {
      const found = this.#moduleIn(root, parts);
      inputs.push(...found);
      isFound ||= found.some((each) => this.#isThere(each.path));
      // Python searches the notebook's folder first; the order of the others varies.
      if (at === 0 && isFound && !isAnywhere) return inputs;
    }
    if (isFound && !isAnywhere) return inputs;
    // It may be in a folder added by the cluster or the code, or in one of the project's wheels.
    for (const root of this.#foldersWith(first))
      if (!roots.includes(root)) inputs.push(...this.#moduleIn(root, parts));
    return inputs;
  }

  /** A module below a folder, and its parent packages, which Python executes first. */
  #moduleIn(root: string, parts: readonly string[]): Input[] {
    const inputs: Input[] = [];
    let at = root;
    if (parts.length === 0) return this.#existing(join(at, "__init__.py"), false, "helper");
    for (const part of parts) {
      const names = this.#files.names(at);
      if (names.has(`${part}.py`)) inputs.push({ path: join(at, `${part}.py`), role: "helper" });
      if (!names.has(part)) break;
      at = join(at, part);
      inputs.push(...this.#existing(join(at, "__init__.py"), false, "helper"));
    }
    return inputs;
  }

  /** The project's folders that hold a module or package with this name. */
  #foldersWith(name: string): readonly string[] {
    this.#modules ??= modulesIn(this.#files);
    return this.#modules.get(name) ?? [];
  }
}

interface FirstChange {
  readonly input: Input;
  readonly change: FileChange;
}

function referencesOf(path: string): CodeReferences | undefined {
  const isJupyter = path.endsWith(".ipynb");
  const known = cached(`references ${path}`, (files) => {
    const text = files.read(path);
    return text === undefined ? undefined : codeReferences(text, isJupyter);
  });
  if (known !== undefined) return known;
  // The cache skips files that are too big or not UTF-8.
  const content = contentOf(path);
  return content && codeReferences(content.toString("utf8"), isJupyter);
}

/** Treats an absolute path on the cluster as relative to the project. */
const withoutRoot = (path: string): string => path.replace(/^\/+/, "");

/** Folders by the name of each module and package in them. */
function modulesIn(files: FileChanges): Map<string, readonly string[]> {
  const found = new Map<string, Set<string>>();
  const seen = new Set<string>();
  const note = (name: string, folder: string): void => {
    const folders = found.get(name) ?? new Set();
    found.set(name, folders);
    folders.add(folder);
  };
  for (const file of files.pythonFiles()) {
    let folder = dirname(file);
    note(file.slice(folder.length + 1, -".py".length), folder);
    while (folder.length > files.root.length && !seen.has(folder)) {
      seen.add(folder);
      const above = dirname(folder);
      note(folder.slice(above.length).replace(/^[/\\]/, ""), above);
      folder = above;
    }
  }
  return new Map(Array.from(found, ([name, folders]) => [name, [...folders]]));
}

/** Every string in settings, with the name of its setting. */
export function* textsOf(
  value: Setting | undefined,
  name = "",
): Generator<{ readonly text: string; readonly name: string }> {
  if (typeof value === "string") yield { text: value, name };
  else if (Array.isArray(value))
    for (const item of value as readonly Setting[]) yield* textsOf(item, name);
  else if (typeof value === "object" && value !== null)
    for (const [key, item] of Object.entries(value)) yield* textsOf(item, key);
}

function roleOf(name: string): string {
  switch (name) {
    case "notebook_path":
      return "notebook";
    case "python_file":
      return "Python file";
    case "requirements":
    case "dependencies":
      return "requirements file";
    default:
      return "file";
  }
}

const VERBS: Readonly<Record<FileChange["kind"], string>> = {
  changed: "changed",
  new: "is new",
  removed: "was removed",
  renamed: "was renamed",
  unknown: "cannot be compared",
};

/** `notebook src/x.py: helper src/lib/y.py changed`. */
function describe(entry: Input, { input, change }: FirstChange): string {
  const label = relativePath(change.path === input.path ? input.path : change.path);
  const verb = VERBS[change.kind];
  const from = change.was === undefined ? "" : ` from ${relativePath(change.was)}`;
  const why = change.why === undefined ? "" : `: it ${change.why}`;
  const isOwn = input.path === entry.path;
  const what =
    isOwn && entry.isFolder !== true
      ? `${entry.role} ${label}`
      : `${entry.role} ${relativePath(entry.path)}: ${isOwn ? "" : `${input.role} `}${label}`;
  return `${what} ${verb}${from}${why}`;
}

/** Whether a path is a notebook or another code file. */
export const isCode = (path: string): boolean => CODE.test(extname(path));
