import { leafTasks } from "../../model/job-graph";
import { isExpression, mayHold } from "../../model/job-spec";
import { type Setting, settingAt, textAt } from "../../model/settings";
import { nearest } from "../../nearest";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

const PAUSE = ["PAUSED", "UNPAUSED"];
const SOURCE = ["GIT", "WORKSPACE"];

/** A setting, and the values that it may have. */
interface Enumeration {
  readonly name: string;
  readonly path: readonly string[];
  readonly allowed: readonly string[];
}

const enumerations = (table: Readonly<Record<string, readonly string[]>>): Enumeration[] =>
  Object.entries(table).map(([name, allowed]) => ({ name, path: name.split("."), allowed }));

/** Settings that the Jobs API takes a few values for; of a cluster, wherever there is one. */
const OF_JOB = enumerations({
  "continuous.pause_status": PAUSE,
  "continuous.task_retry_mode": ["NEVER", "ON_FAILURE"],
  "schedule.pause_status": PAUSE,
  "trigger.pause_status": PAUSE,
  "trigger.periodic.unit": ["HOURS", "DAYS", "WEEKS", "MINUTES"],
  "trigger.table_update.condition": ["ANY_UPDATED", "ALL_UPDATED"],
  "trigger.model.condition": ["MODEL_CREATED", "MODEL_VERSION_READY", "MODEL_ALIAS_SET"],
  performance_target: ["PERFORMANCE_OPTIMIZED", "STANDARD"],
});
const OF_TASK = enumerations({
  run_if: [
    "ALL_SUCCESS",
    "AT_LEAST_ONE_SUCCESS",
    "NONE_FAILED",
    "ALL_DONE",
    "AT_LEAST_ONE_FAILED",
    "ALL_FAILED",
  ],
  "condition_task.op": [
    "EQUAL_TO",
    "NOT_EQUAL",
    "GREATER_THAN",
    "GREATER_THAN_OR_EQUAL",
    "LESS_THAN",
    "LESS_THAN_OR_EQUAL",
  ],
  "notebook_task.source": SOURCE,
  "spark_python_task.source": SOURCE,
  "dbt_task.source": SOURCE,
  "sql_task.file.source": SOURCE,
});
const OF_CLUSTER = enumerations({
  data_security_mode: [
    "DATA_SECURITY_MODE_AUTO",
    "DATA_SECURITY_MODE_DEDICATED",
    "DATA_SECURITY_MODE_STANDARD",
    "LEGACY_PASSTHROUGH",
    "LEGACY_SINGLE_USER",
    "LEGACY_SINGLE_USER_STANDARD",
    "LEGACY_TABLE_ACL",
    "NONE",
    "SINGLE_USER",
    "USER_ISOLATION",
  ],
  runtime_engine: ["NULL", "PHOTON", "STANDARD"],
  "aws_attributes.availability": ["ON_DEMAND", "SPOT", "SPOT_WITH_FALLBACK"],
  "azure_attributes.availability": ["ON_DEMAND_AZURE", "SPOT_AZURE", "SPOT_WITH_FALLBACK_AZURE"],
  "gcp_attributes.availability": [
    "ON_DEMAND_GCP",
    "PREEMPTIBLE_GCP",
    "PREEMPTIBLE_WITH_FALLBACK_GCP",
  ],
});
const OF_HEALTH_RULE = enumerations({
  op: ["GREATER_THAN"],
  metric: [
    "RUN_DURATION_SECONDS",
    "STREAMING_BACKLOG_BYTES",
    "STREAMING_BACKLOG_FILES",
    "STREAMING_BACKLOG_RECORDS",
    "STREAMING_BACKLOG_SECONDS",
  ],
});

/** What such settings are called, wherever they stand. */
const NAMES = new Set(
  [OF_JOB, OF_TASK, OF_CLUSTER, OF_HEALTH_RULE].flat().map(({ path }) => path.at(-1) ?? ""),
);

export const allowedValues = defineRule({
  name: "allowed-values",
  summary: "A setting that takes a few values has one of them.",
  rationale: "The Jobs API refuses any other value when the job is deployed.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `- task_key: clean_up
  run_if: AT_LEAST_ON_FAILED`,
    right: `- task_key: clean_up
  run_if: AT_LEAST_ONE_FAILED`,
    fix: "Write one of the values that the message names.",
    source: "Jobs API and the JSON schema of bundles, enumerations",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      if (!mayHold(job, NAMES)) continue;
      const { settings } = job;
      for (const found of [
        ...wrongIn(settings, OF_JOB),
        ...wrongRules(settings),
        ...listAt(settings, "job_clusters").flatMap((cluster) =>
          wrongIn(settingAt(cluster, "new_cluster"), OF_CLUSTER),
        ),
      ]) {
        yield { ...describe(`job ${quote(job.key)}`, found), sites: [{ job }] };
      }
      for (const task of leafTasks(job)) {
        for (const found of [
          ...wrongIn(task.settings, OF_TASK),
          ...wrongRules(task.settings),
          ...wrongIn(settingAt(task.settings, "new_cluster"), OF_CLUSTER),
        ]) {
          const { taskKey } = task;
          yield { ...describe(`task ${quote(taskKey)}`, found), sites: [{ job, taskKey }] };
        }
      }
    }
  },
});

interface Wrong {
  readonly path: string;
  readonly value: string;
  readonly allowed: readonly string[];
}

function wrongIn(settings: Setting | undefined, all: readonly Enumeration[]): Wrong[] {
  if (settings === undefined) return [];
  return all.flatMap(({ name, path, allowed }) => {
    const value = textAt(settings, ...path);
    return value === undefined || value === "" || allowed.includes(value) || isExpression(value)
      ? []
      : [{ path: name, value, allowed }];
  });
}

function wrongRules(settings: Setting | undefined): Wrong[] {
  return listAt(settings, "health", "rules").flatMap((rule) =>
    wrongIn(rule, OF_HEALTH_RULE).map((wrong) => ({
      ...wrong,
      path: `health.rules.${wrong.path}`,
    })),
  );
}

function listAt(settings: Setting | undefined, ...path: readonly string[]): readonly Setting[] {
  const value = settingAt(settings, ...path);
  return Array.isArray(value) ? (value as readonly Setting[]) : [];
}

function describe(what: string, { path, value, allowed }: Wrong) {
  const near = nearest(value.toUpperCase(), allowed);
  return {
    message: `${what} has ${path} ${quote(value)}`,
    fix: near === undefined ? `write one of ${allowed.join(", ")}` : `did you mean ${quote(near)}?`,
  };
}
