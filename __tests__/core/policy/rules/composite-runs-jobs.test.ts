import { compositeRunsJobs } from "../../../../src/core/policy/rules/composite-runs-jobs";
import {
  atomicSpec,
  check,
  compositeSpec,
  notebookTask,
  runJobTask,
  task,
} from "../../../support/policy";

const KEY = "alerting_setup_orchestrator_job";
const FIX = "move it to an atomic job and run that job with run_job_task";

describe("composite-runs-jobs", () => {
  test.each([
    ["run_job_task only", compositeSpec(KEY, ["alerting_tables_job", "alerting_seed_job"])],
    [
      "a condition and a for-each over a job beside run_job_task",
      compositeSpec(KEY, [], {
        tasks: [
          task("is_first_run", { types: ["condition_task"] }),
          task("each_region", {
            types: ["for_each_task"],
            forEach: runJobTask("iteration", "alerting_seed_job"),
          }),
        ],
      }),
    ],
    ["a notebook in a job that is not composite", atomicSpec("alerting_tables_job")],
  ])("accepts %s", (_, job) => {
    expect(check(compositeRunsJobs, [job])).toEqual([]);
  });

  test("rejects code once if a composite holds nothing else", () => {
    const job = compositeSpec(KEY, [], { tasks: [notebookTask("seed", "seed.py")] });
    expect(check(compositeRunsJobs, [job])).toMatchObject([
      { message: `composite job "${KEY}" holds a notebook_task of notebook "seed.py"` },
    ]);
  });

  test("says so where nothing is known of the tasks", () => {
    const job = compositeSpec(KEY, [], { unknown: new Set(["tasks"]) });
    expect(check(compositeRunsJobs, [job])).toMatchObject([
      { message: `the tasks of composite job "${KEY}" are not known before it is deployed` },
    ]);
  });

  test("rejects a notebook task in a composite", () => {
    const job = compositeSpec(KEY, [], {
      tasks: [
        notebookTask("setup_alerting_tables", "src/alerting/setup_alerting_tables.py"),
        runJobTask("seed_all_alerts", "alerting_seed_job"),
      ],
    });
    expect(check(compositeRunsJobs, [job])).toEqual([
      {
        message: `composite job "${KEY}" holds a notebook_task of notebook "src/alerting/setup_alerting_tables.py"`,
        fix: FIX,
        sites: [`alerting-dev/${KEY}#setup_alerting_tables`],
      },
    ]);
  });

  test.each(["spark_python_task", "python_wheel_task", "sql_task", "dbt_task", "pipeline_task"])(
    "rejects a %s, alone or beside the run_job_task of one task",
    (type) => {
      const job = compositeSpec(KEY, ["alerting_seed_job"], {
        tasks: [
          runJobTask("seed_all_alerts", "alerting_seed_job", { types: ["run_job_task", type] }),
        ],
      });
      expect(check(compositeRunsJobs, [job])).toEqual([
        {
          message: `composite job "${KEY}" holds a ${type}`,
          fix: FIX,
          sites: [`alerting-dev/${KEY}#seed_all_alerts`],
        },
      ]);
    },
  );

  test("rejects the notebook inside a for-each task", () => {
    const job = compositeSpec(KEY, ["alerting_seed_job"], {
      tasks: [
        runJobTask("seed_all_alerts", "alerting_seed_job"),
        task("each_region", {
          types: ["for_each_task"],
          forEach: notebookTask("iteration", "seed.py"),
        }),
      ],
    });
    expect(check(compositeRunsJobs, [job])).toEqual([
      {
        message: `composite job "${KEY}" holds a notebook_task of notebook "seed.py"`,
        fix: FIX,
        sites: [`alerting-dev/${KEY}#iteration`],
      },
    ]);
  });

  test("rejects a composite that runs no job", () => {
    const job = compositeSpec(KEY, [], { tasks: [task("wait", { types: ["condition_task"] })] });
    expect(check(compositeRunsJobs, [job])).toEqual([
      {
        message: `composite job "${KEY}" runs no job`,
        fix: "add a task with run_job_task for each job that it orchestrates, or remove it",
        sites: [`alerting-dev/${KEY}`],
      },
    ]);
  });
});
