import type { TaskSpec } from "../../model/job-spec";
import { MAX_FOR_EACH_CONCURRENCY, MAX_FOR_EACH_INPUTS } from "../../model/limits";
import { settingAt } from "../../model/settings";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const forEach = defineRule({
  name: "for-each",
  summary:
    "A for-each task contains no other for-each task, runs at most 100 iterations at once and has at most 10,000 characters of inputs; cluster, libraries and retries belong to the task that it repeats.",
  rationale: "The Jobs API rejects anything else when the job is deployed.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `for_each_task:
  inputs: "[1, 2, 3]"
  concurrency: 500
  task: {}`,
    right: `for_each_task:
  inputs: "[1, 2, 3]"
  concurrency: 100
  task: {}`,
    fix: "Lower the concurrency; read long inputs from a task value; run a job that contains the inner loop.",
    source: "Databricks, For each task",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      for (const task of job.tasks) {
        if (!task.types.includes("for_each_task")) continue;
        const { forEachConcurrency: concurrency, forEachInputs: inputs = "" } = task;
        const name = `for-each task ${quote(task.taskKey)} of job ${quote(job.key)}`;
        const sites = [{ job, taskKey: task.taskKey }];
        if (task.forEach?.types.includes("for_each_task") === true) {
          yield {
            message: `${name} contains another for-each task`,
            fix: "run a job that contains the inner loop",
            sites,
          };
        }
        const misplaced = MISPLACED.filter((name) => isSet(task, name));
        if (misplaced.length > 0) {
          const inner = task.forEach?.taskKey ?? "";
          yield {
            message: `${name} has ${misplaced.join(", ")}, which ${misplaced.length === 1 ? "belongs" : "belong"} to the task that it repeats`,
            fix: `move ${misplaced.length === 1 ? "it" : "them"} to ${inner === "" ? "the task inside for_each_task" : `task ${quote(inner)} inside for_each_task`}`,
            sites,
          };
        }
        const isLegal = (count: number): boolean =>
          Number.isInteger(count) && count >= 1 && count <= MAX_FOR_EACH_CONCURRENCY;
        if (concurrency !== undefined && !isLegal(concurrency)) {
          yield {
            message: `${name} has a concurrency of ${concurrency}`,
            fix: `choose a whole number from 1 to ${MAX_FOR_EACH_CONCURRENCY}`,
            sites,
          };
        }
        if (inputs.length > MAX_FOR_EACH_INPUTS) {
          yield {
            message: `${name} has inputs of ${inputs.length} characters`,
            fix: `keep them at ${MAX_FOR_EACH_INPUTS}, or let a task before it set them as a task value`,
            sites,
          };
        }
      }
    }
  },
});

/** Settings that Databricks rejects on the for-each task itself. */
const MISPLACED = [
  "max_retries",
  "min_retry_interval_millis",
  "retry_on_timeout",
  "job_cluster_key",
  "existing_cluster_id",
  "new_cluster",
  "libraries",
];

function isSet(task: TaskSpec, name: string): boolean {
  if (name === "max_retries") return (task.maxRetries ?? 0) !== 0;
  if (name === "job_cluster_key") return task.jobClusterKey !== undefined;
  if (name === "libraries") return task.libraries !== undefined;
  const value = settingAt(task.settings, name);
  return value !== undefined && value !== null && value !== false && value !== 0;
}
