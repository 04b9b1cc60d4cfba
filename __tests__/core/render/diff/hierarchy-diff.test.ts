import * as fc from "fast-check";
import { JobGraph } from "../../../../src/core/model/job-graph";
import type { JobRef, JobSpec, TaskSpec } from "../../../../src/core/model/job-spec";
import {
  type Change,
  diffHierarchies,
  type HierarchyDiff,
} from "../../../../src/core/render/diff/hierarchy-diff";
import type { Sides } from "../../../../src/core/render/diff/settings-diff";
import { type HierarchyOptions, UnknownJobs } from "../../../../src/core/render/hierarchy";
import { job, notebook, runs, settled, task } from "../support";

const graph = (jobs: readonly JobSpec[], environment = "dev"): JobGraph =>
  new JobGraph(environment, jobs.map(settled));

function diffOf(
  before: readonly JobSpec[] | undefined,
  after: readonly JobSpec[] | undefined,
  options: Pick<HierarchyOptions, "jobs" | "direction" | "depth"> = {},
): HierarchyDiff {
  const diff = diffHierarchies(before && graph(before), after && graph(after), options);
  if (diff instanceof UnknownJobs) throw new Error(diff.names.join());
  return diff;
}

/** What is said of a difference, without the specifications. */
function said({ jobs, orphaned, adopted, edges }: HierarchyDiff): object {
  const plain = (value: unknown): boolean =>
    (Array.isArray(value) && value.length === 0) || value === undefined;
  const short = (object: object): object =>
    Object.fromEntries(Object.entries(object).filter(([, value]) => !plain(value)));
  return short({
    jobs: jobs.map(({ key, change, level, attributes, parameters, tasks }) =>
      short({
        key,
        change,
        level,
        attributes,
        parameters,
        tasks: tasks.map(({ dependsOn, ...each }) =>
          short({
            ...each,
            waits: [
              ...dependsOn.added.map((key) => `+${key}`),
              ...dependsOn.removed.map((key) => `-${key}`),
              ...dependsOn.outcomes.map(
                ({ name, before = "", after = "" }) => `${name} ${before}->${after}`,
              ),
            ],
          }),
        ),
      }),
    ),
    orphaned,
    adopted,
    edges: edges
      .filter(({ change }) => change !== undefined)
      .map(({ kind, from, to, change = "" }) => `${change} ${kind} ${from} ${to}`),
  });
}

const seed = job("seed", [notebook("run", "seed.py")]);
const tables = job("tables", [notebook("run", "tables.py")]);
const setup = job("setup", [runs("tables"), runs("seed", { dependsOn: ["run_tables"] })]);
const ALL = [seed, tables, setup];
const changed = (key: string, level: string, rest: object): object => ({
  jobs: [{ key, change: "changed", level, ...rest }],
});
const withTask = (spec: JobSpec, at: number, more: Partial<TaskSpec>): JobSpec => ({
  ...spec,
  tasks: spec.tasks.map((each, place) => (place === at ? { ...each, ...more } : each)),
});

