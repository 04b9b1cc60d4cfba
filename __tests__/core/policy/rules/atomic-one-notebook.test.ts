import { atomicOneNotebook } from "../../../../src/core/policy/rules/atomic-one-notebook";
import {
  atomicSpec,
  check,
  compositeSpec,
  notebookTask,
  runJobTask,
  task,
} from "../../../support/policy";

const KEY = "alerting_tables_job";
const job = (...tasks: ReturnType<typeof task>[]) => atomicSpec(KEY, "tables.py", { tasks });
const tables = notebookTask("run", "tables.py");
const inOwnJob =
  "move its code into a notebook run by its own atomic job, and run that from a composite job";

describe("atomic-one-notebook", () => {
  test.each([
    ["one notebook", job(tables)],
    [
      "one notebook for each of many inputs",
      job(task("each_region", { types: ["for_each_task"], forEach: tables })),
    ],
    ["a composite, which is not its business", compositeSpec("alerting_setup", ["seed"])],
  ])("accepts %s", (_, spec) => {
    expect(check(atomicOneNotebook, [spec])).toEqual([]);
  });

  test("rejects no notebook", () => {
    expect(check(atomicOneNotebook, [job()])).toEqual([
      {
        message: `atomic job "${KEY}" runs no notebook`,
        fix: "give it the one notebook_task that it is meant to run, or remove it",
        sites: [`alerting-dev/${KEY}`],
      },
    ]);
  });

  test("says so where nothing is known of the tasks", () => {
    expect(check(atomicOneNotebook, [{ ...job(), unknown: new Set(["tasks"]) }])).toMatchObject([
      { message: `the tasks of atomic job "${KEY}" are not known before it is deployed` },
    ]);
  });

  test("rejects two notebooks", () => {
    expect(check(atomicOneNotebook, [job(tables, notebookTask("seed", "seed.py"))])).toEqual([
      {
        message: `atomic job "${KEY}" runs 2 notebooks`,
        fix: "create an atomic job for each notebook and run them from a composite job",
        sites: [`alerting-dev/${KEY}`],
      },
    ]);
  });

  test("rejects as many notebooks as a dynamic block makes tasks", () => {
    expect(check(atomicOneNotebook, [job({ ...tables, repeated: true })])).toEqual([
      {
        message: `atomic job "${KEY}" makes notebook tasks with a dynamic block`,
        fix: "write its only task explicitly, or create an atomic job for each notebook",
        sites: [`alerting-dev/${KEY}#run`],
      },
    ]);
  });

  test.each([
    ["run_job_task", "move it to a composite job that runs this one"],
    ["condition_task", "move it to a composite job that runs this one"],
    ["sql_task", inOwnJob],
    ["spark_python_task", inOwnJob],
  ])("rejects a %s beside the notebook", (type, fix) => {
    const other = runJobTask("other", "seed", { types: [type] });
    expect(check(atomicOneNotebook, [job(tables, other)])).toEqual([
      {
        message: `atomic job "${KEY}" holds a ${type} beside its notebook`,
        fix,
        sites: [`alerting-dev/${KEY}#other`],
      },
    ]);
  });

  test("rejects a for-each over a job beside the notebook", () => {
    const other = task("each_region", {
      types: ["for_each_task"],
      forEach: runJobTask("iteration", "seed"),
    });
    expect(check(atomicOneNotebook, [job(tables, other)]).map(({ message }) => message)).toEqual([
      `atomic job "${KEY}" holds a run_job_task beside its notebook`,
    ]);
  });
});
