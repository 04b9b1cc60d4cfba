import { configVersion } from "@jobstrata/core/config";
import { JobstrataError } from "@jobstrata/core/errors";
import type { PageJob, RunSource, WorkspacePage } from "@jobstrata/local/page";
import type { CheckedFinding, JobRunNode, PageHierarchy, RunId } from "@jobstrata/core/model";
import { readWorkspaceJobs, type Reading } from "@jobstrata/core/readers";
import {
  type HierarchyDocument,
  hierarchyDocument,
  hierarchyOf,
  UnknownJobs,
  pageFiles,
} from "@jobstrata/core/render";
import { type ApiRun, type ApiRunOutput, RunFollower, type RunReader } from "@jobstrata/run";
import { inEnvironment, judge } from "../check/findings";

/** Maximum text of the logs and the trace of a task, and of all tasks of a run, in one response; characters. */
const MAX_TEXT = 20_000;
const MAX_TEXTS = 2_000_000;

/** The page of a local workspace, composed of readers, policy, drawings and the follower of runs. */
export function workspacePage(): WorkspacePage {
  return { files: pageFiles, hierarchy, tree, version: () => configVersion(".") };
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

/** Jobs are drawn even if the configuration of the rules is invalid. */
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
  return new RunFollower(readerOf(runId, runs), runId).lookAtAll();
}

/** Reads the runs of this process. What runs below the one that is followed is known here, and need not be looked for. */
function readerOf(root: RunId, runs: RunSource): RunReader {
  let below: readonly ApiRun[] | undefined;
  let left = MAX_TEXTS;
  const end = (text: string | undefined): string | undefined => {
    const kept = text?.slice(-Math.min(MAX_TEXT, left));
    left = Math.max(1, left - (kept?.length ?? 0));
    return kept;
  };
  return {
    getRun: (runId) => Promise.resolve(runs.run(runId) as ApiRun),
    listRuns: () => {
      below ??= runs.below(root) as ApiRun[];
      return Promise.resolve({ runs: below });
    },
    getOutput: (runId) => {
      const output = runs.output(runId) as ApiRunOutput;
      const [logs, error_trace] = [end(output.logs), end(output.error_trace)];
      return Promise.resolve({
        ...output,
        ...(logs !== undefined && { logs }),
        ...(error_trace !== undefined && { error_trace }),
      });
    },
  };
}
