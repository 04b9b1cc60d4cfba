import { AlertingJobs } from "./src/alerting/atomic-jobs";
import { dev, prod, staging } from "./src/alerting/environments";
import { AlertingSetupOrchestrator } from "./src/alerting/setup-orchestrator";
import { JobLayer } from "./src/constructs/job-layer";
import { App } from "./src/policy/app";

const app = new App();

for (const environment of [dev, staging, prod]) {
  const alerting = new JobLayer(app, "alerting", { environment });
  const jobs = new AlertingJobs(alerting.atomic);
  new AlertingSetupOrchestrator(alerting.composite, jobs);
}

app.synth();
