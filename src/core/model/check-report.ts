import { type Finding, SEVERITIES, type Severity } from "./finding";
import type { SourceLocation } from "./job-spec";
import { compare } from "./collections";

/** Why a finding does not count. */
export interface Suppression {
  /** Where it is written: in the source, the configuration or the baseline. */
  readonly kind: "source" | "config" | "baseline";
  readonly reason: string;
}

/** A finding with the additional fields for reports and programs. */
export interface CheckedFinding extends Omit<Finding, "environment"> {
  /** The environments in which it holds; none for a failure of the policy itself. */
  readonly environments: readonly string[];
  /** Where to look first, if that is in a file. */
  readonly location?: SourceLocation;
  /** Equal in two checks for the same mistake, wherever its lines have moved to. Hexadecimal. */
  readonly fingerprint: string;
  readonly suppression?: Suppression;
}

/** Something that jobs were read from. */
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
  /** As configured. */
  readonly severity: Severity;
  /** The presets that have it; none of a custom rule. */
  readonly presets: readonly string[];
  /** The command that explains it. */
  readonly help: string;
  /** Its page, in Markdown. */
  readonly page: string;
}

/** The outcome of `jobstrata check`. */
export interface CheckReport {
  readonly sources: readonly CheckedSource[];
  /** Over all environments. */
  readonly jobs: number;
  /** Over all environments, tasks inside for-each tasks included. */
  readonly tasks: number;
  /** The same jobs and tasks, each once in however many environments it is; and the number of these. */
  readonly distinct: {
    readonly jobs: number;
    readonly tasks: number;
    readonly environments: number;
  };
  /** The rules that were applied, in their order. */
  readonly rules: readonly CheckedRule[];
  /** Every finding, suppressed ones included, in the order to report. */
  readonly findings: readonly CheckedFinding[];
  /** Something could not be checked. */
  readonly incomplete: boolean;
  /** Baseline entries that nothing answers to any more. */
  readonly fixed: number;
  /** The lowest severity that fails the check. */
  readonly failOn: Severity;
}

/** Findings that are not suppressed. */
export function openFindings(report: CheckReport): CheckedFinding[] {
  return report.findings.filter(({ suppression }) => suppression === undefined);
}

/** The environments of a finding in one text, such as `dev, prod`; undefined if it has none. */
export function environmentText({
  environments,
}: Pick<CheckedFinding, "environments">): string | undefined {
  return environments.length === 0 ? undefined : environments.join(", ");
}

/** Errors first; then by file and line. In one place findings stay in the order of the rules. */
export function byPlace(a: CheckedFinding, b: CheckedFinding): number {
  const severity = SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
  const file = compare(a.location?.file ?? "\uffff", b.location?.file ?? "\uffff");
  const line = (a.location?.line ?? 0) - (b.location?.line ?? 0);
  return severity || file || line;
}
