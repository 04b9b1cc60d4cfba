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
 * Requests in a second. The service takes 100 reads of permissions, and as many of jobs, from all of its users; this leaves
 * some to others, and 20 000 requests take less than five minutes.
 */
export const REQUESTS_PER_SECOND = 80;

export interface OpenedWorkspace {
  readonly client: JobsClient;
  close(): Promise<void>;
}

/**
 * Logs in to the workspace that the code names, or that the environment does.
 *
 * @throws {JobstrataError} `authentication` without a login, or with one for another workspace
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
        `there is no local workspace in ${quote(data)}; npx jobstrata local try makes one, --data names another`,
      );
    }
    // The local workspace brings a good deal of code with it, which nobody else has to wait for.
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
      // The token of one workspace is not for another.
      throw new JobstrataError(
        "authentication",
        `target ${quote(target)} is in the workspace ${quote(originOf(host))}, but DATABRICKS_HOST is ${quote(originOf(other))}; log in to that of the target`,
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
