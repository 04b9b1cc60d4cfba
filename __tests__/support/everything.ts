import {
  type App,
  AtomicJob,
  CompositeJob,
  fromJobId,
  fromJobName,
  JobCompute,
  type JobProps,
  JobTrigger,
  NotebookSource,
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
  runAs: { servicePrincipalName: "4f0a8b5e" },
  permissions: [
    { groupName: "analysts", level: "CAN_VIEW" },
    { userName: "ana@health.example", level: "CAN_MANAGE_RUN" },
    { servicePrincipalName: "4f0a8b5e", level: "IS_OWNER" },
  ],
};

const RETRIES = { maxRetries: 2, minRetryIntervalMillis: 1000 };

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
      retryOnTimeout: true,
      notebook: NotebookSource.fromFile("src/alerting/setup_alerting_tables.py"),
      taskKey: "setup_tables",
      parameters: { catalog: environment.variable("catalog") },
      trigger: JobTrigger.schedule({ quartzCronExpression: "0 0 2 * * ?" }),
      compute: JobCompute.serverless({ dependencies: ["databricks-sdk>=0.40"] }),
    });
    const seed = new AtomicJob(atomic, "alerting_seed_job", {
      notebook: NotebookSource.fromGit({
        url: "https://github.com/health/alerting",
        provider: "gitHub",
        path: "seed",
        tag: "v1",
      }),
      trigger: JobTrigger.periodic({ interval: 1, unit: "DAYS" }),
      compute: JobCompute.jobCluster({
        sparkVersion: "16.4.x-scala2.12",
        nodeTypeId: "i3.xlarge",
        driverNodeTypeId: "i3.2xlarge",
        numWorkers: 2,
        autoscale: { minWorkers: 1, maxWorkers: 2 },
        instancePoolId: "pool",
        policyId: "policy",
        dataSecurityMode: "USER_ISOLATION",
        sparkConf: { "spark.speculation": "true" },
        sparkEnvVars: { STAGE: "dev" },
        customTags: { team: "health" },
        runtimeEngine: "PHOTON",
      }),
    });
    const validation = new AtomicJob(atomic, "alerting_validation_job", {
      notebook: notebook("validate_alert_queries"),
      trigger: JobTrigger.fileArrival({
        url: "/Volumes/dev/gold/landing/",
        minTimeBetweenTriggersSeconds: 60,
        waitAfterLastChangeSeconds: 60,
      }),
      compute: JobCompute.existingCluster("0923-164208-meows279"),
    });
    const deploy = new AtomicJob(atomic, "alerting_deploy_job", {
      notebook: notebook("sync_sql_alerts"),
      trigger: JobTrigger.continuous(),
    });

    const all = new CompositeJob(composite, "alerting_setup_job", EVERY_PROP);
    const condition = all.addConditionTask("is_full", {
      left: "{{job.parameters.mode}}",
      op: "EQUAL_TO",
      right: "full",
      description: "Whether all is asked for",
    });
    const first = all.addRunJobTask("tables", tables, {
      ...RETRIES,
      dependsOn: condition.whenTrue,
      runIf: "NONE_FAILED",
      description: "Creates tables",
      jobParameters: { mode: "quick" },
      timeoutSeconds: 60,
    });
    all.addForEachTask("seed", seed, {
      ...RETRIES,
      dependsOn: [first, condition.whenFalse],
      runIf: "ALL_DONE",
      description: "Seeds regions",
      inputs: ["emea"],
      concurrency: 2,
      timeoutSeconds: 60,
    });
    all.addRunJobTask("validation", validation);
    all.addRunJobTask("deploy", deploy);
    all.addRunJobTask("ingest", fromJobId(composite, "ingest", 42));
    all.addRunJobTask("audit", fromJobName(composite, "audit", "Audit"));
  }
}
