import { canonical, type JobSpec, type Settings } from "@jobstrata/core/model";
import type { JobDiff } from "@jobstrata/core/render";

/** Jobs with a new key: an added job that equals a removed one except for its name. */
export function renamedJobs(diffs: readonly JobDiff[]): Map<JobSpec, JobDiff> {
  const gone = new Map<string, JobDiff[]>();
  for (const diff of diffs) {
    if (diff.change !== "removed" || diff.before === undefined) continue;
    const same = sameAs(diff.before);
    gone.set(same, [...(gone.get(same) ?? []), diff]);
  }
  const renamed = new Map<JobSpec, JobDiff>();
  for (const { change, after } of diffs) {
    if (change !== "added" || after === undefined) continue;
    const from = gone.get(sameAs(after))?.shift();
    if (from !== undefined) renamed.set(after, from);
  }
  return renamed;
}

/** Equal for jobs that differ only in name and description. */
function sameAs({ settings, tasks }: JobSpec): string {
  const others: Settings = { ...settings, name: "", description: "" };
  const notebooks = tasks.map(({ notebook }) => notebook?.identity ?? "");
  return `${canonical(others)} ${notebooks.join(" ")}`;
}
