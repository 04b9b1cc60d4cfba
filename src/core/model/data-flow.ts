import { isExpression, type JobSpec, type TaskSpec } from "./job-spec";
import type { JobGraph } from "./job-graph";
import type { CodeFile, CodeParameters, DataAccess, LineageProblem } from "./lineage";

/** A task's access to a table. For a Run Job task, an access of a task in the child job. */
export interface TaskAccess extends DataAccess {
  /** The job and task with the code. */
  readonly job: JobSpec;
  readonly task: TaskSpec;
}

/** Table accesses of a task, including the jobs that it runs. */
export interface TaskFlow {
  /** A task of the job itself; for a for-each task, the outer one. */
  readonly task: TaskSpec;
  readonly accesses: readonly TaskAccess[];
  readonly problems: readonly LineageProblem[];
  /** Whether some code could not be analysed or is not available. */
  readonly isPartial: boolean;
}

/** Values of job parameters. */
type Parameters = Readonly<Record<string, string>>;

const NO_PARAMETERS: Parameters = {};

/** Maximum analysed inputs of a for-each task. */
const MAX_INPUTS = 100;
/** Maximum analysed parameter sets with which a job is run. */
const MAX_CONTEXTS = 10;
/** Maximum nesting to follow. Databricks allows three levels; invalid graphs may have more. */
const MAX_LEVELS = 6;

const flows = new WeakMap<JobGraph, DataFlow>();

/** The data flow of a graph, cached. Reads code on demand. */
export function dataFlow(graph: JobGraph): DataFlow {
  let flow = flows.get(graph);
  if (flow === undefined) flows.set(graph, (flow = new DataFlow(graph)));
  return flow;
}

/** Tables that the tasks of a graph read and write, given their parameters. */
export class DataFlow {
  /** By job if it gets no parameters, otherwise by job and parameters. */
  readonly #known = new Map<JobSpec | string, readonly TaskFlow[]>();
  #contexts: ReadonlyMap<JobSpec, readonly Parameters[]> | undefined;

  readonly #graph: JobGraph;

  public constructor(graph: JobGraph) {
    this.#graph = graph;
  }

