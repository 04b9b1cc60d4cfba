import { faultPlan, type Faults } from "../../faults";
import { object } from "../../schema/shape";
import { get, post, type Route, send } from "../../http/route";

const NO_VERSION = [""];

/** Status of the workspace, its triggers, injected faults, and stop. Not part of the Databricks API. */
export function controlRoutes(
  faults: Faults,
  status: () => Record<string, unknown>,
  triggers: () => object[],
  stop: () => void,
): Route[] {
  return [
    get("/local/status", NO_VERSION, object({}), status),
    get("/local/triggers", NO_VERSION, object({}), () => ({ triggers: triggers() })),
    get("/local/faults", NO_VERSION, object({}), () => faults.report()),
    send("PUT", "/local/faults", NO_VERSION, faultPlan, ({ body }) => {
      faults.set(body);
      return faults.report();
    }),
    post("/local/stop", NO_VERSION, object({}), () => {
      // Stop after the response was sent.
      setImmediate(stop);
    }),
  ];
}

/** Creates a login link for the workspace page. Requires the workspace's token. */
export function pageRoutes(newLink: () => string): Route[] {
  return [post("/local/page", NO_VERSION, object({}), () => ({ url: newLink() }))];
}
