import {
  isOfSingleTask,
  JOB_SCHEMA,
  type ListShape,
  type MapShape,
  type ObjectShape,
  type ScalarShape,
  type Shape,
  type StringsShape,
  TASK_SCHEMA,
} from "../../model/job-schema";
import { isExpression } from "../../model/job-spec";
import { maskSecret, UNKNOWN_VALUE } from "../../model/placeholder";
import { canonical, type Setting, type Settings, textAt } from "../../model/settings";
import { RESOURCE_META_ARGUMENTS } from "../../model/terraform-names";
import { isObject, type Json, objectsOf } from "../../model/json";
import { compare } from "../../model/collections";
import { isPresent } from "./blocks";

/** Naming of a job's parts: Terraform has a `task` block for each task; the Jobs API and bundles have a `tasks` list. */
export type Dialect = "terraform" | "api";

/** Resolves what settings refer to. */
export interface SettingsContext {
  /** Converts a path that a bundle writes relative to the file that contains `part`. */
  path?(path: string, part: Json): string;
  /** The original `job_id` of a Run Job task, if the payload has a resolved one. */
  jobExpression?(jobId: string, runJobTask: Json): string;
}

/** Arguments that the provider never sends. Keeps `lifecycle`, which is also a bundle setting. */
const NEVER_SENT = new Set(
  [...RESOURCE_META_ARGUMENTS, "id", "timeouts", "url"].filter((name) => name !== "lifecycle"),
);

/**
 * Converts the arguments of a `databricks_job`, or the job settings of a bundle or the Jobs API, to normalized
 * settings: Jobs API names and shapes, without defaults, unordered lists sorted. So equal jobs are equal from any
 * source. Keeps values with unexpected shapes.
 */
export class JobSettings {
  readonly #tasks = new Map<object, Settings>();
  readonly #isGit: boolean;

  readonly #job: Json;
  readonly #dialect: Dialect;
  readonly #context: SettingsContext;
  readonly #isSingle: boolean;

  public constructor(
    job: Json,
    dialect: Dialect,
    context: SettingsContext,
    /** Whether the job itself is a task, as in Jobs API 2.0. */
    isSingle: boolean,
  ) {
    this.#job = job;
    this.#dialect = dialect;
    this.#context = context;
    this.#isSingle = isSingle;

    this.#isGit = isPresent(job.git_source);
  }

  /**
   * The settings of the job.
   *
   * @param more settings from elsewhere in the source, by Jobs API name
   */
  public ofJob(more: Json = {}): Settings {
    const job = this.#job;
    const dialect = this.#dialect;
    const isSingle = this.#isSingle;
    const entries = Object.entries(job).filter(
      ([name]) =>
        !(dialect === "terraform" && NEVER_SENT.has(name)) &&
        // Set by Databricks: single or multiple tasks.
        name !== "format" &&
        !(name === "permissions" && more.access_control_list !== undefined) &&
        !(isSingle && isOfSingleTask(name)),
    );
    const settings = this.#object({ ...Object.fromEntries(entries), ...more }, JOB_SCHEMA);
    const result: Record<string, Setting> = { ...settings };
    if (isSingle) {
      const { tasks } = result;
      result.tasks = [...(Array.isArray(tasks) ? (tasks as Setting[]) : []), this.ofSingleTask()];
    }
    // By default, the Databricks CLI enables queueing and Terraform's provider disables it.
    if (dialect === "terraform" && !isPresent(job.queue)) result.queue = { enabled: false };
    // A continuous job cannot queue; sources express that differently.
    if (isPresent(job.continuous) && canonical(result.queue) === '{"enabled":false}')
      delete result.queue;
    if (isDeployedBundle(result.deployment)) {
      // The Databricks CLI sets this on every bundle job.
      delete result.deployment;
      if (result.edit_mode === "UI_LOCKED") delete result.edit_mode;
    }
    return result;
  }

  public ofTask(task: Json): Settings {
    const known = this.#tasks.get(task);
    if (known !== undefined) return known;
    const settings = this.#object(task, TASK_SCHEMA);
    this.#tasks.set(task, settings);
    return settings;
  }

