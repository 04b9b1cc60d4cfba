import { notebookInOneJob } from "../../../src/policy/rules/notebook-in-one-job";
import {
  atomic,
  bareTask,
  composite,
  findings,
  itAccepts,
  notebookTask,
} from "../../support/graph";

const shared = "/Shared/setup_alerting_tables";
const tables = atomic("alerting_tables_job", { tasks: [notebookTask("setup_tables", shared)] });

describe("notebook-in-one-job", () => {
  itAccepts(notebookInOneJob, {
    "one notebook in one atomic job": [tables],
    "two jobs with a notebook each": [tables, atomic("alerting_seed_job")],
    "a composite that runs the job of the notebook": [
      tables,
      composite("alerting_setup_job", [tables]),
    ],
    "one job for each value, with a notebook for each": [
      atomic("alerting_region_job", {
        repeated: true,
        tasks: [notebookTask("setup", "/Shared/${each.value}/setup")],
      }),
    ],
  });

  it("names every job that uses the notebook, and the atomic one as the one to keep", () => {
    const orchestrator = composite("alerting_setup_job", [], {
      tasks: [notebookTask("setup_alerting_tables", shared)],
    });
    expect(findings(notebookInOneJob, orchestrator, tables)).toEqual([
      {
        message: `notebook "${shared}" is used by 2 jobs`,
        fix: 'keep it in one atomic job, such as "alerting_tables_job", and run that job from the others with run_job_task',
        sites: [
          "alerting-dev/alerting_setup_job#setup_alerting_tables",
          "alerting-dev/alerting_tables_job#setup_tables",
        ],
      },
    ]);
  });

  it("finds a notebook that two tasks of one job use", () => {
    const twice = atomic("alerting_tables_job", {
      tasks: [notebookTask("first", shared), notebookTask("second", shared)],
    });
    expect(findings(notebookInOneJob, twice)).toMatchObject([
      { message: `notebook "${shared}" is used by 2 tasks of job "alerting_tables_job"` },
    ]);
  });

  it("looks into for-each tasks", () => {
    const repeated = composite("alerting_regions_job", [], {
      tasks: [
        { ...bareTask("each_region", "for_each_task"), forEach: notebookTask("inner", shared) },
      ],
    });
    expect(findings(notebookInOneJob, tables, repeated)).toMatchObject([
      {
        sites: [
          "alerting-dev/alerting_tables_job#setup_tables",
          "alerting-dev/alerting_regions_job#inner",
        ],
      },
    ]);
  });

  it("finds a notebook in a job that count or for_each makes several of", () => {
    expect(findings(notebookInOneJob, { ...tables, repeated: true })).toMatchObject([
      {
        message: `notebook "${shared}" is used by every job that count or for_each makes of "alerting_tables_job"`,
        sites: ["alerting-dev/alerting_tables_job#setup_tables"],
      },
    ]);
  });
});