  /** The tasks of a job with all that they run, once for each set of parameters that other jobs pass to the job. */
  public runsOf(job: JobSpec): readonly (readonly TaskFlow[])[] {
    this.#contexts ??= this.#allContexts();
    const contexts = this.#contexts.get(job) ?? [defaults(job)];
    return contexts.map((parameters) => this.#job(job, parameters, []));
  }

  /** Distinct table accesses of a job and the jobs that it runs, for all sets of parameters. */
  public accessesOf(job: JobSpec): readonly TaskAccess[] {
    const unique = new Map<string, TaskAccess>();
    for (const { accesses } of this.runsOf(job).flat())
      for (const access of accesses) {
        const { job: owner, task, name, write, kind } = access;
        unique.set(JSON.stringify([owner.id, task.taskKey, kind, name, write]), access);
      }
    return [...unique.values()];
  }

  /** Accesses in the code of a job's own tasks, without those of the jobs that it runs, for all sets of parameters. */
  public *ownAccessesOf(job: JobSpec): Generator<DataAccess> {
    this.#contexts ??= this.#allContexts();
    for (const parameters of this.#contexts.get(job) ?? [defaults(job)])
      for (const outer of job.tasks)
        if (outer.disabled !== true)
          for (const { task, values } of repeated(outer, parameters)) {
            yield* task.code?.lineage(codeParameters(task, values))?.accesses ?? [];
            yield* this.#graph.observedIn(job, task);
          }
  }

  /** The code of all tasks, with each set of parameters that it gets. */
  public *code(): Generator<{ readonly code: CodeFile; readonly parameters: CodeParameters }> {
    this.#contexts ??= this.#allContexts();
    for (const job of this.#graph.jobs)
      for (const parameters of this.#contexts.get(job) ?? [defaults(job)])
        for (const outer of job.tasks)
          for (const { task, values } of repeated(outer, parameters))
            if (outer.disabled !== true && task.code !== undefined)
              yield { code: task.code, parameters: codeParameters(task, values) };
  }

  /** The parameter sets of all jobs, computed from the top jobs down. */
  #allContexts(): ReadonlyMap<JobSpec, readonly Parameters[]> {
    const contexts = new Map<JobSpec, Map<string, Parameters>>();
    const visit = (job: JobSpec, parameters: Parameters, within: readonly JobSpec[]): void => {
      if (within.includes(job) || within.length > MAX_LEVELS) return;
      for (const outer of job.tasks)
        for (const { task, values } of repeated(outer, parameters)) {
          const target = task.runJob?.kind === "job" ? this.#graph.job(task.runJob.id) : undefined;
          if (target === undefined) continue;
          const passed = passedTo(target, task, values);
          const known = contexts.get(target) ?? new Map<string, Parameters>();
          contexts.set(target, known);
          const key = JSON.stringify(passed);
          if (known.has(key) || known.size >= MAX_CONTEXTS) continue;
          known.set(key, passed);
          visit(target, passed, [...within, job]);
        }
    };
    const called = new Set(this.#graph.jobs.flatMap((job) => this.#graph.runs(job)));
    for (const job of this.#graph.jobs) if (!called.has(job)) visit(job, defaults(job), []);
    return new Map(Array.from(contexts, ([job, known]) => [job, [...known.values()]]));
  }

  #job(job: JobSpec, parameters: Parameters, within: readonly JobSpec[]): readonly TaskFlow[] {
    const key = parameters === NO_PARAMETERS ? job : JSON.stringify([job.id, parameters]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (within.includes(job) || within.length > MAX_LEVELS) return [];
    const found = job.tasks
      .filter(({ disabled }) => disabled !== true)
      .map((task) => this.#task(job, task, parameters, [...within, job]));
    this.#known.set(key, found);
    return found;
  }

  #task(
    job: JobSpec,
    outer: TaskSpec,
    parameters: Parameters,
    within: readonly JobSpec[],
  ): TaskFlow {
    const accesses: TaskAccess[] = [];
    const problems: LineageProblem[] = [];
    let isPartial = false;
    for (const { task, values } of repeated(outer, parameters)) {
      const target = task.runJob?.kind === "job" ? this.#graph.job(task.runJob.id) : undefined;
      if (target !== undefined) {
        for (const inner of this.#job(target, passedTo(target, task, values), within)) {
          accesses.push(...inner.accesses);
          problems.push(...inner.problems);
          isPartial ||= inner.isPartial;
        }
        continue;
      }
      const lineage = task.code?.lineage(codeParameters(task, values));
      const found = lineage?.accesses ?? [];
      for (const access of found) accesses.push({ ...access, job, task });
      const seen = new Set<string>();
      for (const access of this.#graph.observedIn(job, task)) {
        if (seen.size === 0) for (const each of found) seen.add(keyOf(each));
        // Prefer accesses found in code, which have a line.
        if (seen.has(keyOf(access))) continue;
        seen.add(keyOf(access));
        accesses.push({ ...access, job, task });
      }
      problems.push(...(lineage?.problems ?? []));
      const holdsCode = !task.types.every(
        (type) => type === "condition_task" || type === "for_each_task",
      );
      if (holdsCode && lineage === undefined) isPartial = true;
    }
    isPartial ||= problems.length > 0 || accesses.some(({ unknown }) => unknown !== undefined);
    return { task: outer, accesses, problems, isPartial };
  }
}

const keyOf = ({ kind, name, write }: DataAccess): string =>
  JSON.stringify([kind, name, write === undefined]);

/** Default values of a job's parameters. */
function defaults({ parameters }: JobSpec): Parameters {
  if (parameters === undefined) return NO_PARAMETERS;
  return Object.fromEntries(
    parameters.flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value]])),
  );
}

/** The parameter values that a Run Job task passes to its job. */
function passedTo(target: JobSpec, task: TaskSpec, values: Parameters): Parameters {
  if (task.parameters === undefined) return defaults(target);
  const passed = Object.entries(task.parameters).map(([name, value]) => [
    name,
    resolved(value, values),
  ]);
  return { ...defaults(target), ...(Object.fromEntries(passed) as Parameters) };
}

/** The executions of a task: for a for-each task, its inner task once for each known input. */
function repeated(
  outer: TaskSpec,
  parameters: Parameters,
): { readonly task: TaskSpec; readonly values: Parameters }[] {
  const inner = outer.forEach;
  if (inner === undefined) return [{ task: outer, values: jobValues(parameters) }];
  const inputs = inputsOf(resolved(outer.forEachInputs ?? "", jobValues(parameters)));
  return inputs.flatMap((input) =>
    repeated(inner, parameters).map(({ task, values }) => ({
      task,
      values: { ...values, ...input },
    })),
  );
}

function jobValues(parameters: Parameters): Parameters {
  if (parameters === NO_PARAMETERS) return NO_PARAMETERS;
  return Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [`job.parameters.${name}`, value]),
  );
}

