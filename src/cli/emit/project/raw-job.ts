import { JOB_SCHEMA, type ObjectShape, type Shape } from "@jobstrata/core/model";
import type { JobRef, JobSpec, TaskSpec } from "@jobstrata/core/model";
import { canonical, isSettings, type Setting, type Settings, textAt } from "@jobstrata/core/model";
import type { ImportFramework } from "../import-source";
import { NotExpressible } from "../not-expressible";
import { camelCase, type Value } from "../typed/value";

/**
 * Settings that neither provider supports, and settings that only CDKTN's supports, by the last parts of their paths.
 * `__tests__/cli/emit/raw-job.test.ts` compares them with the providers' schemas.
 */
export const UNSUPPORTED: readonly string[] = [
  "new_cluster.autotermination_minutes",
  "trigger.table",
];
export const ONLY_CDKTN: readonly string[] = [
  "new_cluster.dependency_mode",
  "new_cluster.driver_node_type_flexibility",
  "new_cluster.worker_node_type_flexibility",
  "azure_attributes.capacity_reservation_group",
  "gcp_attributes.confidential_compute_type",
  "continuous.maintenance_window",
  "deployment.deployment_id",
  "deployment.version_id",
  "spec.base_environment",
  "git_source.sparse_checkout",
  "job_clusters.serverless_compute_id",
  "parent_path",
  "run_as.group_name",
  "schedule.sql_condition",
  "ai_runtime_task",
  "alert_task",
  "dashboard_task.filters",
  "pipeline_task.full_refresh_selection",
  "pipeline_task.refresh_flow_selection",
  "pipeline_task.refresh_selection",
  "pipeline_task.reset_checkpoint_selection",
  "pipeline_task.parameters",
  "pipeline_params.full_refresh_selection",
  "pipeline_params.refresh_flow_selection",
  "pipeline_params.refresh_selection",
  "pipeline_params.reset_checkpoint_selection",
  "python_operator_task",
  "tasks.compute",
  "task.compute",
  "trigger.sql_condition",
  "triggers",
];

/** Resolves a generated `Job`'s references to anything but plain data. */
interface RawContext {
  readonly framework: ImportFramework;
  /** The `job_id` of a Run Job task. */
  readonly jobId: (ref: JobRef, where: string) => Value;
  /** The uploaded file that a path refers to; undefined for a workspace path. */
  readonly file: (
    path: string,
    isNotebook: boolean,
    task: TaskSpec | undefined,
    where: string,
  ) => Value | undefined;
}

/** The arguments of a generated `Job`. @throws {NotExpressible} */
export function planRaw(
  job: JobSpec,
  settings: Settings,
  context: RawContext,
): Record<string, Value> {
  const { access_control_list: _, queue, ...rest } = settings;
  const raw = new RawJob(job, context);
  const config = raw.object(rest, JOB_SCHEMA, "", undefined);
  if (settings.continuous === undefined) {
    const enabled = isSettings(queue) && queue.enabled === false ? false : true;
    config.queue = { enabled };
  }
  return config;
}

/** Access controls as `Permissions` takes them. */
export function rawPermissions(settings: Settings): Value[] {
  const { access_control_list: entries } = settings;
  if (entries === undefined) return [];
  if (!Array.isArray(entries)) throw new NotExpressible("permissions", "is not a list");
  return (entries as readonly Setting[]).map((entry) => {
    if (!isSettings(entry)) throw new NotExpressible("permissions", "is not a list of entries");
    return Object.fromEntries(
      Object.entries(entry).map(([name, value]) => [
        camelCase(name),
        typeof value === "string" ? value : canonical(value),
      ]),
    );
  });
}

class RawJob {
  readonly #job: JobSpec;
  readonly #context: RawContext;
  readonly #isGit: boolean;

  public constructor(job: JobSpec, context: RawContext) {
    this.#job = job;
    this.#context = context;
    this.#isGit = job.settings.git_source !== undefined;
  }

  public object(
    settings: Settings,
    shape: ObjectShape,
    path: string,
    task: TaskSpec | undefined,
  ): Record<string, Value> {
    const inverse = new Map(Object.entries(shape.terraform ?? {}).map(([tf, api]) => [api, tf]));
    const result: Record<string, Value> = {};
    if (path.endsWith(".notebook_task") && settings.notebook_path === undefined)
      throw new NotExpressible(`${path}.notebook_path`, "is missing");
    for (const [name, value] of Object.entries(settings)) {
      const where = path === "" ? name : `${path}.${name}`;
      if (name === "lifecycle" && path === "") {
        result.lifecycle = lifecycleOf(value);
        continue;
      }
      const inner = shape.fields[name];
      if (inner === undefined) throw new NotExpressible(where, "is not a setting of a job");
      this.#checkSupported(where);
      const written = camelCase(inverse.get(name) ?? name);
      const converted = this.#value(value, inner, where, settings, task);
      if (converted !== undefined) result[written] = converted;
    }
    return result;
  }

