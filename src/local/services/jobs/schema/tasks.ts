import {
  CONDITION_OPERATORS,
  HEALTH_METRICS,
  HEALTH_OPERATORS,
  MAX_FOR_EACH_CONCURRENCY,
  MAX_FOR_EACH_INPUTS,
  MAX_TASK_DESCRIPTION_BYTES,
  MAX_WEBHOOKS,
  RUN_IF,
  TASK_SOURCES,
} from "@jobstrata/core/model";
import * as z from "zod";
import { library, newCluster } from "./cluster";
import { int32, int64, key, object, stringMap, strings, text } from "../../../schema/shape";

const emailShape = {
  no_alert_for_skipped_runs: z.boolean().optional(),
  on_duration_warning_threshold_exceeded: strings.optional(),
  on_failure: strings.optional(),
  on_start: strings.optional(),
  on_streaming_backlog_exceeded: strings.optional(),
  on_success: strings.optional(),
};
export const emailNotifications = object(emailShape);

const webhooks = z
  .array(object({ id: z.string() }))
  .max(MAX_WEBHOOKS, `must not hold more than ${MAX_WEBHOOKS} destinations for an event`);
export const webhookNotifications = object({
  on_duration_warning_threshold_exceeded: webhooks.optional(),
  on_failure: webhooks.optional(),
  on_start: webhooks.optional(),
  on_streaming_backlog_exceeded: webhooks.optional(),
  on_success: webhooks.optional(),
});

export const health = object({
  rules: z
    .array(
      object({
        metric: z.enum(HEALTH_METRICS),
        op: z.enum(HEALTH_OPERATORS),
        value: int64,
      }),
    )
    .optional(),
});

export const pipelineParams = object({
  full_refresh: z.boolean().optional(),
  full_refresh_selection: strings.optional(),
  refresh_flow_selection: strings.optional(),
  refresh_selection: strings.optional(),
  reset_checkpoint_selection: strings.optional(),
});

/** Parameters by task type, in run-now, repair and Run Job tasks. */
export const legacyParameters = {
  dbt_commands: strings.optional(),
  jar_params: strings.optional(),
  notebook_params: stringMap.optional(),
  pipeline_params: pipelineParams.optional(),
  python_named_params: stringMap.optional(),
  python_params: strings.optional(),
  spark_submit_params: strings.optional(),
  sql_params: stringMap.optional(),
};

/** An empty string means the default: GIT if the job has a `git_source`. */
const source = z.preprocess(
  (value) => (value === "" ? undefined : value),
  z.enum(TASK_SOURCES).optional(),
);
const subscription = object({
  destination_id: z.string().optional(),
  user_name: z.string().optional(),
});
const subscriptions = z.array(subscription).optional();
const powerBiStorage = z.enum(["DIRECT_QUERY", "DUAL", "IMPORT"]).optional();

