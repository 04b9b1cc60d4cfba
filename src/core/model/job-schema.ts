/** Names and shapes of job settings in the Jobs API. Readers convert other formats to this one. */

import { libraries, newCluster, providerConfig } from "./cluster-schema";
import {
  any,
  anyText,
  computedFlag,
  droppable,
  flagOr,
  jobId,
  json,
  keyed,
  list,
  map,
  number,
  numberOr,
  object,
  path,
  setOf,
  source,
  stringSet,
  strings,
  text,
  textOr,
  type ObjectShape,
  type Shape,
  type Fields,
} from "./setting-shape";

export type {
  AnyShape,
  ListShape,
  MapShape,
  ObjectShape,
  ScalarShape,
  Shape,
  StringsShape,
} from "./setting-shape";

const EVENTS = [
  "on_duration_warning_threshold_exceeded",
  "on_failure",
  "on_start",
  "on_streaming_backlog_exceeded",
  "on_success",
] as const;
const eventsOf = (shape: Shape): Fields =>
  Object.fromEntries(EVENTS.map((event) => [event, shape]));

const emailNotifications = droppable({
  ...eventsOf(stringSet),
  no_alert_for_skipped_runs: flagOr(false),
});
const webhookNotifications = droppable(eventsOf(setOf({ id: text })));
const notificationSettings = droppable({
  alert_on_last_attempt: flagOr(false),
  no_alert_for_canceled_runs: flagOr(false),
  no_alert_for_skipped_runs: flagOr(false),
});
const health = droppable({
  rules: keyed("metric", object({ metric: text, op: text, value: number })),
});

const subscriptions = setOf({ destination_id: text, user_name: text });
const pipelineParameters: Fields = {
  full_refresh: flagOr(false),
  full_refresh_selection: strings,
  refresh_flow_selection: strings,
  refresh_selection: strings,
  reset_checkpoint_selection: strings,
};

/** Task types. A task has exactly one. */
const taskTypes: Fields = {
  ai_runtime_task: any,
  alert_task: object({
    alert_id: text,
    parameters: map,
    subscribers: subscriptions,
    warehouse_id: text,
    workspace_path: text,
  }),
  clean_rooms_notebook_task: object({
    clean_room_name: text,
    etag: text,
    notebook_base_parameters: map,
    notebook_name: text,
  }),
  condition_task: object({ left: anyText, op: text, right: anyText }),
  dashboard_task: object({
    dashboard_id: text,
    filters: map,
    subscription: object({
      custom_subject: text,
      paused: flagOr(false),
      subscribers: subscriptions,
    }),
    warehouse_id: text,
  }),
  dbt_cloud_task: object({ connection_resource_name: text, dbt_cloud_job_id: number }),
  dbt_platform_task: object({ connection_resource_name: text, dbt_platform_job_id: text }),
  dbt_task: object({
    catalog: text,
    commands: strings,
    // Relative to the project, not to the YAML file.
    profiles_directory: text,
    project_directory: path,
    schema: textOr("default"),
    source,
    warehouse_id: text,
  }),
  gen_ai_compute_task: object({
    command: text,
    compute: object({ gpu_node_pool_id: text, gpu_type: text, num_gpus: number }),
    dl_runtime_image: text,
    mlflow_experiment_name: text,
    source,
    training_script_path: path,
    yaml_parameters: text,
    yaml_parameters_file_path: path,
  }),
  notebook_task: object({ base_parameters: map, notebook_path: path, source, warehouse_id: text }),
  pipeline_task: object({ ...pipelineParameters, parameters: map, pipeline_id: text }),
  power_bi_task: object({
    connection_resource_name: text,
    power_bi_model: object({
      authentication_method: text,
      model_name: text,
      overwrite_existing: flagOr(false),
      storage_mode: text,
      workspace_name: text,
    }),
    refresh_after_update: flagOr(false),
    tables: list({ catalog: text, name: text, schema: text, storage_mode: text }),
    warehouse_id: text,
  }),
  python_operator_task: object({
    main: text,
    parameters: keyed("name", object({ name: text, value: anyText })),
  }),
  python_wheel_task: object({
    entry_point: text,
    named_parameters: map,
    package_name: text,
    parameters: strings,
  }),
  run_job_task: object({
    dbt_commands: strings,
    jar_params: strings,
    job_id: jobId,
    job_parameters: map,
    notebook_params: map,
    pipeline_params: object(pipelineParameters),
    python_named_params: map,
    python_params: strings,
    spark_submit_params: strings,
    sql_params: map,
  }),
  spark_jar_task: object({
    jar_uri: text,
    main_class_name: text,
    parameters: strings,
    run_as_repl: computedFlag,
  }),
  spark_python_task: object({ parameters: strings, python_file: path, source }),
  spark_submit_task: object({ parameters: strings }),
  sql_task: object({
    alert: object({ alert_id: text, pause_subscriptions: flagOr(false), subscriptions }),
    dashboard: object({
      custom_subject: text,
      dashboard_id: text,
      pause_subscriptions: flagOr(false),
      subscriptions,
    }),
    file: object({ path, source }),
    parameters: map,
    query: object({ query_id: text }),
    warehouse_id: text,
  }),
};

