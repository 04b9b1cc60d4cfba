import * as fc from "fast-check";
import type { JobSpec, TaskSpec } from "../../../../../src/core/model/job-spec";
import { hierarchyDocument } from "../../../../../src/core/render/document";
import { layoutOf, type LayoutOptions } from "../../../../../src/core/render/page/layout/layout";
import type { Layout } from "../../../../../src/core/render/page/layout/elements";
import type { Rect } from "../../../../../src/core/render/page/layout/pack";
import { finding, hierarchy, HOSTILE_NAMES, job, notebook, runs, task } from "../../support";

const layout = (jobs: readonly JobSpec[], options: LayoutOptions = {}) =>
  layoutOf(hierarchyDocument(hierarchy(jobs)), options);

interface AnyTask {
  /** What it runs: a job below 14, else a notebook. */
  readonly target: number;
  readonly waits: readonly number[];
  readonly outcome: "true" | "false" | undefined;
}

const anyTask: fc.Arbitrary<AnyTask> = fc.record({
  target: fc.nat(18),
  waits: fc.array(fc.nat(7), { maxLength: 3 }),
  outcome: fc.constantFrom(undefined, undefined, "true" as const, "false" as const),
});

/** Each run draws a whole hierarchy. */
const RUNS = { numRuns: 40 };

/** Jobs that run each other in any way and tasks that wait for each other in any way, circles and themselves included. */
const anyJobs: fc.Arbitrary<JobSpec[]> = fc
  .array(fc.array(anyTask, { maxLength: 8 }), { minLength: 1, maxLength: 14 })
  .map((all) => all.map((tasks, at) => job(`job_${at}`, specsOf(tasks, all.length))));

function specsOf(tasks: readonly AnyTask[], jobs: number): TaskSpec[] {
  return tasks.map(({ target, waits, outcome }, place) => {
    const keys = [
      ...new Set(waits.filter((wait) => wait < tasks.length).map((wait) => `t${wait}`)),
    ];
    const [first] = keys;
    const spec = {
      taskKey: `t${place}`,
      dependsOn: keys,
      ...(first !== undefined &&
        outcome !== undefined && { outcomes: new Map([[first, outcome]]) }),
    };
    return target < 14 ? runs(`job_${target % jobs}`, spec) : notebook(spec.taskKey, "n.py", spec);
  });
}

/** The same without circles: jobs run later ones, tasks wait for earlier ones. */
const acyclic = anyJobs.map((jobs) =>
  jobs.map((each, at) => ({
    ...each,
    tasks: each.tasks
      .filter(({ runJob }) => runJob?.kind !== "job" || numberIn(runJob.id) > at)
      .map((spec) => ({
        ...spec,
        dependsOn: spec.dependsOn.filter((key) => numberIn(key) < numberIn(spec.taskKey)),
      })),
  })),
);
const numberIn = (text: string): number => Number(/\d+$/.exec(text)?.[0] ?? "0");

const overlap = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const isInside = (inner: Rect, outer: Rect): boolean =>
  inner.x > outer.x &&
  inner.y > outer.y &&
  inner.x + inner.width < outer.x + outer.width &&
  inner.y + inner.height < outer.y + outer.height;

/** Everything that an arrow could run over, with the place of the box that it is in. */
const solidsOf = ({ boxes, tasks }: Layout): (Rect & { name: string; parent: string })[] => [
  ...boxes.map((box) => ({ ...box, name: box.place, parent: box.parent ?? "" })),
  ...tasks.map((each) => ({
    ...each,
    name: each.id,
    parent: each.id.slice(0, each.id.indexOf("\u0002")),
  })),
];

function ancestors(name: string, parents: ReadonlyMap<string, string>): string[] {
  const found: string[] = [];
  for (let at = parents.get(name); at !== undefined && at !== ""; at = parents.get(at))
    found.push(at);
  return found;
}

