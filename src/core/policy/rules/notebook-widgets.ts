import { leafTasks } from "../../model/job-graph";
import { JOB_LEVEL_TAG, type JobSpec, isExpression } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const notebookWidgets = defineRule({
  name: "notebook-widgets",
  summary: "A task sets every widget that its notebook reads, and no other.",
  rationale:
    "A widget that nothing sets fails the run; a parameter that nothing reads is a misspelt one, and the notebook silently works with its default.",
  severity: "warning",
  preset: "correctness",
  docs: {
    wrong: `# the notebook reads dbutils.widgets.get("catalog")
base_parameters:
  catlog: main`,
    right: `# the notebook reads dbutils.widgets.get("catalog")
base_parameters:
  catalog: main`,
    mend: "Set the parameter under the name of the widget, or give the widget a default in the notebook.",
    source: "golden rules of the hierarchical job architecture, IN-04",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      const ofJob = (job.parameters ?? []).map(({ name }) => name);
      for (const { taskKey, notebook, parameters = {} } of leafTasks(job)) {
        const widgets = notebook?.file?.widgets;
        if (notebook === undefined || widgets === undefined) continue;
        const set = new Set([...Object.keys(parameters), ...ofJob]);
        const known = new Set([...widgets.reads, ...widgets.declares]);
        const label = quote(notebook.label);
        const sites = [{ job, taskKey }];
        // What a name that is not known yet sets, or a computed one reads, nobody can tell.
        const open = [...set].some(isExpression) || job.unknown?.has("parameters") === true;
        for (const name of open ? [] : widgets.reads) {
          if (set.has(name) || widgets.declares.includes(name)) continue;
          yield {
            message: `notebook ${label} reads the widget ${quote(name)}, which no parameter sets`,
            fix: "set it in base_parameters, or give the widget a default in the notebook",
            sites,
          };
        }
        // A parameter of a job of several tasks is for one of them.
        const passed = isAtomic(job) ? [...set] : Object.keys(parameters);
        for (const name of widgets.open ? [] : passed) {
          if (known.has(name) || isExpression(name)) continue;
          yield {
            message: `parameter ${quote(name)} is read by no widget of notebook ${label}`,
            fix:
              known.size === 0
                ? "remove it"
                : `remove it, or name one of ${[...known].slice(0, 10).map(quote).join(", ")}`,
            sites,
          };
        }
      }
    }
  },
});

const isAtomic = (job: JobSpec): boolean => job.tags[JOB_LEVEL_TAG] === "atomic";
