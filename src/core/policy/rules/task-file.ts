import { defineRule } from "../rule";

export const taskFile = defineRule({
  name: "task-file",
  summary:
    "The Python file, SQL file, requirements file or dbt folder of a task exists, has the right type, and is uploaded.",
  rationale: "The Databricks CLI refuses to deploy a bundle with a path that does not exist.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `spark_python_task:
  python_file: ../src/seed_all_alert.py`,
    right: `spark_python_task:
  python_file: ../src/seed_all_alerts.py`,
    fix: "Correct the path: it is relative to the file that contains it. Use notebook_task for a notebook. A folder outside of the bundle is uploaded if sync.paths names it.",
    source: "Databricks Asset Bundles: paths",
  },
  // Reported by the bundle reader, which alone knows what is uploaded.
  check: () => [],
});
