import { leafTasks } from "../../model/job-graph";
import { isExpression, type JobSpec, type TaskSpec } from "../../model/job-spec";
import {
  MAX_ALERT_SUBSCRIBERS,
  MAX_DBT_COMMANDS,
  MAX_ENVIRONMENTS,
  MAX_JOB_CLUSTERS,
  MIN_TRIGGER_SECONDS,
} from "../../model/limits";
import { type Setting, settingAt } from "../../model/settings";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

const TRIGGERS = ["file_arrival", "table_update", "model"];
const INTERVALS = ["min_time_between_triggers_seconds", "wait_after_last_change_seconds"];

export const settingLimits = defineRule({
  name: "setting-limits",
  summary:
    "A job has at most 10 environments and 100 job clusters, triggers wait at least 60 seconds, a dbt task has 1 to 10 commands that begin with dbt, an alert task at most 100 subscribers, max_retries is -1 or more.",
  rationale: "The Jobs API rejects anything else when the job is deployed.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `dbt_task:
  commands: [run]`,
    right: `dbt_task:
  commands: ["dbt run"]`,
    fix: "Stay within the limit in the message.",
    source:
      "Jobs API, environments, job_clusters, trigger, dbt_task.commands, alert_task.subscribers, max_retries",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      for (const problem of [...crowdedLists(job), ...shortIntervals(job)])
        yield { ...problem, sites: [{ job }] };
      for (const task of leafTasks(job)) {
        for (const problem of problemsOf(task))
          yield { ...problem, sites: [{ job, taskKey: task.taskKey }] };
      }
    }
  },
});

function* crowdedLists({ key, environments, jobClusterKeys = [] }: JobSpec) {
  const lists = [
    { what: "environments", count: environments.length, max: MAX_ENVIRONMENTS },
    { what: "job clusters", count: jobClusterKeys.length, max: MAX_JOB_CLUSTERS },
  ];
  for (const { what, count, max } of lists) {
    if (count <= max) continue;
    yield {
      message: `job ${quote(key)} has ${count} ${what}`,
      fix: `keep ${max} of them, or split the job`,
    };
  }
}

function* shortIntervals(job: JobSpec) {
  if (job.triggers?.some(({ kind }) => kind === "trigger") !== true) return;
  for (const trigger of TRIGGERS) {
    for (const interval of INTERVALS) {
      const seconds = Number(settingAt(job.settings, "trigger", trigger, interval) ?? NaN);
      if (Number.isNaN(seconds) || seconds >= MIN_TRIGGER_SECONDS) continue;
      yield {
        message: `the trigger of job ${quote(job.key)} has ${trigger}.${interval} ${seconds}`,
        fix: `choose ${MIN_TRIGGER_SECONDS} seconds or more`,
      };
    }
  }
}

function* problemsOf(task: TaskSpec) {
  const name = `task ${quote(task.taskKey)}`;
  const { maxRetries = 0 } = task;
  if (!Number.isInteger(maxRetries) || maxRetries < -1) {
    yield {
      message: `${name} has max_retries ${maxRetries}`,
      fix: "choose a whole number, or -1 for unlimited retries",
    };
  }
  if (task.types.includes("dbt_task")) yield* commandsOf(task, name);
  if (task.types.includes("alert_task")) {
    const subscribers = settingAt(task.settings, "alert_task", "subscribers");
    if (Array.isArray(subscribers) && subscribers.length > MAX_ALERT_SUBSCRIBERS) {
      yield {
        message: `${name} has ${subscribers.length} subscribers`,
        fix: `keep ${MAX_ALERT_SUBSCRIBERS} of them, or subscribe a notification destination`,
      };
    }
  }
}

function* commandsOf(task: TaskSpec, name: string) {
  const commands = settingAt(task.settings, "dbt_task", "commands");
  if (typeof commands === "string" || task.unknown?.has("dbt_task") === true) return;
  const list = Array.isArray(commands) ? (commands as readonly Setting[]) : [];
  if (list.length === 0 || list.length > MAX_DBT_COMMANDS) {
    yield {
      message: `${name} has ${list.length === 0 ? "no" : list.length} dbt commands`,
      fix:
        list.length === 0
          ? 'list its commands, such as "dbt run"'
          : `keep ${MAX_DBT_COMMANDS}, or split the task`,
    };
  }
  for (const command of list) {
    if (typeof command !== "string" || isExpression(command.slice(0, 4))) continue;
    if (/^\s*dbt(?:\s|$)/.test(command)) continue;
    yield {
      message: `${name} has the dbt command ${quote(command)}, which does not begin with dbt`,
      fix: `write ${quote(`dbt ${command.trim()}`)}`,
    };
  }
}
