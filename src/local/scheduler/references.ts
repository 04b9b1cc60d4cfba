import { quoteWithSuggestion } from "@jobstrata/core/errors";
import { stringifyJson } from "@jobstrata/core/model";
import { invalidParameter } from "../api-error";
import { type Task, TASK_TYPES } from "../services/jobs/schema/tasks";

/** Values for the `{{…}}` references in a task's fields. */
export interface ReferenceContext {
  job: {
    id: number;
    name: string;
    runId: number;
    repairCount: number;
    /** Milliseconds since the epoch. */
    startTime: number;
    trigger: string;
    /** Location of the file arrival trigger that started the run. */
    triggerLocation: string;
    parameters: Readonly<Record<string, string>>;
  };
  task: TaskFacts & { name: string };
  /** The values of another task of the run, if it exists. */
  taskOf: (
    key: string,
  ) => (TaskFacts & { resultState: string; errorCode: string; values: TaskValues }) | undefined;
  workspace: { id: string; url: string };
  /** The input of a for-each iteration. */
  input?: unknown;
}

interface TaskFacts {
  runId: number;
  executionCount: number;
  notebookPath: string;
}

type TaskValues = Readonly<Record<string, unknown>>;

const REFERENCE = /\{\{\s*([^{}]*?)\s*\}\}/g;
const NAMESPACES = ["job", "task", "tasks", "workspace", "input"];

const TIME_PARTS: Record<string, (time: Date) => string> = {
  iso_date: (time) => time.toISOString().slice(0, 10),
  iso_datetime: (time) => time.toISOString(),
  year: (time) => String(time.getUTCFullYear()),
  month: (time) => String(time.getUTCMonth() + 1),
  day: (time) => String(time.getUTCDate()),
  hour: (time) => String(time.getUTCHours()),
  minute: (time) => String(time.getUTCMinutes()),
  second: (time) => String(time.getUTCSeconds()),
  is_weekday: (time) => String(time.getUTCDay() % 6 !== 0),
  iso_weekday: (time) => String(time.getUTCDay() === 0 ? 7 : time.getUTCDay()),
  timestamp_ms: (time) => String(time.getTime()),
};

const JOB_FIELDS: Record<string, (context: ReferenceContext) => string> = {
  "job.id": ({ job }) => String(job.id),
  "job.name": ({ job }) => job.name,
  "job.run_id": ({ job }) => String(job.runId),
  "job.repair_count": ({ job }) => String(job.repairCount),
  "job.trigger.type": ({ job }) => job.trigger,
  "job.trigger.file_arrival.location": ({ job }) => job.triggerLocation,
  "task.name": ({ task }) => task.name,
  "task.run_id": ({ task }) => String(task.runId),
  "task.execution_count": ({ task }) => String(task.executionCount),
  "task.notebook_path": ({ task }) => task.notebookPath,
  "workspace.id": ({ workspace }) => workspace.id,
  "workspace.url": ({ workspace }) => workspace.url,
  // Legacy names of the same values.
  job_id: ({ job }) => String(job.id),
  run_id: ({ task }) => String(task.runId),
  parent_run_id: ({ job }) => String(job.runId),
  task_key: ({ task }) => task.name,
  task_retry_count: ({ task }) => String(task.executionCount - 1),
  start_date: ({ job }) => new Date(job.startTime).toISOString().slice(0, 10),
  start_time: ({ job }) => String(job.startTime),
};

const TASK_FIELDS = ["run_id", "result_state", "error_code", "execution_count", "notebook_path"];

/** Replaces all references in all strings of `value`. @throws {Error} if a reference has no value */
export function resolve<T>(value: T, context: ReferenceContext): T {
  if (typeof value === "string") return resolveText(value, context) as T;
  if (Array.isArray(value)) return value.map((each: unknown) => resolve(each, context)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]: [string, unknown]) => [
      name,
      resolve(member, context),
    ]),
  ) as T;
}

export function resolveText(text: string, context: ReferenceContext): string {
  if (!text.includes("{{")) return text;
  return text.replace(
    REFERENCE,
    (whole, expression: string) => lookUp(expression, context) ?? whole,
  );
}

