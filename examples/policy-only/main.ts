import { DatabricksProvider } from "@cdktf/provider-databricks/lib/provider";
import { Job } from "@cdktf/provider-databricks/lib/job";
import { HierarchyPolicy } from "@jobstrata/cdktf";
import { App, Aspects, TerraformStack } from "cdktf";

const app = new App();
const stack = new TerraformStack(app, "orders-dev");
new DatabricksProvider(stack, "databricks");

// The one line: every job of the app is judged before anything is written.
Aspects.of(stack).add(new HierarchyPolicy());

const ingest = new Job(stack, "ingest_orders_job", {
  name: "[dev] Ingest Orders",
  tags: { job_level: "atomic", layer: "orders", purpose: "ingest" },
  environment: [{ environmentKey: "default", spec: { environmentVersion: "4" } }],
  queue: { enabled: true },
  task: [
    {
      taskKey: "ingest_orders",
      environmentKey: "default",
      notebookTask: { notebookPath: "/Workspace/Shared/orders/ingest_orders" },
    },
  ],
});

new Job(stack, "orders_job", {
  name: "[dev] Orders",
  tags: { job_level: "composite", layer: "orders", orchestrator: "true" },
  queue: { enabled: true },
  task: [{ taskKey: "ingest", runJobTask: { jobId: ingest.id as unknown as number } }],
});

app.synth();
