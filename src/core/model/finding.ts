import type { JobSpec } from "./job-spec";
import type { SourceLocation } from "./source-location";

/** Severities, equal to the levels of cdktf Annotations. */
export const SEVERITIES = ["error", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Whether `severity` is at or above `threshold`. */
export function atLeast(severity: Severity, threshold: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(threshold);
}

/** A problem reported by a rule. */
export interface RuleMatch {
  /** What is wrong, with the actual values. One sentence, no full stop. */
  readonly message: string;
  /** How to fix it. One sentence, no full stop. */
  readonly fix: string;
  /** Text that identifies the problem across checks, if the message contains line numbers. @default - the message */
  readonly identity?: string;
  /** The fix as a change for `jobstrata check --fix`, if it can be automated. */
  readonly edit?: SettingEdit | ItemEdit;
  /** The affected jobs, the primary one first. */
  readonly sites: readonly FindingSite[];
  /** Location of a problem outside of jobs. */
  readonly location?: SourceLocation;
}

/** A mechanical and safe fix: a setting of the first site's task, or of its job if it names no task. */
export interface SettingEdit {
  /** Path of Jobs API names. A list item is identified by the value of one of its fields. */
  readonly path: readonly (string | { readonly key: string; readonly value: string })[];
  readonly value: string;
  /** A legacy name of the setting to remove. */
  readonly instead?: string;
}

/** An item to append to a list of the first site's task. Creates the list if it does not exist. */
export interface ItemEdit {
  /** Name of the list in the Jobs API, such as `depends_on`. */
  readonly list: string;
  readonly item: Readonly<Record<string, string>>;
}

/** An affected job, or one of its tasks. */
export interface FindingSite {
  readonly job: Pick<JobSpec, "id" | "source"> & Partial<Pick<JobSpec, "key" | "definition">>;
  readonly taskKey?: string;
  /** Location of the task. @default - the job's location */
  readonly source?: SourceLocation;
  /** Label of the affected notebook, if any. */
  readonly notebook?: string;
}

/** A rule's match with its severity and environment. */
export interface Finding extends RuleMatch {
  /** Name of the rule, such as `notebook-in-one-job`. */
  readonly rule: string;
  readonly severity: Severity;
  /** The environment; absent for a failure of the policy itself. */
  readonly environment?: string;
  /** True if something could not be checked, which makes the check incomplete. */
  readonly inconclusive?: true;
}
