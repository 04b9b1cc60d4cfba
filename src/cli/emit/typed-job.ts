import type { JobLevel, JobRef, JobSpec, TaskSpec } from "@jobstrata/core/model";
import { TASK_KEY_PATTERN } from "@jobstrata/core/model";
import { isSettings, type Setting, type Settings, textAt } from "@jobstrata/core/model";
import { cronIsPlain, isTimeZone } from "./cron";

/** Plain data, in which a call stands for what a method of the library makes. */
export type Value =
  string | number | boolean | readonly Value[] | Invocation | { readonly [name: string]: Value };

export interface Invocation {
  readonly $call: string;
  readonly args: readonly Value[];
}

/** What one of the three classes takes to make a job. */
export interface TypedJob {
  readonly level: JobLevel;
  readonly props: Readonly<Record<string, Value>>;
  readonly notebook?: Value;
  readonly taskKey?: string;
  /** In the order in which they have to be added. */
  readonly tasks: readonly TypedTask[];
}

export interface TypedTask {
  readonly key: string;
  readonly method: "addRunJobTask" | "addConditionTask" | "addForEachTask";
  readonly target?: JobRef;
  readonly props: Readonly<Record<string, Value>>;
  readonly dependsOn: readonly { readonly key: string; readonly outcome?: string }[];
}

/** Why a job has to be a generated `Job`. */
export class NotTyped extends Error {}

/** What the plan of a job needs from other jobs. */
export interface TypedContext {
  readonly level: JobLevel;
  /** A notebook of this machine, as the project refers to it; undefined for another. */
  readonly notebookFile: (task: TaskSpec) => string | undefined;
  /** Names of the parameters of a job that is imported, and its level; undefined where it is a generated `Job`. */
  readonly typed: (
    ref: JobRef,
  ) => { readonly parameters: ReadonlySet<string>; readonly level: JobLevel } | undefined;
}

/**
 * Plans a job as one of the three classes. Every setting is used, or the job fits none, so that nothing is dropped.
 *
 * @throws NotTyped with what stands in the way
 */
export function planTyped(job: JobSpec, settings: Settings, context: TypedContext): TypedJob {
  const fields = new Fields(settings, "");
  const { level } = context;
  const tasks = fields.list("tasks");
  const plan: Record<string, Value> = {};
  const set = (name: string, value: Value | undefined): void => {
    if (value !== undefined) plan[name] = value;
  };
  set("name", fields.text("name") ?? "Untitled");
  set("description", fields.text("description"));
  set("tags", fields.map("tags"));
  set("jobParameters", parametersOf(fields.list("parameters")));
  planTrigger(fields, set);
  set("timeoutSeconds", fields.number("timeout_seconds"));
  set("maxConcurrentRuns", fields.number("max_concurrent_runs"));
  const queue = fields.block("queue");
  set("queue", queue?.flag("enabled"));
  queue?.done();
  set("runAs", runAsOf(fields.block("run_as")));
  set("permissions", permissionsOf(fields.list("access_control_list")));
  planNotifications(fields, set);
  set("performanceTarget", fields.oneOf("performance_target", "STANDARD", "PERFORMANCE_OPTIMIZED"));
  set("usagePolicyId", fields.text("usage_policy_id"));
  set("budgetPolicyId", fields.text("budget_policy_id"));
  set("editMode", fields.oneOf("edit_mode", "UI_LOCKED"));
  const provider = fields.block("provider_config");
  if (provider !== undefined)
    set("providerConfig", provider.required("workspace_id", "workspaceId"));
  provider?.done();
  const typed =
    level === "atomic"
      ? planAtomic(job, fields, tasks, plan, context)
      : { level, props: plan, tasks: planTasks(job, tasks, context) };
  fields.done();
  checkLimits(plan);
  return typed;
}

/** Reads the fields of settings one by one, and knows which are left. */
class Fields {
  readonly #left: Map<string, Setting>;

  readonly #path: string;

  public constructor(settings: Settings, path: string) {
    this.#path = path;

    this.#left = new Map(Object.entries(settings));
  }

  public has(name: string): boolean {
    return this.#left.has(name);
  }

  public take(name: string): Setting | undefined {
    const value = this.#left.get(name);
    this.#left.delete(name);
    return value;
  }

