import fc from "fast-check";
import type { CodeFile, DataAccess, JobSpec, TaskSpec, WriteKind } from "@jobstrata/core/model";
import { JobGraph } from "@jobstrata/core/model";
import { RULES } from "@jobstrata/core/policy";
import type { RuleOptions } from "@jobstrata/core/policy";
import { jobSpec, notebookTask, runJobTask, task } from "../../../support/policy";

const NAMES = ["missing-dependency", "unordered-writers", "reads-before-write", "shared-scratch"];

/** `a.t` reads, `+a.t` appends, `>a.t` overwrites, `~a.t` merges, `-a.t` drops, `?a.t` creates if there is none. */
const MODES: Readonly<Record<string, WriteKind>> = {
  "+": "append",
  ">": "overwrite",
  "~": "merge",
  "-": "drop",
  "?": "create-if-missing",
};

function code(path: string, accesses: readonly string[]): CodeFile {
  const found = accesses.map((text, at): DataAccess => {
    const write = MODES[text.charAt(0)];
    const name = write === undefined ? text : text.slice(1);
    const kind = name.startsWith("/") ? "path" : "table";
    return { name, kind, ...(write && { write }), at: { file: path, line: at + 1 } };
  });
  return { label: path, lineage: () => ({ accesses: found, problems: [] }) };
}

const leaf = (key: string, accesses: readonly string[], dependsOn: string[] = []): TaskSpec =>
  notebookTask(key, `${key}.py`, { code: code(`${key}.py`, accesses), dependsOn });

/** Atomic jobs with what they do, and a composite with the dependencies of its tasks. */
function nightly(
  jobs: Readonly<Record<string, readonly string[]>>,
  order: Readonly<Record<string, readonly string[]>> = {},
): JobSpec[] {
  const keys = Object.keys(jobs);
  return [
    ...keys.map((key) => jobSpec(key, { tasks: [leaf("main", jobs[key] ?? [])] })),
    jobSpec("nightly", {
      tasks: keys.map((key) => runJobTask(key, key, { dependsOn: [...(order[key] ?? [])] })),
    }),
  ];
}

function findings(jobs: readonly JobSpec[], names = NAMES, options: RuleOptions = {}) {
  const graph = new JobGraph("dev", jobs);
  return RULES.filter(({ name }) => names.includes(name)).flatMap((rule) =>
    [...rule.check(graph, options)].map((match) => ({ rule: rule.name, ...match })),
  );
}

const rulesOf = (jobs: readonly JobSpec[], options: RuleOptions = {}): string[] =>
  findings(jobs, NAMES, options).map(({ rule }) => rule);

