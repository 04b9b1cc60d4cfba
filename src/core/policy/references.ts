import { leafTasks } from "../model/job-graph";
import type { JobSpec, TaskSpec } from "../model/job-spec";

/** A dynamic value reference in a known namespace, such as `{{tasks.load.values.day}}`. */
export interface ValueReference {
  /** As written, including braces. */
  readonly text: string;
  readonly namespace: "job" | "task" | "tasks" | "workspace";
  /** The parts after the namespace: `load`, `values`, `day`. */
  readonly path: readonly string[];
  /** The referenced job parameter. */
  readonly parameter?: string;
  /** The task whose settings contain it, and the task of the job that is or repeats that task. */
  readonly task?: TaskSpec;
  readonly outer?: TaskSpec;
}

const NAMESPACES = ["job", "task", "tasks", "workspace"] as const;

/** Every dynamic value reference in a job, in task order. */
export function referencesIn(job: JobSpec): ValueReference[] {
  const found: ValueReference[] = [];
  for (const { default: text } of job.parameters ?? [])
    if (text?.includes("{{") === true) found.push(...parse(text, {}));
  for (const outer of job.tasks) {
    for (const task of leafTasks({ tasks: [outer] })) {
      for (const text of textsOf(task)) found.push(...parse(text, { task, outer }));
    }
  }
  return found;
}

function parse(text: string, at: Pick<ValueReference, "task" | "outer">): ValueReference[] {
  return [...text.matchAll(/\{\{\s*([^{}]*?)\s*\}\}/g)].flatMap(([whole, content = ""]) => {
    const parts = [...content.matchAll(/`([^`]*)`|([^.`]+)/g)].map(
      ([, quoted, bare]) => quoted ?? bare?.trim() ?? "",
    );
    const [first, ...path] = parts;
    const namespace = NAMESPACES.find((name) => name === first);
    if (namespace === undefined || path.length === 0 || !/^[\w.`\- ]+$/.test(content)) return [];
    const parameter =
      namespace === "job" && path[0] === "parameters" && path.length === 2 ? path[1] : undefined;
    return [{ text: whole, namespace, path, ...(parameter !== undefined && { parameter }), ...at }];
  });
}

/** Settings that the task does not interpret, or that belong to another task. */
const WITHOUT_REFERENCES = new Set(["description", "depends_on", "task_key", "for_each_task"]);

/** Task types whose references all appear in fields of a {@link TaskSpec}. */
const IN_FIELDS = new Set(["notebook_task", "run_job_task", "condition_task", "for_each_task"]);

/** Every string with braces in a task's settings, except those of the task that it repeats. */
function textsOf(task: TaskSpec): string[] {
  const texts: string[] = [];
  const add = (value: unknown): void => {
    if (typeof value === "string") {
      if (value.includes("{{")) texts.push(value);
    } else if (typeof value === "object" && value !== null) {
      for (const each of Object.values(value)) add(each);
    }
  };
  // For most types the fields suffice; computing the settings is expensive.
  if (task.types.every((type) => IN_FIELDS.has(type))) {
    add(task.parameters);
    add(task.condition);
  } else {
    for (const [key, value] of Object.entries(task.settings))
      if (!WITHOUT_REFERENCES.has(key)) add(value);
  }
  add(task.forEachInputs);
  return texts;
}
