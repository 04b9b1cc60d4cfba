import * as fc from "fast-check";
import type { JobSpec } from "../../../../src/core/model/job-spec";
import { hierarchyDocument } from "../../../../src/core/render/document";
import { type Box, layoutOf, type LayoutOptions } from "../../../../src/core/render/page/layout";
import { hierarchy, HOSTILE_NAMES, job, notebook, runs } from "../support";

const layout = (jobs: readonly JobSpec[], options: LayoutOptions = {}) =>
  layoutOf(hierarchyDocument(hierarchy(jobs)), options);

/** Any jobs that run each other in any way, circles and themselves included. */
const anyJobs: fc.Arbitrary<JobSpec[]> = fc
  .array(fc.array(fc.nat(14), { maxLength: 5 }), { minLength: 1, maxLength: 15 })
  .map((all) =>
    all.map((targets, at) =>
      job(
        `job_${at}`,
        targets.length === 0
          ? [notebook("load", `load_${at}.py`)]
          : targets.map((target, place) =>
              runs(`job_${target % all.length}`, {
                taskKey: `t${place}`,
                dependsOn: place % 2 === 1 ? [`t${place - 1}`] : [],
              }),
            ),
      ),
    ),
  );

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

describe("layoutOf", () => {
  test.each(["jobs", "tasks"] as const)(
    "places any %s once, none upon another, and all inside the drawing",
    (level) => {
      fc.assert(
        fc.property(anyJobs, (jobs) => {
          const { boxes, lines, width, height } = layout(jobs, { level });
          expect(boxes.map((box) => box.job.key).sort()).toEqual(jobs.map(({ key }) => key).sort());
          for (const [at, box] of boxes.entries()) {
            expect(boxes.slice(at + 1).filter((other) => overlap(box, other))).toEqual([]);
            expect(box.x).toBeGreaterThanOrEqual(0);
            expect(box.y).toBeGreaterThanOrEqual(0);
            expect(box.x + box.width).toBeLessThanOrEqual(width);
            expect(box.y + box.height).toBeLessThanOrEqual(height);
          }
          expect(lines.every(({ path }) => !path.includes("NaN"))).toBe(true);
        }),
      );
    },
  );

  test("puts every job to the right of those that run it, as far as they do not run each other in a cycle", () => {
    const acyclic = anyJobs.map((jobs) =>
      jobs.map((each, at) => ({
        ...each,
        tasks: each.tasks.filter(
          ({ runJob }) => runJob?.kind !== "job" || Number(/\d+$/.exec(runJob.id)?.[0] ?? "0") > at,
        ),
      })),
    );
    fc.assert(
      fc.property(acyclic, (jobs) => {
        const { boxes, lines } = layout(jobs);
        const depths = new Map(boxes.map((box) => [box.job.id, box.depth]));
        const runLines = lines.filter(({ kind }) => kind === "run_job");
        for (const { from, to } of runLines)
          expect(depths.get(to)).toBeGreaterThan(depths.get(from) ?? 0);
        const pairs = jobs.flatMap(({ id, tasks }) =>
          tasks.flatMap(({ runJob }) => (runJob?.kind === "job" ? [`${id} ${runJob.id}`] : [])),
        );
        expect(runLines.map(({ from, to }) => `${from} ${to}`).sort()).toEqual(
          [...new Set(pairs)].sort(),
        );
      }),
    );
  });

  test("places the jobs that one job runs below each other, in the order in which they can begin", () => {
    const { boxes } = layout([
      job("setup", [
        runs("deploy", { dependsOn: ["run_seed"] }),
        runs("seed", { dependsOn: ["run_tables"] }),
        runs("tables"),
      ]),
      ...["deploy", "seed", "tables"].map((key) => job(key)),
    ]);
    const [setup, ...others] = boxes;
    expect(setup).toMatchObject({ job: { key: "setup" }, depth: 0, runs: 3, expanded: true });
    expect(
      others.map(({ job: { key }, depth, place, siblings }) => [key, depth, place, siblings]),
    ).toEqual([
      ["tables", 1, 0, 3],
      ["seed", 1, 1, 3],
      ["deploy", 1, 2, 3],
    ]);
    expect(others.map(({ y }) => y)).toEqual(others.map(({ y }) => y).sort((a, b) => a - b));
    expect(new Set(others.map(({ x }) => x)).size).toBe(1);
  });

  test("leaves out what a closed job runs, unless an open one runs it too", () => {
    const jobs = [
      job("nightly", [runs("bronze"), runs("silver")]),
      job("bronze", [runs("shared"), runs("own")]),
      job("silver", [runs("shared")]),
      job("shared"),
      job("own"),
    ];
    const shown = (open: readonly string[]): string[] =>
      layout(jobs, { isExpanded: (id) => open.includes(id) }).boxes.map((box) => box.job.key);
    expect(shown([])).toEqual(["nightly"]);
    expect(shown(["jobs/nightly"]).sort()).toEqual(["bronze", "nightly", "silver"]);
    expect(shown(["jobs/nightly", "jobs/silver"]).sort()).toEqual([
      "bronze",
      "nightly",
      "shared",
      "silver",
    ]);
  });

  test("puts parts that have nothing to do with each other side by side", () => {
    const { width, height } = layout(Array.from({ length: 400 }, (_, at) => job(`alone_${at}`)));
    expect(width / height).toBeGreaterThan(0.5);
    expect(width / height).toBeLessThan(4);
  });

  test("draws the tasks in the boxes of their jobs, with both kinds of arrows", () => {
    const { boxes, lines } = layout(
      [
        job("setup", [runs("tables"), runs("seed", { dependsOn: ["run_tables"] })]),
        job("tables"),
        job("seed"),
      ],
      { level: "tasks" },
    );
    expect(boxes[0]?.rows.map(({ task }) => task.task_key)).toEqual(["run_tables", "run_seed"]);
    expect(lines.map(({ kind, from, to }) => [kind, from, to])).toEqual([
      ["run_job", "jobs/setup", "jobs/tables"],
      ["depends_on", "jobs/setup", "jobs/setup"],
      ["run_job", "jobs/setup", "jobs/seed"],
    ]);
  });

  test("limits the size of boxes for any name", () => {
    const { boxes } = layout(HOSTILE_NAMES.map((name) => job(name)));
    for (const { width } of boxes) expect(width).toBeLessThan(420);
  });

  test("is done with a chain of 20 000 jobs, and with 20 000 tasks that wait for each other", () => {
    const chain = Array.from({ length: 20_000 }, (_, at) =>
      job(`job_${at}`, at === 19_999 ? [] : [runs(`job_${at + 1}`)]),
    );
    expect(layout(chain).boxes.at(-1)?.depth).toBe(19_999);
    const tasks = Array.from({ length: 20_000 }, (_, at) =>
      notebook(`t${at}`, "n", { dependsOn: at === 0 ? [] : [`t${at - 1}`] }),
    );
    expect(layout([job("long", tasks)], { level: "tasks" }).lines).toHaveLength(19_999);
  });
});
