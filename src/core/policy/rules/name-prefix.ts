import { isExpression } from "../../model/job-spec";
import { quote } from "../../model/text";
import { defineRule } from "../rule";
import { WORDS } from "../words";

export const namePrefix = defineRule({
  name: "name-prefix",
  summary: "The name of a job begins with its environment in brackets.",
  rationale: "The prefix tells the jobs of several targets in one workspace apart.",
  severity: "warning",
  preset: "governance",
  docs: {
    wrong: `name: "Alerting Tables Setup"`,
    right: `name: "[\${bundle.target}] Alerting Tables Setup"`,
    fix: "Begin the name with the target.",
    source: "golden rules of the hierarchical job architecture, IN-08",
  },
  *check(graph) {
    const { environment } = graph;
    if (environment === "default") return;
    for (const job of graph.jobs) {
      const name = job.name ?? "";
      const [, prefix] = /^\[([^\]]*)\]\s/.exec(name) ?? [];
      // A bundle's development mode adds the user: "[dev maria] ".
      const words = prefix?.split(" ") ?? [];
      const isCopy = words[0] === "dev" && graph.target?.mode === "development";
      if (isExpression(name.slice(0, 60)) || words.includes(environment) || isCopy) continue;
      yield {
        message: `the name ${quote(name.slice(0, 100))} of job ${quote(job.key)} does not begin with its ${WORDS[graph.kind].environment}`,
        fix: `begin it with ${quote(`[${graph.kind === "bundle" ? "${bundle.target}" : environment}] `)}`,
        sites: [{ job }],
      };
    }
  },
});
