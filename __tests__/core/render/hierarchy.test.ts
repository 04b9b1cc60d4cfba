import fc from "fast-check";
import { JobGraph } from "../../../src/core/model/job-graph";
import type { JobSpec } from "../../../src/core/model/job-spec";
import { hierarchyOf, rootsOf, UnknownJobs, worstOf } from "../../../src/core/render/hierarchy";
import { finding, hierarchy, job, notebook, runs, task } from "./support";

/** Seven jobs in three layers; `tables` is run twice. */
const LAYERS = [
  job("nightly", [runs("bronze"), runs("silver", { dependsOn: ["run_bronze"] })]),
  job("bronze", [runs("orders"), runs("tables")]),
  job("silver", [runs("clean"), runs("tables", { dependsOn: ["run_clean"] })]),
  job("orders", [notebook("run", "orders.py")]),
  job("clean", [notebook("run", "clean.py")]),
  job("tables", [notebook("run", "tables.py")]),
  job("alone"),
];
const keysOf = (options: Parameters<typeof hierarchy>[1]): string =>
  hierarchy(LAYERS, options)
    .jobs.map(({ spec }) => spec.key)
    .join(" ");

describe("which jobs are drawn", () => {
  it.each<[string, Parameters<typeof hierarchy>[1], string]>([
    ["all", {}, "nightly bronze silver orders clean tables alone"],
    ["what one runs", { jobs: ["bronze"] }, "bronze orders tables"],
    ["what two run", { jobs: ["silver", "orders"] }, "silver orders clean tables"],
    ["by id", { jobs: ["jobs/clean"] }, "clean"],
    ["what runs one", { jobs: ["tables"], direction: "up" }, "nightly bronze silver tables"],
    [
      "what runs one, and what it runs, but not what those run beside it",
      { jobs: ["silver"], direction: "both" },
      "nightly silver clean tables",
    ],
    ["one step down", { jobs: ["nightly"], depth: 1 }, "nightly bronze silver"],
    ["one step up", { jobs: ["tables"], direction: "up", depth: 1 }, "bronze silver tables"],
    ["no step", { jobs: ["nightly"], depth: 0 }, "nightly"],
    ["the top", { depth: 0 }, "nightly alone"],
    ["one step from the top", { depth: 1 }, "nightly bronze silver alone"],
  ])("%s", (_, options, expected) => {
    expect(keysOf(options)).toBe(expected);
  });

  it("names jobs that do not exist", () => {
    const drawn = hierarchyOf(new JobGraph("dev", LAYERS), { jobs: ["orders", "order", "gold"] });
    expect(drawn).toBeInstanceOf(UnknownJobs);
    expect(drawn).toMatchObject({ names: ["order", "gold"] });
  });

  it("are empty without jobs", () => {
    expect(hierarchy([])).toEqual({ environment: "dev", jobs: [], edges: [] });
  });
});

describe("edges", () => {
  it("lead to what a job runs, and from what comes first to what waits for it", () => {
    const { edges } = hierarchy(LAYERS, { jobs: ["silver"] });
    const by = "jobs/silver";
    expect(edges).toEqual([
      { kind: "run_job", from: by, to: "jobs/clean", by },
      { kind: "run_job", from: by, to: "jobs/tables", by },
      { kind: "depends_on", from: "jobs/clean", to: "jobs/tables", by },
    ]);
  });

  it("reach a job that is run twice once", () => {
    const twice = job("twice", [runs("a"), runs("a", { taskKey: "again", dependsOn: ["run_a"] })]);
    expect(hierarchy([twice, job("a")]).edges).toEqual([
      { kind: "run_job", from: "jobs/twice", to: "jobs/a", by: "jobs/twice" },
    ]);
  });

  it("begin in tasks inside for-each tasks, too", () => {
    const each = job("each", [
      task("outer", { types: ["for_each_task"], forEach: runs("a", { taskKey: "inner" }) }),
    ]);
    const { jobs, edges } = hierarchy([each, job("a")]);
    expect(edges).toHaveLength(1);
    expect(jobs[0]?.tasks.map(({ spec, runs: target }) => [spec.taskKey, target])).toEqual([
      ["outer", undefined],
      ["inner", "jobs/a"],
    ]);
  });

  it("stay within the drawing", () => {
    const { jobs, edges } = hierarchy(LAYERS, { jobs: ["nightly"], depth: 0 });
    expect(edges).toEqual([]);
    expect(jobs[0]?.tasks.map(({ runs: target }) => target)).toEqual([undefined, undefined]);
  });
});

