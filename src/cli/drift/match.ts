import { compare, type JobSpec } from "@jobstrata/core/model";
import type { States } from "./code";
import { hierarchyTags, type LiveSummary } from "./live-job";

/** How a live job was matched. */
export type MatchedBy = "state" | "name" | "tags";

/** One of the code's jobs and its live job. */
export interface Match {
  readonly spec: JobSpec;
  readonly live?: LiveSummary;
  readonly by?: MatchedBy;
  /** The id in the state, if no live job has it. */
  readonly gone?: string;
}

export interface Matches {
  readonly jobs: readonly Match[];
  /** The code's jobs by the live ids of their copies, which are in no state. */
  readonly copies: ReadonlyMap<string, JobSpec>;
}

/**
 * Matches the code's jobs with live jobs: by the id in the state, or without a state by display name. If several have that
 * name, the hierarchy's tags decide, else the oldest is taken. With a state, other live jobs with the same name are copies:
 * they were made by hand, or the response to their creation was lost.
 *
 * @param nameOf returns the deployed display name
 * @param isForeign whether a live job was deployed by another bundle, or another target of this one
 */
export function matchJobs(
  specs: readonly JobSpec[],
  states: States,
  live: { summary(id: string): LiveSummary | undefined; summaries(): Iterable<LiveSummary> },
  nameOf: (spec: JobSpec) => string,
  isForeign: (summary: LiveSummary) => boolean,
): Matches {
  const taken = new Set([
    ...states.ids.values(),
    ...states.forgotten.keys(),
    ...states.elsewhere.keys(),
  ]);
  const byName = new Map<string, LiveSummary[]>();
  for (const summary of live.summaries()) {
    const same = byName.get(summary.name);
    if (same === undefined) byName.set(summary.name, [summary]);
    else same.push(summary);
  }
  const copies = new Map<string, JobSpec>();
  const jobs = specs.map((spec): Match => {
    const id = states.ids.get(spec.id);
    const found = id === undefined ? undefined : live.summary(id);
    const free = (byName.get(nameOf(spec)) ?? []).filter((each) => !taken.has(each.id));
    const own = free.filter((each) => !isForeign(each));
    if (id !== undefined || states.isKnown(spec)) {
      for (const each of own) copies.set(each.id, spec);
      if (found !== undefined) return { spec, live: found, by: "state" };
      return { spec, ...(id !== undefined && { gone: id }) };
    }
    // If the bundle's folder has moved, its jobs look foreign.
    const namesakes = own.length > 0 ? own : free;
    const [oldest, another] = namesakes.sort(byAge);
    if (oldest === undefined) return { spec };
    const tags = hierarchyTags(spec.tags);
    const [tagged, second] = namesakes.filter((each) => each.tags === tags);
    const isTold = another !== undefined && tagged !== undefined && second === undefined;
    const chosen = isTold ? tagged : oldest;
    taken.add(chosen.id);
    return { spec, live: chosen, by: isTold ? "tags" : "name" };
  });
  return { jobs, copies };
}

/** Sorts oldest first: older jobs have lower ids. */
export const byAge = (a: Pick<LiveSummary, "id">, b: Pick<LiveSummary, "id">): number =>
  a.id.length - b.id.length || compare(a.id, b.id);