  public text(name: string): string | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === "string") return value;
    return this.fail(name);
  }

  /** Text that says something. */
  public filled(name: string): string | undefined {
    const value = this.text(name);
    return value?.trim() === "" ? this.fail(name) : value;
  }

  public number(name: string): number | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    return typeof value === "number" && Number.isInteger(value) ? value : this.fail(name);
  }

  public flag(name: string): boolean | undefined {
    const value = this.take(name);
    if (value === undefined || typeof value === "boolean") return value;
    return this.fail(name);
  }

  public oneOf(name: string, ...options: string[]): string | undefined {
    const value = this.text(name);
    return value === undefined || options.includes(value) ? value : this.fail(name);
  }

  public block(name: string): Fields | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    return isSettings(value) ? new Fields(value, `${this.#path}${name}.`) : this.fail(name);
  }

  public list(name: string): readonly Settings[] {
    const value = this.take(name);
    if (value === undefined) return [];
    const items = Array.isArray(value) ? (value as readonly Setting[]) : [];
    return items.length > 0 && items.every(isSettings) ? items : this.fail(name);
  }

  public strings(name: string): readonly string[] | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    const items = Array.isArray(value) ? (value as readonly Setting[]) : [];
    return items.length > 0 && items.every((item) => typeof item === "string")
      ? items
      : this.fail(name);
  }

  public map(name: string): Readonly<Record<string, string>> | undefined {
    const value = this.take(name);
    if (value === undefined) return undefined;
    if (!isSettings(value)) return this.fail(name);
    if (Object.values(value).some((each) => typeof each !== "string")) return this.fail(name);
    if (Object.keys(value).some((key) => key.includes("${") || key === "__proto__"))
      return this.fail(name);
    return value as Readonly<Record<string, string>>;
  }

  /** `{ [as]: … }` of a field that has to be there. */
  public required(name: string, as: string): Record<string, Value> {
    return { [as]: this.filled(name) ?? this.fail(name) };
  }

  public fail(name: string): never {
    throw new NotTyped(`${this.#path}${name}`);
  }

  /** Throws if a field is left. */
  public done(): void {
    const [name] = this.#left.keys();
    if (name !== undefined) this.fail(name);
  }
}

type Set = (name: string, value: Value | undefined) => void;

const call = (name: string, ...args: Value[]): Invocation => ({ $call: name, args });

function parametersOf(parameters: readonly Settings[]): Value | undefined {
  if (parameters.length === 0) return undefined;
  const values: Record<string, string> = {};
  for (const parameter of parameters) {
    const fields = new Fields(parameter, "parameters.");
    const name = fields.text("name") ?? "";
    if (!/^[\w.-]+$/.test(name) || name === "__proto__" || Object.hasOwn(values, name))
      fields.fail("name");
    values[name] = fields.text("default") ?? fields.fail("default");
    fields.done();
  }
  return values;
}

function planTrigger(fields: Fields, set: Set): void {
  const kinds = ["schedule", "trigger", "continuous"].filter((kind) => fields.has(kind));
  const [kind] = kinds;
  if (kind === undefined) return;
  if (kinds.length > 1) fields.fail(kinds.join(" and "));
  const block = fields.block(kind);
  if (block === undefined) return;
  const status = block.oneOf("pause_status", "PAUSED");
  if (status !== undefined) set("paused", true);
  set("trigger", triggerOf(kind, block));
  block.done();
}

function triggerOf(kind: string, block: Fields): Invocation {
  if (kind === "schedule") {
    const cron = block.text("quartz_cron_expression") ?? "";
    if (!cron.includes("${") && !cronIsPlain(cron)) block.fail("quartz_cron_expression");
    const zone = block.text("timezone_id") ?? block.fail("timezone_id");
    if (!zone.includes("${") && !isTimeZone(zone)) block.fail("timezone_id");
    return call("JobTrigger.schedule", { quartzCronExpression: cron, timezoneId: zone });
  }
  if (kind === "continuous") {
    const mode = block.oneOf("task_retry_mode", "ON_FAILURE");
    return call("JobTrigger.continuous", ...(mode === undefined ? [] : [{ taskRetryMode: mode }]));
  }
  const names = ["periodic", "file_arrival", "table_update", "model"];
  const [name, other] = names.filter((each) => block.has(each));
  if (name === undefined || other !== undefined) return block.fail(name ?? "");
  const inner = block.block(name) ?? block.fail(name);
  const waits = {
    ...optional(
      "minTimeBetweenTriggersSeconds",
      atLeast60(inner, "min_time_between_triggers_seconds"),
    ),
    ...optional("waitAfterLastChangeSeconds", atLeast60(inner, "wait_after_last_change_seconds")),
  };
  const result = eventOf(name, inner, waits);
  inner.done();
  return result;
}

