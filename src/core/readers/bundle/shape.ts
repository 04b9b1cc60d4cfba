import { isExpression } from "../../model/job-spec";
import { nearest } from "../../nearest";
import { printable, quote } from "../../model/text";
import type { ReadProblem } from "../reading";
import { BUNDLE_SCHEMA } from "./bundle-schema";
import { isValueMap, type KeyPath, type Places, type Value, type ValueMap } from "./yaml-file";

/** A value whose shape differs from the bundle schema. */
export interface ShapeProblem extends Pick<ReadProblem, "severity" | "message" | "fix"> {
  readonly rule: "job-schema" | "unknown-field";
  readonly map: ValueMap;
  /** The key of the value. @default - the map itself */
  readonly path?: KeyPath;
  /** The task that contains the value. */
  readonly taskKey?: string;
}

interface Field {
  readonly shape: Shape;
  readonly required: boolean;
}

type Shape =
  | { readonly kind: "any" | "string" | "bool" | "int" | "float" }
  | { readonly kind: "list" | "map"; readonly of: Shape }
  | { readonly kind: "type"; readonly name: string };

/** Fields that determine which jobs and tasks exist, and whether and when they run. */
const DECISIVE = new Set([
  ...["depends_on", "run_if", "outcome", "task_key", "tasks", "task", "disabled"],
  ...["schedule", "trigger", "continuous", "pause_status", "parameters", "base_parameters"],
  ...["job_clusters", "job_cluster_key", "environments", "environment_key"],
  ...["job_parameters", "include", "resources", "jobs", "targets", "variables", "git_source"],
]);
/** Checked by rules for all sources. */
const JUDGED = new Set(["TaskDependency.task_key", "RunJobTask.job_id", "Task.task_key"]);
/** Booleans in the Databricks CLI's syntax. */
const BOOLEANS = /^(?:true|false|[yYnN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/;

/** The fields of a type, and the names of required ones. */
interface Fields extends ReadonlyMap<string, Field> {
  readonly required: readonly string[];
}

const types = new Map<string, Fields>();

function fieldsOf(type: string): Fields {
  let fields = types.get(type);
  if (fields === undefined) {
    const entries = (BUNDLE_SCHEMA[type] ?? "").split(" ").map((text): [string, Field] => {
      const [, name = "", mark, shape = ""] = /^([^!:]+)(!?):(.*)$/.exec(text) ?? [];
      return [name, { shape: parseShape(shape), required: mark === "!" }];
    });
    const required = entries
      .filter(([name, { required }]) => required && !JUDGED.has(`${type}.${name}`))
      .map(([name]) => name);
    types.set(type, (fields = Object.assign(new Map(entries), { required })));
  }
  return fields;
}

function parseShape(text: string): Shape {
  if (text.endsWith("[]")) return { kind: "list", of: parseShape(text.slice(0, -2)) };
  if (text.endsWith("{}")) return { kind: "map", of: parseShape(text.slice(0, -2)) };
  if (text in BUNDLE_SCHEMA) return { kind: "type", name: text };
  return { kind: text as "any" };
}

/**
 * Checks the shape of a value and everything in it: a bundle file, or a job as deployed. Only the latter must have all
 * required fields.
 */
export function checkShape(value: ValueMap, type: "Root" | "Job", places: Places): ShapeProblem[] {
  const checker = new ShapeChecker(places, type === "Job");
  checker.type(value, type, type === "Job" ? "a job" : "a bundle");
  return checker.problems;
}

class ShapeChecker {
  public readonly problems: ShapeProblem[] = [];
  #taskKey: string | undefined;

  readonly #places: Places;
  readonly #isWhole: boolean;

  public constructor(places: Places, isWhole: boolean) {
    this.#places = places;
    this.#isWhole = isWhole;
  }

  public type(map: ValueMap, type: string, label: string): void {
    const outer = this.#taskKey;
    if (type === "Task" && (typeof map.task_key === "string" || typeof map.task_key === "number"))
      this.#taskKey = String(map.task_key);
    const fields = fieldsOf(type);
    for (const key in map) {
      const field = fields.get(key);
      if (field === undefined) this.#unknown(map, key, type, label);
      else if (!isRightAtOnce(map[key], field.shape))
        this.#value(map[key], field.shape, map, [key], `${type}.${key}`);
    }
    for (const name of this.#isWhole ? fields.required : []) {
      // Empty values are reported separately.
      if (map[name] !== undefined && map[name] !== null) continue;
      this.#report("warning", "job-schema", map, undefined, {
        message: `${label} lacks ${name}`,
        fix: `set ${name}`,
      });
    }
    this.#taskKey = outer;
  }

  #value(value: Value, shape: Shape, map: ValueMap, path: KeyPath, name: string): void {
    // A complex variable may provide the inputs of a for-each task.
    if (shape.kind === "any" || value === undefined || name === "ForEachTask.inputs") return;
    if (value === null) {
      this.#null(shape, map, path, name);
      return;
    }
    if (typeof value === "string" && isExpression(value)) return;
    switch (shape.kind) {
      case "type":
        if (isValueMap(value)) this.type(value, shape.name, labelOf(shape.name, path));
        else this.#mismatch(value, shape, map, path, name);
        return;
      case "map":
        if (!isValueMap(value)) this.#mismatch(value, shape, map, path, name);
        else for (const key in value) this.#entry(value, key, shape.of, name);
        return;
      case "list":
        if (!Array.isArray(value)) this.#mismatch(value, shape, map, path, name);
        else {
          for (const [at, item] of (value as readonly Value[]).entries())
            this.#value(item, shape.of, map, [path[0], at], name);
        }
        return;
      default:
        if (!isScalarOf(shape, value)) this.#mismatch(value, shape, map, path, name);
    }
  }

  #entry(map: ValueMap, key: string, shape: Shape, name: string): void {
    const value = map[key];
    if (name !== "Resources.jobs") this.#value(value, shape, map, [key], name);
    // The contents of jobs are checked after applying targets and variables.
    else if (value === null) {
      this.#report("error", "job-schema", map, [key], {
        message: `job ${quote(key)} has nothing below it`,
        fix: "indent its settings below it",
      });
    } else if (!isValueMap(value)) this.#mismatch(value, shape, map, [key], name);
  }

  /** Checks a key without a value. Reports it only if the indentation may be wrong. */
  #null(shape: Shape, map: ValueMap, path: KeyPath, name: string): void {
    const [key, item] = path;
    if (item !== undefined) {
      this.#report("error", "job-schema", map, path, {
        message: `an item of ${key} is empty`,
        fix: "write what belongs to it, or remove it",
      });
    } else if (name.startsWith("Task.") && key.endsWith("_task") && key !== "run_job_task") {
      this.#report("error", "job-schema", map, path, {
        message: `${key} has nothing below it, so the task has no type`,
        fix: "indent its settings below it",
      });
    } else if (["Job.tasks", "Task.depends_on", "ForEachTask.task"].includes(name)) {
      // Warning only: the Databricks CLI deploys a job without tasks.
      this.#report(name === "Job.tasks" ? "warning" : "error", "job-schema", map, path, {
        message: `${key} has nothing below it`,
        fix: `indent its ${shape.kind === "list" ? "items" : "settings"} below it, or remove it`,
      });
    }
  }

  #mismatch(value: Value, shape: Shape, map: ValueMap, path: KeyPath, name: string): void {
    const [key, item] = path;
    const what = item === undefined ? key : `an item of ${key}`;
    this.#report("error", "job-schema", map, path, {
      message: `${printable(what)} must be ${described(shape)}, not ${shown(value)}`,
      fix: fixOf(value, shape, key, name),
    });
  }

  #unknown(map: ValueMap, key: string, type: string, label: string): void {
    if (this.#places.isAnchor(map, key)) return;
    const fields = fieldsOf(type);
    const best = nearest(key, fields.keys());
    const isTaskType = type === "Task" && key.endsWith("_task");
    const suggestion = best === undefined ? "" : ` (did you mean ${quote(best)}?)`;
    const decides = best !== undefined && (DECISIVE.has(best) || best.endsWith("_task"));
    if (isTaskType) {
      this.#report("error", "job-schema", map, [key], {
        message: `${quote(key)} is not a task type${suggestion}`,
        fix: `write ${best ?? "the type of a task, such as notebook_task"}; the Databricks CLI drops a type that it does not know`,
      });
      return;
    }
    const belongs = best === undefined ? belongsTo(key, type) : undefined;
    this.#report(decides ? "error" : "warning", "unknown-field", map, [key], {
      message: `${quote(key)} is not a field of ${label}${suggestion}, so it has no effect`,
      fix:
        best !== undefined
          ? `write ${best}, or remove it`
          : belongs === undefined
            ? "remove it, or write it as the documentation of bundles does"
            : `move it ${belongs}`,
    });
  }

  #report(
    severity: ShapeProblem["severity"],
    rule: ShapeProblem["rule"],
    map: ValueMap,
    path: KeyPath | undefined,
    text: { readonly message: string; readonly fix: string },
  ): void {
    this.problems.push({
      severity,
      rule,
      map,
      ...(path !== undefined && { path }),
      ...(this.#taskKey !== undefined && { taskKey: this.#taskKey }),
      ...text,
    });
  }
}

