import type { Construct } from "constructs";
import { BronzeLayer } from "./bronze";
import { environments } from "./environments";
import { GoldLayer } from "./gold";
import { Nightly } from "./nightly";
import { SilverLayer } from "./silver";

/** Makes the jobs of every environment: three layers, and the orchestrator over them. */
export function addJobs(app: Construct): void {
  for (const environment of environments) {
    const bronze = new BronzeLayer(app, environment);
    const silver = new SilverLayer(app, environment);
    const gold = new GoldLayer(app, environment);
    new Nightly(app, environment, { bronze, silver, gold });
  }
}
