import { leafTasks } from "../../model/job-graph";
import { isExpression } from "../../model/job-spec";
import { nearest } from "../../nearest";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const notebookWidgets = defineRule({
  name: "notebook-widgets",
  summary: "A task sets every widget that its notebook reads without a default.",
  rationale: "Reading an unset widget fails the run.",
  severity: "error",
  preset: "correctness",
  // When the notebook is in only one job, that job's parameters count.
  coveredBy: "notebook-in-one-job",
  docs: {
    wrong: `# the notebook reads dbutils.widgets.get("catalog")
base_parameters:
  catlog: main`,
    right: `# the notebook reads dbutils.widgets.get("catalog")
base_parameters:
  catalog: main`,
    fix: "Set the parameter under the name of the widget, or give the widget a default in the notebook.",
    source: "golden rules of the hierarchical job architecture, IN-04",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      if (job.unknown?.has("parameters") === true) continue;
      const ofJob = (job.parameters ?? []).map(({ name }) => name);
      for (const { taskKey, notebook, parameters = {} } of leafTasks(job)) {
        const widgets = notebook?.file?.widgets;
        if (notebook === undefined || widgets === undefined) continue;
        const set = [...Object.keys(parameters), ...ofJob];
        // A parameter whose name is unknown could set anything.
        if (set.some(isExpression)) continue;
        const known = new Set([...widgets.reads, ...widgets.declares]);
        const unread = set.filter((name) => !known.has(name));
        for (const name of widgets.reads) {
          if (set.includes(name) || widgets.declares.includes(name)) continue;
          const near = nearest(name, unread);
          yield {
            message: `notebook ${quote(notebook.label)} reads the widget ${quote(name)}, which no parameter sets`,
            fix:
              near === undefined
                ? "set it in base_parameters, or give the widget a default in the notebook"
                : `did you mean ${quote(name)} where ${quote(near)} is set?`,
            sites: [{ job, taskKey }],
          };
        }
      }
    }
  },
});
