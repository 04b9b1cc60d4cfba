import { JOB_SCHEMA, TASK_SCHEMA } from "../../model/job-schema";
import { type JobSpec, principalName, type TaskSpec } from "../../model/job-spec";
import {
  canonical,
  isSameSetting,
  isSettings,
  type Setting,
  settingAt,
  type Settings,
} from "../../model/settings";
import { conditionText } from "../task-words";
import {
  diffSettings,
  type PathChange,
  shownChange,
  shownText,
  type ValueChange,
} from "./settings-diff";

/** Changed settings and parameters. */
export interface SpecChanges {
  readonly attributes: readonly ValueChange[];
  readonly parameters: readonly ValueChange[];
}

/** Triggers, with the settings that a text describes. */
const TRIGGERS: Readonly<Record<string, readonly string[]>> = {
  schedule: ["quartz_cron_expression", "timezone_id", "pause_status"],
  trigger: [
    "pause_status",
    "periodic.interval",
    "periodic.unit",
    "file_arrival.url",
    "table_update.table_names",
    "table_update.condition",
    "table.table_names",
    "table.condition",
    "model.securable_name",
    "model.condition",
  ],
  continuous: ["pause_status"],
};

/** All differences between two jobs, except for their tasks. */
export function diffJobSettings(
  before: JobSpec | undefined,
  after: JobSpec | undefined,
): SpecChanges {
  const [old, now] = [before?.settings, after?.settings];
  const isOpen = ([first = ""]: readonly string[]): boolean => Object.hasOwn(TRIGGERS, first);
  // Valid tasks are compared separately.
  const skipped = new Set([
    "access_control_list",
    ...([old, now].every(hasTasks) ? ["tasks"] : []),
  ]);
  let changes = isSameSetting(old, now) ? [] : diffSettings(old, now, JOB_SCHEMA, skipped, isOpen);
  const attributes: ValueChange[] = [];
  const say = (name: string, names: readonly string[], wordsOf: (job: JobSpec) => string): void => {
    const isWhole = [old, now].every((side) => isBlock(side?.[name]));
    const inWords = (job: JobSpec | undefined): string | undefined =>
      job?.settings[name] === undefined ? undefined : wordsOf(job);
    const [was, is] = [inWords(before), inWords(after)];
    const isCovered = ({ path }: PathChange): boolean =>
      path[0] === name && (path.length === 1 || names.includes(path.slice(1).join(".")));
    if (!isWhole || was === is || !changes.some(isCovered)) return;
    changes = changes.filter((change) => !isCovered(change));
    attributes.push(wordChange(name, was, is));
  };
  for (const [kind, names] of Object.entries(TRIGGERS))
    say(kind, names, (job) => started(job, kind));
  say(
    "run_as",
    ["user_name", "group_name", "service_principal_name"],
    ({ runAs }) => principalName(runAs) ?? "",
  );
  const parameters = changes.flatMap((change) => jobParameter(change) ?? []);
  attributes.push(
    ...changes.filter((change) => jobParameter(change) === undefined).map(shownChange),
    ...diffPermissions(before, after),
  );
  if ((before?.repeated ?? false) !== (after?.repeated ?? false)) {
    const side = (job: JobSpec | undefined): string | undefined =>
      job?.repeated === true ? "set" : undefined;
    attributes.push(wordChange("count or for_each", side(before), side(after)));
  }
  return { attributes: byName(attributes), parameters: byName(parameters) };
}

const hasTasks = (settings: Settings | undefined): boolean => {
  const tasks = settings?.tasks;
  return (
    tasks === undefined || (Array.isArray(tasks) && (tasks as readonly Setting[]).every(isSettings))
  );
};

const isBlock = (value: Setting | undefined): boolean => value === undefined || isSettings(value);

function started({ triggers = [] }: JobSpec, kind: string): string {
  return triggers
    .filter((trigger) => trigger.kind === kind)
    .map(({ detail = "set", paused }) => (paused === true ? `${detail}, paused` : detail))
    .join("; ");
}

/** The change of a job parameter: added, removed, or with another default. */
function jobParameter({ path, before, after }: PathChange): ValueChange | undefined {
  const [list, name, field, ...deeper] = path;
  if (list !== "parameters" || name === undefined || deeper.length > 0) return undefined;
  const defaultOf = (side: Setting | undefined): Setting | undefined => {
    if (field !== undefined || !isSettings(side)) return side;
    // A parameter may have no default to show.
    return Object.keys(side).every((key) => key === "default") ? (side.default ?? "") : side;
  };
  if (field !== undefined && field !== "default") return undefined;
  const [old, now] = [defaultOf(before), defaultOf(after)];
  if (field === undefined && [old, now].some(isSettings)) return undefined;
  return shownChange({
    path: [name],
    ...(old !== undefined && { before: old }),
    ...(now !== undefined && { after: now }),
  });
}

