import { leafTasks } from "../../model/job-graph";
import { isExpression } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const hiddenValue = defineRule({
  name: "hidden-value",
  summary: "No value is hidden by another one.",
  rationale:
    "A value that never takes effect misleads anyone who changes it. A job parameter overrides the base_parameters of the same name; a lookup overrides the default of a variable.",
  severity: "warning",
  preset: "correctness",
  docs: {
    wrong: `parameters:
  - { name: catalog, default: main }
tasks:
  - task_key: seed_all_alerts
    notebook_task:
      notebook_path: ../src/seed_all_alerts.py
      base_parameters: { catalog: staging } # the notebook gets main`,
    right: `parameters:
  - { name: catalog, default: main }
tasks:
  - task_key: seed_all_alerts
    notebook_task:
      notebook_path: ../src/seed_all_alerts.py`,
    fix: "Remove the value that has no effect, or the one that hides it.",
    source:
      "Databricks, job parameters: they take precedence over task parameters of the same name; Databricks Asset Bundles: variables",
  },
  // The reader of bundles finds what is not in a graph: the default of a variable that is looked up.
  *check(graph) {
    for (const job of graph.jobs) {
      const { parameters = [] } = job;
      if (parameters.length === 0) continue;
      const defaults = new Map(parameters.map((parameter) => [parameter.name, parameter.default]));
      for (const { taskKey, notebook, parameters: own = {} } of leafTasks(job)) {
        if (notebook === undefined) continue;
        for (const [name, value] of Object.entries(own)) {
          if (!defaults.has(name) || isSame(value, name, defaults.get(name))) continue;
          yield {
            message: `base_parameters of task ${quote(taskKey)} set ${quote(name)}, which the parameter of job ${quote(job.key)} with that name overrides`,
            fix: "remove it from base_parameters, or rename one of the two",
            sites: [{ job, taskKey }],
          };
        }
      }
    }
  },
});

/** Whether the task says what the job says anyway, or nobody knows. */
function isSame(value: string, name: string, byJob: string | undefined): boolean {
  if (value === byJob || isExpression(value)) return true;
  return /^\{\{\s*job\.parameters\./.test(value) && value.includes(name);
}
