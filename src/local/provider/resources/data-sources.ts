import type { Obj } from "../cty";
import { ConfigurationError } from "../diagnostic";
import type { Block, Schema } from "../schema";
import {
  isJsonObject,
  jsonInteger,
  jsonObjects,
  jsonText,
  readAnswer,
  type JsonObject,
} from "../wire";
import type { Workspace } from "../workspace";
import { getStatus } from "./file-content";
import { getJob } from "./job";
import { settingsOf } from "./job-settings";
import { isServicePrincipal, textOf, type DataSource } from "./resource";

/** A job by its id, or the first job with a name. */
export const jobData = (schema: Schema): DataSource => ({
  label: "job",
  schema,

  async read(workspace, config) {
    const name = textOf(config, "name") || textOf(config, "job_name");
    const id = textOf(config, "id") || textOf(config, "job_id");
    if (name === "" && id === "") {
      throw new ConfigurationError("one of job_id, job_name, id and name is needed");
    }
    const found =
      name === "" ? await getJob(workspace, id, "2.0") : await jobByName(workspace, name);
    // The API returns run_as for a single job, but not in lists.
    const settings =
      name === "" ? settingsOf(found) : isJsonObject(found.settings) ? found.settings : {};
    const jobId = jsonText(found.job_id);
    return {
      ...config,
      ...readJob(schema.block, found),
      id: jobId,
      job_id: name === "" ? (config.job_id ?? null) : jobId,
      name: typeof settings.name === "string" ? settings.name : null,
      job_name: config.job_name ?? null,
    };
  },
});

function readJob(block: Block, found: JsonObject): Obj {
  const all = readAnswer(block, { job_settings: found });
  return { job_settings: all.job_settings ?? [] };
}

/** The ids of all jobs, optionally filtered by text in their names, keyed by name or id. */
export const jobsData = (schema: Schema): DataSource => ({
  label: "jobs",
  schema,

  async read(workspace, config) {
    const key = textOf(config, "key") || "name";
    const by = key.toLowerCase();
    if (by !== "name" && by !== "id") {
      throw new ConfigurationError(`unsupported key ${key}, must be one of name or id`, ["key"]);
    }
    const part = textOf(config, "job_name_contains").toLowerCase();
    const ids = new Map<string, string>();
    for await (const { job_id, settings } of allJobs(workspace)) {
      const name = isJsonObject(settings) ? jsonText(settings.name) : "";
      if (!name.toLowerCase().includes(part)) continue;
      const id = jsonText(job_id);
      const of = by === "name" ? name : id;
      if (ids.has(of)) throw new ConfigurationError(`duplicate job ${by} detected: ${of}`);
      ids.set(of, id);
    }
    return { ...config, id: "_", ids: Object.fromEntries(ids), key };
  },
});

async function* allJobs(workspace: Workspace): AsyncGenerator<JsonObject> {
  for (let token = ""; ;) {
    const page = await workspace.get("/api/2.2/jobs/list", {
      limit: "100",
      ...(token === "" ? {} : { page_token: token }),
    });
    yield* jsonObjects(page.jobs);
    token = jsonText(page.next_page_token);
    if (token === "") return;
  }
}

export const directoryData = (schema: Schema): DataSource => ({
  label: "directory",
  schema,

  async read(workspace, config) {
    const path = textOf(config, "path");
    const status = await getStatus(workspace, path);
    if (status.object_type !== "DIRECTORY") {
      throw new ConfigurationError(`${JSON.stringify(path)} is not a directory`, ["path"]);
    }
    return {
      ...config,
      id: jsonText(status.path),
      object_id: jsonInteger(status.object_id),
      workspace_path: `/Workspace${jsonText(status.path)}`,
    };
  },
});

async function jobByName(workspace: Workspace, name: string): Promise<JsonObject> {
  const query = { name, limit: "25", expand_tasks: "true" };
  for (let token = ""; ;) {
    const page = await workspace.get("/api/2.1/jobs/list", {
      ...query,
      ...(token === "" ? {} : { page_token: token }),
    });
    const found = jsonObjects(page.jobs).find(
      (job) => isJsonObject(job.settings) && job.settings.name === name,
    );
    if (found !== undefined) return found;
    token = jsonText(page.next_page_token);
    if (page.has_more !== true || token === "") break;
  }
  throw new ConfigurationError("no job found with specified name", ["name"]);
}

/** The user of the provider's token. */
export const currentUserData = (schema: Schema): DataSource => ({
  label: "current user",
  schema,

  async read(workspace, config) {
    const me = await workspace.get("/api/2.0/preview/scim/v2/Me");
    const name = jsonText(me.userName);
    return {
      ...config,
      id: jsonText(me.id),
      user_name: name,
      home: `/Users/${name}`,
      repos: `/Repos/${name}`,
      acl_principal_id: `${isServicePrincipal(name) ? "servicePrincipals" : "users"}/${name}`,
      external_id: jsonText(me.externalId),
      alphanumeric: (name.split("@")[0] ?? "").replace(/\W/g, "_").toLowerCase(),
      workspace_url: workspace.host,
    };
  },
});
