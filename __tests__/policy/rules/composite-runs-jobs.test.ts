import { compositeRunsJobs } from "../../../src/policy/rules/composite-runs-jobs";
import {
  atomic,
  bareTask,
  composite,
  findings,
  itAccepts,
  notebookTask,
  runTask,
} from "../../support/graph";

const tables = atomic("alerting_tables_job");

describe("composite-runs-jobs", () => {
  itAccepts(compositeRunsJobs, {
    "run_job_task only": [composite("alerting_setup_job", [tables])],
    "condition tasks and for-each tasks over a job": [
      composite("alerting_setup_job", [], {
        tasks: [
          bareTask("is_full_run", "condition_task"),
          { ...bareTask("each_region", "for_each_task"), forEach: runTask("inner", tables) },
        ],
      }),
    ],
    "an atomic job": [tables],
  });

  it("finds a notebook", () => {
    const job = composite("alerting_setup_job", [tables], {
      tasks: [runTask("setup", tables), notebookTask("seed", "/Shared/seed_all_alerts")],
    });
    expect(findings(compositeRunsJobs, job)).toEqual([
      {
        message:
          'composite job "alerting_setup_job" holds a notebook_task of notebook "/Shared/seed_all_alerts"',
        fix: "move it to an atomic job and run that job with run_job_task",
        sites: ["alerting-dev/alerting_setup_job#seed"],
      },
    ]);
  });

  it("finds a notebook inside a for-each task, and one beside a run_job_task of the same task", () => {
    const job = composite("alerting_setup_job", [], {
      tasks: [
        {
          ...bareTask("each_region", "for_each_task"),
          forEach: notebookTask("inner", "/Shared/region"),
        },
        { ...runTask("setup", tables), types: ["run_job_task", "notebook_task"] },
      ],
    });
    expect(findings(compositeRunsJobs, job).map(({ sites }) => sites)).toEqual([
      ["alerting-dev/alerting_setup_job#inner"],
      ["alerting-dev/alerting_setup_job#setup"],
    ]);
  });

  it.each(["spark_python_task", "python_wheel_task", "sql_task", "dbt_task", "pipeline_task"])(
    "finds a %s, which is code too",
    (type) => {
      const job = composite("alerting_setup_job", [], {
        tasks: [runTask("setup", tables), bareTask("other", type)],
      });
      expect(findings(compositeRunsJobs, job)).toMatchObject([
        { message: `composite job "alerting_setup_job" holds a ${type}` },
      ]);
    },
  );

  it("finds a composite that runs no job", () => {
    const job = composite("alerting_setup_job", [], {
      tasks: [bareTask("check", "condition_task")],
    });
    expect(findings(compositeRunsJobs, job)).toMatchObject([
      {
        message: 'composite job "alerting_setup_job" runs no job',
        sites: ["alerting-dev/alerting_setup_job"],
      },
    ]);
  });
});
