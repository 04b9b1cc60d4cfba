import { compareInt64, type JobId, type RunId } from "../../model/int64";
import { useEffect, useRef, useState } from "preact/hooks";
import { meets, type RunConditions } from "../../model/run-filter";
import type { JobRunNode } from "../../model/run-tree";
import { tasksIn } from "./tasks-in";
import type { PageHierarchy, PageRun, PageRuns } from "../../model/page-answers";
import type { HierarchyDocument } from "../document";
import { type PageClient, PageFailure } from "./page-client";

/** Runs requested at once. */
const PAGE = 500;
/** Changes that follow each other closely are looked at together; milliseconds. */
const TOGETHER = 250;
/** The pause between two polls of a run, as a multiple of the time that a poll took. */
const REST = 4;

/** Everything that the page knows of the workspace. */
export interface Workspace {
  readonly connected: boolean;
  /** Why something could not be read, or why there is no connection. */
  readonly problem: string | undefined;
  readonly loggedOut: boolean;
  readonly host: string;
  /** How far the clock of the workspace is ahead of the browser's; milliseconds. */
  readonly ahead: number;
  readonly hierarchy: PageHierarchy<HierarchyDocument> | undefined;
  /** The runs that have changed last. Another object for every change. */
  readonly changed: readonly PageRun[];
  /** Grows when everything that is known of runs is to be asked for afresh. */
  readonly resyncs: number;
  /** Grows when alerts are to be asked for afresh. */
  readonly alertChanges: number;
}

/** Follows the workspace for as long as the page is there. */
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
    // The configuration of the policy may have changed while the reader was elsewhere.
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

/** Runs, newest first, as many as have been asked for. */
export interface RunList {
  readonly runs: readonly PageRun[];
  /** There are older ones. */
  readonly more: boolean;
  /** Asks for older ones. */
  readonly readMore: () => void;
}

/** The list of the runs that were not started by others, or of all runs of a job, as far as they meet the conditions. */
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
      // Some no longer meet the conditions.
      const kept = runs.filter(({ run_id: id }) => !news.has(id));
      if (added.length === 0 && kept.length === runs.length) return before;
      return {
        filter,
        runs: [...added, ...kept].sort((a, b) => compareInt64(b.run_id, a.run_id)),
        more,
      };
    });
  }, [changed]);
  // Runs of another job are not shown for this one.
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
              // The list may have become another one meanwhile.
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

/** A run, always the same, with everything below it as it is now; a text where it cannot be read. */
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
