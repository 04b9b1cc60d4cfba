import { createHash } from "node:crypto";
import type { CheckedFinding } from "../model/check-report";
import type { Finding, FindingSite } from "../model/finding";
import { leafTasks } from "../model/job-graph";
import type { JobSpec } from "../model/job-spec";
import type { SourceLocation } from "../model/source-location";

/** A finding with the locations of its sites and its fingerprint. */
export interface LocatedFinding extends CheckedFinding {
  readonly sites: readonly LocatedSite[];
}

/** Location of a site, and of the job that it belongs to. */
export interface LocatedSite extends FindingSite {
  readonly jobSource?: SourceLocation;
}

/** Adds the location of the mistake, and its fingerprint. */
export function located(finding: Finding): LocatedFinding {
  const sites = finding.sites.map((site): LocatedSite => {
    const jobSource = site.job.source;
    const source = site.source ?? taskOf(site)?.source ?? jobSource;
    const notebook = site.notebook ?? taskOf(site)?.notebook?.label;
    return {
      ...site,
      ...(source !== undefined && { source }),
      ...(jobSource !== undefined && { jobSource }),
      ...(notebook !== undefined && { notebook }),
    };
  });
  const location = finding.location ?? sites[0]?.source;
  const { environment, ...rest } = finding;
  return {
    ...rest,
    environments: environment === undefined ? [] : [environment],
    sites,
    ...(location !== undefined && { location }),
    fingerprint: fingerprintOf(finding),
  };
}

function taskOf({ job, taskKey }: FindingSite): JobSpec["tasks"][number] | undefined {
  if (taskKey === undefined || !("tasks" in job)) return undefined;
  let tasks = tasksByKey.get(job);
  if (tasks === undefined) {
    // The first job with this key.
    const entries = leafTasks(job as JobSpec).map((task) => [task.taskKey, task] as const);
    tasksByKey.set(job, (tasks = new Map(entries.reverse())));
  }
  return tasks.get(taskKey);
}

const tasksByKey = new WeakMap<object, ReadonlyMap<string, JobSpec["tasks"][number]>>();

/**
 * The fingerprint depends on the mistake's jobs and tasks, not on line numbers, and is the same in all environments made by one
 * piece of code.
 */
function fingerprintOf(finding: Finding): string {
  const { rule, message, identity = message, sites, location } = finding;
  const where = sites.map(({ job, taskKey = "" }) => [job.definition ?? job.id, taskKey]);
  const file = sites.length === 0 ? (location?.file ?? "") : "";
  return createHash("sha256")
    .update(JSON.stringify([rule, identity, where, file]))
    .digest("hex")
    .slice(0, 32);
}
