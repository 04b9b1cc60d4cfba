import { isExpression } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const environmentVersion = defineRule({
  name: "environment-version",
  summary:
    'Environments have environment_version "4" or later, or at least the configured version.',
  rationale:
    "Serverless versions contain different libraries, so a notebook would behave differently from job to job.",
  severity: "warning",
  preset: "governance",
  options: ["version"],
  docs: {
    wrong: `environments:
  - environment_key: default
    spec:
      client: "1"`,
    right: `environments:
  - environment_key: default
    spec:
      environment_version: "4"`,
    fix: 'Set environment_version. The option "version" requires another version.',
    source: 'golden rules of the hierarchical job architecture, environment_version "4"',
  },
  *check(graph, { version: configured = "4" }) {
    // YAML parses it as a number unless it is quoted.
    const version = String(configured);
    for (const job of graph.jobs) {
      for (const { key, version: got } of job.environments) {
        if (got !== undefined && (isExpression(got) || isAtLeast(got, version))) continue;
        yield {
          message: `environment ${quote(key)} of job ${quote(job.key)} has ${got === undefined ? "no environment_version" : `environment_version ${quote(got)}`}`,
          fix: `set environment_version to ${quote(version)}`,
          edit: {
            path: [
              "environments",
              { key: "environment_key", value: key },
              "spec",
              "environment_version",
            ],
            value: version,
            instead: "client",
          },
          sites: [{ job }],
        };
      }
    }
  },
});

function isAtLeast(got: string, version: string): boolean {
  return got === version || Number(got) > Number(version);
}
