import { leafTasks } from "../../model/job-graph";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const taskLibraries = defineRule({
  name: "task-libraries",
  summary: "Libraries belong to the environment of a job, not to a task.",
  rationale:
    "Serverless tasks take their dependencies from the environment; libraries of a task apply only to that task and its cluster.",
  severity: "warning",
  preset: "governance",
  coveredBy: ["serverless-libraries", "for-each"],
  docs: {
    wrong: `tasks:
  - task_key: seed
    libraries:
      - pypi: { package: pandas }`,
    right: `environments:
  - environment_key: default
    spec:
      environment_version: "4"
      dependencies: [pandas]`,
    fix: "Move them to the dependencies of the environment.",
    source: "golden rules of the hierarchical job architecture, IN-02",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      for (const { taskKey, libraries, onCluster } of leafTasks(job)) {
        if (libraries === undefined) continue;
        yield {
          message: `task ${quote(taskKey)} of job ${quote(job.key)} has libraries of its own`,
          fix: onCluster
            ? "run the task on serverless compute and list them in the dependencies of its environment"
            : "move them to the dependencies of the environment that the task names",
          sites: [{ job, taskKey }],
        };
      }
    }
  },
});
