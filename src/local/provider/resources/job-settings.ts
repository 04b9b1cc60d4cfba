/** Request and response conversions of jobs beyond names and shapes. */
import type { Obj } from "../cty";
import { ConfigurationError } from "../diagnostic";
import type { Block } from "../schema";
import { isJsonObject, jsonText, toWire, type Json, type JsonObject } from "../wire";
import { prepareClusters } from "./new-cluster";
import { isServicePrincipal } from "./resource";

/** Arguments that exist in Terraform only. */
const NEVER_SENT = ["id", "url", "always_running", "control_run_state"];
/** Arguments of a single-task job (API 2.0). Jobs with tasks ignore them. */
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
/** The request settings for a planned job, for an API version. */
export function settingsFor(block: Block, planned: Obj, version: string): JsonObject {
  const body = toWire(block, planned);
  const unsent = version === "2.2" ? [...NEVER_SENT, ...SINGLE_TASK_ONLY] : NEVER_SENT;
  for (const name of unsent) Reflect.deleteProperty(body, name);
  prepareClusters(body);
  // API 2.2 queues runs by default; the genuine provider disables queueing unless it is configured.
  if (version === "2.2") body.queue ??= { enabled: false };
  return body;
}

/** Sorts tasks as the genuine provider does when it sends and reads them, whatever the configuration's order. */
export function sortTasks(body: JsonObject): void {
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

/**
 * Sets `git_provider` from the URL of the repository.
 * @throws {ConfigurationError} if the URL does not identify a provider, or no branch, tag or commit is set
 */
export function fillGitProvider(body: JsonObject): void {
  const git = body.git_source;
  if (!isJsonObject(git) || git.git_provider !== undefined) return;
  const host = /^https:\/\/(?:[^@/]*@)?([^/:]+)/.exec(jsonText(git.git_url))?.[1] ?? "";
  const provider = host.endsWith(".visualstudio.com")
    ? "azureDevOpsServices"
    : GIT_PROVIDERS[host.toLowerCase()];
  if (provider === undefined) {
    throw new ConfigurationError(
      `git_source needs a provider: it can't be derived from the URL ${JSON.stringify(git.git_url)}`,
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

/** The sorted settings of a job response, with `run_as`, which the API returns outside the settings. */
export function settingsOf(answer: JsonObject): JsonObject {
  const settings = isJsonObject(answer.settings) ? answer.settings : {};
  sortTasks(settings);
  const runAs = jsonText(answer.run_as_user_name);
  if (runAs !== "") settings.run_as = principal(runAs);
  return settings;
}

/** The `run_as` value for a principal's name. */
function principal(name: string): JsonObject {
  return isServicePrincipal(name) ? { service_principal_name: name } : { user_name: name };
}

function arrayOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
