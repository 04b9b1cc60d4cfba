import {
  AtomicJob,
  CompositeJob,
  type JobEnvironment,
  JobLayer,
  NotebookSource,
} from "@jobstrata/cdktf";
import type { Construct } from "constructs";

/** What people read: aggregates and their export. */
export class GoldLayer extends JobLayer {
  /** Sales by day and product. */
  readonly dailySales = new AtomicJob(this.atomic, "daily_sales_job", {
    name: "Gold - Daily Sales",
    purpose: "aggregate",
    notebook: NotebookSource.fromFile("notebooks/gold/daily_sales.py"),
    parameters: { catalog: this.environment.variable("catalog") },
  });

  /** Value of each customer. */
  readonly customerValue = new AtomicJob(this.atomic, "customer_value_job", {
    name: "Gold - Customer Value",
    purpose: "aggregate",
    notebook: NotebookSource.fromFile("notebooks/gold/customer_value.py"),
    parameters: { catalog: this.environment.variable("catalog") },
  });

  /** All of the layer, in its order. */
  readonly refresh = new CompositeJob(this.composite, "gold_refresh_job", {
    name: "Gold - Refresh",
    purpose: "refresh",
  });

  constructor(app: Construct, environment: JobEnvironment) {
    super(app, "gold", { environment });
    this.refresh.addRunJobTask("daily_sales", this.dailySales);
    this.refresh.addRunJobTask("customer_value", this.customerValue);
  }
}
