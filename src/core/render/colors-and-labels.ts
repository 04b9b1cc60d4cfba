import { printable } from "../model/text";
import { type HierarchyJob, worstOf } from "./hierarchy";

/** Of jobs, by their level; dark text is readable on each. */
export const LEVEL_COLORS = {
  orchestrator: { fill: "#ede7f6", line: "#5e35b1" },
  composite: { fill: "#e3f2fd", line: "#1565c0" },
  atomic: { fill: "#e8f5e9", line: "#2e7d32" },
  other: { fill: "#eeeeee", line: "#616161" },
} as const;

export const FINDING_COLORS = { error: "#c62828", warning: "#b26a00" } as const;

/** What stands before the name of a job that the policy finds wanting, so that colour is not all that says it. */
export function markOf(job: HierarchyJob): string {
  const worst = worstOf(job);
  return worst === undefined ? "" : worst === "error" ? "✖ " : "! ";
}

/** Longer names are cut: they are to be recognized, and a box of thousands of characters hides all others. */
const MAX_NAME = 100;

/** A name, made safe to show and short enough for a box. */
export function shortened(text: string, max = MAX_NAME): string {
  const shown = printable(text);
  if (shown.length <= max) return shown;
  // Half of a character of two units is none.
  return `${shown.slice(0, max).replace(/[\ud800-\udbff]$/, "")}…`;
}
