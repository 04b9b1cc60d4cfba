import type { RuleMatch } from "../../model/finding";
import { leafTasks } from "../../model/job-graph";
import { isExpression, type JobSpec, mayHold } from "../../model/job-spec";
import { isSettings } from "../../model/settings";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const hiddenValue = defineRule({
  name: "hidden-value",
  summary: "Every value takes effect; no other value hides it.",
  rationale:
    "A value that never takes effect misleads anyone who changes it. A job parameter overrides the base_parameters of the same name; a lookup overrides the default of a variable; a job's timeout applies before a longer timeout of its task; run_if needs dependencies; a job cluster that no task names is never started; notification_settings apply only to notifications of the same job or task; a preset applies only to jobs that do not set the value themselves.",
  severity: "warning",
  preset: "correctness",
  docs: {
    wrong: `parameters:
  - { name: catalog, default: main }
tasks:
  - task_key: seed_all_alerts
    notebook_task:
      notebook_path: ../src/seed_all_alerts.py
      base_parameters: { catalog: staging } # the notebook gets main`,
    right: `parameters:
  - { name: catalog, default: main }
tasks:
  - task_key: seed_all_alerts
    notebook_task:
      notebook_path: ../src/seed_all_alerts.py`,
    fix: "Remove either the value that has no effect or the one that hides it.",
    source:
      "Databricks, job parameters: they take precedence over task parameters of the same name; Databricks Asset Bundles: variables; presets; Jobs API: timeout_seconds, run_if, job_clusters, notification_settings",
  },
  // The bundle reader reports what graphs do not contain: defaults of lookup variables, and presets.
  *check(graph) {
    for (const job of graph.jobs) {
      // The conditions spare most jobs five generators.
      if (job.parameters !== undefined) yield* hiddenParameters(job);
      if (job.timeoutSeconds !== undefined) yield* hiddenTimeouts(job);
      if (job.tasks.some(({ runIf }) => runIf !== undefined)) yield* conditionsOfNothing(job);
      if (job.jobClusterKeys !== undefined) yield* unusedClusters(job);
      if (mayHold(job, NOTIFICATION_SETTINGS)) yield* silentNotifications(job);
    }
  },
});

function* hiddenParameters(job: JobSpec): Generator<RuleMatch> {
  const { parameters = [] } = job;
  const defaults = new Map(parameters.map((parameter) => [parameter.name, parameter.default]));
  for (const { taskKey, notebook, parameters: own = {} } of leafTasks(job)) {
    if (notebook === undefined) continue;
    for (const [name, value] of Object.entries(own)) {
      if (!defaults.has(name) || isSame(value, name, defaults.get(name))) continue;
      yield {
        message: `base_parameters of task ${quote(taskKey)} set ${quote(name)}, which the parameter of job ${quote(job.key)} with that name overrides`,
        fix: "remove it from base_parameters, or rename one of the two",
        sites: [{ job, taskKey }],
      };
    }
  }
}

function* hiddenTimeouts(job: JobSpec): Generator<RuleMatch> {
  const { timeoutSeconds: limit = 0 } = job;
  if (limit <= 0) return;
  for (const { taskKey, timeoutSeconds: own = 0 } of job.tasks) {
    if (own <= limit) continue;
    yield {
      message: `task ${quote(taskKey)} may take ${own} seconds, but job ${quote(job.key)} ends after ${limit}`,
      fix: "give the task a timeout_seconds below the job's, or raise the job's",
      sites: [{ job, taskKey }],
    };
  }
}

function* conditionsOfNothing(job: JobSpec): Generator<RuleMatch> {
  for (const { taskKey, runIf = "ALL_SUCCESS", dependsOn, unknown } of job.tasks) {
    if (runIf === "ALL_SUCCESS" || isExpression(runIf) || dependsOn.length > 0) continue;
    if (unknown?.has("depends_on") === true) continue;
    yield {
      message: `run_if ${quote(runIf)} of task ${quote(taskKey)} has no effect because the task depends on no other`,
      fix: "remove run_if, or add the tasks to depends_on",
      sites: [{ job, taskKey }],
    };
  }
}

function* unusedClusters(job: JobSpec): Generator<RuleMatch> {
  const keys = job.jobClusterKeys ?? [];
  if (keys.length === 0 || job.unknown?.has("tasks") === true) return;
  const used = leafTasks(job).flatMap(({ jobClusterKey }) => jobClusterKey ?? []);
  if ([...keys, ...used].some(isExpression)) return;
  for (const key of new Set(keys)) {
    if (used.includes(key)) continue;
    yield {
      message: `no task of job ${quote(job.key)} runs on its job cluster ${quote(key)}`,
      fix: "remove the job cluster, or name it in the job_cluster_key of a task",
      sites: [{ job }],
    };
  }
}

const NOTIFICATION_SETTINGS = new Set(["notification_settings"]);

/** Notification settings when there are no notifications. False is the workspace's default for each. */
function* silentNotifications(job: JobSpec): Generator<RuleMatch> {
  const parts = [
    { what: `job ${quote(job.key)}`, part: job, sites: [{ job }] },
    ...leafTasks(job).map((task) => {
      const { taskKey } = task;
      const what = `task ${quote(taskKey)} of job ${quote(job.key)}`;
      return { what, part: task, sites: [{ job, taskKey }] };
    }),
  ];
  for (const { what, part, sites } of parts) {
    const { notifications = [], unknown, settings } = part;
    if (notifications.length > 0 || CHANNELS.some((name) => unknown?.has(name))) continue;
    const given = settings.notification_settings;
    const names = isSettings(given)
      ? Object.keys(given).filter((name) => given[name] === true)
      : [];
    const [name] = names;
    if (name === undefined) continue;
    yield {
      message: `${name} of ${what} has no effect because it has no notifications of its own`,
      fix: "remove notification_settings, or add email_notifications or webhook_notifications beside it",
      sites,
    };
  }
}

const CHANNELS = ["email_notifications", "webhook_notifications"];

/** Whether the task repeats the job's value, or the value is unknown. */
function isSame(value: string, name: string, byJob: string | undefined): boolean {
  if (value === byJob || isExpression(value)) return true;
  return /^\{\{\s*job\.parameters\./.test(value) && value.includes(name);
}
