/**
 * Schema information that the CDK package lacks: which arguments are both optional and computed, default values, which
 * changes force replacement, and which differences between configuration and workspace are not a change. Maintained by
 * hand, based on databricks/databricks 1.99.0 and known changes until 1.132.0.
 */
import { PAUSE_STATUSES, PERIODIC_UNITS, TABLE_UPDATE_CONDITIONS } from "@jobstrata/core/model";
import type { Extra, Extras, Suppression } from "./schema";
import type { ProviderVersion } from "./version";

const COMPUTED: Extra = { computed: true };
const FORCE_NEW: Extra = { forceNew: true };
const SUPPRESSED: Extra = { suppress: "any" };
const ALL_SUCCESS: Suppression = { value: "ALL_SUCCESS" };
const INSIDE_TASK: Extra = {
  deprecated: "should be used inside a task block and not inside a job block",
};
const EGG: Extra = {
  deprecated: "The `egg` library type is deprecated. Please use `whl` or `pypi` instead.",
};

const PAUSE_STATUS: Extra = { default: "UNPAUSED", allowed: PAUSE_STATUSES };

/** The same extras under another block. */
function under(prefix: string, extras: Extras): Extras {
  return Object.fromEntries(Object.entries(extras).map(([path, extra]) => [prefix + path, extra]));
}

/** A block, and its arguments, that the workspace may return without it being configured. */
function suppressedBlock(name: string, ...children: readonly string[]): Extras {
  return Object.fromEntries(
    [name, ...children.map((child) => `${name}.${child}`)].map((path) => [path, SUPPRESSED]),
  );
}

const EMAIL_NOTIFICATIONS = suppressedBlock(
  "email_notifications",
  "no_alert_for_skipped_runs",
  "on_duration_warning_threshold_exceeded",
  "on_failure",
  "on_start",
  "on_streaming_backlog_exceeded",
  "on_success",
);

/** Extras of configured clusters and of clusters in data sources. */
const ANY_CLUSTER: Extras = {
  driver_instance_pool_id: COMPUTED,
  driver_node_type_id: COMPUTED,
  enable_elastic_disk: COMPUTED,
  enable_local_disk_encryption: COMPUTED,
  node_type_id: COMPUTED,
  "docker_image.basic_auth.password": { sensitive: true },
  init_scripts: { maxItems: 10 },
};

const NEW_CLUSTER: Extras = {
  ...ANY_CLUSTER,
  idempotency_token: FORCE_NEW,
  data_security_mode: SUPPRESSED,
  num_workers: { default: 0 },
  runtime_engine: { allowed: ["PHOTON", "STANDARD"] },
  "init_scripts.dbfs": {
    deprecated:
      "For init scripts use 'volumes', 'workspace' or cloud storage location instead of 'dbfs'.",
  },
  "library.egg": EGG,
  "workload_type.clients.jobs": { default: true },
  "workload_type.clients.notebooks": { default: true },
  ...suppressedBlock(
    "aws_attributes",
    "availability",
    "ebs_volume_count",
    "ebs_volume_iops",
    "ebs_volume_size",
    "ebs_volume_throughput",
    "ebs_volume_type",
    "first_on_demand",
    "instance_profile_arn",
    "spot_bid_price_percent",
    "zone_id",
  ),
  ...suppressedBlock(
    "azure_attributes",
    "availability",
    "first_on_demand",
    "log_analytics_info",
    "spot_bid_max_price",
  ),
  ...suppressedBlock(
    "gcp_attributes",
    "availability",
    "boot_disk_size",
    "first_on_demand",
    "google_service_account",
    "local_ssd_count",
    "use_preemptible_executors",
    "zone_id",
  ),
};

/** Extras of a task and of the task inside a for-each task. */
const ANY_TASK: Extras = {
  retry_on_timeout: COMPUTED,
  run_if: { suppress: ALL_SUCCESS },
  "dbt_task.schema": { default: "default" },
  "library.egg": EGG,
  ...EMAIL_NOTIFICATIONS,
  ...under("new_cluster.", NEW_CLUSTER),
};