describe("the report of a change", () => {
  it.each<[string, readonly JobSpec[], object]>([
    ["nothing", ALL, {}],
    [
      "a name",
      [{ ...seed, name: "Seed" }, tables, setup],
      changed("seed", "atomic", { attributes: [{ name: "name", after: "Seed" }] }),
    ],
    [
      "attributes of a job, by the names of the Jobs API",
      [
        {
          ...seed,
          description: "x",
          maxConcurrentRuns: 2,
          timeoutSeconds: 0,
          runAs: { user: "maria" },
          triggers: [{ kind: "schedule", detail: "0 0 4 * * ? (UTC)", paused: true }],
          environments: [{ key: "default", version: "4" }],
          jobClusterKeys: ["big"],
          notifications: [{ event: "on_failure", channel: "email", count: 1, to: ["a@b"] }],
          tags: { job_level: "atomic", layer: "gold" },
        },
        tables,
        setup,
      ],
      changed("seed", "atomic", {
        attributes: [
          { name: "description", after: "x" },
          { name: "email_notifications.on_failure", after: "a@b" },
          { name: "environments.default", after: "spec environment_version 4" },
          { name: "job_clusters.big", after: "set" },
          { name: "max_concurrent_runs", after: "2" },
          { name: "run_as", after: "maria" },
          { name: "schedule", after: "0 0 4 * * ? (UTC), paused" },
          { name: "tags.layer", after: "gold" },
          { name: "timeout_seconds", after: "0" },
        ],
      }),
    ],
    [
      "its level",
      [{ ...seed, tags: { job_level: "composite" } }, tables, setup],
      changed("seed", "composite", {
        attributes: [{ name: "tags.job_level", before: "atomic", after: "composite" }],
      }),
    ],
    [
      "parameters of a job",
      [{ ...seed, parameters: [{ name: "catalog", default: "dev" }] }, tables, setup],
      changed("seed", "atomic", { parameters: [{ name: "catalog", after: "dev" }] }),
    ],
    [
      "the notebook of a task",
      [job("seed", [notebook("run", "other.py")]), tables, setup],
      changed("seed", "atomic", {
        tasks: [
          {
            path: ["run"],
            change: "changed",
            what: "other.py",
            attributes: [{ name: "notebook", before: "seed.py", after: "other.py" }],
          },
        ],
      }),
    ],
    [
      "the type of a task",
      [job("seed", [task("run", { types: ["sql_task"] })]), tables, setup],
      changed("seed", "atomic", {
        tasks: [
          {
            path: ["run"],
            change: "changed",
            what: "sql",
            attributes: [
              { name: "notebook", before: "seed.py" },
              { name: "type", before: "notebook_task", after: "sql_task" },
            ],
          },
        ],
      }),
    ],
    [
      "settings and parameters of a task",
      [
        withTask(seed, 0, { maxRetries: 1, environmentKey: "a", parameters: { b: "2", a: "1" } }),
        tables,
        setup,
      ],
      changed("seed", "atomic", {
        tasks: [
          {
            path: ["run"],
            change: "changed",
            what: "seed.py",
            attributes: [
              { name: "environment_key", after: "a" },
              { name: "max_retries", after: "1" },
            ],
            parameters: [
              { name: "a", after: "1" },
              { name: "b", after: "2" },
            ],
          },
        ],
      }),
    ],
    [
      "what comes first",
      [seed, tables, withTask(setup, 1, { dependsOn: [] })],
      {
        ...changed("setup", "composite", {
          tasks: [{ path: ["run_seed"], change: "changed", what: "seed", waits: ["-run_tables"] }],
        }),
        edges: ["removed depends_on tables seed"],
      },
    ],
    [
      "the job that a task runs, and that nobody runs the other any more",
      [
        { ...seed, triggers: [{ kind: "schedule" }] },
        tables,
        job("setup", [
          runs("tables"),
          { ...runs("tables"), taskKey: "run_seed", dependsOn: ["run_tables"] },
        ]),
      ],
      {
        jobs: [
          {
            key: "seed",
            change: "changed",
            level: "atomic",
            attributes: [{ name: "schedule", after: "set" }],
          },
          {
            key: "setup",
            change: "changed",
            level: "composite",
            tasks: [
              {
                path: ["run_seed"],
                change: "changed",
                what: "tables",
                runs: { before: "seed", after: "tables" },
              },
            ],
          },
        ],
        orphaned: [{ key: "seed", wasRunBy: ["setup"], hasTrigger: true }],
        edges: ["removed depends_on tables seed", "removed run_job setup seed"],
      },
    ],
    [
      "jobs and tasks that are new or gone",
      [seed, job("setup", [runs("seed"), runs("sync")]), job("sync", [notebook("run", "sync.py")])],
      {
        jobs: [
          {
            key: "setup",
            change: "changed",
            level: "composite",
            tasks: [
              { path: ["run_seed"], change: "changed", what: "seed", waits: ["-run_tables"] },
              {
                path: ["run_sync"],
                change: "added",
                what: "sync",
                runs: { after: "sync" },
                attributes: [{ name: "type", after: "run_job_task" }],
              },
              {
                path: ["run_tables"],
                change: "removed",
                what: "tables",
                runs: { before: "tables" },
                attributes: [{ name: "type", before: "run_job_task" }],
              },
            ],
          },
          {
            key: "sync",
            change: "added",
            level: "atomic",
            attributes: [{ name: "tags.job_level", after: "atomic" }],
            tasks: [
              {
                path: ["run"],
                change: "added",
                what: "sync.py",
                attributes: [
                  { name: "notebook", after: "sync.py" },
                  { name: "type", after: "notebook_task" },
                ],
              },
            ],
          },
          {
            key: "tables",
            change: "removed",
            level: "atomic",
            attributes: [{ name: "tags.job_level", before: "atomic" }],
            tasks: [
              {
                path: ["run"],
                change: "removed",
                what: "tables.py",
                attributes: [
                  { name: "notebook", before: "tables.py" },
                  { name: "type", before: "notebook_task" },
                ],
              },
            ],
          },
        ],
        edges: [
          "removed depends_on tables seed",
          "added run_job setup sync",
          "removed run_job setup tables",
        ],
      },
    ],
  ])("%s", (_, after, expected) => {
    expect(said(diffOf(ALL, after))).toEqual(expected);
  });

  it("reaches into for-each tasks", () => {
    const loop = (path: string): JobSpec =>
      job("loop", [
        task("each", {
          types: ["for_each_task"],
          forEach: notebook("inner", path),
          forEachInputs: "[1]",
        }),
      ]);
    expect(diffOf([loop("a.py")], [loop("b.py")]).jobs[0]?.tasks).toMatchObject([
      { path: ["each", "inner"], change: "changed", attributes: [{ name: "notebook" }] },
    ]);
  });

  it("names a job that is run again", () => {
    const { adopted } = diffOf([seed, tables], ALL);
    expect(adopted).toEqual([
      { key: "seed", runBy: ["setup"] },
      { key: "tables", runBy: ["setup"] },
    ]);
  });

  it("reports an environment as added or removed if one side lacks it", () => {
    expect(diffOf(undefined, ALL)).toMatchObject({
      change: "added",
      counts: { before: 0, after: 3 },
    });
    expect(diffOf(ALL, undefined)).toMatchObject({ change: "removed", environment: "dev" });
  });
});

