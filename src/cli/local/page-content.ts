import { setImmediate as nextTurn } from "node:timers/promises";
import { baselineFile, configVersion } from "@jobstrata/core/config";
import type { RunSource, WorkspacePage } from "@jobstrata/local/page";
import type { JobRunNode, RunId } from "@jobstrata/core/model";
import { today } from "@jobstrata/core/policy";
import { pageFiles } from "@jobstrata/core/render";
import { type ApiRun, type ApiRunOutput, RunFollower, type RunReader } from "@jobstrata/run";
import { projectConfig } from "../check/findings";
import { HierarchyThread } from "./hierarchy-thread";

/** Maximum characters of logs and traces in one response, for a task and for all tasks of a run. */
const MAX_TEXT = 20_000;
const MAX_TEXTS = 2_000_000;

/** The page of a local workspace, composed from readers, policy, drawings and the run follower. */
export function workspacePage(): WorkspacePage {
  let known: { readonly config: string; readonly baseline: readonly string[] } | undefined;
  const thread = new HierarchyThread();
  return {
    files: pageFiles,
    hierarchy: (host, jobs) => thread.draw(host, jobs),
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
      const run = (await runs.run(runId)) as ApiRun;
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
