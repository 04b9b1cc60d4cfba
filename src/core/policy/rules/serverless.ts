import { leafTasks } from "../../model/job-graph";
import { quote } from "../../model/text";
import { defineRule } from "../rule";
import { WORDS } from "../words";

export const serverless = defineRule({
  name: "serverless",
  summary: "Notebooks run on serverless compute.",
  rationale: "Clusters take minutes to start, and someone has to size and upgrade them.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `tasks:
  - task_key: seed
    job_cluster_key: main
    notebook_task: { notebook_path: ../src/seed_all_alerts.py }`,
    right: `tasks:
  - task_key: seed
    environment_key: default
    notebook_task: { notebook_path: ../src/seed_all_alerts.py }`,
    fix: "Name an environment of the job instead of a cluster. Continuous jobs, Scala and R need a cluster and are not reported.",
    source: "golden rules of the hierarchical job architecture, IN-01",
  },
  *check(graph) {
    const words = WORDS[graph.kind];
    for (const job of graph.jobs) {
      // Serverless compute supports no continuous jobs, Scala or R.
      if (job.triggers?.some(({ kind }) => kind === "continuous") === true) continue;
      const [environment] = job.environments;
      for (const { taskKey, notebook, onCluster } of leafTasks(job)) {
        if (notebook === undefined || !onCluster || /\.(?:scala|r)$/i.test(notebook.label))
          continue;
        yield {
          message: `task ${quote(taskKey)} of job ${quote(job.key)} runs its notebook on a cluster`,
          fix:
            environment === undefined
              ? `define an environment ${words.in("environments")} and name it in the task's environment_key, instead of the cluster`
              : `name the environment ${quote(environment.key)} in its environment_key, instead of the cluster`,
          sites: [{ job, taskKey }],
        };
      }
    }
  },
});
