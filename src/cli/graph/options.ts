import type { StateOptions } from "../changed/selectors";
import type { SourcesOptions } from "../sources/options";

/** Formats of a drawing. */
export const GRAPH_FORMATS = ["tree", "mermaid", "dot", "svg", "html", "json"] as const;
export type GraphFormat = (typeof GRAPH_FORMATS)[number];
/** Formats for changes only. */
export const DIFF_FORMATS = ["text", "markdown"] as const;
export type DiffFormat = (typeof DIFF_FORMATS)[number];

/** Options of `jobstrata graph`. */
export interface GraphOptions extends SourcesOptions, StateOptions {
  readonly target?: string;
  readonly format?: GraphFormat | DiffFormat;
  readonly level: "jobs" | "tasks" | "tables";
  readonly depth?: number;
  readonly direction: "down" | "up" | "both";
  readonly orientation: "LR" | "TB";
  readonly output?: string;
  /** Observed lineage to merge, with `level` tables. */
  readonly lineage?: string;
  /** The base of the comparison; true for the prior state. */
  readonly diff?: string | true;
}
