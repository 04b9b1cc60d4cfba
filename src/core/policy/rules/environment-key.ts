import { countEach } from "../../model/count-each";
import { leafTasks } from "../../model/job-graph";
import { isComposite, isExpression, type TaskSpec } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

const NEEDS_ONE = ["spark_python_task", "python_wheel_task", "dbt_task"];

export const environmentKey = defineRule({
  name: "environment-key",
  summary:
    "Each environment of a job has a key of its own, and tasks name only those that the job has; serverless scripts, wheels and dbt must name one.",
  rationale: "The Jobs API refuses everything else when the job is deployed.",
  severity: "error",
  preset: "correctness",
  coveredBy: "atomic-environment",
  docs: {
    wrong: `environments:
  - environment_key: default
  - environment_key: default`,
    right: `environments:
  - environment_key: default
  - environment_key: ml`,
    mend: "Rename or remove one; name one that is there.",
    source: "Jobs API, environments.environment_key and tasks.environment_key",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const keys = job.environments.map(({ key }) => key);
      for (const [key, count] of countEach(keys)) {
        if (count === 1 && key !== "") continue;
        yield {
          message:
            key === ""
              ? `job ${quote(job.key)} has an environment without environment_key`
              : `job ${quote(job.key)} has ${count} environments with the key ${quote(key)}`,
          fix: "give each environment a key of its own",
          sites: [{ job }],
        };
      }
      // What code a composite job has must leave it anyway.
      for (const task of isComposite(job) ? [] : leafTasks(job)) {
        const wrong = wrongKey(task, keys);
        if (wrong === undefined) continue;
        if (task.environmentKey !== undefined && job.unknown?.has("environments") === true)
          continue;
        yield {
          message: `task ${quote(task.taskKey)} of job ${quote(job.key)} ${wrong}`,
          fix:
            keys.length === 0
              ? "define it below environments"
              : `name one of ${keys.map(quote).join(", ")}`,
          sites: [{ job, taskKey: task.taskKey }],
        };
      }
    }
  },
});

function wrongKey(task: TaskSpec, keys: readonly string[]): string | undefined {
  const { environmentKey: key, types, onCluster } = task;
  if (key === undefined) {
    const type = types.find((name) => NEEDS_ONE.includes(name));
    if (type === undefined || onCluster) return undefined;
    return `runs a serverless ${type} without environment_key`;
  }
  if (keys.includes(key) || keys.some(isExpression) || isExpression(key)) return undefined;
  return `has environment_key ${quote(key)}, which the job has not`;
}
