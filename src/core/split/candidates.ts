import { longestPaths } from "../model/graph-algorithms";
import { type JobGraph, leafTasks, type TaskUse } from "../model/job-graph";
import { isComposite, type JobSpec, type TaskSpec } from "../model/job-spec";
import type { RunContextUse } from "../model/lineage";
import { MAX_RUN_JOB_DEPTH, MAX_TASKS } from "../model/limits";
import { settingAt } from "../model/settings";
import { quote } from "../model/text";
import { isOutside, levelOf } from "../policy/levels";
import { unitsOf } from "../policy/units";
import { expressionsIn, kindOf, refusedTaskReference, taskReference } from "./references";
import { codeType, textsIn } from "./task-parts";
import type { RefusalCode, SplitOptions, SplitRefusal } from "./types";

/** A task with code, and the task of the job that is or repeats it. */
export interface CodeTask {
  readonly job: JobSpec;
  readonly task: TaskSpec;
  readonly outer: TaskSpec;
  /** Equal for two tasks that run the same code. */
  readonly identity: string;
}

/** A job's tasks with code, including tasks inside for-each tasks. */
function codeTasks(job: JobSpec): CodeTask[] {
  return job.tasks.flatMap((outer) =>
    leafTasks({ tasks: [outer] })
      .filter((task) => task.types.some((type) => !isOrchestration(type)))
      .map((task) => ({ job, task, outer, identity: identityOf(job, task) })),
  );
}

const isOrchestration = (type: string): boolean =>
  type === "run_job_task" || type === "condition_task" || type === "for_each_task";

/** The code that the task runs; a task whose code is unknown matches no other. */
function identityOf(job: JobSpec, task: TaskSpec): string {
  const [unit, ...others] = unitsOf(task, { unit: "code" });
  return unit === undefined || others.length > 0 ? `${job.id} ${task.taskKey}` : unit.identity;
}

/** The jobs with violations that a split fixes, and the users of each piece of code. */
export class Candidates {
  readonly #uses = new Map<string, CodeTask[]>();
  readonly #ofJob = new Map<JobSpec, readonly CodeTask[]>();

  readonly #options: SplitOptions;

  public constructor(graph: JobGraph, options: SplitOptions) {
    this.#options = options;
    for (const job of graph.jobs) {
      const tasks = codeTasks(job);
      this.#ofJob.set(job, tasks);
      for (const use of tasks) {
        const uses = this.#uses.get(use.identity);
        if (uses === undefined) this.#uses.set(use.identity, [use]);
        else uses.push(use);
      }
    }
  }

  public tasksOf(job: JobSpec): readonly CodeTask[] {
    return this.#ofJob.get(job) ?? [];
  }

  public usesOf(identity: string): readonly CodeTask[] {
    return this.#uses.get(identity) ?? [];
  }

  /** The existing atomic job that keeps shared code: tagged atomic, with nothing else in it, and without a trigger. */
  public ownerOf(identity: string): CodeTask | undefined {
    const uses = this.usesOf(identity);
    return uses.find(
      ({ job, task, outer }) =>
        task === outer && levelOf(job) === "atomic" && !job.triggers && this.#isAtomic(job),
    );
  }

  /** Whether the job violates the hierarchy so that it must be split. */
  public needsSplit(job: JobSpec): boolean {
    const { unit = "notebook" } = this.#options;
    const tasks = this.tasksOf(job);
    if (tasks.length === 0 || isOutside(job, { unit })) return false;
    if (isComposite(job) || !this.#isAtomic(job)) return true;
    return tasks.some((use) => this.#isShared(use) && this.ownerOf(use.identity) !== use);
  }

  #isShared({ identity, task }: CodeTask): boolean {
    const counts = this.#options.unit === "code" || task.notebook !== undefined;
    return counts && this.usesOf(identity).length > 1;
  }

  /** Whether the job's only task is one with code, possibly repeated. */
  #isAtomic(job: JobSpec): boolean {
    const tasks = this.tasksOf(job);
    return tasks.length === 1 && job.tasks.length === 1 && !isComposite(job);
  }
}

/** Creates refusals of a job. */
export function refusing(job: JobSpec) {
  return (code: RefusalCode, message: string, fix: string, taskKey?: string): SplitRefusal => ({
    job,
    code,
    message,
    fix,
    ...(taskKey !== undefined && { taskKey }),
  });
}