/** Lists of a job whose items its tasks name. */
const NAMED_LISTS = ["job_clusters", "environments", "parameters"];

/** The lists of a job that it lacks and that misspelled fields of it seem to be. */
export function misspelledLists(job: ValueMap): string[] {
  const fields = fieldsOf("Job");
  const found: string[] = [];
  for (const key in job) {
    const best = fields.has(key) ? undefined : nearest(key, fields.keys());
    const isList = best !== undefined && NAMED_LISTS.includes(best);
    if (isList && !Object.hasOwn(job, best)) found.push(best);
  }
  return found;
}

/** Where a field of this name belongs: in the same value or around it. */
function belongsTo(key: string, type: string): string | undefined {
  for (const [name, { shape }] of fieldsOf(type)) {
    const inner = shape.kind === "list" ? shape.of : shape;
    if (inner.kind === "type" && fieldsOf(inner.name).has(key)) return `below ${name}`;
  }
  for (const around of ["Task", "Job", "Target", "Root"]) {
    if (around !== type && fieldsOf(around).has(key)) return `to ${LABELS[around] ?? around}`;
  }
  return undefined;
}

/** Fast check without descending, which covers most values. */
function isRightAtOnce(value: Value, { kind }: Shape): boolean {
  return kind === "any" || kind === "string"
    ? typeof value === "string"
    : (kind === "int" && Number.isInteger(value)) ||
        (kind === "bool" && typeof value === "boolean");
}