function eventOf(name: string, inner: Fields, waits: Record<string, Value>): Invocation {
  switch (name) {
    case "periodic":
      if (Object.keys(waits).length > 0) inner.fail("min_time_between_triggers_seconds");
      return call("JobTrigger.periodic", {
        interval: inner.number("interval") ?? inner.fail("interval"),
        unit: inner.oneOf("unit", "HOURS", "DAYS", "WEEKS") ?? inner.fail("unit"),
      });
    case "file_arrival": {
      const url = inner.filled("url") ?? inner.fail("url");
      const isFolder =
        url.includes("${") ||
        /^(?:[a-z][a-z0-9]*:\/\/[^/\s]+\/|\/Volumes\/[^/]+\/[^/]+\/[^/]+\/)/i.test(url);
      if (!isFolder || !/[/}]$/.test(url)) inner.fail("url");
      return call("JobTrigger.fileArrival", { url, ...waits });
    }
    case "table_update":
      return call("JobTrigger.tableUpdate", {
        tableNames: inner.strings("table_names") ?? inner.fail("table_names"),
        ...optional("condition", inner.oneOf("condition", "ALL_UPDATED")),
        ...waits,
      });
    default:
      return call("JobTrigger.model", {
        condition:
          inner.oneOf("condition", "MODEL_CREATED", "MODEL_VERSION_READY", "MODEL_ALIAS_SET") ??
          inner.fail("condition"),
        ...optional("securableName", inner.filled("securable_name")),
        ...optional("aliases", inner.strings("aliases")),
        ...waits,
      });
  }
}

function atLeast60(fields: Fields, name: string): number | undefined {
  const value = fields.number(name);
  return value === undefined || value >= 60 ? value : fields.fail(name);
}

function runAsOf(block: Fields | undefined): Value | undefined {
  if (block === undefined) return undefined;
  const user = block.filled("user_name");
  const service = block.filled("service_principal_name");
  block.done();
  if ((user === undefined) === (service === undefined)) return block.fail("user_name");
  return user === undefined ? { servicePrincipalName: service ?? "" } : { userName: user };
}

const LEVELS = ["CAN_VIEW", "CAN_MANAGE_RUN", "IS_OWNER", "CAN_MANAGE"];

function permissionsOf(entries: readonly Settings[]): Value | undefined {
  if (entries.length === 0) return undefined;
  return entries.map((entry): Value => {
    const fields = new Fields(entry, "permissions.");
    const level = fields.oneOf("permission_level", ...LEVELS) ?? fields.fail("level");
    const who = {
      ...optional("groupName", fields.filled("group_name")),
      ...optional("userName", fields.filled("user_name")),
      ...optional("servicePrincipalName", fields.filled("service_principal_name")),
    };
    fields.done();
    if (Object.keys(who).length !== 1) fields.fail("group_name");
    return { level, ...who };
  });
}

const EVENTS = {
  on_start: "onStart",
  on_success: "onSuccess",
  on_failure: "onFailure",
  on_duration_warning_threshold_exceeded: "onDurationWarningThresholdExceeded",
  on_streaming_backlog_exceeded: "onStreamingBacklogExceeded",
} as const;
const METRICS = [
  "RUN_DURATION_SECONDS",
  "STREAMING_BACKLOG_BYTES",
  "STREAMING_BACKLOG_RECORDS",
  "STREAMING_BACKLOG_SECONDS",
  "STREAMING_BACKLOG_FILES",
];

/** Notifications and health rules, which jobs and tasks have alike. */
function planNotifications(fields: Fields, set: Set, isTask = false): void {
  const email = fields.block("email_notifications");
  if (email !== undefined) {
    const events: Record<string, Value> = {};
    for (const [name, as] of Object.entries(EVENTS)) {
      const to = email.strings(name);
      if (to !== undefined)
        events[as] = to.every((each) => each.trim() !== "") ? to : email.fail(name);
    }
    email.done();
    set("emailNotifications", events);
  }
  const webhook = fields.block("webhook_notifications");
  if (webhook !== undefined) {
    const events: Record<string, Value> = {};
    for (const [name, as] of Object.entries(EVENTS)) {
      const to = webhook.list(name);
      if (to.length === 0) continue;
      if (to.length > 3) webhook.fail(name);
      events[as] = to.map((entry) => {
        const each = new Fields(entry, `webhook_notifications.${name}.`);
        const id = each.filled("id") ?? each.fail("id");
        each.done();
        return id;
      });
    }
    webhook.done();
    set("webhookNotifications", events);
  }
  const settings = fields.block("notification_settings");
  if (settings !== undefined) {
    set("noAlertForSkippedRuns", settings.flag("no_alert_for_skipped_runs"));
    set("noAlertForCanceledRuns", settings.flag("no_alert_for_canceled_runs"));
    if (isTask) set("alertOnLastAttempt", settings.flag("alert_on_last_attempt"));
    settings.done();
  }
  const health = fields.block("health");
  if (health === undefined) return;
  const rules = health.list("rules").map((rule): Value => {
    const each = new Fields(rule, "health.rules.");
    const metric = each.oneOf("metric", ...METRICS) ?? each.fail("metric");
    if (each.oneOf("op", "GREATER_THAN") === undefined) each.fail("op");
    const value = each.number("value") ?? each.fail("value");
    each.done();
    return { metric, value: value < 0 ? each.fail("value") : value };
  });
  health.done();
  if (rules.length === 0) health.fail("rules");
  set("healthRules", rules);
}