const JOB: Extras = {
  id: COMPUTED,
  format: COMPUTED,
  run_as: COMPUTED,
  name: { default: "Untitled" },
  max_concurrent_runs: { default: 1 },
  always_running: {
    default: false,
    deprecated: "always_running will be replaced by control_run_state in the next major release.",
  },
  control_run_state: { default: false },
  "continuous.pause_status": PAUSE_STATUS,
  "schedule.pause_status": PAUSE_STATUS,
  "trigger.pause_status": PAUSE_STATUS,
  "trigger.periodic.unit": { allowed: PERIODIC_UNITS },
  "trigger.table_update.condition": { allowed: TABLE_UPDATE_CONDITIONS },
  max_retries: INSIDE_TASK,
  min_retry_interval_millis: INSIDE_TASK,
  retry_on_timeout: INSIDE_TASK,
  dbt_task: INSIDE_TASK,
  notebook_task: INSIDE_TASK,
  pipeline_task: INSIDE_TASK,
  python_wheel_task: INSIDE_TASK,
  run_job_task: INSIDE_TASK,
  spark_jar_task: INSIDE_TASK,
  spark_python_task: INSIDE_TASK,
  spark_submit_task: INSIDE_TASK,
  "dbt_task.schema": { default: "default" },
  "dbt_task.source": SUPPRESSED,
  "notebook_task.source": SUPPRESSED,
  "spark_python_task.source": SUPPRESSED,
  "library.egg": EGG,
  webhook_notifications: SUPPRESSED,
  ...suppressedBlock("queue", "enabled"),
  ...EMAIL_NOTIFICATIONS,
  ...under("new_cluster.", NEW_CLUSTER),
  ...under("job_cluster.new_cluster.", NEW_CLUSTER),
  ...under("task.", ANY_TASK),
  ...under("task.for_each_task.task.", ANY_TASK),
  "task.webhook_notifications": SUPPRESSED,
  "task.dbt_task.source": SUPPRESSED,
  "task.notebook_task.source": SUPPRESSED,
  "task.spark_python_task.source": SUPPRESSED,
  "task.sql_task.file.source": SUPPRESSED,
  "task.spark_jar_task.run_as_repl": COMPUTED,
};

/** A task in the job data source. */
const TASK_DATA: Extras = {
  retry_on_timeout: COMPUTED,
  "library.egg": EGG,
  ...under("new_cluster.", ANY_CLUSTER),
};

/** A job in the job data source. */
const JOB_DATA: Extras = {
  format: COMPUTED,
  run_as: COMPUTED,
  "library.egg": EGG,
  ...under("new_cluster.", ANY_CLUSTER),
  ...under("job_cluster.new_cluster.", ANY_CLUSTER),
  ...under("task.", TASK_DATA),
  ...under("task.for_each_task.task.", TASK_DATA),
};

/** Extras of notebooks and workspace files. */
const FILE: Extras = {
  id: COMPUTED,
  object_id: COMPUTED,
  path: FORCE_NEW,
  // Never equals a real digest, so that a change of the content is a change of the resource.
  md5: { default: "different" },
};

/** Arguments of `databricks_permissions` that identify the object. */
const PERMISSION_OBJECTS = [
  "alert_v2_id",
  "app_name",
  "authorization",
  "cluster_id",
  "cluster_policy_id",
  "dashboard_id",
  "database_instance_name",
  "directory_id",
  "directory_path",
  "experiment_id",
  "instance_pool_id",
  "job_id",
  "notebook_id",
  "notebook_path",
  "pipeline_id",
  "registered_model_id",
  "repo_id",
  "repo_path",
  "serving_endpoint_id",
  "sql_alert_id",
  "sql_dashboard_id",
  "sql_endpoint_id",
  "sql_query_id",
  "vector_search_endpoint_id",
  "workspace_file_id",
  "workspace_file_path",
] as const;

/** Marks arguments as forcing replacement, and `id` as computed. */
const madeAnew = (...names: readonly string[]): Extras => ({
  id: COMPUTED,
  ...Object.fromEntries(names.map((name) => [name, FORCE_NEW])),
});

interface Entry {
  readonly version?: number;
  readonly extras: Extras;
}

