import { createHash } from "node:crypto";
import {
  isSettings,
  type JobGraph,
  type JobSpec,
  ORCHESTRATION_TYPES,
  quote,
  type Setting,
  type Settings,
  type TaskSpec,
} from "@jobstrata/core/model";
import { counted } from "@jobstrata/core/report";
import { namedParametersOf, type SplitPlan, type SplitRefusal } from "@jobstrata/core/split";
import type { BundleSplit } from "./split-bundle";
import {
  CODE_FOLDER,
  type Fails,
  NOTEBOOK_FOLDER,
  RefusedByWorkspace,
  type Trace,
  VerifyWorkspace,
} from "./verify-workspace";

/**
 * Runs every split job, before and after, in two local workspaces: unchanged, with other parameter values, with each piece of
 * code failing permanently and failing once, and repairs each failed run.
 *
 * @param log receives a line for each job
 * @returns the jobs that differ
 * @throws {JobstrataError} `local-workspace` if there is no local workspace
 */
export async function verifySplit(
  split: Pick<BundleSplit, "plans" | "before" | "after">,
  log: (line: string) => void,
): Promise<SplitRefusal[]> {
  const before = split.before.flatMap((reading) => reading.graphs);
  const after = split.after.flatMap((reading) => reading.graphs);
  const refusals: SplitRefusal[] = [];
  const done = new Set<string>();
  for (const [at, plan] of split.plans.entries()) {
    const [old, now] = [before[at], after[at]];
    const jobs = jobsToRun(plan).filter(({ id }) => !done.has(id));
    if (old === undefined || now === undefined || jobs.length === 0) continue;
    for (const { id } of jobs) done.add(id);
    refusals.push(...(await verifyJobs(jobs, old, now, log)));
  }
  return refusals;
}

/** The split jobs, and existing atomic jobs that take more parameters now. */
function jobsToRun({ composites, atomics }: SplitPlan): JobSpec[] {
  return [
    ...composites.map(({ job }) => job),
    ...atomics.flatMap(({ existing }) => existing ?? []),
  ];
}

/** Runs jobs in two versions of one environment. */
export async function verifyJobs(
  jobs: readonly JobSpec[],
  before: JobGraph,
  after: JobGraph,
  log: (line: string) => void = () => undefined,
): Promise<SplitRefusal[]> {
  const isRead = parametersRead([before, after]);
  const [old, now] = await Promise.all([
    VerifyWorkspace.start(isRead),
    VerifyWorkspace.start(isRead),
  ]);
  const refusals: SplitRefusal[] = [];
  try {
    const [deployedBefore, deployedAfter] = [
      new Deployment(old, before),
      new Deployment(now, after),
    ];
    for (const job of jobs) {
      const refuse = (message: string): void => {
        refusals.push({
          job,
          code: "verification",
          message: `job ${quote(job.key)} behaves differently after the split: ${message}`,
          fix: "report this as a bug; the job stays as it is",
        });
      };
      const twin = after.jobs.find(({ key }) => key === job.key);
      if (twin === undefined) continue;
      try {
        const pair: Pair = {
          job,
          old: { workspace: old, id: await deployedBefore.deploy(job) },
          now: { workspace: now, id: await deployedAfter.deploy(twin) },
        };
        const { runs, difference } = await compareRuns(pair);
        if (difference !== undefined) refuse(difference);
        else log(`${quote(job.key)}: ${counted(runs, "run")} of both versions, no difference`);
      } catch (error) {
        if (!(error instanceof RefusedByWorkspace)) throw error;
        refuse(`the local workspace rejects it: ${error.message}`);
      }
    }
    return refusals;
  } finally {
    await Promise.all([old.stop(), now.stop()]);
  }
}

interface Pair {
  readonly job: JobSpec;
  readonly old: { readonly workspace: VerifyWorkspace; readonly id: number };
  readonly now: { readonly workspace: VerifyWorkspace; readonly id: number };
}

async function compareRuns(
  pair: Pair,
): Promise<{ readonly runs: number; readonly difference?: string }> {
  const { job } = pair;
  let runs = 0;
  const once = async (
    what: string,
    parameters: Readonly<Record<string, string>>,
    fails: Fails,
  ): Promise<{ readonly labels: readonly string[]; readonly difference?: string }> => {
    const [[first, repaired], [other, otherRepaired]] = await Promise.all([
      pair.old.workspace.run(pair.old.id, parameters, fails),
      pair.now.workspace.run(pair.now.id, parameters, fails),
    ]);
    runs += repaired === undefined ? 1 : 2;
    const difference =
      differenceOf(pair, first, other) ?? repairDifference(pair, repaired, otherRepaired);
    return {
      labels: [...new Set(first.executions.map(({ label }) => label))],
      ...(difference !== undefined && { difference: `${what}, ${difference}` }),
    };
  };
  const values = Object.fromEntries(
    (job.parameters ?? []).map(({ name }) => [name, `another ${name}`]),
  );
  const plain = await once("in a plain run", {}, () => false);
  if (plain.difference !== undefined) return { runs, difference: plain.difference };
  if (Object.keys(values).length > 0) {
    const { difference } = await once("with other parameters", values, () => false);
    if (difference !== undefined) return { runs, difference };
  }
  for (const code of plain.labels) {
    const isIt = (label: string): boolean => label === code;
    const what = code.replace(/^\/verify\/\w+\/\w+-/, "");
    const scenarios: readonly (readonly [string, Fails])[] = [
      [`with ${what} failing`, ({ label }) => isIt(label)],
      [`with ${what} failing once`, ({ label, attempt }) => isIt(label) && attempt === 0],
    ];
    for (const [name, fails] of scenarios) {
      const { difference } = await once(name, {}, fails);
      if (difference !== undefined) return { runs, difference };
    }
  }
  return { runs };
}

