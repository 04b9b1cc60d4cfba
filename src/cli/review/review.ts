import type { CheckedFinding, CheckReport, JobLevel } from "@jobstrata/core/model";
import type { HierarchyDiff } from "@jobstrata/core/render";
import type { JobState } from "../changed/document";
import type { PlanSummary } from "./plan";

/** Everything that a review says about a change. */
export interface Review {
  /** Tells reviews of one pull request apart; empty if there is only one. */
  readonly name: string;
  /** What the change is compared with, for people; undefined if there is nothing. */
  readonly since?: string;
  /** Why something could not be compared, in sentences. */
  readonly problems: readonly string[];
  /** What changes, for each environment; none without a base. */
  readonly hierarchy: readonly HierarchyDiff[];
  /** Jobs that the change affects, and that would run to test it. */
  readonly affected: readonly AffectedJob[];
  /** Number of jobs of the current side. */
  readonly jobs: number;
  /** The command that tests the affected jobs in an environment, if they can be selected. */
  readonly testCommand?: string;
  /** The stacks that hold changed jobs. */
  readonly stacks: readonly string[];
  readonly findings: ReviewFindings;
  readonly plans: readonly PlanSummary[];
}

/** A job that a change affects, in all environments where it does. */
export interface AffectedJob {
  readonly job: string;
  readonly state: JobState;
  readonly level?: JobLevel;
  /** The environments, if it is not affected in all that have changes. */
  readonly environments: readonly string[];
  /** One line each. */
  readonly reasons: readonly string[];
}

/** The outcome of the check, compared with that of the base. */
export interface ReviewFindings {
  /** The check of the current side, with every finding. */
  readonly report: CheckReport;
  /** Open findings that the base does not have; without a base, all. */
  readonly added: readonly CheckedFinding[];
  /** Open findings of the base that are gone. */
  readonly fixed: readonly CheckedFinding[];
  /** Number of open findings that both have. */
  readonly known: number;
}

/** Tells findings apart that are new, known and gone. Equal ones are counted: a third copy of a mistake is new. */
export function compareFindings(
  report: CheckReport,
  before: readonly CheckedFinding[] | undefined,
): ReviewFindings {
  const open = (findings: readonly CheckedFinding[]): CheckedFinding[] =>
    findings.filter(({ suppression }) => suppression === undefined);
  const left = new Map<string, CheckedFinding[]>();
  for (const finding of open(before ?? [])) {
    const known = left.get(finding.fingerprint);
    if (known === undefined) left.set(finding.fingerprint, [finding]);
    else known.push(finding);
  }
  const now = open(report.findings);
  const added = now.filter(({ fingerprint }) => left.get(fingerprint)?.shift() === undefined);
  return { report, added, fixed: [...left.values()].flat(), known: now.length - added.length };
}
