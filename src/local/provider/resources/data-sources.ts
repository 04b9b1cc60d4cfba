import type { Obj } from "../cty";
import { ConfigurationError } from "../diagnostic";
import type { Block, Schema } from "../schema";
import { isJsonObject, jsonObjects, jsonText, readAnswer, type JsonObject } from "../wire";
import type { Workspace } from "../workspace";
import { getJob } from "./job";
import { settingsOf } from "./job-settings";
import { isServicePrincipal, textOf, type DataSource } from "./resource";

/** A job by its id, or the first one of a name. */
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
    const settings = settingsOf(found);
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

/** Whose token the provider uses. */
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
