import { createHash } from "node:crypto";
import {
  isSettings,
  type JobGraph,
  type JobSpec,
  ORCHESTRATION_TYPES,
  type Setting,
  type Settings,
  type TaskSpec,
} from "@jobstrata/core/model";
import { namedParametersOf } from "@jobstrata/core/split";
import { CODE_FOLDER, NOTEBOOK_FOLDER, VerifyWorkspace } from "./verify-workspace";

export const notebookPath = ({ identity, label }: NonNullable<TaskSpec["notebook"]>): string =>
  `${NOTEBOOK_FOLDER}${hash(identity)}-${label.replace(/[^\w.-]+/g, "_")}`;

const hash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** Adds jobs with generated notebooks to a workspace, each once. */
export class Deployment {
  readonly #ids = new Map<string, Promise<number>>();
  readonly #notebooks = new Set<string>();
  readonly #workspace: VerifyWorkspace;
  readonly #graph: JobGraph;

  public constructor(workspace: VerifyWorkspace, graph: JobGraph) {
    this.#workspace = workspace;
    this.#graph = graph;
  }

  /** Deploys a job after those that it runs. */
  public deploy(job: JobSpec): Promise<number> {
    const known = this.#ids.get(job.id);
    if (known !== undefined) return known;
    const id = this.#create(job);
    this.#ids.set(job.id, id);
    return id;
  }

  async #create(job: JobSpec): Promise<number> {
    const tasks: Settings[] = [];
    for (const task of job.tasks) tasks.push(await this.#task(task, job));
    const { settings } = job;
    return this.#workspace.createJob({
      name: job.name ?? job.key,
      tasks,
      ...pick(marked(job.key, settings, TIMES) as Settings, ["parameters"]),
      ...pick(settings, ["queue"]),
      max_concurrent_runs: job.maxConcurrentRuns ?? 1,
    });
  }

  async #task(task: TaskSpec, job: JobSpec): Promise<Settings> {
    const { key } = job;
    const { settings, forEach, runJob } = task;
    const endless = settings.max_retries === -1 && { max_retries: MANY_RETRIES };
    const kept = { ...pick(settings, KEPT), ...endless };
    const code = task.types.find((type) => !ORCHESTRATION_TYPES.has(type));
    if (forEach !== undefined)
      return {
        ...kept,
        for_each_task: {
          ...(isSettings(settings.for_each_task) ? settings.for_each_task : {}),
          task: await this.#task(forEach, job),
        },
      };
    if (runJob !== undefined) {
      const target = runJob.kind === "job" ? this.#graph.job(runJob.id) : undefined;
      const own = settings.run_job_task;
      const id =
        target === undefined
          ? await this.#external(JSON.stringify(runJob))
          : await this.deploy(target);
      const passed = target === undefined || !isSettings(own) ? {} : pick(own, PASSED);
      return { ...kept, run_job_task: { ...(marked(key, passed) as Settings), job_id: id } };
    }
    if (code === undefined) return { ...kept, ...pick(settings, ["condition_task"]) };
    const block = settings[code];
    const path =
      task.notebook === undefined
        ? `${CODE_FOLDER}${hash(code + task.taskKey)}-${task.taskKey}`
        : notebookPath(task.notebook);
    await this.#notebook(path);
    const parameters =
      task.notebook === undefined
        ? Object.fromEntries(textsOf(overridden(block, code, job), ""))
        : isSettings(block) && isSettings(block.base_parameters)
          ? block.base_parameters
          : {};
    return {
      ...kept,
      notebook_task: { notebook_path: path, base_parameters: marked(key, parameters) },
    };
  }

  async #notebook(path: string): Promise<void> {
    if (this.#notebooks.has(path)) return;
    this.#notebooks.add(path);
    await this.#workspace.createNotebook(path);
  }

  /** A substitute for a job that is not in the graph. */
  #external(text: string): Promise<number> {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const path = `${CODE_FOLDER}${hash(text)}-external`;
    const id = this.#notebook(path).then(() =>
      this.#workspace.createJob({
        name: "external",
        max_concurrent_runs: 100,
        tasks: [{ task_key: "external", notebook_task: { notebook_path: path } }],
      }),
    );
    this.#ids.set(text, id);
    return id;
  }
}

/** Settings of a task that determine which code runs, and when. */
const KEPT = ["task_key", "depends_on", "run_if", "disabled", "max_retries"];

/** A finite substitute for unlimited retries. */
const MANY_RETRIES = 2;

const PASSED = ["job_parameters"];

function pick(settings: Settings, names: readonly string[]): Settings {
  return Object.fromEntries(
    names.flatMap((name): [string, Setting][] => {
      const value = settings[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** References whose values differ between runs or jobs. */
const TIMES =
  /\{\{\s*(job\.(?:id|run_id|name|repair_count)|job_id|run_id|parent_run_id|task\.run_id)\s*\}\}/g;

const RUNS =
  /\{\{\s*(job\.(?!parameters\b)[\w.]+|job_id|run_id|parent_run_id|task\.run_id|start_date|start_time)\s*\}\}/g;

/**
 * Settings in which such references stay text that names the job that resolves them: their values never match between two runs.
 */
function marked(key: string, value: Setting, references = RUNS): Setting {
  if (typeof value === "string")
    return value.replace(references, (_, expression: string) =>
      /^(?:task\.)?run_id$/.test(expression) ? `<${expression}>` : `<${expression} of ${key}>`,
    );
  if (Array.isArray(value))
    return (value as readonly Setting[]).map((item) => marked(key, item, references));
  if (!isSettings(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, marked(key, item, references)]),
  );
}

/** Named task parameters, which job parameters of the same name override. */
function overridden(block: Setting | undefined, type: string, job: JobSpec): Setting | undefined {
  const list = namedParametersOf(type);
  const own = list !== undefined && isSettings(block) ? block[list] : undefined;
  if (list === undefined || !isSettings(block) || !isSettings(own)) return block;
  const declared = new Set((job.parameters ?? []).map(({ name }) => name));
  const values = Object.entries(own).map(([name, value]): [string, Setting] => [
    name,
    declared.has(name) ? `{{job.parameters.${name}}}` : value,
  ]);
  return { ...block, [list]: Object.fromEntries(values) };
}

function textsOf(value: Setting | undefined, name: string): [string, string][] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value))
    return (value as readonly Setting[]).flatMap((item, at) => textsOf(item, `${name}.${at}`));
  if (isSettings(value))
    return Object.entries(value).flatMap(([key, item]) => textsOf(item, `${name}.${key}`));
  return [[name.slice(1), typeof value === "string" ? value : JSON.stringify(value)]];
}
