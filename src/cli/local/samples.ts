import { JobstrataError } from "@jobstrata/core/errors";
import { useWorkspace } from "@jobstrata/local/commands";
import { enginePython } from "./executor";
import { makeSampleData } from "@jobstrata/local/query";
import { printable } from "@jobstrata/core/model";
import { tokenLogin, WorkspaceHttp, JobsClient } from "@jobstrata/run";
import type { Io } from "../io";
import { SERVING } from "./server-options";

/** Creates the sample tables for the jobs of a workspace, and lists them. */
export async function printSampleData(options: { readonly data?: string }, io: Io): Promise<void> {
  const workspace = await useWorkspace({ ...options, ...SERVING });
  try {
    await sampleData(workspace, await enginePython(options.data, io), io);
  } finally {
    await workspace.stop();
  }
}

/**
 * Creates the sample tables in every schema that a deployed job names in its parameters `catalog` and `gold_schema`.
 *
 * @param python of the engine
 * @throws {JobstrataError} `local-workspace` if no deployed job names one
 */
export async function sampleData(
  workspace: { readonly host: string; readonly token: string; readonly dataDir: string },
  python: string,
  io: Io,
): Promise<void> {
  const { host, token, dataDir } = workspace;
  const schemas = await deployedSchemas(new JobsClient(new WorkspaceHttp(tokenLogin(host, token))));
  if (schemas.length === 0) {
    throw new JobstrataError(
      "local-workspace",
      "no deployed job has the parameters catalog and gold_schema, so there is no schema for sample data; deploy first, for example: npx jobstrata local try 'alerting-local-*'",
    );
  }
  for (const { table, rows, kept } of await makeSampleData(python, dataDir, schemas)) {
    io.out(`  ${printable(table).padEnd(40)} ${kept ?? `${rows ?? 0} rows`}`);
  }
}

async function deployedSchemas(client: JobsClient): Promise<{ catalog: string; schema: string }[]> {
  const found = new Map<string, { catalog: string; schema: string }>();
  for await (const { settings } of client.listJobs()) {
    for (const { notebook_task } of settings?.tasks ?? []) {
      const { catalog, gold_schema: schema } = notebook_task?.base_parameters ?? {};
      if (catalog === undefined || schema === undefined) continue;
      found.set(JSON.stringify([catalog, schema]), { catalog, schema });
    }
  }
  return [...found.values()];
}
