import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";
import { posixRelative } from "@jobstrata/core/paths";
import { commitOf, Git, GitFailed, workTreeOf } from "./git";

/** A bundle at a git revision. */
interface Checkout {
  /** Its `databricks.yml`, or an alternative name of that file. */
  readonly file: string;
  /** The temporary folder that replaces {@link repository}. */
  readonly root: string;
  /** The bundle's work tree. */
  readonly repository: string;
}

/** Files that may define a bundle. Notebooks are identified by path only. */
const READ = /\.(ya?ml|json)$/i;
const LINK = "120000";
/**
 * Reads a bundle at a revision. Git checks out its configuration to a temporary folder, which is always removed. The user's
 * index and work tree are not touched.
 *
 * @param bundle its file in the work tree
 * @param revision any expression that git resolves to a commit
 * @throws {JobstrataError} `source` without git or a repository, for an unknown revision, or one without the bundle
 */
export async function atRevision<T>(
  bundle: string,
  revision: string,
  read: (checkout: Checkout) => T,
  signal?: AbortSignal,
): Promise<T> {
  const folder = realpathSync(dirname(resolve(bundle)));
  const repository = await workTreeOf(folder, signal);
  const inside = posixRelative(repository, folder);
  const git = new Git(repository, signal);
  const commit = await commitOf(git, revision);
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), "jobstrata-diff-")));
  try {
    const root = join(temporary, "tree");
    const path = [inside, basename(bundle)].filter((part) => part !== "").join("/");
    const isWide = inside === "" || /\.\.[/\\]/.test(await contentOf(git, commit, path));
    // Check out files outside the bundle's folder only if it refers to any.
    await checkOut(git, commit, temporary, { isRead, ...(!isWide && { inside }) });
    const file = join(root, inside, basename(bundle));
    if (!existsSync(file)) {
      throw new JobstrataError("source", `there is no bundle ${quote(path)} at ${quote(revision)}`);
    }
    copyOverrides(folder, dirname(file));
    return read({ file, root, repository });
  } catch (error) {
    throw error instanceof GitFailed ? error.explained() : error;
  } finally {
    rmSync(temporary, { recursive: true, force: true, maxRetries: 3 });
  }
}

/**
 * Checks out a commit's files to the subfolder `tree` of a temporary folder. A temporary index keeps the repository unchanged.
 *
 * @param options `isRead` selects files by their line of `git ls-tree`; `inside` limits the checkout to a folder, relative to
 *   the root
 * @returns the folder `tree`
 */
export async function checkOut(
  git: Git,
  commit: string,
  temporary: string,
  options: { readonly isRead: (line: string) => boolean; readonly inside?: string },
): Promise<string> {
  const { isRead: isWanted, inside } = options;
  const root = join(temporary, "tree");
  const index = { GIT_INDEX_FILE: join(temporary, "index") };
  const list = await git.run([
    "ls-tree",
    "-r",
    "-z",
    "--full-tree",
    commit,
    ...(inside === undefined ? [] : ["--", `${inside}/`]),
  ]);
  const files = list.split("\0").filter((line) => line !== "" && isWanted(line));
  await git.run(
    ["update-index", "-z", "--index-info"],
    files.map((line) => `${line}\0`).join(""),
    index,
  );
  await git.run(["checkout-index", "--all", `--prefix=${root}/`], "", index);
  return root;
}

/** Whether a file may define a bundle, by its line of `git ls-tree`; includes links. */
export function isRead(line: string): boolean {
  return READ.test(line) || line.startsWith(LINK);
}

/** Copies local variable overrides, which also apply to the bundle at the revision. */
export function copyOverrides(from: string, to: string): void {
  const targets = join(from, ".databricks", "bundle");
  if (!existsSync(targets)) return;
  for (const target of readdirSync(targets)) {
    const file = join(targets, target, "variable-overrides.json");
    const copy = join(to, relative(from, file));
    if (!existsSync(file) || existsSync(copy)) continue;
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(file, copy);
  }
}

/** A file's content at a commit; empty if it does not exist. */
async function contentOf(git: Git, commit: string, path: string): Promise<string> {
  try {
    return await git.run(["show", `${commit}:${path}`]);
  } catch (error) {
    if (error instanceof GitFailed) return "";
    throw error;
  }
}
