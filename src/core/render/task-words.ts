import type { ConditionOperator, RunIf } from "../model/enumerations";
import type { ConditionSpec, TaskSpec } from "../model/job-spec";
import { type Setting, settingAt, textAt } from "../model/settings";

/** Short description of a task: the notebook, file, query or pipeline that it runs, its comparison or its loop. */
export function whatRuns(task: TaskSpec): string {
  const { notebook, runJob, condition, types, settings } = task;
  if (notebook !== undefined) return notebook.label;
  if (runJob !== undefined && runJob.kind !== "job")
    return `job ${runJob.kind === "literal" ? runJob.jobId : runJob.expression}`;
  if (condition !== undefined) return conditionText(condition);
  if (types.length === 0) return "nothing";
  return types
    .map((type) =>
      type === "for_each_task"
        ? repeats(task)
        : (WORDS[type]?.(settings[type]) ?? type.replace(/_task$/, "")),
    )
    .join(", ");
}

function repeats({ forEachInputs = "its inputs", forEachConcurrency = 1 }: TaskSpec): string {
  const atOnce = forEachConcurrency === 1 ? "" : `, ${forEachConcurrency} at once`;
  return `for each of ${forEachInputs}${atOnce}`;
}

/** A condition as text, such as `{{job.parameters.n}} > 10`. */
export function conditionText({ left, op, right }: ConditionSpec): string {
  return `${operand(left)} ${wordOf(OPERATORS, op) ?? op} ${operand(right)}`;
}

const operand = (text: string): string => (text.trim() === "" ? `"${text}"` : text);

const OPERATORS: Readonly<Record<ConditionOperator, string>> = {
  EQUAL_TO: "==",
  NOT_EQUAL: "!=",
  GREATER_THAN: ">",
  GREATER_THAN_OR_EQUAL: ">=",
  LESS_THAN: "<",
  LESS_THAN_OR_EQUAL: "<=",
};

const wordOf = (words: Readonly<Record<string, string>>, value: string): string | undefined =>
  Object.hasOwn(words, value) ? words[value] : undefined;

/** A dependency with its required outcome: `check (true)`. */
export function dependencyText(key: string, outcome: string | undefined): string {
  return outcome === undefined ? key : `${key} (${outcome})`;
}

/** The dependencies of a task as text. */
export function dependencyTexts({ dependsOn, outcomes }: TaskSpec): string[] {
  return [...new Set(dependsOn)].map((key) => dependencyText(key, outcomes?.get(key)));
}

/** Conditions of a task besides outcomes of dependencies. */
export function conditionsOf({ runIf, disabled }: TaskSpec): string[] {
  const when =
    runIf === undefined || runIf === "ALL_SUCCESS" ? [] : [wordOf(WHEN, runIf) ?? `if ${runIf}`];
  return disabled === true ? [...when, "disabled"] : when;
}

const WHEN: Readonly<Record<Exclude<RunIf, "ALL_SUCCESS">, string>> = {
  AT_LEAST_ONE_SUCCESS: "if at least one succeeded",
  NONE_FAILED: "if none failed",
  ALL_DONE: "when all are done",
  AT_LEAST_ONE_FAILED: "if at least one failed",
  ALL_FAILED: "if all failed",
};

/**
 * Conditions of a task, for a drawing without the job's tasks: outcomes, `run_if`, loop, disabled.
 *
 * @param sibling finds another task of the job
 * @param loop the enclosing for-each task
 */
export function whenRuns(
  task: TaskSpec,
  sibling: (key: string) => TaskSpec | undefined,
  loop?: TaskSpec,
): string[] {
  const outcomes = [...(task.outcomes ?? [])].map(([key, outcome]) => {
    const condition = sibling(key)?.condition;
    return `if ${condition === undefined ? key : conditionText(condition)} is ${outcome}`;
  });
  const around = loop === undefined ? [] : [...whenRuns(loop, sibling), whatRuns(loop)];
  return [...around, ...outcomes, ...conditionsOf(task)];
}

type Words = (settings: Setting | undefined) => string | undefined;

/** `word` and the first value found at the paths. */
const named =
  (word: string, ...paths: readonly (readonly string[])[]): Words =>
  (settings) => {
    for (const path of paths) {
      const text = textAt(settings, ...path);
      if (text !== undefined) return `${word} ${text}`;
    }
    return undefined;
  };

const list = (settings: Setting | undefined, name: string): readonly Setting[] => {
  const value = settingAt(settings, name);
  return Array.isArray(value) ? (value as readonly Setting[]) : [];
};

const joined = (...parts: readonly (string | undefined)[]): string | undefined =>
  parts.every((part) => part === undefined) ? undefined : parts.filter(Boolean).join(" ");

/** Descriptions by task type. */
const WORDS: Readonly<Record<string, Words>> = {
  alert_task: named("alert", ["alert_id"], ["workspace_path"]),
  clean_rooms_notebook_task: (settings) =>
    joined(
      named("notebook", ["notebook_name"])(settings),
      named("of clean room", ["clean_room_name"])(settings),
    ),
  dashboard_task: named("dashboard", ["dashboard_id"]),
  dbt_cloud_task: named("dbt Cloud job", ["dbt_cloud_job_id"]),
  dbt_platform_task: named("dbt platform job", ["dbt_platform_job_id"]),
  dbt_task: (settings) => {
    const commands = list(settings, "commands").map(String).join("; ");
    return joined(commands === "" ? "dbt" : commands, named("in", ["project_directory"])(settings));
  },
  gen_ai_compute_task: named("AI compute:", ["training_script_path"], ["command"]),
  pipeline_task: (settings) => {
    const pipeline = named("pipeline", ["pipeline_id"])(settings);
    const isFull = textAt(settings, "full_refresh") === "true";
    return pipeline && isFull ? `${pipeline}, full refresh` : pipeline;
  },
  power_bi_task: (settings) =>
    joined(
      named("Power BI model", ["power_bi_model", "model_name"])(settings),
      named("in workspace", ["power_bi_model", "workspace_name"])(settings),
    ),
  python_operator_task: named("Python operator", ["main"]),
  python_wheel_task: (settings) =>
    joined(
      named("wheel", ["package_name"])(settings),
      named("entry point", ["entry_point"])(settings),
    ),
  spark_jar_task: named("JAR", ["main_class_name"], ["jar_uri"]),
  spark_python_task: named("Python file", ["python_file"]),
  spark_submit_task: (settings) => {
    const parameters = list(settings, "parameters").map(String).join(" ");
    return parameters === "" ? undefined : `spark-submit ${parameters}`;
  },
  sql_task: (settings) =>
    named("SQL file", ["file", "path"])(settings) ??
    named("SQL query", ["query", "query_id"])(settings) ??
    named("SQL dashboard", ["dashboard", "dashboard_id"])(settings) ??
    named("SQL alert", ["alert", "alert_id"])(settings),
};
