import { JobstrataError } from "@jobstrata/core/errors";
import type { PageJob } from "@jobstrata/local/page";
import { type CheckedFinding, type PageHierarchy, stringifyJson } from "@jobstrata/core/model";
import { readWorkspaceJobs, type Reading } from "@jobstrata/core/readers";
import {
  type HierarchyDocument,
  hierarchyDocument,
  hierarchyOf,
  UnknownJobs,
} from "@jobstrata/core/render";
import { inEnvironment, judge } from "../check/findings";

/** JSON of the drawing of all jobs, a {@link PageHierarchy} with policy findings. */
export function hierarchyJson(host: string, jobs: readonly PageJob[]): string {
  const reading = readWorkspaceJobs(host, jobs);
  const { findings, problem } = judged(reading);
  const environments = reading.graphs.flatMap((graph) => {
    const drawn = hierarchyOf(graph, { findings: inEnvironment(findings, graph.environment) });
    return drawn instanceof UnknownJobs ? [] : [hierarchyDocument(drawn)];
  });
  const hierarchy: PageHierarchy<HierarchyDocument> = {
    environments,
    ...(problem !== undefined && { problem }),
  };
  return stringifyJson(hierarchy);
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
