import { type JobSpec, isExpression } from "../../model/job-spec";
import { nearest } from "../../nearest";
import { quote } from "../../model/text";
import { referencesIn, type ValueReference } from "../references";
import { defineRule } from "../rule";
import { nameOne } from "../suggest";
import { type Words, WORDS } from "../words";

export const dynamicValueReference = defineRule({
  name: "dynamic-value-reference",
  summary:
    "Every {{…}} of jobs and tasks refers to a parameter that the job declares, or to a task that comes before.",
  rationale:
    "Databricks rejects an unresolved reference or passes its text on as the value; a task that may not have run yet has no value.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `parameters: [{ name: day, default: today }]
tasks:
  - task_key: load
    notebook_task:
      notebook_path: ../src/load.py
      base_parameters: { day: "{{job.parameters.dya}}" }
  - task_key: report # takes a value of load, but does not wait for it
    notebook_task:
      notebook_path: ../src/report.py
      base_parameters: { rows: "{{tasks.load.values.rows}}" }`,
    right: `parameters: [{ name: day, default: today }]
tasks:
  - task_key: load
    notebook_task:
      notebook_path: ../src/load.py
      base_parameters: { day: "{{job.parameters.day}}" }
  - task_key: report
    depends_on: [{ task_key: load }]
    notebook_task:
      notebook_path: ../src/report.py
      base_parameters: { rows: "{{tasks.load.values.rows}}" }`,
    fix: "Declare the parameter, or name an existing task and add it to depends_on. Indirect dependencies count, too.",
    source: "Databricks, dynamic value references",
  },
  *check(graph) {
    const words = WORDS[graph.kind];
    for (const job of graph.jobs) {
      const said = new Set<string>();
      for (const reference of referencesIn(job)) {
        const problem = problemOf(reference, job, words);
        if (problem === undefined) continue;
        const { task, outer } = reference;
        const key = JSON.stringify([outer?.taskKey, task?.taskKey, problem.message]);
        // The same reference in two parameters of a task is one mistake.
        if (said.has(key)) continue;
        said.add(key);
        yield {
          ...problem,
          sites: [{ job, ...(task !== undefined && { taskKey: task.taskKey }) }],
        };
      }
    }
  },
});

interface Problem {
  readonly message: string;
  readonly fix: string;
}

function problemOf(reference: ValueReference, job: JobSpec, words: Words): Problem | undefined {
  const { namespace, path, task } = reference;
  const where =
    task === undefined ? `a parameter of job ${quote(job.key)}` : `task ${quote(task.taskKey)}`;
  const refers = `${where} refers to ${quote(reference.text)}`;
  const field = path[namespace === "tasks" ? 1 : 0];
  if (reference.parameter !== undefined)
    return parameterProblem(reference.parameter, refers, job, words);
  if (namespace === "tasks") {
    const problem = taskProblem(reference, refers, job);
    if (problem !== undefined) return problem;
  }
  const known = FIELDS[namespace];
  if (field === undefined || known.includes(field)) return undefined;
  // Databricks adds new references, so only likely typos are reported.
  const near = nearest(field, known);
  if (near === undefined) return undefined;
  return {
    message: `${refers}, but ${namespace === "tasks" ? "tasks" : namespace} has no ${quote(field)}`,
    fix: `did you mean ${quote(near)}?`,
  };
}

const FIELDS: Readonly<Record<ValueReference["namespace"], readonly string[]>> = {
  job: ["id", "name", "run_id", "repair_count", "start_time", "parameters", "trigger"],
  task: ["name", "run_id", "execution_count", "notebook_path", "task_key"],
  tasks: [
    "name",
    "run_id",
    "result_state",
    "error_code",
    "execution_count",
    "notebook_path",
    "values",
    "output",
  ],
  workspace: ["id", "url"],
};

function parameterProblem(
  name: string,
  refers: string,
  job: JobSpec,
  words: Words,
): Problem | undefined {
  const declared = (job.parameters ?? []).map((parameter) => parameter.name);
  if (declared.includes(name) || declared.some(isExpression) || isExpression(name))
    return undefined;
  if (job.unknown?.has("parameters") === true) return undefined;
  return {
    message: `${refers}, but job ${quote(job.key)} declares no parameter ${quote(name)}`,
    fix: nameOne(name, declared, `declare it ${words.in("parameters")} of the job`),
  };
}

function taskProblem(
  { path: [key = ""], task, outer }: ValueReference,
  refers: string,
  job: JobSpec,
): Problem | undefined {
  const keys = job.tasks.map(({ taskKey }) => taskKey);
  const inner = job.tasks.flatMap(({ forEach }) => forEach?.taskKey ?? []);
  if (isExpression(key) || keys.some(isExpression) || job.unknown?.has("tasks") === true)
    return undefined;
  if (!keys.includes(key)) {
    if (inner.includes(key)) return undefined;
    return {
      message: `${refers}, but job ${quote(job.key)} has no task ${quote(key)}`,
      fix: nameOne(
        key,
        keys.filter((other) => other !== outer?.taskKey),
        "remove it: the job has no other task",
      ),
    };
  }
  if (task === undefined || outer === undefined) return undefined;
  const before = upstreamOf(outer.taskKey, job);
  // An unknown dependency could mean anything.
  if (before.has(key) || [...before].some(isExpression)) return undefined;
  const isItself = key === outer.taskKey;
  return {
    message: isItself
      ? `${refers}, which is the task itself`
      : `${refers}, but does not depend on ${quote(key)}`,
    fix: isItself
      ? "refer to a task that it depends on"
      : upstreamOf(key, job).has(outer.taskKey)
        ? `read the value in a task that runs after ${quote(key)}: that one depends on ${quote(outer.taskKey)}`
        : `add ${quote(key)} to the depends_on of ${quote(outer.taskKey)}`,
  };
}

/** The keys of all transitive dependencies of a task, whether they exist or not. */
function upstreamOf(taskKey: string, job: JobSpec): Set<string> {
  const dependencies = new Map(job.tasks.map((task) => [task.taskKey, task.dependsOn]));
  const found = new Set(dependencies.get(taskKey));
  for (const key of found) for (const next of dependencies.get(key) ?? []) found.add(next);
  return found;
}
