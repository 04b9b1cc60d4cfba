import { countChanges, type HierarchyDiff, type JobDiff, type TaskDiff } from "./hierarchy-diff";

/** A source in the JSON output. */
export interface DiffSource {
  readonly kind: string;
  readonly path: string;
  /** Git revision, if the source was read at one. */
  readonly revision?: string;
}

/** The diff as JSON; docs/graph-diff.md describes it. Text is unescaped, with secrets masked. */
export function diffJson(
  diffs: readonly HierarchyDiff[],
  { from, to }: { readonly from: DiffSource; readonly to: DiffSource },
): string {
  const document = {
    version: 1,
    from,
    to,
    summary: countChanges(diffs),
    environments: diffs.map((diff) => ({
      environment: diff.environment,
      ...(diff.was !== undefined && { environment_before: diff.was }),
      ...(diff.change !== undefined && { change: diff.change }),
      jobs_before: diff.counts.before,
      jobs_after: diff.counts.after,
      jobs: diff.jobs.map(jobJson),
      orphaned: diff.orphaned.map(({ key, wasRunBy, hasTrigger }) => ({
        job: key,
        was_run_by: wasRunBy,
        has_trigger: hasTrigger,
      })),
      adopted: diff.adopted.map(({ key, runBy }) => ({ job: key, run_by: runBy })),
      edges: diff.edges.filter(({ change }) => change !== undefined),
    })),
  };
  return JSON.stringify(document, undefined, 2);
}

function jobJson({ key, change, level, before, after, ...job }: JobDiff): object {
  const location = (after ?? before)?.source;
  return {
    job: key,
    change,
    ...(level !== undefined && { level }),
    ...(location !== undefined && { location }),
    attributes: job.attributes,
    parameters: job.parameters,
    tasks: job.tasks.map(taskJson),
  };
}

function taskJson({
  path,
  change,
  what,
  runs,
  dependsOn,
  attributes,
  parameters,
}: TaskDiff): object {
  return {
    task: path.at(-1) ?? "",
    ...(path.length > 1 && { inside: path.slice(0, -1) }),
    change,
    what,
    ...(runs !== undefined && { runs }),
    depends_on: dependsOn,
    attributes,
    parameters,
  };
}
