import {
  AtomicJob,
  CompositeJob,
  type JobEnvironment,
  JobLayer,
  NotebookSource,
} from "@jobstrata/cdktf";
import type { Construct } from "constructs";

/** Cleans what bronze brought, and puts it together. */
export class SilverLayer extends JobLayer {
  /** Orders without duplicates. */
  readonly cleanOrders = new AtomicJob(this.atomic, "clean_orders_job", {
    name: "Silver - Clean Orders",
    purpose: "clean",
    notebook: NotebookSource.fromFile("notebooks/silver/clean_orders.py"),
    parameters: { catalog: this.environment.variable("catalog") },
  });

  /** Customers, one row each. */
  readonly cleanCustomers = new AtomicJob(this.atomic, "clean_customers_job", {
    name: "Silver - Clean Customers",
    purpose: "clean",
    notebook: NotebookSource.fromFile("notebooks/silver/clean_customers.py"),
    parameters: { catalog: this.environment.variable("catalog") },
  });

  /** Orders with their customers and products. */
  readonly joinSales = new AtomicJob(this.atomic, "join_sales_job", {
    name: "Silver - Join Sales",
    purpose: "join",
    notebook: NotebookSource.fromFile("notebooks/silver/join_sales.py"),
    parameters: { catalog: this.environment.variable("catalog") },
  });

  /** All of the layer, in its order. */
  readonly refresh = new CompositeJob(this.composite, "silver_refresh_job", {
    name: "Silver - Refresh",
    purpose: "refresh",
  });

  constructor(app: Construct, environment: JobEnvironment) {
    super(app, "silver", { environment });
    const cleanOrders = this.refresh.addRunJobTask("clean_orders", this.cleanOrders);
    const cleanCustomers = this.refresh.addRunJobTask("clean_customers", this.cleanCustomers);
    this.refresh.addRunJobTask("join_sales", this.joinSales, {
      dependsOn: [cleanOrders, cleanCustomers],
    });
  }
}
