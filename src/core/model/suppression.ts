import type { SourceLocation } from "./job-spec";

/** A comment or call that excuses findings beside it. */
export interface SourceSuppression {
  /** Names of the rules; empty if none was given. */
  readonly rules: readonly string[];
  /** Empty if none was given. */
  readonly reason: string;
  /** `YYYY-MM-DD`, the last day on which it holds. */
  readonly until?: string;
  /** Where it is written. */
  readonly location?: SourceLocation;
  /** Excuses the job or task written in this line of the file … */
  readonly line?: number;
  /** … or the jobs with these ids, and this task of them if one is named. */
  readonly jobIds?: readonly string[];
  readonly taskKey?: string;
}
