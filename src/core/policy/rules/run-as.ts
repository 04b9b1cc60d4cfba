import { isBeyondDevelopment } from "../../model/environment-name";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const runAs = defineRule({
  name: "run-as",
  summary: "In staging and production, jobs run as a service principal.",
  rationale:
    "A job that runs as a person stops when that person leaves, and has all of that person's permissions.",
  severity: "warning",
  preset: "governance",
  options: ["environments"],
  docs: {
    wrong: `targets:
  prod:
    mode: production`,
    right: `targets:
  prod:
    mode: production
    run_as:
      service_principal_name: \${var.run_as_service_principal}`,
    fix: 'Set run_as. The option "environments" lists the environments to check.',
    source: "golden rules of the hierarchical job architecture, IN-12",
  },
  *check(graph, { environments }) {
    const meant = Array.isArray(environments)
      ? environments.includes(graph.environment)
      : isBeyondDevelopment(graph.environment);
    if (!meant) return;
    for (const job of graph.jobs) {
      if (job.runAs?.servicePrincipal !== undefined || job.unknown?.has("run_as") === true)
        continue;
      yield {
        message: `job ${quote(job.key)} does not run as a service principal`,
        fix: "set run_as to a service_principal_name",
        sites: [{ job }],
      };
    }
  },
});
