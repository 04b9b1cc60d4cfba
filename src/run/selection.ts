import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { globOf, type JobId, quote } from "@jobstrata/core/model";
import type { DeployedJob, DeployedTask } from "./deployed-jobs";

/** A task in the tree below a job. A job that runs in two places has two nodes. */
export interface TaskNode {
  readonly job: DeployedJob;
  readonly task: DeployedTask;
  readonly parent?: TaskNode;
  /** The tasks of its child job; empty for a leaf task. */
  readonly children: readonly TaskNode[];
  /** The child job of a Run Job task, if known. */
  readonly runs?: DeployedJob;
}

/** The tree of all tasks below a job, in the jobs' task order. Stops at a job that would run itself. */
export function taskTree(
  job: DeployedJob,
  jobs: ReadonlyMap<JobId, DeployedJob>,
  parent?: TaskNode,
): TaskNode[] {
  const above = new Set<JobId>([job.jobId]);
  for (let node = parent; node !== undefined; node = node.parent) above.add(node.job.jobId);
  return job.tasks.map((task) => {
    const target = task.runJobId === undefined ? undefined : jobs.get(task.runJobId);
    const runs = target !== undefined && above.has(target.jobId) ? undefined : target;
    const node = {
      job,
      task,
      ...(parent && { parent }),
      ...(runs && { runs }),
      children: [] as TaskNode[],
    };
    if (runs !== undefined) node.children = taskTree(runs, jobs, node);
    return node;
  });
}

/** Task keys from the top job to the task. */
export function pathOf(node: TaskNode): string[] {
  return [...(node.parent === undefined ? [] : pathOf(node.parent)), node.task.taskKey];
}

/** A node and everything below it. */
export function* withDescendants(nodes: readonly TaskNode[]): Generator<TaskNode> {
  for (const node of nodes) {
    yield node;
    yield* withDescendants(node.children);
  }
}

const isLeaf = ({ children }: TaskNode): boolean => children.length === 0;

/** Jobs of `state:` selectors, by key or, if the key is unknown, by display name. */
export interface StateSelection {
  /** Jobs with a state, such as `modified`. */
  jobs(state: string): ReadonlySet<string>;
  /** Jobs downstream of these. */
  downstream(state: string): ReadonlySet<string>;
}

/**
 * Selects leaf tasks. The syntax follows dbt: `task`, `task+` with dependents, `+task` with dependencies, `2+task` with
 * two levels of them, `a b` for a union, `a,b` for an intersection, `tag:key=value`, `job:key`, `state:modified`, and
 * `*` for any text. A name is a task key at any depth, or task keys from the top joined by `/` (a leading `/` limits a
 * single key to the top), or the key of a child job.
 *
 * @param states resolves `state:` selectors, which may select nothing
 * @throws {JobstrataError} `run` if any other selector is invalid or selects nothing
 */
export function select(
  tree: readonly TaskNode[],
  selectors: readonly string[],
  exclude: readonly string[] = [],
  states?: StateSelection,
): Set<TaskNode> {
  const chosen = union(tree, selectors, states);
  for (const leaf of union(tree, exclude, states)) chosen.delete(leaf);
  if (chosen.size === 0 && states === undefined) {
    throw new JobstrataError("run", `${selectors.map(quote).join(" ")} leaves no task to run`);
  }
  return chosen;
}

function union(
  tree: readonly TaskNode[],
  selectors: readonly string[],
  states: StateSelection | undefined,
): Set<TaskNode> {
  const chosen = new Set<TaskNode>();
  for (const selector of selectors.flatMap((text) => text.split(/\s+/)).filter(Boolean)) {
    const parts = selector
      .split(",")
      .map((atom) => leavesBelow(evaluate(tree, atom, selector, states)));
    const [first = new Set<TaskNode>(), ...others] = parts;
    for (const leaf of first) if (others.every((other) => other.has(leaf))) chosen.add(leaf);
  }
  return chosen;
}

function leavesBelow(nodes: Iterable<TaskNode>): Set<TaskNode> {
  return new Set([...withDescendants([...nodes])].filter(isLeaf));
}

const ATOM = /^(?:(\d*)(\+))?(?:(\w+):)?([^+@:][^+@]*)(?:(\+)(\d*))?$/;

function evaluate(
  tree: readonly TaskNode[],
  atom: string,
  selector: string,
  states: StateSelection | undefined,
): Set<TaskNode> {
  const match = ATOM.exec(atom);
  if (match === null) {
    throw new JobstrataError(
      "run",
      `invalid selector ${quote(selector)}; write task, task+, +task, 2+task, "a b" for either, a,b for both, tag:key=value, or job:key`,
    );
  }
  const [, upSteps, up, method = "task", value = "", down, downSteps] = match;
  const named = method === "state" ? inState(tree, value, states) : namedBy(tree, method, value);
  const chosen = new Set(named);
  if (method === "state" && down !== undefined && downSteps === "")
    for (const leaf of following(tree, value, states)) chosen.add(leaf);
  if (up !== undefined) walk(chosen, named, neighbours(tree, waitsFor), upSteps);
  if (down !== undefined) {
    const isAfter = (node: TaskNode, other: TaskNode): boolean => waitsFor(other, node);
    walk(chosen, named, neighbours(tree, isAfter), downSteps);
  }
  return chosen;
}

