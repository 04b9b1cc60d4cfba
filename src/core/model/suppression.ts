import type { SourceLocation } from "./source-location";

/** A suppression in source code: a comment or a call. */
export interface SourceSuppression {
  /** Rule names; empty if missing. */
  readonly rules: readonly string[];
  /** Empty if missing. */
  readonly reason: string;
  /** Last day of the suppression, `YYYY-MM-DD`. */
  readonly until?: string;
  /** Location of the suppression. */
  readonly location?: SourceLocation;
  /** Applies to the job or task defined in this line of the file … */
  readonly line?: number;
  /** … or to the jobs with these ids, limited to `taskKey` if set. */
  readonly jobIds?: readonly string[];
  readonly taskKey?: string;
}