function planAtomic(
  job: JobSpec,
  fields: Fields,
  tasks: readonly Settings[],
  plan: Record<string, Value>,
  context: TypedContext,
): TypedJob {
  const [settings, other] = tasks;
  const [spec] = job.tasks;
  if (settings === undefined || spec === undefined || other !== undefined)
    throw new NotTyped("tasks");
  const task = new Fields(settings, `tasks.${spec.taskKey}.`);
  const set: Set = (name, value) => {
    if (value !== undefined) plan[name] = value;
  };
  const taskKey = task.text("task_key") ?? "";
  if (!TASK_KEY_PATTERN.test(taskKey)) task.fail("task_key");
  const notebookTask = task.block("notebook_task") ?? task.fail("notebook_task");
  const path = notebookTask.filled("notebook_path") ?? notebookTask.fail("notebook_path");
  const parameters = notebookTask.map("base_parameters");
  for (const name of Object.keys(parameters ?? {}))
    if (!/^[\w.-]+$/.test(name)) notebookTask.fail("base_parameters");
  set("parameters", parameters);
  const warehouse = notebookTask.filled("warehouse_id");
  const notebook = notebookOf(fields, notebookTask, path, context.notebookFile(spec));
  notebookTask.done();
  // With a warehouse, the class still gives the job an environment of serverless compute.
  if (warehouse !== undefined) notebookTask.fail("warehouse_id");
  set("compute", computeOf(fields, task));
  set("libraries", librariesOf(task.list("libraries")));
  planRetries(task, set);
  set("disableAutoOptimization", task.flag("disable_auto_optimization"));
  const own: Record<string, Value> = {};
  const setOwn: Set = (name, value) => {
    if (value !== undefined) own[name] = value;
  };
  planTaskSettings(task, setOwn);
  if (Object.keys(own).length > 0) plan.task = own;
  task.done();
  return { level: "atomic", props: plan, notebook, taskKey, tasks: [] };
}

function planTaskSettings(task: Fields, set: Set): void {
  set("description", task.text("description"));
  set("timeoutSeconds", task.number("timeout_seconds"));
  set("disabled", task.flag("disabled"));
  planNotifications(task, set, true);
}

function planRetries(task: Fields, set: Set): void {
  const retries = task.number("max_retries");
  set("maxRetries", retries !== undefined && retries < -1 ? task.fail("max_retries") : retries);
  set("minRetryIntervalMillis", task.number("min_retry_interval_millis"));
  set("retryOnTimeout", task.flag("retry_on_timeout"));
}

const PROVIDERS = [
  "awsCodeCommit",
  "azureDevOpsServices",
  "bitbucketCloud",
  "bitbucketServer",
  "gitHub",
  "gitHubEnterprise",
  "gitLab",
  "gitLabEnterpriseEdition",
];

function notebookOf(fields: Fields, task: Fields, path: string, file: string | undefined): Value {
  const git = fields.block("git_source");
  if (git !== undefined) {
    if (/^[/.]/.test(path) || /\.(?:py|sql|scala|r|ipynb)$/i.test(path)) task.fail("notebook_path");
    const references = ["git_branch", "git_tag", "git_commit"].filter((name) => git.has(name));
    const [reference = ""] = references;
    if (references.length !== 1) git.fail("git_branch");
    const result = call("NotebookSource.fromGit", {
      url: git.filled("git_url") ?? git.fail("git_url"),
      provider: git.oneOf("git_provider", ...PROVIDERS) ?? git.fail("git_provider"),
      path,
      [reference.replace("git_", "")]: git.filled(reference) ?? git.fail(reference),
    });
    git.done();
    return result;
  }
  if (file !== undefined) return call("NotebookSource.fromFile", { $file: file });
  if (!path.startsWith("/") && !path.startsWith("${")) task.fail("notebook_path");
  return call("NotebookSource.fromWorkspace", path);
}

