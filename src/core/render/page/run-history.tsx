import { useEffect, useState } from "preact/hooks";
import type { JobId } from "../../model/int64";
import { printable } from "../../model/text";
import type { PageRun, PageRuns } from "../../model/workspace-page";
import type { PageClient } from "./page-client";
import { agoText, classOf, durationText, runTimes } from "./run-state";
import type { Workspace } from "./use-workspace";

const SHOWN = 20;

/** The last runs of a job, the newest at the right, each a link. Its height says how long it took beside the others. */
export function RunHistory({
  client,
  workspace: { changed, resyncs, ahead },
  jobId,
}: {
  readonly client: PageClient;
  readonly workspace: Workspace;
  readonly jobId: JobId;
}) {
  const [runs, setRuns] = useState<readonly PageRun[]>([]);
  const mine = changed.filter((run) => run.job_id === jobId);
  const news = mine.map(({ run_id: id, status }) => `${id} ${status.state}`).join();
  useEffect(() => {
    let isCurrent = true;
    client.get<PageRuns>(`runs?limit=${SHOWN}&job_id=${jobId}`).then(
      (page) => {
        if (isCurrent) setRuns(page.runs);
      },
      // The connection reports its own errors.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [client, jobId, resyncs, news]);
  if (runs.length === 0) return <p class="faint">It has not run yet.</p>;
  const now = Date.now() + ahead;
  const tookOf = (run: PageRun): number => (run.end_time ?? now) - run.start_time;
  const longest = runs.reduce((most, run) => Math.max(most, tookOf(run)), 1);
  return (
    <ol class="history" aria-label="Last runs, oldest first">
      {[...runs].reverse().map((run) => {
        const words = `${printable(run.status.state)}, ${agoText(run.start_time, now)}, ${durationText(runTimes(run), now)}`;
        return (
          <li key={run.run_id}>
            <a
              href={`#/runs/${run.run_id}`}
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
