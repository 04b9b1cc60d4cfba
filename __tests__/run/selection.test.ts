import type { JobId } from "../../src/core/model/int64";
import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import type { DeployedJob } from "../../src/run/deployed-jobs";
import { planRuns, type RunStep } from "../../src/run/run-plan";
import { pathOf, select, type TaskNode, taskTree, withDescendants } from "../../src/run/selection";
import { alertingJobs, job, runJobTask, task } from "./support";

const jobs = alertingJobs();

function treeOf(jobId: number, all: ReadonlyMap<JobId, DeployedJob> = jobs): TaskNode[] {
  const root = all.get(jobId);
  if (root === undefined) throw new Error(`no job ${jobId}`);
  return taskTree(root, all);
}

const paths = (nodes: Iterable<TaskNode>): string[] =>
  [...nodes].map((node) => pathOf(node).join("/")).sort();

/** The tasks of the setup that a selector chooses, without the one task in each of their jobs. */
const setup = (...selectors: string[]): string[] =>
  paths(select(treeOf(6), selectors)).map((path) => path.split("/")[0] ?? "");

const ALL = [
  "deploy_sql_alerts",
  "seed_all_alerts",
  "setup_alerting_tables",
  "sync_notification_destinations",
  "validate_alert_queries",
];

describe("select", () => {
  it.each<[string, string[]]>([
    ["seed_all_alerts", ["seed_all_alerts"]],
    ["seed_all_alerts+", ["deploy_sql_alerts", "seed_all_alerts", "validate_alert_queries"]],
    ["+seed_all_alerts", ["seed_all_alerts", "setup_alerting_tables"]],
    ["1+validate_alert_queries", ["seed_all_alerts", "validate_alert_queries"]],
    [
      "setup_alerting_tables+1",
      ["seed_all_alerts", "setup_alerting_tables", "sync_notification_destinations"],
    ],
    ["+validate_alert_queries+", ALL.filter((key) => !key.startsWith("sync"))],
    ["0+seed_all_alerts", ["seed_all_alerts"]],
    ["seed_all_alerts deploy_sql_alerts", ["deploy_sql_alerts", "seed_all_alerts"]],
    [
      "seed_all_alerts+,+deploy_sql_alerts",
      ["deploy_sql_alerts", "seed_all_alerts", "validate_alert_queries"],
    ],
    ["+validate_alert_queries,+sync_notification_destinations", ["setup_alerting_tables"]],
    ["tag:purpose=sync", ["deploy_sql_alerts", "sync_notification_destinations"]],
    ["tag:purpose:seed", ["seed_all_alerts"]],
    ["tag:job_level", ALL],
    ["tag:purpose=s*,tag:purpose=*d", ["seed_all_alerts"]],
    ["*alerts*", ["deploy_sql_alerts", "seed_all_alerts"]],
    ["task:seed_*", ["seed_all_alerts"]],
    ["alerting_deploy_job", ["deploy_sql_alerts"]],
    ["job:alerting_seed_job+1", ["seed_all_alerts", "validate_alert_queries"]],
    ["seed_alerts", ["seed_all_alerts"]],
    ["/seed_all_alerts", ["seed_all_alerts"]],
    [
      "seed_all_alerts/seed_alerts+",
      ["deploy_sql_alerts", "seed_all_alerts", "validate_alert_queries"],
    ],
    ["*", ALL],
  ])("%s", (selector, expected) => {
    expect(setup(selector)).toEqual(expected);
  });

  it("joins several selectors and leaves out what is excluded", () => {
    expect(setup("setup_alerting_tables", "deploy_sql_alerts")).toEqual([
      "deploy_sql_alerts",
      "setup_alerting_tables",
    ]);
    const left = select(treeOf(6), ["*"], ["validate_alert_queries+"]);
    expect(paths(left).map((path) => path.split("/")[0])).toEqual([
      "seed_all_alerts",
      "setup_alerting_tables",
      "sync_notification_destinations",
    ]);
  });

  it("continues from the first and last tasks of a job to the neighbours of the task that runs it", () => {
    expect(paths(select(treeOf(8), ["+setup_alerting_tables"]))).toEqual([
      "alerting/setup_alerting_tables/setup_tables",
      "ingestion/ingest",
    ]);
    expect(paths(select(treeOf(8), ["deploy_sql_alerts+1"]))).toEqual([
      "alerting/deploy_sql_alerts/deploy_alerts",
      "report",
    ]);
    expect(paths(select(treeOf(8), ["alerting"]))).toHaveLength(5);
  });

  it.each([
    [
      "seed_all_alert+",
      'no task or job below the job is called "seed_all_alert" (did you mean "seed_all_alerts"?)',
    ],
    ["tag:nope", 'no tag below the job is called "nope"'],
    ["job:alerting_sed_job", '(did you mean "alerting_seed_job"?)'],
    ["path:x", 'unknown selector method "path:"; use task:, job:, tag: or state:'],
    ["@seed_all_alerts", 'invalid selector "@seed_all_alerts"; write task, task+'],
    ["+", 'invalid selector "+"'],
    ["seed_all_alerts,", "invalid selector"],
    ["seed_all_alerts,deploy_sql_alerts", "leaves no task to run"],
    ["x\u001b[2J", '"x\\u001b[2J"'],
  ])("refuses %j", (selector, message) => {
    expect(() => setup(selector)).toThrow(message);
  });

  it("does not follow a job that would run itself", () => {
    const circle = new Map(
      [1, 2].map((id) => [id, job(id, `job_${id}`, [runJobTask("next", 3 - id)])]),
    );
    expect([...withDescendants(treeOf(1, circle))]).toHaveLength(2);
  });
});

