import { leafTasks, type JobGraph, type TaskUse } from "../../model/job-graph";
import { JOB_LEVEL_TAG } from "../../model/job-spec";
import { quote } from "../../model/text";
import { fittingLevel } from "../levels";
import { defineRule, type RuleOptions } from "../rule";
import { unitsOf } from "../units";

export const notebookInOneJob = defineRule({
  name: "notebook-in-one-job",
  summary: "Each notebook appears in exactly one atomic job.",
  rationale:
    "A notebook in two jobs has two places to change, two sets of parameters and no single run history. With `unit: code`, the same applies to SQL files, Python files, wheel entry points, pipelines and dbt commands.",
  severity: "error",
  preset: "spec",
  options: ["unit"],
  docs: {
    wrong: `tasks: # of alerting_setup_orchestrator_job, a copy of what alerting_tables_job has
  - task_key: setup_alerting_tables
    notebook_task:
      notebook_path: ../../src/alerting/setup_alerting_tables.py`,
    right: `tasks:
  - task_key: setup_alerting_tables
    run_job_task:
      job_id: \${resources.jobs.alerting_tables_job.id}`,
    fix: "Keep the notebook in one atomic job and run that job from the others.",
    source: "hierarchical job architecture, checklist",
  },
  *check(graph, options) {
    for (const { label, uses } of allUnits(graph, options)) {
      const owner =
        uses.find(({ job }) => job.tags[JOB_LEVEL_TAG] === "atomic") ??
        uses.find(({ job }) => fittingLevel(job, graph) === "atomic");
      const [first] = uses;
      if (first === undefined) continue;
      const jobs = new Set(uses.map(({ job }) => job)).size;
      if (uses.length > 1) {
        yield {
          message:
            jobs > 1
              ? `${label} is used by ${jobs} jobs`
              : `${label} is used by ${uses.length} tasks of job ${quote(first.job.key)}`,
          fix:
            jobs === 1
              ? "move it to one atomic job and run that job with run_job_task, once for each set of parameters"
              : owner === undefined
                ? "move it to its own atomic job and run that job from the others with run_job_task"
                : `keep it in one atomic job, such as ${quote(owner.job.key)}, and run that job from the others with run_job_task`,
          sites: uses.map(({ job, task }) => ({ job, taskKey: task.taskKey })),
        };
      } else if (first.job.repeated && !/\$\{.*\b(each|count)\./.test(label)) {
        yield {
          message: `${label} is used by every job that count or for_each makes of ${quote(first.job.key)}`,
          fix: "use one job with parameters, or give each job its own code",
          sites: [{ job: first.job, taskKey: first.task.taskKey }],
        };
      }
    }
  },
});

/** All units with the tasks that run them. */
function allUnits(
  graph: JobGraph,
  options: RuleOptions,
): Iterable<{ readonly label: string; readonly uses: TaskUse[] }> {
  const units = new Map<string, { readonly label: string; readonly uses: TaskUse[] }>();
  for (const job of graph.jobs) {
    for (const task of leafTasks(job)) {
      for (const { identity, label } of unitsOf(task, options)) {
        const entry = units.get(identity);
        if (entry === undefined) units.set(identity, { label, uses: [{ job, task }] });
        else entry.uses.push({ job, task });
      }
    }
  }
  return units.values();
}
