import { printable } from "../../../src/core/model/text";
import { hierarchyDocument, hierarchyJson } from "../../../src/core/render/document";
import { hierarchyDot } from "../../../src/core/render/dot";
import type { Hierarchy } from "../../../src/core/render/hierarchy";
import { hierarchyMermaid } from "../../../src/core/render/mermaid";
import { hierarchyTree } from "../../../src/core/render/tree";
import { styleOf } from "../../../src/core/report/style";
import { expectLinear } from "../../support/growth";
import {
  finding,
  hierarchy,
  hostileJobs,
  HOSTILE_NAMES,
  job,
  notebook,
  runs,
  task,
} from "./support";

const mermaid = (drawn: Hierarchy, options?: Parameters<typeof hierarchyMermaid>[1]): string =>
  hierarchyMermaid(drawn, options).text;

const { jobs, findings } = hostileJobs();
const hostile = hierarchy(jobs, { findings });

describe("a tree", () => {
  it("draws the jobs below a job that is run twice only once", () => {
    const drawn = hierarchy([
      job("all", [runs("one"), runs("two", { dependsOn: ["run_one"] })]),
      job("one", [runs("shared")]),
      job("two", [runs("shared")]),
      job("shared", [runs("seed")]),
      job("seed", [notebook("run", "seed.py")]),
    ]);
    expect(hierarchyTree(drawn)).toMatchInlineSnapshot(`
     "all  composite
     ├─ 1. one  composite
     │  └─ shared  composite
     │     └─ seed  atomic  seed.py
     └─ 2. two  composite  after one
        └─ shared  composite  (see above)"
    `);
  });

  it("ends where jobs run themselves or each other", () => {
    const drawn = hierarchy([
      job("self", [runs("self")]),
      job("a", [runs("b")]),
      job("b", [runs("c")]),
      job("c", [runs("a")]),
    ]);
    expect(hierarchyTree(drawn)).toMatchInlineSnapshot(`
     "self  composite
     └─ self  composite  (see above)
     a  composite
     └─ b  composite
        └─ c  composite
           └─ a  composite  (see above)"
    `);
    for (const level of ["jobs", "tasks"] as const) {
      expect(mermaid(drawn, { level }).match(/-->/g)).toHaveLength(4);
      expect(hierarchyDot(drawn, { level }).match(/ -> /g)).toHaveLength(4);
    }
  });

  it("shows tasks, for-each tasks with their inner tasks, and external jobs", () => {
    const drawn = hierarchy(
      [
        job("all", [
          notebook("own", "own.py"),
          task("each", {
            types: ["for_each_task"],
            dependsOn: ["own"],
            forEach: runs("seed", { taskKey: "inner" }),
          }),
          runs("gone", { runJob: { kind: "literal", jobId: "12" } }),
          runs("far", { runJob: { kind: "opaque", expression: "${var.job}" } }),
          task("empty"),
        ]),
        job("seed"),
      ],
      { findings: [finding([jobs[0] as never]), finding([job("seed")], "retries", "warning")] },
    );
    expect(hierarchyTree(drawn, { level: "tasks" })).toMatchInlineSnapshot(`
     "all  composite  ✖ notebook-in-one-job
     ├─ 1. own  own.py
     ├─ 1. run_gone  job 12
     ├─ 1. run_far  job \${var.job}
     ├─ 1. empty  nothing
     ├─ 2. each  for each of its inputs  after own
     └─ inner  → seed  atomic  ! retries  in each"
    `);
  });

  it("begins again at the left where it is very deep", () => {
    const chain = Array.from({ length: 100 }, (_, at) =>
      job(`j${at}`, at < 99 ? [runs(`j${at + 1}`)] : []),
    );
    const lines = hierarchyTree(hierarchy(chain)).split("\n");
    expect(lines.filter((line) => line.endsWith("(see below)"))).toHaveLength(2);
    expect(lines.filter((line) => !line.startsWith(" ") && !line.startsWith("└"))).toEqual([
      "j0  composite",
      "j40  composite",
      "j80  composite",
    ]);
    for (const { key } of chain)
      expect(lines.filter((line) => new RegExp(`\\b${key} .*[^)]$`).test(line))).toHaveLength(1);
  });

  it("speaks to terminals in its own words alone", () => {
    for (const level of ["jobs", "tasks"] as const) {
      const text = hierarchyTree(hostile, {
        level,
        style: styleOf({ color: false, unicode: true }),
      });
      expect(text.replaceAll("\n", "")).toBe(printable(text.replaceAll("\n", "")));
      expect(text.split("\n")).toHaveLength(1 + HOSTILE_NAMES.length * (level === "tasks" ? 2 : 1));
    }
  });
});

