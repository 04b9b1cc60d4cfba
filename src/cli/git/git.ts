import { execFile } from "node:child_process";
import { realpathSync } from "node:fs";
import { devNull } from "node:os";
import { promisify } from "node:util";
import { JobstrataError } from "@jobstrata/core/errors";
import { printable, quote } from "@jobstrata/core/model";

/** Maximum size of git's output, such as a list of files. Bytes. */
const MAX_LIST = 512 * 2 ** 20;

/** Disables hooks, fsmonitor and the split index: git must neither run the user's programs nor write to the repository. */
const SETTINGS = [`core.hooksPath=${devNull}`, "core.fsmonitor=false", "core.splitIndex=false"];
/** Variables that git sets when a hook runs this command. */
const OF_HOOKS = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"];

/** How to compare without git. */
const HINT = "name a path to compare with: --diff PATH";

/** Git failed; the message is its own. */
export class GitFailed extends Error {
  public explained(): JobstrataError {
    return new JobstrataError("source", `git cannot read the bundle: ${this.message}`);
  }
}

const execute = promisify(execFile);

/** Runs git in a folder without changing the user's repository. */
export class Git {
  readonly #signal: AbortSignal | undefined;
  readonly #hint: string;

  public constructor(
    public readonly folder: string,
    signal: AbortSignal | undefined,
    hint = HINT,
  ) {
    this.#signal = signal;
    this.#hint = hint;
  }

  /** Git in another folder. */
  public in(folder: string): Git {
    return new Git(folder, this.#signal, this.#hint);
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
        // Large files are not needed; do not download them.
        GIT_LFS_SKIP_SMUDGE: "1",
        GIT_TERMINAL_PROMPT: "0",
        ...env,
      },
      maxBuffer: MAX_LIST,
      ...(this.#signal && { signal: this.#signal }),
    });
    // Git may exit before it has read all input; its own error says why.
    running.child.stdin?.on("error", () => undefined);
    running.child.stdin?.end(input);
    try {
      return (await running).stdout;
    } catch (error) {
      const { code, stderr = "", message } = error as NodeJS.ErrnoException & { stderr?: string };
      if (code === "ENOENT") {
        throw new JobstrataError(
          "source",
          `reading a revision requires git, which is not installed; ${this.#hint}`,
        );
      }
      const said = (stderr.trim() === "" ? message : stderr).trim().split("\n");
      throw new GitFailed(printable(said.slice(0, 3).join(" ").slice(0, 400)));
    }
  }
}

/**
 * The real path of the work tree that contains a folder.
 *
 * @param hint how to compare without git, for error messages
 * @throws {JobstrataError} `source` without git or a repository
 */
export async function workTreeOf(
  folder: string,
  signal: AbortSignal | undefined,
  hint = HINT,
): Promise<string> {
  try {
    const path = await new Git(folder, signal, hint).run(["rev-parse", "--show-toplevel"]);
    return realpathSync(path.replace(/\r?\n$/, ""));
  } catch (error) {
    if (!(error instanceof GitFailed)) throw error;
    if (!/not a git repository/i.test(error.message)) throw error.explained();
    throw new JobstrataError("source", `${quote(folder)} is not in a git repository; ${hint}`);
  }
}

/**
 * The commit that a revision names.
 *
 * @throws {JobstrataError} `source` if it does not exist
 */
export async function commitOf(git: Git, revision: string): Promise<string> {
  // Git would parse a leading `-` as an option.
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
