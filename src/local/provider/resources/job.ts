import { UNKNOWN } from "../cty";
import type { Obj, Path, Value } from "../cty";
import { ConfigurationError, error } from "../diagnostic";
import type { Diagnostic } from "../diagnostic";
import { asObject, isZero, listOf } from "../plan";
import { schemaOf } from "../schemas";
import { isJsonObject, jsonText, mergeAnswer, toWire } from "../wire";
import type { Json, JsonObject } from "../wire";
import type { Workspace } from "../workspace";
import { prepareClusters } from "./new-cluster";
import { textOf } from "./resource";
import type { Resource } from "./resource";

const schema = schemaOf("databricks_job");

/** Arguments that only Terraform knows. */
const NEVER_SENT = ["id", "url", "always_running", "control_run_state"];
/** Arguments of a job that is its own single task (API 2.0). A job with tasks has no use for them. */
const SINGLE_TASK_ONLY = [
  "existing_cluster_id",
  "new_cluster",
  "notebook_task",
  "spark_jar_task",
  "spark_python_task",
  "spark_submit_task",
  "pipeline_task",
  "python_wheel_task",
  "dbt_task",
  "run_job_task",
  "libraries",
  "max_retries",
  "min_retry_interval_millis",
  "retry_on_timeout",
];
/** Newer than the API 2.0, which does not tell them. */
const NOT_IN_OLD_API = ["budget_policy_id", "performance_target", "usage_policy_id"];

export const job: Resource = {
  label: "job",
  schema,

  validate(config) {
    return [
      ...CONFLICTS.flatMap((names) => conflicts(config, names)),
      ...exactlyOne(config, "run_as", ["user_name", "service_principal_name"]),
      ...exactlyOne(config, "trigger", ["file_arrival", "table_update", "periodic"]),
      ...runStateConflicts(config),
    ];
  },

  async create(workspace, planned) {
    refuseRunControl(planned);
    const version = apiVersion(planned);
    const body = settings(planned, version);
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
    refuseRunControl(planned);
    const version = apiVersion(planned);
    await workspace.post(`/api/${version}/jobs/reset`, {
      job_id: Number(textOf(planned, "id")),
      new_settings: settings(planned, version),
    });
    return planned;
  },

  async delete(workspace, state) {
    await workspace.post("/api/2.2/jobs/delete", { job_id: Number(textOf(state, "id")) });
  },
};

/** The whole of a job, all its pages: beyond 100 tasks the workspace answers in parts. */
export async function getJob(
  workspace: Workspace,
  id: string,
  version: string,
): Promise<JsonObject> {
  if (!/^\d+$/.test(id))
    throw new ConfigurationError(`${JSON.stringify(id)} is not the id of a job`);
  const path = `/api/${version}/jobs/get`;
  const first = await workspace.get(path, { job_id: id });
  const whole = isJsonObject(first.settings) ? first.settings : {};
  for (let page = first; typeof page.next_page_token === "string";) {
    if (version === "2.0" || page.next_page_token === "") break;
    page = await workspace.get(path, { job_id: id, page_token: page.next_page_token });
    if (!isJsonObject(page.settings)) continue;
    for (const name of ["tasks", "job_clusters", "parameters", "environments"]) {
      const more = page.settings[name];
      if (Array.isArray(more)) whole[name] = [...arrayOf(whole[name]), ...more];
    }
  }
  return first;
}

/** The settings that a job was answered with, ordered, and with whom it runs as: the API tells that beside them. */
export function settingsOf(answer: JsonObject): JsonObject {
  const settings = isJsonObject(answer.settings) ? answer.settings : {};
  sortTasks(settings);
  const runAs = jsonText(answer.run_as_user_name);
  if (runAs !== "") settings.run_as = principal(runAs);
  return settings;
}

/** A job without tasks is one of the old kind, which the genuine provider still serves through the old API. */
function apiVersion(state: Obj): "2.2" | "2.0" {
  return listOf(state.task).length > 0 || state.format === "MULTI_TASK" ? "2.2" : "2.0";
}

function settings(planned: Obj, version: string): JsonObject {
  const body = toWire(schema.block, planned);
  const unsent = version === "2.2" ? [...NEVER_SENT, ...SINGLE_TASK_ONLY] : NEVER_SENT;
  for (const name of unsent) Reflect.deleteProperty(body, name);
  prepareClusters(body);
  // The API 2.2 queues runs unless told not to; the genuine provider tells it not to unless asked.
  if (version === "2.2") body.queue ??= { enabled: false };
  return body;
}

/** The order that the genuine provider sends and reads tasks in, whatever the configuration says. */
function sortTasks(body: JsonObject): void {
  const sorted = sortedBy(arrayOf(body.tasks), "task_key");
  if (sorted.length > 0) body.tasks = sorted;
  for (const task of sorted) {
    if (!isJsonObject(task)) continue;
    if (Array.isArray(task.depends_on)) task.depends_on = sortedBy(task.depends_on, "task_key");
    sortWebhooks(task);
  }
  sortWebhooks(body);
}

