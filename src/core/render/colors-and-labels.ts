import { printable } from "../model/text";
import { LIGHT } from "./page/drawing-style";
import { type HierarchyJob, worstOf } from "./hierarchy";

const color = (name: string): string => LIGHT[name] ?? "";

/** Of jobs, by their level: neutral, as in the other drawings; dark text is readable on each. */
export const LEVEL_COLORS = {
  orchestrator: { fill: color("orchestrator-fill"), line: color("faint") },
  composite: { fill: color("composite-fill"), line: color("faint") },
  atomic: { fill: color("atomic-fill"), line: color("faint") },
  other: { fill: color("other-fill"), line: color("faint") },
} as const;

export const FINDING_COLORS = { error: color("error"), warning: color("warning") } as const;

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
