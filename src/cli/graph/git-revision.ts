import { execFile } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { devNull, tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { JobstrataError } from "@jobstrata/core/errors";
import { printable, quote } from "@jobstrata/core/model";

/** A bundle at a git revision. */
interface Checkout {
  /** Its `databricks.yml`, or another name of that file. */
  readonly file: string;
  /** The temporary folder that replaces {@link repository}. */
  readonly root: string;
  /** The work tree that the bundle belongs to. */
  readonly repository: string;
}

/** The files that a bundle is read from, or links to them. Notebooks are identified by path only. */
const READ = /\.(ya?ml|json)$/i;
const LINK = "120000";
/** The list of the files of a bundle. Bytes. */
const MAX_LIST = 512 * 2 ** 20;

/** Runs and writes nothing of the user: no hooks, no fsmonitor, no split index. */
const SETTINGS = [`core.hooksPath=${devNull}`, "core.fsmonitor=false", "core.splitIndex=false"];
/** Git sets these variables for a hook that runs this command. */
const OF_HOOKS = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

/**
 * Reads a bundle at a revision. Git writes its configuration to a temporary folder, which is always removed at the end. The
 * user's index and work tree are not touched.
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
  const inside = relative(repository, folder).split("\\").join("/");
  const git = new Git(repository, signal);
  const commit = await commitOf(git, revision);
  const temporary = realpathSync(mkdtempSync(join(tmpdir(), "jobstrata-diff-")));
  try {
    const root = join(temporary, "tree");
    const index = { GIT_INDEX_FILE: join(temporary, "index") };
    const path = [inside, basename(bundle)].filter((part) => part !== "").join("/");
    const isWide = inside === "" || /\.\.[/\\]/.test(await contentOf(git, commit, path));
    const list = await git.run([
      "ls-tree",
      "-r",
      "-z",
      "--full-tree",
      commit,
      // Files outside of the bundle's folder are there for those that name some.
      ...(isWide ? [] : ["--", `${inside}/`]),
    ]);
    const files = list.split("\0").filter((line) => isRead(line));
    await git.run(
      ["update-index", "-z", "--index-info"],
      files.map((line) => `${line}\0`).join(""),
      index,
    );
    await git.run(["checkout-index", "--all", `--prefix=${root}/`], "", index);
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

/** By a line of `git ls-tree`. */
function isRead(line: string): boolean {
  return READ.test(line) || line.startsWith(LINK);
}

/** The variable overrides on this machine apply to the bundle at the revision, too. */
function copyOverrides(from: string, to: string): void {
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

async function workTreeOf(folder: string, signal: AbortSignal | undefined): Promise<string> {
  try {
    const path = await new Git(folder, signal).run(["rev-parse", "--show-toplevel"]);
    return realpathSync(path.replace(/\r?\n$/, ""));
  } catch (error) {
    if (!(error instanceof GitFailed)) throw error;
    if (!/not a git repository/i.test(error.message)) throw error.explained();
    throw new JobstrataError(
      "source",
      `${quote(folder)} is in no git repository; name a path to compare with: --diff PATH`,
    );
  }
}

async function commitOf(git: Git, revision: string): Promise<string> {
  // No revision begins so: git would take it for an option.
  if (revision !== "" && !revision.startsWith("-") && !revision.includes("\0")) {
    try {
      const commit = await git.run(["rev-parse", "--verify", "--quiet", `${revision}^{commit}`]);
      if (/^[0-9a-f]{40,64}\n?$/.test(commit)) return commit.trim();
    } catch (error) {
      if (!(error instanceof GitFailed)) throw error;
    }
  }
  if (!(await hasCommits(git)))
    throw new JobstrataError(
      "source",
      `the repository of ${quote(git.folder)} has no commit yet, so there is nothing to compare with; commit first`,
    );
  throw new JobstrataError(
    "source",
    `${quote(revision)} is neither a path nor a revision that git knows here; fetch it first (in CI, check out with fetch-depth: 0)`,
  );
}

async function hasCommits(git: Git): Promise<boolean> {
  try {
    return (await git.run(["rev-list", "--all", "--max-count=1"])).trim() !== "";
  } catch (error) {
    if (error instanceof GitFailed) return true;
    throw error;
  }
}

/** The content of a file at a commit; empty if it does not exist. */
async function contentOf(git: Git, commit: string, path: string): Promise<string> {
  try {
    return await git.run(["show", `${commit}:${path}`]);
  } catch (error) {
    if (error instanceof GitFailed) return "";
    throw error;
  }
}

/** An error of git, with its message. */
class GitFailed extends Error {
  public explained(): JobstrataError {
    return new JobstrataError("source", `git cannot read the bundle: ${this.message}`);
  }
}

const execute = promisify(execFile);

class Git {
  readonly #signal: AbortSignal | undefined;

  public constructor(
    public readonly folder: string,
    signal: AbortSignal | undefined,
  ) {
    this.#signal = signal;
  }

  public async run(
    args: readonly string[],
    input = "",
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const own = Object.entries(process.env).filter(([name]) => !OF_HOOKS.includes(name));
    const running = execute("git", [...SETTINGS.flatMap((each) => ["-c", each]), ...args], {
      cwd: this.folder,
      env: {
        ...Object.fromEntries(own),
        LC_ALL: "C",
        GIT_OPTIONAL_LOCKS: "0",
        // No big files are fetched for what is read here.
        GIT_LFS_SKIP_SMUDGE: "1",
        GIT_TERMINAL_PROMPT: "0",
        ...env,
      },
      maxBuffer: MAX_LIST,
      ...(this.#signal && { signal: this.#signal }),
    });
    // It may end before it has read everything; it says why itself.
    running.child.stdin?.on("error", () => undefined);
    running.child.stdin?.end(input);
    try {
      return (await running).stdout;
    } catch (error) {
      const { code, stderr = "", message } = error as NodeJS.ErrnoException & { stderr?: string };
      if (code === "ENOENT") {
        throw new JobstrataError(
          "source",
          "reading a revision requires git, which is not installed; name a path to compare with: --diff PATH",
        );
      }
      const said = (stderr.trim() === "" ? message : stderr).trim().split("\n");
      throw new GitFailed(printable(said.slice(0, 3).join(" ").slice(0, 400)));
    }
  }
}
