import { notebookInOneJob } from "../../../../src/core/policy/rules/notebook-in-one-job";
import { atomicSpec, check, compositeSpec, notebookTask, task } from "../../../support/policy";

const TABLES = "src/alerting/setup_alerting_tables.py";

describe("notebook-in-one-job", () => {
  test.each([
    [
      "a notebook for each job",
      [atomicSpec("alerting_tables_job"), atomicSpec("alerting_seed_job")],
    ],
    [
      "a composite that runs the notebook's job",
      [
        atomicSpec("alerting_tables_job"),
        compositeSpec("alerting_setup_orchestrator_job", ["alerting_tables_job"]),
      ],
    ],
    [
      "jobs that for_each makes, each with a notebook of its own",
      [
        atomicSpec("alerting_tables_job", "/Shared/${each.value}", { repeated: true }),
        atomicSpec("alerting_seed_job", "/Shared/seed-${count.index}", { repeated: true }),
      ],
    ],
  ])("accepts %s", (_, jobs) => {
    expect(check(notebookInOneJob, jobs)).toEqual([]);
  });

  test("rejects a notebook in an atomic and a composite job, and names the atomic one as its owner", () => {
    const found = check(notebookInOneJob, [
      compositeSpec("alerting_setup_orchestrator_job", [], {
        tasks: [notebookTask("setup_alerting_tables", TABLES)],
      }),
      atomicSpec("alerting_tables_job", TABLES),
    ]);
    expect(found).toEqual([
      {
        message: `notebook "${TABLES}" is used by 2 jobs`,
        fix: 'keep it in one atomic job, such as "alerting_tables_job", and run that job from the others with run_job_task',
        sites: [
          "alerting-dev/alerting_setup_orchestrator_job#setup_alerting_tables",
          "alerting-dev/alerting_tables_job#run",
        ],
      },
    ]);
  });

  test("lists every job that uses the notebook", () => {
    const keys = ["alerting_tables_job", "alerting_seed_job", "alerting_deploy_job"];
    const found = check(
      notebookInOneJob,
      keys.map((key) => atomicSpec(key, TABLES)),
    );
    expect(found).toHaveLength(1);
    expect(found[0]?.message).toBe(`notebook "${TABLES}" is used by 3 jobs`);
    expect(found[0]?.sites).toEqual(keys.map((key) => `alerting-dev/${key}#run`));
  });

  test("rejects a notebook in two tasks of one job", () => {
    const found = check(notebookInOneJob, [
      atomicSpec("alerting_tables_job", TABLES, {
        tasks: [notebookTask("create", TABLES), notebookTask("verify", TABLES)],
      }),
    ]);
    expect(found).toEqual([
      {
        message: `notebook "${TABLES}" is used by 2 tasks of job "alerting_tables_job"`,
        fix: "move it to one atomic job and run that job with run_job_task, once for each set of parameters",
        sites: [
          "alerting-dev/alerting_tables_job#create",
          "alerting-dev/alerting_tables_job#verify",
        ],
      },
    ]);
  });

  test("finds a notebook inside nested for-each tasks", () => {
    const nested = task("each_region", {
      types: ["for_each_task"],
      forEach: task("each_table", {
        types: ["for_each_task"],
        forEach: notebookTask("iteration", TABLES),
      }),
    });
    const found = check(notebookInOneJob, [
      atomicSpec("alerting_tables_job", TABLES),
      atomicSpec("alerting_seed_job", "seed.py", { tasks: [nested] }),
    ]);
    expect(found.map(({ sites }) => sites)).toEqual([
      ["alerting-dev/alerting_tables_job#run", "alerting-dev/alerting_seed_job#iteration"],
    ]);
  });

  test("rejects one notebook for all the jobs that count or for_each makes", () => {
    expect(
      check(notebookInOneJob, [atomicSpec("alerting_tables_job", TABLES, { repeated: true })]),
    ).toEqual([
      {
        message: `notebook "${TABLES}" is used by every job that count or for_each makes of "alerting_tables_job"`,
        fix: "use one job with parameters, or give each job its own code",
        sites: ["alerting-dev/alerting_tables_job#run"],
      },
    ]);
  });
});