/** The boxes that arrows run over, other than those that they are in. */
function runOver(drawn: Layout): string[] {
  const solids = solidsOf(drawn);
  const parents = new Map(solids.map(({ name, parent }) => [name, parent]));
  return drawn.lines
    .flatMap(({ from, points }) => {
      const around = new Set(ancestors(from[0] ?? "", parents));
      return points.slice(1).flatMap(([x, y], at) => {
        const [beforeX, beforeY] = points[at] ?? [x, y];
        // Arrows end at the edges of boxes.
        const way: Rect = {
          x: Math.min(x, beforeX) + 0.1,
          y: Math.min(y, beforeY) - 0.05,
          width: Math.max(0, Math.abs(x - beforeX) - 0.2),
          height: Math.abs(y - beforeY) + 0.1,
        };
        return solids.filter(({ name, ...rect }) => !around.has(name) && overlap(way, rect));
      });
    })
    .map(({ name }) => name);
}

describe("layoutOf", () => {
  test.each(["jobs", "tasks"] as const)(
    "shows each of any %s, boxes beside or in each other, and all inside the drawing",
    (level) => {
      fc.assert(
        fc.property(anyJobs, (jobs) => {
          const rowsOf = ({ key }: { readonly key: string }): number => numberIn(key) % 3;
          const drawn = layout(jobs, { level, ...(level === "jobs" && { rowsOf }) });
          const solids = solidsOf(drawn);
          const parents = new Map(solids.map(({ name, parent }) => [name, parent]));
          expect(new Set(drawn.boxes.map((box) => box.job.key))).toEqual(
            new Set(jobs.map(({ key }) => key)),
          );
          expect(new Set(solids.map(({ name }) => name)).size).toBe(solids.length);
          const all = { x: 0, y: 0, width: drawn.width, height: drawn.height };
          expect(solids.filter((solid) => !isInside(solid, all))).toEqual([]);
          const above = new Map(solids.map(({ name }) => [name, ancestors(name, parents)]));
          const isWrong = (a: (typeof solids)[number], b: (typeof solids)[number]): boolean => {
            if (above.get(b.name)?.includes(a.name) === true) return !isInside(b, a);
            return above.get(a.name)?.includes(b.name) !== true && overlap(a, b);
          };
          expect(
            solids.flatMap((a, at) => solids.slice(at + 1).filter((b) => isWrong(a, b))),
          ).toEqual([]);
          expect(drawn.lines.every(({ path }) => !path.includes("NaN"))).toBe(true);
        }),
        RUNS,
      );
    },
  );

  test.each([anyJobs, acyclic])("leads no arrow over a box (%#)", (kind) => {
    fc.assert(
      fc.property(kind, (jobs) => {
        expect(runOver(layout(jobs, { level: "tasks" }))).toEqual([]);
      }),
      RUNS,
    );
  });

  test("places what waits to the right of what it waits for, with an arrow", () => {
    fc.assert(
      fc.property(acyclic, (jobs) => {
        const drawn = layout(jobs, { level: "tasks" });
        const byName = new Map(solidsOf(drawn).map((solid) => [solid.name, solid]));
        for (const { from, to } of drawn.lines)
          for (const [first, second] of from.flatMap((a) => to.map((b) => [a, b] as const))) {
            const [a, b] = [byName.get(first), byName.get(second)];
            expect((a?.x ?? 0) + (a?.width ?? 0) < (b?.x ?? 0)).toBe(true);
          }
        const arrows = drawn.lines.reduce((sum, { from, to }) => sum + from.length * to.length, 0);
        const open = drawn.boxes.filter(({ expanded }) => expanded);
        const waits = open.flatMap(({ job: { tasks } }) => {
          const keys = new Set(tasks.map(({ task_key }) => task_key));
          return tasks.flatMap((each) => each.depends_on.filter((key) => keys.has(key)));
        });
        expect(arrows).toBe(waits.length);
      }),
      RUNS,
    );
  });

  test("does not depend on the order of jobs and tasks", () => {
    const shuffled = anyJobs.chain((jobs) =>
      fc.tuple(
        fc.constant(jobs),
        fc
          .shuffledSubarray(jobs, { minLength: jobs.length })
          .map((mixed) => mixed.map((each) => ({ ...each, tasks: [...each.tasks].reverse() }))),
      ),
    );
    const sameText = ({ boxes, tasks, lines }: Layout): unknown => ({
      boxes: boxes.map(({ place, x, y, width, height }) => ({ place, x, y, width, height })),
      tasks: tasks.map((each) => `${each.task.task_key} ${each.x} ${each.y}`),
      lines: lines.map(({ path }) => path),
    });
    fc.assert(
      fc.property(shuffled, ([jobs, mixed]) => {
        expect(sameText(layout(mixed))).toEqual(sameText(layout(jobs)));
      }),
      RUNS,
    );
  });

  const SETUP = [
    job("setup", [
      runs("deploy", { dependsOn: ["run_validate", "run_sync"] }),
      runs("validate", { dependsOn: ["run_seed"] }),
      runs("seed", { dependsOn: ["run_tables"] }),
      runs("sync", { dependsOn: ["run_tables"] }),
      runs("tables"),
    ]),
    ...["deploy", "seed", "sync", "tables", "validate"].map((key) => job(key)),
  ];

  test("draws setup, then seed and sync beside each other, then validate, then deploy", () => {
    const { boxes, lines } = layout(SETUP);
    const at = new Map(boxes.map((box) => [box.job.key, box]));
    expect(boxes.map((box) => [box.job.key, box.depth, box.step])).toEqual([
      ["setup", 0, undefined],
      ["tables", 1, 1],
      ["seed", 1, 2],
      ["sync", 1, 2],
      ["validate", 1, 3],
      ["deploy", 1, 4],
    ]);
    expect(at.get("seed")?.x).toBe(at.get("sync")?.x);
    // What follows one step alone stands at its height: a straight arrow.
    expect(at.get("validate")?.y).toBe(at.get("seed")?.y);
    expect(lines).toHaveLength(5);
  });

  test("names the outcome on an arrow, and what else a task needs in its box", () => {
    const { boxes, tasks, lines } = layout([
      job("branch", [
        task("check", {
          types: ["condition_task"],
          condition: { left: "{{n}}", op: "GREATER_THAN", right: "10" },
        }),
        runs("big", { dependsOn: ["check"], outcomes: new Map([["check", "true"]]) }),
        runs("small", { dependsOn: ["check"], outcomes: new Map([["check", "false"]]) }),
        notebook("end", "end.py", { dependsOn: ["run_big", "run_small"], runIf: "ALL_DONE" }),
      ]),
      job("big"),
      job("small"),
    ]);
    const labelled = lines.filter(({ label }) => label !== undefined);
    expect(labelled.map(({ label, to: [to = ""] }) => `${label} ${to.slice(-5)}`).sort()).toEqual([
      "false small",
      "true n_big",
    ]);
    const [first, second] = labelled.map(({ y }) => y);
    expect(Math.abs((first ?? 0) - (second ?? 0))).toBeGreaterThan(11);
    expect(tasks.map(({ lines: text }) => text)).toEqual([
      ["{{n}} > 10"],
      ["end.py", "when all are done"],
    ]);
    expect(boxes).toHaveLength(3);
  });

  test("leads one arrow to many that wait for the same, and one from them", () => {
    const loads = Array.from({ length: 20 }, (_, at) => `load_${at}`);
    const { lines, frames, width, height } = layout([
      job("wide", [
        runs("start"),
        ...loads.map((key) => runs(key, { dependsOn: ["run_start"] })),
        runs("end", { dependsOn: loads.map((key) => `run_${key}`) }),
      ]),
      ...["start", ...loads, "end"].map((key) => job(key)),
    ]);
    expect(lines.map(({ from, to }) => `${from.length} to ${to.length}`).sort()).toEqual([
      "1 to 20",
      "20 to 1",
    ]);
    expect(frames).toHaveLength(1);
    expect(width / height).toBeGreaterThan(1);
  });

  test("says what is in a closed box, and draws nothing of it", () => {
    const jobs = [
      job("nightly", [runs("bronze"), runs("silver")]),
      job("bronze", [runs("shared"), runs("own")]),
      job("silver", [runs("shared")]),
      job("shared"),
      job("own"),
    ];
    const shown = (...open: string[]) =>
      layout(jobs, { isExpanded: (place) => open.includes(place) }).boxes.map(
        (box) => `${box.job.key}: ${box.lines.join(", ")}`,
      );
    expect(shown()).toEqual(["nightly: composite · 4 jobs"]);
    expect(shown("jobs/nightly")).toEqual([
      "nightly: composite",
      "bronze: composite · 2 jobs",
      "silver: composite · 1 job",
    ]);
    const found = hierarchyDocument(
      hierarchy(jobs, { findings: [finding(jobs), finding(jobs.slice(3), "retries", "warning")] }),
    );
    expect(layoutOf(found, { isExpanded: () => false }).boxes[0]?.lines).toEqual([
      "composite · 4 jobs, 1 error, 1 warning",
    ]);
    // A job has a box in each job that runs it.
    expect(layout(jobs).boxes.filter((box) => box.job.key === "shared")).toHaveLength(2);
  });

  test("continues at the top what is too deep for its place, and ends at a circle", () => {
    const chain = Array.from({ length: 40 }, (_, at) =>
      job(`job_${at}`, at === 39 ? [] : [runs(`job_${at + 1}`)]),
    );
    const { boxes } = layout(chain);
    expect(boxes.filter(({ depth }) => depth === 0).map((box) => box.job.key)).toEqual([
      "job_0",
      "job_12",
      "job_24",
      "job_36",
    ]);
    expect(boxes.filter(({ continued }) => continued)).toHaveLength(3);
    const circle = layout([job("a", [runs("b")]), job("b", [runs("a")])], {
      isExpanded: () => true,
    });
    expect(circle.boxes.map((box) => [box.job.key, box.canExpand])).toEqual([
      ["a", true],
      ["b", true],
      ["a", false],
    ]);
  });

  test("leaves rows free below the lines of a box, open or closed", () => {
    const jobs = [job("setup", [runs("tables")]), job("tables", [notebook("load", "load.py")])];
    for (const isOpen of [true, false]) {
      const options = { isExpanded: () => isOpen };
      const before = layout(jobs, options);
      const after = layout(jobs, { ...options, rowsOf: ({ key }) => (key === "setup" ? 2 : 1) });
      expect(after.boxes.map(({ rows }) => rows)).toEqual(isOpen ? [2, 1] : [2]);
      const heights = after.boxes.map(({ height }, at) => height - (before.boxes[at]?.height ?? 0));
      // An open box holds the other's row, too.
      expect(heights).toEqual(isOpen ? [48, 16] : [32]);
    }
  });

  test("puts jobs that have nothing to do with each other side by side", () => {
    const { width, height } = layout(Array.from({ length: 400 }, (_, at) => job(`alone_${at}`)));
    expect(width / height).toBeGreaterThan(0.8);
    expect(width / height).toBeLessThan(3);
  });

  test("limits the size of boxes for any name", () => {
    const { boxes } = layout(HOSTILE_NAMES.map((name) => job(name)));
    for (const { width } of boxes) expect(width).toBeLessThan(420);
  });

  test("is done with chains of 5 000 jobs and tasks, and with tasks that all wait for all before", () => {
    const chain = Array.from({ length: 5_000 }, (_, at) =>
      job(`job_${at}`, at === 4_999 ? [] : [runs(`job_${at + 1}`)]),
    );
    expect(layout(chain).boxes).toHaveLength(5_000 + Math.floor(4_999 / 12));
    const tasks = Array.from({ length: 5_000 }, (_, at) =>
      notebook(`t${at}`, "n", { dependsOn: at === 0 ? [] : [`t${at - 1}`] }),
    );
    expect(layout([job("long", tasks)], { level: "tasks" }).lines).toHaveLength(4_999);
    const keys = Array.from({ length: 150 }, (_, at) => `t${at}`);
    const dense = keys.map((key, at) => notebook(key, "n", { dependsOn: keys.slice(0, at) }));
    const drawn = layout([job("dense", dense)], { level: "tasks" });
    expect(drawn.lines).toHaveLength((150 * 149) / 2);
  });
});
