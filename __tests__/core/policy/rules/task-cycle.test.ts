import { taskCycle } from "../../../../src/core/policy/rules/task-cycle";
import { check, compositeSpec, runJobTask } from "../../../support/policy";

const KEY = "alerting_setup_orchestrator_job";
const job = (dependencies: Record<string, string[]>) =>
  compositeSpec(KEY, [], {
    tasks: Object.entries(dependencies).map(([key, dependsOn]) =>
      runJobTask(key, "seed", { dependsOn }),
    ),
  });

describe("task-cycle", () => {
  test.each([
    [
      "the graph of the alerting setup",
      job({
        setup_alerting_tables: [],
        seed_all_alerts: ["setup_alerting_tables"],
        validate_alert_queries: ["seed_all_alerts"],
        sync_notification_destinations: ["setup_alerting_tables"],
        deploy_sql_alerts: ["validate_alert_queries", "sync_notification_destinations"],
      }),
    ],
    [
      "a dependency on a task that does not exist, which another rule reports",
      job({ seed: ["x"] }),
    ],
  ])("accepts %s", (_, spec) => {
    expect(check(taskCycle, [spec])).toEqual([]);
  });

  test("rejects tasks that wait for each other", () => {
    const [found, ...rest] = check(taskCycle, [
      job({ tables: ["deploy"], seed: ["tables"], deploy: ["seed"], notify: [] }),
    ]);
    expect(rest).toEqual([]);
    expect(found).toEqual({
      message: `tasks of job "${KEY}" depend on each other: "tables" -> "deploy" -> "seed" -> "tables"`,
      fix: "remove one of these depends_on",
      sites: [`alerting-dev/${KEY}#tables`],
    });
  });

  test("rejects a task that waits for itself", () => {
    expect(check(taskCycle, [job({ seed: ["seed"] })]).map(({ message }) => message)).toEqual([
      `tasks of job "${KEY}" depend on each other: "seed" -> "seed"`,
    ]);
  });

  test("reports separate cycles separately", () => {
    const spec = job({ a: ["b"], b: ["a"], c: ["d"], d: ["c"] });
    expect(check(taskCycle, [spec])).toHaveLength(2);
  });
});