describe("planRuns", () => {
  const plan = (
    jobId: number,
    selectors: string[],
    parameters: Record<string, string> = {},
    all = jobs,
  ): string[] => {
    const tree = treeOf(jobId, all);
    const root = all.get(jobId);
    if (root === undefined) throw new Error(`no job ${jobId}`);
    const steps = planRuns(root, tree, select(tree, selectors), parameters);
    return steps.map(({ job: { label }, only, after, jobParameters }) => {
      const numbers = after.map((step) => steps.indexOf(step) + 1);
      return [
        label,
        only === undefined ? "" : `only ${only.join(",")}`,
        numbers.length === 0 ? "" : `after ${numbers.join(",")}`,
        jobParameters === undefined ? "" : JSON.stringify(jobParameters),
      ]
        .filter(Boolean)
        .join(" ");
    });
  };

  it("runs the job itself where all of it is chosen", () => {
    expect(plan(6, ["*"])).toEqual(["alerting_setup_orchestrator_job"]);
    expect(plan(8, ["*"])).toEqual(["platform_job"]);
  });

  it("leaves the order of a part to the job where that can keep it", () => {
    expect(plan(6, ["validate_alert_queries+"])).toEqual([
      "alerting_setup_orchestrator_job only validate_alert_queries,deploy_sql_alerts",
    ]);
  });

  it("needs two runs if a task between two selected tasks is left out", () => {
    expect(plan(6, ["setup_alerting_tables deploy_sql_alerts"])).toEqual([
      "alerting_setup_orchestrator_job only setup_alerting_tables",
      "alerting_setup_orchestrator_job only deploy_sql_alerts after 1",
    ]);
  });

  it("runs a job by itself where a part of it is chosen, between what comes before and after", () => {
    expect(plan(8, ["ingestion validate_alert_queries+ report"])).toEqual([
      "platform_job only ingestion",
      "alerting_setup_orchestrator_job only validate_alert_queries,deploy_sql_alerts after 1",
      "platform_job only report after 1,2",
    ]);
  });

  it("hands down what the task that runs the job would hand down", () => {
    const child = job(2, "seed_job", [task("a"), task("b", ["a"])], {
      parameters: new Map([
        ["catalog", "dev"],
        ["mode", "full"],
        ["other", "x"],
      ]),
    });
    const jobParameters = { mode: "{{job.parameters.how}}" };
    const parent = job(1, "setup_job", [runJobTask("seed", 2, [], { jobParameters })], {
      parameters: new Map([
        ["catalog", "dev"],
        ["how", "quick"],
      ]),
    });
    const all = new Map([parent, child].map((each) => [each.jobId, each]));
    expect(plan(1, ["seed/a"], { catalog: "mine" }, all)).toEqual([
      'seed_job only a {"mode":"quick","catalog":"mine"}',
    ]);
    const dynamic = {
      ...parent,
      tasks: [runJobTask("seed", 2, [], { jobParameters: { mode: "{{tasks.x.values.y}}" } })],
    };
    const refused = new Map([dynamic, child].map((each) => [each.jobId, each]));
    expect(() => plan(1, ["seed/a"], {}, refused)).toThrow(
      'job "seed_job" cannot be run apart from "setup_job": its parameter "mode" is "{{tasks.x.values.y}}" there',
    );
  });

  it("refuses a selection that takes values from tasks that are left out", () => {
    const one = job(1, "setup_job", [
      task("count"),
      task("load", ["count"], { refersTo: ["count"] }),
    ]);
    const all = new Map([[1, one]]);
    expect(() => plan(1, ["load"], {}, all)).toThrow(
      'task "load" of job "setup_job" takes a value from task "count"',
    );
    expect(plan(1, ["load", "count"], {}, all)).toEqual(["setup_job"]);
  });

  /** Three levels of jobs, whose tasks depend on earlier ones, and any choice of the leaves. */
  const hierarchies = fc
    .record({
      shapes: fc.array(
        fc.array(fc.array(fc.nat(4), { maxLength: 2 }), { minLength: 1, maxLength: 5 }),
        { minLength: 4, maxLength: 6 },
      ),
      runs: fc.array(fc.nat(3), { minLength: 12, maxLength: 12 }),
      picks: fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
    })
    .map(({ shapes, runs, picks }) => {
      // Job i may run only later jobs, so there is no circle.
      const all = new Map(
        shapes.map((tasks, id) => [
          id,
          job(
            id,
            `job_${id}`,
            tasks.map((dependencies, at) => {
              const keys = [...new Set(dependencies)]
                .filter((each) => each < at)
                .map((each) => `t${each}`);
              const target = id + (runs[(id * 5 + at) % runs.length] ?? 0);
              return target > id && target < shapes.length
                ? runJobTask(`t${at}`, target, keys)
                : task(`t${at}`, keys);
            }),
          ),
        ]),
      );
      const tree = treeOf(0, all);
      const leaves = [...withDescendants(tree)].filter(({ children }) => children.length === 0);
      return {
        all,
        tree,
        chosen: new Set(leaves.filter((_, at) => picks[at % picks.length] === true)),
      };
    });

  /** The leaves that a step runs. */
  function leavesOf(step: RunStep, tree: readonly TaskNode[]): TaskNode[] {
    const all = [...withDescendants(tree)];
    const top =
      step.path.length === 0
        ? tree
        : (all.find((node) => pathOf(node).join("/") === step.path.join("/"))?.children ?? []);
    const roots = top.filter(({ task: { taskKey } }) => step.only?.includes(taskKey) ?? true);
    return [...withDescendants(roots)].filter(({ children }) => children.length === 0);
  }

  it("runs exactly the selected leaves, once, after their dependencies", () => {
    fc.assert(
      fc.property(hierarchies, ({ all, tree, chosen }) => {
        const root = all.get(0);
        if (root === undefined || chosen.size === 0) return;
        const steps = planRuns(root, tree, chosen);
        const stepOf = new Map<TaskNode, RunStep>();
        for (const step of steps) {
          for (const leaf of leavesOf(step, tree)) {
            expect(stepOf.has(leaf)).toBe(false);
            stepOf.set(leaf, step);
          }
        }
        expect(new Set(stepOf.keys())).toEqual(chosen);

        /** Steps that have to be over before this one begins. */
        const earlier = (step: RunStep): Set<RunStep> => {
          const before = new Set(step.after);
          for (const each of before) for (const next of each.after) before.add(next);
          return before;
        };
        for (const step of steps) expect(earlier(step).has(step)).toBe(false);
        // Whatever a leaf waits for at any level, through tasks that are left out too.
        for (const node of withDescendants(tree)) {
          const siblings = node.parent?.children ?? tree;
          const upstream = new Set(
            siblings.filter(({ task: { taskKey } }) => node.task.dependsOn.includes(taskKey)),
          );
          for (const each of upstream)
            for (const sibling of siblings)
              if (each.task.dependsOn.includes(sibling.task.taskKey)) upstream.add(sibling);
          const mine = [...withDescendants([node])].flatMap((leaf) => stepOf.get(leaf) ?? []);
          for (const other of upstream) {
            const direct = node.task.dependsOn.includes(other.task.taskKey);
            for (const leaf of withDescendants([other])) {
              const before = stepOf.get(leaf);
              if (before === undefined) continue;
              for (const step of mine) {
                if (step === before) {
                  // The job keeps the order itself: along tasks that run with it.
                  const kept = connected(node, other, siblings, step);
                  expect(direct || kept).toBe(true);
                } else expect(earlier(step).has(before)).toBe(true);
              }
            }
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  /** Whether one task waits for the other along tasks that the step runs. */
  function connected(
    from: TaskNode,
    to: TaskNode,
    siblings: readonly TaskNode[],
    step: RunStep,
  ): boolean {
    const runs = (node: TaskNode): boolean => step.only?.includes(node.task.taskKey) ?? true;
    const reached = new Set([from]);
    for (const node of reached)
      for (const sibling of siblings)
        if (
          node.task.dependsOn.includes(sibling.task.taskKey) &&
          (step.path.length === pathOf(node).length - 1 ? runs(sibling) : true)
        )
          reached.add(sibling);
    return reached.has(to);
  }

  it("selects exactly the reachable tasks with +", () => {
    fc.assert(
      fc.property(hierarchies, fc.nat(), ({ tree }, at) => {
        const nodes = [...withDescendants(tree)];
        const node = nodes[at % nodes.length];
        if (node === undefined) return;
        const path = `/${pathOf(node).join("/")}`;
        const named = select(tree, [path]);
        const down = select(tree, [`${path}+`]);
        const up = select(tree, [`+${path}`]);
        for (const leaf of named) expect(down.has(leaf) && up.has(leaf)).toBe(true);
        expect(select(tree, [`+${path},${path}+`])).toEqual(named);
        const both = select(tree, [`+${path}+`]);
        expect(both).toEqual(new Set([...up, ...down]));
        expect(select(tree, [`${path}+100`])).toEqual(down);
        expect(select(tree, [`${path}+0`])).toEqual(named);
      }),
    );
  });
});
