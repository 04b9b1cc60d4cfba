import { ORCHESTRATION_TYPES, type TaskSpec } from "../model/job-spec";
import { isSettings, type Setting, type Settings } from "../model/settings";

/** Settings about a task's role in its job, which stay in that job. */
const OF_COMPOSITE = new Set([
  "depends_on",
  "description",
  "disabled",
  "for_each_task",
  "run_if",
  "task_key",
]);

/** Settings of attempts. They move with the code, unless its users have different values. */
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

/** Job settings that the atomic jobs inherit. */
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

/** Those of them that must be equal for all users of one job. */
export const ALIKE: readonly string[] = INHERITED.filter(
  (name) => name !== "access_control_list" && name !== "queue" && name !== "edit_mode",
);

/** Named parameters by task type. Job parameters override those of the same name. */
const NAMED_PARAMETERS: Readonly<Record<string, string>> = {
  notebook_task: "base_parameters",
  python_wheel_task: "named_parameters",
  sql_task: "parameters",
};

/** The code type of a task; undefined if it has none or several. */
export function codeType({ types }: TaskSpec): string | undefined {
  const code = types.filter((type) => !ORCHESTRATION_TYPES.has(type));
  return code.length === 1 && types.length === 1 ? code[0] : undefined;
}

/** Whether a task setting moves with the code. */
export function movesWithCode(name: string): boolean {
  return !OF_COMPOSITE.has(name);
}

/** Names of the task settings that move with the code. */
export function movedSettings(task: TaskSpec): string[] {
  return Object.keys(task.settings).filter(movesWithCode);
}

/** The setting for named parameters of a task type. */
export function namedParametersOf(type: string): string | undefined {
  return NAMED_PARAMETERS[type];
}

/** The named parameters of a task. */
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

/** Every string in a setting, with its path. */
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

/** A copy of settings with the value at a path replaced. */
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

/** The items of a list setting. */
export function itemsOf(value: Setting | undefined): readonly Settings[] {
  return Array.isArray(value)
    ? (value as readonly Setting[]).filter((item): item is Settings => isSettings(item))
    : [];
}
