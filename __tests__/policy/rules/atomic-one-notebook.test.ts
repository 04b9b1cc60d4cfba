import { atomicOneNotebook } from "../../../src/policy/rules/atomic-one-notebook";
import {
  atomic,
  bareTask,
  composite,
  findings,
  itAccepts,
  notebookTask,
  runTask,
} from "../../support/graph";

const seed = atomic("alerting_seed_job");

describe("atomic-one-notebook", () => {
  itAccepts(atomicOneNotebook, {
    "one notebook": [seed],
    "one notebook for each of several values": [
      atomic("alerting_region_job", {
        tasks: [
          {
            ...bareTask("each_region", "for_each_task"),
            forEach: notebookTask("inner", "/Shared/region"),
          },
        ],
      }),
    ],
    "a composite, whatever it holds": [composite("alerting_setup_job", [seed])],
  });

  it.each([
    { tasks: [], message: 'atomic job "alerting_tables_job" runs no notebook' },
    {
      tasks: [notebookTask("a", "/Shared/a"), notebookTask("b", "/Shared/b")],
      message: 'atomic job "alerting_tables_job" runs 2 notebooks',
    },
  ])("finds $message", ({ tasks, message }) => {
    const job = atomic("alerting_tables_job", { tasks });
    expect(findings(atomicOneNotebook, job)).toMatchObject([
      { message, sites: ["alerting-dev/alerting_tables_job"] },
    ]);
  });

  it.each([
    { other: runTask("seed", seed), type: "run_job_task", fix: /^move it to a composite job$/ },
    {
      other: bareTask("query", "sql_task"),
      type: "sql_task",
      fix: /notebook in an atomic job of its own/,
    },
  ])("finds a $type beside the notebook", ({ other, type, fix }) => {
    const job = atomic("alerting_tables_job", {
      tasks: [notebookTask("setup", "/Shared/setup"), other],
    });
    expect(findings(atomicOneNotebook, job)).toEqual([
      {
        message: `atomic job "alerting_tables_job" holds a ${type} beside its notebook`,
        fix: expect.stringMatching(fix) as string,
        sites: [`alerting-dev/alerting_tables_job#${other.taskKey}`],
      },
    ]);
  });
});
