import { compareInt64, type JobId, type RunId } from "../../model/int64";
import { useEffect, useRef, useState } from "preact/hooks";
import { meets, type RunConditions } from "../../model/run-filter";
import type { JobRunNode } from "../../model/run-tree";
import { tasksIn } from "./tasks-in";
import type { PageHierarchy, PageRun, PageRuns } from "../../model/page-answers";
import type { HierarchyDocument } from "../document";
import { type PageClient, PageFailure } from "./page-client";

/** Runs per request. */
const PAGE = 500;
/** Delay in which changes are collected; milliseconds. */
const TOGETHER = 250;
/** Delay between two polls of a run, as a multiple of the duration of a poll. */
const REST = 4;

/** The page's state of the workspace. */
export interface Workspace {
  readonly connected: boolean;
  /** The error of a read or of the connection. */
  readonly problem: string | undefined;
  readonly loggedOut: boolean;
  readonly host: string;
  /** How far the workspace's clock is ahead of the browser's; milliseconds. */
  readonly ahead: number;
  readonly hierarchy: PageHierarchy<HierarchyDocument> | undefined;
  /** The latest changed runs; a new array for every change. */
  readonly changed: readonly PageRun[];
  /** Increases when all runs must be read again. */
  readonly resyncs: number;
  /** Increases when alerts must be read again. */
  readonly alertChanges: number;
}

/** Follows the workspace while the page is open. */
export function useWorkspace(client: PageClient): Workspace {
  const [state, setState] = useState<Workspace>({
    connected: false,
    problem: undefined,
    loggedOut: false,
    host: "",
    ahead: 0,
    hierarchy: undefined,
    changed: [],
    resyncs: 0,
    alertChanges: 0,
  });
  useEffect(() => {
    const end = new AbortController();
    const set = (change: Partial<Workspace>): void => {
      setState((before) => ({ ...before, ...change }));
    };
    const failed = (error: unknown): void => {
      if (error instanceof PageFailure && error.loggedOut) set({ loggedOut: true });
      else set({ problem: error instanceof Error ? error.message : String(error) });
    };
    const readJobs = (): void => {
      client.get<PageHierarchy<HierarchyDocument>>("hierarchy").then((hierarchy) => {
        set({ hierarchy });
      }, failed);
    };
    const alertsChanged = (): void => {
      setState((before) => ({ ...before, alertChanges: before.alertChanges + 1 }));
    };
    const add = (changed: readonly PageRun[]): void => {
      set({ changed });
    };
    const readRuns = (): void => {
      setState((before) => ({ ...before, resyncs: before.resyncs + 1 }));
    };
    let waiting: PageRun[] = [];
    void client.follow(
      {
        hello: ({ host, now }) => {
          set({ connected: true, problem: undefined, host, ahead: now - Date.now() });
          readJobs();
          readRuns();
          alertsChanged();
        },
        run: (run) => {
          if (waiting.length === 0) {
            setTimeout(() => {
              add(waiting);
              waiting = [];
            }, TOGETHER);
          }
          waiting.push(run);
        },
        jobs: readJobs,
        alerts: alertsChanged,
        resync: readRuns,
        broken: (problem) => {
          set({ connected: false, problem });
        },
        loggedOut: () => {
          set({ loggedOut: true });
        },
      },
      end.signal,
    );
    // The policy configuration may have changed while the page was hidden.
    const look = (): void => {
      if (window.document.visibilityState === "visible") readJobs();
    };
    window.addEventListener("focus", look);
    return () => {
      window.removeEventListener("focus", look);
      end.abort();
    };
  }, [client]);
  return state;
}

/** Loaded runs, newest first. */
export interface RunList {
  readonly runs: readonly PageRun[];
  /** Whether older runs exist. */
  readonly more: boolean;
  /** Loads older runs. */
  readonly readMore: () => void;
}