function computeOf(fields: Fields, task: Fields): Invocation | undefined {
  const environmentKey = task.filled("environment_key");
  const clusterKey = task.filled("job_cluster_key");
  const existing = task.filled("existing_cluster_id");
  const environments = fields.list("environments");
  const clusters = fields.list("job_clusters");
  if ([environmentKey, clusterKey, existing].filter((key) => key !== undefined).length > 1)
    task.fail("job_cluster_key");
  if (environments.length !== (environmentKey === undefined ? 0 : 1)) fields.fail("environments");
  if (clusters.length !== (clusterKey === undefined ? 0 : 1)) fields.fail("job_clusters");
  if (existing !== undefined) return call("JobCompute.existingCluster", existing);
  const [environment] = environments;
  if (environment !== undefined)
    return serverlessOf(new Fields(environment, "environments."), environmentKey);
  const [cluster] = clusters;
  if (cluster !== undefined) return clusterOf(new Fields(cluster, "job_clusters."), clusterKey);
  return call("JobCompute.notebookEnvironment");
}

function serverlessOf(environment: Fields, wanted: string | undefined): Invocation | undefined {
  const key = environment.filled("environment_key");
  if (key === undefined || key !== wanted) environment.fail("environment_key");
  const spec = environment.block("spec") ?? environment.fail("spec");
  environment.done();
  const version = spec.filled("environment_version") ?? spec.fail("environment_version");
  const options = {
    ...(version !== "4" && { environmentVersion: version }),
    ...(key !== "default" && { environmentKey: key }),
    ...optional("dependencies", spec.strings("dependencies")),
    ...optional("javaDependencies", spec.strings("java_dependencies")),
  };
  spec.done();
  return Object.keys(options).length === 0 ? undefined : call("JobCompute.serverless", options);
}

/** Fields of a cluster by what they are; those of blocks by their path. */
const CLUSTER: Readonly<Record<string, "text" | "whole" | "number" | "flag" | "map" | "strings">> =
  {
    spark_version: "text",
    node_type_id: "text",
    driver_node_type_id: "text",
    num_workers: "whole",
    instance_pool_id: "text",
    driver_instance_pool_id: "text",
    policy_id: "text",
    apply_policy_default_values: "flag",
    data_security_mode: "text",
    single_user_name: "text",
    spark_conf: "map",
    spark_env_vars: "map",
    custom_tags: "map",
    kind: "text",
    is_single_node: "flag",
    use_ml_runtime: "flag",
    enable_elastic_disk: "flag",
    enable_local_disk_encryption: "flag",
    remote_disk_throughput: "whole",
    total_initial_remote_disk_size: "whole",
    ssh_public_keys: "strings",
  };
const BLOCKS: Readonly<Record<string, Readonly<Record<string, "text" | "whole" | "number">>>> = {
  autoscale: { min_workers: "whole", max_workers: "whole" },
  aws_attributes: {
    zone_id: "text",
    first_on_demand: "whole",
    spot_bid_price_percent: "whole",
    instance_profile_arn: "text",
    ebs_volume_type: "text",
    ebs_volume_count: "whole",
    ebs_volume_size: "whole",
    ebs_volume_iops: "whole",
    ebs_volume_throughput: "whole",
  },
  azure_attributes: { first_on_demand: "whole", spot_bid_max_price: "number" },
  gcp_attributes: {
    zone_id: "text",
    first_on_demand: "whole",
    google_service_account: "text",
    boot_disk_size: "whole",
    local_ssd_count: "whole",
  },
};
const AVAILABILITY: Readonly<Record<string, readonly string[]>> = {
  aws_attributes: ["SPOT", "ON_DEMAND", "SPOT_WITH_FALLBACK"],
  azure_attributes: ["SPOT_AZURE", "ON_DEMAND_AZURE", "SPOT_WITH_FALLBACK_AZURE"],
  gcp_attributes: ["PREEMPTIBLE_GCP", "ON_DEMAND_GCP", "PREEMPTIBLE_WITH_FALLBACK_GCP"],
};

