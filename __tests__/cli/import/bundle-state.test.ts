import { join } from "node:path";
import {
  type BundleState,
  currentState,
  localStates,
  readState,
  stateOf,
} from "../../../src/cli/import/bundle-state";
import { folderWith, messageOf } from "../../support/synth";

const direct = (serial: number, jobs: Record<string, string>, more: object = {}): string =>
  JSON.stringify({
    state_version: 2,
    lineage: "a",
    serial,
    state: Object.fromEntries(
      Object.entries(jobs).map(([key, id]) => [`resources.jobs.${key}`, { __id__: id }]),
    ),
    ...more,
  });
const terraform = (serial: number, jobs: Record<string, string>, lineage = "a"): string =>
  JSON.stringify({
    version: 4,
    serial,
    lineage,
    resources: Object.entries(jobs).map(([name, id]) => ({
      mode: "managed",
      type: "databricks_job",
      name,
      instances: [{ attributes: { id } }],
    })),
  });
const parsed = (text: string): object => JSON.parse(text) as object;
const wal = (serial: number, ...entries: object[]): string =>
  [{ lineage: "a", serial }, ...entries].map((line) => `${JSON.stringify(line)}\n`).join("");
const jobsOf = (state: BundleState | undefined): object =>
  Object.fromEntries(state?.jobs ?? new Map<string, string>());

describe("the state of a bundle", () => {
  it("has the ids of jobs alone, whatever else was deployed", () => {
    const state = {
      "resources.jobs.load": { __id__: "17", state: { name: "Load" } },
      "resources.jobs.load.permissions": { __id__: "/jobs/17" },
      "resources.pipelines.load": { __id__: "18" },
    };
    expect(jobsOf(stateOf(parsed(direct(1, {}, { state })), "x"))).toEqual({ load: "17" });
  });

  it.each([0, 1, 2, 3])("is read in version %s of the direct engine", (version) => {
    const json = parsed(direct(1, { load: "17" }, { state_version: version }));
    expect(jobsOf(stateOf(json, "x"))).toEqual({ load: "17" });
  });

  it.each([
    ["a newer version", direct(1, {}, { state_version: 4 }), 'the state "x" has version 4'],
    [
      "features that nobody knows",
      direct(1, {}, { state_version: 3, features: { later: {} } }),
      'has version 3 with "later"',
    ],
    ["something else", "{}", '"x" is not the state of a bundle'],
  ])("is refused in %s", (_, text, message) => {
    expect(messageOf(() => stateOf(parsed(text), "x"))).toContain(message);
  });

  it("is what a summary says: deployed jobs have ids", () => {
    const summary = {
      bundle: { name: "shop", target: "dev" },
      resources: {
        jobs: {
          load: { id: "9007199254740993", name: "Load" },
          added: { modified_status: "created" },
          gone: { id: "18", modified_status: "deleted" },
        },
      },
    };
    const folder = folderWith({ "dev.json": JSON.stringify(summary) });
    const { state, target } = readState(join(folder, "dev.json"));
    expect([jobsOf(state), target]).toEqual([{ load: "9007199254740993" }, "dev"]);
  });

  it.each([
    [
      "the serial that follows",
      wal(4, { k: "resources.jobs.load", v: null }, { k: "resources.jobs.b", v: { __id__: "2" } }),
      { b: "2" },
    ],
    ["an older serial", wal(3, { k: "resources.jobs.load", v: null }), { load: "17" }],
    ["nothing but its header", wal(4), { load: "17" }],
    [
      "a line that was cut off",
      `${wal(4, { k: "resources.jobs.b", v: { __id__: "2" } })}{"k":"resour`,
      { load: "17", b: "2" },
    ],
  ])("takes an interrupted deployment in, with %s", (_, log, expected) => {
    expect(jobsOf(stateOf(parsed(direct(3, { load: "17" })), "x", log))).toEqual(expected);
  });

  it("refuses an interrupted deployment that does not follow it", () => {
    const read = (): BundleState => stateOf(parsed(direct(3, {})), "x", wal(5));
    expect(messageOf(read)).toContain('"x.wal" does not match "x": it has the serial 5 after 3');
  });

  it("lies beside the bundle, or where DATABRICKS_BUNDLE_TMP says", () => {
    const folder = folderWith({
      ".databricks/bundle/dev/resources.json": direct(3, { load: "17" }),
      ".databricks/bundle/dev/terraform/terraform.tfstate": terraform(2, { load: "16" }),
      "tmp/dev/resources.json": direct(9, { load: "19" }),
    });
    expect(jobsOf(currentState(localStates(folder, "dev", {}), "dev"))).toEqual({ load: "17" });
    const env = { DATABRICKS_BUNDLE_TMP: join(folder, "tmp") };
    expect(jobsOf(currentState(localStates(folder, "dev", env), "dev"))).toEqual({ load: "19" });
    expect(localStates(folder, "prod", {})).toEqual([]);
  });

  const states = (...texts: string[]): BundleState[] =>
    texts.map((text, at) => stateOf(parsed(text), `state ${at}`));

  it.each([
    ["none", [], {}],
    ["the higher serial", [direct(2, { a: "1" }), terraform(3, { a: "2" })], { a: "2" }],
    ["the first of one engine", [direct(2, { a: "1" }), direct(2, { a: "2" })], { a: "1" }],
    ["one without a lineage", [direct(2, { a: "1" }), terraform(1, {}, "")], { a: "1" }],
  ])("counts: %s", (_, texts, expected) => {
    expect(jobsOf(currentState(states(...texts), "dev"))).toEqual(expected);
  });

  it.each([
    ["both engines with one serial", [direct(2, {}), terraform(2, {})], "of both engines"],
    ["two deployments", [direct(2, {}), terraform(1, {}, "b")], "of two deployments"],
  ])("is refused: %s", (_, texts, message) => {
    expect(messageOf(() => currentState(states(...texts), "dev"))).toContain(message);
  });
});
