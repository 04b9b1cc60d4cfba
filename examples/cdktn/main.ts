import {
  App,
  AtomicJob,
  CompositeJob,
  JobEnvironment,
  JobLayer,
  NotebookSource,
} from "@jobstrata/cdktn";

const app = new App();
const environment = new JobEnvironment({
  name: "dev",
  mode: "development",
  variables: { catalog: "main" },
});
const { atomic, composite } = new JobLayer(app, "bronze", { environment });
const parameters = { catalog: environment.variable("catalog") };

const orders = new AtomicJob(atomic, "ingest_orders_job", {
  purpose: "ingest",
  name: "Bronze - Ingest Orders",
  notebook: NotebookSource.fromFile("notebooks/ingest_orders.py"),
  parameters,
});
const customers = new AtomicJob(atomic, "ingest_customers_job", {
  purpose: "ingest",
  name: "Bronze - Ingest Customers",
  notebook: NotebookSource.fromFile("notebooks/ingest_customers.py"),
  parameters,
});

const refresh = new CompositeJob(composite, "bronze_refresh_job", {
  name: "Bronze - Refresh",
  purpose: "refresh",
});
refresh.addRunJobTask("orders", orders, {
  dependsOn: refresh.addRunJobTask("customers", customers),
});

app.synth();
