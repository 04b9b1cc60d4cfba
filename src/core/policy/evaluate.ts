import type { Finding } from "../model/finding";
import type { JobGraph } from "../model/job-graph";
import { errorText, quote } from "../model/text";
import type { Rule } from "./rule";

/**
 * Applies every rule to every environment.
 *
 * A policy without jobs, or with a rule that threw, has checked nothing. Both are errors, so that neither passes for a clean
 * result.
 */
export function evaluate(graphs: readonly JobGraph[], rules: readonly Rule[]): Finding[] {
  if (graphs.every((graph) => graph.jobs.length === 0)) {
    return [sawNoJob()];
  }
  return graphs.flatMap((graph) => rules.flatMap((rule) => applyRule(rule, graph)));
}

/** @param source one of several; others have jobs */
export function sawNoJob(source?: string): Finding {
  return {
    rule: "policy-saw-jobs",
    severity: "error",
    message: `the policy found no jobs${source === undefined ? "" : ` in ${quote(source)}`}`,
    fix:
      source === undefined
        ? "pass a source that defines jobs; in an app, apply the policy after the jobs are defined"
        : "fix what it includes, or leave it out",
    sites: [],
    inconclusive: true,
  };
}

function applyRule(rule: Rule, graph: JobGraph): Finding[] {
  const about = { rule: rule.name, environment: graph.environment };
  try {
    return Array.from(rule.check(graph, {}), (match) => ({
      ...match,
      ...about,
      severity: rule.severity,
    }));
  } catch (error) {
    return [
      {
        ...about,
        severity: "error",
        message: `the rule failed: ${quote(errorText(error))}`,
        fix: "report this as a bug of the rule; until then nothing is known about what it checks",
        sites: [],
        inconclusive: true,
      },
    ];
  }
}
