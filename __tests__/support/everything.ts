import {
  type App,
  AtomicJob,
  CompositeJob,
  fromJobId,
  fromJobName,
  type GitReference,
  type JobCluster,
  JobCompute,
  type JobProps,
  JobTrigger,
  NotebookSource,
  OrchestratorJob,
  type TaskSettings,
} from "@jobstrata/cdktf";
import { alertingLayer, devEnvironment, notebook, prodEnvironment } from "./alerting";

const EVERY_EVENT = {
  onStart: ["1"],
  onSuccess: ["2"],
  onFailure: ["3"],
  onDurationWarningThresholdExceeded: ["4"],
  onStreamingBacklogExceeded: ["5"],
};

const EVERY_PROP: JobProps = {
  name: "Everything",
  description: "Has every prop",
  purpose: "setup",
  tags: { team: "health" },
  jobParameters: { mode: "full" },
  timeoutSeconds: 3600,
  maxConcurrentRuns: 1,
  queue: true,
  healthRules: [{ metric: "RUN_DURATION_SECONDS", value: 1800 }],
  emailNotifications: EVERY_EVENT,
  webhookNotifications: EVERY_EVENT,
  noAlertForSkippedRuns: true,
  noAlertForCanceledRuns: true,
  performanceTarget: "STANDARD",
  usagePolicyId: "usage",
  budgetPolicyId: "budget",
  editMode: "UI_LOCKED",
  deployment: { kind: "BUNDLE", metadataFilePath: "/Shared/metadata.json" },
  providerConfig: { workspaceId: "42" },
  timeouts: { create: "5m", update: "6m" },
  runAs: { servicePrincipalName: "4f0a8b5e" },
  permissions: [
    { groupName: "analysts", level: "CAN_VIEW" },
    { userName: "ana@health.example", level: "CAN_MANAGE_RUN" },
    { servicePrincipalName: "4f0a8b5e", level: "IS_OWNER" },
  ],
};

const EVERY_TASK_SETTING: TaskSettings = {
  description: "Has every setting",
  timeoutSeconds: 60,
  disabled: true,
  alertOnLastAttempt: true,
  noAlertForSkippedRuns: true,
  noAlertForCanceledRuns: true,
  healthRules: [{ metric: "RUN_DURATION_SECONDS", value: 1800 }],
  emailNotifications: EVERY_EVENT,
  webhookNotifications: EVERY_EVENT,
};

const EVERY_RUN_PARAMETER = {
  notebookParams: { mode: "quick" },
  pythonParams: ["quick"],
  pythonNamedParams: { mode: "quick" },
  sqlParams: { mode: "quick" },
  dbtCommands: ["dbt run"],
  jarParams: ["quick"],
  sparkSubmitParams: ["quick"],
  pipelineParams: { fullRefresh: true },
};

const RETRIES = { maxRetries: 2, minRetryIntervalMillis: 1000, retryOnTimeout: true };

const EVERY_CLUSTER_SETTING: Partial<JobCluster> = {
  driverInstancePoolId: "driver-pool",
  applyPolicyDefaultValues: true,
  singleUserName: "ana@health.example",
  kind: "CLASSIC_PREVIEW",
  isSingleNode: false,
  useMlRuntime: true,
  awsAttributes: {
    availability: "SPOT_WITH_FALLBACK",
    zoneId: "auto",
    firstOnDemand: 1,
    spotBidPricePercent: 100,
    instanceProfileArn: "arn:aws:iam::1:instance-profile/alerting",
    ebsVolumeType: "GENERAL_PURPOSE_SSD",
    ebsVolumeCount: 1,
    ebsVolumeSize: 100,
    ebsVolumeIops: 3000,
    ebsVolumeThroughput: 125,
  },
  azureAttributes: {
    availability: "SPOT_AZURE",
    firstOnDemand: 1,
    spotBidMaxPrice: 0.5,
    logAnalyticsInfo: { logAnalyticsWorkspaceId: "logs", logAnalyticsPrimaryKey: "key" },
  },
  gcpAttributes: {
    availability: "PREEMPTIBLE_GCP",
    zoneId: "HA",
    firstOnDemand: 1,
    googleServiceAccount: "alerting@health.example",
    bootDiskSize: 100,
    localSsdCount: 1,
  },
  initScripts: [
    { workspace: { destination: "/Shared/init.sh" } },
    { volumes: { destination: "/Volumes/dev/gold/init.sh" } },
    { s3: { destination: "s3://health/init.sh", region: "eu-central-1" } },
    { abfss: { destination: "abfss://health@x.dfs.core.windows.net/init.sh" } },
    { gcs: { destination: "gs://health/init.sh" } },
  ],
  clusterLogConf: { volumes: { destination: "/Volumes/dev/gold/logs" } },
  dockerImage: {
    url: "health/alerting",
    basicAuth: { username: "ana", password: "{{secrets/a/b}}" },
  },
  enableElasticDisk: true,
  enableLocalDiskEncryption: true,
  remoteDiskThroughput: 200,
  totalInitialRemoteDiskSize: 100,
  sshPublicKeys: ["ssh-ed25519 AAAA"],
  workloadType: { clients: { jobs: true, notebooks: false } },
};

