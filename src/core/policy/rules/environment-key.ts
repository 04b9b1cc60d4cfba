import { countEach } from "../../model/collections";
import { leafTasks } from "../../model/job-graph";
import { isExpression, type TaskSpec } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";
import { nameOne } from "../suggest";
import { WORDS } from "../words";

const NEEDS_ONE = ["spark_python_task", "python_wheel_task", "dbt_task", "spark_jar_task"];

export const environmentKey = defineRule({
  name: "environment-key",
  summary:
    "Each environment of a job has a unique key, and tasks name only existing keys; serverless scripts, wheels and dbt tasks must name one.",
  rationale: "The Jobs API rejects anything else when the job is deployed.",
  severity: "error",
  preset: "correctness",
  // A composite job's code must move out anyway.
  coveredBy: ["atomic-environment", "composite-runs-jobs"],
  docs: {
    wrong: `environments:
  - environment_key: default
  - environment_key: default`,
    right: `environments:
  - environment_key: default
  - environment_key: ml`,
    fix: "Rename or remove duplicates; name an environment that exists.",
    source: "Jobs API, environments.environment_key and tasks.environment_key",
  },
  *check(graph) {
    const words = WORDS[graph.kind];
    for (const job of graph.jobs) {
      const keys = job.environments.map(({ key }) => key);
      for (const [key, count] of countEach(keys)) {
        if (count === 1 && key !== "") continue;
        yield {
          message:
            key === ""
              ? `job ${quote(job.key)} has an environment without environment_key`
              : `job ${quote(job.key)} has ${count} environments with the key ${quote(key)}`,
          fix: "give each environment a unique key",
          sites: [{ job }],
        };
      }
      for (const task of leafTasks(job)) {
        const wrong = wrongKey(task, keys);
        if (wrong === undefined) continue;
        if (task.environmentKey !== undefined && job.unknown?.has("environments") === true)
          continue;
        yield {
          message: `task ${quote(task.taskKey)} of job ${quote(job.key)} ${wrong}`,
          fix:
            keys.length === 0
              ? task.environmentKey === undefined
                ? `define an environment ${words.in("environments")} and name it in environment_key, or name a cluster`
                : `define an environment with that key ${words.in("environments")}`
              : nameOne(task.environmentKey ?? "", keys, ""),
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
    return `runs a ${type} with neither a cluster nor an environment_key`;
  }
  if (keys.includes(key) || keys.some(isExpression) || isExpression(key)) return undefined;
  return `has environment_key ${quote(key)}, which the job does not define`;
}
