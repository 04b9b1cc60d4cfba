import type { Preset } from "../config/presets";
import type { RuleMatch, Severity } from "../model/finding";
import type { JobGraph } from "../model/job-graph";

/** What a user has configured for a rule, beside its severity; `cloud` and `unit` are passed to every rule. */
export interface RuleOptions extends Readonly<Record<string, unknown>> {
  /** The cloud of the workspace, for limits that differ. @default - unknown; only values that no cloud accepts are reported */
  readonly cloud?: "aws" | "azure" | "gcp";
  /**
   * What belongs to exactly one atomic job: each notebook, or each piece of code of any kind (SQL file, wheel entry point,
   * Python file, pipeline, dbt command).
   *
   * @default "notebook"
   */
  readonly unit?: "notebook" | "code";
}

/** A law of the hierarchy: a pure function of one environment's jobs. */
export interface Rule {
  /** It compares the tables that tasks read and write. @default false */
  readonly usesLineage?: true;
  /** Kebab case, equal to the name of the file that defines it. */
  readonly name: string;
  /** What must hold, in one sentence. */
  readonly summary: string;
  /** Why it must hold. */
  readonly rationale: string;
  /** Where nothing else is configured. An `error` stops the synthesis. */
  readonly severity: Severity;
  /**
   * The preset that switches it on, or several. With an empty list it applies where the configuration names it. Custom rules
   * have none and always apply.
   */
  readonly preset?: Preset | readonly Preset[];
  /** Names of what can be configured, beside its severity. Not checked for rules of a user's own. */
  readonly options?: readonly string[];
  /** Rules whose finding at the same jobs and tasks describes the same mistake better and replaces this one. */
  readonly coveredBy?: string | readonly string[];
  /** For its page: what is wrong, what is right (YAML of a bundle), and where the rule or limit comes from. */
  readonly docs?: RuleDocs;
  /** Every mistake against the rule. Must not throw; if it does, that is reported as a finding of its own. */
  check(graph: JobGraph, options: RuleOptions): Iterable<RuleMatch>;
}

export type { Preset };

/** The presets that switch a rule on. */
export function presetsOf({ preset }: Pick<Rule, "preset">): readonly Preset[] {
  return preset === undefined ? [] : [preset].flat();
}

/** The content of a rule's page other than its summary and rationale. */
export interface RuleDocs {
  /** The shortest wrong example, YAML of a bundle. */
  readonly wrong: string;
  /** The same, fixed. */
  readonly right: string;
  /** How to fix it, in a sentence or two. */
  readonly fix: string;
  /** Where the rule or limit comes from: a page's address, or the name of a document. */
  readonly source: string;
}

/** Identity, with the type checked: a rule file reads `export const x = defineRule({ … })`. */
export function defineRule(rule: Rule): Rule {
  return rule;
}
