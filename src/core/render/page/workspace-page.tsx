import { render } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { type JobId, jobIdOf, type RunId } from "../../model/int64";
import { printable } from "../../model/text";
import type { PageActivity } from "../../model/page-answers";
import type { DocumentJob } from "../document";
import { Activities } from "./activities";
import { AlertsView } from "./alerts-view";
import { boxActivity } from "./box-activity";
import { GraphView } from "./graph/graph-view";
import { PageClient, PageFailure } from "./page-client";
import { jobAddress, type Place, placeIn, type RunChoice, runsAddress } from "./place";
import { useFilters } from "./run-filters";
import { RunHistory } from "./run-history";
import { RunsView } from "./runs-view";
import { ThemeButton } from "./theme-button";
import { JobTables } from "./job-tables";
import { useNow } from "./use-now";
import { useRuns, useWorkspace, type Workspace } from "./use-workspace";

const go = (address: string): void => {
  location.hash = address;
  // The browser fires this later. Keys pressed until then would move from the old place.
  window.dispatchEvent(new HashChangeEvent("hashchange"));
};

function WorkspacePage({ client }: { readonly client: PageClient }) {
  const workspace = useWorkspace(client);
  const [place, setPlace] = useState(() => placeIn(location));
  const [problem, setProblem] = useState<string>();
  /** The listed runs, which other views leave as they are. */
  const [listed, setListed] = useState<Pick<Place, "jobId" | "choice">>({ choice: {} });
  const follow = (): void => {
    const next = placeIn(location);
    setPlace(next);
    if (next.view === "runs")
      setListed({ choice: next.choice, ...(next.jobId !== undefined && { jobId: next.jobId }) });
  };
  useEffect(() => {
    follow();
    window.addEventListener("hashchange", follow);
    return () => {
      window.removeEventListener("hashchange", follow);
    };
  }, []);
  const { jobId: listedJob, choice } = listed;
  const filters = useFilters(choice, workspace.ahead, (next: RunChoice) => {
    // Typing must not fill the browser's history.
    history.replaceState(null, "", runsAddress({ ...place, choice: next }));
    follow();
  });
  const list = useRuns(client, workspace, listedJob, filters.conditions);
  const acting = useRef(false);
  const act = (start: () => Promise<{ readonly run_id?: RunId }>): void => {
    // A second click does not repeat the action.
    if (acting.current) return;
    acting.current = true;
    setProblem(undefined);
    const done = start().finally(() => {
      acting.current = false;
    });
    done.then(
      ({ run_id: runId }) => {
        if (runId !== undefined) go(runsAddress({ ...listed, runId }));
      },
      (error: unknown) => {
        setProblem(error instanceof Error ? error.message : String(error));
      },
    );
  };
  if (workspace.loggedOut) return <LoggedOut />;
  return (
    <>
      <header>
        <h1>Local workspace</h1>
        <nav aria-label="Views">
          <a href="#/jobs" {...(place.view === "jobs" && { "aria-current": "page" })}>
            Jobs
          </a>
          <a
            href={runsAddress({ choice })}
            {...(place.view === "runs" && { "aria-current": "page" })}
          >
            Runs
          </a>
          <a href="#/alerts" {...(place.view === "alerts" && { "aria-current": "page" })}>
            Alerts
          </a>
        </nav>
        <span class="faint" role="status">
          {workspace.connected
            ? (workspace.problem ?? "")
            : `Not connected; trying again … ${workspace.problem ?? ""}`}
        </span>
        <ThemeButton />
      </header>
      {problem !== undefined && (
        <p class="problem" role="alert">
          {printable(problem)}{" "}
          <button
            type="button"
            aria-label="Dismiss"
            onClick={() => {
              setProblem(undefined);
            }}
          >
            ✕
          </button>
        </p>
      )}
      {workspace.hierarchy?.problem !== undefined && (
        <p class="problem">The policy was not applied: {printable(workspace.hierarchy.problem)}</p>
      )}
      <main>
        {place.view === "jobs" ? (
          <Jobs client={client} workspace={workspace} jobId={place.jobId} act={act} />
        ) : place.view === "alerts" ? (
          <AlertsView client={client} changes={workspace.alertChanges} />
        ) : (
          <RunsView
            client={client}
            workspace={workspace}
            list={list}
            filters={filters}
            jobName={listedJob === undefined ? undefined : jobNameOf(workspace, listedJob)}
            onAllJobs={() => {
              go(runsAddress({ choice }));
            }}
            selected={place.runId}
            onSelect={(runId) => {
              go(runsAddress({ ...listed, runId }));
            }}
            onAct={act}
          />
        )}
      </main>
    </>
  );
}

