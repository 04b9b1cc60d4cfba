import type { SourceLocation } from "@jobstrata/core/model";
import type { ReadProblem } from "@jobstrata/core/readers";
import type { Change, ChangeKind } from "./compare";
import type { MatchedBy } from "./match";
import type { PlatformValue } from "./platform-defaults";

/** Kinds of drift, most urgent first. */
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

/** The result for one of the code's jobs. */
export interface DriftJob {
  readonly key: string;
  /** The deployed display name. */
  readonly name: string;
  readonly location?: SourceLocation;
  readonly jobId?: string;
  readonly matchedBy?: MatchedBy;
  /** Empty if the live job equals the code. */
  readonly kinds: readonly (ChangeKind | "missing")[];
  readonly changes: readonly Change[];
  readonly given: readonly PlatformValue[];
  /** Paths of values that only the deployment knows. */
  readonly open: readonly string[];
  /** Details about a missing job. */
  readonly note?: string;
  /** Set if access to the permissions is denied. */
  readonly isHidden?: true;
}

/** A problem in the workspace other than a difference in one of the code's jobs. */
export interface DriftFinding {
  readonly kind: Extract<DriftKind, "orphan" | "duplicate" | "reference" | "unmanaged">;
  /** The live job; the oldest of duplicates. */
  readonly jobId: string;
  readonly name: string;
  /** Key of the related job in the code. */
  readonly key?: string;
  readonly location?: SourceLocation;
  /** Short description. */
  readonly text: string;
  readonly creator?: string;
  /** Milliseconds since 1970. */
  readonly created?: number;
  /** Ids of other live jobs involved. */
  readonly others?: readonly string[];
}

/** The result of an audit. */
export interface DriftReport {
  readonly target: string;
  /** Workspace URL, such as `https://adb-1.2.azuredatabricks.net`. */
  readonly host: string;
  readonly source: { readonly kind: string; readonly path: string };
  /** Parts of the code that could not be read; their jobs may be missing here. */
  readonly problems: readonly ReadProblem[];
  /** Every job of the code. */
  readonly jobs: readonly DriftJob[];
  readonly findings: readonly DriftFinding[];
  /** Total number of live jobs. */
  readonly live: number;
  /** Number of live jobs from other environments of the code. */
  readonly elsewhere: number;
  /** Kinds that fail the audit. */
  readonly failOn: ReadonlySet<DriftKind>;
  readonly requests: number;
}

/** Number of occurrences of each kind. */
export function countsOf({ jobs, findings }: DriftReport): Readonly<Record<DriftKind, number>> {
  const counts = Object.fromEntries(DRIFT_KINDS.map((kind) => [kind, 0])) as Record<
    DriftKind,
    number
  >;
  for (const { kinds } of jobs) for (const kind of kinds) counts[kind]++;
  for (const { kind } of findings) counts[kind]++;
  return counts;
}

/** 0 without failing drift, 1 with it, 2 if part of the code could not be read. */
export function exitCodeOf(report: DriftReport): 0 | 1 | 2 {
  if (report.problems.length > 0) return 2;
  const counts = countsOf(report);
  return DRIFT_KINDS.some((kind) => report.failOn.has(kind) && counts[kind] > 0) ? 1 : 0;
}

/** Labels of live jobs by id: the key if the job is in the code, else the name. */
export const labels = ({ jobs, findings }: DriftReport): ((id: string) => string | undefined) => {
  const byId = new Map<string, string>();
  for (const { jobId, name } of findings) byId.set(jobId, name);
  for (const { jobId, key } of jobs) if (jobId !== undefined) byId.set(jobId, key);
  return (id) => byId.get(id);
};