describe("missing-dependency", () => {
  it("names table, notebooks with lines, the composite and the dependency to add", () => {
    expect(
      findings(
        nightly({
          silver_orders: ["bronze.orders", ">silver.orders"],
          gold_report: ["silver.orders", ">gold.report"],
        }),
      ),
    ).toMatchObject([
      {
        rule: "missing-dependency",
        message:
          'task "gold_report" by job "gold_report" (main.py:1) reads table "silver.orders", which task "silver_orders" by job "silver_orders" (main.py:2) writes, and nothing in "nightly" orders them',
        fix: 'add depends_on "silver_orders" to task "gold_report" of "nightly"',
        edit: { list: "depends_on", item: { task_key: "silver_orders" } },
        sites: [
          { job: { key: "nightly" }, taskKey: "gold_report" },
          { job: { key: "nightly" }, taskKey: "silver_orders" },
        ],
      },
    ]);
  });

  it("looks through all levels of run_job", () => {
    const jobs = [
      jobSpec("a", { tasks: [leaf("main", [">x.t"])] }),
      jobSpec("b", { tasks: [leaf("main", ["x.t"])] }),
      jobSpec("silver", { tasks: [runJobTask("a", "a")] }),
      jobSpec("gold", { tasks: [runJobTask("b", "b")] }),
    ];
    const top = (dependsOn: string[]) =>
      jobSpec("top", {
        tasks: [runJobTask("silver", "silver"), runJobTask("gold", "gold", { dependsOn })],
      });
    expect(rulesOf([...jobs, top(["silver"])])).toEqual([]);
    expect(findings([...jobs, top([])]).map(({ sites, fix }) => [sites[0]?.job.key, fix])).toEqual([
      ["top", 'add depends_on "silver" to task "gold" of "top"'],
    ]);
  });

  it("speaks of each pair once, and gives no fix that makes a circle", () => {
    const mutual = findings(nightly({ a: ["x.b", ">x.a", ">x.c"], b: ["x.a", "x.c", ">x.b"] }));
    expect(mutual.map(({ rule, edit }) => [rule, edit])).toEqual([
      ["missing-dependency", undefined],
      ["missing-dependency", undefined],
    ]);
    const circle = findings(
      nightly({ a: ["x.c", ">x.a"], b: ["x.a", ">x.b"], c: ["x.b", ">x.c"] }),
    );
    expect(circle.map(({ edit }) => edit !== undefined)).toEqual([true, true, false]);
  });

  it("passes parameters of run_job tasks and inputs of for-each tasks on", () => {
    const seen: Record<string, string>[] = [];
    const file: CodeFile = {
      label: "x.py",
      lineage: ({ named }) => {
        seen.push({ ...named });
        return { accesses: [], problems: [] };
      },
    };
    const inner = notebookTask("each", "x.py", {
      code: file,
      parameters: { table: "{{input}}", env: "{{job.parameters.env}}" },
    });
    const jobs = [
      jobSpec("child", {
        parameters: [{ name: "env", default: "dev" }],
        tasks: [
          task("loop", { forEach: inner, forEachInputs: '["a","b"]', types: ["for_each_task"] }),
          leaf("other", []),
        ],
      }),
      jobSpec("parent", {
        parameters: [{ name: "stage", default: "prod" }],
        tasks: [runJobTask("child", "child", { parameters: { env: "{{job.parameters.stage}}" } })],
      }),
    ];
    expect(rulesOf(jobs)).toEqual([]);
    expect(seen).toEqual([
      { table: "a", env: "prod" },
      { table: "b", env: "prod" },
    ]);
  });
});

describe("unordered-writers", () => {
  it("lets append-only writers be declared commutative, by table too", () => {
    const jobs = nightly({ a: ["+ops.log", "+x.a"], b: ["+ops.log", "+x.b"] });
    expect(rulesOf(jobs)).toEqual(["unordered-writers"]);
    expect(rulesOf(jobs, { commutative: true })).toEqual([]);
    expect(rulesOf(jobs, { commutative: ["ops.*"] })).toEqual([]);
    expect(rulesOf(jobs, { commutative: ["x.*"] })).toEqual(["unordered-writers"]);
    expect(rulesOf(nightly({ a: ["+ops.log"], b: [">ops.log"] }), { commutative: true })).toEqual([
      "unordered-writers",
    ]);
  });
});

describe("dependency-without-data", () => {
  it("compares only tasks of which everything is known", () => {
    const only = (jobs: readonly JobSpec[]) =>
      findings(jobs, ["dependency-without-data"]).map(({ fix }) => fix);
    expect(only(nightly({ a: [">x.a"], b: [">x.b"] }, { b: ["a"] }))).toEqual([
      'remove depends_on "a" unless something else needs it',
    ]);
    expect(only(nightly({ a: [">x.a"], b: ["x.a", ">x.b"] }, { b: ["a"] }))).toEqual([]);
    expect(only(nightly({ a: [], b: [">x.b"] }, { b: ["a"] }))).toEqual([]);
  });
});