function Jobs({
  client,
  workspace,
  jobId,
  act,
}: {
  readonly client: PageClient;
  readonly workspace: Workspace;
  readonly jobId: JobId | undefined;
  readonly act: (start: () => Promise<{ readonly run_id?: RunId }>) => void;
}) {
  const { hierarchy, host } = workspace;
  const activities = useActivities(client, workspace);
  const now = useNow(NEWS) + workspace.ahead;
  if (hierarchy === undefined) return <p class="message faint">Reading the jobs …</p>;
  if (hierarchy.environments.length === 0) {
    return (
      <p class="message">
        There is no job yet. Deploy some:{" "}
        <code>npx jobstrata local try &apos;alerting-local-*&apos;</code>
      </p>
    );
  }
  return (
    <GraphView
      documents={hierarchy.environments}
      selected={jobId === undefined ? undefined : documentId(host, jobId)}
      onSelect={(id) => {
        go(id === undefined ? "#/jobs" : jobAddress(jobOfDocument(id)));
      }}
      activityOf={(job) => {
        if (job.external === true) return undefined;
        const activity = activities.of(jobOfDocument(job.id));
        return activity && boxActivity(activity, job, now);
      }}
      actions={(job: DocumentJob) =>
        job.external !== true && (
          <>
            <RunHistory runs={activities.of(jobOfDocument(job.id))?.runs ?? []} now={now} />
            <p class="group">
              <button
                type="button"
                onClick={() => {
                  act(() => client.act("run", { job_id: jobOfDocument(job.id) }));
                }}
              >
                Run
              </button>
              <a class="button" href={runsAddress({ jobId: jobOfDocument(job.id) })}>
                Its runs
              </a>
            </p>
            <JobTables client={client} jobId={String(jobOfDocument(job.id))} />
          </>
        )
      }
    />
  );
}

/** Update interval of times in the drawing; milliseconds. */
const NEWS = 5000;

function useActivities(client: PageClient, { changed, resyncs, hierarchy }: Workspace): Activities {
  const [, redraw] = useState(0);
  const activities = useMemo(
    () =>
      new Activities(
        (ids) => client.get<PageActivity>(`activity?job_ids=${ids.join()}`),
        () => {
          redraw((count) => count + 1);
        },
      ),
    [client],
  );
  useEffect(() => {
    activities.runsChanged(changed);
  }, [changed]);
  useEffect(() => {
    activities.outOfDate();
  }, [resyncs, hierarchy]);
  return activities;
}

/** The id of a job in the hierarchy, as created by the workspace reader. Ids of external jobs also end with the job id. */
const documentId = (host: string, jobId: JobId): string => `${host}/jobs/${jobId}`;
const jobOfDocument = (id: string): JobId => jobIdOf(/\d+$/.exec(id)?.[0]) ?? 0;

function jobNameOf({ hierarchy, host }: Workspace, jobId: JobId): string {
  const id = documentId(host, jobId);
  for (const { jobs } of hierarchy?.environments ?? [])
    for (const job of jobs) if (job.id === id) return job.name ?? job.key;
  return `job ${jobId}`;
}

function LoggedOut({ why }: { readonly why?: string }) {
  return (
    <main>
      <div class="message">
        <h1>Local workspace</h1>
        {why !== undefined && <p>{printable(why)}</p>}
        <p>
          Only the user who started the workspace can open this page. Use{" "}
          <code>
            npx jobstrata local open
            {placeWords()}
          </code>
          .
        </p>
      </div>
    </main>
  );
}

/** Argument of the command that opens the current place. */
function placeWords(): string {
  const place = `${location.pathname === "/" ? "" : location.pathname}${location.hash}`;
  return place === "" || place === "#" ? "" : ` '${printable(place.replaceAll("'", ""))}'`;
}

PageClient.open().then(
  (client) => {
    const page = client === undefined ? <LoggedOut /> : <WorkspacePage client={client} />;
    render(page, window.document.body);
  },
  (error: unknown) => {
    const why = error instanceof PageFailure ? error.message : String(error);
    render(<LoggedOut why={why} />, window.document.body);
  },
);