function repairDifference(
  pair: Pair,
  before: Trace | undefined,
  after: Trace | undefined,
): string | undefined {
  if (before === undefined || after === undefined)
    return before === after ? undefined : "only one of the versions fails";
  const difference = differenceOf(pair, before, after);
  return difference === undefined ? undefined : `after a repair, ${difference}`;
}

/** The differences between two runs. */
function differenceOf(pair: Pair, before: Trace, after: Trace): string | undefined {
  const { job } = pair;
  for (const { taskKey } of [{ taskKey: "" }, ...job.tasks]) {
    const [old, now] = [before.results[taskKey], after.results[taskKey]];
    if (old !== now)
      return `${taskKey === "" ? "the run" : `task ${quote(taskKey)}`} ends with ${now ?? "nothing"} instead of ${old ?? "nothing"}`;
  }
  const [old, now] = [attemptsIn(before), attemptsIn(after)];
  for (const attempt of new Set([...old.keys(), ...now.keys()])) {
    const [times, timesNow] = [old.get(attempt) ?? 0, now.get(attempt) ?? 0];
    if (times !== timesNow) return `${attempt} is executed ${timesNow} times instead of ${times}`;
  }
  return orderDifference(pair, before, after);
}

function attemptsIn({ executions }: Trace): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label, attempt, succeeded } of executions) {
    const key = `${label}, attempt ${attempt + 1} that ${succeeded ? "succeeds" : "fails"},`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** Code that waited for other code must still do so. */
function orderDifference({ job, old }: Pair, before: Trace, after: Trace): string | undefined {
  const labels = new Map<string, Set<string>>();
  for (const { jobId, taskKey, label } of before.executions) {
    if (jobId !== old.id) continue;
    const known = labels.get(taskKey);
    if (known === undefined) labels.set(taskKey, new Set([label]));
    else known.add(label);
  }
  const spans = new Map<string, { readonly start: number; readonly end: number }>();
  for (const { label, start, end } of after.executions) {
    const known = spans.get(label) ?? { start, end };
    spans.set(label, { start: Math.min(known.start, start), end: Math.max(known.end, end) });
  }
  const byKey = new Map(job.tasks.map((task) => [task.taskKey, task]));
  const labelsOf = (task: TaskSpec): ReadonlySet<string> =>
    labels.get((task.forEach ?? task).taskKey) ?? new Set();
  for (const task of job.tasks) {
    const later = labelsOf(task);
    // Includes waiting through tasks without code, such as conditions.
    const above = new Set(task.dependsOn);
    for (const key of above) {
      const other = byKey.get(key);
      if (other === undefined) continue;
      const earlier = labelsOf(other);
      if (earlier.size === 0) for (const next of other.dependsOn) above.add(next);
      for (const first of earlier)
        for (const second of later) {
          const [from, to] = [spans.get(first), spans.get(second)];
          if (first === second || from === undefined || to === undefined) continue;
          if (from.end >= to.start)
            return `task ${quote(task.taskKey)} begins before ${quote(key)} has ended`;
        }
    }
  }
  return undefined;
}

/** The parameters that the code of generated notebooks reads, as far as they are known. */
function parametersRead(graphs: readonly JobGraph[]): (path: string, name: string) => boolean {
  const closed = new Map<string, ReadonlySet<string>>();
  for (const graph of graphs)
    for (const { notebook } of graph.notebooks().values()) {
      const widgets = notebook.file?.widgets;
      if (widgets !== undefined && !widgets.open)
        closed.set(notebookPath(notebook), new Set([...widgets.reads, ...widgets.declares]));
    }
  return (path, name) => closed.get(path)?.has(name) !== false;
}

const notebookPath = ({ identity, label }: NonNullable<TaskSpec["notebook"]>): string =>
  `${NOTEBOOK_FOLDER}${hash(identity)}-${label.replace(/[^\w.-]+/g, "_")}`;

const hash = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);

/** Adds jobs with generated notebooks to a workspace, each once. */
class Deployment {
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
