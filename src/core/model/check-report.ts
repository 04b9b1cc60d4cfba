import { type Finding, SEVERITIES, type Severity } from "./finding";
import type { SourceLocation } from "./source-location";
import { compare } from "./collections";

/** The suppression of a finding. */
export interface Suppression {
  /** Where the suppression is defined. */
  readonly kind: "source" | "config" | "baseline";
  readonly reason: string;
}

/** A finding with the additional fields for reports and programs. */
export interface CheckedFinding extends Omit<Finding, "environment"> {
  /** Environments with this finding; empty for a failure of the policy itself. */
  readonly environments: readonly string[];
  /** The primary location, if it is in a file. */
  readonly location?: SourceLocation;
  /** Identifies the finding across checks, even if its lines move. Hexadecimal. */
  readonly fingerprint: string;
  readonly suppression?: Suppression;
}

/** A source of jobs. */
export interface CheckedSource {
  readonly kind: SourceKind;
  /** Path relative to the working folder, or host of a workspace. */
  readonly path: string;
  /** Environments, or targets of a bundle, in the order read. */
  readonly environments: readonly string[];
  readonly jobs: number;
}

export const SOURCE_KINDS = ["cdktf", "terraform", "bundle", "workspace"] as const;
export type SourceKind = (typeof SOURCE_KINDS)[number];

/** A rule in a report. */
export interface CheckedRule {
  readonly name: string;
  readonly summary: string;
  readonly rationale: string;
  /** The configured severity. */
  readonly severity: Severity;
  /** Presets with this rule; empty for a custom rule. */
  readonly presets: readonly string[];
  /** The command that explains the rule. */
  readonly help: string;
  /** The rule's page, in Markdown. */
  readonly page: string;
}

/** The outcome of `jobstrata check`. */
export interface CheckReport {
  readonly sources: readonly CheckedSource[];
  /** Total of all environments. */
  readonly jobs: number;
  /** Total of all environments, including tasks inside for-each tasks. */
  readonly tasks: number;
  /** Numbers of distinct jobs and tasks, each counted once for all environments, and of environments. */
  readonly distinct: {
    readonly jobs: number;
    readonly tasks: number;
    readonly environments: number;
  };
  /** The applied rules, in order. */
  readonly rules: readonly CheckedRule[];
  /** All findings, including suppressed ones, in report order. */
  readonly findings: readonly CheckedFinding[];
  /** Whether something could not be checked. */
  readonly incomplete: boolean;
  /** Number of baseline entries without a matching finding. */
  readonly fixed: number;
  /** The lowest severity that fails the check. */
  readonly failOn: Severity;
}

/** Findings that are not suppressed. */
export function openFindings(report: CheckReport): CheckedFinding[] {
  return report.findings.filter(({ suppression }) => suppression === undefined);
}

/** The environments of a finding as text, such as `dev, prod`; undefined if it has none. */
export function environmentText({
  environments,
}: Pick<CheckedFinding, "environments">): string | undefined {
  return environments.length === 0 ? undefined : environments.join(", ");
}

/** Sorts by severity, file and line. Findings at the same place keep the order of the rules. */
export function byPlace(a: CheckedFinding, b: CheckedFinding): number {
  const severity = SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
  const file = compare(a.location?.file ?? "\uffff", b.location?.file ?? "\uffff");
  const line = (a.location?.line ?? 0) - (b.location?.line ?? 0);
  return severity || file || line;
}