describe("findings", () => {
  const [nightly, bronze, silver] = LAYERS as [JobSpec, JobSpec, JobSpec];

  it("stand at each of their jobs, once, unless they are suppressed", () => {
    const findings = [
      finding([nightly, bronze, bronze], "a", "warning"),
      finding([bronze], "b"),
      { ...finding([silver], "c"), suppression: { kind: "config", reason: "later" } as const },
      finding([silver], "d", "info"),
    ];
    const { jobs } = hierarchy(LAYERS, { findings });
    expect(
      jobs.slice(0, 3).map((each) => [each.findings.map(({ rule }) => rule), worstOf(each)]),
    ).toEqual([
      [["a"], "warning"],
      [["a", "b"], "error"],
      [["d"], undefined],
    ]);
  });
});

describe("rootsOf", () => {
  const next: Readonly<Record<string, readonly string[]>> = {
    a: ["b"],
    b: ["c", "b"],
    c: ["b"],
    d: ["e"],
    e: ["d"],
    f: ["f"],
  };
  const roots = (...jobs: string[]): string[] => rootsOf(jobs, (each) => next[each] ?? []);

  it("are the jobs that no other runs, and the first of each cycle that no other runs", () => {
    expect(roots("a", "b", "c")).toEqual(["a"]);
    expect(roots("e", "d")).toEqual(["e"]);
    expect(roots("f", "a", "b", "c", "d", "e")).toEqual(["a", "f", "d"]);
    expect(roots()).toEqual([]);
  });
});

describe("any graph", () => {
  /** Jobs by number; each runs some, itself and circles included. */
  const graphs = fc.array(fc.array(fc.nat(11), { maxLength: 4 }), { maxLength: 12 }).map((all) =>
    all.map((targets, at) =>
      job(
        `j${at}`,
        targets
          .filter((target) => target < all.length)
          .map((target, index) =>
            runs(`j${target}`, {
              taskKey: `t${index}`,
              dependsOn: index > 0 ? [`t${index - 1}`] : [],
            }),
          ),
      ),
    ),
  );
  const options = fc.record({
    direction: fc.constantFrom("down", "up", "both" as const),
    depth: fc.constantFrom(0, 1, 2, 3, Infinity),
    start: fc.nat(11),
    named: fc.boolean(),
  });

  it("is drawn with each job once, in its order, and with both ends of every edge", () => {
    fc.assert(
      fc.property(graphs, options, (jobs, { start, named, ...rest }) => {
        const names = named && jobs[start] !== undefined ? { jobs: [jobs[start].key] } : {};
        const drawn = hierarchy(jobs, { ...rest, ...names });
        const ids = drawn.jobs.map(({ id }) => id);
        expect(ids).toEqual(jobs.map(({ id }) => id).filter((id) => ids.includes(id)));
        for (const { from, to, by } of drawn.edges) {
          for (const end of [from, to, by]) expect(ids).toContain(end);
        }
        const edges = drawn.edges.map((edge) => JSON.stringify(edge));
        expect(new Set(edges).size).toBe(edges.length);
      }),
    );
  });

  it("has, one step further, at least the jobs that it has", () => {
    fc.assert(
      fc.property(graphs, options, fc.nat(4), (jobs, { direction, start, named }, depth) => {
        const names = named && jobs[start] !== undefined ? { jobs: [jobs[start].key] } : {};
        const at = (steps: number): string[] =>
          hierarchy(jobs, { direction, ...names, depth: steps }).jobs.map(({ id }) => id);
        expect(at(depth + 1)).toEqual(expect.arrayContaining(at(depth)));
        expect(at(Infinity)).toEqual(expect.arrayContaining(at(depth)));
      }),
    );
  });

  it("is whole from its roots down", () => {
    fc.assert(
      fc.property(graphs, (jobs) => {
        const graph = new JobGraph("dev", jobs);
        const roots = rootsOf(graph.jobs, (each) => graph.runs(each));
        const whole =
          roots.length === 0 ? [] : hierarchy(jobs, { jobs: roots.map(({ id }) => id) }).jobs;
        expect(whole.map(({ id }) => id)).toEqual(jobs.map(({ id }) => id));
        for (const each of jobs) {
          if (!jobs.some((other) => graph.runs(other).includes(each)))
            expect(roots).toContain(each);
        }
      }),
    );
  });
});