function clusterOf(jobCluster: Fields, wanted: string | undefined): Invocation {
  const key = jobCluster.filled("job_cluster_key");
  if (key === undefined || key !== wanted) jobCluster.fail("job_cluster_key");
  const cluster = jobCluster.block("new_cluster") ?? jobCluster.fail("new_cluster");
  jobCluster.done();
  const props: Record<string, Value> = {};
  const set: Set = (name, value) => {
    if (value !== undefined) props[camelCase(name)] = value;
  };
  if (!cluster.has("spark_version")) cluster.fail("spark_version");
  for (const [name, kind] of Object.entries(CLUSTER)) set(name, valueOf(cluster, name, kind));
  set("runtime_engine", cluster.oneOf("runtime_engine", "STANDARD", "PHOTON"));
  for (const [name, fields] of Object.entries(BLOCKS)) {
    const block = cluster.block(name);
    if (block === undefined) continue;
    const inner: Record<string, Value> = {};
    const availability = block.oneOf("availability", ...(AVAILABILITY[name] ?? []));
    if (availability !== undefined) inner.availability = availability;
    for (const [field, kind] of Object.entries(fields)) {
      const value = valueOf(block, field, kind);
      if (value !== undefined) inner[camelCase(field)] = value;
    }
    block.done();
    set(name, inner);
  }
  const scripts = cluster.list("init_scripts").map((script) => locationOf(script, SCRIPTS));
  if (scripts.length > 0) props.initScripts = scripts;
  const logs = cluster.take("cluster_log_conf");
  if (logs !== undefined) {
    if (!isSettings(logs)) return cluster.fail("cluster_log_conf");
    props.clusterLogConf = locationOf(logs, ["volumes", "dbfs", "s3"]);
  }
  cluster.done();
  const { numWorkers, autoscale, policyId, isSingleNode } = props;
  if (
    props.nodeTypeId === undefined &&
    props.instancePoolId === undefined &&
    policyId === undefined
  )
    cluster.fail("node_type_id");
  if (numWorkers !== undefined && autoscale !== undefined) cluster.fail("num_workers");
  if (autoscale !== undefined) {
    const { minWorkers, maxWorkers } = autoscale as Record<string, number | undefined>;
    if (minWorkers === undefined || maxWorkers === undefined || minWorkers > maxWorkers)
      cluster.fail("autoscale");
  }
  // No workers equal an absent number, but the class requires the number.
  if (numWorkers === undefined && autoscale === undefined && policyId === undefined)
    if (isSingleNode !== true) props.numWorkers = 0;
  return call("JobCompute.jobCluster", props, ...(key === "default" ? [] : [key]));
}

const SCRIPTS = ["workspace", "volumes", "s3", "abfss", "gcs"];

/** Where a file is: one of several kinds of storage. */
function locationOf(settings: Settings, kinds: readonly string[]): Value {
  const fields = new Fields(settings, "new_cluster.");
  const [kind = "", other] = Object.keys(settings);
  if (other !== undefined || !kinds.includes(kind)) fields.fail(kind);
  const block = fields.block(kind) ?? fields.fail(kind);
  const place = {
    ...block.required("destination", "destination"),
    ...(kind === "s3" ? optional("region", block.filled("region")) : {}),
  };
  block.done();
  return { [kind]: place };
}

function valueOf(
  fields: Fields,
  name: string,
  kind: "text" | "whole" | "number" | "flag" | "map" | "strings",
): Value | undefined {
  switch (kind) {
    case "text":
      return fields.filled(name);
    case "whole": {
      const value = fields.number(name);
      return value !== undefined && value < 0 ? fields.fail(name) : value;
    }
    case "number": {
      const value = fields.take(name);
      return value === undefined || typeof value === "number" ? value : fields.fail(name);
    }
    case "flag":
      return fields.flag(name);
    case "map":
      return fields.map(name);
    case "strings":
      return fields.strings(name);
  }
}

function librariesOf(libraries: readonly Settings[]): Value | undefined {
  if (libraries.length === 0) return undefined;
  return libraries.map((library): Value => {
    const fields = new Fields(library, "libraries.");
    const [kind = "", other] = Object.keys(library);
    if (other !== undefined) fields.fail(other);
    if (["whl", "jar", "egg", "requirements"].includes(kind))
      return { [kind]: fields.filled(kind) ?? "" };
    const block = fields.block(kind) ?? fields.fail(kind);
    const name = { pypi: "package", cran: "package", maven: "coordinates" }[kind];
    if (name === undefined) return fields.fail(kind);
    const value = {
      ...block.required(name, name),
      ...optional("repo", block.text("repo")),
      ...(kind === "maven" ? optional("exclusions", block.strings("exclusions")) : {}),
    };
    block.done();
    return { [kind]: value };
  });
}

