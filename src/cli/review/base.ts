import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { printable } from "@jobstrata/core/model";
import type { BaseHint } from "./ci-environment";

/** What a change is compared with, or why there is nothing. */
export type Base =
  | { readonly revision: string; readonly label: string; readonly note?: string }
  | { readonly problem: string };

type Env = Readonly<NodeJS.ProcessEnv>;

const execute = promisify(execFile);
/** A clone that is fetched from must not hold up the check. Milliseconds. */
const FETCH_TIMEOUT = 120_000;

/**
 * Finds the commit at which a change begins, and fetches it if the clone is too shallow to have it. A clone that is not
 * shallow stays so.
 *
 * @param folder in the work tree
 */
export async function baseOf(hint: BaseHint, folder: string, env = process.env): Promise<Base> {
  const git = new Repository(folder, env);
  try {
    if (!(await git.exists())) return { problem: "this is not a git work tree" };
    const found = await find(git, hint);
    if (found === undefined) return { problem: "the CI system names no commit to compare with" };
    const { commit, isExact } = found;
    const label = shownLabel(hint, commit);
    if (isExact) return { revision: commit, label };
    const common = await git.mergeBase(commit);
    if (common !== undefined) return { revision: common, label: shownLabel(hint, common) };
    const note = `HEAD and ${label} have no common commit in this shallow clone, so changes that HEAD does not have yet look undone; check out with the whole history (fetch-depth: 0)`;
    return { revision: commit, label, note };
  } catch (error) {
    if (!(error instanceof GitProblem)) throw error;
    return { problem: error.message };
  }
}

/** The commit to begin from: exactly that, or one whose common ancestor with HEAD counts. */
async function find(
  git: Repository,
  { merge, commit, branch }: BaseHint,
): Promise<{ commit: string; isExact: boolean } | undefined> {
  const [target, merged] = await git.parents();
  // A job may have checked out another commit.
  if (target !== undefined && merged !== undefined && (await git.head()) === merge) {
    await git.fetchCommit(target);
    return { commit: target, isExact: true };
  }
  if (commit !== undefined) {
    await git.fetchCommit(commit);
    return { commit, isExact: false };
  }
  if (branch === undefined) return undefined;
  return { commit: await git.fetchBranch(branch), isExact: false };
}

const shownLabel = ({ label }: BaseHint, commit: string): string =>
  label === undefined ? commit.slice(0, 8) : `${label} (${commit.slice(0, 8)})`;

/** The common ancestor of a revision and HEAD, which a change is compared with; the revision if there is none. */
export async function mergeBaseOf(revision: string, folder: string): Promise<string> {
  try {
    return (await new Repository(folder, process.env).mergeBase(revision)) ?? revision;
  } catch (error) {
    if (error instanceof GitProblem) return revision;
    throw error;
  }
}

class GitProblem extends Error {}

class Repository {
  readonly #folder: string;
  readonly #env: Env;

  public constructor(folder: string, env: Env) {
    this.#folder = folder;
    this.#env = env;
  }

  public async exists(): Promise<boolean> {
    try {
      return (await this.#run(["rev-parse", "--is-inside-work-tree"])).trim() === "true";
    } catch (error) {
      if (error instanceof GitProblem && /not a git repository/i.test(error.message)) return false;
      throw error;
    }
  }

  public async head(): Promise<string | undefined> {
    return (await this.#try(["rev-parse", "HEAD"]))?.trim();
  }

  /** Of HEAD, also those that a shallow clone does not have. */
  public async parents(): Promise<string[]> {
    const text = (await this.#try(["cat-file", "commit", "HEAD"])) ?? "";
    const [header = ""] = text.split("\n\n");
    return [...header.matchAll(/^parent ([0-9a-f]{40,64})$/gm)].map(([, sha = ""]) => sha);
  }

  public async mergeBase(commit: string): Promise<string | undefined> {
    return (await this.#try(["merge-base", commit, "HEAD"]))?.trim();
  }

  public async fetchCommit(commit: string): Promise<void> {
    if ((await this.#try(["cat-file", "-e", `${commit}^{commit}`])) !== undefined) return;
    await this.#fetch(commit, commit.slice(0, 8));
  }

  /** @returns its commit */
  public async fetchBranch(branch: string): Promise<string> {
    const known = await this.#try([
      "rev-parse",
      "--verify",
      "--quiet",
      `refs/remotes/origin/${branch}^{commit}`,
    ]);
    if (known !== undefined) return known.trim();
    await this.#fetch(`refs/heads/${branch}`, branch);
    return (await this.#run(["rev-parse", "FETCH_HEAD"])).trim();
  }

  async #fetch(ref: string, shown: string): Promise<void> {
    const isShallow = (await this.#try(["rev-parse", "--is-shallow-repository"]))?.trim();
    const depth = isShallow === "true" ? ["--depth=1"] : [];
    const args = ["fetch", "--quiet", "--no-tags", ...depth, "--", "origin", ref];
    if ((await this.#try(args)) !== undefined) return;
    try {
      // A checkout may have left no credentials.
      await this.#run(args, credentials(this.#env));
    } catch (error) {
      if (!(error instanceof GitProblem)) throw error;
      throw new GitProblem(
        `${shown} is not in this clone and cannot be fetched: ${error.message}; check out with the whole history (fetch-depth: 0)`,
      );
    }
  }

  async #try(args: readonly string[]): Promise<string | undefined> {
    try {
      return await this.#run(args);
    } catch (error) {
      if (error instanceof GitProblem) return undefined;
      throw error;
    }
  }

  async #run(args: readonly string[], more: Env = {}): Promise<string> {
    try {
      const { stdout } = await execute("git", args, {
        cwd: this.#folder,
        timeout: FETCH_TIMEOUT,
        maxBuffer: 2 ** 26,
        env: { ...this.#env, LC_ALL: "C", GIT_TERMINAL_PROMPT: "0", ...more },
      });
      return stdout;
    } catch (error) {
      const {
        code,
        killed,
        stderr = "",
      } = error as NodeJS.ErrnoException & {
        killed?: boolean;
        stderr?: string;
      };
      if (code === "ENOENT") throw new GitProblem("git is not installed");
      if (killed === true) throw new GitProblem(`git did not end in ${FETCH_TIMEOUT / 1000} s`);
      const said = withoutCredentials(stderr.trim().split("\n").slice(-2).join(" "));
      throw new GitProblem(printable(said.slice(0, 300)));
    }
  }
}

/** Git shows the address that it has fetched from, and a token in it. */
const withoutCredentials = (text: string): string => text.replace(/(:\/\/)[^/@\s]+@/g, "$1***@");

/** Variables that give git the token of the job for the server of the job, and for no other. */
function credentials(env: Env): Env {
  const { GITHUB_TOKEN, GITHUB_SERVER_URL, SYSTEM_ACCESSTOKEN, SYSTEM_COLLECTIONURI } = env;
  const header =
    GITHUB_TOKEN && GITHUB_SERVER_URL
      ? {
          url: GITHUB_SERVER_URL,
          value: `basic ${Buffer.from(`x-access-token:${GITHUB_TOKEN}`).toString("base64")}`,
        }
      : SYSTEM_ACCESSTOKEN && SYSTEM_COLLECTIONURI
        ? { url: SYSTEM_COLLECTIONURI, value: `bearer ${SYSTEM_ACCESSTOKEN}` }
        : undefined;
  if (header === undefined) return {};
  return {
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `http.${header.url.replace(/\/*$/, "/")}.extraheader`,
    GIT_CONFIG_VALUE_0: `AUTHORIZATION: ${header.value}`,
  };
}
