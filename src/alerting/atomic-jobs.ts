import {
  AtomicJob,
  type JobStack,
  JobCompute,
  NotebookSource,
  WorkspaceFolder,
} from "@jobstrata/cdktf";

/** Library to read the alerts, which are YAML. */
const DEFINITIONS = ["PyYAML>=6"];
/**
 * Serverless compute has a preinstalled SDK. Alerts API v2 needs a version above 0.50; from 0.70 on, its list has the
 * field name that Databricks uses now.
 */
const SYNC = ["databricks-sdk>=0.70", "tenacity>=9"];

/** The atomic jobs of the alerting layer, one for each notebook. */
export class AlertingJobs {
  public readonly tables: AtomicJob;
  public readonly seed: AtomicJob;
  public readonly validation: AtomicJob;
  public readonly notifications: AtomicJob;
  public readonly deploy: AtomicJob;

  public constructor(stack: JobStack) {
    const { environment } = stack;
    const tables = {
      catalog: environment.variable("catalog"),
      gold_schema: environment.variable("gold_schema"),
    };
    const dry_run = environment.variable("dry_run");
    // The package that the notebooks import.
    new WorkspaceFolder(stack, "alerting_package", { path: "src/alerting/alerting" });

    this.tables = new AtomicJob(stack, "alerting_tables_job", {
      name: "Health Monitor - Alerting Tables Setup",
      description: "Atomic job: Creates alerting configuration tables in Unity Catalog",
      purpose: "setup",
      taskKey: "setup_tables",
      notebook: NotebookSource.fromFile("src/alerting/setup_alerting_tables.py"),
      parameters: tables,
    });

    this.seed = new AtomicJob(stack, "alerting_seed_job", {
      name: "Health Monitor - Alerting Rules Seeding",
      description: "Atomic job: Seeds the pre-built alerts into the alerting configuration tables",
      purpose: "seed",
      taskKey: "seed_alerts",
      notebook: NotebookSource.fromFile("src/alerting/seed_all_alerts.py"),
      compute: JobCompute.serverless({ dependencies: DEFINITIONS }),
      parameters: { ...tables, force_reseed: "false" },
    });

    this.validation = new AtomicJob(stack, "alerting_validation_job", {
      name: "Health Monitor - Alerting Query Validation",
      description: "Atomic job: Validates the query of every enabled alert before it is deployed",
      purpose: "validate",
      taskKey: "validate_queries",
      notebook: NotebookSource.fromFile("src/alerting/validate_alert_queries.py"),
      parameters: { ...tables, fail_on_warning: "false" },
    });

    this.notifications = new AtomicJob(stack, "alerting_notifications_job", {
      name: "Health Monitor - Alerting Notification Destinations Sync",
      description: "Atomic job: Syncs notification destinations to the workspace",
      purpose: "notify",
      taskKey: "sync_destinations",
      notebook: NotebookSource.fromFile("src/alerting/sync_notification_destinations.py"),
      compute: JobCompute.serverless({ dependencies: SYNC }),
      parameters: { ...tables, dry_run },
    });

    this.deploy = new AtomicJob(stack, "alerting_deploy_job", {
      name: "Health Monitor - Alerting Deployment",
      description: "Atomic job: Deploys the enabled alerts as Databricks SQL alerts",
      purpose: "deploy",
      taskKey: "deploy_alerts",
      notebook: NotebookSource.fromFile("src/alerting/sync_sql_alerts.py"),
      compute: JobCompute.serverless({ dependencies: SYNC }),
      parameters: {
        ...tables,
        warehouse_id: environment.variable("warehouse_id"),
        dry_run,
        delete_disabled: "false",
        success_threshold: "0.90",
      },
    });
  }
}