/** Values of `{{input}}` for each iteration. */
function inputsOf(text: string): Parameters[] {
  let inputs: unknown;
  try {
    inputs = JSON.parse(text);
  } catch {
    return [{}];
  }
  if (!Array.isArray(inputs) || inputs.length === 0) return [{}];
  return (inputs as unknown[]).slice(0, MAX_INPUTS).map((input) => {
    if (typeof input !== "object" || input === null) return { input: String(input) };
    return Object.fromEntries(
      Object.entries(input).map(([name, value]) => [
        `input.${name}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    );
  });
}

/** Replaces known dynamic values in text. */
function resolved(text: string, values: Parameters): string {
  return text.includes("{{")
    ? text.replace(/\{\{\s*([\w.]{1,200})\s*\}\}/g, (all, name: string) => values[name] ?? all)
    : text;
}

/** Parameters of a task's code. Job parameters override task parameters of the same name. */
function codeParameters(task: TaskSpec, values: Parameters): CodeParameters {
  const own = { ...task.parameters, ...task.codeParameters?.named };
  const named: Record<string, string> = {};
  for (const [name, value] of Object.entries(own))
    if (!isExpression(name)) named[name] = resolved(value, values);
  for (const [name, value] of Object.entries(values)) {
    const [, parameter] = /^job\.parameters\.(.+)$/s.exec(name) ?? [];
    if (parameter !== undefined) named[parameter] = value;
  }
  const positional = (task.codeParameters?.positional ?? []).map((value) =>
    resolved(value, values),
  );
  return { named, positional };
}

/** Execution order of a job's tasks. */
export class TaskOrder {
  readonly #byKey: ReadonlyMap<string, TaskSpec>;
  readonly #before = new Map<TaskSpec, ReadonlySet<TaskSpec>>();
  readonly #outcomes = new Map<TaskSpec, ReadonlySet<string>>();

  public constructor(job: JobSpec) {
    this.#byKey = new Map(job.tasks.map((task) => [task.taskKey, task]));
  }

  /** Whether `first` always ends before `second` starts. */
  public isBefore(first: TaskSpec, second: TaskSpec): boolean {
    return this.#allBefore(second).has(first);
  }

  /** Whether two tasks may run at the same time or in either order. */
  public isUnordered(a: TaskSpec, b: TaskSpec): boolean {
    return !this.isBefore(a, b) && !this.isBefore(b, a) && !this.#areExclusive(a, b);
  }

  #allBefore(task: TaskSpec): ReadonlySet<TaskSpec> {
    const known = this.#before.get(task);
    if (known !== undefined) return known;
    const found = new Set<TaskSpec>();
    const queue = [task];
    for (const next of queue)
      for (const key of next.dependsOn) {
        const before = this.#byKey.get(key);
        if (before === undefined || found.has(before)) continue;
        found.add(before);
        queue.push(before);
      }
    this.#before.set(task, found);
    return found;
  }

  /** Whether the tasks are on opposite branches of a condition, so that at most one runs. */
  #areExclusive(a: TaskSpec, b: TaskSpec): boolean {
    const others = this.#outcomesOf(b);
    return [...this.#outcomesOf(a)].some((outcome) => {
      const [key = "", value = ""] = outcome.split("\n");
      return others.has(`${key}\n${value === "true" ? "false" : "true"}`);
    });
  }

  /** Condition outcomes that a task requires to run. */
  #outcomesOf(task: TaskSpec): ReadonlySet<string> {
    const known = this.#outcomes.get(task);
    if (known !== undefined) return known;
    const found = new Set<string>();
    // Ends the recursion of a cycle.
    this.#outcomes.set(task, found);
    if (task.runIf !== undefined && task.runIf !== "ALL_SUCCESS") return found;
    for (const key of task.dependsOn) {
      const outcome = task.outcomes?.get(key);
      if (outcome === "true" || outcome === "false") found.add(`${key}\n${outcome}`);
      const before = this.#byKey.get(key);
      if (before !== undefined) for (const each of this.#outcomesOf(before)) found.add(each);
    }
    return found;
  }
}