describe("what is the same", () => {
  const one = (runJob: JobRef): JobSpec[] => [job("a", [task("run", { runJob })])];

  it.each<[string, JobRef, JobRef, Sides | undefined]>([
    ["one number", { kind: "literal", jobId: "7" }, { kind: "literal", jobId: "7" }, undefined],
    [
      "a number of a state and what leads to it in a plan",
      { kind: "external", expression: "${data.state 7}", jobId: "7" },
      { kind: "opaque", expression: "${var.seed}", jobId: "7" },
      undefined,
    ],
    [
      "another number behind the same variable",
      { kind: "opaque", expression: "${var.seed}", jobId: "7" },
      { kind: "opaque", expression: "${var.seed}", jobId: "8" },
      { before: "${var.seed}, job 7", after: "${var.seed}, job 8" },
    ],
    [
      "a number and an expression that says nothing",
      { kind: "literal", jobId: "7" },
      { kind: "opaque", expression: "${var.seed}" },
      { before: "job 7", after: "${var.seed}" },
    ],
  ])("in a Run Job task: %s", (_, before, after, expected) => {
    expect(diffOf(one(before), one(after)).jobs[0]?.tasks[0]?.runs).toEqual(expected);
  });

  it("are jobs with the same key, regardless of ids and stacks", () => {
    const elsewhere = ALL.map((spec) => ({
      ...spec,
      id: `databricks_job.${spec.key}`,
      stack: "root",
      tasks: spec.tasks.map((each) => ({
        ...each,
        ...(each.runJob?.kind === "job" && {
          runJob: { kind: "job", id: each.runJob.id.replace("jobs/", "databricks_job.") } as const,
        }),
      })),
    }));
    expect(said(diffOf(ALL, elsewhere))).toEqual({});
  });

  it("are, of several jobs of one key, those of one id or stack", () => {
    const of = (stack: string, path: string): JobSpec =>
      job("seed", [notebook("run", path)], { id: `${stack}/seed`, stack });
    const diff = diffOf(
      [of("eu", "a"), of("us", "b")],
      [of("us", "b"), of("eu", "c"), of("ap", "d")],
    );
    expect(diff.jobs.map(({ key, change }) => [key, change])).toEqual([
      ["ap/seed", "added"],
      ["eu/seed", "changed"],
    ]);
  });

  it("are tasks with the same key, even if it is ambiguous", () => {
    const twice = [notebook("run", "a.py"), notebook("run", "b.py")];
    expect(said(diffOf([job("seed", twice)], [job("seed", [...twice].reverse())]))).toEqual({});
  });

  it("is what a source does not tell", () => {
    const withOwner = { ...seed, hasPermissions: true, owner: { user: "maria" } };
    expect(said(diffOf([seed], [withOwner]))).toEqual({});
    expect(diffOf([{ ...seed, hasPermissions: false }], [withOwner]).jobs[0]?.attributes).toEqual([
      { name: "permissions.user maria", after: "IS_OWNER" },
    ]);
  });
});

