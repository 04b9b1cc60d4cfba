import { JobstrataError } from "@jobstrata/core/errors";
import { type JobId, quote } from "@jobstrata/core/model";
import { checkReferences, type DeployedJob } from "./deployed-jobs";
import { pathOf, type TaskNode, withDescendants } from "./selection";

/** A planned run. */
export interface RunStep {
  readonly job: DeployedJob;
  /** Task keys from the requested job to this one; empty for the requested job. */
  readonly path: readonly string[];
  /** Keys of the tasks to run. @default all */
  readonly only?: readonly string[];
  readonly jobParameters?: Readonly<Record<string, string>>;
  readonly notebookParams?: Readonly<Record<string, string>>;
  /** Child jobs by id, if they were read. */
  readonly below?: ReadonlyMap<JobId, DeployedJob>;
  /** Steps that must succeed first. */
  readonly after: readonly RunStep[];
}

interface Place {
  readonly job: DeployedJob;
  readonly nodes: readonly TaskNode[];
  readonly path: readonly string[];
  /** The job's parameters, including defaults. */
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * Plans the runs for the chosen tasks, in order. A job with all tasks chosen runs as a whole; a job with some of them,
 * with `only`. If part of a child job is chosen, the child job runs on its own, between the parent's tasks before and
 * after it.
 *
 * @param chosen the leaf tasks to run
 * @param jobParameters the user's parameters for the top job
 * @throws {JobstrataError} `run` if a task references a value of a task in another run
 */
export function planRuns(
  job: DeployedJob,
  tree: readonly TaskNode[],
  chosen: ReadonlySet<TaskNode>,
  jobParameters: Readonly<Record<string, string>> = {},
): RunStep[] {
  const steps: RunStep[] = [];
  const parameters = { ...Object.fromEntries(job.parameters), ...jobParameters };
  planJob({ job, nodes: tree, path: [], parameters }, chosen, jobParameters, [], steps);
  return steps;
}

type Part = "all" | "some" | "none";

function planJob(
  place: Place,
  chosen: ReadonlySet<TaskNode>,
  given: Readonly<Record<string, string>>,
  earlier: readonly RunStep[],
  steps: RunStep[],
): RunStep[] {
  const { job, nodes, path, parameters } = place;
  const parts = new Map(nodes.map((node) => [node.task.taskKey, partOf(node, chosen)]));
  const stages = stagesOf(nodes, parts);
  const last = Math.max(-1, ...stages.values());
  const own: RunStep[] = [];
  let before = earlier;
  for (let stage = 0; stage <= last; stage++) {
    const here = nodes.filter(({ task }) => stages.get(task.taskKey) === stage);
    const whole = here.filter(({ task }) => parts.get(task.taskKey) === "all");
    const begun: RunStep[] = [];
    if (whole.length > 0) {
      const keys = whole.map(({ task }) => task.taskKey);
      const complete = keys.length === nodes.length;
      if (!complete) checkReferences(job, keys);
      const step: RunStep = {
        job,
        path,
        ...(!complete && { only: keys }),
        ...(Object.keys(given).length > 0 && { jobParameters: given }),
        after: before,
      };
      steps.push(step);
      begun.push(step);
    }
    const waits = begun.length > 0 ? [...begun] : before;
    for (const node of here.filter(({ task }) => parts.get(task.taskKey) === "some")) {
      if (node.runs === undefined) continue;
      const pushed = pushedTo(node, node.runs, parameters);
      const below: Place = {
        job: node.runs,
        nodes: node.children,
        path: pathOf(node),
        parameters: { ...Object.fromEntries(node.runs.parameters), ...pushed },
      };
      begun.push(...planJob(below, chosen, pushed, waits, steps));
    }
    own.push(...begun);
    if (begun.length > 0) before = begun;
  }
  return own;
}

function partOf(node: TaskNode, chosen: ReadonlySet<TaskNode>): Part {
  const leaves = [...withDescendants([node])].filter(({ children }) => children.length === 0);
  const count = leaves.filter((leaf) => chosen.has(leaf)).length;
  return count === 0 ? "none" : count === leaves.length ? "all" : "some";
}

/**
 * Assigns chosen tasks to consecutive runs. Within one run, the job itself keeps the order of two dependent tasks. If
 * something else must run between them, the second one gets a later run.
 */
function stagesOf(
  nodes: readonly TaskNode[],
  parts: ReadonlyMap<string, Part>,
): Map<string, number> {
  const byKey = new Map(nodes.map((node) => [node.task.taskKey, node]));
  /** The first possible stage of a dependent task that is not in the same run. */
  const beyond = new Map<string, number>();
  const stages = new Map<string, number>();
  const visit = (node: TaskNode): void => {
    const { taskKey, dependsOn } = node.task;
    if (beyond.has(taskKey)) return;
    beyond.set(taskKey, 0);
    const part = parts.get(taskKey);
    let stage = 0;
    for (const key of dependsOn) {
      const dependency = byKey.get(key);
      if (dependency === undefined) continue;
      visit(dependency);
      // Both are in one run, or a child's run follows its parent's run in the same stage.
      const together = part !== "none" && parts.get(key) === "all";
      stage = Math.max(stage, (together ? stages.get(key) : beyond.get(key)) ?? 0);
    }
    if (part === "none") beyond.set(taskKey, stage);
    else {
      stages.set(taskKey, stage);
      beyond.set(taskKey, stage + 1);
    }
  };
  nodes.forEach(visit);
  return stages;
}

/** The parameters that a Run Job task would pass to its job. */
function pushedTo(
  node: TaskNode,
  target: DeployedJob,
  parameters: Readonly<Record<string, string>>,
): Record<string, string> {
  const pushed: Record<string, string> = {};
  for (const [name, value] of Object.entries(node.task.jobParameters)) {
    pushed[name] = value.replace(
      /\{\{\s*job\.parameters\.([\w.-]+)\s*\}\}/g,
      (reference, parameter: string) => parameters[parameter] ?? reference,
    );
    if (/\{\{.*\}\}/.test(pushed[name])) {
      throw new JobstrataError(
        "run",
        `job ${quote(target.label)} cannot be run apart from ${quote(node.job.label)}: its parameter ${quote(name)} is ${quote(value)} there`,
      );
    }
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (target.parameters.has(name)) pushed[name] = value;
  }
  return pushed;
}
