import { posix } from "node:path";
import { JOB_LEVEL_TAG, type JobRef, textAt } from "@jobstrata/core/model";
import type { ImportedEnvironment } from "../import-source";
import type { TypedJob } from "../typed/plan";
import type { Value } from "../typed/value";
import { divide, mapValues, vary, varyProps } from "./divide";
import type { JobPlan } from "./job-plans";
import type { ImportedJob, ProjectJobs } from "./jobs";
import { OWN_TAGS, SharedProps } from "./shared-props";

/** An environment's defaults and overrides. */
export interface EnvironmentPlan {
  readonly environment: ImportedEnvironment;
  readonly prefix: string;
  readonly hierarchyTags: boolean;
  /** Props that all typed jobs share, as props of the environment. */
  readonly shared: SharedProps;
  /** By job key and prop. */
  readonly overrides: Record<string, Record<string, Value>>;
}

/** The environments, and the typed jobs without the props that the environments set. */
export interface Plans {
  readonly environments: readonly EnvironmentPlan[];
  readonly jobs: ReadonlyMap<ImportedJob, TypedJob>;
}

/** Moves shared props and props that differ by environment from the jobs to the environments. */
export function planEnvironments(
  environments: readonly ImportedEnvironment[],
  jobs: ProjectJobs,
  jobPlans: ReadonlyMap<ImportedJob, JobPlan>,
  target: (environment: string, ref: JobRef) => Value,
): Plans {
  const typed = new Map(
    jobs.all.flatMap((job): [ImportedJob, ReadonlyMap<string, TypedJob>][] => {
      const plan = jobPlans.get(job);
      return plan === undefined || "because" in plan ? [] : [[job, plan.typed]];
    }),
  );
  const hierarchyTags = [...typed.values()].every((plans) => [...plans.values()].every(conform));
  const plans = environments.map((environment): EnvironmentPlan => {
    const { name } = environment;
    const own = [...typed.values()].flatMap((each) => each.get(name) ?? []);
    const names = jobs.all.flatMap(({ byEnvironment }) => {
      const each = byEnvironment.get(name);
      return each === undefined ? [] : [textAt(each.settings, "name") ?? "Untitled"];
    });
    return {
      environment,
      prefix: prefixOf(names, name),
      hierarchyTags,
      shared: new SharedProps(own),
      overrides: {},
    };
  });
  const merged = [...typed].map(([job, each]) => [job, merge(job, each, plans, target)] as const);
  return { environments: plans, jobs: new Map(merged) };
}

/** Splits a job's props into common ones and overrides by environment. */
function merge(
  job: ImportedJob,
  typed: ReadonlyMap<string, TypedJob>,
  plans: readonly EnvironmentPlan[],
  target: (environment: string, ref: JobRef) => Value,
): TypedJob {
  const all = new Map<string, Record<string, Value>>();
  for (const { environment, prefix, hierarchyTags, shared } of plans) {
    const plan = typed.get(environment.name);
    if (plan === undefined) continue;
    const props: Record<string, Value> = { ...plan.props };
    const { name } = props;
    if (typeof name === "string" && name.startsWith(prefix)) props.name = name.slice(prefix.length);
    shared.takeFrom(props, job.level);
    splitTags(props, job, hierarchyTags);
    all.set(environment.name, props);
  }
  const { base, overrides } = divide(all);
  for (const [name, values] of Object.entries(overrides)) {
    for (const [environment, value] of Object.entries(values)) {
      const plan = plans.find((each) => each.environment.name === environment);
      if (plan !== undefined) (plan.overrides[job.key] ??= {})[name] = value;
    }
  }
  const [[environment, first] = []] = typed;
  if (environment === undefined || first === undefined)
    return { level: job.level, props: base, tasks: [] };
  const notebook = vary(mapValues(typed, (plan) => plan.notebook));
  const taskKey = vary(mapValues(typed, (plan) => plan.taskKey));
  const isDefaultKey = typeof taskKey === "string" && taskKey === stemOf(first.notebook);
  return {
    level: job.level,
    props: base,
    ...(notebook !== undefined && { notebook }),
    ...(taskKey !== undefined && !isDefaultKey && { taskKey: taskKey as string }),
    tasks: first.tasks.map((task, at) => ({
      ...task,
      ...(task.target && { target: target(environment, task.target) as never }),
      props: varyProps(mapValues(typed, (plan) => plan.tasks[at]?.props ?? {})),
    })),
  };
}

/** The prefix of all names in an environment, and the environment that it names. */
function prefixOf(names: readonly string[], environment: string): string {
  const [first = ""] = names;
  let prefix = "";
  for (const [group] of first.matchAll(/\[[^\]]*\]\s+/gy)) {
    const says =
      group.includes("${bundle.target}") ||
      group.includes("${workspace.current_user") ||
      new RegExp(`\\b${environment.replace(/[^\w-]/g, ".")}\\b`).test(group);
    if (!says || !names.every((name) => name.startsWith(prefix + group))) break;
    prefix += group;
  }
  return names.every((name) => name.length > prefix.length) ? prefix : "";
}

/** Whether a job's tags equal those that its class sets. */
function conform({ level, props }: TypedJob): boolean {
  const tags = (props.tags ?? {}) as Readonly<Record<string, string>>;
  const orchestrator = level === "atomic" ? undefined : "true";
  return (
    tags[JOB_LEVEL_TAG] === level &&
    tags.orchestrator === orchestrator &&
    tags.layer !== undefined &&
    tags.layer.trim() !== "" &&
    (tags.purpose ?? "").trim() !== ""
  );
}

/** Removes the tags that the class, the stack and props set. */
function splitTags(props: Record<string, Value>, job: ImportedJob, hierarchyTags: boolean): void {
  const all = (props.tags ?? {}) as Readonly<Record<string, string>>;
  if (!hierarchyTags) {
    // The class requires a word for a level that has no tag here.
    props.purpose = job.key.replace(/_job$/, "");
    return;
  }
  const { layer = "", purpose = "" } = all;
  const rest = Object.fromEntries(Object.entries(all).filter(([tag]) => !OWN_TAGS.has(tag)));
  delete props.tags;
  if (layer !== job.layer) props.layer = layer;
  props.purpose = purpose;
  if (Object.keys(rest).length > 0) props.tags = rest;
}

/** The notebook's name, which is the default of the task key. */
function stemOf(notebook: Value | undefined): string | undefined {
  if (typeof notebook !== "object" || !("$call" in notebook)) return undefined;
  const [argument] = (notebook as { args: readonly Value[] }).args;
  const path =
    typeof argument === "string"
      ? argument
      : typeof argument === "object" && !Array.isArray(argument)
        ? ((argument as { $file?: string; path?: string }).$file ??
          (argument as { path?: string }).path ??
          "")
        : "";
  return posix.basename(path, posix.extname(path));
}
