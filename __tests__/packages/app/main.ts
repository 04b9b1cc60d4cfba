/** An app of somebody else. The tests install the packages beside it, also under the names of CDKTN. */
import { Job } from "@cdktf/provider-databricks/lib/job/index.js";
import {
  App,
  AtomicJob,
  CompositeJob,
  JobEnvironment,
  JobLayer,
  JobTrigger,
  NotebookSource,
} from "@jobstrata/cdktf";
import { TerraformOutput } from "cdktf";
import { Construct } from "constructs";

const environment = new JobEnvironment({
  name: "dev",
  mode: "development",
  variables: { catalog: "alerting_dev" },
  failureNotifications: { emails: ["alerting@example.com"] },
});

/** The jobs are constructs of the project's own copy of constructs. */
class Seeding extends Construct {
  public readonly job: AtomicJob;

  public constructor(layer: JobLayer, id: string) {
    super(layer.atomic, id);
    this.job = new AtomicJob(layer.atomic, "alerting_seed_job", {
      name: "Alerting Rules Seeding",
      purpose: "seed",
      notebook: NotebookSource.fromFile("notebooks/seed_alerts.py"),
      parameters: { catalog: environment.variable("catalog") },
    });
  }
}

const app = new App();
const layer = new JobLayer(app, "alerting", { environment });
const { job: seed } = new Seeding(layer, "seeding");
const validate = new AtomicJob(layer.atomic, "alerting_validation_job", {
  name: "Alerting Query Validation",
  purpose: "validate",
  notebook: NotebookSource.fromFile("notebooks/validate_queries.py"),
});
const setup = new CompositeJob(layer.composite, "alerting_setup_job", {
  purpose: "setup",
  name: "Alerting Setup",
  trigger: JobTrigger.schedule({ quartzCronExpression: "0 0 6 * * ?" }),
});
const seeded = setup.addRunJobTask("seed_alerts", seed);
setup.addRunJobTask("validate_queries", validate, { dependsOn: seeded });

// What a project adds with the classes of the framework and of the provider.
new TerraformOutput(layer.composite, "setup_url", { value: setup.url });
new Job(layer.atomic, "alerting_report_job", {
  name: "[dev] Alerting Report",
  tags: { ...environment.props.tags, job_level: "atomic", layer: "alerting", purpose: "report" },
  environment: [{ environmentKey: "default", spec: { client: "4" } }],
  task: [
    {
      taskKey: "report",
      environmentKey: "default",
      // The notebook of another job breaks the law that a notebook is in one job.
      notebookTask: {
        notebookPath:
          process.env.BROKEN === undefined
            ? "/Workspace/Shared/report"
            : "/Workspace/Shared/validate_queries",
      },
    },
  ],
});
if (process.env.BROKEN !== undefined)
  new AtomicJob(layer.atomic, "alerting_validation_again_job", {
    name: "Alerting Query Validation Again",
    purpose: "validate",
    notebook: NotebookSource.fromWorkspace("/Workspace/Shared/validate_queries"),
  });

app.synth();
