import { compare } from "@jobstrata/core/model";
import { omit } from "../../../omit";
import type { JobSettings } from "./settings";
import type { NestedTask, Task } from "./tasks";

/**
 * The settings as Databricks returns them, so that Terraform sees no diff: defaults filled in, `depends_on` sorted,
 * everything else in the order and with the values sent.
 */
export function normalise(settings: JobSettings): JobSettings {
  return {
    ...settings,
    name: settings.name ?? "Untitled",
    email_notifications: settings.email_notifications ?? {},
    webhook_notifications: settings.webhook_notifications ?? {},
    timeout_seconds: settings.timeout_seconds ?? 0,
    max_concurrent_runs: settings.max_concurrent_runs ?? 1,
    format: "MULTI_TASK",
    queue: settings.queue ?? { enabled: true },
    ...(settings.tasks === undefined ? {} : { tasks: normaliseTasks(settings.tasks, settings) }),
  };
}

export function normaliseTasks(
  tasks: readonly Task[],
  settings: Pick<JobSettings, "git_source">,
): Task[] {
  return tasks.map((task) => {
    const normal: Task = withDefaults(task, settings);
    if (normal.depends_on !== undefined) {
      normal.depends_on = normal.depends_on.toSorted(
        (a, b) => compare(a.task_key, b.task_key) || compare(a.outcome ?? "", b.outcome ?? ""),
      );
    }
    if (normal.for_each_task !== undefined) {
      const { for_each_task } = normal;
      const inner: NestedTask = withDefaults(for_each_task.task, settings);
      normal.for_each_task = { ...for_each_task, task: inner };
    }
    return normal;
  });
}

function withDefaults<T extends Task | NestedTask>(
  task: T,
  { git_source }: Pick<JobSettings, "git_source">,
): T {
  const source = git_source === undefined ? "WORKSPACE" : "GIT";
  const { notebook_task, new_cluster } = task;
  const normal: T = {
    ...task,
    run_if: task.run_if ?? "ALL_SUCCESS",
    timeout_seconds: task.timeout_seconds ?? 0,
    email_notifications: task.email_notifications ?? {},
  };
  if (notebook_task !== undefined) {
    normal.notebook_task = { ...notebook_task, source: notebook_task.source ?? source };
  }
  if (new_cluster?.apply_policy_default_values !== undefined) {
    // Databricks applies this field but never returns it.
    normal.new_cluster = omit(new_cluster, "apply_policy_default_values");
  }
  return normal;
}
