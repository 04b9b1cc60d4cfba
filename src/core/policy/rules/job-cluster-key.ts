import { countEach } from "../../model/collections";
import { leafTasks } from "../../model/job-graph";
import { isExpression } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";
import { nameOne } from "../suggest";
import { WORDS } from "../words";

export const jobClusterKey = defineRule({
  name: "job-cluster-key",
  summary: "Each job cluster has a unique key, and tasks name only existing keys.",
  rationale: "The Jobs API rejects anything else when the job is deployed.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `job_clusters:
  - job_cluster_key: main
tasks:
  - task_key: seed
    job_cluster_key: mian`,
    right: `job_clusters:
  - job_cluster_key: main
tasks:
  - task_key: seed
    job_cluster_key: main`,
    fix: "Name a job cluster of the same job.",
    source: "Jobs API, job_clusters.job_cluster_key",
  },
  *check(graph) {
    const words = WORDS[graph.kind];
    for (const job of graph.jobs) {
      const keys = job.jobClusterKeys ?? [];
      for (const [key, count] of countEach(keys)) {
        if (count === 1) continue;
        yield {
          message: `job ${quote(job.key)} has ${count} job clusters with the key ${quote(key)}`,
          fix: "give each a unique key",
          sites: [{ job }],
        };
      }
      if (keys.some(isExpression) || job.unknown?.has("job_clusters") === true) continue;
      for (const { taskKey, jobClusterKey: key } of leafTasks(job)) {
        if (key === undefined || keys.includes(key) || isExpression(key)) continue;
        yield {
          message: `task ${quote(taskKey)} of job ${quote(job.key)} runs on job cluster ${quote(key)}, which the job does not define`,
          fix:
            keys.length === 0
              ? `define a job cluster with that key ${words.in("job_clusters")}`
              : nameOne(key, keys, ""),
          sites: [{ job, taskKey }],
        };
      }
    }
  },
});