/** Compares permissions if both sources have them. */
function diffPermissions(before: JobSpec | undefined, after: JobSpec | undefined): ValueChange[] {
  const isTold = [before, after].every(
    (job) => job === undefined || job.hasPermissions !== undefined,
  );
  if (!isTold) return [];
  const of = (job: JobSpec | undefined): Settings => {
    const list = job?.settings.access_control_list;
    if (list === undefined) return {};
    const levels: Record<string, Setting> = {};
    for (const entry of Array.isArray(list) ? (list as readonly Setting[]) : [list]) {
      const { permission_level: level = "set", ...principal } = isSettings(entry) ? entry : {};
      const [[kind, name] = ["", entry], ...others] = Object.entries(principal);
      const who =
        others.length > 0 || typeof name !== "string"
          ? canonical(entry)
          : `${PRINCIPALS[kind] ?? kind} ${name}`;
      const known = levels[who];
      levels[who] = known === undefined ? level : canonical([known, level]);
    }
    return { permissions: levels };
  };
  const shape = { kind: "object", fields: { permissions: { kind: "map" } } } as const;
  return diffSettings(of(before), of(after), shape).map(shownChange);
}

const PRINCIPALS: Readonly<Record<string, string>> = {
  group_name: "group",
  service_principal_name: "service principal",
  user_name: "user",
};

/** Paths of a task's parameter maps. */
const PARAMETERS = [
  ["clean_rooms_notebook_task", "notebook_base_parameters"],
  ["notebook_task", "base_parameters"],
  ["pipeline_task", "parameters"],
  ["python_wheel_task", "named_parameters"],
  ["run_job_task", "job_parameters"],
  ["sql_task", "parameters"],
] as const;

/** All differences between two tasks, except for dependencies, the child job and inner tasks. */
export function diffTaskSettings(
  before: TaskSpec | undefined,
  after: TaskSpec | undefined,
): SpecChanges {
  const [old, now] = [before?.settings, after?.settings];
  const skipped = new Set(["task_key", "depends_on"]);
  /** Skips a setting that is compared by its meaning, unless its shape is unexpected. */
  const skip = (isMeant: (task: TaskSpec) => boolean, ...path: readonly [string, string]): void => {
    const isSkipped = [before, after].every(
      (task) =>
        task === undefined || settingAt(task.settings, ...path) === undefined || isMeant(task),
    );
    if (isSkipped) skipped.add(path.join("."));
  };
  skip(({ notebook }) => notebook !== undefined, "notebook_task", "notebook_path");
  skip(({ runJob }) => runJob !== undefined, "run_job_task", "job_id");
  skip(({ forEach }) => forEach !== undefined, "for_each_task", "task");
  const isOpen = ([first = ""]: readonly string[]): boolean => first.endsWith("_task");
  let changes = isSameSetting(old, now) ? [] : diffSettings(old, now, TASK_SCHEMA, skipped, isOpen);
  const attributes: ValueChange[] = [];
  const typeOf = (task: TaskSpec | undefined): string | undefined =>
    task && [...task.types].sort().join(", ");
  if (typeOf(before) !== typeOf(after)) {
    attributes.push(wordChange("type", typeOf(before), typeOf(after)));
    // An empty block adds nothing to the task type.
    changes = changes.filter(
      ({ path: [name = "", ...deeper], before: was = {}, after: is = {} }) =>
        deeper.length > 0 || !name.endsWith("_task") || canonical(was) !== canonical(is),
    );
  }
  if (before?.notebook?.identity !== after?.notebook?.identity)
    attributes.push(wordChange("notebook", before?.notebook?.label, after?.notebook?.label));
  const isCondition = ({ path }: PathChange): boolean =>
    path.length === 2 && path[0] === "condition_task" && /^(?:left|op|right)$/.test(path[1] ?? "");
  const [was, is] = [before?.condition, after?.condition].map(
    (condition) => condition && conditionText(condition),
  );
  if (was !== is && changes.some(isCondition)) {
    changes = changes.filter((change) => !isCondition(change));
    attributes.push(wordChange("condition", was, is));
  }
  const parameters = new Map<string, PathChange>();
  for (const { path, ...change } of changes) {
    const [type, map, name, ...deeper] = path;
    const isParameter = PARAMETERS.some((each) => each[0] === type && each[1] === map);
    if (isParameter && name !== undefined && deeper.length === 0)
      // Merge with the parameter of the same name of the other task type.
      parameters.set(name, { ...parameters.get(name), ...change, path: [name] });
    else if (type === "for_each_task" && path.length === 2)
      attributes.push(shownChange({ ...change, path: path.slice(1) }));
    else attributes.push(shownChange({ ...change, path }));
  }
  const moved = [...parameters.values()].filter(
    (change) => canonical(change.before) !== canonical(change.after),
  );
  return { attributes: byName(attributes), parameters: byName(moved.map(shownChange)) };
}

function wordChange(
  name: string,
  before: string | undefined,
  after: string | undefined,
): ValueChange {
  return shownChange({
    path: [name],
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  });
}

function byName(changes: readonly ValueChange[]): ValueChange[] {
  return [...changes].sort(({ name: a }, { name: b }) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Changed outcomes of dependencies, by task key. */
export function diffOutcomes(
  before: TaskSpec | undefined,
  after: TaskSpec | undefined,
): ValueChange[] {
  const keys = new Set([...(before?.outcomes?.keys() ?? []), ...(after?.outcomes?.keys() ?? [])]);
  return [...keys].sort().flatMap((key) => {
    const [was, is] = [before?.outcomes?.get(key), after?.outcomes?.get(key)];
    return was === is ? [] : [wordChange(shownText(key), was, is)];
  });
}
