import type { SourceLocation } from "@jobstrata/core/model";
import type { ReadProblem } from "@jobstrata/core/readers";
import type { Change, ChangeKind } from "./compare";
import type { MatchedBy } from "./match";
import type { PlatformValue } from "./platform-defaults";

/** What can be wrong, the most urgent first. */
export const DRIFT_KINDS = [
  "missing",
  "changed",
  "permissions",
  "paused",
  "orphan",
  "duplicate",
  "reference",
  "unmanaged",
] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

/** A job of the code. */
export interface DriftJob {
  readonly key: string;
  /** The display name as it is deployed. */
  readonly name: string;
  readonly location?: SourceLocation;
  readonly jobId?: string;
  readonly matchedBy?: MatchedBy;
  /** Empty if the live job is what the code says. */
  readonly kinds: readonly (ChangeKind | "missing")[];
  readonly changes: readonly Change[];
  readonly given: readonly PlatformValue[];
  /** Paths that only the deployment knows. */
  readonly open: readonly string[];
  /** What is known of a missing job. */
  readonly note?: string;
  /** The permissions may not be read. */
  readonly isHidden?: true;
}

/** Something in the workspace that is not what the code says of one of its jobs. */
export interface DriftFinding {
  readonly kind: Extract<DriftKind, "orphan" | "duplicate" | "reference" | "unmanaged">;
  /** The live job; of duplicates the oldest. */
  readonly jobId: string;
  readonly name: string;
  /** Key of the job of the code that it belongs to. */
  readonly key?: string;
  readonly location?: SourceLocation;
  /** In a few words. */
  readonly text: string;
  readonly creator?: string;
  /** Milliseconds since 1970. */
  readonly created?: number;
  /** Other live jobs that it is about. */
  readonly others?: readonly string[];
}

/** The outcome of an audit. */
export interface DriftReport {
  readonly target: string;
  /** Such as `https://adb-1.2.azuredatabricks.net`. */
  readonly host: string;
  readonly source: { readonly kind: string; readonly path: string };
  /** What of the code could not be read; its jobs may be missing here. */
  readonly problems: readonly ReadProblem[];
  /** Every job of the code. */
  readonly jobs: readonly DriftJob[];
  readonly findings: readonly DriftFinding[];
  /** Live jobs, all in all. */
  readonly live: number;
  /** Live jobs of other environments of the code. */
  readonly elsewhere: number;
  /** Kinds that fail the audit. */
  readonly failOn: ReadonlySet<DriftKind>;
  readonly requests: number;
}

/** How often each kind occurs. */
export function countsOf({ jobs, findings }: DriftReport): Readonly<Record<DriftKind, number>> {
  const counts = Object.fromEntries(DRIFT_KINDS.map((kind) => [kind, 0])) as Record<
    DriftKind,
    number
  >;
  for (const { kinds } of jobs) for (const kind of kinds) counts[kind]++;
  for (const { kind } of findings) counts[kind]++;
  return counts;
}

/** 0 without drift, 1 with some, 2 if a part of the code could not be read. */
export function exitCodeOf(report: DriftReport): 0 | 1 | 2 {
  if (report.problems.length > 0) return 2;
  const counts = countsOf(report);
  return DRIFT_KINDS.some((kind) => report.failOn.has(kind) && counts[kind] > 0) ? 1 : 0;
}

/** Keys of jobs of the code and names of the others, by live ids. */
export const labels = ({ jobs, findings }: DriftReport): ((id: string) => string | undefined) => {
  const byId = new Map<string, string>();
  for (const { jobId, name } of findings) byId.set(jobId, name);
  for (const { jobId, key } of jobs) if (jobId !== undefined) byId.set(jobId, key);
  return (id) => byId.get(id);
};
