/** What is sent for a job, and what is made of the answer, beyond names and shapes. */
import type { Obj } from "../cty";
import { ConfigurationError } from "../diagnostic";
import type { Block } from "../schema";
import { isJsonObject, jsonText, toWire, type Json, type JsonObject } from "../wire";
import { prepareClusters } from "./new-cluster";
import { isServicePrincipal } from "./resource";

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
/** The settings of `planned`, a job of that block, for that version of the API. */
export function settingsFor(block: Block, planned: Obj, version: string): JsonObject {
  const body = toWire(block, planned);
  const unsent = version === "2.2" ? [...NEVER_SENT, ...SINGLE_TASK_ONLY] : NEVER_SENT;
  for (const name of unsent) Reflect.deleteProperty(body, name);
  prepareClusters(body);
  // The API 2.2 queues runs unless told not to; the genuine provider tells it not to unless asked.
  if (version === "2.2") body.queue ??= { enabled: false };
  return body;
}

/** The order that the genuine provider sends and reads tasks in, whatever the configuration says. */
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
 * Says which provider hosts a repository, where that follows from its URL.
 * @throws {ConfigurationError} if the provider can't be derived from the URL, or nothing says what to check out
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

/** The settings that a job was answered with, ordered, and with whom it runs as: the API tells that beside them. */
export function settingsOf(answer: JsonObject): JsonObject {
  const settings = isJsonObject(answer.settings) ? answer.settings : {};
  sortTasks(settings);
  const runAs = jsonText(answer.run_as_user_name);
  if (runAs !== "") settings.run_as = principal(runAs);
  return settings;
}

/** Who a job runs as. */
function principal(name: string): JsonObject {
  return isServicePrincipal(name) ? { service_principal_name: name } : { user_name: name };
}

function arrayOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
