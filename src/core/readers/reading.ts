import type { SourceKind } from "../model/check-report";
import type { FindingSite, Severity } from "../model/finding";
import type { JobGraph } from "../model/job-graph";
import type { SourceLocation } from "../model/job-spec";
import type { SourceSuppression } from "../model/suppression";

/** What one source says, as far as it could be read. */
export interface Reading {
  readonly kind: SourceKind;
  /** Relative to the working folder, or the host of a workspace. */
  readonly path: string;
  /** A graph for each environment. */
  readonly graphs: readonly JobGraph[];
  readonly problems: readonly ReadProblem[];
  /** What is excused beside what it excuses. */
  readonly suppressions: readonly SourceSuppression[];
}

/** No workspace has more; this number is checked in less than 1 GiB. */
export const MAX_JOBS = 100_000;

/**
 * Rules that readers judge, as their graphs do not hold what these are about: where files are, keys and values that the
 * Databricks CLI drops.
 */
export type ReaderRule =
  | "duplicate-key"
  | "hidden-value"
  | "job-key"
  | "job-schema"
  | "library-file"
  | "notebook-file"
  | "task-file"
  | "unknown-field"
  | "unread-file";

/** Something wrong with a source itself. */
export interface ReadProblem {
  readonly severity: Extract<Severity, "error" | "warning">;
  /** What is wrong, with the values got. One sentence, no full stop. */
  readonly message: string;
  readonly fix: string;
  readonly location?: SourceLocation;
  /** The rule that it breaks. @default - it could not be read: an `error` means that the reading proves nothing */
  readonly rule?: ReaderRule;
  /** The environment and the jobs concerned, where it is about these. */
  readonly environment?: string;
  readonly sites?: readonly FindingSite[];
}
