import { setImmediate as nextTurn } from "node:timers/promises";
import { baselineFile, configVersion } from "@jobstrata/core/config";
import { JobstrataError } from "@jobstrata/core/errors";
import type { PageJob, RunSource, WorkspacePage } from "@jobstrata/local/page";
import type { CheckedFinding, JobRunNode, PageHierarchy, RunId } from "@jobstrata/core/model";
import { today } from "@jobstrata/core/policy";
import { readWorkspaceJobs, type Reading } from "@jobstrata/core/readers";
import {
  type HierarchyDocument,
  hierarchyDocument,
  hierarchyOf,
  UnknownJobs,
  pageFiles,
} from "@jobstrata/core/render";
import { type ApiRun, type ApiRunOutput, RunFollower, type RunReader } from "@jobstrata/run";
import { inEnvironment, judge, projectConfig } from "../check/findings";

/** Maximum characters of logs and traces in one response, for a task and for all tasks of a run. */
const MAX_TEXT = 20_000;
const MAX_TEXTS = 2_000_000;

/** The page of a local workspace, composed from readers, policy, drawings and the run follower. */
export function workspacePage(): WorkspacePage {
  let known: { readonly config: string; readonly baseline: readonly string[] } | undefined;
  return {
    files: pageFiles,
    hierarchy,
    tree,
    version: () => {
      const config = configVersion(".");
      if (known?.config !== config) known = { config, baseline: baselineOf() };
      // Suppressions expire with time.
      return `${configVersion(".", known.baseline)} ${today()}`;
    },
  };
}

/** The baseline file, unless the configuration is invalid. */
function baselineOf(): readonly string[] {
  try {
    return [baselineFile(projectConfig())];
  } catch {
    return [];
  }
}

function hierarchy(host: string, jobs: readonly PageJob[]): PageHierarchy<HierarchyDocument> {
  const reading = readWorkspaceJobs(host, jobs);
  const { findings, problem } = judged(reading);
  const environments = reading.graphs.flatMap((graph) => {
    const drawn = hierarchyOf(graph, { findings: inEnvironment(findings, graph.environment) });
    return drawn instanceof UnknownJobs ? [] : [hierarchyDocument(drawn)];
  });
  return { environments, ...(problem !== undefined && { problem }) };
}

/** Jobs are drawn even if the rules' configuration is invalid. */
function judged(reading: Reading): {
  readonly findings: readonly CheckedFinding[];
  readonly problem?: string;
} {
  try {
    return { findings: judge([reading]) };
  } catch (error) {
    if (!(error instanceof JobstrataError)) throw error;
    return { findings: [], problem: error.message };
  }
}

async function tree(runId: RunId, runs: RunSource): Promise<JobRunNode> {
  const found = await new RunFollower(readerOf(runId, runs), runId).lookAtAll();
  await nextTurn();
  return found;
}

/**
 * Reads the runs of this process. It already knows the nested runs of a run, so it need not look for them. Yields between the
 * parts of a large tree, so that other requests are answered.
 */
function readerOf(root: RunId, runs: RunSource): RunReader {
  let below: ApiRun[] | undefined;
  let left = MAX_TEXTS;
  const end = (text: string | undefined): string | undefined => {
    const kept = text?.slice(-Math.min(MAX_TEXT, left));
    left = Math.max(1, left - (kept?.length ?? 0));
    return kept;
  };
  return {
    getRun: async (runId) => {
      const run = runs.run(runId) as ApiRun;
      await nextTurn();
      return run;
    },
    listRuns: async () => {
      if (below === undefined) {
        below = [];
        for await (const run of runs.below(root)) below.push(run as ApiRun);
        await nextTurn();
      }
      return { runs: below };
    },
    getOutput: async (runId) => {
      await nextTurn();
      const output = runs.output(runId) as ApiRunOutput;
      const [logs, error_trace] = [end(output.logs), end(output.error_trace)];
      return {
        ...output,
        ...(logs !== undefined && { logs }),
        ...(error_trace !== undefined && { error_trace }),
      };
    },
  };
}
