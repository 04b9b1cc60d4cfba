import { existsSync, lstatSync } from "node:fs";
import { basename, dirname, extname, join, relative, sep } from "node:path";
import { type Git, GitFailed } from "../git/git";
import { type FileChange, type FileChanges, Folders, isFile, RealPaths } from "./file-changes";

/** Mode of a submodule in a git tree. */
const SUBMODULE = "160000";

/** Possible names in a folder with unknown former content: a changed link's target, or a submodule without its commit. */
class EveryName extends Set<string> {
  public override has(): boolean {
    return true;
  }
}
const EVERY_NAME = new EveryName();

/** The work tree compared with a commit. The former content of ignored files is unknown. */
export class GitChanges implements FileChanges {
  readonly #changes = new Map<string, FileChange>();
  /** Folders that count as changed as a whole. */
  readonly #wholly = new Map<string, FileChange>();
  readonly #tracked = new Set<string>();
  /** Names of removed files, by their former folder. */
  readonly #gone = new Map<string, Set<string>>();
  readonly #folders = new Folders();
  readonly #real = new RealPaths();
  readonly #names = new Map<string, ReadonlySet<string>>();

  private constructor(public readonly root: string) {}

  /**
   * Asks git for the changes since a commit: in commits, the index and the work tree, including untracked files.
   *
   * @throws {GitFailed} if git cannot compare
   */
  public static async since(git: Git, commit: string): Promise<GitChanges> {
    const changes = new GitChanges(git.folder);
    await changes.#read(git, commit);
    return changes;
  }

  /** Paths of all changed files, before and after. */
  public get paths(): Iterable<string> {
    return [...this.#changes.values()].flatMap(({ path, was }) =>
      was === undefined ? [path] : [path, was],
    );
  }