/** Orchestrations with what is wrong in them: nothing, or the rules that must speak, once each. */
const SEEDED: readonly (readonly [what: string, jobs: JobSpec[], expected: readonly string[]])[] = [
  ["a chain", nightly({ a: [">x.a"], b: ["x.a", ">x.b"], c: ["x.b"] }, { b: ["a"], c: ["b"] }), []],
  [
    "a chain over a task between",
    nightly({ a: [">x.a"], b: [">x.b"], c: ["x.a"] }, { b: ["a"], c: ["b"] }),
    [],
  ],
  [
    "a diamond",
    nightly(
      { a: [">x.a"], b: ["x.a", ">x.b"], c: ["x.a", ">x.c"], d: ["x.b", "x.c"] },
      { b: ["a"], c: ["a"], d: ["b", "c"] },
    ),
    [],
  ],
  ["sources that nothing writes", nightly({ a: ["s.a", ">x.a"], b: ["s.a", ">x.b"] }), []],
  ["MERGE into a table that it reads", nightly({ a: ["x.a", "~x.a"], b: [">x.b"] }), []],
  [
    "a table that two create if there is none",
    nightly({ a: ["?x.a", ">x.b"], b: ["?x.a", ">x.c"] }),
    [],
  ],
  [
    "a task that makes its table before it reads it",
    nightly({ a: ["?x.a", "x.a"], b: ["?x.a", ">x.c"] }),
    [],
  ],
  ["writers in an order", nightly({ a: [">x.a"], b: ["~x.a"] }, { b: ["a"] }), []],
  [
    "a reader behind both writers",
    nightly({ a: [">x.a"], b: ["~x.a"], c: ["x.a"] }, { b: ["a"], c: ["b"] }),
    [],
  ],
  [
    "a reader between two writers",
    nightly({ a: [">x.a"], c: ["x.a"], b: ["~x.a"] }, { c: ["a"], b: ["c"] }),
    [],
  ],
  [
    "state that comes back",
    nightly({ a: ["x.state", ">x.a"], b: ["x.a", ">x.state"] }, { b: ["a"] }),
    [],
  ],
  [
    "cleaning up behind the reader",
    nightly({ a: [">x.a"], b: ["x.a"], c: ["-x.a"] }, { b: ["a"], c: ["b"] }),
    [],
  ],
  [
    "temporary tables of one's own",
    nightly({ a: [">tmp.a", "tmp.a"], b: [">tmp.b", "tmp.b"] }),
    [],
  ],
  ["a temporary table in an order", nightly({ a: [">tmp.a"], b: ["tmp.a"] }, { b: ["a"] }), []],
  ["paths", nightly({ a: [">/mnt/a"], b: ["/mnt/a"] }, { b: ["a"] }), []],
  ["a path and a table of the same name", nightly({ a: [">/mnt/a"], b: ["mnt.a"] }), []],
  [
    "branches of one condition",
    [
      jobSpec("x", {
        tasks: [
          task("check", { types: ["condition_task"] }),
          { ...leaf("full", [">x.a"], ["check"]), outcomes: new Map([["check", "true"]]) },
          { ...leaf("part", ["~x.a"], ["check"]), outcomes: new Map([["check", "false"]]) },
        ],
      }),
    ],
    [],
  ],
  [
    "a task that is disabled",
    [jobSpec("x", { tasks: [leaf("a", [">x.a"]), { ...leaf("b", ["x.a"]), disabled: true }] })],
    [],
  ],
  [
    "jobs that no other runs together",
    [
      jobSpec("a", { tasks: [leaf("main", [">x.a"])] }),
      jobSpec("b", { tasks: [leaf("main", ["x.a"])] }),
    ],
    [],
  ],
  [
    "tasks of one job in an order",
    [jobSpec("x", { tasks: [leaf("a", [">x.a"]), leaf("b", ["x.a"], ["a"])] })],
    [],
  ],

  ["a reader beside its writer", nightly({ a: [">x.a"], b: ["x.a"] }), ["missing-dependency"]],
  [
    "a reader behind another task only",
    nightly({ a: [">x.a"], b: [">x.b"], c: ["x.a", "x.b"] }, { c: ["b"] }),
    ["missing-dependency"],
  ],
  [
    "one of two readers",
    nightly({ a: [">x.a"], b: ["x.a"], c: ["x.a"] }, { b: ["a"] }),
    ["missing-dependency"],
  ],
  [
    "a reader that waits for the first of two writers",
    nightly({ a: [">x.a"], b: ["~x.a"], c: ["x.a"] }, { b: ["a"], c: ["a"] }),
    ["missing-dependency"],
  ],
  [
    "a reader beside a table that is merged",
    nightly({ a: ["s.a", "~x.a"], b: ["x.a", ">x.b"] }),
    ["missing-dependency"],
  ],
  ["a reader beside the setup", nightly({ setup: ["?x.a"], b: ["x.a"] }), ["missing-dependency"]],
  [
    "a reader that only makes sure of its table",
    nightly({ a: [">x.a"], b: ["?x.a", "x.a"] }),
    ["missing-dependency"],
  ],
  ["a path", nightly({ a: [">/mnt/a"], b: ["/mnt/a"] }), ["missing-dependency"]],
  ["two writers that overwrite", nightly({ a: [">x.a"], b: [">x.a"] }), ["unordered-writers"]],
  [
    "one that merges and one that overwrites",
    nightly({ a: ["~x.a"], b: [">x.a"] }),
    ["unordered-writers"],
  ],
  [
    "one that drops what the other writes",
    nightly({ a: ["-x.a"], b: [">x.a"] }),
    ["unordered-writers"],
  ],
  ["two that append", nightly({ a: ["+x.a"], b: ["+x.a"] }), ["unordered-writers"]],
  [
    "two that read and write it",
    nightly({ a: ["x.a", "~x.a"], b: ["x.a", "~x.a"] }),
    ["unordered-writers"],
  ],
  [
    "one job run twice",
    [
      jobSpec("a", { tasks: [leaf("main", [">x.a"])] }),
      jobSpec("n", { tasks: [runJobTask("one", "a"), runJobTask("two", "a")] }),
    ],
    ["unordered-writers"],
  ],
  [
    "the wrong way round",
    nightly({ b: ["x.a", ">x.b"], a: [">x.a"] }, { a: ["b"] }),
    ["reads-before-write"],
  ],
  [
    "the wrong way round, over a task between",
    nightly({ b: ["x.a"], m: [">x.m"], a: [">x.a"] }, { m: ["b"], a: ["m"] }),
    ["reads-before-write"],
  ],
  [
    "a temporary table of two",
    nightly({ a: [">tmp.stage", "tmp.stage"], b: [">tmp.stage", "tmp.stage"] }),
    ["shared-scratch"],
  ],
  [
    "a temporary path of two",
    nightly({ a: [">/mnt/scratch/x"], b: ["/mnt/scratch/x"] }),
    ["shared-scratch"],
  ],
  [
    "tasks of one job",
    [jobSpec("x", { tasks: [leaf("a", [">x.a"]), leaf("b", ["x.a"])] })],
    ["missing-dependency"],
  ],
  [
    "a table behind a branch of a condition",
    [
      jobSpec("x", {
        tasks: [
          task("check", { types: ["condition_task"] }),
          { ...leaf("full", [">x.a"], ["check"]), outcomes: new Map([["check", "true"]]) },
          leaf("report", ["x.a"], ["check"]),
        ],
      }),
    ],
    ["missing-dependency"],
  ],
];

