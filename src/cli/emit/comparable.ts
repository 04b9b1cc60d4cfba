import type { JobRef, JobSpec, NotebookRef, TaskSpec } from "@jobstrata/core/model";
import { JobGraph } from "@jobstrata/core/model";
import { JOB_SCHEMA, type Shape } from "@jobstrata/core/model";
import { canonical, isSettings, type Setting, type Settings } from "@jobstrata/core/model";

/** Normalizes the texts of one side of a comparison. */
interface ComparableOptions {
  /** The key by which both sides know a job. */
  readonly keyOf?: (job: JobSpec) => string;
  readonly text?: (text: string) => string;
  /** The name that both sides use for an external job. */
  readonly external?: (ref: JobRef) => string;
  readonly notebook?: (notebook: NotebookRef) => NotebookRef;
}

/**
 * Normalizes a graph so that two sources of the same jobs give the same one: keys instead of job ids, one name for an external
 * job. `diffHierarchies` of two such graphs is a complete comparison.
 */
export function comparable(graph: JobGraph, options: ComparableOptions): JobGraph {
  const { keyOf = ({ key }) => key, text = (each) => each } = options;
  const keys = new Map(graph.jobs.map((job) => [job.id, keyOf(job)]));
  const refOf = (ref: JobRef): JobRef => {
    if (ref.kind === "job") return { kind: "job", id: keys.get(ref.id) ?? ref.id };
    const expression =
      options.external?.(ref) ?? ("expression" in ref ? ref.expression : ref.jobId);
    return { kind: "external", expression };
  };
  const taskOf = (task: TaskSpec, settings: Settings): TaskSpec => {
    const loop = settings.for_each_task;
    const inner = isSettings(loop) && isSettings(loop.task) ? loop.task : {};
    const condition = settings.condition_task;
    return {
      ...task,
      settings,
      ...(task.runJob && { runJob: refOf(task.runJob) }),
      ...(task.notebook && { notebook: options.notebook?.(task.notebook) ?? task.notebook }),
      ...(task.forEach && { forEach: taskOf(task.forEach, inner) }),
      ...(task.condition &&
        isSettings(condition) && {
          condition: {
            left: asText(condition.left),
            op: asText(condition.op),
            right: asText(condition.right),
          },
        }),
    };
  };
  const jobs = graph.jobs.map((job): JobSpec => {
    const settings = mapped(job.settings, text, JOB_SCHEMA) as Settings;
    const list = Array.isArray(settings.tasks) ? (settings.tasks as readonly Setting[]) : [];
    const tasks = job.tasks.map((task): TaskSpec => {
      const same = list.find((each) => isSettings(each) && each.task_key === task.taskKey);
      return taskOf(task, isSettings(same) ? same : task.settings);
    });
    const key = keyOf(job);
    return {
      ...job,
      id: key,
      key,
      stack: "",
      settings,
      tasks,
      hasPermissions: job.hasPermissions ?? false,
    };
  });
  return new JobGraph(graph.environment, jobs);
}

const asText = (value: Setting | undefined): string => (typeof value === "string" ? value : "");

/** Replaces texts, and sorts unordered lists by the resulting items. */
function mapped(value: Setting, text: (text: string) => string, shape: Shape | undefined): Setting {
  if (typeof value === "string") return text(value);
  if (Array.isArray(value)) {
    const inner = shape?.kind === "list" ? shape.of : undefined;
    const items = (value as readonly Setting[]).map((each) => mapped(each, text, inner));
    const hasOrder = !(shape?.kind === "strings" || shape?.kind === "list") || shape.isSet !== true;
    if (hasOrder) return items;
    return items
      .map((item) => [canonical(item), item] as const)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, item]) => item);
  }
  if (!isSettings(value)) return value;
  const fields = shape?.kind === "object" ? shape.fields : {};
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, mapped(each, text, fields[name])]),
  );
}
