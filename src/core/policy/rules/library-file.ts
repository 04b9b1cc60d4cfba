import { defineRule } from "../rule";

export const libraryFile = defineRule({
  name: "library-file",
  summary: "A local wheel or JAR exists, or an artifact of the bundle builds it.",
  rationale: "The Databricks CLI refuses to deploy a library that it does not find.",
  severity: "warning",
  preset: "correctness",
  docs: {
    wrong: `libraries:
  - whl: ../dist/*.whl # and nothing builds it`,
    right: `# databricks.yml
artifacts:
  alerting:
    type: whl
    build: uv build --wheel`,
    fix: "Declare an artifact that builds it, build it before deploying the bundle, or correct the path.",
    source: "Databricks Asset Bundles: libraries",
  },
  // Reported by the bundle reader, which alone knows what is built.
  check: () => [],
});
