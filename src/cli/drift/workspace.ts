import { existsSync } from "node:fs";
import { JobstrataError } from "@jobstrata/core/errors";
import { DEFAULT_DATA_DIR, quote } from "@jobstrata/core/model";
import { JobsClient, type Login, resolveAuth, tokenLogin, WorkspaceHttp } from "@jobstrata/run";
import { originOf } from "../import/remote-state";
import type { Io } from "../io";
import { withLocalPackage } from "../local/package";
import { reportRetries } from "../workspace/retries";
import type { Code } from "./code";

/**
 * Maximum requests per second. The service allows 100 reads each of jobs and of permissions for all users together. This leaves
 * some to other users, and 20,000 requests still take less than five minutes.
 */
export const REQUESTS_PER_SECOND = 80;

interface OpenedWorkspace {
  readonly client: JobsClient;
  close(): Promise<void>;
}

/**
 * Logs in to the workspace named in the code, else in the environment.
 *
 * @throws {JobstrataError} `authentication` without credentials, or with those of another workspace; `source` if the local
 *   workspace does not exist
 */
export async function openWorkspace(
  { workspace: { host, profile }, target }: Code,
  { local, data = DEFAULT_DATA_DIR }: { readonly local?: boolean; readonly data?: string },
  io: Io,
): Promise<OpenedWorkspace> {
  let login: Login;
  let close = (): Promise<void> => Promise.resolve();
  if (local === true) {
    if (!existsSync(data)) {
      throw new JobstrataError(
        "source",
        `there is no local workspace in ${quote(data)}; npx jobstrata local try creates one, --data selects another`,
      );
    }
    // Lazy: the local workspace loads a lot of code.
    const { openLocal } = withLocalPackage(
      // eslint-disable-next-line @typescript-eslint/no-require-imports
      () => require("../workspace/local-target") as typeof import("../workspace/local-target"),
    );
    const opened = await openLocal({ data, executor: "simulated" }, io);
    login = tokenLogin(opened.host, opened.token);
    close = () => opened.stop();
  } else {
    const { DATABRICKS_HOST: other } = process.env;
    if (host !== undefined && other !== undefined && originOf(host) !== originOf(other)) {
      // Never send one workspace's token to another.
      throw new JobstrataError(
        "authentication",
        `target ${quote(target)} is in the workspace ${quote(originOf(host))}, but DATABRICKS_HOST is ${quote(originOf(other))}; log in to the target's workspace`,
      );
    }
    login = resolveAuth({
      ...(host !== undefined && { host }),
      ...(profile !== undefined && { profile }),
    });
  }
  const http = new WorkspaceHttp(login, { requestsPerSecond: REQUESTS_PER_SECOND });
  reportRetries(http, io);
  return { client: new JobsClient(http), close };
}
