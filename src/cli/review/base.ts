import { JobstrataError } from "@jobstrata/core/errors";
import { Git, GitFailed } from "../git/git";
import type { BaseHint } from "./ci-environment";

/** The base of a change, or why there is none. */
export type Base =
  | { readonly revision: string; readonly label: string; readonly note?: string }
  | { readonly problem: string };

type Env = Readonly<NodeJS.ProcessEnv>;

/** Milliseconds. */
const FETCH_TIMEOUT = 120_000;

/**
 * Finds the base commit of a change, and fetches it if a shallow clone lacks it. A full clone stays full.
 *
 * @param folder a folder in the work tree
 * @param env the CI job's environment variables
 */
export async function baseOf(
  hint: BaseHint,
  folder: string,
  env: Env,
  signal?: AbortSignal,
): Promise<Base> {
  // A slow fetch must not block the review.
  const timeout = AbortSignal.timeout(FETCH_TIMEOUT);
  const either = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const git = new Repository(folder, env, either);
  try {
    if (!(await git.exists())) return { problem: "this is not a git work tree" };
    const found = await find(git, hint);
    if (found === undefined)
      return { problem: "the CI system does not report a commit to compare with" };
    const { commit, isExact } = found;
    const label = shownLabel(hint, commit);
    if (isExact) return { revision: commit, label };
    const common = await git.mergeBase(commit);
    if (common !== undefined) return { revision: common, label: shownLabel(hint, common) };
    const note = `HEAD and ${label} have no common ancestor in this shallow clone, so commits that HEAD lacks look reverted; check out the full history (fetch-depth: 0)`;
    return { revision: commit, label, note };
  } catch (error) {
    if (signal?.aborted === true) throw error;
    if (timeout.aborted) return { problem: `git did not finish within ${FETCH_TIMEOUT / 1000} s` };
    if (!(error instanceof GitFailed || error instanceof JobstrataError)) throw error;
    return { problem: withoutCredentials(error.message) };
  }
}

/** The exact base, or a commit whose merge base with HEAD is the base. */
async function find(
  git: Repository,
  { merge, commit, isPush = false, target, branch }: BaseHint,
): Promise<{ commit: string; isExact: boolean } | undefined> {
  const [first, second] = await git.parents();
  // The job may have checked out a different commit.
  const isMerge = second !== undefined && (await git.head()) === merge;
  const begin = isMerge || isPush ? first : commit;
  if (begin !== undefined) {
    await git.fetchCommit(begin);
    return { commit: begin, isExact: true };
  }
  if (target !== undefined) {
    await git.fetchCommit(target);
    return { commit: target, isExact: false };
  }
  if (branch === undefined) return undefined;
  return { commit: await git.fetchBranch(branch), isExact: false };
}

const shownLabel = ({ label }: BaseHint, commit: string): string =>
  label === undefined ? commit.slice(0, 8) : `${label} (${commit.slice(0, 8)})`;

/** The merge base of a revision and HEAD; the revision itself if there is none. */
export async function mergeBaseOf(revision: string, folder: string): Promise<string> {
  try {
    return (await new Repository(folder).mergeBase(revision)) ?? revision;
  } catch (error) {
    // Reading the revision will report the error.
    if (error instanceof JobstrataError) return revision;
    throw error;
  }
}

class Repository {
  readonly #git: Git;
  readonly #env: Env;

  /** @param env the CI job's environment variables, including its token */
  public constructor(folder: string, env: Env = {}, signal?: AbortSignal) {
    this.#env = env;
    this.#git = new Git(folder, signal, "every job counts as changed");
  }

  public async exists(): Promise<boolean> {
    try {
      return (await this.#git.run(["rev-parse", "--is-inside-work-tree"])).trim() === "true";
    } catch (error) {
      if (error instanceof GitFailed && /not a git repository/i.test(error.message)) return false;
      throw error;
    }
  }

  public async head(): Promise<string | undefined> {
    return (await this.#try(["rev-parse", "HEAD"]))?.trim();
  }

  /** Parents of HEAD, including those that a shallow clone lacks. */
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

  /** @returns the branch's commit */
  public async fetchBranch(branch: string): Promise<string> {
    const known = `refs/remotes/origin/${branch}^{commit}`;
    const commit = await this.#try(["rev-parse", "--verify", "--quiet", known]);
    if (commit !== undefined) return commit.trim();
    await this.#fetch(`refs/heads/${branch}`, branch);
    return (await this.#git.run(["rev-parse", "FETCH_HEAD"])).trim();
  }

  async #fetch(ref: string, shown: string): Promise<void> {
    const isShallow = (await this.#try(["rev-parse", "--is-shallow-repository"]))?.trim();
    const depth = isShallow === "true" ? ["--depth=1"] : [];
    const args = ["fetch", "--quiet", "--no-tags", ...depth, "--", "origin", ref];
    if ((await this.#try(args)) !== undefined) return;
    try {
      // The checkout may not have kept its credentials.
      await this.#git.run(args, "", credentials(this.#env));
    } catch (error) {
      if (!(error instanceof GitFailed)) throw error;
      throw new JobstrataError(
        "source",
        `${shown} is not in this clone and cannot be fetched: ${error.message}; check out the full history (fetch-depth: 0)`,
      );
    }
  }

  async #try(args: readonly string[]): Promise<string | undefined> {
    try {
      return await this.#git.run(args);
    } catch (error) {
      if (error instanceof GitFailed) return undefined;
      throw error;
    }
  }
}

/** Git's errors contain the remote's URL, which may include a token. */
const withoutCredentials = (text: string): string => text.replace(/(:\/\/)[^/@\s]+@/g, "$1***@");

/** Variables that let git send the job's token to the job's own server only. */
function credentials(env: Env): Record<string, string> {
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
  // Append to the job's own settings, such as safe.directory.
  const at = Number(env.GIT_CONFIG_COUNT ?? 0) || 0;
  return {
    GIT_CONFIG_COUNT: String(at + 1),
    [`GIT_CONFIG_KEY_${at}`]: `http.${header.url.replace(/\/*$/, "/")}.extraheader`,
    [`GIT_CONFIG_VALUE_${at}`]: `AUTHORIZATION: ${header.value}`,
  };
}
