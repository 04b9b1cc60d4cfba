import {
  DIRTY_STATES,
  EDIT_MODES,
  GIT_PROVIDERS,
  JOB_PERMISSION_LEVELS,
  MAX_CONCURRENT_RUNS,
  MAX_DESCRIPTION,
  MAX_ENVIRONMENTS,
  MAX_IDEMPOTENCY_TOKEN,
  MAX_JOB_CLUSTERS,
  MAX_NAME_BYTES,
  MAX_TAGS,
  MAX_TASKS,
  MODEL_CONDITIONS,
  PAUSE_STATUSES,
  PERFORMANCE_TARGETS,
  SERVICE_PERIODIC_UNITS,
  TABLE_UPDATE_CONDITIONS,
  TASK_RETRY_MODES,
} from "@jobstrata/core/model";
import * as z from "zod";
import { invalidParameter } from "../../../api-error";
import { omit, pick } from "../../../omit";
import { newCluster } from "./cluster";
import {
  int32,
  int64,
  key,
  object,
  parameterName,
  stringMap,
  strings,
  text,
} from "../../../schema/shape";
import {
  emailNotifications,
  health,
  legacyParameters,
  singleTask,
  task,
  type Task,
  webhookNotifications,
} from "./tasks";

const pauseStatus = z.enum(PAUSE_STATUSES).optional();
const cron = { quartz_cron_expression: z.string(), timezone_id: z.string() };
const sqlCondition = object({
  sql_query_id: z.string(),
  trigger_mode: z.enum(["QUERY_RETURNS_ROWS", "RESULT_VALUE_CHANGES"]).optional(),
  warehouse_id: z.string(),
});
/** Fields of a continuous trigger, shared by `continuous` and `triggers`. */
const continuous = {
  maintenance_window: object({
    day_of_week: z.string(),
    start_hour: int32,
    timezone_id: z.string(),
  }).optional(),
  task_retry_mode: z.enum(TASK_RETRY_MODES).optional(),
};
const pause = int32.min(60, "must be 60 or more").optional();
const waits = {
  min_time_between_triggers_seconds: pause,
  wait_after_last_change_seconds: pause,
};
const tableUpdate = object({
  condition: z.enum(TABLE_UPDATE_CONDITIONS).optional(),
  table_names: strings,
  ...waits,
}).optional();
const eventTriggers = {
  file_arrival: object({ url: z.string(), ...waits }).optional(),
  model: object({
    aliases: strings.optional(),
    condition: z.enum(MODEL_CONDITIONS),
    securable_name: z.string().optional(),
    ...waits,
  }).optional(),
  periodic: object({
    interval: int32.min(1, "must be 1 or more"),
    unit: z.enum(SERVICE_PERIODIC_UNITS),
  }).optional(),
  sql_condition: sqlCondition.optional(),
  table_update: tableUpdate,
};

export const queue = object({ enabled: z.boolean() });
export const runAs = object({
  group_name: z.string().optional(),
  service_principal_name: z.string().optional(),
  user_name: z.string().optional(),
});
export const environments = z
  .array(
    object({
      environment_key: key("environment key"),
      spec: object({
        base_environment: z.string().optional(),
        client: z.string().optional(),
        dependencies: strings.optional(),
        environment_version: z.string().optional(),
        java_dependencies: strings.optional(),
      }).optional(),
    }),
  )
  .max(MAX_ENVIRONMENTS, `must not hold more than ${MAX_ENVIRONMENTS} environments`);
export const gitSource = object({
  git_branch: z.string().optional(),
  git_commit: z.string().optional(),
  // Databricks ignores upper and lower case here.
  git_provider: z.preprocess(
    (value) =>
      GIT_PROVIDERS.find(
        (name) => typeof value === "string" && name.toLowerCase() === value.toLowerCase(),
      ) ?? value,
    z.enum(GIT_PROVIDERS),
  ),
  git_snapshot: object({ used_commit: z.string().optional() }).optional(),
  git_tag: z.string().optional(),
  git_url: z.string(),
  job_source: object({
    dirty_state: z.enum(DIRTY_STATES).optional(),
    import_from_git_branch: z.string(),
    job_config_path: z.string(),
  }).optional(),
  sparse_checkout: object({ patterns: strings.optional() }).optional(),
});
export const performanceTarget = z.enum(PERFORMANCE_TARGETS);
export const notificationSettings = object({
  no_alert_for_canceled_runs: z.boolean().optional(),
  no_alert_for_skipped_runs: z.boolean().optional(),
});
/** An access control list with these permission levels. */
export const accessControlOf = <Level extends string>(levels: readonly [Level, ...Level[]]) =>
  z.array(
    object({
      group_name: z.string().optional(),
      permission_level: z.enum(levels),
      service_principal_name: z.string().optional(),
      user_name: z.string().optional(),
    }),
  );
export const accessControl = accessControlOf(JOB_PERMISSION_LEVELS);
const tasks = z.array(task).max(MAX_TASKS, `must not hold more than ${MAX_TASKS} tasks`);
const timeout = int32.min(0, "must not be negative");