  /** The task of the single-task format, at the top of the job. */
  public ofSingleTask(): Settings {
    const entries = Object.entries(this.#job).filter(([name]) => isOfSingleTask(name));
    return this.#object(Object.fromEntries(entries), TASK_SCHEMA);
  }

  #value(value: unknown, shape: Shape | undefined, part: Json): Setting | undefined {
    if (value === undefined || value === null) return undefined;
    switch (shape?.kind) {
      case "string":
      case "number":
      case "boolean":
        return this.#scalar(value, shape, part);
      case "map":
        return this.#map(value, shape);
      case "strings":
        return this.#strings(value, shape, part);
      case "object":
        return this.#block(value, shape);
      case "list":
        return this.#list(value, shape);
      default:
        return this.#unknown(value);
    }
  }

  #object(raw: Json, shape: ObjectShape): Settings {
    const result: Record<string, Setting> = {};
    const add = (name: string, value: Setting | undefined): void => {
      if (value === undefined) return;
      const before = Object.hasOwn(result, name) ? result[name] : undefined;
      const all =
        Array.isArray(before) && Array.isArray(value)
          ? inOrder([...(before as Setting[]), ...(value as Setting[])], shape.fields[name])
          : value;
      // Treat `__proto__` like any other name.
      if (name === "__proto__")
        Object.defineProperty(result, name, { value: all, enumerable: true, configurable: true });
      else result[name] = all;
    };
    for (const [written, value] of Object.entries(raw)) {
      if (this.#dialect === "terraform" && (written === "//" || written === "dynamic")) continue;
      const name = this.#apiName(written, shape);
      add(name, this.#value(value, shape.fields[name], raw));
    }
    if (this.#dialect === "terraform" && isObject(raw.dynamic)) {
      const loops: [string, Setting][] = [];
      for (const [written, dynamic] of Object.entries(raw.dynamic)) {
        const name = this.#apiName(written, shape);
        for (const { content, ...loop } of objectsOf(dynamic)) {
          add(name, this.#value(content, shape.fields[name], raw));
          loops.push([name, this.#unknown(loop) ?? {}]);
        }
      }
      add("dynamic", Object.fromEntries(loops));
    }
    return result;
  }

  #apiName(name: string, { terraform }: ObjectShape): string {
    const isRenamed = this.#dialect === "terraform" && terraform && Object.hasOwn(terraform, name);
    return isRenamed === true ? (terraform[name] ?? name) : name;
  }

  #scalar(value: unknown, shape: ScalarShape, part: Json): Setting | undefined {
    if (!isScalar(value))
      return shape.isJson === true ? JSON.stringify(value) : this.#unknown(value);
    const scalar = this.#typed(value, shape.kind);
    if (scalar === "" && shape.mayBeEmpty !== true) return undefined;
    if (scalar === shape.default) return undefined;
    if (scalar === UNKNOWN_VALUE && shape.isComputed === true) return undefined;
    if (typeof scalar !== "string") return scalar;
    if (shape.isSource === true && scalar === (this.#isGit ? "GIT" : "WORKSPACE")) return undefined;
    if (shape.isSecret === true) return masked(scalar);
    if (shape.isJobId === true) return this.#context.jobExpression?.(scalar, part) ?? scalar;
    if (shape.isPath === true && !this.#isOfGit(part)) return this.#path(scalar, part);
    return scalar;
  }

  #typed(value: Scalar, kind: ScalarShape["kind"]): Scalar {
    if (kind === "number") {
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
      if (typeof number === "number" && !Number.isNaN(number)) return number;
    }
    if (kind === "boolean" && typeof value === "string" && /^(?:true|false)$/.test(value))
      return value === "true";
    if (kind !== "string" && (typeof value === "number" || typeof value === "boolean"))
      return value;
    return String(value);
  }

  #isOfGit({ source }: Json): boolean {
    return source === "GIT" || (this.#isGit && source !== "WORKSPACE");
  }

  #path(path: string, part: Json): string {
    return this.#context.path?.(path, part) ?? path;
  }

  #map(value: unknown, { mayHoldSecrets }: MapShape): Setting | undefined {
    if (!isObject(value)) return this.#unknown(value);
    const entries = Object.entries(value).flatMap(([name, each]): [string, Setting][] => {
      if (each === undefined || each === null) return [];
      if (!isScalar(each)) return [[name, this.#unknown(each) ?? ""]];
      const text = String(each);
      return [[name, mayHoldSecrets === true && SECRET_NAME.test(name) ? masked(text) : text]];
    });
    return entries.length === 0 ? undefined : Object.fromEntries(entries);
  }

  #strings(value: unknown, shape: StringsShape, part: Json): Setting | undefined {
    if (!Array.isArray(value)) return this.#unknown(value);
    const all = (value as unknown[]).flatMap((each): Setting[] => {
      if (each === undefined || each === null) return [];
      if (!isScalar(each)) return [this.#unknown(each) ?? ""];
      const text = String(each);
      // The list may also contain package names.
      return [shape.isPath === true && /^\.{1,2}\//.test(text) ? this.#path(text, part) : text];
    });
    if (all.length === 0) return undefined;
    return inOrder(all, shape);
  }

  /** Terraform writes a single block as an object or a list of one. */
  #block(value: unknown, shape: ObjectShape): Setting | undefined {
    if (Array.isArray(value) && this.#dialect === "terraform") {
      const items = value as readonly unknown[];
      const blocks = items.flatMap((item) => this.#value(item, shape, {}) ?? []);
      return blocks.length > 1 ? blocks : blocks[0];
    }
    if (value === UNKNOWN_VALUE && shape.isComputed === true) return undefined;
    if (!isObject(value)) return this.#unknown(value);
    const settings = shape === TASK_SCHEMA ? this.ofTask(value) : this.#object(value, shape);
    const isEmpty = shape.mayBeDropped === true && Object.keys(settings).length === 0;
    return isEmpty ? undefined : settings;
  }

  #list(value: unknown, shape: ListShape): Setting | undefined {
    const isBlock = this.#dialect === "terraform" && isObject(value);
    if (!Array.isArray(value) && !isBlock) return this.#unknown(value);
    const items = (isBlock ? [value] : value) as readonly unknown[];
    const all = items.flatMap((item) => this.#value(item, shape.of, {}) ?? []);
    return all.length === 0 ? undefined : inOrder(all, shape);
  }

  /** An unknown setting, without the empty values that plans and states have for unset ones. */
  #unknown(value: unknown): Setting | undefined {
    if (value === undefined || value === null) return undefined;
    if (Array.isArray(value)) {
      const items = (value as unknown[]).flatMap((item) => this.#unknown(item) ?? []);
      return items.length === 0 ? undefined : items;
    }
    if (isObject(value)) {
      return Object.fromEntries(
        Object.entries(value).flatMap(([name, each]) => {
          const setting = this.#unknown(each);
          return setting === undefined ? [] : [[name, setting] as const];
        }),
      );
    }
    if (value === "" && this.#dialect === "terraform") return undefined;
    return isScalar(value) ? value : JSON.stringify(value);
  }
}

/**
 * The `access_control_list` of a job, from a bundle's `permissions` or Terraform's `access_control`.
 *
 * @param lists each a list of entries, or undefined
 */
export function accessControl(...lists: readonly unknown[]): Json {
  const entries = new Map<string, Json>();
  for (const entry of lists.flatMap(objectsOf)) {
    const { level, permission_level: written = level, ...principal } = entry;
    const own = Object.entries(principal).filter(([, name]) => name !== "" && name !== null);
    const named = Object.fromEntries([["permission_level", written], ...own.sort()]) as Json;
    entries.set(JSON.stringify(named), named);
  }
  return entries.size === 0 ? {} : { access_control_list: [...entries.values()] };
}

/** Names of Spark settings and environment variables whose values are usually secrets. */
const SECRET_NAME =
  /passw|pwd|secret|token|credential|sas\b|(?:access|account|api|client|private|shared)[._-]?key/i;

/** Masks a value, except references to secrets and expressions. */
function masked(text: string): string {
  return isExpression(text) || /^\{\{.*\}\}$/.test(text) ? text : maskSecret(text);
}

function isDeployedBundle(deployment: Setting | undefined): boolean {
  return typeof deployment === "object" && deployment !== null && "kind" in deployment
    ? deployment.kind === "BUNDLE"
    : false;
}

/** Sorts items if their order is insignificant. */
function inOrder(items: readonly Setting[], shape: Shape | undefined): readonly Setting[] {
  const key = shape?.kind === "list" ? shape.key : undefined;
  const isSet = (shape?.kind === "list" || shape?.kind === "strings") && shape.isSet === true;
  if (items.length < 2 || (key === undefined && !isSet)) return items;
  const keyOf = (item: Setting): string =>
    (key === undefined ? undefined : textAt(item, key)) ?? canonical(item);
  return items
    .map((item) => [keyOf(item), item] as const)
    .sort(
      ([a, first], [b, second]) => compare(a, b) || compare(canonical(first), canonical(second)),
    )
    .map(([, item]) => item);
}

type Scalar = string | number | boolean;

function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
