import { taskKey } from "../../../src/policy/rules/task-key";
import { atomic, composite, findings, itAccepts, notebookTask, runTask } from "../../support/graph";

const tables = atomic("alerting_tables_job");
const keyed = (...keys: string[]) =>
  composite("alerting_setup_job", [], { tasks: keys.map((key) => runTask(key, tables)) });

describe("task-key", () => {
  itAccepts(taskKey, {
    "letters, digits, _ and -": [keyed("setup_alerting-tables_1", "A")],
    "100 characters": [keyed("k".repeat(100))],
    "a key that only the plan knows": [keyed("${each.key}")],
    "the single-task format, which has no key": [
      atomic("alerting_tables_job", { tasks: [notebookTask("", "/Shared/setup")] }),
    ],
  });

  it.each(["setup tables", "k".repeat(101), "setup.tables", "schrö", "a/b", "a\nb"])(
    "finds the key %j",
    (key) => {
      expect(findings(taskKey, keyed(key, "fine"))).toMatchObject([
        {
          fix: "use 1-100 letters, digits, _ and -",
          sites: [`alerting-dev/alerting_setup_job#${key}`],
        },
      ]);
    },
  );

  it("finds a task without a key beside others", () => {
    expect(findings(taskKey, keyed("", "fine"))).toMatchObject([
      { message: 'job "alerting_setup_job" has a task with the key ""' },
    ]);
  });

  it("finds a key that is used twice, once", () => {
    expect(findings(taskKey, keyed("setup", "seed", "setup", "setup"))).toEqual([
      {
        message: 'job "alerting_setup_job" has 3 tasks with the key "setup"',
        fix: "give each task a key of its own",
        sites: ["alerting-dev/alerting_setup_job#setup"],
      },
    ]);
  });
});
