import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, sep } from "node:path";

/** How a file differs from what it was at the base. */
export interface FileChange {
  /** `unknown`: nobody can say what it was, for the reason in `why`. */
  readonly kind: "changed" | "new" | "removed" | "renamed" | "unknown";
  /** Absolute path now. */
  readonly path: string;
  /** Absolute path at the base, if it was another one. */
  readonly was?: string;
  /** Of an unknown change: what follows "it", such as "is not in git". */
  readonly why?: string;
}

/** The files of a project now, and how they differ from a base. Paths are absolute. */
export interface FileChanges {
  /** Undefined for a file that is the same, and for one that neither side has. */
  changeOf(path: string): FileChange | undefined;
  /** The first change of a file in a folder, at whatever depth. */
  changeBelow(folder: string): FileChange | undefined;
  /** Names in a folder, now or at the base. */
  names(folder: string): ReadonlySet<string>;
  /** Every file of Python code, now or at the base; for modules that no known folder holds. */
  pythonFiles(): Iterable<string>;
  /** Folder that holds everything; modules are looked for up to it. */
  readonly root: string;
}

/** Folders of tools: nothing in them is the project's. */
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

/** Bigger files are compared by their size and bytes as they are. */
const MAX_TEXT = 20 * 2 ** 20;

/** Whether two files hold the same, whatever their line ends are; undefined for one that is not there. */
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

/** Real paths, also of files that are gone: of those, the folder is the real one. */
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

/** Names in a folder that is there now. */
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

/** All files below a folder, without those of tools. Links to folders are not followed. */
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

/** Two folders, one of which holds what the other one held. */
export class FolderChanges implements FileChanges {
  readonly #real = new RealPaths();
  readonly #folders = new Folders();
  readonly #known = new Map<string, FileChange | undefined>();

  readonly #from: string;

  /**
   * @param from folder of the base
   * @param root folder of the project
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
    // What is outside is the same file for both.
    if (before === undefined) return undefined;
    const [was, is] = [contentOf(before), contentOf(path)];
    if (was === undefined) return is && { kind: "new", path };
    if (is === undefined) return { kind: "removed", path };
    return isSameContent(was, is) ? undefined : { kind: "changed", path };
  }

  /** The path at the base; undefined outside of the project. */
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

/** Whether there is a file. */
export function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
