import type { CheckedFinding, CheckReport, JobLevel } from "@jobstrata/core/model";
import type { HierarchyDiff } from "@jobstrata/core/render";
import type { JobState } from "../changed/document";
import type { PlanSummary } from "./plan";

/** The result of reviewing a change. */
export interface Review {
  /** Distinguishes several reviews of one pull request; empty for the root of the repository. */
  readonly name: string;
  /** Display name of the base; undefined if there is none. */
  readonly since?: string;
  /** Why some parts could not be compared, in sentences. */
  readonly problems: readonly string[];
  /** Changes in each environment; empty without a base. */
  readonly hierarchy: readonly HierarchyDiff[];
  /** Jobs affected by the change. */
  readonly affected: readonly AffectedJob[];
  /** Number of jobs on the current side. */
  readonly jobs: number;
  /** Command that tests the affected jobs in an environment; undefined if they cannot be selected. */
  readonly testCommand?: string;
  /** Stacks with changed jobs. */
  readonly stacks: readonly string[];
  readonly findings: ReviewFindings;
  readonly plans: readonly PlanSummary[];
}

/** A job affected by a change, across environments. */
export interface AffectedJob {
  readonly job: string;
  readonly state: JobState;
  readonly level?: JobLevel;
  /** The affected environments; empty if these are all with changes. */
  readonly environments: readonly string[];
  /** One line each. */
  readonly reasons: readonly string[];
}

/** Findings compared with those of the base. */
interface ReviewFindings {
  /** The current side's report, with all findings. */
  readonly report: CheckReport;
  /** Open findings that the base does not have; all of them without a base. */
  readonly added: readonly CheckedFinding[];
  /** Open findings of the base that no longer exist. */
  readonly fixed: readonly CheckedFinding[];
  /** Number of open findings on both sides. */
  readonly known: number;
}

/** Sorts findings into new, known and fixed. Duplicates are counted: a third copy of a mistake is new. */
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