/** `undefined` for text that is not a reference and stays unchanged. */
function lookUp(expression: string, context: ReferenceContext): string | undefined {
  const simple = JOB_FIELDS[expression];
  if (simple !== undefined) return simple(context);
  const [namespace = "", second = "", ...rest] = pathOf(expression);
  if (namespace === "job" && second === "parameters") {
    const name = rest.join(".");
    const value = Object.hasOwn(context.job.parameters, name)
      ? context.job.parameters[name]
      : undefined;
    if (value === undefined) throw unresolved(expression, `the job has no parameter "${name}"`);
    return value;
  }
  const isTime =
    namespace === "job" &&
    (second === "start_time" || (second === "trigger" && rest[0] === "time"));
  if (isTime) return TIME_PARTS[rest.at(-1) ?? ""]?.(new Date(context.job.startTime));
  if (namespace === "input" && context.input !== undefined) {
    return asText(member(context.input, [second, ...rest].filter(Boolean), expression));
  }
  if (namespace !== "tasks") return undefined;
  const task = context.taskOf(second);
  if (task === undefined) throw unresolved(expression, `the run has no task "${second}"`);
  const [field = "", ...path] = rest;
  switch (field) {
    case "run_id":
      return String(task.runId);
    case "result_state":
      return task.resultState.toLowerCase();
    case "error_code":
      return task.errorCode;
    case "execution_count":
      return String(task.executionCount);
    case "notebook_path":
      return task.notebookPath;
    case "values":
      return asText(member(task.values, path, expression));
    default:
      return undefined;
  }
}

/** Splits a path: `a.[b c].d` into `a`, `b c`, `d`. */
const pathOf = (expression: string): string[] =>
  [...expression.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)].map((part) => part[1] ?? part[0]);

function member(value: unknown, path: readonly string[], expression: string): unknown {
  let current = value;
  for (const name of path) {
    if (typeof current !== "object" || current === null || !Object.hasOwn(current, name)) {
      throw unresolved(expression, `"${name}" has no value`);
    }
    current = (current as Record<string, unknown>)[name];
  }
  return current;
}

const asText = (value: unknown): string =>
  typeof value === "string" ? value : stringifyJson(value);

const unresolved = (expression: string, why: string): Error =>
  new Error(`The reference {{${expression}}} cannot be resolved: ${why}.`);

/**
 * Checks references without a run: a known namespace must have the referenced field.
 * @throws {ApiError} for a reference that can never have a value
 */
export function checkReferences(
  task: Task,
  keys: ReadonlyMap<string, unknown>,
  iterates: boolean,
): void {
  const type = TASK_TYPES.find((name) => task[name] !== undefined);
  const written = type === undefined ? "" : stringifyJson(task[type]);
  if (!written.includes("{{")) return;
  for (const [, expression = ""] of written.matchAll(REFERENCE)) {
    const problem = problemOf(expression, keys, iterates);
    if (problem !== undefined) {
      throw invalidParameter(
        `Task "${task.task_key}": the reference {{${expression}}} is not valid: ${problem}.`,
      );
    }
  }
}

function problemOf(
  expression: string,
  keys: ReadonlyMap<string, unknown>,
  iterates: boolean,
): string | undefined {
  if (expression in JOB_FIELDS) return undefined;
  const [namespace = "", second = "", ...rest] = pathOf(expression);
  if (!NAMESPACES.includes(namespace)) return undefined;
  if (namespace === "input") {
    return iterates ? undefined : "{{input}} is only known in a for_each_task";
  }
  if (namespace === "tasks") {
    if (!keys.has(second)) return `the job has no task ${quoteWithSuggestion(second, keys.keys())}`;
    const [field = ""] = rest;
    if (field === "values" ? rest.length > 1 : TASK_FIELDS.includes(field)) return undefined;
    return `"${field}" is not a value of a task`;
  }
  if (namespace === "job") {
    if (second === "parameters" && rest.length > 0) return undefined;
    const part =
      second === "start_time" ? rest[0] : second === "trigger" && rest[0] === "time" ? rest[1] : "";
    if (part !== undefined && part in TIME_PARTS) return undefined;
  }
  return `it must be one of ${quoteWithSuggestion(expression, Object.keys(JOB_FIELDS))}`.replace(
    "it must be one of ",
    "there is no ",
  );
}
