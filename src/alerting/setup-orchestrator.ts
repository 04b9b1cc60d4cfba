import { CompositeJob, type JobStack, suppressFinding } from "@jobstrata/cdktf";
import type { AlertingJobs } from "./atomic-jobs";

/** Sets up the alerting layer by running its atomic jobs in order. */
export class AlertingSetupOrchestrator extends CompositeJob {
  public constructor(stack: JobStack, jobs: AlertingJobs) {
    super(stack, "alerting_setup_orchestrator_job", {
      name: "Health Monitor - Alerting Layer Setup",
      description: "Composite job: Orchestrates complete alerting setup via atomic jobs",
      purpose: "setup",
    });
    const tables = this.addRunJobTask("setup_alerting_tables", jobs.tables);
    const seed = this.addRunJobTask("seed_all_alerts", jobs.seed, { dependsOn: tables });
    const validation = this.addRunJobTask("validate_alert_queries", jobs.validation, {
      dependsOn: seed,
    });
    const destinations = this.addRunJobTask("sync_notification_destinations", jobs.notifications, {
      dependsOn: tables,
    });
    this.addRunJobTask("deploy_sql_alerts", jobs.deploy, { dependsOn: [validation, destinations] });
    suppressFinding(this, {
      rule: "missing-dependency",
      reason:
        "validation reads destination_id of notification_destinations; the sync that runs beside it writes other columns",
    });
  }
}
