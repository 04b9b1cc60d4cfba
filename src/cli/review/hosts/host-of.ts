import type { CiRun } from "../ci-environment";
import { Azure } from "./azure";
import type { CodeHost } from "./code-host";
import { Github } from "./github";
import { Gitlab } from "./gitlab";
import { HostHttp, type HostHttpOptions } from "./host-http";

type Env = Readonly<NodeJS.ProcessEnv>;

/** Access to the comments of the CI run's pull request, or why there is none. */
export function codeHost(
  { host, pullRequest }: CiRun,
  env: Env,
  options: HostHttpOptions = {},
): CodeHost | { readonly reason: string } {
  if (pullRequest === undefined) return { reason: "this run does not belong to a pull request" };
  return HOSTS[host](env, pullRequest, options);
}

const HOSTS: Readonly<
  Record<
    CiRun["host"],
    (env: Env, number: number, options: HostHttpOptions) => CodeHost | { readonly reason: string }
  >
> = { github, gitlab, azure };

function github(env: Env, number: number, options: HostHttpOptions): ReturnType<typeof codeHost> {
  const token = secret(env.GITHUB_TOKEN) ?? secret(env.GH_TOKEN);
  const { GITHUB_REPOSITORY: repository } = env;
  if (token === undefined) return missing("GITHUB_TOKEN");
  if (repository === undefined) return missing("GITHUB_REPOSITORY");
  const headers = {
    Accept: "application/vnd.github+json",
    Authorization: `Bearer ${token}`,
    "X-GitHub-Api-Version": "2022-11-28",
  };
  const url = address(env.GITHUB_API_URL ?? "https://api.github.com");
  return new Github(new HostHttp({ url, token, headers }, options), repository, number);
}

function gitlab(env: Env, number: number, options: HostHttpOptions): ReturnType<typeof codeHost> {
  const token = secret(env.GITLAB_TOKEN);
  if (token === undefined)
    return {
      reason:
        "GITLAB_TOKEN is not set (a project access token with the scope api; CI_JOB_TOKEN may not comment)",
    };
  const { CI_API_V4_URL, CI_MERGE_REQUEST_PROJECT_URL: page } = env;
  const project = env.CI_MERGE_REQUEST_PROJECT_ID ?? env.CI_PROJECT_ID;
  if (CI_API_V4_URL === undefined) return missing("CI_API_V4_URL");
  if (project === undefined) return missing("CI_PROJECT_ID");
  const http = new HostHttp(
    { url: address(CI_API_V4_URL), token, headers: { "PRIVATE-TOKEN": token } },
    options,
  );
  const shown = page === undefined ? undefined : `${page}/-/merge_requests/${number}`;
  return new Gitlab(http, project, number, shown);
}

function azure(env: Env, number: number, options: HostHttpOptions): ReturnType<typeof codeHost> {
  const { BUILD_REPOSITORY_PROVIDER: provider = "TfsGit", BUILD_REPOSITORY_ID: repository } = env;
  if (provider !== "TfsGit")
    return { reason: "only pull requests of Azure Repos get a comment from Azure Pipelines" };
  const token = secret(env.SYSTEM_ACCESSTOKEN);
  if (token === undefined) return missing("SYSTEM_ACCESSTOKEN");
  const collection = env.SYSTEM_COLLECTIONURI ?? env.SYSTEM_TEAMFOUNDATIONCOLLECTIONURI;
  const project = env.SYSTEM_TEAMPROJECTID ?? env.SYSTEM_TEAMPROJECT;
  if (collection === undefined) return missing("SYSTEM_COLLECTIONURI");
  if (project === undefined) return missing("SYSTEM_TEAMPROJECTID");
  if (repository === undefined) return missing("BUILD_REPOSITORY_ID");
  const headers = { Authorization: `Bearer ${token}` };
  const http = new HostHttp({ url: address(collection), token, headers }, options);
  return new Azure(http, project, repository, number);
}

const missing = (name: string): { readonly reason: string } => ({ reason: `${name} is not set` });

/** Azure Pipelines leaves `$(…)` unexpanded if the variable does not exist. */
function secret(text: string | undefined): string | undefined {
  const token = text?.trim() ?? "";
  return token === "" || token.startsWith("$(") ? undefined : token;
}

const address = (url: string): string => url.replace(/\/+$/, "");