describe("orchestrations", () => {
  it("has 40 of them, half of them wrong", () => {
    expect(SEEDED.filter(([, , expected]) => expected.length === 0)).toHaveLength(20);
    expect(SEEDED).toHaveLength(40);
  });

  it.each(SEEDED)("judges %s", (_, jobs, expected) => {
    expect(rulesOf(jobs)).toEqual(expected);
  });

  it("says nothing of missing dependencies once each that it proposes is added", () => {
    const graph = fc.array(
      fc.record({
        reads: fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { maxLength: 3 }),
        after: fc.uniqueArray(fc.integer({ min: 0, max: 7 }), { maxLength: 2 }),
      }),
      { minLength: 2, maxLength: 8 },
    );
    fc.assert(
      fc.property(graph, (spec) => {
        const keys = spec.map((__, at) => `t${at}`);
        const jobs = Object.fromEntries(
          spec.map(({ reads }, at) => [
            `t${at}`,
            [`>x.t${at}`, ...reads.filter((read) => read !== at).map((read) => `x.t${read}`)],
          ]),
        );
        // Only to tasks before it, so that it is no circle.
        const order = Object.fromEntries(
          spec.map(({ after }, at) => [
            `t${at}`,
            after.filter((other) => other < at).map((other) => `t${other}`),
          ]),
        );
        const before = findings(nightly(jobs, order), ["missing-dependency"]);
        const fixed = { ...order };
        for (const { sites, edit } of before)
          if (edit !== undefined && "item" in edit) {
            const key = sites[0]?.taskKey ?? "";
            fixed[key] = [...(fixed[key] ?? []), edit.item.task_key ?? ""];
          }
        // Whatever was fixed made no circle, and is not found again.
        const positions = new Map(keys.map((key) => [key, new Set<string>()]));
        keys.forEach(() => {
          for (const key of keys)
            for (const dependency of fixed[key] ?? []) {
              positions.get(key)?.add(dependency);
              for (const far of positions.get(dependency) ?? []) positions.get(key)?.add(far);
            }
        });
        expect(keys.filter((key) => positions.get(key)?.has(key))).toEqual([]);
        const after = findings(nightly(jobs, fixed), ["missing-dependency"]);
        const unfixed = before.filter(({ edit }) => edit === undefined).length;
        expect(after.length).toBeLessThanOrEqual(unfixed);
      }),
      { numRuns: 100 },
    );
  });
});