/** Uses everything that the constructs offer, in two environments. */
export function makeEverything(app: App): void {
  for (const environment of [
    devEnvironment({ failureNotifications: { emails: ["oncall@health.example"] } }),
    prodEnvironment({ variables: { catalog: "prod", gold_schema: "gold" } }),
  ]) {
    const { atomic, composite } = alertingLayer(app, environment);
    const tables = new AtomicJob(atomic, "alerting_tables_job", {
      ...EVERY_PROP,
      ...RETRIES,
      task: EVERY_TASK_SETTING,
      disableAutoOptimization: true,
      notebook: NotebookSource.fromFile("src/alerting/setup_alerting_tables.py"),
      taskKey: "setup_tables",
      parameters: { catalog: environment.variable("catalog") },
      trigger: JobTrigger.schedule({ quartzCronExpression: "0 0 2 * * ?" }),
      compute: JobCompute.serverless({
        dependencies: ["databricks-sdk>=0.40"],
        javaDependencies: ["/Volumes/dev/gold/jars/alerting.jar"],
      }),
    });
    const seed = new AtomicJob(atomic, "alerting_seed_job", {
      purpose: "seed",
      jobParameters: { region: "emea" },
      notebook: NotebookSource.fromGit({
        url: "https://github.com/health/alerting",
        provider: "gitHub",
        path: "seed",
        tag: "v1",
        jobSource: {
          jobConfigPath: "jobs/seed.yml",
          importFromGitBranch: "main",
          dirtyState: "NOT_SYNCED",
        },
      }),
      libraries: [
        { pypi: { package: "tenacity", repo: "https://pypi.health.example" } },
        {
          maven: {
            coordinates: "com.health:alerting:1.0",
            repo: "https://maven.health.example",
            exclusions: ["org.slf4j:slf4j-api"],
          },
        },
        { cran: { package: "ada", repo: "https://cran.health.example" } },
        { whl: "/Volumes/dev/gold/wheels/alerting.whl" },
        { jar: "/Volumes/dev/gold/jars/alerting.jar" },
        { egg: "dbfs:/alerting.egg" },
        { requirements: "/Volumes/dev/gold/requirements.txt" },
      ],
      trigger: JobTrigger.periodic({ interval: 1, unit: "DAYS" }),
      compute: JobCompute.jobCluster({
        sparkVersion: "16.4.x-scala2.12",
        nodeTypeId: "i3.xlarge",
        driverNodeTypeId: "i3.2xlarge",
        autoscale: { minWorkers: 1, maxWorkers: 2 },
        instancePoolId: "pool",
        policyId: "policy",
        dataSecurityMode: "USER_ISOLATION",
        sparkConf: { "spark.speculation": "true" },
        sparkEnvVars: { STAGE: "dev" },
        customTags: { team: "health" },
        runtimeEngine: "PHOTON",
        ...EVERY_CLUSTER_SETTING,
      }),
    });
    const validation = new AtomicJob(atomic, "alerting_validation_job", {
      purpose: "validation",
      notebook: notebook("validate_alert_queries"),
      trigger: JobTrigger.fileArrival({
        url: "/Volumes/dev/gold/landing/",
        minTimeBetweenTriggersSeconds: 60,
        waitAfterLastChangeSeconds: 60,
      }),
      compute: JobCompute.existingCluster("0923-164208-meows279"),
    });
    const deploy = new AtomicJob(atomic, "alerting_deploy_job", {
      purpose: "deploy",
      notebook: notebook("sync_sql_alerts"),
      trigger: JobTrigger.continuous({ taskRetryMode: "ON_FAILURE" }),
    });

    new AtomicJob(atomic, "alerting_summary_job", {
      purpose: "summary",
      notebook: notebook("summary"),
      warehouseId: "10ca10ca10ca10ca",
      trigger: JobTrigger.tableUpdate({
        tableNames: ["dev.gold.alerts"],
        condition: "ALL_UPDATED",
        minTimeBetweenTriggersSeconds: 60,
        waitAfterLastChangeSeconds: 60,
      }),
    });
    for (const [key, clusterLogConf] of Object.entries({
      dbfs: { dbfs: { destination: "dbfs:/logs" } },
      s3: { s3: { destination: "s3://health/logs", region: "eu-central-1" } },
    } satisfies Record<string, JobCluster["clusterLogConf"]>)) {
      new AtomicJob(atomic, `alerting_logs_${key}_job`, {
        purpose: "test",
        notebook: notebook(`logs_${key}`),
        compute: JobCompute.jobCluster({
          sparkVersion: "16.4.x-scala2.12",
          policyId: "policy",
          numWorkers: 1,
          clusterLogConf,
        }),
        trigger: JobTrigger.model({
          condition: "MODEL_ALIAS_SET",
          securableName: "dev.gold.model",
          aliases: ["champion"],
          minTimeBetweenTriggersSeconds: 60,
          waitAfterLastChangeSeconds: 60,
        }),
      });
    }
    for (const [kind, reference] of Object.entries({
      branch: { branch: "main" },
      commit: { commit: "4f0a8b5e" },
    } satisfies Record<string, GitReference>)) {
      new AtomicJob(atomic, `alerting_${kind}_job`, {
        purpose: "test",
        notebook: NotebookSource.fromGit({
          url: "https://github.com/health/alerting",
          provider: "gitHub",
          path: `on_${kind}`,
          ...reference,
        }),
        runAs: { userName: "ana@health.example" },
      });
    }

    const all = new CompositeJob(composite, "alerting_setup_job", EVERY_PROP);
    const condition = all.addConditionTask("is_full", {
      left: "{{job.parameters.mode}}",
      op: "EQUAL_TO",
      right: "full",
      description: "Whether all is asked for",
    });
    const first = all.addRunJobTask("tables", tables, {
      ...EVERY_TASK_SETTING,
      ...EVERY_RUN_PARAMETER,
      ...RETRIES,
      dependsOn: condition.whenTrue,
      runIf: "NONE_FAILED",
      description: "Creates tables",
      jobParameters: { mode: "quick" },
      timeoutSeconds: 60,
    });
    all.addForEachTask("seed", seed, {
      ...EVERY_TASK_SETTING,
      ...EVERY_RUN_PARAMETER,
      ...RETRIES,
      forEachTimeoutSeconds: 600,
      jobParameters: { region: "{{input}}" },
      dependsOn: [first, condition.whenFalse],
      runIf: "ALL_DONE",
      description: "Seeds regions",
      inputs: ["emea"],
      concurrency: 2,
      timeoutSeconds: 60,
    });
    all.addRunJobTask("validation", validation);
    all.addRunJobTask("deploy", deploy);
    const nightly = new OrchestratorJob(composite, "nightly_job", { purpose: "nightly" });
    nightly.addRunJobTask("alerting", all);
    nightly.addRunJobTask("deploy", deploy, { runsAtomicJob: true });
    all.addRunJobTask("ingest", fromJobId(composite, "ingest", 42));
    all.addRunJobTask("audit", fromJobName(composite, "audit", "Audit"));
  }
}
