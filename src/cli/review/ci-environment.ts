import { readFileSync } from "node:fs";

export const HOST_NAMES = ["github", "gitlab", "azure"] as const;
export type HostName = (typeof HOST_NAMES)[number];

/** What a CI system says about the change that it builds. */
export interface CiRun {
  readonly host: HostName;
  /** Number of the pull request; undefined outside of one, as in a merge queue. */
  readonly pullRequest?: number;
  /** Where the change begins, if that is known. */
  readonly base?: BaseHint;
}

/** Where a change begins. The first of these that can be found is taken. */
export interface BaseHint {
  /** The commit by which the host has merged the change into its target: its first parent is the target, exactly. */
  readonly merge?: string;
  /** The commit at which the change begins. */
  readonly commit?: string;
  /** The change begins at the first parent of HEAD: a push, of which the host does not name the commit before. */
  readonly isPush?: boolean;
  /** A commit of the branch that the change goes to, which may be newer. */
  readonly target?: string;
  /** A branch of `origin`. */
  readonly branch?: string;
  /** For people: the branch that the change goes to. */
  readonly label?: string;
}

type Env = Readonly<NodeJS.ProcessEnv>;

/** Variables with tokens that write comments. */
const TOKENS = ["GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "SYSTEM_ACCESSTOKEN"];

/**
 * Takes the tokens out of an environment, so that no code inherits them that a review runs: the synthesis of a base, Python
 * that defines jobs.
 *
 * @returns what the environment was
 */
export function takeTokens(env: NodeJS.ProcessEnv): Env {
  const whole = { ...env };
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
  for (const name of TOKENS) delete env[name];
  return whole;
}

/** The CI system that this process runs in; undefined outside of those that are known. */
export function ciRun(env: Env): CiRun | undefined {
  if (env.GITHUB_ACTIONS === "true") return githubRun(env);
  if (env.GITLAB_CI !== undefined) return gitlabRun(env);
  if (env.TF_BUILD !== undefined) return azureRun(env);
  return undefined;
}

/** The fields of the events of GitHub that are read here. */
interface GithubEvent {
  readonly pull_request?: {
    readonly number?: number;
    readonly base?: { readonly sha?: string; readonly ref?: string };
  };
  readonly issue?: { readonly number?: number; readonly pull_request?: object };
  readonly merge_group?: { readonly base_sha?: string; readonly base_ref?: string };
  readonly before?: string;
  readonly repository?: { readonly default_branch?: string };
}

function githubRun(env: Env): CiRun {
  const { pull_request, issue, merge_group, before, repository } = githubEvent(env);
  const host = "github";
  if (pull_request !== undefined) {
    const { sha, ref } = pull_request.base ?? {};
    const isMerge = /^refs\/pull\/\d+\/merge$/.test(env.GITHUB_REF ?? "");
    const merge = isMerge ? merged(env.GITHUB_SHA) : {};
    return {
      host,
      ...numbered(pull_request.number),
      base: { ...merge, ...(isCommit(sha) && { target: sha }), ...labelled(ref) },
    };
  }
  if (merge_group !== undefined) {
    const label = merge_group.base_ref?.replace(/^refs\/heads\//, "");
    return { host, base: { ...commit(merge_group.base_sha), ...labelled(label) } };
  }
  const number = issue?.pull_request === undefined ? undefined : issue.number;
  const branch = repository?.default_branch;
  const base = { ...commit(before), ...(branch !== undefined && { branch }) };
  return {
    host,
    ...numbered(number),
    ...(before !== undefined && { base }),
  };
}

function githubEvent({ GITHUB_EVENT_PATH: file }: Env): GithubEvent {
  if (file === undefined) return {};
  try {
    return Object(JSON.parse(readFileSync(file, "utf8"))) as GithubEvent;
  } catch {
    // An event that cannot be read names no pull request.
    return {};
  }
}

function gitlabRun(env: Env): CiRun {
  const number = Number(env.CI_MERGE_REQUEST_IID);
  if (!(number > 0)) {
    const base = commit(env.CI_COMMIT_BEFORE_SHA);
    return { host: "gitlab", ...("commit" in base && { base }) };
  }
  // Pipelines for merged results and merge trains build a merge of GitLab's own.
  const isMerge = (env.CI_MERGE_REQUEST_EVENT_TYPE ?? "").startsWith("merge");
  const sha = isMerge ? env.CI_MERGE_REQUEST_TARGET_BRANCH_SHA : env.CI_MERGE_REQUEST_DIFF_BASE_SHA;
  const label = env.CI_MERGE_REQUEST_TARGET_BRANCH_NAME;
  return {
    host: "gitlab",
    pullRequest: number,
    base: {
      ...(isMerge && merged(env.CI_COMMIT_SHA)),
      ...commit(sha),
      ...(label !== undefined && { branch: label }),
      ...labelled(label),
    },
  };
}

function azureRun(env: Env): CiRun {
  const number = Number(
    env.SYSTEM_PULLREQUEST_PULLREQUESTID ?? env.SYSTEM_PULLREQUEST_PULLREQUESTNUMBER,
  );
  if (!(number > 0)) {
    const isPush = env.BUILD_REASON === "IndividualCI" || env.BUILD_REASON === "BatchedCI";
    return { host: "azure", ...(isPush && { base: { isPush } }) };
  }
  const branch = env.SYSTEM_PULLREQUEST_TARGETBRANCH?.replace(/^refs\/heads\//, "");
  return {
    host: "azure",
    pullRequest: number,
    base: {
      ...merged(env.BUILD_SOURCEVERSION),
      ...(branch !== undefined && { branch }),
      ...labelled(branch),
    },
  };
}

/** Hosts write zeros for a commit that does not exist. */
const isCommit = (sha: string | undefined): sha is string =>
  sha !== undefined && /^(?!0+$)[0-9a-f]{40,64}$/.test(sha);

const commit = (sha: string | undefined): Pick<BaseHint, "commit"> =>
  isCommit(sha) ? { commit: sha } : {};

const merged = (sha: string | undefined): Pick<BaseHint, "merge"> =>
  sha === undefined ? {} : { merge: sha };

const labelled = (label: string | undefined): Pick<BaseHint, "label"> =>
  label === undefined ? {} : { label };

const numbered = (number: number | undefined): Pick<CiRun, "pullRequest"> =>
  number !== undefined && Number.isSafeInteger(number) && number > 0 ? { pullRequest: number } : {};