function isScalarOf({ kind }: Shape, value: Value): boolean {
  if (typeof value === "object") return false;
  switch (kind) {
    case "bool":
      return typeof value === "boolean" || (typeof value === "string" && BOOLEANS.test(value));
    case "int":
      return typeof value === "number"
        ? Number.isInteger(value)
        : typeof value === "string" && /^[+-]?\d+$/.test(value);
    case "float":
      return typeof value === "number" || (typeof value === "string" && !isNaN(Number(value)));
    default:
      return true;
  }
}

function described(shape: Shape): string {
  switch (shape.kind) {
    case "bool":
      return "true or false";
    case "int":
      return "a whole number";
    case "float":
      return "a number";
    case "list":
      return "a list";
    case "map":
    case "type":
      return "a map";
    default:
      return "text";
  }
}

function shown(value: Value): string {
  if (Array.isArray(value)) return "a list";
  if (isValueMap(value)) return "a map";
  return typeof value === "string" ? quote(value.slice(0, 60)) : JSON.stringify(value);
}

function fixOf(value: Value, shape: Shape, key: string, name: string): string {
  if (name === "Task.depends_on") {
    const text = typeof value === "string" ? value : "KEY";
    return shape.kind === "list"
      ? `write it as a list: [{task_key: ${printable(text)}}]`
      : `write {task_key: ${printable(text)}}`;
  }
  switch (shape.kind) {
    case "list":
      return isValueMap(value) || typeof value !== "object"
        ? 'begin each of its items with "- "'
        : "write it as a list";
    case "map":
    case "type":
      return Array.isArray(value)
        ? 'write its keys without "- "'
        : `write its settings as key: value below ${printable(key)}`;
    case "bool":
      return "write true or false";
    case "int":
    case "float":
      return "write the number alone";
    default:
      return "write it as text in quotes";
  }
}

const LABELS: Readonly<Record<string, string>> = {
  Root: "a bundle",
  Job: "a job",
  Task: "a task",
  Target: "a target",
  JobEnvironment: "an environment",
  JobCluster: "a job cluster",
  JobParameterDefinition: "a parameter",
};

/** Display name of a value. */
const labelOf = (type: string, [key, item]: KeyPath): string =>
  LABELS[type] ?? (item === undefined ? printable(key) : `an item of ${printable(key)}`);
