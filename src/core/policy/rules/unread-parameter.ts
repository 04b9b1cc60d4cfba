import { leafTasks } from "../../model/job-graph";
import { JOB_LEVEL_TAG, type JobSpec, isExpression } from "../../model/job-spec";
import { quote } from "../../model/text";
import { referencesIn } from "../references";
import { defineRule } from "../rule";
import { nameOne } from "../suggest";

export const unreadParameter = defineRule({
  name: "unread-parameter",
  summary: "A task passes only parameters that a widget of its notebook reads.",
  rationale: "An unread parameter is often misspelt, and the notebook silently uses its default.",
  severity: "warning",
  preset: "correctness",
  docs: {
    wrong: `notebook_task:
  notebook_path: ../src/seed_all_alerts.py # reads catalog
  base_parameters:
    catlog: main`,
    right: `notebook_task:
  notebook_path: ../src/seed_all_alerts.py
  base_parameters:
    catalog: main`,
    fix: "Fix the name, or remove the parameter. Notebooks that read parameters by computed names, all at once, or through other code that receives dbutils are not reported.",
    source: "Databricks, widgets: base_parameters set the value of the widget with the same name",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      // A parameter of a job with several tasks can be meant for any of them.
      const ofJob = isAtomic(job) ? unreferenced(job) : [];
      for (const { taskKey, notebook, parameters = {} } of leafTasks(job)) {
        const widgets = notebook?.file?.widgets;
        if (notebook === undefined || widgets === undefined || widgets.open) continue;
        const known = new Set([...widgets.reads, ...widgets.declares]);
        const passed = new Set([...Object.keys(parameters), ...ofJob]);
        const free = [...known].filter((name) => !passed.has(name));
        for (const name of passed) {
          if (known.has(name) || isExpression(name)) continue;
          yield {
            message: `parameter ${quote(name)} is read by no widget of notebook ${quote(notebook.label)}`,
            fix: nearestOr(name, free, known),
            sites: [{ job, taskKey }],
          };
        }
      }
    }
  },
});

/** Job parameters that no text of the job refers to. */
function unreferenced(job: JobSpec): string[] {
  const { parameters = [] } = job;
  if (parameters.length === 0) return [];
  const inTexts = new Set(referencesIn(job).flatMap(({ parameter }) => parameter ?? []));
  return parameters.map(({ name }) => name).filter((name) => !inTexts.has(name));
}

function nearestOr(name: string, free: readonly string[], known: ReadonlySet<string>): string {
  const fix = nameOne(name, free, "remove it");
  if (fix.startsWith("did you mean") || known.size === 0 || free.length === 0) return fix;
  return `remove it, or ${fix}`;
}

const isAtomic = (job: JobSpec): boolean => job.tags[JOB_LEVEL_TAG] === "atomic";
