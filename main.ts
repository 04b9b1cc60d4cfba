import { AlertingJobs } from "./src/alerting/atomic-jobs";
import { environments } from "./src/alerting/environments";
import { AlertingSetupOrchestrator } from "./src/alerting/setup-orchestrator";
import { JobLayer, App } from "@jobstrata/cdktf";

const app = new App();

for (const environment of environments) {
  const alerting = new JobLayer(app, "alerting", { environment });
  const jobs = new AlertingJobs(alerting.atomic);
  new AlertingSetupOrchestrator(alerting.composite, jobs);
}

app.synth();
