import { printable } from "../../model/text";
import type { JobActivity, PageRun } from "../../model/page-answers";
import { runsAddress } from "./place";
import { agoText, classOf, durationText, runTimes } from "./run-state";

/** The last runs of a job, newest on the right, as linked bars. The height shows the relative duration. */
export function RunHistory({
  runs,
  now,
}: Pick<JobActivity, "runs"> & {
  /** The workspace's time. */
  readonly now: number;
}) {
  if (runs.length === 0) return <p class="faint">It has not run yet.</p>;
  const tookOf = (run: PageRun): number => (run.end_time ?? now) - run.start_time;
  const longest = runs.reduce((most, run) => Math.max(most, tookOf(run)), 1);
  return (
    <ol class="history" aria-label="Last runs, oldest first">
      {[...runs].reverse().map((run) => {
        const words = `${printable(run.status.state)}, ${agoText(run.start_time, now)}, ${durationText(runTimes(run), now)}`;
        return (
          <li key={run.run_id}>
            <a
              href={runsAddress({ runId: run.run_id })}
              title={words}
              aria-label={`Run ${run.run_id}: ${words}`}
            >
              <span
                class={`bar ${classOf(run)}`}
                style={{ height: `${Math.round(8 + (20 * tookOf(run)) / longest)}px` }}
              />
            </a>
          </li>
        );
      })}
    </ol>
  );
}
