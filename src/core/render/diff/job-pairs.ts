import { compare } from "../../model/collections";
import type { JobSpec } from "../../model/job-spec";
import type { Hierarchy } from "../hierarchy";

/** A job before and after; one of them may be missing. */
export interface JobPair {
  /** Unique: the job's key, extended if several jobs have the same. */
  readonly key: string;
  readonly before?: JobSpec;
  readonly after?: JobSpec;
}

/** Matches the jobs of both sides by key, sorted. */
export function pairsOf(before: readonly JobSpec[], after: readonly JobSpec[]): JobPair[] {
  const groups = new Map<string, { readonly before: JobSpec[]; readonly after: JobSpec[] }>();
  const groupOf = (key: string): { readonly before: JobSpec[]; readonly after: JobSpec[] } => {
    const known = groups.get(key) ?? { before: [], after: [] };
    groups.set(key, known);
    return known;
  };
  for (const job of before) groupOf(job.key).before.push(job);
  for (const job of after) groupOf(job.key).after.push(job);
  const pairs = [...groups].flatMap(([key, group]): JobPair[] => {
    const matched = matching(group.before, group.after);
    if (matched.length === 1) return matched.map((pair) => ({ key, ...pair }));
    // Several stacks or modules may have a job with the same key.
    const seen = new Map<string, number>();
    return matched.map((pair) => {
      const name = `${(pair.after ?? pair.before)?.stack ?? ""}/${key}`;
      const count = (seen.get(name) ?? 0) + 1;
      seen.set(name, count);
      return { key: count === 1 ? name : `${name} (${count})`, ...pair };
    });
  });
  return pairs.sort((a, b) => compare(a.key, b.key));
}

/** Matches jobs of one key by id, then by stack, then by order. */
function matching(before: readonly JobSpec[], after: readonly JobSpec[]): Omit<JobPair, "key">[] {
  const old = [...before].sort((a, b) => compare(a.id, b.id));
  const now = [...after].sort((a, b) => compare(a.id, b.id));
  const pairs: Omit<JobPair, "key">[] = [];
  for (const nameOf of [(job: JobSpec) => job.id, (job: JobSpec) => job.stack, () => ""]) {
    const byName = new Map<string, JobSpec[]>();
    for (const job of now) byName.set(nameOf(job), [...(byName.get(nameOf(job)) ?? []), job]);
    for (const job of [...old]) {
      const other = byName.get(nameOf(job))?.shift();
      if (other === undefined) continue;
      pairs.push({ before: job, after: other });
      old.splice(old.indexOf(job), 1);
      now.splice(now.indexOf(other), 1);
    }
  }
  return [...pairs, ...old.map((job) => ({ before: job })), ...now.map((job) => ({ after: job }))];
}

/** Matches external jobs by id. They have no settings to compare, but can be added and removed. */
export function externalPairs(
  before: Hierarchy | undefined,
  after: Hierarchy | undefined,
): JobPair[] {
  const specs = (hierarchy: Hierarchy | undefined): Map<string, JobSpec> =>
    new Map(
      hierarchy?.jobs.flatMap(({ id, spec, isExternal }) =>
        isExternal === true ? [[id, spec]] : [],
      ),
    );
  const [old, now] = [specs(before), specs(after)];
  const pairs = [...new Set([...old.keys(), ...now.keys()])].flatMap((id): JobPair[] => {
    const [was, is] = [old.get(id), now.get(id)];
    const key = (is ?? was)?.key ?? id;
    return [{ key, ...(was && { before: was }), ...(is && { after: is }) }];
  });
  return pairs.sort((a, b) => compare(a.key, b.key));
}