  #checkSupported(where: string): void {
    const plain = where.replace(/\[[^\]]*\]/g, "");
    const isMeant = (end: string): boolean => plain === end || plain.endsWith(`.${end}`);
    if (UNSUPPORTED.some(isMeant))
      throw new NotExpressible(where, "is not an argument of the Terraform provider");
    if (this.#context.framework === "cdktf" && ONLY_CDKTN.some(isMeant)) {
      throw new NotExpressible(
        where,
        "is not an argument of the Terraform provider that CDKTF is bound to; --framework cdktn has it",
      );
    }
  }

  #value(
    value: Setting,
    shape: Shape,
    where: string,
    part: Settings,
    task: TaskSpec | undefined,
  ): Value | undefined {
    const mismatch = (): never => {
      throw new NotExpressible(where, "has the wrong type for the setting");
    };
    if (value === null) return mismatch();
    switch (shape.kind) {
      case "string":
        if (typeof value === "object") return mismatch();
        if (shape.isJobId === true) return this.#jobId(task, where);
        if (shape.isPath === true) return this.#path(String(value), where, part, task);
        return String(value);
      case "number":
        if (typeof value === "number") return value;
        return typeof value === "string" && value.includes("${")
          ? { $call: "Token.asNumber", args: [value] }
          : mismatch();
      case "boolean":
        if (typeof value === "boolean") return value;
        return typeof value === "string" && value.includes("${")
          ? { $call: "Token.asAny", args: [value] }
          : mismatch();
      case "map":
        if (!isSettings(value) || Object.values(value).some((each) => typeof each !== "string"))
          return mismatch();
        if (Object.keys(value).some((key) => key.includes("${"))) {
          throw new NotExpressible(where, "has a name with a reference in it");
        }
        return value as Readonly<Record<string, string>>;
      case "strings": {
        if (!Array.isArray(value)) return mismatch();
        const items = value as readonly Setting[];
        return items.map((item): Value => {
          if (typeof item !== "string") return mismatch();
          return shape.isPath === true && isLocal(item)
            ? this.#path(item, where, part, task)
            : item;
        });
      }
      case "object": {
        if (!isSettings(value)) return mismatch();
        const inner = where.endsWith("for_each_task.task") ? task?.forEach : task;
        return this.object(value, shape, where, inner);
      }
      case "list": {
        if (!Array.isArray(value)) return mismatch();
        return (value as readonly Setting[]).map((item, at) => {
          if (!isSettings(item)) return mismatch();
          const spec = where === "tasks" ? this.#task(item, at) : task;
          const key =
            shape.key === undefined ? String(at) : (textAt(item, shape.key) ?? String(at));
          return this.object(item, shape.of, `${where}[${key}]`, spec);
        });
      }
      case "any":
        return mismatch();
    }
  }

  /** The task that the settings belong to. */
  #task(settings: Settings, at: number): TaskSpec | undefined {
    const { tasks } = this.#job;
    const named = tasks.filter(({ taskKey }) => taskKey === settings.task_key);
    return named.length === 1
      ? named[0]
      : (tasks.find((task) => task.settings === settings) ?? tasks[at]);
  }

  #jobId(task: TaskSpec | undefined, where: string): Value {
    if (task?.runJob === undefined) throw new NotExpressible(where, "is not known");
    return { $call: "Token.asNumber", args: [this.#context.jobId(task.runJob, where)] };
  }

  #path(value: string, where: string, part: Settings, task: TaskSpec | undefined): Value {
    const isOfGit = part.source === "GIT" || (this.#isGit && part.source !== "WORKSPACE");
    if (isOfGit) return value;
    return this.#context.file(value, where.endsWith("notebook_path"), task, where) ?? value;
  }
}

/** A path whose file a bundle uploads. */
const isLocal = (path: string): boolean =>
  !path.startsWith("/") && !/^\w+:/.test(path) && path.includes("/");

function lifecycleOf(value: Setting): Value {
  const prevents = isSettings(value) ? value.prevent_destroy : undefined;
  if (isSettings(value) && Object.keys(value).length === 1 && typeof prevents === "boolean")
    return { preventDestroy: prevents };
  throw new NotExpressible(
    "lifecycle",
    "sets more than prevent_destroy, the only field that Terraform has",
  );
}
