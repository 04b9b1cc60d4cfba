import type { SourceKind } from "../model/check-report";
import type { FindingSite, Severity } from "../model/finding";
import type { JobGraph } from "../model/job-graph";
import type { SourceLocation } from "../model/source-location";
import type { SourceSuppression } from "../model/suppression";

/** The result of reading a source. */
export interface Reading {
  readonly kind: SourceKind;
  /** Path relative to the working folder, or host of a workspace. */
  readonly path: string;
  /** A graph for each environment. */
  readonly graphs: readonly JobGraph[];
  readonly problems: readonly ReadProblem[];
  /** Suppressions in the source. */
  readonly suppressions: readonly SourceSuppression[];
  /** The bundles of a folder of several. @default - the source is one bundle, or none */
  readonly bundles?: readonly BundlePart[];
  /** Notebooks and files that a plan or state uploads. @default - unknown */
  readonly uploads?: readonly Upload[];
}

/** A notebook or file that a resource uploads. */
export interface Upload {
  /** In the workspace; without `/Workspace` and the extension. */
  readonly path: string;
  /** Equal if and only if the contents are. @default - unknown */
  readonly digest?: string;
}

/** One of several bundles. */
export interface BundlePart {
  /** Absolute, with symbolic links resolved. */
  readonly folder: string;
  /** Begins the ids of its jobs. */
  readonly prefix: string;
  readonly problems: readonly ReadProblem[];
}

/** Maximum jobs, more than any workspace has. A check of this number takes less than 1 GiB. */
export const MAX_JOBS = 100_000;

/**
 * Rules that readers check because graphs lack the information, such as files, or keys and values that the Databricks
 * CLI drops.
 */
export type ReaderRule =
  | "allowed-values"
  | "duplicate-key"
  | "exclusive-settings"
  | "hidden-value"
  | "job-key"
  | "job-schema"
  | "library-file"
  | "notebook-file"
  | "task-file"
  | "unknown-field"
  | "unread-file";

/** A problem of the source itself. */
export interface ReadProblem {
  readonly severity: Extract<Severity, "error" | "warning">;
  /** The problem with the actual values. One sentence, no full stop. */
  readonly message: string;
  readonly fix: string;
  readonly location?: SourceLocation;
  /** The broken rule. @default - none: the source could not be read, and an `error` makes the result incomplete */
  readonly rule?: ReaderRule;
  /** The affected environment and jobs, if any. */
  readonly environment?: string;
  readonly sites?: readonly FindingSite[];
}