const settingsShape = {
  budget_policy_id: z.string().optional(),
  continuous: object({ pause_status: pauseStatus, ...continuous }).optional(),
  deployment: object({
    deployment_id: z.string().optional(),
    kind: z.enum(["BUNDLE", "SYSTEM_MANAGED"]),
    metadata_file_path: z.string().optional(),
    version_id: z.string().optional(),
  }).optional(),
  description: z
    .string()
    .max(MAX_DESCRIPTION, `must not exceed ${MAX_DESCRIPTION} characters`)
    .optional(),
  edit_mode: z.enum(EDIT_MODES).optional(),
  email_notifications: emailNotifications.optional(),
  environments: environments.optional(),
  format: z.enum(["MULTI_TASK", "SINGLE_TASK"]).optional(),
  git_source: gitSource.optional(),
  health: health.optional(),
  job_clusters: z
    .array(
      object({
        job_cluster_key: key("job cluster key"),
        new_cluster: newCluster.optional(),
        serverless_compute_id: z.string().optional(),
      }),
    )
    .max(MAX_JOB_CLUSTERS, `must not hold more than ${MAX_JOB_CLUSTERS} clusters`)
    .optional(),
  max_concurrent_runs: int32
    .min(0, "must not be negative")
    .max(MAX_CONCURRENT_RUNS, `must not exceed ${MAX_CONCURRENT_RUNS}`)
    .optional(),
  name: text(MAX_NAME_BYTES).optional(),
  notification_settings: notificationSettings.optional(),
  parameters: z.array(object({ default: z.string(), name: parameterName })).optional(),
  parent_path: z.string().optional(),
  performance_target: performanceTarget.optional(),
  queue: queue.optional(),
  run_as: runAs.optional(),
  schedule: object({
    ...cron,
    pause_status: pauseStatus,
    sql_condition: sqlCondition.optional(),
  }).optional(),
  tags: stringMap
    .refine(
      (tags) => Object.keys(tags).length <= MAX_TAGS,
      `must not hold more than ${MAX_TAGS} tags`,
    )
    .optional(),
  tasks: tasks.optional(),
  timeout_seconds: timeout.optional(),
  trigger: object({ pause_status: pauseStatus, ...eventTriggers }).optional(),
  triggers: z
    .array(
      object({
        continuous: object(continuous).optional(),
        pause_status: pauseStatus,
        schedule: object(cron).optional(),
        ...eventTriggers,
      }),
    )
    .optional(),
  usage_policy_id: z.string().optional(),
  webhook_notifications: webhookNotifications.optional(),
};

export const jobSettings = object(settingsShape);
export type JobSettings = z.infer<typeof jobSettings>;

export const createJob = object({
  ...settingsShape,
  access_control_list: accessControl.optional(),
});
export const resetJob = object({ job_id: int64, new_settings: jobSettings });
export const updateJob = object({
  fields_to_remove: strings.optional(),
  job_id: int64,
  new_settings: jobSettings.optional(),
});
export const deleteJob = object({ job_id: int64 });

const idempotencyToken = z
  .string()
  .max(MAX_IDEMPOTENCY_TOKEN, `must not exceed ${MAX_IDEMPOTENCY_TOKEN} characters`)
  .regex(/^\P{Cc}*$/u, "must not contain control characters");

export const runNow = object({
  ...legacyParameters,
  idempotency_token: idempotencyToken.optional(),
  job_id: int64,
  job_parameters: stringMap.optional(),
  only: strings.optional(),
  performance_target: performanceTarget.optional(),
  queue: queue.optional(),
});
export type RunNow = z.infer<typeof runNow>;

export const submitRun = object({
  access_control_list: accessControl.optional(),
  budget_policy_id: z.string().optional(),
  email_notifications: emailNotifications.optional(),
  environments: environments.optional(),
  git_source: gitSource.optional(),
  health: health.optional(),
  idempotency_token: idempotencyToken.optional(),
  notification_settings: notificationSettings.optional(),
  performance_target: performanceTarget.optional(),
  queue: queue.optional(),
  run_as: runAs.optional(),
  run_name: text(MAX_NAME_BYTES).optional(),
  tasks: tasks.optional(),
  timeout_seconds: timeout.optional(),
  usage_policy_id: z.string().optional(),
  webhook_notifications: webhookNotifications.optional(),
  ...singleTask,
});
export type SubmitRun = Omit<z.infer<typeof submitRun>, keyof typeof singleTask> & {
  readonly tasks: readonly Task[];
};

/**
 * Converts a request with a single top-level task, which Airflow's operators send, to a list of `tasks`.
 * @throws {ApiError} if the request has both
 */
export function tasksOf(request: z.infer<typeof submitRun>): SubmitRun {
  const fields = Object.keys(singleTask) as (keyof typeof singleTask)[];
  const rest = omit(request, ...fields);
  const single = pick(request, fields);
  const [field] = Object.keys(single);
  if (field === undefined) return { ...rest, tasks: request.tasks ?? [] };
  if (request.tasks !== undefined)
    throw invalidParameter(`${field} belongs into one of tasks, which are given as well.`);
  const { run_name = "" } = request;
  const name = run_name === "" ? "Untitled" : run_name;
  const task_key = name.replace(/[^\w-]/g, "_").slice(0, 100);
  return { ...rest, tasks: [{ task_key, ...single }] };
}

export const repairRun = object({
  ...legacyParameters,
  job_parameters: stringMap.optional(),
  latest_repair_id: int64.optional(),
  performance_target: performanceTarget.optional(),
  rerun_all_failed_tasks: z.boolean().optional(),
  rerun_dependent_tasks: z.boolean().optional(),
  rerun_tasks: strings.optional(),
  run_id: int64,
});
export type RepairRun = z.infer<typeof repairRun>;

export const cancelRun = object({ run_id: int64 });
export const cancelAllRuns = object({
  all_queued_runs: z.boolean().optional(),
  job_id: int64.optional(),
});