/** Fields of a task inside a for-each task, and of the single task in Jobs API 2.0. */
const innerTaskFields: Fields = {
  ...taskTypes,
  compute: object({ hardware_accelerator: text }),
  depends_on: { kind: "list", of: object({ outcome: text, task_key: text }), isSet: true },
  description: text,
  disable_auto_optimization: flagOr(false),
  disabled: flagOr(false),
  email_notifications: emailNotifications,
  environment_key: text,
  existing_cluster_id: text,
  health,
  job_cluster_key: text,
  libraries,
  max_retries: numberOr(0),
  min_retry_interval_millis: numberOr(0),
  new_cluster: newCluster,
  notification_settings: notificationSettings,
  retry_on_timeout: computedFlag,
  run_if: textOr("ALL_SUCCESS"),
  task_key: text,
  timeout_seconds: numberOr(0),
  webhook_notifications: webhookNotifications,
};

/** One of the `tasks` of a job. */
export const TASK_SCHEMA: ObjectShape = object(
  {
    ...innerTaskFields,
    for_each_task: object({
      concurrency: numberOr(1),
      inputs: json,
      task: object(innerTaskFields, { library: "libraries" }),
    }),
  },
  { library: "libraries" },
);

/** Top-level fields of the single-task format of Jobs API 2.0, other than the task type. */
const singleTaskFields: Fields = Object.fromEntries(
  [
    "existing_cluster_id",
    "libraries",
    "max_retries",
    "min_retry_interval_millis",
    "new_cluster",
    "retry_on_timeout",
  ].map((name) => [name, innerTaskFields[name] ?? any]),
);

/** Whether a setting at the top of a job belongs to its single task, if it has one. */
export function isOfSingleTask(name: string): boolean {
  return name.endsWith("_task") || name === "library" || Object.hasOwn(singleTaskFields, name);
}

const pauseStatus = textOr("UNPAUSED");
const cron: Fields = { quartz_cron_expression: text, timezone_id: text };
const sqlCondition = object({ sql_query_id: text, trigger_mode: text, warehouse_id: text });
const waits: Fields = {
  min_time_between_triggers_seconds: numberOr(0),
  wait_after_last_change_seconds: numberOr(0),
};
const tableUpdate = object({
  condition: textOr("ANY_UPDATED"),
  table_names: stringSet,
  ...waits,
});
const events: Fields = {
  file_arrival: object({ url: text, ...waits }),
  model: object({ aliases: stringSet, condition: text, securable_name: text, ...waits }),
  periodic: object({ interval: number, unit: text }),
  sql_condition: sqlCondition,
  table_update: tableUpdate,
};
const continuous: Fields = {
  maintenance_window: object({ day_of_week: text, start_hour: number, timezone_id: text }),
  task_retry_mode: textOr("NEVER"),
};

/** Job settings of the Jobs API, with additional settings of bundles. */
export const JOB_SCHEMA: ObjectShape = object(
  {
    ...singleTaskFields,
    // As in `jobs/create`; bundles name it `permissions`.
    access_control_list: setOf({
      group_name: text,
      permission_level: text,
      service_principal_name: text,
      user_name: text,
    }),
    // Terraform provider only: starts and stops the job's runs.
    always_running: flagOr(false),
    budget_policy_id: text,
    continuous: object({ pause_status: pauseStatus, ...continuous }),
    control_run_state: flagOr(false),
    deployment: object({
      deployment_id: text,
      kind: text,
      metadata_file_path: text,
      version_id: text,
    }),
    description: text,
    edit_mode: textOr("EDITABLE"),
    email_notifications: emailNotifications,
    environments: keyed(
      "environment_key",
      object({
        environment_key: text,
        spec: droppable({
          base_environment: path,
          client: text,
          dependencies: { kind: "strings", isPath: true },
          environment_version: text,
          java_dependencies: strings,
        }),
      }),
    ),
    git_source: object(
      {
        git_branch: text,
        git_commit: text,
        git_provider: text,
        git_snapshot: object({ used_commit: text }),
        git_tag: text,
        git_url: text,
        job_source: object({
          dirty_state: text,
          import_from_git_branch: text,
          job_config_path: text,
        }),
        sparse_checkout: object({ patterns: strings }),
      },
      {
        branch: "git_branch",
        commit: "git_commit",
        provider: "git_provider",
        tag: "git_tag",
        url: "git_url",
      },
    ),
    health,
    job_clusters: keyed(
      "job_cluster_key",
      object({ job_cluster_key: text, new_cluster: newCluster, serverless_compute_id: text }),
    ),
    // Bundles and Terraform only.
    lifecycle: any,
    max_concurrent_runs: numberOr(1),
    name: textOr("Untitled"),
    notification_settings: notificationSettings,
    parameters: keyed("name", object({ default: anyText, name: text })),
    parent_path: text,
    performance_target: text,
    provider_config: providerConfig,
    queue: droppable({ enabled: flagOr(true) }),
    run_as: {
      ...object({ group_name: text, service_principal_name: text, user_name: text }),
      isComputed: true,
    },
    schedule: object({ ...cron, pause_status: pauseStatus, sql_condition: sqlCondition }),
    tags: map,
    tasks: keyed("task_key", TASK_SCHEMA),
    timeout_seconds: numberOr(0),
    trigger: object({ pause_status: pauseStatus, ...events, table: tableUpdate }),
    triggers: list({
      continuous: object(continuous),
      pause_status: pauseStatus,
      schedule: object(cron),
      ...events,
    }),
    usage_policy_id: text,
    webhook_notifications: webhookNotifications,
  },
  {
    environment: "environments",
    job_cluster: "job_clusters",
    library: "libraries",
    parameter: "parameters",
    task: "tasks",
  },
);
