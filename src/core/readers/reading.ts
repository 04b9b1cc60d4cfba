import type { SourceKind } from "../model/check-report";
import type { Severity } from "../model/finding";
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

/** No workspace has more; so many are judged in less than 1 GiB. */
export const MAX_JOBS = 100_000;

/** Something that could not be read. An `error` means that the reading proves nothing. */
export interface ReadProblem {
  readonly severity: Extract<Severity, "error" | "warning">;
  /** What is wrong, with the values got. One sentence, no full stop. */
  readonly message: string;
  readonly fix: string;
  readonly location?: SourceLocation;
}