describe("secrets", () => {
  const withDefault = (value: string): JobSpec[] => [
    { ...seed, parameters: [{ name: "token", default: value }] },
  ];

  it.each([
    ["a secret that changes", "${sensitive 1}", "${sensitive 2}"],
    ["what becomes a secret", "hunter2", "${sensitive 2}"],
    ["what was a secret", "${sensitive 1}", "hunter2"],
  ])("are reported without their values: %s", (_, before, after) => {
    const diff = diffOf(withDefault(before), withDefault(after));
    expect(diff.jobs[0]?.parameters).toEqual([
      { name: "token", before: "(sensitive)", after: "(sensitive)" },
    ]);
  });

  it("that stay the same are not reported", () => {
    expect(said(diffOf(withDefault("${sensitive 1}"), withDefault("${sensitive 1}")))).toEqual({});
  });

  it("are not shown where they are names, notebooks or ids", () => {
    const secret = "${sensitive 1}";
    const hidden = job("seed", [
      notebook(secret, secret, { parameters: { [secret]: secret }, dependsOn: [secret] }),
      task("b", { runJob: { kind: "opaque", expression: secret } }),
    ]);
    expect(JSON.stringify(said(diffOf([], [hidden])))).not.toContain("${");
  });
});

describe("the part that is looked at", () => {
  const renamed = ALL.map((spec) => ({ ...spec, name: spec.key }));
  const keys = (options: Pick<HierarchyOptions, "jobs" | "direction" | "depth">): string[] =>
    diffOf(ALL, renamed, options).jobs.map(({ key }) => key);

  it("is what the named jobs run, before or after", () => {
    expect(keys({ jobs: ["seed"] })).toEqual(["seed"]);
    expect(keys({ jobs: ["setup"] })).toEqual(["seed", "setup", "tables"]);
    expect(keys({ jobs: ["seed"], direction: "up" })).toEqual(["seed", "setup"]);
    expect(keys({ jobs: ["setup"], depth: 0 })).toEqual(["setup"]);
    expect(keys({ depth: 0 })).toEqual(["setup"]);
    const gone = diffOf(ALL, [seed, job("setup", [runs("seed")])], { jobs: ["setup"] });
    expect(gone.jobs.map(({ key }) => key)).toEqual(["setup", "tables"]);
  });

  it("is refused for a job that is in neither", () => {
    const diff = diffHierarchies(graph(ALL), graph([seed]), { jobs: ["gone", "setup"] });
    expect(diff).toEqual(new UnknownJobs(["gone"]));
  });
});

