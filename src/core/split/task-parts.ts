import { ORCHESTRATION_TYPES, type TaskSpec } from "../model/job-spec";
import { isSettings, type Setting, type Settings } from "../model/settings";

/** What speaks of a task among others, and so stays where the others are. */
const OF_COMPOSITE = new Set([
  "depends_on",
  "description",
  "disabled",
  "for_each_task",
  "run_if",
  "task_key",
]);

/** What speaks of single attempts. It goes with the code, unless the users of the code differ in it. */
export const OF_ATTEMPT: readonly string[] = [
  "email_notifications",
  "health",
  "max_retries",
  "min_retry_interval_millis",
  "notification_settings",
  "retry_on_timeout",
  "timeout_seconds",
  "webhook_notifications",
];

/** Settings of a job that its atomic jobs have as well. */
export const INHERITED: readonly string[] = [
  "access_control_list",
  "budget_policy_id",
  "edit_mode",
  "git_source",
  "parent_path",
  "performance_target",
  "provider_config",
  "queue",
  "run_as",
  "usage_policy_id",
];

/** Those among them in which the users of one job may not differ. */
export const ALIKE: readonly string[] = INHERITED.filter(
  (name) => name !== "access_control_list" && name !== "queue" && name !== "edit_mode",
);

/** Parameters by name, of the types of tasks that have them. Job parameters of the same name win over them. */
const NAMED_PARAMETERS: Readonly<Record<string, string>> = {
  notebook_task: "base_parameters",
  python_wheel_task: "named_parameters",
  sql_task: "parameters",
};

/** The one type of code of a task; undefined if there is none, or more than one. */
export function codeType({ types }: TaskSpec): string | undefined {
  const code = types.filter((type) => !ORCHESTRATION_TYPES.has(type));
  return code.length === 1 && types.length === 1 ? code[0] : undefined;
}

/** Whether a setting of a task goes with its code. */
export function movesWithCode(name: string): boolean {
  return !OF_COMPOSITE.has(name);
}

/** Names of the settings of a task that go with its code. */
export function movedSettings(task: TaskSpec): string[] {
  return Object.keys(task.settings).filter(movesWithCode);
}

/** The name of the parameters by name of a type of task. */
export function namedParametersOf(type: string): string | undefined {
  return NAMED_PARAMETERS[type];
}

/** The parameters by name of a task. */
export function namedParameters(task: TaskSpec, type: string): Readonly<Record<string, string>> {
  const name = namedParametersOf(type);
  const block = task.settings[type];
  const named = name === undefined || !isSettings(block) ? undefined : block[name];
  if (!isSettings(named)) return {};
  return Object.fromEntries(
    Object.entries(named).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** Every text in a setting, with its path. */
export function textsIn(
  value: Setting | undefined,
  path: readonly (string | number)[],
): { readonly path: readonly (string | number)[]; readonly text: string }[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (Array.isArray(value))
    return (value as readonly Setting[]).flatMap((item, at) => textsIn(item, [...path, at]));
  if (!isSettings(value)) return [];
  return Object.entries(value).flatMap(([name, item]) => textsIn(item, [...path, name]));
}

/** A copy of settings with another value at a path. */
export function withValueAt(
  settings: Setting | undefined,
  [name, ...rest]: readonly (string | number)[],
  value: Setting,
): Setting {
  if (name === undefined) return value;
  if (Array.isArray(settings))
    return (settings as readonly Setting[]).map((item, at) =>
      at === name ? withValueAt(item, rest, value) : item,
    );
  const object: Settings = isSettings(settings) ? settings : {};
  return { ...object, [name]: withValueAt(object[name], rest, value) };
}

/** The items of a list of settings. */
export function itemsOf(value: Setting | undefined): readonly Settings[] {
  return Array.isArray(value)
    ? (value as readonly Setting[]).filter((item): item is Settings => isSettings(item))
    : [];
}
