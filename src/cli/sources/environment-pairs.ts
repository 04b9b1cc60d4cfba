import { JobGraph } from "@jobstrata/core/model";

/** An environment before and after; at least one of them. */
export interface EnvironmentPair {
  readonly old?: JobGraph;
  readonly now?: JobGraph;
}

/** Pairs environments by name; if each side has only one, pairs these. */
export function environmentPairs(
  before: readonly JobGraph[],
  after: readonly JobGraph[],
  target: string | undefined,
): EnvironmentPair[] {
  const isAsked = ({ environment }: JobGraph): boolean =>
    target === undefined || environment === target;
  const [now, ...others] = after.filter(isAsked);
  const sameName = before.find(({ environment }) => environment === now?.environment);
  const [old] = before;
  if (now !== undefined && others.length === 0 && !sameName && old !== undefined) {
    if (before.length === 1 && now.jobs.length > 0) {
      // A source without jobs does not know its environment's name.
      const named = old.jobs.length === 0 ? new JobGraph(now.environment, []) : old;
      return [{ old: named, now }];
    }
  }
  const names = [...after, ...before].filter(isAsked).map(({ environment }) => environment);
  return [...new Set(names)].flatMap((name) => {
    const find = (graphs: readonly JobGraph[]): JobGraph | undefined =>
      graphs.find(({ environment }) => environment === name);
    const [first, second] = [find(before), find(after)];
    if ((first?.jobs.length ?? 0) + (second?.jobs.length ?? 0) === 0) return [];
    return [{ ...(first && { old: first }), ...(second && { now: second }) }];
  });
}
