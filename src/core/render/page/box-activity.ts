import type { JobActivity, PageRun } from "../../model/page-answers";
import type { DocumentJob } from "../document";
import type { BoxActivity } from "./drawing";
import { classOf, durationText, inText, jobStateOf, runTimes } from "./run-state";

/** The activity of a job for its box. */
export function boxActivity(
  { runs, next_start: next }: JobActivity,
  job: Pick<DocumentJob, "triggers">,
  now: number,
): BoxActivity {
  const ran = runs.find((run) => jobStateOf(run) !== undefined);
  const state = ran && jobStateOf(ran);
  const tookOf = (run: PageRun): number => (run.end_time ?? now) - run.start_time;
  const longest = runs.reduce((most, run) => Math.max(most, tookOf(run)), 1);
  return {
    ...(state && { state }),
    bars: [...runs].reverse().map((run) => ({
      kind: classOf(run),
      share: Math.max(0, Math.min(1, tookOf(run) / longest)),
    })),
    took: ran === undefined ? "" : durationText(runTimes(ran), now),
    next: nextWords(job, next, now),
  };
}

/** The next start by a trigger as text; empty without triggers. */
function nextWords(
  { triggers = [] }: Pick<DocumentJob, "triggers">,
  next: number | undefined,
  now: number,
): string {
  if (next !== undefined) return `next ${inText(next, now)}`;
  const [trigger] = triggers;
  if (trigger === undefined) return "";
  if (triggers.every(({ paused }) => paused === true)) return `${trigger.kind} paused`;
  return [trigger.kind, ...(trigger.detail === undefined ? [] : [trigger.detail])].join(": ");
}

/** Rows to reserve in a box for its activity. */
export const activityRows = ({ external, triggers = [] }: DocumentJob): number =>
  external === true ? 0 : triggers.length > 0 ? 2 : 1;