/** Reasons not to split a job, independent of other jobs. */
export function refusalsOf(
  job: JobSpec,
  tasks: readonly CodeTask[],
  callers: Callers,
  options: SplitOptions,
): SplitRefusal[] {
  const refuse = refusing(job);
  const name = `job ${quote(job.key)}`;
  if (job.source !== undefined && /\.py$/i.test(job.source.file))
    return [
      refuse("python-defined", `${name} is defined by Python code`, "split it in its Python code"),
    ];
  if (job.duplicates.length > 0)
    return [refuse("key-clash", `${name} is defined more than once`, "keep one definition of it")];
  if (
    job.unknown?.has("tasks") === true ||
    job.repeated ||
    job.tasks.some(({ repeated, single }) => repeated === true || single === true)
  )
    return [
      refuse(
        "dynamic-tasks",
        `the tasks of ${name} are not written one by one`,
        "write each task below tasks",
      ),
    ];
  if (job.tasks.length > MAX_TASKS)
    return [
      refuse(
        "too-many-tasks",
        `${name} has ${job.tasks.length} tasks, more than ${MAX_TASKS}`,
        "divide it",
      ),
    ];
  return [
    ...callers.depthRefusal(job),
    ...callers.pushedParameters(job),
    ...tasks.flatMap((use) => codeRefusals(use, tasks, options)),
    ...referenceRefusals(job, tasks),
  ];
}

/** Parameters that reach only tasks of the started job. */
const PUSHED = [
  "notebook_params",
  "python_named_params",
  "python_params",
  "jar_params",
  "spark_submit_params",
  "sql_params",
  "dbt_commands",
  "pipeline_params",
];

/** The parents of each job, and the tasks with which they run it. */
export class Callers {
  readonly #above = new Map<string, TaskUse[]>();

  public constructor(graph: JobGraph) {
    for (const job of graph.jobs)
      for (const task of leafTasks(job)) {
        if (task.runJob?.kind !== "job") continue;
        const known = this.#above.get(task.runJob.id);
        if (known === undefined) this.#above.set(task.runJob.id, [{ job, task }]);
        else known.push({ job, task });
      }
  }

  public depthRefusal(job: JobSpec): SplitRefusal[] {
    const above = (each: JobSpec): JobSpec[] => this.#of(each).map((use) => use.job);
    const reach = new Set([job]);
    for (const each of reach) for (const next of above(each)) reach.add(next);
    const depth = longestPaths(reach, above).get(job) ?? MAX_RUN_JOB_DEPTH;
    if (depth < MAX_RUN_JOB_DEPTH) return [];
    return [
      refusing(job)(
        "depth",
        `job ${quote(job.key)} is run ${depth} run_job_task deep, so that its atomic jobs would be deeper than ${MAX_RUN_JOB_DEPTH}`,
        "let a job higher up run it",
      ),
    ];
  }

  public pushedParameters(job: JobSpec): SplitRefusal[] {
    for (const { job: other, task } of this.#of(job)) {
      const { settings, taskKey } = task;
      const name = PUSHED.find((each) => settingAt(settings, "run_job_task", each) !== undefined);
      if (name === undefined) continue;
      return [
        refusing(job)(
          "legacy-parameters",
          `task ${quote(taskKey)} of job ${quote(other.key)} passes it ${name}, which do not reach the jobs that it runs`,
          "declare job parameters and pass them as job_parameters",
        ),
      ];
    }
    return [];
  }

  #of({ id }: JobSpec): readonly TaskUse[] {
    return this.#above.get(id) ?? [];
  }
}

function codeRefusals(
  use: CodeTask,
  tasks: readonly CodeTask[],
  { allowUnread = false, environmentVersion }: SplitOptions,
): SplitRefusal[] {
  const { job, task } = use;
  const refuse = refusing(job);
  const { taskKey, notebook } = task;
  if (codeType(task) === undefined) {
    const types = `task ${quote(taskKey)} has ${task.types.join(" and ")}`;
    return [refuse("task-type", types, "keep one type", taskKey)];
  }
  const found = environmentRefusals(job, task, environmentVersion);
  const context = (task.code ?? notebook?.file?.code)?.runContext?.();
  if (context === undefined) {
    if (notebook !== undefined && !allowUnread)
      found.push(
        refuse(
          "unread-notebook",
          `notebook ${quote(notebook.label)} cannot be read here, and it may ask for its run or for values of other tasks`,
          "look into it, and use --allow-unread if it does not",
          taskKey,
        ),
      );
    return found;
  }
  return [...found, ...contextRefusals(use, context, tasks)];
}

