import type { JobSpec, SourceLocation } from "./job-spec";

/** As the levels of cdktf Annotations. */
export const SEVERITIES = ["error", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Whether `severity` is at or above `threshold`. */
export function atLeast(severity: Severity, threshold: Severity): boolean {
  return SEVERITIES.indexOf(severity) <= SEVERITIES.indexOf(threshold);
}

/** One mistake as reported by a rule. */
export interface RuleMatch {
  /** What is wrong, with the actual values. One sentence, no full stop. */
  readonly message: string;
  /** How to fix it. One sentence, no full stop. */
  readonly fix: string;
  /** What the mistake is known by from check to check, where the message names lines. @default - the message */
  readonly identity?: string;
  /** The same as a change of one setting, where `jobstrata check --fix` can make it. */
  readonly edit?: SettingEdit | ItemEdit;
  /** The jobs concerned, the one to look at first first. */
  readonly sites: readonly FindingSite[];
  /** The location of a mistake outside of any job. */
  readonly location?: SourceLocation;
}

/**
 * A setting to change to fix the mistake, if that is mechanical and safe: of the task of the first site, or of
 * its job if it names none.
 */
export interface SettingEdit {
  /** Names of the Jobs API; an item of a list by the value of one of its fields. */
  readonly path: readonly (string | { readonly key: string; readonly value: string })[];
  readonly value: string;
  /** An older name of the setting, which gives way to it. */
  readonly instead?: string;
}

/** An item to append to a list of the task of the first site; the list is made where there is none. */
export interface ItemEdit {
  /** Name of the list in the Jobs API, such as `depends_on`. */
  readonly list: string;
  readonly item: Readonly<Record<string, string>>;
}

/** Where to look: a job, and the task in it if one task is meant. */
export interface FindingSite {
  readonly job: Pick<JobSpec, "id" | "source"> & Partial<Pick<JobSpec, "key" | "definition">>;
  readonly taskKey?: string;
  /** The location of the task; by default that of its job. */
  readonly source?: SourceLocation;
  /** Label of the notebook concerned, if one is. */
  readonly notebook?: string;
}

/** One mistake against the hierarchy, ready to be reported. */
export interface Finding extends RuleMatch {
  /** Name of the rule, such as `notebook-in-one-job`. */
  readonly rule: string;
  readonly severity: Severity;
  /** The environment in which it holds; absent for a failure of the policy itself. */
  readonly environment?: string;
  /** Something could not be checked, so the check is incomplete. */
  readonly inconclusive?: true;
}
