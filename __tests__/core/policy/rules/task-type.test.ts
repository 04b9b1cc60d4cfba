import { taskType } from "../../../../src/core/policy/rules/task-type";
import { check, compositeSpec, runJobTask, task } from "../../../support/policy";

const KEY = "alerting_setup_orchestrator_job";
const seed = runJobTask("seed_all_alerts", "seed");
const job = (...tasks: ReturnType<typeof task>[]) => compositeSpec(KEY, [], { tasks });

describe("task-type", () => {
  test("accepts one type, also in the single-task format", () => {
    expect(check(taskType, [job(seed)])).toEqual([]);
    expect(check(taskType, [job({ ...seed, taskKey: "", types: [], single: true })])).toEqual([]);
  });

  test("rejects a task without type, with the key that may be meant", () => {
    const other = { ...seed, taskKey: "seed_all_alert", types: [] };
    expect(check(taskType, [job(seed, other)])).toEqual([
      {
        message: 'task "seed_all_alert" has no type, such as notebook_task',
        fix: "give it one, or write task_key: seed_all_alerts to change that task",
        sites: [`alerting-dev/${KEY}#seed_all_alert`],
      },
    ]);
    expect(check(taskType, [job({ ...seed, types: [] })])[0]?.fix).toBe("give it one");
  });

  test("rejects several types", () => {
    const types = ["notebook_task", "run_job_task"];
    expect(check(taskType, [job({ ...seed, types })]).map(({ message }) => message)).toEqual([
      'task "seed_all_alerts" has 2 types: notebook_task, run_job_task',
    ]);
  });
});
