import {
  AtomicJob,
  CompositeJob,
  type JobEnvironment,
  JobLayer,
  NotebookSource,
} from "@jobstrata/cdktf";
import type { Construct } from "constructs";

/** Brings the data in, as it is. */
export class BronzeLayer extends JobLayer {
  /** Orders of the shop, as they come. */
  readonly ingestOrders = new AtomicJob(this.atomic, "ingest_orders_job", {
    name: "Bronze - Ingest Orders",
    purpose: "ingest",
    notebook: NotebookSource.fromFile("notebooks/bronze/ingest_orders.py"),
    parameters: { catalog: this.environment.variable("catalog") },
  });

  /** Customers of the CRM. */
  readonly ingestCustomers = new AtomicJob(this.atomic, "ingest_customers_job", {
    name: "Bronze - Ingest Customers",
    purpose: "ingest",
    notebook: NotebookSource.fromFile("notebooks/bronze/ingest_customers.py"),
    parameters: { catalog: this.environment.variable("catalog") },
  });

  /** The product catalog. */
  readonly ingestProducts = new AtomicJob(this.atomic, "ingest_products_job", {
    name: "Bronze - Ingest Products",
    purpose: "ingest",
    notebook: NotebookSource.fromFile("notebooks/bronze/ingest_products.py"),
    parameters: { catalog: this.environment.variable("catalog") },
  });

  /** All of the layer, in its order. */
  readonly refresh = new CompositeJob(this.composite, "bronze_refresh_job", {
    name: "Bronze - Refresh",
    purpose: "refresh",
  });

  constructor(app: Construct, environment: JobEnvironment) {
    super(app, "bronze", { environment });
    this.refresh.addRunJobTask("ingest_orders", this.ingestOrders);
    this.refresh.addRunJobTask("ingest_customers", this.ingestCustomers);
    this.refresh.addRunJobTask("ingest_products", this.ingestProducts);
  }
}
