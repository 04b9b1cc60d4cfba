import { readFileSync } from "node:fs";

const HOST_NAMES = ["github", "gitlab", "azure"] as const;
type HostName = (typeof HOST_NAMES)[number];

/** The change that a CI system builds. */
export interface CiRun {
  readonly host: HostName;
  /** Number of the pull request; undefined outside a pull request, such as in a merge queue. */
  readonly pullRequest?: number;
  /** How to find the base of the change, if known. */
  readonly base?: BaseHint;
}

/** Hints for the base of a change, in order of preference. */
export interface BaseHint {
  /** The host's merge of the change into its target branch; the first parent is the exact base. */
  readonly merge?: string;
  /** The exact base commit. */
  readonly commit?: string;
  /** The base is the first parent of HEAD: a push whose previous commit the host does not report. */
  readonly isPush?: boolean;
  /** A commit of the target branch; may be newer than the base. */
  readonly target?: string;
  /** A branch of `origin`. */
  readonly branch?: string;
  /** Target branch, for display. */
  readonly label?: string;
}

type Env = Readonly<NodeJS.ProcessEnv>;

/** Variables with tokens that can write comments. */
const TOKENS = ["GITHUB_TOKEN", "GH_TOKEN", "GITLAB_TOKEN", "SYSTEM_ACCESSTOKEN"];

/**
 * Removes tokens from an environment, so that code run by the review cannot inherit them: synthesis of a base, Python that
 * defines jobs.
 *
 * @returns a copy of the original environment
 */
export function takeTokens(env: NodeJS.ProcessEnv): Env {
  const whole = { ...env };
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete
  for (const name of TOKENS) delete env[name];
  return whole;
}

/** The current CI run; undefined outside a supported CI system. */
export function ciRun(env: Env): CiRun | undefined {
  if (env.GITHUB_ACTIONS === "true") return githubRun(env);
  if (env.GITLAB_CI !== undefined) return gitlabRun(env);
  if (env.TF_BUILD !== undefined) return azureRun(env);
  return undefined;
}

/** The required fields of GitHub's event payloads. */
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
    // Without a readable event, the pull request is unknown.
    return {};
  }
}

function gitlabRun(env: Env): CiRun {
  const number = Number(env.CI_MERGE_REQUEST_IID);
  if (!(number > 0)) {
    const base = commit(env.CI_COMMIT_BEFORE_SHA);
    return { host: "gitlab", ...("commit" in base && { base }) };
  }
  // Merged results pipelines and merge trains build GitLab's own merge commit.
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

/** Hosts report a missing commit as zeros. */
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
