/** The prop that sets each field of `databricks_job`; of several, those of other classes and methods too. */
export const FIELDS: Readonly<Record<string, string>> = {
  budget_policy_id: "budgetPolicyId",
  "continuous.pause_status": "paused",
  "continuous.task_retry_mode": "JobTrigger.continuous taskRetryMode",
  "deployment.kind": "deployment.kind",
  "deployment.metadata_file_path": "deployment.metadataFilePath",
  description: "description",
  edit_mode: "editMode",
  "email_notifications.on_duration_warning_threshold_exceeded":
    "emailNotifications.onDurationWarningThresholdExceeded",
  "email_notifications.on_failure": "emailNotifications.onFailure",
  "email_notifications.on_start": "emailNotifications.onStart",
  "email_notifications.on_streaming_backlog_exceeded":
    "emailNotifications.onStreamingBacklogExceeded",
  "email_notifications.on_success": "emailNotifications.onSuccess",
  "environment.environment_key": "JobCompute.serverless environmentKey",
  "environment.spec.dependencies": "JobCompute.serverless dependencies",
  "environment.spec.environment_version": "JobCompute.serverless environmentVersion",
  "environment.spec.java_dependencies": "JobCompute.serverless javaDependencies",
  "git_source.branch": "NotebookSource.fromGit branch",
  "git_source.commit": "NotebookSource.fromGit commit",
  "git_source.job_source.dirty_state": "NotebookSource.fromGit jobSource.dirtyState",
  "git_source.job_source.import_from_git_branch":
    "NotebookSource.fromGit jobSource.importFromGitBranch",
  "git_source.job_source.job_config_path": "NotebookSource.fromGit jobSource.jobConfigPath",
  "git_source.provider": "NotebookSource.fromGit provider",
  "git_source.tag": "NotebookSource.fromGit tag",
  "git_source.url": "NotebookSource.fromGit url",
  "health.rules.metric": "healthRules.metric",
  "health.rules.op": "healthRules.op",
  "health.rules.value": "healthRules.value",
  "job_cluster.job_cluster_key": "JobCompute.jobCluster jobClusterKey",
  "job_cluster.new_cluster.apply_policy_default_values":
    "JobCompute.jobCluster applyPolicyDefaultValues",
  "job_cluster.new_cluster.autoscale.max_workers": "JobCompute.jobCluster autoscale.maxWorkers",
  "job_cluster.new_cluster.autoscale.min_workers": "JobCompute.jobCluster autoscale.minWorkers",
  "job_cluster.new_cluster.aws_attributes.availability":
    "JobCompute.jobCluster awsAttributes.availability",
  "job_cluster.new_cluster.aws_attributes.ebs_volume_count":
    "JobCompute.jobCluster awsAttributes.ebsVolumeCount",
  "job_cluster.new_cluster.aws_attributes.ebs_volume_iops":
    "JobCompute.jobCluster awsAttributes.ebsVolumeIops",
  "job_cluster.new_cluster.aws_attributes.ebs_volume_size":
    "JobCompute.jobCluster awsAttributes.ebsVolumeSize",
  "job_cluster.new_cluster.aws_attributes.ebs_volume_throughput":
    "JobCompute.jobCluster awsAttributes.ebsVolumeThroughput",
  "job_cluster.new_cluster.aws_attributes.ebs_volume_type":
    "JobCompute.jobCluster awsAttributes.ebsVolumeType",
  "job_cluster.new_cluster.aws_attributes.first_on_demand":
    "JobCompute.jobCluster awsAttributes.firstOnDemand",
  "job_cluster.new_cluster.aws_attributes.instance_profile_arn":
    "JobCompute.jobCluster awsAttributes.instanceProfileArn",
  "job_cluster.new_cluster.aws_attributes.spot_bid_price_percent":
    "JobCompute.jobCluster awsAttributes.spotBidPricePercent",
  "job_cluster.new_cluster.aws_attributes.zone_id": "JobCompute.jobCluster awsAttributes.zoneId",
  "job_cluster.new_cluster.azure_attributes.availability":
    "JobCompute.jobCluster azureAttributes.availability",
  "job_cluster.new_cluster.azure_attributes.first_on_demand":
    "JobCompute.jobCluster azureAttributes.firstOnDemand",
  "job_cluster.new_cluster.azure_attributes.log_analytics_info.log_analytics_primary_key":
    "JobCompute.jobCluster azureAttributes.logAnalyticsInfo.logAnalyticsPrimaryKey",
  "job_cluster.new_cluster.azure_attributes.log_analytics_info.log_analytics_workspace_id":
    "JobCompute.jobCluster azureAttributes.logAnalyticsInfo.logAnalyticsWorkspaceId",
  "job_cluster.new_cluster.azure_attributes.spot_bid_max_price":
    "JobCompute.jobCluster azureAttributes.spotBidMaxPrice",
  "job_cluster.new_cluster.cluster_log_conf.dbfs.destination":
    "JobCompute.jobCluster clusterLogConf.dbfs.destination",
  "job_cluster.new_cluster.cluster_log_conf.s3.destination":
    "JobCompute.jobCluster clusterLogConf.s3.destination",
  "job_cluster.new_cluster.cluster_log_conf.s3.region":
    "JobCompute.jobCluster clusterLogConf.s3.region",
  "job_cluster.new_cluster.cluster_log_conf.volumes.destination":
    "JobCompute.jobCluster clusterLogConf.volumes.destination",
  "job_cluster.new_cluster.custom_tags": "JobCompute.jobCluster customTags",
  "job_cluster.new_cluster.data_security_mode": "JobCompute.jobCluster dataSecurityMode",
  "job_cluster.new_cluster.docker_image.basic_auth.password":
    "JobCompute.jobCluster dockerImage.basicAuth.password",
  "job_cluster.new_cluster.docker_image.basic_auth.username":
    "JobCompute.jobCluster dockerImage.basicAuth.username",
  "job_cluster.new_cluster.docker_image.url": "JobCompute.jobCluster dockerImage.url",
  "job_cluster.new_cluster.driver_instance_pool_id": "JobCompute.jobCluster driverInstancePoolId",
  "job_cluster.new_cluster.driver_node_type_id": "JobCompute.jobCluster driverNodeTypeId",
  "job_cluster.new_cluster.enable_elastic_disk": "JobCompute.jobCluster enableElasticDisk",
  "job_cluster.new_cluster.enable_local_disk_encryption":
    "JobCompute.jobCluster enableLocalDiskEncryption",
  "job_cluster.new_cluster.gcp_attributes.availability":
    "JobCompute.jobCluster gcpAttributes.availability",
  "job_cluster.new_cluster.gcp_attributes.boot_disk_size":
    "JobCompute.jobCluster gcpAttributes.bootDiskSize",
  "job_cluster.new_cluster.gcp_attributes.first_on_demand":
    "JobCompute.jobCluster gcpAttributes.firstOnDemand",
  "job_cluster.new_cluster.gcp_attributes.google_service_account":
    "JobCompute.jobCluster gcpAttributes.googleServiceAccount",
  "job_cluster.new_cluster.gcp_attributes.local_ssd_count":
    "JobCompute.jobCluster gcpAttributes.localSsdCount",
  "job_cluster.new_cluster.gcp_attributes.zone_id": "JobCompute.jobCluster gcpAttributes.zoneId",
  "job_cluster.new_cluster.init_scripts.abfss.destination":
    "JobCompute.jobCluster initScripts.abfss.destination",
  "job_cluster.new_cluster.init_scripts.gcs.destination":
    "JobCompute.jobCluster initScripts.gcs.destination",
  "job_cluster.new_cluster.init_scripts.s3.destination":
    "JobCompute.jobCluster initScripts.s3.destination",
  "job_cluster.new_cluster.init_scripts.s3.region": "JobCompute.jobCluster initScripts.s3.region",
  "job_cluster.new_cluster.init_scripts.volumes.destination":
    "JobCompute.jobCluster initScripts.volumes.destination",
  "job_cluster.new_cluster.init_scripts.workspace.destination":
    "JobCompute.jobCluster initScripts.workspace.destination",
  "job_cluster.new_cluster.instance_pool_id": "JobCompute.jobCluster instancePoolId",
  "job_cluster.new_cluster.is_single_node": "JobCompute.jobCluster isSingleNode",
  "job_cluster.new_cluster.kind": "JobCompute.jobCluster kind",
  "job_cluster.new_cluster.node_type_id": "JobCompute.jobCluster nodeTypeId",
  "job_cluster.new_cluster.num_workers": "JobCompute.jobCluster numWorkers",
  "job_cluster.new_cluster.policy_id": "JobCompute.jobCluster policyId",
  "job_cluster.new_cluster.remote_disk_throughput": "JobCompute.jobCluster remoteDiskThroughput",
  "job_cluster.new_cluster.runtime_engine": "JobCompute.jobCluster runtimeEngine",
  "job_cluster.new_cluster.single_user_name": "JobCompute.jobCluster singleUserName",
  "job_cluster.new_cluster.spark_conf": "JobCompute.jobCluster sparkConf",
  "job_cluster.new_cluster.spark_env_vars": "JobCompute.jobCluster sparkEnvVars",
  "job_cluster.new_cluster.spark_version": "JobCompute.jobCluster sparkVersion",
  "job_cluster.new_cluster.ssh_public_keys": "JobCompute.jobCluster sshPublicKeys",
  "job_cluster.new_cluster.total_initial_remote_disk_size":
    "JobCompute.jobCluster totalInitialRemoteDiskSize",
  "job_cluster.new_cluster.use_ml_runtime": "JobCompute.jobCluster useMlRuntime",
  "job_cluster.new_cluster.workload_type.clients.jobs":
    "JobCompute.jobCluster workloadType.clients.jobs",
  "job_cluster.new_cluster.workload_type.clients.notebooks":
    "JobCompute.jobCluster workloadType.clients.notebooks",
  max_concurrent_runs: "maxConcurrentRuns",
  name: "name (with the environment before it)",
  "notification_settings.no_alert_for_canceled_runs": "noAlertForCanceledRuns",
  "notification_settings.no_alert_for_skipped_runs": "noAlertForSkippedRuns",
  "parameter.default": "jobParameters",
  "parameter.name": "jobParameters",
  performance_target: "performanceTarget",
  "provider_config.workspace_id": "providerConfig.workspaceId",
  "queue.enabled": "queue",
  "run_as.service_principal_name": "runAs.servicePrincipalName",
  "run_as.user_name": "runAs.userName",
  "schedule.pause_status": "paused",
  "schedule.quartz_cron_expression": "JobTrigger.schedule quartzCronExpression",
  "schedule.timezone_id": "JobTrigger.schedule timezoneId",
  tags: "tags, layer, purpose; the rest follows from the class",
  "task.condition_task.left": "addConditionTask left",
  "task.condition_task.op": "addConditionTask op",
  "task.condition_task.right": "addConditionTask right",
  "task.depends_on.outcome": "addRunJobTask dependsOn",
  "task.depends_on.task_key": "addRunJobTask dependsOn",
  "task.description": "task.description; addRunJobTask description",
  "task.disable_auto_optimization": "disableAutoOptimization",
  "task.disabled": "task.disabled; addRunJobTask disabled",
  "task.email_notifications.on_duration_warning_threshold_exceeded":
    "task.emailNotifications.onDurationWarningThresholdExceeded; addRunJobTask emailNotifications.onDurationWarningThresholdExceeded",
  "task.email_notifications.on_failure":
    "task.emailNotifications.onFailure; addRunJobTask emailNotifications.onFailure",
  "task.email_notifications.on_start":
    "task.emailNotifications.onStart; addRunJobTask emailNotifications.onStart",
  "task.email_notifications.on_streaming_backlog_exceeded":
    "task.emailNotifications.onStreamingBacklogExceeded; addRunJobTask emailNotifications.onStreamingBacklogExceeded",
  "task.email_notifications.on_success":
    "task.emailNotifications.onSuccess; addRunJobTask emailNotifications.onSuccess",
  "task.environment_key": "JobCompute.serverless environmentKey",
  "task.existing_cluster_id": "JobCompute.existingCluster",
  "task.for_each_task.concurrency": "addForEachTask concurrency",
  "task.for_each_task.inputs": "addForEachTask inputs",
  "task.for_each_task.task.health.rules.metric": "addForEachTask healthRules.metric",
  "task.for_each_task.task.health.rules.op": "addForEachTask healthRules.op",
  "task.for_each_task.task.health.rules.value": "addForEachTask healthRules.value",
  "task.for_each_task.task.max_retries": "addForEachTask maxRetries",
  "task.for_each_task.task.min_retry_interval_millis": "addForEachTask minRetryIntervalMillis",
  "task.for_each_task.task.retry_on_timeout": "addForEachTask retryOnTimeout",
  "task.for_each_task.task.run_job_task.dbt_commands": "addForEachTask dbtCommands",
  "task.for_each_task.task.run_job_task.jar_params": "addForEachTask jarParams",
  "task.for_each_task.task.run_job_task.job_id": "addForEachTask job",
  "task.for_each_task.task.run_job_task.job_parameters": "addForEachTask jobParameters",
  "task.for_each_task.task.run_job_task.notebook_params": "addForEachTask notebookParams",
  "task.for_each_task.task.run_job_task.pipeline_params.full_refresh":
    "addForEachTask pipelineParams.fullRefresh",
  "task.for_each_task.task.run_job_task.python_named_params": "addForEachTask pythonNamedParams",
  "task.for_each_task.task.run_job_task.python_params": "addForEachTask pythonParams",
  "task.for_each_task.task.run_job_task.spark_submit_params": "addForEachTask sparkSubmitParams",
  "task.for_each_task.task.run_job_task.sql_params": "addForEachTask sqlParams",
  "task.for_each_task.task.task_key": "addForEachTask taskKey, with _iteration",
  "task.for_each_task.task.timeout_seconds": "addForEachTask timeoutSeconds",
  "task.health.rules.metric": "task.healthRules.metric; addRunJobTask healthRules.metric",
  "task.health.rules.op": "task.healthRules.op; addRunJobTask healthRules.op",
  "task.health.rules.value": "task.healthRules.value; addRunJobTask healthRules.value",
  "task.job_cluster_key": "JobCompute.jobCluster jobClusterKey",
  "task.library.cran.package": "libraries.cran.package",
  "task.library.cran.repo": "libraries.cran.repo",
  "task.library.egg": "libraries.egg",
  "task.library.jar": "libraries.jar",
  "task.library.maven.coordinates": "libraries.maven.coordinates",
  "task.library.maven.exclusions": "libraries.maven.exclusions",
  "task.library.maven.repo": "libraries.maven.repo",
  "task.library.pypi.package": "libraries.pypi.package",
  "task.library.pypi.repo": "libraries.pypi.repo",
  "task.library.requirements": "libraries.requirements",
  "task.library.whl": "libraries.whl",
  "task.max_retries": "maxRetries; addRunJobTask maxRetries",
  "task.min_retry_interval_millis": "minRetryIntervalMillis; addRunJobTask minRetryIntervalMillis",
  "task.notebook_task.base_parameters": "parameters",
  "task.notebook_task.notebook_path": "notebook",
  "task.notebook_task.source": "notebook",
  "task.notebook_task.warehouse_id": "warehouseId",
  "task.notification_settings.alert_on_last_attempt":
    "task.alertOnLastAttempt; addRunJobTask alertOnLastAttempt",
  "task.notification_settings.no_alert_for_canceled_runs":
    "task.noAlertForCanceledRuns; addRunJobTask noAlertForCanceledRuns",
  "task.notification_settings.no_alert_for_skipped_runs":
    "task.noAlertForSkippedRuns; addRunJobTask noAlertForSkippedRuns",
  "task.retry_on_timeout": "retryOnTimeout; addRunJobTask retryOnTimeout",
  "task.run_if": "addRunJobTask runIf",
  "task.run_job_task.dbt_commands": "addRunJobTask dbtCommands",
  "task.run_job_task.jar_params": "addRunJobTask jarParams",
  "task.run_job_task.job_id": "addRunJobTask job",
  "task.run_job_task.job_parameters": "addRunJobTask jobParameters",
  "task.run_job_task.notebook_params": "addRunJobTask notebookParams",
  "task.run_job_task.pipeline_params.full_refresh": "addRunJobTask pipelineParams.fullRefresh",
  "task.run_job_task.python_named_params": "addRunJobTask pythonNamedParams",
  "task.run_job_task.python_params": "addRunJobTask pythonParams",
  "task.run_job_task.spark_submit_params": "addRunJobTask sparkSubmitParams",
  "task.run_job_task.sql_params": "addRunJobTask sqlParams",
  "task.task_key": "taskKey",
  "task.timeout_seconds":
    "task.timeoutSeconds; addRunJobTask timeoutSeconds; addForEachTask forEachTimeoutSeconds",
  "task.webhook_notifications.on_duration_warning_threshold_exceeded.id":
    "task.webhookNotifications.onDurationWarningThresholdExceeded; addRunJobTask webhookNotifications.onDurationWarningThresholdExceeded",
  "task.webhook_notifications.on_failure.id":
    "task.webhookNotifications.onFailure; addRunJobTask webhookNotifications.onFailure",
  "task.webhook_notifications.on_start.id":
    "task.webhookNotifications.onStart; addRunJobTask webhookNotifications.onStart",
  "task.webhook_notifications.on_streaming_backlog_exceeded.id":
    "task.webhookNotifications.onStreamingBacklogExceeded; addRunJobTask webhookNotifications.onStreamingBacklogExceeded",
  "task.webhook_notifications.on_success.id":
    "task.webhookNotifications.onSuccess; addRunJobTask webhookNotifications.onSuccess",
  timeout_seconds: "timeoutSeconds",
  "timeouts.create": "timeouts.create",
  "timeouts.update": "timeouts.update",
  "trigger.file_arrival.min_time_between_triggers_seconds":
    "JobTrigger.fileArrival minTimeBetweenTriggersSeconds",
  "trigger.file_arrival.url": "JobTrigger.fileArrival url",
  "trigger.file_arrival.wait_after_last_change_seconds":
    "JobTrigger.fileArrival waitAfterLastChangeSeconds",
  "trigger.model.aliases": "JobTrigger.model aliases",
  "trigger.model.condition": "JobTrigger.model condition",
  "trigger.model.min_time_between_triggers_seconds":
    "JobTrigger.model minTimeBetweenTriggersSeconds",
  "trigger.model.securable_name": "JobTrigger.model securableName",
  "trigger.model.wait_after_last_change_seconds": "JobTrigger.model waitAfterLastChangeSeconds",
  "trigger.pause_status": "paused",
  "trigger.periodic.interval": "JobTrigger.periodic interval",
  "trigger.periodic.unit": "JobTrigger.periodic unit",
  "trigger.table_update.condition": "JobTrigger.tableUpdate condition",
  "trigger.table_update.min_time_between_triggers_seconds":
    "JobTrigger.tableUpdate minTimeBetweenTriggersSeconds",
  "trigger.table_update.table_names": "JobTrigger.tableUpdate tableNames",
  "trigger.table_update.wait_after_last_change_seconds":
    "JobTrigger.tableUpdate waitAfterLastChangeSeconds",
  usage_policy_id: "usagePolicyId",
  "webhook_notifications.on_duration_warning_threshold_exceeded.id":
    "webhookNotifications.onDurationWarningThresholdExceeded",
  "webhook_notifications.on_failure.id": "webhookNotifications.onFailure",
  "webhook_notifications.on_start.id": "webhookNotifications.onStart",
  "webhook_notifications.on_streaming_backlog_exceeded.id":
    "webhookNotifications.onStreamingBacklogExceeded",
  "webhook_notifications.on_success.id": "webhookNotifications.onSuccess",
};