function sortWebhooks(holder: JsonObject): void {
  const webhooks = holder.webhook_notifications;
  if (!isJsonObject(webhooks)) return;
  for (const [event, list] of Object.entries(webhooks)) {
    if (Array.isArray(list)) webhooks[event] = sortedBy(list, "id");
  }
}

function sortedBy(list: readonly Json[], key: string): Json[] {
  const of = (item: Json): string => (isJsonObject(item) ? jsonText(item[key]) : "");
  return [...list].sort((a, b) => (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0));
}

const GIT_PROVIDERS: Readonly<Record<string, string>> = {
  "github.com": "gitHub",
  "dev.azure.com": "azureDevOpsServices",
  "gitlab.com": "gitLab",
  "bitbucket.org": "bitbucketCloud",
};

/** @throws ConfigurationError where the provider can't be told from the URL, or nothing says what to check out */
function fillGitProvider(body: JsonObject): void {
  const git = body.git_source;
  if (!isJsonObject(git) || git.git_provider !== undefined) return;
  const host = /^https:\/\/(?:[^@/]*@)?([^/:]+)/.exec(jsonText(git.git_url))?.[1] ?? "";
  const provider = host.endsWith(".visualstudio.com")
    ? "azureDevOpsServices"
    : GIT_PROVIDERS[host.toLowerCase()];
  if (provider === undefined) {
    throw new ConfigurationError(
      `git_source needs a provider: it can't be told from the URL ${JSON.stringify(git.git_url)}`,
      ["git_source", 0, "provider"],
    );
  }
  if (["git_branch", "git_tag", "git_commit"].every((name) => git[name] === undefined)) {
    throw new ConfigurationError("git_source needs one of branch, tag and commit", [
      "git_source",
      0,
    ]);
  }
  git.git_provider = provider;
}

/**
 * The number that the workspace gave a job.
 * @throws Error where it is missing or can't be held exactly
 */
function jobId(answer: Json | undefined): string {
  if (typeof answer === "number" && Number.isSafeInteger(answer)) return String(answer);
  throw new ConfigurationError(
    `the workspace answered with no usable job_id: ${JSON.stringify(answer)}`,
  );
}

/** Who a job runs as; a UUID is the name of a service principal. */
function principal(name: string): JsonObject {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(name)
    ? { service_principal_name: name }
    : { user_name: name };
}

function arrayOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

/** Names of which a job may have one at most. */
const CONFLICTS: readonly (readonly string[])[] = [
  ["continuous", "schedule", "trigger"],
  ["always_running", "control_run_state"],
  ["always_running", "continuous"],
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

function isSet(value: Value | undefined): boolean {
  return value !== undefined && value !== UNKNOWN && !isZero(value);
}

function conflicts(config: Obj, names: readonly string[], path: Path = []): Diagnostic[] {
  const set = names.filter((name) => isSet(config[name]));
  if (set.length < 2) return [];
  const list = set.map((name) => `"${name}"`).join(", ");
  return [error("Conflicting configuration arguments", `Only one of ${list} can be set.`, path)];
}

function exactlyOne(config: Obj, block: string, names: readonly string[]): Diagnostic[] {
  const value = asObject(listOf(config[block])[0]);
  if (value === null || names.some((name) => value[name] === UNKNOWN)) return [];
  const set = names.filter((name) => isSet(value[name]) || listOf(value[name]).length > 0);
  if (set.length === 1) return [];
  const detail = `${block} needs exactly one of ${names.join(", ")}; it has ${set.length}.`;
  return [error("Invalid combination of arguments", detail, [block, 0])];
}

function runStateConflicts(config: Obj): Diagnostic[] {
  const concurrent = config.max_concurrent_runs;
  const many = typeof concurrent === "number" && concurrent > 1;
  const problems: Diagnostic[] = [];
  for (const name of ["always_running", "control_run_state"]) {
    if (config[name] !== true) continue;
    if (many) {
      problems.push(
        error(`\`${name}\` must be specified only with \`max_concurrent_runs = 1\``, "", [name]),
      );
    }
    if (name === "control_run_state" && listOf(config.continuous).length === 0) {
      problems.push(error(`\`${name}\` must be specified only with \`continuous\``, "", [name]));
    }
  }
  return problems;
}

/** @throws ConfigurationError for what the stand-in does not do: better than to leave it out in silence */
function refuseRunControl(planned: Obj): void {
  for (const name of ["always_running", "control_run_state"]) {
    if (planned[name] === true) {
      throw new ConfigurationError(`the stand-in provider does not support ${name} = true`, [name]);
    }
  }
}
