import {
  AVAILABILITIES,
  CONDITION_OPERATORS,
  DATA_SECURITY_MODES,
  GIT_PROVIDERS,
  HEALTH_METRICS,
  HEALTH_OPERATORS,
  MODEL_CONDITIONS,
  PAUSE_STATUSES,
  PERFORMANCE_TARGETS,
  RUN_IF,
  RUNTIME_ENGINES,
  SERVICE_PERIODIC_UNITS,
  TABLE_UPDATE_CONDITIONS,
  TASK_RETRY_MODES,
  TASK_SOURCES,
} from "../../model/enumerations";
import { leafTasks } from "../../model/job-graph";
import { isExpression, mayHold } from "../../model/job-spec";
import { type Setting, settingAt, textAt } from "../../model/settings";
import { nearest } from "../../nearest";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

/** A setting with its allowed values. */
interface Enumeration {
  readonly name: string;
  readonly path: readonly string[];
  readonly allowed: readonly string[];
  /** Databricks ignores upper and lower case. */
  readonly anyCase?: true;
}

const enumerations = (table: Readonly<Record<string, readonly string[]>>): Enumeration[] =>
  Object.entries(table).map(([name, allowed]) => ({ name, path: name.split("."), allowed }));

/** Settings for which the Jobs API accepts few values; those of clusters apply to every cluster. */
const OF_JOB = [
  ...enumerations({
    "continuous.pause_status": PAUSE_STATUSES,
    "continuous.task_retry_mode": TASK_RETRY_MODES,
    "schedule.pause_status": PAUSE_STATUSES,
    "trigger.pause_status": PAUSE_STATUSES,
    "trigger.periodic.unit": SERVICE_PERIODIC_UNITS,
    "trigger.table_update.condition": TABLE_UPDATE_CONDITIONS,
    "trigger.model.condition": MODEL_CONDITIONS,
    performance_target: PERFORMANCE_TARGETS,
  }),
  ...enumerations({ "git_source.git_provider": GIT_PROVIDERS }).map((each): Enumeration => ({
    ...each,
    anyCase: true,
  })),
];
const OF_TASK = enumerations({
  run_if: RUN_IF,
  "condition_task.op": CONDITION_OPERATORS,
  "notebook_task.source": TASK_SOURCES,
  "spark_python_task.source": TASK_SOURCES,
  "dbt_task.source": TASK_SOURCES,
  "sql_task.file.source": TASK_SOURCES,
});
const OF_CLUSTER = enumerations({
  data_security_mode: DATA_SECURITY_MODES,
  runtime_engine: RUNTIME_ENGINES,
  "aws_attributes.availability": AVAILABILITIES.aws_attributes,
  "azure_attributes.availability": AVAILABILITIES.azure_attributes,
  "gcp_attributes.availability": AVAILABILITIES.gcp_attributes,
});
const OF_HEALTH_RULE = enumerations({ op: HEALTH_OPERATORS, metric: HEALTH_METRICS });

/** Display names of these settings. */
const NAMES = new Set(
  [OF_JOB, OF_TASK, OF_CLUSTER, OF_HEALTH_RULE].flat().map(({ path }) => path.at(-1) ?? ""),
);

export const allowedValues = defineRule({
  name: "allowed-values",
  summary: "A setting with a fixed set of values has one of them.",
  rationale: "The Jobs API rejects any other value when the job is deployed.",
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
  return all.flatMap(({ name, path, allowed, anyCase }) => {
    const value = textAt(settings, ...path);
    if (value === undefined || value === "" || isExpression(value)) return [];
    const isAllowed = anyCase
      ? allowed.some((each) => each.toLowerCase() === value.toLowerCase())
      : allowed.includes(value);
    return isAllowed ? [] : [{ path: name, value, allowed }];
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
  const near = nearest(value.toUpperCase(), allowed) ?? nearest(value, allowed);
  return {
    message: `${what} has ${path} ${quote(value)}`,
    fix: near === undefined ? `write one of ${allowed.join(", ")}` : `did you mean ${quote(near)}?`,
  };
}
