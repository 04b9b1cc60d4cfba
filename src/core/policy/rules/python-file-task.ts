import { leafTasks } from "../../model/job-graph";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const pythonFileTask = defineRule({
  name: "python-file-task",
  summary: "Code runs in notebooks, not in Python files.",
  rationale:
    "A Python file takes its parameters from the command line and, unlike a notebook, shows no output on the run page.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `spark_python_task:
  python_file: ../src/seed_all_alerts.py`,
    right: `notebook_task:
  notebook_path: ../src/seed_all_alerts.py`,
    fix: "Turn it into a notebook and read its parameters with dbutils.widgets.get.",
    source: "golden rules of the hierarchical job architecture, IN-03",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      for (const { taskKey, types } of leafTasks(job)) {
        if (!types.includes("spark_python_task")) continue;
        yield {
          message: `task ${quote(taskKey)} of job ${quote(job.key)} runs a Python file`,
          fix: "turn the file into a notebook and run that with notebook_task",
          sites: [{ job, taskKey }],
        };
      }
    }
  },
});
