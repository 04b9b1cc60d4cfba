import { dependsOn } from "../../../../src/core/policy/rules/depends-on";
import { check, compositeSpec, runJobTask, task } from "../../../support/policy";

const KEY = "alerting_setup_orchestrator_job";
const after = (...keys: string[]) => runJobTask("seed_all_alerts", "seed", { dependsOn: keys });
const tables = runJobTask("setup_alerting_tables", "tables");
const job = (...tasks: ReturnType<typeof task>[]) => compositeSpec(KEY, [], { tasks });

describe("depends-on", () => {
  test.each([
    ["a task of the same job", job(tables, after("setup_alerting_tables"))],
    ["no dependency", job(tables, after())],
    ["a key that is known only at the plan", job(tables, after("${var.first}"))],
    [
      "any name beside a task key that is known only at the plan",
      job(runJobTask("setup_${var.layer}", "tables"), after("setup_alerting")),
    ],
  ])("accepts %s", (_, spec) => {
    expect(check(dependsOn, [spec])).toEqual([]);
  });

  test("rejects a task that does not exist", () => {
    expect(check(dependsOn, [job(tables, after("setup_alerting_table"))])).toEqual([
      {
        message: `task "seed_all_alerts" depends on "setup_alerting_table", but job "${KEY}" has no such task`,
        fix: 'did you mean "setup_alerting_tables"?',
        sites: [`alerting-dev/${KEY}#seed_all_alerts`],
      },
    ]);
  });

  test("rejects every unknown name of one task", () => {
    const found = check(dependsOn, [job(tables, after("a", "setup_alerting_tables", "b"))]);
    expect(found.map(({ message }) => message)).toEqual([
      `task "seed_all_alerts" depends on "a", but job "${KEY}" has no such task`,
      `task "seed_all_alerts" depends on "b", but job "${KEY}" has no such task`,
    ]);
  });

  test("rejects a dependency without task_key", () => {
    expect(check(dependsOn, [job(tables, after(""))])).toEqual([
      {
        message: 'task "seed_all_alerts" has a depends_on without task_key',
        fix: 'name "setup_alerting_tables"',
        sites: [`alerting-dev/${KEY}#seed_all_alerts`],
      },
    ]);
  });

  test("does not take a task of another job for one of this", () => {
    const other = compositeSpec("alerting_nightly_job", [], { tasks: [tables] });
    expect(check(dependsOn, [other, job(after("setup_alerting_tables"))])).toHaveLength(1);
  });

  test("rejects a dependency inside of a for-each task", () => {
    const forEach = task("each_region", {
      types: ["for_each_task"],
      forEach: runJobTask("iteration", "seed", { dependsOn: ["setup_alerting_tables"] }),
    });
    expect(check(dependsOn, [job(tables, forEach)])).toEqual([
      {
        message: 'the task inside for-each task "each_region" has a depends_on',
        fix: "put the depends_on on the for-each task itself",
        sites: [`alerting-dev/${KEY}#each_region`],
      },
    ]);
  });

  test("suggests ten names at most", () => {
    const many = Array.from({ length: 30 }, (_, i) => runJobTask(`seed_${i + 10}`, "seed"));
    const [found] = check(dependsOn, [job(...many, after("load"))]);
    expect(found?.fix.split(", ")).toHaveLength(11);
    expect(found?.fix).toMatch(/, …$/);
  });
});
