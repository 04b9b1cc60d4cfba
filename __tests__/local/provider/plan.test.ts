import {
  array,
  assert,
  boolean,
  constantFrom,
  dictionary,
  option,
  property,
  record,
} from "fast-check";
import { UNKNOWN, conform, type Obj, type Value } from "../../../src/local/provider/cty";
import { planChange } from "../../../src/local/provider/plan";
import { buildSchema, type Extras } from "../../../src/local/provider/schema";

const EXTRAS: Extras = {
  path: { forceNew: true },
  url: {},
  format: { computed: true },
  max_concurrent_runs: { default: 1 },
  queue: { suppress: "any" },
  "queue.enabled": { suppress: "any" },
  run_as: { computed: true },
  "task.run_if": { suppress: { value: "ALL_SUCCESS" } },
  "task.retry_on_timeout": { computed: true },
};
const { block } = buildSchema(
  0,
  {
    attributes: {
      path: "string",
      url: "string=",
      format: "string",
      description: "string",
      max_concurrent_runs: "number",
      tags: "map(string)",
    },
    blocks: {
      queue: { max: 1, attributes: { enabled: "bool!" } },
      run_as: { max: 1, attributes: { user_name: "string" } },
      access: { nesting: "set", attributes: { who: "string", level: "string" } },
      task: { attributes: { task_key: "string!", run_if: "string", retry_on_timeout: "bool" } },
    },
  },
  EXTRAS,
);

function whole(value: object): Obj {
  return conform(value, block) ?? {};
}

function plan(prior: object | null, config: object): { planned: Obj; replace: unknown } {
  return planChange(block, prior === null ? null : whole(prior), whole(config));
}

describe("planning a new resource", () => {
  it("marks every computed value as unknown, in blocks too, and sets defaults", () => {
    const { planned } = plan(null, { task: [{ task_key: "merge" }] });
    expect(planned).toEqual(
      whole({
        url: UNKNOWN,
        format: UNKNOWN,
        run_as: UNKNOWN,
        max_concurrent_runs: 1,
        task: [{ task_key: "merge", retry_on_timeout: UNKNOWN }],
      }),
    );
  });

  it("hides a whole map of which one member is unknown", () => {
    expect(plan(null, { tags: { level: "atomic", up: UNKNOWN } }).planned.tags).toBe(UNKNOWN);
  });
});

describe("planning a change", () => {
  const deployed = {
    path: "/a",
    url: "u",
    format: "MULTI_TASK",
    max_concurrent_runs: 1,
    run_as: [{ user_name: "ada" }],
    task: [{ task_key: "merge", retry_on_timeout: false }],
  };
  const configured = { path: "/a", task: [{ task_key: "merge" }] };

  it("finds none where the configuration is what was deployed", () => {
    expect(plan(deployed, configured).planned).toEqual(whole(deployed));
  });

  it.each([
    ["an absent and an empty text", { description: "" }, {}],
    ["an empty and an absent text", {}, { description: "" }],
    ["an absent and an empty map", {}, { tags: {} }],
    ["a suppressed block that only the workspace has", { queue: [{ enabled: true }] }, {}],
    [
      "the service's default of a task",
      { task: [{ task_key: "merge", retry_on_timeout: false, run_if: "ALL_SUCCESS" }] },
      {},
    ],
    [
      "members of a set in another order",
      { access: [{ who: "ada", level: "" }, { who: "bob" }] },
      { access: [{ who: "bob" }, { who: "ada" }] },
    ],
  ])("finds none between %s", (_, prior, config) => {
    const before = { ...deployed, ...prior };
    const { planned } = plan(before, { ...configured, ...config });
    const ordered = ({ access, ...rest }: Obj): object => ({
      ...rest,
      access: (access as { who: string }[]).sort((a, b) => a.who.localeCompare(b.who)),
    });
    expect(ordered(planned)).toEqual(ordered(whole(before)));
  });

  it.each([
    ["a value", { description: "new" }, { description: "new" }],
    ["one tag", { tags: { level: "atomic" } }, { tags: { level: "atomic" } }],
    ["a default", { max_concurrent_runs: 4 }, { max_concurrent_runs: 4 }],
    ["an empty tag, which is a tag", { tags: { a: "" } }, { tags: { a: "" } }],
  ])("sees %s", (_, config, expected) => {
    expect(plan(deployed, { ...configured, ...config }).planned).toMatchObject(expected);
  });

  it("removes what is configured no longer", () => {
    const before = { ...deployed, description: "old", tags: { a: "b" } };
    expect(plan(before, configured).planned).toMatchObject({ description: null, tags: {} });
  });

  it("sees run_if that is not the service's default", () => {
    const before = { ...deployed, task: [{ task_key: "merge", run_if: "ALL_DONE" }] };
    expect(plan(before, configured).planned).toMatchObject({ task: [{ run_if: null }] });
  });

  it("asks for another object where an argument can't change in place, and only there", () => {
    expect(plan(deployed, { ...configured, path: "/b" }).replace).toEqual([["path"]]);
    expect(plan(deployed, { ...configured, description: "x" }).replace).toEqual([]);
  });
});

describe("any plan", () => {
  const text = option(constantFrom("", "a", "b"));
  const config = record({
    path: text,
    format: text,
    description: text,
    max_concurrent_runs: option(constantFrom(0, 1, 2)),
    tags: option(dictionary(constantFrom("x", "y"), constantFrom("", "1"))),
    queue: array(record({ enabled: boolean() }), { maxLength: 1 }),
    run_as: array(record({ user_name: text }), { maxLength: 1 }),
    access: array(record({ who: text, level: text }), { maxLength: 2 }),
    task: array(
      record({
        task_key: constantFrom("merge", "seed"),
        run_if: option(constantFrom("ALL_SUCCESS", "ALL_DONE")),
        retry_on_timeout: option(boolean()),
      }),
      { maxLength: 3 },
    ),
  });

  it("leads to a state in which the same configuration changes nothing", () => {
    assert(
      property(option(config), config, (prior, wanted) => {
        const { planned } = plan(prior, wanted);
        const applied = whole(settle(planned) as Obj);
        const again = plan(applied, wanted);
        expect(again).toEqual({ planned: applied, replace: [] });
      }),
      { numRuns: 500 },
    );
  });
});

/** `value` after an apply: what was unknown has become something. */
function settle(value: Value): Value {
  if (value === UNKNOWN) return null;
  if (Array.isArray(value)) return value.map(settle);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, settle(member)]));
}
