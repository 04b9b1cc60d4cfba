import { type JobId, jobIdOf, type RunId, runIdOf } from "../../model/int64";
import { RUN_OUTCOMES, type RunOutcome } from "../../model/run-filter";

const HOUR = 3_600_000;

/** Maximum ages of listed runs, by their name in the URL; milliseconds. */
export const AGES = { hour: HOUR, day: 24 * HOUR, week: 7 * 24 * HOUR } as const;
export type Age = keyof typeof AGES;

/** The user's choice of listed runs. */
export interface RunChoice {
  readonly outcome?: RunOutcome;
  readonly age?: Age;
  /** Part of the name. */
  readonly name?: string;
}

/** The current place in the page. The URL contains it, so that links, reloads and the browser's history keep it. */
export interface Place {
  readonly view: "jobs" | "runs" | "alerts";
  /** The selected job, or the job of the listed runs. */
  readonly jobId?: JobId;
  readonly runId?: RunId;
  /** Only for runs. */
  readonly choice: RunChoice;
}

/** The place that a URL's path and fragment name. @default the jobs */
export function placeIn({ pathname, hash }: Pick<URL, "pathname" | "hash">): Place {
  // The format of run URLs in Databricks, which the commands print.
  const [, jobOf, runOf] = /^#job\/(\d{1,19})(?:\/run\/(\d{1,19}))?$/.exec(hash) ?? [];
  if (jobOf !== undefined) return runOf === undefined ? atJob(jobOf) : atRun(runOf);
  const [, run, query] = /^#\/runs(?:\/(\d{1,19}))?(?:\?(.*))?$/.exec(hash) ?? [];
  if (hash.startsWith("#/runs")) return atRun(run, query);
  if (hash === "#/alerts") return { view: "alerts", choice: {} };
  const [, job] = /^#\/jobs(?:\/(\d{1,19}))?$/.exec(hash) ?? [];
  if (hash.startsWith("#/jobs")) return atJob(job);
  // The databricks CLI prints URLs of jobs and runs as paths.
  const [, jobIn, runIn] = /^\/jobs\/(\d{1,19})(?:\/runs\/(\d{1,19}))?$/.exec(pathname) ?? [];
  return runIn === undefined ? atJob(jobIn) : atRun(runIn);
}

function atRun(id: string | undefined, query = ""): Place {
  const given = new URLSearchParams(query);
  const runId = runIdOf(id);
  const jobId = jobIdOf(given.get("job_id") ?? undefined);
  const outcome = RUN_OUTCOMES.find((each) => each === given.get("state"));
  const age = Object.keys(AGES).find((each) => each === given.get("since")) as Age | undefined;
  const name = given.get("name") ?? "";
  return {
    view: "runs",
    ...(jobId !== undefined && { jobId }),
    ...(runId !== undefined && { runId }),
    choice: {
      ...(outcome !== undefined && { outcome }),
      ...(age !== undefined && { age }),
      ...(name !== "" && { name }),
    },
  };
}

function atJob(id: string | undefined): Place {
  const jobId = jobIdOf(id);
  return { view: "jobs", ...(jobId !== undefined && { jobId }), choice: {} };
}

/** The fragment for a list of runs, with a selected one. */
export function runsAddress({ jobId, runId, choice = {} }: Partial<Omit<Place, "view">>): string {
  const query = new URLSearchParams();
  if (jobId !== undefined) query.set("job_id", String(jobId));
  if (choice.outcome !== undefined) query.set("state", choice.outcome);
  if (choice.age !== undefined) query.set("since", choice.age);
  if (choice.name !== undefined) query.set("name", choice.name);
  const path = runId === undefined ? "#/runs" : `#/runs/${runId}`;
  return query.size === 0 ? path : `${path}?${query.toString()}`;
}

/** The fragment for a job. */
export const jobAddress = (jobId: JobId): string => `#/jobs/${jobId}`;
