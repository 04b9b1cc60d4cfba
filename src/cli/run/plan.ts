import { type JobId, byDependencies, printable } from "@jobstrata/core/model";
import { type DeployedJob, type RunStep, type TaskNode, taskTree } from "@jobstrata/run";
import { type Io, writeJson } from "../io";
import type { Format } from "./execution";
import { stepName } from "./view";

/** Lists the runs in order with the tasks of each. */
export function showPlan(steps: readonly RunStep[], format: Format, io: Io): void {
  const numbers = new Map(steps.map((step, at) => [step, at + 1]));
  if (format !== "text") {
    const plan = steps.map((step) => ({
      step: numbers.get(step),
      job: step.job.label,
      job_id: step.job.jobId,
      job_path: step.path,
      ...(step.only && { only: step.only }),
      ...(step.jobParameters && { job_parameters: step.jobParameters }),
      ...(step.notebookParams && { notebook_params: step.notebookParams }),
      tasks: tasksOf(step).map(({ taskKey, dependsOn }) => ({
        task_key: taskKey,
        depends_on: dependsOn,
      })),
      after: step.after.map((each) => numbers.get(each)),
    }));
    writeJson(io, format, { version: 1, plan });
    return;
  }
  for (const step of steps) {
    const after = step.after.map((each) => numbers.get(each)).join(", ");
    const parameters = { ...step.jobParameters, ...step.notebookParams };
    const given = Object.entries(parameters).map(
      ([name, value]) => `${printable(name)}=${printable(value)}`,
    );
    io.out(
      [
        `${numbers.get(step) ?? 0}. ${stepName(step)}`,
        after === "" ? "" : `after ${after}`,
        given.length === 0 ? "" : `with ${given.join(", ")}`,
      ]
        .filter(Boolean)
        .join("  "),
    );
    for (const line of taskLines(step)) io.out(`     ${line}`);
  }
}

const tasksOf = ({ job, only }: RunStep): DeployedJob["tasks"] =>
  job.tasks.filter(({ taskKey }) => only === undefined || only.includes(taskKey));

/** Tasks in the order in which they can start, with their dependencies and the jobs that they run. */
function taskLines({ job, only, below }: RunStep): string[] {
  const tree = taskTree(job, below ?? new Map<JobId, DeployedJob>());
  const lines: string[] = [];
  const visit = (nodes: readonly TaskNode[], indent: string): void => {
    for (const node of byDependencies(nodes, ({ task }) => task)) {
      const { taskKey, dependsOn, notebookPath } = node.task;
      const waits = dependsOn.length === 0 ? "" : `  after ${dependsOn.map(printable).join(", ")}`;
      const runs = node.runs === undefined ? "" : `  → ${printable(node.runs.label)}`;
      const notebook = notebookPath === undefined ? "" : `  ${printable(notebookPath)}`;
      lines.push(`${indent}${printable(taskKey)}${runs}${notebook}${waits}`);
      visit(node.children, `${indent}  `);
    }
  };
  visit(
    tree.filter(({ task }) => only === undefined || only.includes(task.taskKey)),
    "",
  );
  return lines;
}
