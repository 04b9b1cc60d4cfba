import { stringifyJson } from "@jobstrata/core/model";
import type { Notebook, TaskOutcome, TaskRequest, WorkspaceAccess } from "../../execute/executor";
import type { TaskRun } from "../../services/jobs/records";
import { taskType } from "../../services/jobs/schema/rules";
import type { NestedTask, Task } from "../../services/jobs/schema/tasks";
import type { RunHost } from "../host";
import { taskArguments, taskParameters } from "../parameters";
import { type ReferenceContext, resolve } from "../references";
import { type Ending, ended, SUCCEEDED } from "../states";
import type { RunContext } from "./context";

/** Maximum size of a task value as JSON; bytes. */
const MAX_TASK_VALUE = 48 * 1024;
const FAILED_MESSAGE = "Workload failed, see run output for details";

/**
 * Runs a task through the executor: every type that the scheduler does not handle itself, such as notebooks and Python
 * files.
 */
export async function performExecuted(
  context: RunContext,
  task: Task | NestedTask,
  attempt: TaskRun,
  references: ReferenceContext,
  signal: AbortSignal,
): Promise<Ending> {
  const { host, run, settings } = context;
  const type = taskType(task);
  const definition = resolve(task[type] as Record<string, unknown>, references);
  const parameters = taskParameters(
    definition,
    run.overriding_parameters,
    references.job.parameters,
  );
  const given = taskArguments(definition, run.overriding_parameters, parameters);
  attempt.resolved = resolvedOf(task, parameters, given);
  let notebook: Notebook | undefined;
  if (task.notebook_task !== undefined && task.notebook_task.source !== "GIT") {
    const path = references.task.notebookPath;
    notebook = host.notebook(path);
    if (notebook === undefined) {
      const message = `Unable to access the notebook "${path}". Either it does not exist, or the identity used to run this job lacks the required permissions.`;
      return ended("FAILED", "RESOURCE_NOT_FOUND", message, "INTERNAL_ERROR");
    }
  }
  const environment = settings.environments?.find(
    ({ environment_key }) => environment_key === task.environment_key,
  )?.spec;
  const opened: WorkspaceAccess[] = [];
  const openAccess = (): WorkspaceAccess => {
    const access = host.openAccess();
    opened.push(access);
    return access;
  };
  const request: TaskRequest = {
    ...ofHost(context),
    jobId: run.job_id,
    jobName: settings.name,
    jobRunId: run.run_id,
    runId: attempt.run_id,
    taskKey: task.task_key,
    attempt: attempt.attempt,
    type,
    definition,
    parameters,
    arguments: given,
    ...(notebook === undefined ? {} : { notebook }),
    ...(environment === undefined ? {} : { environment }),
    libraries: resolve(task.libraries ?? [], references),
    openAccess,
  };
  try {
    return conclude(host, attempt, await host.executor.execute(request, signal));
  } finally {
    for (const access of opened) access.revoke();
  }
}

/** What a task asks of its run and of the workspace. */
function ofHost(
  context: RunContext,
): Pick<TaskRequest, "taskValues" | "jobDefaults" | "file" | "files" | "savedQuery"> {
  const { host, settings } = context;
  return {
    taskValues: () => context.taskValues(),
    jobDefaults: Object.fromEntries(
      (settings.parameters ?? []).map((parameter) => [parameter.name, parameter.default]),
    ),
    file: (path) => host.file(path),
    files: (folder) => host.files(folder),
    savedQuery: (id) => host.savedQuery(id),
  };
}

/** The task's parameters for `include_resolved_values`. */
function resolvedOf(
  { notebook_task, spark_python_task, python_wheel_task }: Task | NestedTask,
  parameters: Readonly<Record<string, string>>,
  given: readonly string[],
): Record<string, unknown> {
  if (notebook_task !== undefined) return { base_parameters: parameters };
  if (spark_python_task !== undefined) return { parameters: given };
  if (python_wheel_task === undefined) return { parameters };
  return python_wheel_task.named_parameters === undefined
    ? { parameters: given }
    : { named_parameters: parameters };
}

function conclude(host: RunHost, attempt: TaskRun, outcome: TaskOutcome): Ending {
  const { succeeded, values, ...output } = outcome;
  if (values !== undefined) {
    attempt.values = values;
    for (const [name, value] of Object.entries(values)) {
      if (Buffer.byteLength(stringifyJson(value)) > MAX_TASK_VALUE) {
        const error = `The task value "${name}" exceeds ${MAX_TASK_VALUE} bytes of JSON.`;
        host.saveOutput(attempt.run_id, { ...output, error });
        return ended("FAILED", "RUN_EXECUTION_ERROR", FAILED_MESSAGE);
      }
    }
  }
  host.saveOutput(attempt.run_id, output);
  return succeeded ? SUCCEEDED : ended("FAILED", "RUN_EXECUTION_ERROR", FAILED_MESSAGE);
}
