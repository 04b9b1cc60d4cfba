import type { RuleMatch } from "../../src/model/finding";
import { JobGraph } from "../../src/model/job-graph";
import type { JobSpec, TaskSpec } from "../../src/model/job-spec";
import type { Rule } from "../../src/policy/rule";

/** A well-formed atomic job, but for what is given. */
export function atomic(key: string, over: Partial<JobSpec> = {}): JobSpec {
  return {
    ...bare(key),
    tags: { job_level: "atomic" },
    environmentKeys: ["default"],
    tasks: [notebookTask(`${key}_task`, `/Shared/${key}`)],
    ...over,
  };
}

/** A well-formed composite job that runs the jobs given. */
export function composite(
  key: string,
  runs: readonly JobSpec[],
  over: Partial<JobSpec> = {},
): JobSpec {
  return {
    ...bare(key),
    tags: { job_level: "composite" },
    tasks: runs.map((job) => runTask(`run_${job.key}`, job)),
    ...over,
  };
}

export function notebookTask(
  taskKey: string,
  path: string,
  over: Partial<TaskSpec> = {},
): TaskSpec {
  return {
    ...bareTask(taskKey, "notebook_task"),
    notebook: { identity: `workspace:${path}`, label: path },
    environmentKey: "default",
    ...over,
  };
}

export function runTask(
  taskKey: string,
  job: Pick<JobSpec, "id">,
  over: Partial<TaskSpec> = {},
): TaskSpec {
  return { ...bareTask(taskKey, "run_job_task"), runJob: { kind: "job", id: job.id }, ...over };
}

export function bareTask(taskKey: string, ...types: string[]): TaskSpec {
  return { taskKey, types, dependsOn: [], onCluster: false };
}

function bare(key: string): JobSpec {
  return {
    id: `alerting-dev/${key}`,
    key,
    stack: "alerting-dev",
    tags: {},
    environmentKeys: [],
    tasks: [],
    duplicates: [],
    repeated: false,
  };
}

/** What a rule finds, with every site as `job id` or `job id#task`. */
export function findings(
  rule: Rule,
  ...jobs: JobSpec[]
): { message: string; fix: string; sites: string[] }[] {
  return Array.from(
    rule.check(new JobGraph("dev", jobs)),
    ({ message, fix, sites }: RuleMatch) => ({
      message,
      fix,
      sites: sites.map(({ job, taskKey }) =>
        taskKey === undefined ? job.id : `${job.id}#${taskKey}`,
      ),
    }),
  );
}

/** Jobs against which a rule has nothing. */
export function itAccepts(rule: Rule, cases: Readonly<Record<string, readonly JobSpec[]>>): void {
  it.each(Object.entries(cases))("accepts %s", (_, jobs) => {
    expect(findings(rule, ...jobs)).toEqual([]);
  });
}
