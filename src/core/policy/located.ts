import { createHash } from "node:crypto";
import type { CheckedFinding } from "../model/check-report";
import type { Finding, FindingSite } from "../model/finding";
import { leafTasks } from "../model/job-graph";
import type { JobSpec, SourceLocation } from "../model/job-spec";

/** A finding with the places of its sites, and its fingerprint. */
export interface LocatedFinding extends CheckedFinding {
  readonly sites: readonly LocatedSite[];
}

/** Where a site is, and where the job is that it belongs to. */
export interface LocatedSite extends FindingSite {
  readonly jobSource?: SourceLocation;
}

/** Says where the mistake is, and what it is known by. */
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
    // The first of those that have the same key.
    const entries = leafTasks(job as JobSpec).map((task) => [task.taskKey, task] as const);
    tasksByKey.set(job, (tasks = new Map(entries.reverse())));
  }
  return tasks.get(taskKey);
}

const tasksByKey = new WeakMap<object, ReadonlyMap<string, JobSpec["tasks"][number]>>();

/**
 * Says the same for the same mistake as long as it is in the same jobs and tasks, whatever their lines, and the same for
 * the stacks of all environments that one piece of code makes.
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
