import { JOB_LEVEL_TAG, ORCHESTRATION_TYPES } from "../../model/job-spec";
import { leafTasks } from "../../model/job-graph";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const atomicOneNotebook = defineRule({
  name: "atomic-one-notebook",
  summary: "An atomic job runs exactly one notebook and nothing else.",
  rationale: "A job with a single purpose can be run, tested and owned by itself.",
  severity: "error",
  preset: "spec",
  docs: {
    wrong: `tags: { job_level: atomic }
tasks:
  - task_key: setup_tables
    notebook_task: { notebook_path: ../src/setup_alerting_tables.py }
  - task_key: seed
    notebook_task: { notebook_path: ../src/seed_all_alerts.py }`,
    right: `tags: { job_level: atomic }
tasks:
  - task_key: setup_tables
    notebook_task: { notebook_path: ../src/setup_alerting_tables.py }`,
    mend: "Make an atomic job of each notebook, and a composite job that runs them.",
    source: "hierarchical job architecture, layer 1",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      if (job.tags[JOB_LEVEL_TAG] !== "atomic") continue;
      const tasks = leafTasks(job);
      const notebooks = tasks.filter((task) => task.notebook !== undefined).length;
      if (notebooks === 0 && job.unknown?.has("tasks") === true) {
        yield {
          message: `nothing is known of the tasks of atomic job ${quote(job.key)} before it is deployed`,
          fix: "write its one task down",
          sites: [{ job }],
        };
      } else if (notebooks !== 1) {
        yield {
          message: `atomic job ${quote(job.key)} runs ${notebooks === 0 ? "no notebook" : `${notebooks} notebooks`}`,
          fix:
            notebooks === 0
              ? "give it the one notebook_task that it exists for, or tag it composite if it only runs other jobs"
              : "make one atomic job of each notebook and run them from a composite job",
          sites: [{ job }],
        };
      }
      for (const task of tasks) {
        if (task.notebook !== undefined && task.repeated === true) {
          yield {
            message: `atomic job ${quote(job.key)} makes notebook tasks with a dynamic block`,
            fix: "write its one task down, or make an atomic job of each notebook",
            sites: [{ job, taskKey: task.taskKey }],
          };
        }
        const others = task.types.filter(
          (type) =>
            type !== "notebook_task" && !(type === "for_each_task" && task.forEach?.notebook),
        );
        if (others.length === 0) continue;
        yield {
          message: `atomic job ${quote(job.key)} holds a ${others.join(" and a ")} beside its notebook`,
          fix: others.every((type) => ORCHESTRATION_TYPES.has(type))
            ? "move it to a composite job"
            : "make a notebook in an atomic job of its own of it, and run that from a composite job",
          sites: [{ job, taskKey: task.taskKey }],
        };
      }
    }
  },
});
