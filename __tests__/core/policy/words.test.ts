import type { SourceKind } from "../../../src/core/model/check-report";
import { JobGraph } from "../../../src/core/model/job-graph";
import type { JobSpec } from "../../../src/core/model/job-spec";
import { RULES } from "../../../src/core/policy/rules";
import { atomicSpec, jobSpec, notebookTask, task } from "../../support/policy";

/** The messages and fixes of one rule on the same jobs, read from each kind of source. */
function said(
  name: string,
  jobs: readonly JobSpec[],
  environment = "dev",
): Record<SourceKind, string> {
  const rule = RULES.find((each) => each.name === name);
  if (rule === undefined) throw new Error(`there is no rule ${name}`);
  const of = (kind: SourceKind): string =>
    Array.from(rule.check(new JobGraph(environment, jobs, undefined, kind), {}))
      .map(({ message, fix }) => `${message}; ${fix}`)
      .join("\n");
  return {
    bundle: of("bundle"),
    terraform: of("terraform"),
    cdktf: of("cdktf"),
    workspace: of("workspace"),
  };
}

test.each<[rule: string, jobs: JobSpec[], words: Record<SourceKind, string>]>([
  [
    "job-level-tag",
    [jobSpec("seed", { tasks: [notebookTask("load", "load.py")] })],
    {
      bundle: "tag it job_level: atomic",
      terraform: 'tag it job_level = "atomic"',
      cdktf: 'tag it job_level = "atomic"',
      workspace: 'tag it job_level = "atomic"',
    },
  ],
  [
    "orchestrator-tag",
    [jobSpec("flow", { tags: { job_level: "composite" } })],
    {
      bundle: 'tag it orchestrator: "true"',
      terraform: 'tag it orchestrator = "true"',
      cdktf: 'tag it orchestrator = "true"',
      workspace: 'tag it orchestrator = "true"',
    },
  ],
  [
    "environment-key",
    [jobSpec("seed", { environments: [], tasks: [task("load", { types: ["dbt_task"] })] })],
    {
      bundle: "define an environment below environments and",
      terraform: "define an environment in an environment block and",
      cdktf: "define an environment in environments and",
      workspace: "define an environment in the environments and",
    },
  ],
  [
    "job-cluster-key",
    [jobSpec("seed", { tasks: [task("load", { jobClusterKey: "small", onCluster: true })] })],
    {
      bundle: "with that key below job_clusters",
      terraform: "with that key in a job_cluster block",
      cdktf: "with that key in jobClusters",
      workspace: "with that key in the job clusters",
    },
  ],
  [
    "orphan-atomic",
    [atomicSpec("seed", "seed.py"), jobSpec("flow", { tags: { job_level: "composite" } })],
    {
      bundle: "no job of this target",
      terraform: "no job of this environment",
      cdktf: "no job of this environment",
      workspace: "no job of this environment",
    },
  ],
  [
    "name-prefix",
    [jobSpec("seed", { name: "Seed" })],
    {
      bundle: 'does not begin with its target; begin it with "[${bundle.target}] "',
      terraform: 'begin it with "[dev] "',
      cdktf: 'does not begin with its environment; begin it with "[dev] "',
      workspace: 'begin it with "[dev] "',
    },
  ],
  [
    "schedule-paused",
    [jobSpec("seed", { triggers: [{ kind: "schedule", paused: false }] })],
    {
      bundle: "set its pause_status to PAUSED, or the mode of the target to development",
      terraform: "set its pause_status to PAUSED",
      cdktf: "set its pause_status to PAUSED",
      workspace: "set its pause_status to PAUSED",
    },
  ],
  [
    "job-reference",
    [
      jobSpec("flow", {
        tasks: [task("run", { types: ["run_job_task"], runJob: { kind: "literal", jobId: "1" } })],
      }),
    ],
    {
      bundle: "write ${resources.jobs.KEY.id}",
      terraform: "write databricks_job.NAME.id",
      cdktf: "addRunJobTask takes the job",
      workspace: "set it to the id of a job that exists",
    },
  ],
])("%s speaks to its readers in the words of their source", (rule, jobs, words) => {
  const found = said(rule, jobs);
  for (const [kind, expected] of Object.entries(words))
    expect({ kind, text: found[kind as SourceKind] }).toEqual({
      kind,
      text: expect.stringContaining(expected) as string,
    });
});

test("no fix speaks of YAML, targets or bundles to who has none", () => {
  const jobs = [
    jobSpec("seed", {
      tasks: [
        task("load", { types: [] }),
        task("report", { types: ["dbt_task"], dependsOn: ["laod"] }),
        task("run", { types: ["run_job_task"] }),
        notebookTask("a", "a.py"),
        notebookTask("a", "a.py"),
      ],
      triggers: [{ kind: "schedule", paused: false }],
    }),
  ];
  for (const kind of ["terraform", "cdktf", "workspace"] as const) {
    const graph = new JobGraph("dev", jobs, undefined, kind);
    const texts = RULES.flatMap((rule) =>
      Array.from(rule.check(graph, {})).map(({ message, fix }) => `${message}; ${fix}`),
    );
    expect(texts.length).toBeGreaterThan(5);
    expect(texts.join("\n")).not.toMatch(
      /\btarget|\bbundle|YAML|resources\.jobs|\bbelow (?:env|job|param)/,
    );
  }
});
