import { JOB_LEVEL_TAG } from "../model/job-spec";
import { isSettings, type Setting, type Settings, textAt } from "../model/settings";
import { needsEnvironment } from "./candidates";
import { newName } from "./names";
import { INHERITED, itemsOf, movedSettings, movesWithCode, withValueAt } from "./task-parts";
import type { AtomicPart, CompositePart, MovedTask } from "./types";

type Mutable = Record<string, Setting>;

/** Settings of the job for moved code, and the environment added if the code had none. */
export function atomicSettings(
  part: Omit<AtomicPart, "settings" | "environment">,
  type: string,
  environmentVersion: string | undefined,
): Pick<AtomicPart, "settings" | "environment"> {
  const { from, existing, parameters, kept } = part;
  const { job, task } = from;
  const moved: Mutable = {};
  for (const name of movedSettings(task)) {
    const value = task.settings[name];
    if (value !== undefined && !kept.includes(name)) moved[name] = value;
  }
  let code: Setting = moved;
  for (const { name, path } of parameters)
    if (path !== undefined) code = withValueAt(code, path, `{{job.parameters.${name}}}`);
  const ownTask: Mutable = { ...(code as Settings), task_key: task.taskKey };
  const declared: Setting[] = [
    ...itemsOf(job.settings.parameters),
    ...parameters
      .filter(({ isDeclared }) => isDeclared !== true)
      .map(({ name, default: value }) => ({ name, default: value })),
  ];
  if (existing !== undefined) {
    const concurrent = Math.max(part.maxConcurrentRuns, existing.maxConcurrentRuns ?? 1);
    const settings: Mutable = { ...existing.settings, tasks: [ownTask] };
    if (declared.length > 0) settings.parameters = byKey(declared, "name");
    if (concurrent !== 1) settings.max_concurrent_runs = concurrent;
    return { settings };
  }
  const settings: Mutable = { description: part.description, tags: tagsOf(job.settings.tags) };
  settings.name =
    typeof job.settings.name === "string" ? newName(job.settings.name, part.name) : part.key;
  for (const name of INHERITED) {
    const value = job.settings[name];
    if (value !== undefined) settings[name] = value;
  }
  if (declared.length > 0) settings.parameters = byKey(declared, "name");
  if (part.maxConcurrentRuns !== 1) settings.max_concurrent_runs = part.maxConcurrentRuns;
  const environments = itemsOf(job.settings.environments).filter(
    (item) => item.environment_key === task.settings.environment_key,
  );
  const clusters = itemsOf(job.settings.job_clusters).filter(
    (item) => item.job_cluster_key === task.settings.job_cluster_key,
  );
  const added = addedEnvironment(part, type, environmentVersion);
  if (added !== undefined) {
    ownTask.environment_key = added.key;
    settings.environments = [
      { environment_key: added.key, spec: { environment_version: added.version } },
    ];
  } else if (environments.length > 0) settings.environments = environments;
  if (clusters.length > 0) settings.job_clusters = clusters;
  settings.tasks = [ownTask];
  return { settings, ...(added !== undefined && { environment: added }) };
}

function addedEnvironment(
  { from: { task } }: Pick<AtomicPart, "from">,
  type: string,
  version: string | undefined,
): AtomicPart["environment"] {
  if (version === undefined || type !== "notebook_task") return undefined;
  if (!needsEnvironment(task) || task.environmentKey !== undefined) return undefined;
  return { key: "default", version };
}

/** Tags of the atomic job, derived from the original job's. */
function tagsOf(tags: Setting | undefined): Settings {
  const own = isSettings(tags) ? tags : {};
  return {
    ...Object.fromEntries(Object.entries(own).filter(([name]) => name !== ORCHESTRATOR_TAG)),
    [JOB_LEVEL_TAG]: "atomic",
  };
}

const ORCHESTRATOR_TAG = "orchestrator";

/** Settings of a job after its code has moved. */
export function compositeSettings({
  job,
  tasks,
  level,
}: Omit<CompositePart, "settings">): Settings {
  const byTask = new Map(tasks.map((moved) => [moved.outer, moved]));
  const result: Mutable = { ...job.settings };
  const remaining = job.tasks.map((task): Settings => {
    const moved = byTask.get(task);
    if (moved === undefined) return task.settings;
    if (moved.task === moved.outer) return runJobTask(moved);
    return withValueAt(task.settings, ["for_each_task", "task"], runJobTask(moved)) as Settings;
  });
  result.tasks = byKey(remaining, "task_key");
  const used = (name: string): Set<Setting | undefined> =>
    new Set(
      remaining.flatMap((task) => {
        const inner = isSettings(task.for_each_task) ? task.for_each_task.task : undefined;
        return [task[name], isSettings(inner) ? inner[name] : undefined];
      }),
    );
  const lists: Record<string, Setting | undefined> = {};
  for (const [list, key] of [
    ["environments", "environment_key"],
    ["job_clusters", "job_cluster_key"],
  ] as const) {
    if (result[list] === undefined) continue;
    const names = used(key);
    const items = itemsOf(result[list]).filter((item) => names.has(item[key]));
    lists[list] = items.length > 0 ? items : undefined;
  }
  const kept = Object.entries({ ...result, ...lists }).filter(
    ([name, value]) => value !== undefined && (name !== "git_source" || level === undefined),
  );
  const settings = Object.fromEntries(kept) as Mutable;
  if (level === undefined) return settings;
  settings.tags = {
    ...(isSettings(job.settings.tags) ? job.settings.tags : {}),
    [JOB_LEVEL_TAG]: level,
    [ORCHESTRATOR_TAG]: "true",
  };
  return settings;
}

function runJobTask({ task, target, kept: own, passed }: MovedTask): Settings {
  const kept = Object.entries(task.settings).filter(
    ([name]) => !movesWithCode(name) || own.includes(name),
  );
  const parameters = Object.fromEntries(
    [...passed].map(([name, value]) => [
      name,
      value.kind === "job" ? `{{job.parameters.${value.name}}}` : value.text,
    ]),
  );
  return {
    ...Object.fromEntries(kept),
    run_job_task: {
      job_id: `\${resources.jobs.${target}.id}`,
      ...(passed.size > 0 && { job_parameters: parameters }),
    },
  };
}

/** Sorts lists in the settings by their items' keys. */
function byKey(items: readonly Setting[], key: string): Setting[] {
  const keyed = items.map((item) => ({ item, key: textAt(item, key) ?? "" }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ item }) => item);
}