/** Task types. A task has exactly one. Types that cannot run locally are stored and simulated. */
const taskTypes = {
  ai_runtime_task: z.record(z.string(), z.unknown()).optional(),
  alert_task: object({
    alert_id: z.string().optional(),
    parameters: stringMap.optional(),
    subscribers: subscriptions,
    warehouse_id: z.string().optional(),
    workspace_path: z.string().optional(),
  }).optional(),
  clean_rooms_notebook_task: object({
    clean_room_name: z.string(),
    etag: z.string().optional(),
    notebook_base_parameters: stringMap.optional(),
    notebook_name: z.string(),
  }).optional(),
  condition_task: object({
    left: z.string(),
    op: z.enum(CONDITION_OPERATORS),
    right: z.string(),
  }).optional(),
  dashboard_task: object({
    dashboard_id: z.string().optional(),
    filters: stringMap.optional(),
    subscription: object({
      custom_subject: z.string().optional(),
      paused: z.boolean().optional(),
      subscribers: subscriptions,
    }).optional(),
    warehouse_id: z.string().optional(),
  }).optional(),
  dbt_cloud_task: object({
    connection_resource_name: z.string().optional(),
    dbt_cloud_job_id: int64.optional(),
  }).optional(),
  dbt_platform_task: object({
    connection_resource_name: z.string().optional(),
    dbt_platform_job_id: z.string().optional(),
  }).optional(),
  dbt_task: object({
    catalog: z.string().optional(),
    commands: strings,
    profiles_directory: z.string().optional(),
    project_directory: z.string().optional(),
    schema: z.string().optional(),
    source,
    warehouse_id: z.string().optional(),
  }).optional(),
  gen_ai_compute_task: z.record(z.string(), z.unknown()).optional(),
  notebook_task: object({
    base_parameters: stringMap.optional(),
    notebook_path: z.string().min(1, "must not be empty"),
    source,
    warehouse_id: z.string().optional(),
  }).optional(),
  pipeline_task: object({
    full_refresh: z.boolean().optional(),
    full_refresh_selection: strings.optional(),
    parameters: stringMap.optional(),
    pipeline_id: z.string(),
    refresh_flow_selection: strings.optional(),
    refresh_selection: strings.optional(),
    reset_checkpoint_selection: strings.optional(),
  }).optional(),
  power_bi_task: object({
    connection_resource_name: z.string().optional(),
    power_bi_model: object({
      authentication_method: z.enum(["OAUTH", "PAT"]).optional(),
      model_name: z.string().optional(),
      overwrite_existing: z.boolean().optional(),
      storage_mode: powerBiStorage,
      workspace_name: z.string().optional(),
    }).optional(),
    refresh_after_update: z.boolean().optional(),
    tables: z
      .array(
        object({
          catalog: z.string().optional(),
          name: z.string().optional(),
          schema: z.string().optional(),
          storage_mode: powerBiStorage,
        }),
      )
      .optional(),
    warehouse_id: z.string().optional(),
  }).optional(),
  python_operator_task: object({
    main: z.string().optional(),
    parameters: z
      .array(object({ name: z.string().optional(), value: z.string().optional() }))
      .optional(),
  }).optional(),
  python_wheel_task: object({
    entry_point: z.string(),
    named_parameters: stringMap.optional(),
    package_name: z.string(),
    parameters: strings.optional(),
  }).optional(),
  run_job_task: object({
    ...legacyParameters,
    job_id: int64,
    job_parameters: stringMap.optional(),
  }).optional(),
  spark_jar_task: object({
    jar_uri: z.string().optional(),
    main_class_name: z.string().optional(),
    parameters: strings.optional(),
    run_as_repl: z.boolean().optional(),
  }).optional(),
  spark_python_task: object({
    parameters: strings.optional(),
    python_file: z.string(),
    source,
  }).optional(),
  spark_submit_task: object({ parameters: strings.optional() }).optional(),
  sql_task: object({
    alert: object({
      alert_id: z.string(),
      pause_subscriptions: z.boolean().optional(),
      subscriptions,
    }).optional(),
    dashboard: object({
      custom_subject: z.string().optional(),
      dashboard_id: z.string(),
      pause_subscriptions: z.boolean().optional(),
      subscriptions,
    }).optional(),
    file: object({ path: z.string(), source }).optional(),
    parameters: stringMap.optional(),
    query: object({ query_id: z.string() }).optional(),
    warehouse_id: z.string(),
  }).optional(),
};

/** Names of the fields that hold a task type. */
export const TASK_TYPES = [...Object.keys(taskTypes), "for_each_task"] as TaskType[];
export type TaskType = keyof typeof taskTypes | "for_each_task";

/** Top-level fields of a submitted run that has one task instead of `tasks`. */
export const singleTask = {
  existing_cluster_id: z.string().optional(),
  libraries: z.array(library).optional(),
  new_cluster: newCluster.optional(),
  ...taskTypes,
};

const common = {
  compute: object({ hardware_accelerator: z.string().optional() }).optional(),
  depends_on: z
    .array(object({ outcome: z.enum(["true", "false"]).optional(), task_key: z.string() }))
    .optional(),
  description: text(MAX_TASK_DESCRIPTION_BYTES).optional(),
  disable_auto_optimization: z.boolean().optional(),
  disabled: z.boolean().optional(),
  email_notifications: emailNotifications.optional(),
  environment_key: z.string().optional(),
  health: health.optional(),
  job_cluster_key: z.string().optional(),
  max_retries: int32.min(-1, "must be -1 (forever) or more").optional(),
  min_retry_interval_millis: int32.min(0, "must not be negative").optional(),
  notification_settings: object({
    alert_on_last_attempt: z.boolean().optional(),
    no_alert_for_canceled_runs: z.boolean().optional(),
    no_alert_for_skipped_runs: z.boolean().optional(),
  }).optional(),
  retry_on_timeout: z.boolean().optional(),
  run_if: z.enum(RUN_IF).optional(),
  timeout_seconds: int32.min(0, "must not be negative").optional(),
  webhook_notifications: webhookNotifications.optional(),
  ...singleTask,
};

export const task = object({
  ...common,
  task_key: key("task key"),
  for_each_task: object({
    concurrency: int32
      .min(1, "must be 1 or more")
      .max(MAX_FOR_EACH_CONCURRENCY, `must not exceed ${MAX_FOR_EACH_CONCURRENCY}`)
      .optional(),
    inputs: z
      .string()
      .max(MAX_FOR_EACH_INPUTS, `must not exceed ${MAX_FOR_EACH_INPUTS} characters`),
    task: object({
      ...common,
      task_key: key("task key"),
      for_each_task: z.never({ error: "for_each_task cannot be nested" }).optional(),
    }),
  }).optional(),
});

export type Task = z.infer<typeof task>;
export type NestedTask = NonNullable<Task["for_each_task"]>["task"];
