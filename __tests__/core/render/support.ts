import type { CheckedFinding } from "../../../src/core/model/check-report";
import { JobGraph } from "../../../src/core/model/job-graph";
import type { JobSpec, TaskSpec } from "../../../src/core/model/job-spec";
import { type Setting, type Settings, textAt } from "../../../src/core/model/settings";
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

/** The job with the settings that a reader would have found its other fields in, beside those that it has. */
export function settled(spec: JobSpec): JobSpec {
  const { name, description, tags, parameters, maxConcurrentRuns, timeoutSeconds, runAs } = spec;
  const { environments, jobClusterKeys, triggers, notifications, owner } = spec;
  const tasks = spec.tasks.map(settledTask);
  const settings: Record<string, Setting | undefined> = {
    name,
    description,
    tags,
    max_concurrent_runs: maxConcurrentRuns,
    timeout_seconds: timeoutSeconds,
    run_as: runAs && { user_name: runAs.user ?? "" },
    access_control_list: owner && [{ permission_level: "IS_OWNER", user_name: owner.user ?? "" }],
    parameters: parameters?.map(({ name: key, default: value = "" }) => ({
      name: key,
      default: value,
    })),
    environments: environments.map(({ key, version }) => ({
      environment_key: key,
      ...(version !== undefined && { spec: { environment_version: version } }),
    })),
    job_clusters: jobClusterKeys?.map((key) => ({ job_cluster_key: key })),
    tasks: sortedBy(
      "task_key",
      tasks.map((each) => each.settings),
    ),
    ...Object.fromEntries(
      (triggers ?? []).map(({ kind, detail = "", paused }) => [
        kind,
        { quartz_cron_expression: detail, ...(paused === true && { pause_status: "PAUSED" }) },
      ]),
    ),
    ...Object.fromEntries(
      (notifications ?? []).map(({ channel, event, to = [] }) => [
        `${channel}_notifications`,
        { [event]: to },
      ]),
    ),
    ...spec.settings,
  };
  return { ...spec, tasks, settings: defined(settings) };
}

function settledTask(spec: TaskSpec): TaskSpec {
  const { taskKey, types, notebook: file, parameters, dependsOn, outcomes, condition } = spec;
  const inner = spec.forEach && settledTask(spec.forEach);
  const blocks = types.map((type) => [
    type,
    defined({
      ...(type === "notebook_task" && { notebook_path: file?.label, base_parameters: parameters }),
      ...(type === "run_job_task" && { job_id: "1", job_parameters: parameters }),
      ...(type === "for_each_task" && { inputs: spec.forEachInputs, task: inner?.settings }),
      ...(type === "condition_task" && condition),
    }),
  ]);
  const settings = {
    task_key: taskKey,
    ...(Object.fromEntries(blocks) as Settings),
    depends_on: sortedBy(
      "task_key",
      dependsOn.map((key) => {
        const outcome = outcomes?.get(key);
        return { task_key: key, ...(outcome !== undefined && { outcome }) };
      }),
    ),
    environment_key: spec.environmentKey,
    max_retries: spec.maxRetries,
    run_if: spec.runIf,
    disabled: spec.disabled,
    ...spec.settings,
  };
  return { ...spec, ...(inner && { forEach: inner }), settings: defined(settings) };
}

const sortedBy = (key: string, items: readonly Settings[]): Settings[] =>
  [...items].sort((a, b) => ((textAt(a, key) ?? "") < (textAt(b, key) ?? "") ? -1 : 1));

const defined = (settings: Readonly<Record<string, Setting | undefined>>): Settings =>
  Object.fromEntries(
    Object.entries(settings).flatMap(([key, value]) =>
      value === undefined || (Array.isArray(value) && value.length === 0) ? [] : [[key, value]],
    ),
  );

export function finding(
  jobs: readonly JobSpec[],
  rule = "notebook-in-one-job",
  severity: CheckedFinding["severity"] = "error",
): CheckedFinding {
  return {
    rule,
    severity,
    message: `${rule} says no`,
    fix: "fix it",
    environments: [],
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
