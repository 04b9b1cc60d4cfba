import { JobGraph } from "@jobstrata/cdktf";
import { leafTasks } from "../../../src/core/model/job-graph";
import {
  atomicSpec,
  compositeSpec,
  jobSpec,
  notebookTask,
  runJobTask,
  task,
} from "../../support/policy";

describe("JobGraph", () => {
  const tables = atomicSpec("alerting_tables_job");
  const seed = atomicSpec("alerting_seed_job");
  const setup = compositeSpec("alerting_setup_job", [], {
    tasks: [
      runJobTask("tables", "alerting_tables_job"),
      runJobTask("tables_again", "alerting_tables_job"),
      task("each_region", {
        types: ["for_each_task"],
        forEach: runJobTask("iteration", "alerting_seed_job"),
      }),
      runJobTask("gone", "alerting_gone_job"),
      runJobTask("theirs", "", { runJob: { kind: "literal", jobId: "7" } }),
    ],
  });
  const graph = new JobGraph("dev", [tables, seed, setup]);

  test("gives the jobs that a job runs, each once, for-each tasks included", () => {
    expect(graph.runs(setup)).toEqual([tables, seed]);
    expect(graph.runs(tables)).toEqual([]);
    expect(graph.runs(setup)).toBe(graph.runs(setup));
  });

  test("finds a job by its id, not by its key", () => {
    expect(graph.job("alerting-dev/alerting_seed_job")).toBe(seed);
    expect(graph.job("alerting_seed_job")).toBeUndefined();
  });

  test("groups the uses of notebooks by identity and shows the first spelling", () => {
    const spelled = (label: string) => ({ notebook: { identity: "file:/app/seed.py", label } });
    const jobs = [
      jobSpec("a", { tasks: [notebookTask("one", "", spelled("seed.py"))] }),
      jobSpec("b", { tasks: [notebookTask("two", "", spelled("./seed.py"))] }),
      jobSpec("c", { tasks: [notebookTask("three", "tables.py")] }),
    ];
    const notebooks = [...new JobGraph("dev", jobs).notebooks().values()];
    expect(
      notebooks.map(({ notebook, uses }) => [
        notebook.label,
        ...uses.map(({ job, task: { taskKey } }) => `${job.key}.${taskKey}`),
      ]),
    ).toEqual([
      ["seed.py", "a.one", "b.two"],
      ["tables.py", "c.three"],
    ]);
  });
});

describe("leafTasks", () => {
  test("gives tasks and, however deep, the tasks inside of for-each tasks", () => {
    const inner = notebookTask("inner", "seed.py");
    const middle = task("middle", { types: ["for_each_task"], forEach: inner });
    const outer = task("outer", { types: ["for_each_task"], forEach: middle });
    const plain = runJobTask("plain", "seed");
    expect(leafTasks(jobSpec("a", { tasks: [outer, plain] }))).toEqual([
      outer,
      middle,
      inner,
      plain,
    ]);
  });
});
