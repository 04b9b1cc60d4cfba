import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";

/** How a file differs from the base. */
export interface FileChange {
  /** `unknown`: its content at the base is not known; `why` holds the reason. */
  readonly kind: "changed" | "new" | "removed" | "renamed" | "unknown";
  /** Current absolute path. */
  readonly path: string;
  /** Absolute path at the base, if different. */
  readonly was?: string;
  /** For an unknown change: the words after "it", such as "is not in git". */
  readonly why?: string;
}

/** A project's files compared with a base. Paths are absolute. */
export interface FileChanges {
  /** Undefined if the file is unchanged, or on neither side. */
  changeOf(path: string): FileChange | undefined;
  /** The first changed file in a folder, at any depth. */
  changeBelow(folder: string): FileChange | undefined;
  /** Names of a folder's entries, now or at the base. */
  names(folder: string): ReadonlySet<string>;
  /** Every `.py` file, now or at the base: finds modules outside the usual search path. */
  pythonFiles(): Iterable<string>;
  /** The project's root folder; the module search ends here. */
  readonly root: string;
}

/** Folders of tools, which hold no project files. */
const SKIPPED = new Set([
  ".git",
  ".venv",
  "venv",
  "node_modules",
  "__pycache__",
  ".databricks",
  ".terraform",
  "cdktf.out",
  "dbt_packages",
  ".ipynb_checkpoints",
  ".mypy_cache",
  ".pytest_cache",
  ".ruff_cache",
]);

export const isSkipped = (name: string): boolean => SKIPPED.has(name);

/** Larger files are compared byte for byte, without normalizing line ends. Bytes. */
const MAX_TEXT = 20 * 2 ** 20;

/** Whether two files are equal, ignoring line ends. */
export function isSameContent(a: Buffer, b: Buffer): boolean {
  if (a.equals(b)) return true;
  if (a.length > MAX_TEXT || b.length > MAX_TEXT || a.includes(0) || b.includes(0)) return false;
  const text = (buffer: Buffer): string => buffer.toString("latin1").replaceAll("\r\n", "\n");
  return text(a) === text(b);
}

export function contentOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Resolves real paths. If a file no longer exists, only its folder is resolved. */
export class RealPaths {
  readonly #folders = new Map<string, string>();

  public of(path: string): string {
    const folder = this.#folder(dirname(path));
    const spelled = join(folder, basename(path));
    try {
      return realpathSync(spelled);
    } catch {
      return spelled;
    }
  }

  #folder(path: string): string {
    const known = this.#folders.get(path);
    if (known !== undefined) return known;
    let real: string;
    try {
      real = realpathSync(path);
    } catch {
      real = dirname(path) === path ? path : join(this.#folder(dirname(path)), basename(path));
    }
    this.#folders.set(path, real);
    return real;
  }
}

/** Caches the names of a folder's entries; empty if the folder does not exist. */
export class Folders {
  readonly #names = new Map<string, ReadonlySet<string>>();

  public names(folder: string): ReadonlySet<string> {
    let names = this.#names.get(folder);
    if (names === undefined) {
      try {
        names = new Set(readdirSync(folder));
      } catch {
        names = new Set();
      }
      this.#names.set(folder, names);
    }
    return names;
  }
}

/** All files below a folder, except in folders of tools. Does not follow links to folders. */
export function* filesBelow(folder: string): Generator<string> {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!isSkipped(entry.name)) yield* filesBelow(path);
    } else yield path;
  }
}

/** Compares two versions of a folder. */
export class FolderChanges implements FileChanges {
  readonly #real = new RealPaths();
  readonly #folders = new Folders();
  readonly #known = new Map<string, FileChange | undefined>();

  readonly #from: string;

  /**
   * @param from the base's folder
   * @param root the project's folder
   */
  public constructor(
    from: string,
    public readonly root: string,
  ) {
    this.#from = from;
  }

  public changeOf(path: string): FileChange | undefined {
    if (!this.#known.has(path)) this.#known.set(path, this.#compare(path));
    return this.#known.get(path);
  }

  #compare(path: string): FileChange | undefined {
    const before = this.#before(path);
    // Both sides share files outside the project.
    if (before === undefined) return undefined;
    const [was, is] = [contentOf(before), contentOf(path)];
    if (was === undefined) return is && { kind: "new", path };
    if (is === undefined) return { kind: "removed", path };
    return isSameContent(was, is) ? undefined : { kind: "changed", path };
  }

  /** The path at the base; undefined outside the project. */
  #before(path: string): string | undefined {
    for (const each of [path, this.#real.of(path)]) {
      const way = relative(this.root, each);
      if (way === "" || way === ".." || way.startsWith(`..${sep}`)) continue;
      return join(this.#from, way);
    }
    return undefined;
  }

  public changeBelow(folder: string): FileChange | undefined {
    const before = this.#before(folder);
    for (const path of filesBelow(folder)) {
      const change = this.changeOf(path);
      if (change !== undefined) return change;
    }
    if (before !== undefined)
      for (const path of filesBelow(before)) {
        const change = this.changeOf(join(folder, relative(before, path)));
        if (change !== undefined) return change;
      }
    return undefined;
  }

  public names(folder: string): ReadonlySet<string> {
    const before = this.#before(folder) ?? (folder === this.root ? this.#from : undefined);
    const now = this.#folders.names(folder);
    if (before === undefined) return now;
    return new Set([...now, ...this.#folders.names(before)]);
  }

  public *pythonFiles(): Generator<string> {
    for (const path of filesBelow(this.root)) if (path.endsWith(".py")) yield path;
    for (const path of filesBelow(this.#from))
      if (path.endsWith(".py")) yield join(this.root, relative(this.#from, path));
  }
}

/** Whether a path is an existing file. */
export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
