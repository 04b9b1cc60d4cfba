import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { Job, type JobConfig, type JobTask } from "@cdktf/provider-databricks/lib/job";
import { DatabricksProvider } from "@cdktf/provider-databricks/lib/provider";
import { App as PlainApp, TerraformStack, Token } from "cdktf";
import type { Construct } from "constructs";
import {
  App,
  defineRule,
  JobGraph,
  type JobSpec,
  type Rule,
  type RuleOptions,
  type TaskSpec,
} from "@jobstrata/cdktf";
import { tempFolder } from "./temp-folder";

export { tempFolder };

// Specifications, as the rules get them.

export function task(taskKey: string, spec: Partial<TaskSpec> = {}): TaskSpec {
  return { taskKey, types: [], dependsOn: [], onCluster: false, settings: {}, ...spec };
}

export function notebookTask(
  taskKey: string,
  path: string,
  spec: Omit<Partial<TaskSpec>, "environmentKey"> & {
    /** Undefined for a task without one. @default "default" */
    readonly environmentKey?: string | undefined;
  } = {},
): TaskSpec {
  const { environmentKey, ...rest } = { environmentKey: "default", ...spec };
  return task(taskKey, {
    types: ["notebook_task"],
    notebook: { identity: `file:/app/${path}`, label: path },
    ...(environmentKey !== undefined && { environmentKey }),
    ...rest,
  });
}

/** A task that runs the job with this key, in the same stack. */
export function runJobTask(taskKey: string, key: string, spec: Partial<TaskSpec> = {}): TaskSpec {
  return task(taskKey, {
    types: ["run_job_task"],
    runJob: { kind: "job", id: `alerting-dev/${key}` },
    ...spec,
  });
}

export function jobSpec(key: string, spec: Partial<JobSpec> = {}): JobSpec {
  return {
    id: `alerting-dev/${key}`,
    key,
    stack: "alerting-dev",
    tags: {},
    environments: [],
    tasks: [],
    duplicates: [],
    repeated: false,
    settings: {},
    ...spec,
  };
}

export function atomicSpec(key: string, path = `${key}.py`, spec: Partial<JobSpec> = {}): JobSpec {
  return jobSpec(key, {
    tags: { job_level: "atomic" },
    environments: [{ key: "default" }],
    tasks: [notebookTask("run", path)],
    ...spec,
  });
}

export function compositeSpec(
  key: string,
  runs: readonly string[],
  spec: Partial<JobSpec> = {},
): JobSpec {
  return jobSpec(key, {
    tags: { job_level: "composite" },
    tasks: runs.map((target) => runJobTask(`run_${target}`, target)),
    ...spec,
  });
}

export interface Found {
  readonly message: string;
  readonly fix: string;
  /** `<construct path>` or `<construct path>#<task key>`. */
  readonly sites: readonly string[];
}

/** What a rule says of these jobs, as text. */
export function check(rule: Rule, jobs: readonly JobSpec[], options: RuleOptions = {}): Found[] {
  return Array.from(rule.check(new JobGraph("dev", jobs), options), ({ message, fix, sites }) => ({
    message,
    fix,
    sites: sites.map(({ job, taskKey }) =>
      taskKey === undefined ? job.id : `${job.id}#${taskKey}`,
    ),
  }));
}

// Stacks of plain cdktf with the provider package's own Job.

export function plainStack(scope: Construct, id: string): TerraformStack {
  const stack = new TerraformStack(scope, id);
  new DatabricksProvider(stack, "databricks", {});
  return stack;
}

export const SERVERLESS = [{ environmentKey: "default", spec: { environmentVersion: "4" } }];

export function notebookBlock(taskKey: string, notebookPath: string): JobTask {
  return { taskKey, environmentKey: "default", notebookTask: { notebookPath } };
}

export function atomicJob(
  stack: TerraformStack,
  id: string,
  path: string,
  config: JobConfig = {},
): Job {
  return new Job(stack, id, {
    name: id,
    tags: { job_level: "atomic" },
    environment: SERVERLESS,
    task: [notebookBlock("run", path)],
    ...config,
  });
}

/** A job id as `runJobTask` takes it: a job, an expression, or a number. */
export function jobId(job: Job | string | number): number {
  if (typeof job === "number") return job;
  return typeof job === "string" ? (job as unknown as number) : Token.asNumber(job.id);
}

export function runJobBlock(taskKey: string, job: Job | string | number): JobTask {
  return { taskKey, runJobTask: { jobId: jobId(job) } };
}

export function compositeJob(
  stack: TerraformStack,
  id: string,
  runs: Readonly<Record<string, Job | string | number>>,
): Job {
  return new Job(stack, id, {
    name: id,
    tags: { job_level: "composite" },
    task: Object.entries(runs).map(([taskKey, job]) => runJobBlock(taskKey, job)),
  });
}

// Synthesis.

/** What the policy sees of the app that `build` makes. */
export function graphsOf(build: (app: App) => void): JobGraph[] {
  const graphs: JobGraph[] = [];
  const recorder = defineRule({
    name: "recorder",
    summary: "Records what the policy sees.",
    rationale: "Tests want to know.",
    severity: "error",
    check: (graph) => {
      graphs.push(graph);
      return [];
    },
  });
  const app = new App({ outdir: tempFolder(), rules: [recorder] });
  build(app);
  app.synth();
  return graphs;
}

/** The job with this key in any environment that the policy sees. */
export function jobOf(graphs: readonly JobGraph[], key: string): JobSpec {
  const found = graphs.flatMap(({ jobs }) => jobs).filter((each) => each.key === key);
  if (found[0] === undefined || found.length > 1)
    throw new Error(`${found.length} jobs have the key ${key}`);
  return found[0];
}

/** The message of what `action` throws. */
export function messageOf(action: () => void): string {
  try {
    action();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  throw new Error("nothing was thrown");
}

/** `rule: first site` of every violation in a report. */
export function violationsIn(report: string): string[] {
  return report
    .split("\n\n")
    .filter((finding) => finding.startsWith("error "))
    .map((finding) => {
      const [, rule = "", , site = ""] =
        /^error ([\w-]+)(?: \[(.*?)\])?: .*(?:\n {2}at (\S+))?/.exec(finding) ?? [];
      return `${rule}: ${site.replace(/,$/, "")}`;
    });
}

/** What a raw `terraform plan`, or the CLI, could use of an output folder. */
export function plannable(outdir: string): string[] {
  const files: string[] = [];
  const walk = (folder: string): void => {
    if (!existsSync(folder)) return;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (/\.tf(\.json)?$|^manifest\.json$/.test(entry.name))
        files.push(relative(outdir, path));
    }
  };
  walk(outdir);
  return files.sort();
}

/** Every file below a folder with its content. */
export function contentsOf(outdir: string): Record<string, string> {
  const contents: Record<string, string> = {};
  for (const entry of readdirSync(outdir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    contents[relative(outdir, path)] = readFileSync(path, "utf8");
  }
  return contents;
}

/** Leaves a good synthesis of three stacks behind, one of which later apps no longer have. */
export function synthesizeOnce(outdir: string): void {
  const app = new PlainApp({ outdir });
  for (const id of ["alerting-dev", "alerting-prod", "retired-dev"])
    atomicJob(plainStack(app, id), "alerting_tables_job", "/Shared/alerting/tables");
  app.synth();
  if (plannable(outdir).length !== 4) throw new Error("the good synthesis wrote nothing");
}
