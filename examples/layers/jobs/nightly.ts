import { type JobEnvironment, JobStack, JobTrigger, OrchestratorJob } from "@jobstrata/cdktf";
import type { Construct } from "constructs";
import type { BronzeLayer } from "./bronze";
import type { GoldLayer } from "./gold";
import type { SilverLayer } from "./silver";

/** The layers that a night goes through. */
export interface Layers {
  readonly bronze: BronzeLayer;
  readonly silver: SilverLayer;
  readonly gold: GoldLayer;
}

/** The third level: runs the composite job of each layer, one after the other. */
export class Nightly extends JobStack {
  constructor(app: Construct, environment: JobEnvironment, { bronze, silver, gold }: Layers) {
    super(app, `nightly-${environment.name}`, { environment, layer: "nightly" });
    const nightly = new OrchestratorJob(this, "nightly_job", {
      name: "Nightly",
      purpose: "refresh",
      trigger: JobTrigger.schedule({
        quartzCronExpression: "0 0 3 * * ?",
        timezoneId: "Europe/Lisbon",
      }),
    });
    const bronzeDone = nightly.addRunJobTask("bronze", bronze.refresh);
    const silverDone = nightly.addRunJobTask("silver", silver.refresh, { dependsOn: bronzeDone });
    nightly.addRunJobTask("gold", gold.refresh, { dependsOn: silverDone });
  }
}