  /** Whether a link or a submodule has changed, which may change files under other paths. */
  public get hasLinks(): boolean {
    if (this.#wholly.size > 0) return true;
    return [...this.#changes.values()].some(
      // Any removed path without an extension may have been a link to a folder.
      ({ path, kind }) => isLink(path) || (kind === "removed" && extname(path) === ""),
    );
  }

  public changeOf(path: string): FileChange | undefined {
    const real = this.#real.of(path);
    const known = this.#changes.get(path) ?? this.#changes.get(real);
    if (known !== undefined) return known;
    for (const each of path === real ? [path] : [path, real]) {
      const above = this.#above(each);
      if (above !== undefined && (existsSync(path) || above.kind !== "new")) return above;
    }
    if (this.#tracked.has(real) || !isFile(real)) return undefined;
    const way = relative(this.root, real);
    const isOutside = way === ".." || way.startsWith(`..${sep}`);
    return {
      kind: "unknown",
      path,
      why: isOutside ? "is outside of the repository" : "is not in git",
    };
  }

  /** The change of a parent folder, such as a link with a new target or a submodule. */
  #above(path: string): FileChange | undefined {
    for (let at = dirname(path); at.length > this.root.length; at = dirname(at)) {
      const change = this.#wholly.get(at) ?? this.#changes.get(at);
      if (change !== undefined) return change;
    }
    return undefined;
  }

  public changeBelow(folder: string): FileChange | undefined {
    const real = this.#real.of(folder);
    const own = this.#changes.get(folder) ?? this.#wholly.get(real) ?? this.#above(real);
    if (own !== undefined) return own;
    for (const [path, change] of [...this.#changes, ...this.#wholly])
      if (path.startsWith(`${real}${sep}`)) return change;
    return undefined;
  }

  public names(folder: string): ReadonlySet<string> {
    const known = this.#names.get(folder);
    if (known !== undefined) return known;
    const change = this.#changes.get(folder) ?? this.#wholly.get(folder) ?? this.#above(folder);
    if (change !== undefined && change.kind !== "new") return EVERY_NAME;
    const gone = this.#gone.get(this.#real.of(folder));
    const now = this.#folders.names(folder);
    const names = gone === undefined ? now : new Set([...now, ...gone]);
    this.#names.set(folder, names);
    return names;
  }

  public *pythonFiles(): Generator<string> {
    for (const path of this.#tracked) if (path.endsWith(".py")) yield path;
    for (const { kind, path, was } of this.#changes.values()) {
      if (kind === "removed" && path.endsWith(".py")) yield path;
      if (was?.endsWith(".py") === true) yield was;
    }
  }

  async #read(git: Git, commit: string): Promise<void> {
    const [changed, tracked, untracked] = await Promise.all([
      git.run([...DIFF, "--name-status", "-z", "-M", "--ignore-submodules=none", commit, "--"]),
      git.run(["ls-files", "-z", "--stage"]),
      git.run(["ls-files", "-z", "--others", "--exclude-standard"]),
    ]);
    const submodules: string[] = [];
    for (const line of paths(tracked)) {
      const file = join(git.folder, line.slice(line.indexOf("\t") + 1));
      this.#tracked.add(file);
      if (line.startsWith(SUBMODULE)) submodules.push(file);
    }
    for (const path of paths(untracked)) {
      // Git lists a nested repository as one path with a trailing slash.
      const file = join(git.folder, path.replace(/\/$/, ""));
      if (path.endsWith("/")) this.#wholly.set(file, { kind: "new", path: file });
      else {
        this.#tracked.add(file);
        this.#changes.set(file, { kind: "new", path: file });
      }
    }
    const found = changesOf(changed, git.folder);
    if (found.some(({ kind }) => kind === "changed" || kind === "renamed")) {
      const kept = await contentChanges(git, commit);
      for (const change of found) this.#add(change, kept);
    } else for (const change of found) this.#add(change, undefined);
    for (const folder of submodules) {
      const change = this.#changes.get(folder);
      this.#changes.delete(folder);
      await this.#readSubmodule(git, commit, folder, change);
    }
  }

  /** @param kept files with changes other than line ends */
  #add(change: FileChange, kept: ReadonlySet<string> | undefined): void {
    const { kind, path, was } = change;
    // Not a file: a submodule, which is compared separately.
    if (kind === "changed" && kept?.has(path) === false && isFile(path)) return;
    this.#changes.set(path, change);
    if (was !== undefined) {
      this.#changes.set(was, { kind: "removed", path: was });
      this.#note(was);
    }
    if (kind === "removed") this.#note(path);
  }

  /** Records a removed path, and its parents, as names of the folders that held them. */
  #note(path: string): void {
    for (let at = path; at.length > this.root.length; at = dirname(at)) {
      const folder = dirname(at);
      const names = this.#gone.get(folder) ?? new Set();
      this.#gone.set(folder, names);
      if (names.has(basename(at))) return;
      names.add(basename(at));
    }
  }

  /** Reads a submodule's own changes since its former commit. */
  async #readSubmodule(
    git: Git,
    commit: string,
    folder: string,
    change: FileChange | undefined,
  ): Promise<void> {
    const inside = git.in(folder);
    try {
      if (change === undefined) {
        for (const path of paths(await inside.run(["ls-files", "-z"])))
          this.#tracked.add(join(folder, path));
        return;
      }
      const entry = await git.run([
        "ls-tree",
        "-z",
        "--full-tree",
        commit,
        "--",
        relative(git.folder, folder),
      ]);
      const [, was] = new RegExp(`^${SUBMODULE} commit ([0-9a-f]+)`).exec(entry) ?? [];
      if (was === undefined) throw new GitFailed("no such submodule");
      await this.#read(inside, was);
    } catch (error) {
      if (!(error instanceof GitFailed)) throw error;
      // Unreadable: if the submodule has changed, treat all of its files as changed.
      if (change !== undefined) this.#wholly.set(folder, { kind: "changed", path: folder });
    }
  }
}

const DIFF = ["diff", "--no-ext-diff", "--no-textconv", "--no-color", "--no-relative"];

const paths = (text: string): string[] => text.split("\0").filter((path) => path !== "");

/** Parses the output of `git diff --name-status -z`. */
function changesOf(text: string, folder: string): FileChange[] {
  const parts = text.split("\0");
  const changes: FileChange[] = [];
  for (let at = 0; at + 1 < parts.length;) {
    const status = parts[at++] ?? "";
    const path = join(folder, parts[at++] ?? "");
    switch (status.charAt(0)) {
      case "R":
        changes.push({ kind: "renamed", path: join(folder, parts[at++] ?? ""), was: path });
        break;
      case "C":
        changes.push({ kind: "new", path: join(folder, parts[at++] ?? "") });
        break;
      case "A":
        changes.push({ kind: "new", path });
        break;
      case "D":
        changes.push({ kind: isThere(path) ? "changed" : "removed", path });
        break;
      default:
        changes.push({ kind: "changed", path });
    }
  }
  return changes;
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/** Whether a file removed from the index still exists. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** The files with changes other than line ends and modes. */
async function contentChanges(git: Git, commit: string): Promise<Set<string>> {
  const text = await git.run([
    ...DIFF,
    "--numstat",
    "-z",
    "--no-renames",
    "--ignore-cr-at-eol",
    "--ignore-submodules=none",
    commit,
    "--",
  ]);
  return new Set(
    paths(text)
      .filter((line) => !line.startsWith("0\t0\t"))
      .map((line) => join(git.folder, line.slice(line.indexOf("\t", line.indexOf("\t") + 1) + 1))),
  );
}
