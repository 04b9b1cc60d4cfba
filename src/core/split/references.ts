/**
 * Where a dynamic value reference in moved code resolves: in the run of its own job (`own`), in the run of the parent job, which
 * passes the value (`parent`), in both with the same value (`both`), or in neither, with the reason.
 */
type ReferenceKind = "own" | "parent" | "both" | { readonly refused: string };

const REFERENCE = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** References to the attempt that executes the code. */
const OWN = new Set([
  "task.run_id",
  "task.execution_count",
  "task.notebook_path",
  "run_id",
  "task_retry_count",
]);
/** The same in both jobs: the task keeps its key, and there is one workspace. */
const BOTH = new Set(["task.name", "task.task_key", "task_key", "workspace.id", "workspace.url"]);
/** The only references to a task with moved code that keep their meaning for the task that runs it. */
const OF_TASK = new Set(["name", "result_state"]);
/** Old names, and namespaces that the running job resolves. */
const PARENT = /^(?:job_id|parent_run_id|start_date|start_time|(?:job|input|backfill)(?:[.[].*)?)$/;

/** The dynamic value references in a text, without braces. */
export function expressionsIn(text: string): string[] {
  return text.includes("{{")
    ? [...text.matchAll(REFERENCE)].map(([, expression = ""]) => expression)
    : [];
}

/**
 * Where a reference resolves after the code has moved to its own job.
 *
 * @param isMoved whether a task's code moves too
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

/** The task and field in a reference; undefined if it does not refer to a task. */
export function taskReference(
  expression: string,
): { readonly taskKey: string; readonly field: string } | undefined {
  const found = /^tasks(?:\.`([^`]+)`|\.([^.[\]`]+)|\[([^\]]+)\])\.([A-Za-z_]+)/.exec(expression);
  if (found === null) return undefined;
  const [, quoted, bare, bracketed, field = ""] = found;
  return { taskKey: quoted ?? bare ?? bracketed ?? "", field };
}

/** Why a reference to a task no longer resolves after the code has moved; undefined if it does. */
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
