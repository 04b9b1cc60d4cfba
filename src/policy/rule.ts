import type { RuleMatch, Severity } from "../model/finding";
import type { JobGraph } from "../model/job-graph";

/** A law of the hierarchy: a pure function of one environment's jobs. */
export interface Rule {
  /** Kebab case, equal to the name of the file that defines it. */
  readonly name: string;
  /** What must hold, in one sentence. */
  readonly summary: string;
  /** Why it must hold. */
  readonly rationale: string;
  /** An `error` stops the synthesis. */
  readonly severity: Severity;
  /** Every mistake against the rule. Must not throw; if it does, that is reported as a finding of its own. */
  check(graph: JobGraph): Iterable<RuleMatch>;
}

/** Identity, with the type checked: a rule file reads `export const x = defineRule({ … })`. */
export function defineRule(rule: Rule): Rule {
  return rule;
}
