import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const forEach = defineRule({
  name: "for-each",
  summary:
    "A for-each task holds no other for-each task, at most 100 iterations at once and 10,000 characters of inputs.",
  rationale: "The Jobs API refuses anything else when the job is deployed.",
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
    mend: "Lower the concurrency; read long inputs from a task value instead of writing them down; run a job that has the inner loop.",
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
            message: `${name} holds another for-each task`,
            fix: "run a job that has the inner loop",
            sites,
          };
        }
        const isLegal = (count: number): boolean =>
          Number.isInteger(count) && count >= 1 && count <= MAX_CONCURRENCY;
        if (concurrency !== undefined && !isLegal(concurrency)) {
          yield {
            message: `${name} has a concurrency of ${concurrency}`,
            fix: `choose a whole number from 1 to ${MAX_CONCURRENCY}`,
            sites,
          };
        }
        if (inputs.length > MAX_INPUTS) {
          yield {
            message: `${name} has inputs of ${inputs.length} characters`,
            fix: `keep them at ${MAX_INPUTS}, or let a task before it set them as a task value`,
            sites,
          };
        }
      }
    }
  },
});

const MAX_CONCURRENCY = 100;
const MAX_INPUTS = 10_000;