const RUN_IF = [
  "AT_LEAST_ONE_SUCCESS",
  "NONE_FAILED",
  "ALL_DONE",
  "AT_LEAST_ONE_FAILED",
  "ALL_FAILED",
];

function planTasks(
  job: JobSpec,
  tasks: readonly Settings[],
  context: TypedContext,
): readonly TypedTask[] {
  if (tasks.length === 0) throw new NotTyped("tasks");
  const conditions = new Set(
    tasks.flatMap((task) =>
      isSettings(task.condition_task) ? [textAt(task, "task_key") ?? ""] : [],
    ),
  );
  const specs = new Map(job.tasks.map((task) => [task.taskKey, task]));
  const plans = new Map<string, TypedTask>();
  for (const settings of tasks) {
    const key = typeof settings.task_key === "string" ? settings.task_key : "";
    const spec = specs.get(key);
    if (spec === undefined || plans.has(key) || !TASK_KEY_PATTERN.test(key))
      throw new NotTyped(`tasks.${key}.task_key`);
    plans.set(key, planTask(settings, spec, conditions, context));
  }
  return inOrder(plans);
}

function planTask(
  settings: Settings,
  spec: TaskSpec,
  conditions: ReadonlySet<string>,
  context: TypedContext,
): TypedTask {
  const key = spec.taskKey;
  const task = new Fields(settings, `tasks.${key}.`);
  const props: Record<string, Value> = {};
  const set: Set = (name, value) => {
    if (value !== undefined) props[name] = value;
  };
  task.take("task_key");
  const dependsOn = task.list("depends_on").map((entry) => {
    const fields = new Fields(entry, `tasks.${key}.depends_on.`);
    const other = fields.text("task_key") ?? fields.fail("task_key");
    const outcome = fields.oneOf("outcome", "true", "false");
    fields.done();
    if (outcome !== undefined && !conditions.has(other)) fields.fail("outcome");
    return { key: other, ...(outcome !== undefined && { outcome }) };
  });
  const twice = dependsOn.map(({ key: other, outcome = "" }) => `${other} ${outcome}`);
  if (new Set(twice).size < twice.length) task.fail("depends_on");
  const condition = task.block("condition_task");
  const loop = task.block("for_each_task");
  if (condition !== undefined) {
    set("left", condition.text("left") ?? condition.fail("left"));
    const ops = ["EQUAL_TO", "NOT_EQUAL", "GREATER_THAN", "GREATER_THAN_OR_EQUAL"];
    const op = condition.oneOf("op", ...ops, "LESS_THAN", "LESS_THAN_OR_EQUAL");
    set("op", op ?? condition.fail("op"));
    set("right", condition.text("right") ?? condition.fail("right"));
    condition.done();
  } else if (loop !== undefined) {
    planLoop(loop, key, set);
  } else {
    planRun(task, spec.runJob, props, set, context);
    planRetries(task, set);
  }
  set("runIf", task.oneOf("run_if", ...RUN_IF));
  if (loop === undefined) planTaskSettings(task, set);
  else {
    const before = props.timeoutSeconds;
    const health = props.healthRules;
    planTaskSettings(task, (name, value) => {
      // Settings of the loop itself have other names; the health rules are those of each iteration.
      if (name === "timeoutSeconds") set("forEachTimeoutSeconds", value);
      else if (name === "healthRules" && value !== undefined) task.fail("health");
      else set(name, value);
    });
    set("timeoutSeconds", before);
    set("healthRules", health);
    const run = spec.forEach;
    planRun(
      new Fields(innerRun(settings), `tasks.${key}.for_each_task.task.`),
      run?.runJob,
      props,
      set,
      context,
    );
  }
  task.done();
  const target = condition === undefined ? (spec.forEach ?? spec).runJob : undefined;
  return {
    key,
    method:
      condition !== undefined
        ? "addConditionTask"
        : loop === undefined
          ? "addRunJobTask"
          : "addForEachTask",
    ...(target !== undefined && { target }),
    props,
    dependsOn,
  };
}

/** The part of the inner task of a loop that says which job runs. */
function innerRun(settings: Settings): Settings {
  const loop = settings.for_each_task;
  const inner = isSettings(loop) ? loop.task : undefined;
  const run = isSettings(inner) ? inner.run_job_task : undefined;
  return run === undefined ? {} : { run_job_task: run };
}

