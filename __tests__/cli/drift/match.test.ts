import { NO_STATES } from "../../../src/cli/drift/code";
import type { LiveSummary } from "../../../src/cli/drift/live-job";
import { matchJobs } from "../../../src/cli/drift/match";
import type { JobSpec } from "../../../src/core/model";

const SPEC = {
  id: "shop/load",
  key: "load",
  name: "Load",
  tags: {},
  tasks: [],
} as unknown as JobSpec;
const live = (id: string, bundle: string): LiveSummary => ({
  id,
  name: "Load",
  tags: "  ",
  runs: [],
  bundle,
});

function matched(jobs: readonly LiveSummary[], isDeployed: boolean) {
  const workspace = {
    summary: (id: string) => jobs.find((job) => job.id === id),
    summaries: () => jobs,
  };
  const states = isDeployed
    ? { ...NO_STATES, isKnown: () => true, ids: new Map([[SPEC.id, "1"]]) }
    : NO_STATES;
  const { jobs: matches, copies } = matchJobs(
    [SPEC],
    states,
    workspace,
    () => "Load",
    ({ bundle }) => bundle !== "/own",
  );
  return { id: matches[0]?.live?.id, copies: [...copies.keys()] };
}

it("prefers a job of the same bundle without a state, and takes an older one of another place alone", () => {
  expect(matched([live("3", "/other"), live("5", "/own")], false).id).toBe("5");
  expect(matched([live("3", "/other")], false).id).toBe("3");
});

it("takes no job of another bundle for a copy", () => {
  const jobs = [live("1", "/own"), live("2", "/other"), live("3", "/own")];
  expect(matched(jobs, true)).toEqual({ id: "1", copies: ["3"] });
});
