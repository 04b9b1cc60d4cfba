import { leafTasks, type JobGraph } from "../../model/job-graph";
import {
  JOB_LEVEL_TAG,
  type JobSpec,
  ORCHESTRATION_TYPES,
  type TaskSpec,
} from "../../model/job-spec";
import { quote } from "../../model/text";
import { contentOf, isOtherCode, isOutside, levelOf, runsComposites, taskList } from "../levels";
import { defineRule, type RuleOptions } from "../rule";
import { WORDS } from "../words";

export const atomicOneNotebook = defineRule({
  name: "atomic-one-notebook",
  summary: "An atomic job runs exactly one notebook and nothing else.",
  rationale:
    "A job with a single purpose can be run, tested and owned separately. With `unit: code`, an atomic job runs exactly one task with code of any kind.",
  severity: "error",
  preset: "spec",
  options: ["unit"],
  docs: {
    wrong: `tags: { job_level: atomic }
tasks:
  - task_key: setup_tables
    notebook_task: { notebook_path: ../src/setup_alerting_tables.py }
  - task_key: seed
    notebook_task: { notebook_path: ../src/seed_all_alerts.py }`,
    right: `tags: { job_level: atomic }
tasks:
  - task_key: setup_tables
    notebook_task: { notebook_path: ../src/setup_alerting_tables.py }`,
    fix: "Create an atomic job for each notebook, and a composite job that runs them. Tag a job that only runs other jobs as composite.",
    source: "hierarchical job architecture, layer 1",
  },
  *check(graph, options) {
    for (const job of graph.jobs) {
      if (levelOf(job) !== "atomic" || isOutside(job, options)) continue;
      const isCode = options.unit === "code";
      yield* checkCount(job, graph, options);
      for (const task of leafTasks(job)) {
        if (task.repeated !== true) continue;
        if (task.notebook === undefined && !(isCode && task.types.some(isOtherCode))) continue;
        yield {
          message: `atomic job ${quote(job.key)} makes ${isCode ? "" : "notebook "}tasks with a dynamic block`,
          fix: `write its only task explicitly, or create an atomic job for each ${isCode ? "task" : "notebook"}`,
          sites: [{ job, taskKey: task.taskKey }],
        };
      }
    }
  },
});

function* checkCount(job: JobSpec, graph: JobGraph, { unit }: RuleOptions) {
  const name = `atomic job ${quote(job.key)}`;
  const { notebooks, otherCode, runJobs } = contentOf(job);
  const code = [...new Set<TaskSpec>([...notebooks, ...otherCode])];
  const units = unit === "code" ? code : notebooks;
  const thing = unit === "code" ? "task with code" : "notebook";
  const sites = [{ job }];
  if (units.length === 0 && job.unknown?.has("tasks") === true) {
    yield {
      message: `the tasks of ${name} are not known before it is deployed`,
      fix: "write its only task explicitly",
      sites,
    };
    return;
  }
  if (units.length === 0 && runJobs.length > 0) {
    const level = runsComposites(job, graph) ? "orchestrator" : "composite";
    yield {
      message: `${name} runs ${runJobs.length === 1 ? "another job" : "other jobs"} and no ${thing}`,
      fix: `${code.length === 0 ? "" : `move ${taskList(code)} to an atomic job, and `}tag it ${WORDS[graph.kind].tag(JOB_LEVEL_TAG, level)}`,
      sites,
    };
    return;
  }
  if (units.length !== 1) {
    yield {
      message: `${name} runs ${units.length === 0 ? `no ${thing}` : `${units.length} ${thing.replace(/^\w+/, "$&s")}`}`,
      fix:
        units.length === 0
          ? `give it the one ${unit === "code" ? "task with code" : "notebook_task"} that it is meant to run, or remove it`
          : `create an atomic job for each ${unit === "code" ? "task" : "notebook"} and run them from a composite job`,
      sites,
    };
  }
  for (const task of leafTasks(job)) {
    const others = task.types.filter(
      (type) =>
        type !== "notebook_task" &&
        // The repeated task counts.
        type !== "for_each_task" &&
        (unit !== "code" || ORCHESTRATION_TYPES.has(type)),
    );
    if (others.length === 0) continue;
    yield {
      message: `${name} holds a ${others.join(" and a ")} beside its ${unit === "code" ? "code" : units.length === 0 ? "tasks" : "notebook"}`,
      fix: others.every((type) => ORCHESTRATION_TYPES.has(type))
        ? "move it to a composite job that runs this one"
        : "move its code into a notebook run by its own atomic job, and run that from a composite job",
      sites: [{ job, taskKey: task.taskKey }],
    };
  }
}