/** Tasks of the jobs in a state, and the Run Job tasks that run these jobs. */
function inState(
  tree: readonly TaskNode[],
  state: string,
  states: StateSelection | undefined,
): TaskNode[] {
  if (states === undefined || !["modified", "new", "removed"].includes(state)) {
    throw new JobstrataError(
      "run",
      states === undefined
        ? "state: selectors need a base to compare with, such as --state origin/main"
        : `unknown state ${quote(state)}; use state:modified, state:new or state:removed`,
    );
  }
  const jobs = states.jobs(state);
  return [...withDescendants(tree)].filter(
    ({ job, runs }) => isAmong(jobs, job) || isAmong(jobs, runs),
  );
}

/** Leaf tasks of the downstream jobs, without the tasks of jobs that these run. */
function following(
  tree: readonly TaskNode[],
  state: string,
  states: StateSelection | undefined,
): TaskNode[] {
  const jobs = states?.downstream(state) ?? new Set();
  return [...withDescendants(tree)].filter((node) => isLeaf(node) && isAmong(jobs, node.job));
}

const isAmong = (jobs: ReadonlySet<string>, job: DeployedJob | undefined): boolean =>
  job !== undefined && jobs.has(job.key ?? job.name);

function namedBy(tree: readonly TaskNode[], method: string, value: string): TaskNode[] {
  const all = [...withDescendants(tree)];
  const matches = globOf(value);
  switch (method) {
    case "task": {
      const names = (node: TaskNode): string[] => [
        node.task.taskKey,
        pathOf(node).join("/"),
        `/${pathOf(node).join("/")}`,
        ...(node.runs?.key === undefined ? [] : [node.runs.key]),
      ];
      return found(all, names, matches, "task or job", value);
    }
    case "job": {
      const names = ({ runs }: TaskNode): string[] =>
        runs === undefined ? [] : [runs.label, runs.name];
      return found(all, names, matches, "job", value);
    }
    case "tag": {
      const tags = ({ job, runs }: TaskNode): string[] =>
        Object.entries((runs ?? job).tags).flatMap(([key, text]) => [
          key,
          `${key}=${text}`,
          `${key}:${text}`,
        ]);
      return found(all, tags, matches, "tag", value);
    }
    default:
      throw new JobstrataError(
        "run",
        `unknown selector method ${quote(`${method}:`)}; use task:, job:, tag: or state:`,
      );
  }
}

function found(
  nodes: readonly TaskNode[],
  names: (node: TaskNode) => readonly string[],
  matches: (name: string) => boolean,
  what: string,
  value: string,
): TaskNode[] {
  const chosen = nodes.filter((node) => names(node).some(matches));
  if (chosen.length > 0) return chosen;
  const candidates = new Set(nodes.flatMap(names));
  throw new JobstrataError(
    "run",
    `no ${what} below the job is called ${quoteWithSuggestion(value, candidates)}; there are ${[...candidates].slice(0, 30).map(quote).join(", ")}`,
  );
}

/** Adds the tasks reachable from `start` in at most `steps` steps. */
function walk(
  chosen: Set<TaskNode>,
  start: readonly TaskNode[],
  next: (node: TaskNode) => readonly TaskNode[],
  steps: string | undefined,
): void {
  let left = steps === undefined || steps === "" ? Infinity : Number(steps);
  const seen = new Set(start);
  for (let level = [...start]; level.length > 0 && left > 0; left--) {
    level = level.flatMap(next).filter((node) => !seen.has(node) && seen.add(node));
    for (const node of level) chosen.add(node);
  }
}

/** True if the first task waits for the second one. */
const waitsFor = (node: TaskNode, other: TaskNode): boolean =>
  node.task.dependsOn.includes(other.task.taskKey);

/**
 * Neighbours of a task in one direction: in the same job or, at its end, the neighbours of the task that runs the job.
 *
 * @param isNext whether the second task follows the first one
 */
function neighbours(
  tree: readonly TaskNode[],
  isNext: (node: TaskNode, other: TaskNode) => boolean,
): (node: TaskNode) => readonly TaskNode[] {
  const next = (node: TaskNode): readonly TaskNode[] => {
    const siblings = (node.parent?.children ?? tree).filter((other) => isNext(node, other));
    return siblings.length > 0 || node.parent === undefined ? siblings : next(node.parent);
  };
  return next;
}
