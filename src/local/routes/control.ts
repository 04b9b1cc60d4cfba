import { faultPlan, type Faults } from "../faults";
import { object } from "../schema/shape";
import { get, post, type Route, send } from "./route";

/** What the workspace says of itself, and how it is told to fail or to stop. No part of Databricks. */
export function controlRoutes(
  faults: Faults,
  status: () => Record<string, unknown>,
  stop: () => void,
): Route[] {
  const NO_VERSION = [""];
  return [
    get("/local/status", NO_VERSION, object({}), status),
    get("/local/faults", NO_VERSION, object({}), () => faults.report()),
    send("PUT", "/local/faults", NO_VERSION, faultPlan, ({ body }) => {
      faults.set(body);
      return faults.report();
    }),
    post("/local/stop", NO_VERSION, object({}), () => {
      // After the answer.
      setImmediate(stop);
    }),
  ];
}
