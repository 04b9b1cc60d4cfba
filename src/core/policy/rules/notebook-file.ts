import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const notebookFile = defineRule({
  name: "notebook-file",
  summary: "The file of a notebook exists, is a notebook, and is uploaded.",
  rationale:
    "The Databricks CLI and Terraform refuse to deploy a missing notebook; a file without the notebook header is not a notebook.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `notebook_path: ../src/setup_alertin_tables.py`,
    right: `notebook_path: ../src/setup_alerting_tables.py`,
    fix: "Correct the path: it is relative to the file that contains it, and includes the extension. A folder outside of the bundle is uploaded if sync.paths names it.",
    source: "Databricks Asset Bundles: paths",
  },
  *check(graph) {
    // The bundle reader knows more about the file and reports it.
    if (graph.kind === "bundle") return;
    for (const { notebook, uses } of graph.notebooks().values()) {
      if (notebook.file?.exists !== false) continue;
      yield {
        message: `notebook ${quote(notebook.label)} does not exist`,
        fix: "correct its path",
        sites: uses.map(({ job, task }) => ({ job, taskKey: task.taskKey })),
      };
    }
  },
});