function planLoop(loop: Fields, key: string, set: Set): void {
  const inputs = loop.text("inputs") ?? loop.fail("inputs");
  if (inputs.length > 10_000) loop.fail("inputs");
  set("inputs", inputsOf(inputs));
  const concurrency = loop.number("concurrency");
  if (concurrency !== undefined && (concurrency < 1 || concurrency > 100)) loop.fail("concurrency");
  set("concurrency", concurrency);
  const inner = loop.block("task") ?? loop.fail("task");
  loop.done();
  if (inner.text("task_key") !== `${key.slice(0, 90)}_iteration`) inner.fail("task_key");
  inner.take("run_job_task");
  planRetries(inner, set);
  set("timeoutSeconds", inner.number("timeout_seconds"));
  const health: Record<string, Value> = {};
  planNotifications(inner, (name, value) => {
    if (value === undefined) return;
    if (name === "healthRules") health[name] = value;
    else inner.fail(name);
  });
  set("healthRules", health.healthRules);
  inner.done();
}

/** A list, if writing it as JSON gives the same text. */
function inputsOf(inputs: string): Value {
  try {
    const value = JSON.parse(inputs) as unknown;
    const isList =
      Array.isArray(value) &&
      value.every((each) => ["string", "number", "boolean"].includes(typeof each));
    if (isList && JSON.stringify(value) === inputs && !inputs.includes("${")) return value as Value;
  } catch {
    // A reference, such as {{tasks.list.values.regions}}.
  }
  return inputs;
}

function planRun(
  task: Fields,
  ref: JobRef | undefined,
  props: Record<string, Value>,
  set: Set,
  { typed, level }: TypedContext,
): void {
  const run = task.block("run_job_task") ?? task.fail("run_job_task");
  run.take("job_id");
  if (ref === undefined || ref.kind === "missing" || ref.kind === "foreign")
    return run.fail("job_id");
  const parameters = run.map("job_parameters");
  const target = typed(ref);
  if (ref.kind === "job" && target !== undefined) {
    for (const name of Object.keys(parameters ?? {}))
      if (!target.parameters.has(name)) run.fail("job_parameters");
    if (level === "orchestrator" && target.level === "atomic") props.runsAtomicJob = true;
  }
  set("jobParameters", parameters);
  set("notebookParams", run.map("notebook_params"));
  set("pythonParams", run.strings("python_params"));
  set("pythonNamedParams", run.map("python_named_params"));
  set("sqlParams", run.map("sql_params"));
  set("dbtCommands", run.strings("dbt_commands"));
  set("jarParams", run.strings("jar_params"));
  set("sparkSubmitParams", run.strings("spark_submit_params"));
  const pipeline = run.block("pipeline_params");
  if (pipeline !== undefined) {
    const full = pipeline.flag("full_refresh");
    pipeline.done();
    set("pipelineParams", full === undefined ? run.fail("pipeline_params") : { fullRefresh: full });
  }
  run.done();
}

/** Tasks after those that they depend on, else in their order. */
function inOrder(plans: ReadonlyMap<string, TypedTask>): readonly TypedTask[] {
  const done = new Set<string>();
  const open = new Set<string>();
  const result: TypedTask[] = [];
  const visit = (key: string, from: string): void => {
    if (done.has(key)) return;
    const plan = plans.get(key);
    if (plan === undefined || open.has(key)) throw new NotTyped(`tasks.${from}.depends_on`);
    open.add(key);
    for (const { key: other } of plan.dependsOn) visit(other, key);
    open.delete(key);
    done.add(key);
    result.push(plan);
  };
  for (const key of plans.keys()) visit(key, key);
  return result;
}

/** Limits that the classes keep. */
function checkLimits(plan: Readonly<Record<string, Value>>): void {
  const fail = (name: string): never => {
    throw new NotTyped(name);
  };
  const { name, description, maxConcurrentRuns, timeoutSeconds, trigger, tags, queue } = plan;
  if (typeof name === "string" && (name.trim() === "" || Buffer.byteLength(name) > 4000))
    fail("name");
  if (typeof description === "string" && description.length > 27_700) fail("description");
  if (typeof maxConcurrentRuns === "number" && (maxConcurrentRuns < 0 || maxConcurrentRuns > 1000))
    fail("max_concurrent_runs");
  if (typeof timeoutSeconds === "number" && timeoutSeconds < 0) fail("timeout_seconds");
  if (Object.keys((tags ?? {}) as object).length > 25) fail("tags");
  const isContinuous =
    typeof trigger === "object" && "$call" in trigger && trigger.$call === "JobTrigger.continuous";
  if (isContinuous && (maxConcurrentRuns !== undefined || queue === true)) fail("continuous");
}

export function camelCase(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

function optional<V extends Value>(name: string, value: V | undefined): Record<string, V> {
  return value === undefined ? {} : { [name]: value };
}
