import { type JobId, jobIdOf, stringifyJson } from "@jobstrata/core/model";
import { UNKNOWN, asObject, listOf, type Obj, type Value } from "../cty";
import { ConfigurationError, error, type Diagnostic } from "../diagnostic";
import type { Schema } from "../schema";
import { conflicts, isSet } from "../validate";
import {
  isJsonObject,
  jsonObjects,
  jsonText,
  mergeAnswer,
  type Json,
  type JsonObject,
} from "../wire";
import type { Workspace } from "../workspace";
import { fillGitProvider, settingsFor, settingsOf, sortTasks } from "./job-settings";
import { textOf, type Resource } from "./resource";

/** Fields that API 2.0 does not return. */
const NOT_IN_OLD_API = ["budget_policy_id", "performance_target", "usage_policy_id"];

export const job = (schema: Schema): Resource => ({
  label: "job",
  schema,

  validate(config) {
    return [
      ...CONFLICTS.flatMap((names) => conflicts(config, names)),
      ...exactlyOne(config, "run_as", ["user_name", "service_principal_name"]),
      ...exactlyOne(config, "trigger", ["file_arrival", "table_update", "periodic"]),
      ...runControl(config),
    ];
  },

  async create(workspace, planned) {
    const version = apiVersion(planned);
    const body = settingsFor(schema.block, planned, version);
    sortTasks(body);
    fillGitProvider(body);
    const answer = await workspace.post(`/api/${version}/jobs/create`, body);
    return { ...planned, id: jobId(answer.job_id) };
  },

  async read(workspace, state, isNew) {
    const id = textOf(state, "id");
    const version = apiVersion(state);
    const found = settingsOf(await getJob(workspace, id, version));
    if (version === "2.0") for (const name of NOT_IN_OLD_API) Reflect.deleteProperty(found, name);
    const merged = mergeAnswer(schema.block, state, found, isNew);
    const result: Record<string, Value> = { ...merged, id, url: `${workspace.host}/#job/${id}` };
    for (const name of ["always_running", "control_run_state"]) result[name] = state[name] ?? null;
    return result;
  },

  async update(workspace, planned) {
    const version = apiVersion(planned);
    await workspace.post(`/api/${version}/jobs/reset`, {
      job_id: idOf(planned),
      new_settings: settingsFor(schema.block, planned, version),
    });
    return planned;
  },

  async delete(workspace, state) {
    await workspace.post("/api/2.2/jobs/delete", { job_id: idOf(state) });
  },
});

/** Lists that the API splits into pages, above 100 tasks. */
const PAGED = ["tasks", "job_clusters", "parameters", "environments"];

/** Reads a job with all pages. */
export async function getJob(
  workspace: Workspace,
  id: string,
  version: "2.0" | "2.2",
): Promise<JsonObject> {
  if (!/^\d+$/.test(id)) {
    throw new ConfigurationError(`${JSON.stringify(id)} is not the id of a job`);
  }
  const path = `/api/${version}/jobs/get`;
  const whole = await workspace.get(path, { job_id: id });
  if (version === "2.0" || !isJsonObject(whole.settings)) return whole;
  const { settings } = whole;
  for (let token = jsonText(whole.next_page_token); token !== "";) {
    const page = await workspace.get(path, { job_id: id, page_token: token });
    const more = isJsonObject(page.settings) ? page.settings : {};
    for (const name of PAGED) {
      if (!Array.isArray(more[name])) continue;
      settings[name] = [...jsonObjects(settings[name]), ...jsonObjects(more[name])];
    }
    token = jsonText(page.next_page_token);
  }
  return whole;
}

/** A job without tasks is a single-task job, which the genuine provider still manages through the old API. */
function apiVersion(state: Obj): "2.2" | "2.0" {
  return listOf(state.task).length > 0 || state.format === "MULTI_TASK" ? "2.2" : "2.0";
}

/** The job id for requests. @throws {ConfigurationError} if the id is invalid */
function idOf(state: Obj): JobId {
  const text = textOf(state, "id");
  const id = jobIdOf(text);
  if (id !== undefined) return id;
  throw new ConfigurationError(`${JSON.stringify(text)} is not the id of a job`);
}

/**
 * The job id of a response.
 * @throws {Error} if it is missing or cannot be represented exactly
 */
function jobId(answer: Json | undefined): string {
  const id = typeof answer === "string" ? undefined : jobIdOf(answer);
  if (id !== undefined) return String(id);
  throw new ConfigurationError(
    `the workspace answered with no usable job_id: ${stringifyJson(answer)}`,
  );
}

/** Groups of mutually exclusive arguments. */
const CONFLICTS: readonly (readonly string[])[] = [
  ["continuous", "schedule", "trigger"],
  ...[
    "dbt_task",
    "notebook_task",
    "pipeline_task",
    "python_wheel_task",
    "run_job_task",
    "spark_jar_task",
    "spark_python_task",
    "spark_submit_task",
  ].map((name) => [name, "parameter"]),
];

function exactlyOne(config: Obj, block: string, names: readonly string[]): Diagnostic[] {
  const value = asObject(listOf(config[block])[0]);
  if (value === null || names.some((name) => value[name] === UNKNOWN)) return [];
  const set = names.filter((name) => isSet(value[name]) || listOf(value[name]).length > 0);
  if (set.length === 1) return [];
  const detail = `${block} needs exactly one of ${names.join(", ")}; it has ${set.length}.`;
  return [error("Invalid combination of arguments", detail, [block, 0])];
}

/** Rejects unsupported arguments at plan time instead of ignoring them silently. */
function runControl(config: Obj): Diagnostic[] {
  const set = ["always_running", "control_run_state"].filter((name) => config[name] === true);
  const detail = "Start and stop the job's runs yourself, or use the genuine provider.";
  return set.map((name) => error(`the stand-in provider does not support ${name}`, detail, [name]));
}
