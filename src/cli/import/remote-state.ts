import { JobstrataError } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";
import { resolveAuth, WorkspaceError, WorkspaceHttp } from "@jobstrata/run";
import { type BundleState, STATE_FILES, stateOf } from "./bundle-state";

/** The location of a target's state. */
interface RemoteTarget {
  readonly target: string;
  readonly host?: string;
  readonly profile?: string;
  /** `workspace.state_path`; it can contain a reference to the deploying user. */
  readonly statePath: string;
}

/**
 * Reads the states that a bundle keeps in a target's workspace. Changes nothing there.
 *
 * @throws {JobstrataError} `authentication` without a login, `source` if the workspace does not answer or the login is for
 *   another one
 */
export async function remoteStates(
  { target, host, profile, statePath }: RemoteTarget,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Promise<BundleState[]> {
  const { DATABRICKS_HOST: other } = env;
  if (host !== undefined && other !== undefined && originOf(host) !== originOf(other)) {
    // A token must only be sent to its own workspace.
    throw new JobstrataError(
      "authentication",
      `target ${quote(target)} is in the workspace ${quote(originOf(host))}, but DATABRICKS_HOST is ${quote(originOf(other))}; import the targets of one workspace at a time with --target`,
    );
  }
  const http = new WorkspaceHttp(
    resolveAuth({
      env,
      ...(host !== undefined && { host }),
      ...(profile !== undefined && { profile }),
    }),
  );
  try {
    return await statesIn(http, await withUser(statePath, http));
  } catch (error) {
    if (!(error instanceof WorkspaceError)) throw error;
    throw new JobstrataError(
      "source",
      `the state of target ${quote(target)} cannot be read from the workspace: ${error.message}`,
    );
  }
}

/** The states in a workspace folder. @throws {WorkspaceError} if the workspace does not answer */
export async function statesIn(http: WorkspaceHttp, folder: string): Promise<BundleState[]> {
  const states: BundleState[] = [];
  for (const name of Object.values(STATE_FILES)) {
    const path = `${folder.replace(/\/+$/, "")}/${name}`;
    const json = await exported(http, path);
    if (json !== undefined) states.push(stateOf(json, path));
  }
  return states;
}

/** Resolves the current user's names in the path. */
async function withUser(path: string, http: WorkspaceHttp): Promise<string> {
  if (!path.includes("${workspace.current_user.")) return path;
  return (await currentUser(http)).resolve(path);
}

/** The identity of a login. */
export interface CurrentUser {
  readonly userName: string;
  /** Resolves the user's names in a text, like the Databricks CLI. */
  readonly resolve: (text: string) => string;
}

/** Asks the workspace who is logged in. */
export async function currentUser(http: WorkspaceHttp): Promise<CurrentUser> {
  const { userName = "", displayName = "" } = await http.request<{
    userName?: string;
    displayName?: string;
  }>("GET", "2.0/preview/scim/v2/Me");
  // A service principal's name is a UUID, which nobody recognizes.
  const isServicePrincipal = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(userName);
  const name = isServicePrincipal && displayName !== "" ? displayName : userName;
  const shortName = name
    .replace(/@.*$/, "")
    .toLowerCase()
    .replace(/[^\p{L}\p{Nd}]+/gu, "_")
    .replace(/^_|_$/g, "");
  const resolve = (text: string): string =>
    text
      .replaceAll("${workspace.current_user.userName}", userName)
      .replaceAll("${workspace.current_user.short_name}", shortName);
  return { userName, resolve };
}

/** The content of a workspace file; undefined if it does not exist. */
async function exported(http: WorkspaceHttp, path: string): Promise<object | undefined> {
  try {
    const query = new URLSearchParams({ path, format: "AUTO" });
    const { content = "" } = await http.request<{ content?: string }>(
      "GET",
      `2.0/workspace/export?${query.toString()}`,
    );
    return JSON.parse(Buffer.from(content, "base64").toString("utf8")) as object;
  } catch (error) {
    if (error instanceof WorkspaceError && error.status === 404) return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    throw new JobstrataError("source", `the state ${quote(path)} of the workspace is not JSON`);
  }
}

/** Normalizes the URL of a workspace. */
export function originOf(host: string): string {
  const url = /^https?:\/\//i.test(host) ? host : `https://${host}`;
  return URL.canParse(url) ? new URL(url).origin : url;
}
