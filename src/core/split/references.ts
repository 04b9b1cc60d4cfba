/**
 * Where a dynamic value reference of moved code can be resolved: in the run of its own job (`own`), in that of the job that
 * runs it, which hands the value down (`parent`), in both alike (`both`), or in neither, with the reason.
 */
export type ReferenceKind = "own" | "parent" | "both" | { readonly refused: string };

const REFERENCE = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** Of the attempt that executes the code. */
const OWN = new Set([
  "task.run_id",
  "task.execution_count",
  "task.notebook_path",
  "run_id",
  "task_retry_count",
]);
/** The task keeps its key, and the workspace is one. */
const BOTH = new Set(["task.name", "task.task_key", "task_key", "workspace.id", "workspace.url"]);
/** Of a task whose code moves, only these mean the same for the task that runs it. */
const OF_TASK = new Set(["name", "result_state"]);
/** Older names, and the namespaces that are resolved by the job of the run. */
const PARENT = /^(?:job_id|parent_run_id|start_date|start_time|(?:job|input|backfill)(?:[.[].*)?)$/;

/** The dynamic value references of a text, without braces. */
export function expressionsIn(text: string): string[] {
  return text.includes("{{")
    ? [...text.matchAll(REFERENCE)].map(([, expression = ""]) => expression)
    : [];
}

/**
 * Where a reference can be resolved once the code is in a job of its own.
 *
 * @param isMoved whether the code of a task moves, too
 */
export function kindOf(
  expression: string,
  isMoved: (taskKey: string) => boolean,
): ReferenceKind | undefined {
  if (OWN.has(expression)) return "own";
  if (BOTH.has(expression) || expression.startsWith("job.parameters.")) return "both";
  if (PARENT.test(expression)) return "parent";
  const reference = taskReference(expression);
  if (reference === undefined) return undefined;
  return refusedTaskReference(reference, isMoved) ?? "parent";
}

/** The task and the field that a reference names; undefined if it does not refer to a task. */
export function taskReference(
  expression: string,
): { readonly taskKey: string; readonly field: string } | undefined {
  const found = /^tasks(?:\.`([^`]+)`|\.([^.[\]`]+)|\[([^\]]+)\])\.([A-Za-z_]+)/.exec(expression);
  if (found === null) return undefined;
  const [, quoted, bare, bracketed, field = ""] = found;
  return { taskKey: quoted ?? bare ?? bracketed ?? "", field };
}

/** Why a reference to a task has no value any more once its code has moved; undefined if it still has. */
export function refusedTaskReference(
  { taskKey, field }: { readonly taskKey: string; readonly field: string },
  isMoved: (taskKey: string) => boolean,
): { readonly refused: string } | undefined {
  if (!isMoved(taskKey) || OF_TASK.has(field)) return undefined;
  return {
    refused:
      field === "values"
        ? "the value that a task sets stays in the run of its own job"
        : `${field} would be that of the task that runs the job`,
  };
}