describe("Mermaid", () => {
  const LINES = [
    /^flowchart LR$/,
    /^ {2}acc(?:Title|Descr): [\p{L}\p{N} _./,…#;-]+$/u,
    /^ {2}j\d+\["(?:[✖!] )?[\p{L}\p{N} _./,…#;-]+"\]:::\w+$/u,
    /^ {2}subgraph j\d+\["(?:[✖!] )?[\p{L}\p{N} _./,…#;-]+"\]$/u,
    /^ {4}j\d+t\d+\["(?:[\p{L}\p{N} _./,…#;-]|<br>)+"\]$/u,
    /^ {2}end$/,
    /^ {2}class j\d+ \w+$/,
    /^ {2}j\d+(?:t\d+)? -{1,2}\.?->? j\d+(?:t\d+)?$/,
    /^ {2}classDef \w+ [\w:#,-]+$/,
  ];

  it.each(["jobs", "tasks"] as const)(
    "has no line but its own, whatever %s are called",
    (level) => {
      const drawn = { ...hostile, environment: HOSTILE_NAMES.join("") };
      for (const line of mermaid(drawn, { level }).trimEnd().split("\n")) {
        expect([line, LINES.some((form) => form.test(line))]).toEqual([line, true]);
      }
    },
  );

  it("reads entities back to the names", () => {
    const labels = [...mermaid(hostile).matchAll(/^ {2}j\d+\["(.*)"\]/gm)].map(([, label = ""]) =>
      label.replace(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code))),
    );
    expect(labels).toContain("<script>alert(1)</script>");
    expect(labels).toContain("#quot;#35;&amp;&lt;b&gt;");
    expect(labels).toContain("line\\u000abreak\\u000d\\u000aand\\u0009tab");
    expect(labels).toContain('""');
    // What would be a line break and a formula once entities are read is parted by a space of no width.
    expect(labels).toContain("back\\slash\\\u200bn\\N\\");
  });

  it("keeps ordinary names readable", () => {
    expect(mermaid(hierarchy([job("alerting_seed_job")]))).toContain('j0["alerting_seed_job"]');
  });

  it("marks the selected job, and jobs with findings", () => {
    const all = [job("all", [runs("a")]), job("a")];
    const drawn = hierarchy(all, { findings: [finding(all)] });
    expect(mermaid(drawn, { focus: "jobs/a" })).toMatch(
      /"✖ a"\]:::atomic\n {2}class j1 error\n[^]*\n {2}class j1 focus\n$/,
    );
    expect(mermaid(drawn, { focus: "jobs/gone" })).not.toContain("focus");
  });

  it("is drawn of nothing, too", () => {
    expect(mermaid(hierarchy([]))).toMatch(/^flowchart LR\n {2}accTitle: .*\n {2}accDescr: .*\n$/);
  });

  it("respects the limits of GitHub, and counts the jobs that it leaves out", () => {
    const atomic = Array.from({ length: 1000 }, (_, at) =>
      job(`alerting_job_${at}`, [notebook("run", `/Workspace/alerting/${"n".repeat(60)}_${at}`)]),
    );
    const composite = Array.from({ length: 20 }, (_, at) =>
      job(
        `composite_${at}`,
        atomic.slice(at * 50, at * 50 + 50).map(({ key }) => runs(key)),
      ),
    );
    const one = job(
      "one",
      atomic.map(({ key }, at) =>
        runs(key, { dependsOn: at > 0 ? [`run_alerting_job_${at - 1}`] : [] }),
      ),
    );
    for (const all of [[...composite, ...atomic], [one, ...atomic], atomic, jobs]) {
      for (const level of ["jobs", "tasks"] as const) {
        const { text, leftOut } = hierarchyMermaid(hierarchy(all), { level });
        const nodes = text.match(/^ {2}(?:subgraph )?j\d+\["/gm) ?? [];
        expect(text.length).toBeLessThan(50_000);
        expect((text.match(/ -\.?->? /g) ?? []).length).toBeLessThanOrEqual(500);
        expect(nodes.length + leftOut).toBe(all.length);
        if (leftOut > 0) expect(text).toContain(`… and ${leftOut} more jobs`);
        const ids = new Set(
          [...text.matchAll(/^ +(?:subgraph )?(j[\dt]+)\["/gm)].map(([, id]) => id),
        );
        for (const [, from, to] of text.matchAll(/^ {2}(j[\dt]+) -\S+ (j[\dt]+)$/gm))
          expect([ids.has(from), ids.has(to)]).toEqual([true, true]);
      }
    }
    expect(hierarchyMermaid(hierarchy([one, ...atomic])).leftOut).toBe(750);
  });
});

describe("DOT", () => {
  it.each(["jobs", "tasks"] as const)(
    "has no line but its own, whatever %s are called",
    (level) => {
      const text = hierarchyDot({ ...hostile, environment: 'a"b\\\n' }, { level });
      // Strings may hold anything but a quote that nothing escapes.
      const skeleton = text.replace(/"(?:[^"\\\n]|\\.)*"/g, "S");
      for (const line of skeleton.trimEnd().split("\n")) {
        expect(line).toMatch(
          /^(?:digraph S \{|\}|(?: {2}| {4})(?:(?:graph|node|edge|j[\dt]+(?: -> j[\dt]+)?) \[[\w=,. ]*\]|subgraph cluster_j\d+ \{|\}))$/,
        );
      }
      expect(text).toContain('digraph "Jobs of a\\"b\\\\\\\\u000a" {');
    },
  );

  it("keeps text literal: no escapes of Graphviz, no entities", () => {
    const text = hierarchyDot(hostile);
    expect(text).toContain('label="back\\\\slash\\\\n\\\\N\\\\"');
    expect(text).toContain('label="#quot;#35;&amp;amp;&amp;lt;b&amp;gt;"');
    expect(text).toContain('label="line\\\\u000abreak');
  });
});

describe("JSON", () => {
  it("has text as it was read", () => {
    const document = JSON.parse(hierarchyJson(hostile)) as ReturnType<typeof hierarchyDocument>;
    expect(document.jobs.slice(1).map(({ key }) => key)).toEqual(
      // A half of a character is none in UTF-8, but it is in JSON.
      HOSTILE_NAMES,
    );
    const jobs = document.jobs.map((each) => ({ ...each, settings: undefined }));
    expect({ ...document, jobs }).toEqual(JSON.parse(JSON.stringify(hierarchyDocument(hostile))));
  });

  it("has ids that lead somewhere", () => {
    const { jobs: all, edges } = hierarchyDocument(hostile);
    const ids = new Set(all.map(({ id }) => id));
    for (const { from, to, by } of edges)
      for (const id of [from, to, by]) expect(ids.has(id)).toBe(true);
    for (const { tasks } of all) {
      for (const { runs: target } of tasks)
        expect(target === undefined || ids.has(target)).toBe(true);
    }
    const tasks = all.flatMap((each) => each.tasks.map(({ id }) => id));
    expect(new Set([...tasks, ...ids]).size).toBe(tasks.length + ids.size);
  });
});

describe("many jobs", () => {
  const atomicOf = (count: number): ReturnType<typeof job>[] =>
    Array.from({ length: count }, (_, at) => job(`a${at}`, [notebook("run", "n.py")]));
  type Shape = (count: number) => ReturnType<typeof job>[];
  const shapes: [string, Shape][] = [
    [
      "in one chain",
      (count) =>
        atomicOf(count).map(({ key }, at) => job(key, at < count - 1 ? [runs(`a${at + 1}`)] : [])),
    ],
    [
      "below one",
      (count) => {
        const atomic = atomicOf(count);
        const after = (at: number): object => (at > 0 ? { dependsOn: [`run_a${at - 1}`] } : {});
        return [
          job(
            "all",
            atomic.map(({ key }, at) => runs(key, after(at))),
          ),
          ...atomic,
        ];
      },
    ],
    [
      "below one of each hundred",
      (count) => {
        const atomic = atomicOf(count);
        const composites = Array.from({ length: Math.ceil(count / 100) }, (_, at) =>
          job(
            `c${at}`,
            atomic.slice(at * 100, at * 100 + 100).map(({ key }) => runs(key)),
          ),
        );
        return [...composites, ...atomic];
      },
    ],
  ];
  const drawnOf = (all: ReturnType<Shape>): Hierarchy =>
    hierarchy(all, { findings: all.map((each) => finding([each])) });

  it.each(shapes)("%s: drawings of 10,000 have bounds", (_, shape) => {
    const drawn = drawnOf(shape(10_000));
    for (const level of ["jobs", "tasks"] as const) {
      expect(hierarchyTree(drawn, { level }).length).toBeLessThan(3_000_000);
      expect(mermaid(drawn, { level }).length).toBeLessThan(50_000);
      expect(hierarchyDot(drawn, { level }).length).toBeGreaterThan(1_000_000);
    }
    expect(hierarchyJson(drawn).length).toBeGreaterThan(1_000_000);
  });

  it.each(shapes)("%s are drawn in every format in linear time", (_, shape) => {
    expectLinear((size) => {
      const all = shape(size);
      return () => {
        const drawn = drawnOf(all);
        for (const level of ["jobs", "tasks"] as const)
          for (const draw of [hierarchyTree, mermaid, hierarchyDot]) draw(drawn, { level });
        hierarchyJson(drawn);
      };
    }, 300);
  });
});