/** A notebook on serverless compute needs an environment that the job defines. */
function environmentRefusals(
  job: JobSpec,
  task: TaskSpec,
  version: string | undefined,
): SplitRefusal[] {
  const { taskKey, environmentKey } = task;
  const name = `task ${quote(taskKey)}`;
  if (!needsEnvironment(task)) return [];
  if (environmentKey === undefined) {
    if (version !== undefined) return [];
    return [
      refusing(job)(
        "environment",
        `the serverless notebook of ${name} has no environment_key, which an atomic job needs`,
        'give it one, or let --environment-version "4" add it',
        taskKey,
      ),
    ];
  }
  if (job.environments.some(({ key }) => key === environmentKey)) return [];
  return [
    refusing(job)(
      "environment",
      `${name} has environment_key ${quote(environmentKey)}, which the job does not define`,
      "define it below environments",
      taskKey,
    ),
  ];
}

/** What code reads from its run would be different in another job. */
function contextRefusals(
  { job, task }: CodeTask,
  context: readonly RunContextUse[],
  tasks: readonly CodeTask[],
): SplitRefusal[] {
  const refuse = refusing(job);
  const { taskKey, notebook } = task;
  const found: SplitRefusal[] = [];
  const label = quote(notebook?.label ?? task.code?.label ?? taskKey);
  const isOnSharedCluster =
    task.jobClusterKey !== undefined &&
    tasks.filter((other) => other.task.jobClusterKey === task.jobClusterKey).length > 1;
  for (const { kind, text } of context) {
    if (kind === "task-values")
      found.push(
        refuse(
          "reads-task-values",
          `${label} reads task values (${text}), and the tasks that set them would be in other runs`,
          "hand them over in a table, or as parameters",
          taskKey,
        ),
      );
    else if (kind === "run-id")
      found.push(
        refuse(
          "reads-run-id",
          `${label} reads ids of its run or job (${text}), which would be those of the atomic job`,
          'give it "{{job.run_id}}" or "{{job.id}}" as a parameter instead',
          taskKey,
        ),
      );
    else if (isOnSharedCluster)
      found.push(
        refuse(
          "cluster-state",
          `${label} uses what stays on the cluster that it shares with other tasks (${text})`,
          "use a table or a volume, or leave the group together with --keep-cluster-groups",
          taskKey,
        ),
      );
  }
  return found;
}

/** A notebook on serverless compute; SQL warehouses have no environment. */
export function needsEnvironment(task: TaskSpec): boolean {
  return (
    task.notebook !== undefined &&
    !task.onCluster &&
    settingAt(task.settings, "notebook_task", "warehouse_id") === undefined
  );
}

/** References in what stays in the job, or in its parameters, that no longer resolve after code has moved. */
function referenceRefusals(job: JobSpec, tasks: readonly CodeTask[]): SplitRefusal[] {
  const refuse = refusing(job);
  const moved = new Set(tasks.map(({ task, outer }) => (task === outer ? task.taskKey : "")));
  const isMoved = (key: string): boolean => moved.has(key);
  const found: SplitRefusal[] = [];
  for (const { name, default: text = "" } of job.parameters ?? []) {
    for (const expression of expressionsIn(text)) {
      if (kindOf(expression, isMoved) !== "own" && taskReference(expression) === undefined)
        continue;
      found.push(
        refuse(
          "reference",
          `the default of parameter ${quote(name)} refers to ${quote(`{{${expression}}}`)}, which means something else in each job`,
          "pass it as a parameter of the tasks that need it",
        ),
      );
    }
  }
  const code = new Set(tasks.map(({ task }) => task));
  for (const task of leafTasks(job)) {
    const settings = { ...task.settings };
    if (code.has(task)) continue;
    const texts = task.forEach === undefined ? textsIn(settings, []) : [];
    if (task.forEachInputs !== undefined) texts.push({ path: [], text: task.forEachInputs });
    for (const { text } of texts)
      for (const expression of expressionsIn(text)) {
        const reference = taskReference(expression);
        const refused = reference && refusedTaskReference(reference, isMoved);
        if (refused === undefined) continue;
        found.push(
          refuse(
            "task-values",
            `task ${quote(task.taskKey)} refers to ${quote(`{{${expression}}}`)}: ${refused.refused}`,
            "hand it over in a table, or let a task that stays compute it",
            task.taskKey,
          ),
        );
      }
  }
  return found;
}