/** Runs that match the conditions: all runs of a job, or top-level runs of all jobs. */
export function useRuns(
  client: PageClient,
  { changed, resyncs }: Workspace,
  jobId: JobId | undefined,
  conditions: RunConditions,
): RunList {
  const filter = queryOf(jobId, conditions);
  const [list, setList] = useState<PageRuns & { readonly filter: string }>(noRuns(filter));
  const reading = useRef(false);
  const belongs = (run: PageRun): boolean =>
    (jobId === undefined ? run.parent_run_id === undefined : run.job_id === jobId) &&
    meets(run, conditions);
  useEffect(() => {
    let isCurrent = true;
    client.get<PageRuns>(`runs?limit=${PAGE}&${filter}`).then(
      (page) => {
        if (isCurrent) setList({ ...page, filter });
      },
      // The connection reports its own errors.
      () => undefined,
    );
    return () => {
      isCurrent = false;
    };
  }, [client, filter, resyncs]);
  useEffect(() => {
    if (changed.length === 0) return;
    setList((before) => {
      if (before.filter !== filter) return before;
      const { runs, more } = before;
      const oldest = runs.at(-1)?.run_id ?? 0;
      const news = new Map(changed.map((run) => [run.run_id, run]));
      const isKnown = new Set(runs.map(({ run_id: id }) => id));
      const added = [...news.values()].filter(
        (run) => belongs(run) && (isKnown.has(run.run_id) || !more || run.run_id > oldest),
      );
      // Some changed runs no longer match.
      const kept = runs.filter(({ run_id: id }) => !news.has(id));
      if (added.length === 0 && kept.length === runs.length) return before;
      return {
        filter,
        runs: [...added, ...kept].sort((a, b) => compareInt64(b.run_id, a.run_id)),
        more,
      };
    });
  }, [changed]);
  // Do not show runs of another job.
  const { runs, more } = list.filter === filter ? list : noRuns(filter);
  return {
    runs,
    more,
    readMore: () => {
      const oldest = runs.at(-1)?.run_id;
      if (!more || reading.current || oldest === undefined) return;
      reading.current = true;
      client
        .get<PageRuns>(`runs?limit=${PAGE}&before=${oldest}&${filter}`)
        .then(
          (page) => {
            setList((before) => {
              // The list may have changed in the meantime.
              const isSame = before.filter === filter && before.runs.at(-1)?.run_id === oldest;
              if (!isSame) return before;
              return { filter, runs: [...before.runs, ...page.runs], more: page.more };
            });
          },
          () => undefined,
        )
        .finally(() => {
          reading.current = false;
        });
    },
  };
}

function queryOf(jobId: JobId | undefined, { outcome, name, since }: RunConditions): string {
  const query = new URLSearchParams(
    jobId === undefined ? { roots: "true" } : { job_id: String(jobId) },
  );
  if (outcome !== undefined) query.set("outcome", outcome);
  if (name !== undefined) query.set("name", name);
  if (since !== undefined) query.set("since", String(since));
  return query.toString();
}

const noRuns = (filter: string): PageRuns & { readonly filter: string } => ({
  runs: [],
  more: false,
  filter,
});

/** The current tree of a run, or an error message. */
export function useRun(
  client: PageClient,
  { changed, resyncs }: Workspace,
  runId: RunId,
): JobRunNode | string | undefined {
  const [tree, setTree] = useState<JobRunNode | string>();
  const reading = useRef({ busy: false, again: false });
  const read = (): void => {
    const { current } = reading;
    if (current.busy) {
      current.again = true;
      return;
    }
    current.busy = true;
    const before = performance.now();
    void client
      .get<JobRunNode>(`runs/${runId}`)
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
      .then((answer) => {
        setTree(answer);
        const rest = REST * (performance.now() - before);
        setTimeout(() => {
          const { again } = current;
          Object.assign(current, { busy: false, again: false });
          if (again) read();
        }, rest);
      });
  };
  useEffect(() => {
    read();
  }, [client, runId, resyncs]);
  useEffect(() => {
    const known = typeof tree === "object" ? idsOf(tree) : new Set([runId]);
    const concerns = ({ run_id, parent_run_id }: PageRun): boolean =>
      known.has(run_id) || (parent_run_id !== undefined && known.has(parent_run_id));
    if (changed.some(concerns)) read();
  }, [changed]);
  return tree;
}

function idsOf(tree: JobRunNode): Set<RunId> {
  const ids = new Set([tree.runId]);
  for (const { child } of tasksIn(tree)) if (child !== undefined) ids.add(child.runId);
  return ids;
}
