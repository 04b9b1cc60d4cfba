import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalSession } from "@jobstrata/local/session";
import { type JobId, jobIdOf, printable } from "@jobstrata/core/model";
import { JobsClient, tokenLogin, WorkspaceHttp } from "@jobstrata/run";

/** Names of a local workspace's jobs by id. */
export async function jobsOf({ host, token }: LocalSession): Promise<Map<JobId, string>> {
  const client = new JobsClient(new WorkspaceHttp(tokenLogin(host, token)));
  const jobs = new Map<JobId, string>();
  for await (const { job_id: id, settings } of client.listJobs())
    jobs.set(id, settings?.name ?? "");
  return jobs;
}

/**
 * Jobs that a deployment created but no Terraform state contains, because the response to their creation was lost. Terraform
 * would create them again.
 */
export async function unrecordedJobs(
  session: LocalSession,
  before: ReadonlyMap<JobId, string>,
): Promise<string[]> {
  const recorded = idsInStates(join(session.dataDir, "state"));
  return [...(await jobsOf(session))]
    .filter(([id]) => !before.has(id) && !recorded.has(String(id)))
    .map(([id, name]) => `job ${id} (${printable(name)})`);
}

interface State {
  readonly resources?: readonly {
    readonly type?: string;
    readonly instances?: readonly { readonly attributes?: { readonly id?: unknown } }[];
  }[];
}

/** @internal */
export function idsInStates(folder: string): Set<string> {
  const ids = new Set<string>();
  if (!existsSync(folder)) return ids;
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(".tfstate")) continue;
    let state: State;
    try {
      state = JSON.parse(readFileSync(join(folder, name), "utf8")) as State;
    } catch {
      // Terraform reports states that it cannot read.
      continue;
    }
    for (const { type, instances = [] } of state.resources ?? [])
      if (type === "databricks_job")
        for (const { attributes } of instances) {
          const id = jobIdOf(attributes?.id);
          if (id !== undefined) ids.add(String(id));
        }
  }
  return ids;
}