describe("any two hierarchies", () => {
  const KEYS = ["a", "b", "c", "d"];
  const key = fc.constantFrom(...KEYS);
  const some = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    fc.option(arbitrary, { nil: undefined });
  const values = fc.dictionary(
    fc.constantFrom("x", "y"),
    fc.constantFrom("1", "2", "${sensitive 1}"),
  );
  const aTask = fc
    .record({
      taskKey: fc.constantFrom("t", "u", "v"),
      target: some(key),
      path: some(fc.constantFrom("p.py", "q.py")),
      dependsOn: fc.subarray(["t", "u", "v"]),
      parameters: values,
      maxRetries: some(fc.nat(2)),
    })
    .map(({ target, path, maxRetries, ...rest }): TaskSpec =>
      task(rest.taskKey, {
        ...rest,
        types: [target === undefined ? "notebook_task" : "run_job_task"],
        ...(target !== undefined && { runJob: { kind: "job", id: `jobs/${target}` } }),
        ...(path !== undefined && { notebook: { identity: path, label: path } }),
        ...(maxRetries !== undefined && { maxRetries }),
      }),
    );
  const aJob = fc
    .record({
      key,
      tags: values,
      name: some(fc.constantFrom("n", "m")),
      tasks: fc.uniqueArray(aTask, { selector: ({ taskKey }) => taskKey }),
    })
    .map(({ name, tasks, key: own, tags }) =>
      job(own, tasks, { tags, ...(name !== undefined && { name }) }),
    );
  const hierarchy = fc.uniqueArray(aJob, { selector: (each) => each.key });

  const turned = (sides: Sides): object => ({ before: sides.after, after: sides.before });
  const turn: Readonly<Record<Change, Change>> = {
    added: "removed",
    removed: "added",
    changed: "changed",
  };

  /** The difference, read from its end. */
  function mirrored(diff: HierarchyDiff): object {
    return {
      counts: { before: diff.counts.after, after: diff.counts.before },
      jobs: diff.jobs.map(({ key: own, change, attributes, parameters, tasks }) => ({
        key: own,
        change: turn[change],
        attributes: attributes.map((each) => ({ name: each.name, ...turned(each) })),
        parameters: parameters.map((each) => ({ name: each.name, ...turned(each) })),
        tasks: tasks.map((each) => ({
          path: each.path,
          change: turn[each.change],
          runs: each.runs && turned(each.runs),
          dependsOn: {
            added: each.dependsOn.removed,
            removed: each.dependsOn.added,
            outcomes: each.dependsOn.outcomes.map((one) => ({ name: one.name, ...turned(one) })),
          },
          attributes: each.attributes.map((one) => ({ name: one.name, ...turned(one) })),
          parameters: each.parameters.map((one) => ({ name: one.name, ...turned(one) })),
        })),
      })),
      adopted: diff.orphaned.map(({ key: own, wasRunBy }) => ({ key: own, runBy: wasRunBy })),
      edges: diff.edges.map(({ change, ...edge }) => ({
        ...edge,
        change: change === undefined ? undefined : turn[change],
      })),
    };
  }

  /** The same parts of it as it is. */
  function straight(diff: HierarchyDiff): object {
    const same = (sides: Sides): object => ({ before: sides.before, after: sides.after });
    return {
      counts: diff.counts,
      jobs: diff.jobs.map(({ key: own, change, attributes, parameters, tasks }) => ({
        key: own,
        change,
        attributes: attributes.map((each) => ({ name: each.name, ...same(each) })),
        parameters: parameters.map((each) => ({ name: each.name, ...same(each) })),
        tasks: tasks.map((each) => ({
          path: each.path,
          change: each.change,
          runs: each.runs && same(each.runs),
          dependsOn: {
            ...each.dependsOn,
            outcomes: each.dependsOn.outcomes.map((one) => ({ name: one.name, ...same(one) })),
          },
          attributes: each.attributes.map((one) => ({ name: one.name, ...same(one) })),
          parameters: each.parameters.map((one) => ({ name: one.name, ...same(one) })),
        })),
      })),
      adopted: diff.adopted,
      edges: diff.edges.map(({ change, ...edge }) => ({ ...edge, change })),
    };
  }

  it("have no differences from themselves, in any order", () => {
    fc.assert(
      fc.property(
        hierarchy,
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
        (jobs, order) => {
          const shuffled = <T>(items: readonly T[]): T[] =>
            items
              .map((item) => [order.next().value ?? 0, item] as const)
              .sort(([a], [b]) => a - b)
              .map(([, item]) => item);
          const again = shuffled(
            jobs.map((spec) => ({
              ...spec,
              tasks: shuffled(
                spec.tasks.map((each) => ({ ...each, dependsOn: shuffled(each.dependsOn) })),
              ),
            })),
          );
          expect(said(diffOf(jobs, again))).toEqual({});
        },
      ),
      { numRuns: 60 },
    );
  });

  it("differ in the same way, seen from either end", () => {
    fc.assert(
      fc.property(hierarchy, hierarchy, (before, after) => {
        expect(mirrored(diffOf(before, after))).toEqual(straight(diffOf(after, before)));
      }),
      { numRuns: 60 },
    );
  });
});
