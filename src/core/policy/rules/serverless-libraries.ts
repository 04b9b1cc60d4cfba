import { leafTasks } from "../../model/job-graph";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const serverlessLibraries = defineRule({
  name: "serverless-libraries",
  summary:
    "A serverless task takes its libraries from its environment, not from the libraries setting.",
  rationale:
    "Databricks rejects libraries on a task with an environment_key when the job is deployed.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `- task_key: seed
  environment_key: default
  libraries:
    - pypi: { package: pandas }`,
    right: `environments:
  - environment_key: default
    spec:
      environment_version: "4"
      dependencies: [pandas]`,
    fix: "Move the libraries to the dependencies of the environment: pypi packages and wheels as in a requirements.txt, JARs to java_dependencies.",
    source:
      "Databricks, Configure environment for job tasks; Jobs API, environments.spec.dependencies",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      for (const { taskKey, libraries, environmentKey, onCluster } of leafTasks(job)) {
        if (libraries === undefined || environmentKey === undefined || onCluster) continue;
        yield {
          message: `task ${quote(taskKey)} runs in environment ${quote(environmentKey)} and has libraries`,
          fix: `move them to the dependencies of environment ${quote(environmentKey)}`,
          sites: [{ job, taskKey }],
        };
      }
    }
  },
});
