import { compare, type JobSpec } from "@jobstrata/core/model";
import type { States } from "./code";
import { hierarchyTags, type LiveSummary } from "./live-job";

/** How the live job of a job of the code was found. */
export type MatchedBy = "state" | "name" | "tags";

/** A job of the code and its live job. */
export interface Match {
  readonly spec: JobSpec;
  readonly live?: LiveSummary;
  readonly by?: MatchedBy;
  /** The id in the state, if the live job of that id is gone. */
  readonly gone?: string;
}

export interface Matches {
  readonly jobs: readonly Match[];
  /** Jobs of the code by the live ids of copies, which no state has. */
  readonly copies: ReadonlyMap<string, JobSpec>;
}

/**
 * Finds the live job of each job of the code: by the id in the state; without a state by the display name, and among several of
 * one name by the tags of the hierarchy, else the oldest. With a state, a live job of the name that the state lacks is a copy:
 * the answer to its creation was lost, or somebody has made it by hand.
 *
 * @param nameOf the display name as it is deployed
 * @param isForeign whether another bundle, or another target of this one, has deployed a live job
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
    // A bundle whose folder has moved finds jobs with the old one.
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

/** Ids of older jobs are lower. */
export const byAge = (a: Pick<LiveSummary, "id">, b: Pick<LiveSummary, "id">): number =>
  a.id.length - b.id.length || compare(a.id, b.id);
