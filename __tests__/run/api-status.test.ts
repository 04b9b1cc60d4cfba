import { describe, expect, it } from "@jest/globals";
import { didNotRun, failed, failedByItself, succeeded } from "../../src/core/model/run-tree";
import { statusOf } from "../../src/run/api-status";

describe("statusOf", () => {
  it.each([
    [{ state: { life_cycle_state: "PENDING" } }, "active", "PENDING"],
    [{ state: { life_cycle_state: "RUNNING" } }, "active", "RUNNING"],
    [{ state: { life_cycle_state: "TERMINATING" } }, "active", "TERMINATING"],
    [{ state: { life_cycle_state: "BLOCKED" } }, "waiting", "BLOCKED"],
    [{ state: { life_cycle_state: "QUEUED" } }, "waiting", "QUEUED"],
    [{ state: { life_cycle_state: "WAITING_FOR_RETRY" } }, "waiting", "WAITING_FOR_RETRY"],
    [{ state: { life_cycle_state: "TERMINATED", result_state: "SUCCESS" } }, "ended", "SUCCESS"],
    [{ state: { life_cycle_state: "TERMINATED", result_state: "CANCELED" } }, "ended", "CANCELED"],
    [{ state: { life_cycle_state: "INTERNAL_ERROR", result_state: "FAILED" } }, "ended", "FAILED"],
    [{ state: { life_cycle_state: "INTERNAL_ERROR" } }, "ended", "INTERNAL_ERROR"],
    [{ state: { life_cycle_state: "SKIPPED" } }, "ended", "SKIPPED"],
    [{ state: { life_cycle_state: "TERMINATED" } }, "ended", "TERMINATED"],
    [
      { state: { life_cycle_state: "TERMINATED", result_state: "HALF_DONE" } },
      "ended",
      "HALF_DONE",
    ],
    [{ state: { life_cycle_state: "HIBERNATING" } }, "active", "HIBERNATING"],
    [{ status: { state: "RUNNING" } }, "active", "RUNNING"],
    [{ status: { state: "QUEUED" } }, "waiting", "QUEUED"],
    [
      { status: { state: "TERMINATED", termination_details: { code: "SUCCESS" } } },
      "ended",
      "SUCCESS",
    ],
    [
      { status: { state: "TERMINATED", termination_details: { code: "USER_CANCELED" } } },
      "ended",
      "CANCELED",
    ],
    [
      { status: { state: "TERMINATED", termination_details: { code: "CLUSTER_ERROR" } } },
      "ended",
      "CLUSTER_ERROR",
    ],
    [
      { state: { life_cycle_state: "ARCHIVED" }, status: { state: "TERMINATED" } },
      "ended",
      "ARCHIVED",
    ],
    [{}, "active", "UNKNOWN"],
  ])("%j is %s, %s", (run, phase, state) => {
    expect(statusOf(run)).toMatchObject({ phase, state });
  });

  it("returns the first non-empty reason", () => {
    const state = { life_cycle_state: "QUEUED", state_message: "", queue_reason: "busy" };
    expect(statusOf({ state }).message).toBe("busy");
    const details = { state: "TERMINATED", termination_details: { code: "X", message: "because" } };
    expect(statusOf({ status: details }).message).toBe("because");
  });
});

describe("what a result means", () => {
  const results = [
    // state, succeeded, failed, did not run
    ["SUCCESS", true, false, false],
    ["SUCCESS_WITH_FAILURES", false, false, false],
    ["FAILED", false, true, false],
    ["TIMEDOUT", false, true, false],
    ["CANCELED", false, true, false],
    ["MAXIMUM_CONCURRENT_RUNS_REACHED", false, true, false],
    ["UPSTREAM_FAILED", false, true, true],
    ["UPSTREAM_CANCELED", false, true, true],
    ["EXCLUDED", false, false, true],
    ["DISABLED", false, false, true],
    ["SOMETHING_NEW", false, true, false],
  ] as const;

  it.each(results)("%s", (state, good, bad, out) => {
    const node = { status: { phase: "ended", state, message: "" } } as const;
    expect(succeeded(node)).toBe(good);
    expect(failed(node)).toBe(bad);
    expect(didNotRun(node)).toBe(out);
    expect(failedByItself(node)).toBe(bad && !out);
  });

  it("has no result before the end", () => {
    for (const phase of ["waiting", "active"] as const) {
      const node = { status: { phase, state: "FAILED", message: "" } };
      expect([succeeded(node), failed(node), didNotRun(node)]).toEqual([false, false, false]);
    }
  });
});
