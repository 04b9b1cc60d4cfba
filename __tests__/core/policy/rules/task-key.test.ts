import { taskKey } from "../../../../src/core/policy/rules/task-key";
import { check, compositeSpec, notebookTask, runJobTask } from "../../../support/policy";

const KEY = "alerting_setup_orchestrator_job";
const job = (...keys: string[]) =>
  compositeSpec(KEY, [], { tasks: keys.map((key) => runJobTask(key, "seed")) });

describe("task-key", () => {
  test.each([
    ["letters, digits, _ and -", job("setup_alerting-tables", "Seed2")],
    ["one character, and a hundred", job("a", "b".repeat(100))],
    ["an expression", job("setup_${var.layer}")],
    [
      "the single-task format, which has no key",
      compositeSpec(KEY, [], { tasks: [notebookTask("", "seed.py", { single: true })] }),
    ],
  ])("accepts %s", (_, spec) => {
    expect(check(taskKey, [spec])).toEqual([]);
  });

  test.each(["setup tables", "setup.tables", "tâche", "a".repeat(101), "a\n"])(
    "rejects the key %j",
    (key) => {
      expect(check(taskKey, [job(key, "seed_all_alerts")])).toEqual([
        {
          message: `job "${KEY}" has a task with the key "${key.replace("\n", "\\u000a")}"`,
          fix: "use 1-100 letters, digits, _ and -",
          sites: [`alerting-dev/${KEY}#${key}`],
        },
      ]);
    },
  );

  test.each([[[""]], [["", "seed_all_alerts"]]])("rejects a task without key: %j", (keys) => {
    expect(check(taskKey, [job(...keys)]).map(({ message }) => message)).toEqual([
      `job "${KEY}" has a task with the key ""`,
    ]);
  });

  test("rejects a key that several tasks have, once", () => {
    expect(check(taskKey, [job("seed", "seed", "tables", "seed")])).toEqual([
      {
        message: `job "${KEY}" has 3 tasks with the key "seed"`,
        fix: "give each task a unique key",
        sites: [`alerting-dev/${KEY}#seed`],
      },
    ]);
  });

  test("lets two jobs use the same key", () => {
    const other = { ...job("seed"), id: "alerting-dev/other", key: "other" };
    expect(check(taskKey, [job("seed"), other])).toEqual([]);
  });
});
