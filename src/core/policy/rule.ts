import type { Preset } from "../config/presets";
import type { RuleMatch, Severity } from "../model/finding";
import type { JobGraph } from "../model/job-graph";

/** A rule's configured options besides severity; every rule gets `cloud` and `unit`. */
export interface RuleOptions extends Readonly<Record<string, unknown>> {
  /** The workspace's cloud, for limits that differ. @default - unknown; only values that no cloud accepts are reported */
  readonly cloud?: "aws" | "azure" | "gcp";
  /**
   * The unit that belongs to exactly one atomic job: each notebook, or each piece of code of any kind (SQL file, wheel entry
   * point, Python file, pipeline, dbt command).
   *
   * @default "notebook"
   */
  readonly unit?: "notebook" | "code";
}

/** A rule of the hierarchy: a pure function of one environment's jobs. */
export interface Rule {
  /** Whether it compares the tables that tasks read and write. @default false */
  readonly usesLineage?: true;
  /** Kebab case, equal to the name of the file that defines it. */
  readonly name: string;
  /** The requirement, in one sentence. */
  readonly summary: string;
  /** The reason for the requirement. */
  readonly rationale: string;
  /** The default severity. An `error` stops the synthesis. */
  readonly severity: Severity;
  /**
   * The preset or presets that enable it. With an empty list it applies only if the configuration names it. Custom rules omit it
   * and always apply.
   */
  readonly preset?: Preset | readonly Preset[];
  /** Names of its options besides severity. Not checked for custom rules. */
  readonly options?: readonly string[];
  /** Rules whose finding for the same jobs and tasks describes the mistake better and replaces this one. */
  readonly coveredBy?: string | readonly string[];
  /** For its page: a wrong and a right example (bundle YAML), and the source of the rule or limit. */
  readonly docs?: RuleDocs;
  /** Returns every violation. Must not throw; an exception is reported as a finding of its own. */
  check(graph: JobGraph, options: RuleOptions): Iterable<RuleMatch>;
}

export type { Preset };

/** The presets that enable a rule. */
export function presetsOf({ preset }: Pick<Rule, "preset">): readonly Preset[] {
  return preset === undefined ? [] : [preset].flat();
}

/** A rule's page besides summary and rationale. */
export interface RuleDocs {
  /** The shortest wrong example, as bundle YAML. */
  readonly wrong: string;
  /** The same, fixed. */
  readonly right: string;
  /** The fix, in a sentence or two. */
  readonly fix: string;
  /** The source of the rule or limit: a URL or the name of a document. */
  readonly source: string;
}

/** Returns its argument with the type checked: `export const x = defineRule({ … })`. */
export function defineRule(rule: Rule): Rule {
  return rule;
}
