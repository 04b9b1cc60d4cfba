import type { TaskSpec } from "../../../src/model/job-spec";
import { dependsOn } from "../../../src/policy/rules/depends-on";
import { atomic, bareTask, composite, findings, itAccepts, runTask } from "../../support/graph";

const tables = atomic("alerting_tables_job");
const setup = runTask("setup_alerting_tables", tables);
const orchestrator = (...tasks: TaskSpec[]) => composite("alerting_setup_job", [], { tasks });

describe("depends-on", () => {
  itAccepts(dependsOn, {
    "no dependencies": [orchestrator(setup)],
    "a task of the same job, wherever it stands": [
      orchestrator(
        runTask("seed_all_alerts", tables, { dependsOn: ["setup_alerting_tables"] }),
        setup,
      ),
    ],
    "a key that only the plan knows": [
      orchestrator(setup, runTask("seed_all_alerts", tables, { dependsOn: ["${each.value}"] })),
    ],
    "a task whose own key only the plan knows": [
      orchestrator(
        runTask("${each.value}", tables),
        runTask("seed", tables, { dependsOn: ["region_eu"] }),
      ),
    ],
  });

  it("finds a task that does not exist, and names those that do", () => {
    const seed = runTask("seed_all_alerts", tables, { dependsOn: ["setup_alerting_tabels"] });
    expect(findings(dependsOn, orchestrator(setup, seed))).toEqual([
      {
        message:
          'task "seed_all_alerts" depends on "setup_alerting_tabels", which is no task of job "alerting_setup_job"',
        fix: 'name one of "seed_all_alerts", "setup_alerting_tables"',
        sites: ["alerting-dev/alerting_setup_job#seed_all_alerts"],
      },
    ]);
  });

  it("finds a depends_on without task_key", () => {
    const seed = runTask("seed_all_alerts", tables, { dependsOn: [""] });
    expect(findings(dependsOn, orchestrator(setup, seed))).toMatchObject([
      { message: 'task "seed_all_alerts" has a depends_on without task_key' },
    ]);
  });

  it("finds a depends_on inside a for-each task", () => {
    const regions = {
      ...bareTask("each_region", "for_each_task"),
      forEach: runTask("inner", tables, { dependsOn: ["setup_alerting_tables"] }),
    };
    expect(findings(dependsOn, orchestrator(setup, regions))).toMatchObject([
      { message: 'the task inside for-each task "each_region" has a depends_on' },
    ]);
  });
});
