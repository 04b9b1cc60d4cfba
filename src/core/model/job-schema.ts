/** Names and shapes of job settings in the Jobs API. Readers convert other formats to this one. */

/** A string, number or boolean. */
export interface ScalarShape {
  readonly kind: "string" | "number" | "boolean";
  /** Databricks' default, which equals an absent value. */
  readonly default?: string | number | boolean;
  /** An empty string is a value. */
  readonly mayBeEmpty?: true;
  /** GIT or WORKSPACE. The job's own default equals an absent value. */
  readonly isSource?: true;
  /** A file or folder. Bundles write it relative to the file that contains the setting. */
  readonly isPath?: true;
  /** The value is never shown. */
  readonly isSecret?: true;
  /** The Terraform provider computes it if it is not set, so it is unknown in plans. */
  readonly isComputed?: true;
  /** The job id of a Run Job task. */
  readonly isJobId?: true;
  /** A JSON string; bundles may write it as YAML. */
  readonly isJson?: true;
}

/** A map of strings with user-defined keys. */
export interface MapShape {
  readonly kind: "map";
  /** Values whose key sounds like a secret are never shown. */
  readonly mayHoldSecrets?: true;
}

/** A list of strings. */
export interface StringsShape {
  readonly kind: "strings";
  /** The order is insignificant. */
  readonly isSet?: true;
  readonly isPath?: true;
}

export interface ObjectShape {
  readonly kind: "object";
  readonly fields: Readonly<Record<string, Shape>>;
  /** An empty object equals an absent one. */
  readonly mayBeDropped?: true;
  /** See {@link ScalarShape}. */
  readonly isComputed?: true;
  /** Fields with a different name in the Terraform provider, by that name. */
  readonly terraform?: Readonly<Record<string, string>>;
}

/** A list of objects. */
export interface ListShape {
  readonly kind: "list";
  readonly of: ObjectShape;
  /** The field that identifies its objects. The order of such lists is insignificant. */
  readonly key?: string;
  /** Its objects have no identity, and their order is insignificant. */
  readonly isSet?: true;
}

/** Any value. */
export interface AnyShape {
  readonly kind: "any";
}

export type Shape = ScalarShape | MapShape | StringsShape | ObjectShape | ListShape | AnyShape;
type Fields = Readonly<Record<string, Shape>>;

const text: ScalarShape = { kind: "string" };
const textOr = (value: string): ScalarShape => ({ kind: "string", default: value });
const anyText: ScalarShape = { kind: "string", mayBeEmpty: true };
const path: ScalarShape = { kind: "string", isPath: true };
const secret: ScalarShape = { kind: "string", isSecret: true };
const source: ScalarShape = { kind: "string", isSource: true };
const number: ScalarShape = { kind: "number" };
const numberOr = (value: number): ScalarShape => ({ kind: "number", default: value });
const flagOr = (value: boolean): ScalarShape => ({ kind: "boolean", default: value });
const computed: ScalarShape = { kind: "string", isComputed: true };
const computedFlag: ScalarShape = { kind: "boolean", default: false, isComputed: true };
const jobId: ScalarShape = { kind: "string", isJobId: true };
const json: ScalarShape = { kind: "string", isJson: true };
const map: MapShape = { kind: "map" };
const secretMap: MapShape = { kind: "map", mayHoldSecrets: true };
const strings: StringsShape = { kind: "strings" };
const stringSet: StringsShape = { kind: "strings", isSet: true };
const any: AnyShape = { kind: "any" };
const object = (fields: Fields, terraform?: ObjectShape["terraform"]): ObjectShape => ({
  kind: "object",
  fields,
  ...(terraform && { terraform }),
});
const droppable = (fields: Fields): ObjectShape => ({ kind: "object", fields, mayBeDropped: true });
const list = (fields: Fields): ListShape => ({ kind: "list", of: object(fields) });
const setOf = (fields: Fields): ListShape => ({ kind: "list", of: object(fields), isSet: true });
const keyed = (key: string, of: ObjectShape): ListShape => ({ kind: "list", of, key });

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
const providerConfig = object({ workspace_id: text });

const destination = object({ destination: text });
const storage = object({
  canned_acl: text,
  destination: text,
  enable_encryption: flagOr(false),
  encryption_type: text,
  endpoint: text,
  kms_key: text,
  region: text,
});
const library = object({
  cran: object({ package: text, repo: text }),
  egg: path,
  jar: path,
  maven: object({ coordinates: text, exclusions: strings, repo: text }),
  provider_config: providerConfig,
  pypi: object({ package: text, repo: text }),
  requirements: path,
  whl: path,
});
const libraries: ListShape = { kind: "list", of: library, isSet: true };

const flexibility = object({ alternate_node_type_ids: strings, aws_context_id: text });
const newCluster = object(
  {
    apply_policy_default_values: flagOr(false),
    autoscale: object({ max_workers: number, min_workers: number }),
    autotermination_minutes: numberOr(0),
    aws_attributes: object({
      availability: text,
      ebs_volume_count: numberOr(0),
      ebs_volume_iops: numberOr(0),
      ebs_volume_size: numberOr(0),
      ebs_volume_throughput: numberOr(0),
      ebs_volume_type: text,
      first_on_demand: number,
      instance_profile_arn: text,
      spot_bid_price_percent: numberOr(0),
      zone_id: text,
    }),
    azure_attributes: object({
      availability: text,
      capacity_reservation_group: text,
      first_on_demand: number,
      log_analytics_info: object({
        log_analytics_primary_key: secret,
        log_analytics_workspace_id: text,
      }),
      spot_bid_max_price: number,
    }),
    cluster_id: text,
    cluster_log_conf: object({ dbfs: destination, s3: storage, volumes: destination }),
    cluster_mount_info: list({
      local_mount_dir_path: text,
      network_filesystem_info: object({ mount_options: text, server_address: text }),
      remote_mount_dir_path: text,
    }),
    cluster_name: text,
    custom_tags: map,
    data_security_mode: text,
    dependency_mode: text,
    docker_image: object({ basic_auth: object({ password: secret, username: text }), url: text }),
    driver_instance_pool_id: computed,
    driver_node_type_flexibility: flexibility,
    driver_node_type_id: computed,
    enable_elastic_disk: computedFlag,
    enable_local_disk_encryption: computedFlag,
    gcp_attributes: object({
      availability: text,
      boot_disk_size: numberOr(0),
      confidential_compute_type: text,
      first_on_demand: number,
      google_service_account: text,
      local_ssd_count: numberOr(0),
      use_preemptible_executors: flagOr(false),
      zone_id: text,
    }),
    idempotency_token: text,
    init_scripts: list({
      abfss: destination,
      dbfs: destination,
      file: destination,
      gcs: destination,
      s3: storage,
      volumes: destination,
      workspace: destination,
    }),
    instance_pool_id: text,
    is_single_node: flagOr(false),
    kind: text,
    libraries,
    node_type_id: computed,
    num_workers: numberOr(0),
    policy_id: text,
    provider_config: providerConfig,
    remote_disk_throughput: numberOr(0),
    runtime_engine: text,
    single_user_name: text,
    spark_conf: secretMap,
    spark_env_vars: secretMap,
    spark_version: text,
    ssh_public_keys: strings,
    total_initial_remote_disk_size: numberOr(0),
    use_ml_runtime: flagOr(false),
    worker_node_type_flexibility: flexibility,
    workload_type: object({ clients: object({ jobs: flagOr(true), notebooks: flagOr(true) }) }),
  },
  { library: "libraries" },
);

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
