import type { CheckedFinding } from "../../../src/core/model/check-report";
import { JobGraph } from "../../../src/core/model/job-graph";
import type { JobSpec, TaskSpec } from "../../../src/core/model/job-spec";
import {
  type Hierarchy,
  hierarchyOf,
  type HierarchyOptions,
  UnknownJobs,
} from "../../../src/core/render/hierarchy";

/** Names that mean something to one of the formats, to terminals, to file systems. */
export const HOSTILE_NAMES: readonly string[] = [
  "<script>alert(1)</script>",
  '<img src=x onerror="alert(1)">',
  'quo"te',
  "back`tick`",
  "line\nbreak\r\nand\ttab",
  "\u202Eright to left\u2066",
  "\u001b[31mred\u001b[0m\u0007\u0000",
  "end",
  "subgraph",
  "click j0 href",
  "%%{init: {'theme':'forest'}}%%",
  "a]b[c",
  "(round) {curly} |pipe|",
  "#quot;#35;&amp;&lt;b&gt;",
  "graph TD; a-->b",
  "1. first",
  "- item",
  "**bold** __dunder__ ~~gone~~ _a_ $$x$$",
  "# heading",
  "back\\slash\\n\\N\\",
  "[link](javascript:alert(1))",
  "/*comment*/ // ;",
  "classDef default fill:#f00",
  "ä\u0301 日本語 😀 \uD800",
  "../../etc/passwd",
  "CON",
  "x".repeat(4096),
  "",
  " ",
];

export function task(taskKey: string, spec: Partial<TaskSpec> = {}): TaskSpec {
  return { taskKey, types: [], dependsOn: [], onCluster: false, settings: {}, ...spec };
}

/** A task that runs the job of {@link job} with this key. */
export const runs = (key: string, spec: Partial<TaskSpec> = {}): TaskSpec =>
  task(`run_${key}`, {
    types: ["run_job_task"],
    runJob: { kind: "job", id: `jobs/${key}` },
    ...spec,
  });

export const notebook = (taskKey: string, path: string, spec: Partial<TaskSpec> = {}): TaskSpec =>
  task(taskKey, { types: ["notebook_task"], notebook: { identity: path, label: path }, ...spec });

export function job(
  key: string,
  tasks: readonly TaskSpec[] = [],
  spec: Partial<JobSpec> = {},
): JobSpec {
  return {
    id: `jobs/${key}`,
    key,
    stack: "jobs",
    tags: { job_level: tasks.some(({ runJob }) => runJob) ? "composite" : "atomic" },
    environments: [],
    tasks,
    duplicates: [],
    repeated: false,
    settings: {},
    ...spec,
  };
}

export function finding(
  jobs: readonly JobSpec[],
  rule = "notebook-in-one-job",
  severity: CheckedFinding["severity"] = "error",
): CheckedFinding {
  return {
    rule,
    severity,
    message: `${rule} says no`,
    fix: "mend it",
    fingerprint: "0",
    sites: jobs.map((each) => ({ job: each })),
  };
}

export function hierarchy(jobs: readonly JobSpec[], options: HierarchyOptions = {}): Hierarchy {
  const drawn = hierarchyOf(new JobGraph("dev", jobs), options);
  if (drawn instanceof UnknownJobs) throw new Error(`there is no ${drawn.names.join(", ")}`);
  return drawn;
}

/** Everything that is hostile: as keys of jobs and tasks, as notebooks, as rules, as an environment. */
export function hostileJobs(): { jobs: JobSpec[]; findings: CheckedFinding[] } {
  const atomic = HOSTILE_NAMES.map((name) => job(name, [notebook(name, name)], { name }));
  const all = job(
    "all",
    HOSTILE_NAMES.map((name, at) =>
      runs(name, { taskKey: name, dependsOn: HOSTILE_NAMES.slice(Math.max(0, at - 1), at) }),
    ),
  );
  return { jobs: [all, ...atomic], findings: HOSTILE_NAMES.map((name) => finding([all], name)) };
}
