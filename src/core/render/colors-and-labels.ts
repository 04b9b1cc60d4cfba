import { printable } from "../model/text";
import { LIGHT } from "./page/drawing-style";
import { type HierarchyJob, worstOf } from "./hierarchy";

const color = (name: string): string => LIGHT[name] ?? "";

/** Colours of jobs by level: neutral, as in the other drawings. Dark text is readable on each. */
export const LEVEL_COLORS = {
  orchestrator: { fill: color("orchestrator-fill"), line: color("faint") },
  composite: { fill: color("composite-fill"), line: color("faint") },
  atomic: { fill: color("atomic-fill"), line: color("faint") },
  other: { fill: color("other-fill"), line: color("faint") },
} as const;

export const FINDING_COLORS = { error: color("error"), warning: color("warning") } as const;

/** Text on the {@link LEVEL_COLORS}, where a drawing cannot follow the theme. */
export const TEXT_COLOR = "#1b1b1b";

/** Arrows, where a drawing cannot follow the theme. */
export const EDGE_COLOR = "#555555";

/** Mark before the name of a job with findings, so that colour is not the only sign. */
export function markOf(job: HierarchyJob): string {
  const worst = worstOf(job);
  return worst === undefined ? "" : worst === "error" ? "✖ " : "! ";
}

/** Maximum characters of a name: a box of thousands of characters would hide all others. */
const MAX_NAME = 100;

/** A printable name, short enough for a box. */
export function shortened(text: string, max = MAX_NAME): string {
  const shown = printable(text);
  if (shown.length <= max) return shown;
  // Do not split a surrogate pair.
  return `${shown.slice(0, max).replace(/[\ud800-\udbff]$/, "")}…`;
}
