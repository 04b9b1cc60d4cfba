import type { JobSpec } from "./job-spec";

/** As the levels of cdktf Annotations. */
export type Severity = "error" | "warning" | "info";

/** What a rule says about one mistake. */
export interface RuleMatch {
  /** What is wrong, with the values got. One sentence, no full stop. */
  readonly message: string;
  /** How to mend it. One sentence, no full stop. */
  readonly fix: string;
  /** The jobs concerned, the one to look at first first. */
  readonly sites: readonly FindingSite[];
}

/** Where to look: a job, and the task in it if one task is meant. */
export interface FindingSite {
  readonly job: Pick<JobSpec, "id" | "source">;
  readonly taskKey?: string;
}

/** One mistake against the hierarchy, ready to be reported. */
export interface Finding extends RuleMatch {
  /** Name of the rule, such as `notebook-in-one-job`. */
  readonly rule: string;
  readonly severity: Severity;
  /** The environment in which it holds; absent for a failure of the policy itself. */
  readonly environment?: string;
}