/** Why a field, or every field of a block, has no prop. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  always_running: "Deprecated: `JobTrigger.continuous`.",
  control_run_state: "Deprecated: `JobTrigger.continuous`.",
  dbt_task: "Part of the single-task format of API 2.0.",
  "email_notifications.no_alert_for_skipped_runs": "Replaced by `noAlertForSkippedRuns`.",
  "environment.spec.client": "The old name of `environment_version`.",
  existing_cluster_id: "Part of the single-task format of API 2.0.",
  format: "Set by the API.",
  "git_source.git_snapshot": "Set by the API.",
  id: "Assigned by the workspace: `job.id`.",
  "job_cluster.new_cluster.__apply_policy_default_values_allow_list": "Internal to the provider.",
  "job_cluster.new_cluster.cluster_id": "Set by the API.",
  "job_cluster.new_cluster.cluster_log_conf.s3.canned_acl": "Use the defaults of the bucket.",
  "job_cluster.new_cluster.cluster_log_conf.s3.enable_encryption":
    "Use the defaults of the bucket.",
  "job_cluster.new_cluster.cluster_log_conf.s3.encryption_type": "Use the defaults of the bucket.",
  "job_cluster.new_cluster.cluster_log_conf.s3.endpoint": "Use the defaults of the bucket.",
  "job_cluster.new_cluster.cluster_log_conf.s3.kms_key": "Use the defaults of the bucket.",
  "job_cluster.new_cluster.cluster_mount_info":
    "Not in the Jobs API documentation; replaced by volumes.",
  "job_cluster.new_cluster.cluster_name": "Does not apply to job clusters.",
  "job_cluster.new_cluster.gcp_attributes.use_preemptible_executors": "Deprecated: `availability`.",
  "job_cluster.new_cluster.idempotency_token": "Does not apply to job clusters.",
  "job_cluster.new_cluster.init_scripts.dbfs": "Databricks no longer runs init scripts from DBFS.",
  "job_cluster.new_cluster.init_scripts.file":
    "Only for clusters with a custom image, which contains its files.",
  "job_cluster.new_cluster.init_scripts.s3.canned_acl": "Use the defaults of the bucket.",
  "job_cluster.new_cluster.init_scripts.s3.enable_encryption": "Use the defaults of the bucket.",
  "job_cluster.new_cluster.init_scripts.s3.encryption_type": "Use the defaults of the bucket.",
  "job_cluster.new_cluster.init_scripts.s3.endpoint": "Use the defaults of the bucket.",
  "job_cluster.new_cluster.init_scripts.s3.kms_key": "Use the defaults of the bucket.",
  "job_cluster.new_cluster.library": "A task says its `libraries`.",
  "job_cluster.new_cluster.provider_config": "The provider of the job applies.",
  library: "Part of the single-task format of API 2.0.",
  max_retries: "Part of the single-task format of API 2.0.",
  min_retry_interval_millis: "Part of the single-task format of API 2.0.",
  new_cluster: "Part of the single-task format of API 2.0.",
  notebook_task: "Part of the single-task format of API 2.0.",
  pipeline_task: "Part of the single-task format of API 2.0.",
  python_wheel_task: "Part of the single-task format of API 2.0.",
  retry_on_timeout: "Part of the single-task format of API 2.0.",
  run_job_task: "Part of the single-task format of API 2.0.",
  spark_jar_task: "Part of the single-task format of API 2.0.",
  spark_python_task: "Part of the single-task format of API 2.0.",
  spark_submit_task: "Part of the single-task format of API 2.0.",
  "task.clean_rooms_notebook_task": "An atomic job runs a notebook, other jobs run jobs.",
  "task.dashboard_task": "An atomic job runs a notebook, other jobs run jobs.",
  "task.dbt_cloud_task": "An atomic job runs a notebook, other jobs run jobs.",
  "task.dbt_platform_task": "An atomic job runs a notebook, other jobs run jobs.",
  "task.dbt_task": "An atomic job runs a notebook, other jobs run jobs.",
  "task.email_notifications.no_alert_for_skipped_runs": "Replaced by `noAlertForSkippedRuns`.",
  "task.for_each_task.task.clean_rooms_notebook_task":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.condition_task": "A for-each task of a composite job runs a job.",
  "task.for_each_task.task.dashboard_task":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.dbt_cloud_task":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.dbt_platform_task":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.dbt_task":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.depends_on":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.description":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.disable_auto_optimization":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.disabled":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.email_notifications":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.environment_key":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.existing_cluster_id":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.gen_ai_compute_task":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.job_cluster_key":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.library":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.new_cluster":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.notebook_task":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.notification_settings":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.pipeline_task":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.power_bi_task":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.python_wheel_task":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.run_if":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.spark_jar_task":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.spark_python_task":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.spark_submit_task":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.sql_task":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.for_each_task.task.webhook_notifications":
    "A for-each task of a composite job runs a job; settings for all iterations belong to the for-each task.",
  "task.gen_ai_compute_task": "An atomic job runs a notebook, other jobs run jobs.",
  "task.library.provider_config": "The provider of the job applies.",
  "task.new_cluster": "A cluster belongs to the job: `JobCompute.jobCluster`.",
  "task.pipeline_task": "An atomic job runs a notebook, other jobs run jobs.",
  "task.power_bi_task": "An atomic job runs a notebook, other jobs run jobs.",
  "task.python_wheel_task": "An atomic job runs a notebook, other jobs run jobs.",
  "task.spark_jar_task": "An atomic job runs a notebook, other jobs run jobs.",
  "task.spark_python_task": "An atomic job runs a notebook, other jobs run jobs.",
  "task.spark_submit_task": "An atomic job runs a notebook, other jobs run jobs.",
  "task.sql_task": "An atomic job runs a notebook, other jobs run jobs.",
};
