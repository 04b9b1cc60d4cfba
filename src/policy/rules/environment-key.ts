import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const environmentKey = defineRule({
  name: "environment-key",
  summary: "Each environment of a job has an environment_key of its own.",
  rationale: "The Jobs API refuses two with one key when the job is deployed.",
  severity: "error",
  preset: "limits",
  docs: {
    wrong: `environments:
  - environment_key: default
  - environment_key: default`,
    right: `environments:
  - environment_key: default
  - environment_key: ml`,
    mend: "Rename or remove one.",
    source: "Jobs API, environments.environment_key",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const keys = job.environments.map(({ key }) => key);
      for (const key of new Set(keys)) {
        const count = keys.filter((other) => other === key).length;
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
    }
  },
});
