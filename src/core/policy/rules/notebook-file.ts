import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const notebookFile = defineRule({
  name: "notebook-file",
  summary: "The file of a notebook exists.",
  rationale: "A notebook that is not there is found out when the job is deployed, or when it runs.",
  severity: "warning",
  preset: "correctness",
  docs: {
    wrong: `notebook_path: ../src/setup_alertin_tables.py`,
    right: `notebook_path: ../src/setup_alerting_tables.py`,
    mend: "Mend the path; it is relative to the file that it is written in.",
    source: "Databricks Asset Bundles: paths",
  },
  *check(graph) {
    for (const { notebook, uses } of graph.notebooks().values()) {
      if (notebook.file?.exists !== false) continue;
      yield {
        message: `notebook ${quote(notebook.label)} is not there`,
        fix: "mend its path, which is relative to the file that it is written in",
        sites: uses.map(({ job, task }) => ({ job, taskKey: task.taskKey })),
      };
    }
  },
});
