import { describe, expect, it } from "@jest/globals";
import fc from "fast-check";
import { failed, type JobRunNode, type TaskRunNode } from "../../src/core/model/run-tree";
import { planRepair, type RepairPlan } from "../../src/run/repair";

let nextId = 100;

function taskRun(
  taskKey: string,
  state: string,
  dependsOn: string[] = [],
  child?: JobRunNode,
): TaskRunNode {
  return {
    taskKey,
    runId: nextId++,
    dependsOn,
    status: { phase: "ended", state, message: "" },
    retries: 0,
    ...(child && { child, runJobId: child.jobId }),
  };
}

function run(key: string, state: string, tasks: TaskRunNode[], jobId = 1): JobRunNode {
  return {
    runId: nextId++,
    jobId,
    name: key,
    key,
    status: { phase: "ended", state, message: "" },
    tasks,
  };
}

const keys = (tasks: readonly TaskRunNode[]): string[] =>
  tasks.map(({ taskKey }) => taskKey).sort();
const said = ({ run: { key }, rerun, rest, kept, children }: RepairPlan): object => ({
  key,
  rerun: keys(rerun),
  rest: keys(rest),
  kept: keys(kept),
  children: children.map(said),
});

describe("planRepair", () => {
  const atomic = (state: string): JobRunNode =>
    run("atomic_job", state, [taskRun("only", state)], 2);

  it("reruns failed tasks and their dependents, and keeps the rest", () => {
    const plan = planRepair(
      run("setup_job", "FAILED", [
        taskRun("tables", "SUCCESS", [], atomic("SUCCESS")),
        taskRun("seed", "FAILED", ["tables"], atomic("FAILED")),
        taskRun("sync", "SUCCESS", ["tables"], atomic("SUCCESS")),
        taskRun("deploy", "UPSTREAM_FAILED", ["seed", "sync"]),
        taskRun("clean_up", "SUCCESS", ["deploy"]),
      ]),
    );
    expect(said(plan)).toEqual({
      key: "setup_job",
      rerun: ["clean_up", "deploy", "seed"],
      rest: [],
      kept: ["sync", "tables"],
      children: [],
    });
  });

  const layer = (): JobRunNode =>
    run(
      "layer_job",
      "FAILED",
      [
        taskRun("load", "SUCCESS", [], atomic("SUCCESS")),
        taskRun("check", "FAILED", ["load"], atomic("FAILED")),
        taskRun("publish", "UPSTREAM_FAILED", ["check"]),
      ],
      3,
    );

  it("repairs a nested run if that keeps results, and then runs its dependents", () => {
    const top = run("platform_job", "FAILED", [
      taskRun("ingest", "SUCCESS"),
      taskRun("layer", "FAILED", ["ingest"], layer()),
      taskRun("report", "UPSTREAM_FAILED", ["layer"]),
    ]);
    expect(said(planRepair(top))).toEqual({
      key: "platform_job",
      rerun: [],
      rest: ["report"],
      kept: ["ingest"],
      children: [
        { key: "layer_job", rerun: ["check", "publish"], rest: [], kept: ["load"], children: [] },
      ],
    });
  });

  it("repairs the parent run if remaining tasks need values of kept tasks", () => {
    const top = run("platform_job", "FAILED", [
      taskRun("ingest", "SUCCESS"),
      taskRun("layer", "FAILED", ["ingest"], layer()),
      taskRun("report", "UPSTREAM_FAILED", ["layer", "ingest"]),
    ]);
    const refersTo = (_: unknown, taskKey: string): string[] =>
      taskKey === "report" ? ["ingest"] : [];
    expect(said(planRepair(top, refersTo))).toMatchObject({
      rerun: ["layer", "report"],
      children: [],
    });
  });

  it("reruns a nested job if no result of it would be kept", () => {
    const child = run(
      "layer_job",
      "FAILED",
      [taskRun("check", "FAILED"), taskRun("publish", "UPSTREAM_FAILED", ["check"])],
      3,
    );
    const top = run("platform_job", "FAILED", [taskRun("layer", "FAILED", [], child)]);
    expect(said(planRepair(top))).toMatchObject({ rerun: ["layer"], children: [] });
  });

  it("goes down as far as it saves work", () => {
    const middle = run("middle_job", "FAILED", [taskRun("layer", "FAILED", [], layer())], 4);
    const top = run("platform_job", "FAILED", [taskRun("middle", "FAILED", [], middle)]);
    expect(said(planRepair(top))).toMatchObject({
      rerun: [],
      rest: [],
      children: [
        { key: "middle_job", rerun: [], children: [{ key: "layer_job", kept: ["load"] }] },
      ],
    });
  });

  it.each([
    ["SUCCESS", "has no failed task to repair; it ended with SUCCESS"],
    ["RUNNING", "is still active; wait for it with --watch"],
  ])("refuses a run that is %s", (state, message) => {
    const phase = state === "RUNNING" ? "active" : "ended";
    const whole = {
      ...run("setup_job", state, [taskRun("tables", "SUCCESS")]),
      status: { phase, state, message: "" },
    } as const;
    expect(() => planRepair(whole)).toThrow(message);
  });

  it("refuses a run that failed before it had tasks", () => {
    expect(() => planRepair(run("setup_job", "FAILED", []))).toThrow(
      "has no failed task to repair; it ended with FAILED; start the job again instead",
    );
  });

  it("runs every failed task again and nothing that succeeded, unless it depends on one", () => {
    const states = fc.constantFrom("SUCCESS", "FAILED", "CANCELED", "UPSTREAM_FAILED", "EXCLUDED");
    const shapes = fc.array(
      fc.record({ state: states, after: fc.array(fc.nat(7), { maxLength: 2 }) }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(shapes, (shape) => {
        const tasks = shape.map(({ state, after }, at) =>
          taskRun(
            `t${at}`,
            state,
            after.filter((each) => each < at).map((each) => `t${each}`),
          ),
        );
        if (!tasks.some(failed)) return;
        const { rerun, kept } = planRepair(run("job", "FAILED", tasks));
        expect(keys([...rerun, ...kept])).toEqual(keys(tasks));
        const again = new Set(keys(rerun));
        for (const task of tasks) {
          const behind = task.dependsOn.some((key) => again.has(key));
          expect(again.has(task.taskKey)).toBe(failed(task) || behind);
        }
      }),
    );
  });
});