/** The version (default 0) and extras of each schema. */
const EXTRAS: Readonly<Record<string, Entry>> = {
  provider: {
    extras: Object.fromEntries(
      [
        "azure_client_secret",
        "client_secret",
        "google_credentials",
        "password",
        "token",
        "metadata_service_url",
      ].map((name) => [name, { sensitive: true }]),
    ),
  },
  databricks_directory: {
    extras: {
      id: COMPUTED,
      object_id: COMPUTED,
      path: FORCE_NEW,
      delete_recursive: { default: false },
    },
  },
  databricks_job: { version: 2, extras: JOB },
  databricks_notebook: {
    version: 1,
    extras: {
      ...FILE,
      format: { computed: true, allowed: ["SOURCE", "DBC", "JUPYTER"] },
      language: { computed: true, allowed: ["SCALA", "PYTHON", "R", "SQL"] },
      object_type: { computed: true, deprecated: "Always is a notebook" },
    },
  },
  databricks_permissions: {
    extras: {
      id: COMPUTED,
      object_type: COMPUTED,
      ...Object.fromEntries(PERMISSION_OBJECTS.map((name) => [name, FORCE_NEW])),
    },
  },
  databricks_secret: {
    extras: { ...madeAnew("key", "scope"), string_value: { forceNew: true, sensitive: true } },
  },
  databricks_secret_acl: { extras: madeAnew("permission", "principal", "scope") },
  databricks_secret_scope: {
    version: 2,
    extras: {
      ...madeAnew("initial_manage_principal", "name"),
      backend_type: COMPUTED,
    },
  },
  databricks_workspace_file: { version: 1, extras: FILE },
  "data.databricks_current_user": { extras: { id: COMPUTED } },
  "data.databricks_directory": {
    extras: { id: COMPUTED, object_id: COMPUTED, workspace_path: COMPUTED },
  },
  "data.databricks_job": {
    extras: {
      id: COMPUTED,
      job_id: COMPUTED,
      job_name: COMPUTED,
      name: COMPUTED,
      job_settings: COMPUTED,
      "job_settings.run_as_user_name": COMPUTED,
      ...under("job_settings.settings.", JOB_DATA),
    },
  },
  "data.databricks_jobs": { extras: { id: COMPUTED, ids: COMPUTED, key: { default: "name" } } },
};

/** The workspace of a resource. 1.132 determines it if it is not configured. */
const WORKSPACE: Extras = {
  provider_config: COMPUTED,
  "provider_config.workspace_id": { computed: true, forceNew: true },
};

/** The workspace in nested blocks of a resource. */
function workspaceOf(...holders: readonly string[]): Extras {
  return Object.fromEntries(
    holders.map((holder) => [`${holder}provider_config.workspace_id`, COMPUTED]),
  );
}

/** Additional extras of 1.132. */
const EXTRAS_1_132: Readonly<Record<string, Extras>> = {
  databricks_directory: WORKSPACE,
  databricks_job: {
    ...WORKSPACE,
    ...workspaceOf(
      "library.",
      "task.library.",
      "task.for_each_task.task.library.",
      ...["", "job_cluster.", "task.", "task.for_each_task.task."].flatMap((holder) => [
        `${holder}new_cluster.`,
        `${holder}new_cluster.library.`,
      ]),
    ),
  },
  databricks_notebook: WORKSPACE,
  databricks_permissions: {
    ...WORKSPACE,
    database_project_name: FORCE_NEW,
    knowledge_assistant_id: FORCE_NEW,
    supervisor_agent_id: FORCE_NEW,
  },
  databricks_secret: WORKSPACE,
  databricks_secret_acl: WORKSPACE,
  databricks_secret_scope: WORKSPACE,
  databricks_workspace_file: WORKSPACE,
  "data.databricks_current_user": workspaceOf(""),
  "data.databricks_directory": workspaceOf(""),
  "data.databricks_job": workspaceOf(
    "",
    "job_settings.settings.library.",
    "job_settings.settings.task.library.",
    "job_settings.settings.task.for_each_task.task.library.",
  ),
  "data.databricks_jobs": workspaceOf(""),
};

/** The version and extras of a schema in a provider version. */
export function extrasOf(name: string, provider: ProviderVersion): Required<Entry> {
  const { version = 0, extras = {} } = EXTRAS[name] ?? {};
  return { version, extras: { ...extras, ...(provider === "1.132" ? EXTRAS_1_132[name] : {}) } };
}
