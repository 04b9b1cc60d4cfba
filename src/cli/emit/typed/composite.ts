import {
  CONDITION_OPERATORS,
  isSettings,
  type JobRef,
  type JobSpec,
  MAX_FOR_EACH_CONCURRENCY,
  MAX_FOR_EACH_INPUTS,
  RUN_IF,
  type Settings,
  TASK_KEY_PATTERN,
  type TaskSpec,
  textAt,
} from "@jobstrata/core/model";
import { Fields, NotTyped, setterOf, type SetProp } from "./fields";
import { planNotifications } from "./notifications";
import { planRetries, planTaskSettings } from "./task-settings";
import type { TypedContext, TypedTask } from "./plan";
import type { Value } from "./value";

/** Plans the tasks of a composite job or an orchestrator. */
export function planTasks(
  job: JobSpec,
  tasks: readonly Settings[],
  context: TypedContext,
): readonly TypedTask[] {
  if (tasks.length === 0) throw new NotTyped("tasks");
  const conditions = new Set(
    tasks.flatMap((task) =>
      isSettings(task.condition_task) ? [textAt(task, "task_key") ?? ""] : [],
    ),
  );
  const specs = new Map(job.tasks.map((task) => [task.taskKey, task]));
  const plans = new Map<string, TypedTask>();
  for (const settings of tasks) {
    const key = typeof settings.task_key === "string" ? settings.task_key : "";
    const spec = specs.get(key);
    if (spec === undefined || plans.has(key) || !TASK_KEY_PATTERN.test(key))
      throw new NotTyped(`tasks.${key}.task_key`);
    plans.set(key, planTask(settings, spec, conditions, context));
  }
  return inOrder(plans);
}

function planTask(
  settings: Settings,
  spec: TaskSpec,
  conditions: ReadonlySet<string>,
  context: TypedContext,
): TypedTask {
  const key = spec.taskKey;
  const task = new Fields(settings, `tasks.${key}.`);
  const props: Record<string, Value> = {};
  const set = setterOf(props);
  task.take("task_key");
  const dependsOn = dependenciesOf(key, task, conditions);
  const condition = task.block("condition_task");
  const loop = task.block("for_each_task");
  if (condition !== undefined) {
    planCondition(condition, set);
  } else if (loop !== undefined) {
    planLoop(loop, key, set);
  } else {
    planRun(task, spec.runJob, props, set, context);
    planRetries(task, set);
  }
  set("runIf", task.oneOf("run_if", ...RUN_IF));
  if (loop === undefined) planTaskSettings(task, set);
  else planIterations(task, settings, spec, props, context);
  task.done();
  const target = condition === undefined ? (spec.forEach ?? spec).runJob : undefined;
  return {
    key,
    method:
      condition !== undefined
        ? "addConditionTask"
        : loop === undefined
          ? "addRunJobTask"
          : "addForEachTask",
    ...(target !== undefined && { target }),
    props,
    dependsOn,
  };
}

function dependenciesOf(
  key: string,
  task: Fields,
  conditions: ReadonlySet<string>,
): TypedTask["dependsOn"] {
  const dependsOn = task.list("depends_on").map((entry) => {
    const fields = new Fields(entry, `tasks.${key}.depends_on.`);
    const other = fields.text("task_key") ?? fields.fail("task_key");
    const outcome = fields.oneOf("outcome", "true", "false");
    fields.done();
    if (outcome !== undefined && !conditions.has(other)) fields.fail("outcome");
    return { key: other, ...(outcome !== undefined && { outcome }) };
  });
  const written = dependsOn.map(({ key: other, outcome = "" }) => `${other} ${outcome}`);
  if (new Set(written).size < written.length) task.fail("depends_on");
  return dependsOn;
}

function planCondition(condition: Fields, set: SetProp): void {
  set("left", condition.text("left") ?? condition.fail("left"));
  const op = condition.oneOf("op", ...CONDITION_OPERATORS);
  set("op", op ?? condition.fail("op"));
  set("right", condition.text("right") ?? condition.fail("right"));
  condition.done();
}

/** Settings of a loop, and the job that it runs for each item. */
function planIterations(
  task: Fields,
  settings: Settings,
  spec: TaskSpec,
  props: Record<string, Value>,
  context: TypedContext,
): void {
  const set = setterOf(props);
  planTaskSettings(task, (name, value) => {
    // Unprefixed names apply to an iteration; loops have no health rules.
    if (name === "timeoutSeconds") set("forEachTimeoutSeconds", value);
    else if (name === "healthRules" && value !== undefined) task.fail("health");
    else set(name, value);
  });
  const run = new Fields(innerRun(settings), `tasks.${spec.taskKey}.for_each_task.task.`);
  planRun(run, spec.forEach?.runJob, props, set, context);
}

/** The settings of a loop's inner task that select the job. */
function innerRun(settings: Settings): Settings {
  const loop = settings.for_each_task;
  const inner = isSettings(loop) ? loop.task : undefined;
  const run = isSettings(inner) ? inner.run_job_task : undefined;
  return run === undefined ? {} : { run_job_task: run };
}

function planLoop(loop: Fields, key: string, set: SetProp): void {
  const inputs = loop.text("inputs") ?? loop.fail("inputs");
  if (inputs.length > MAX_FOR_EACH_INPUTS) loop.fail("inputs");
  set("inputs", inputsOf(inputs));
  const concurrency = loop.number("concurrency");
  if (concurrency !== undefined && (concurrency < 1 || concurrency > MAX_FOR_EACH_CONCURRENCY))
    loop.fail("concurrency");
  set("concurrency", concurrency);
  const inner = loop.block("task") ?? loop.fail("task");
  loop.done();
  if (inner.text("task_key") !== `${key.slice(0, 90)}_iteration`) inner.fail("task_key");
  inner.take("run_job_task");
  planRetries(inner, set);
  set("timeoutSeconds", inner.number("timeout_seconds"));
  const health: Record<string, Value> = {};
  planNotifications(inner, (name, value) => {
    if (value === undefined) return;
    if (name === "healthRules") health[name] = value;
    else inner.fail(name);
  });
  set("healthRules", health.healthRules);
  inner.done();
}

/** The list, if JSON writes it as the same text. */
function inputsOf(inputs: string): Value {
  try {
    const value = JSON.parse(inputs) as unknown;
    const isList =
      Array.isArray(value) &&
      value.every((each) => ["string", "number", "boolean"].includes(typeof each));
    if (isList && JSON.stringify(value) === inputs && !inputs.includes("${")) return value as Value;
  } catch {
    // A reference, such as {{tasks.list.values.regions}}.
  }
  return inputs;
}

function planRun(
  task: Fields,
  ref: JobRef | undefined,
  props: Record<string, Value>,
  set: SetProp,
  { typed, level }: TypedContext,
): void {
  const run = task.block("run_job_task") ?? task.fail("run_job_task");
  run.take("job_id");
  if (ref === undefined || ref.kind === "missing" || ref.kind === "foreign")
    return run.fail("job_id");
  const parameters = run.map("job_parameters");
  const target = typed(ref);
  if (ref.kind === "job" && target !== undefined) {
    for (const name of Object.keys(parameters ?? {}))
      if (!target.parameters.has(name)) run.fail("job_parameters");
    if (level === "orchestrator" && target.level === "atomic") props.runsAtomicJob = true;
  }
  set("jobParameters", parameters);
  set("notebookParams", run.map("notebook_params"));
  set("pythonParams", run.strings("python_params"));
  set("pythonNamedParams", run.map("python_named_params"));
  set("sqlParams", run.map("sql_params"));
  set("dbtCommands", run.strings("dbt_commands"));
  set("jarParams", run.strings("jar_params"));
  set("sparkSubmitParams", run.strings("spark_submit_params"));
  const pipeline = run.block("pipeline_params");
  if (pipeline !== undefined) {
    const full = pipeline.flag("full_refresh");
    pipeline.done();
    set("pipelineParams", full === undefined ? run.fail("pipeline_params") : { fullRefresh: full });
  }
  run.done();
}

/** Tasks after their dependencies, otherwise in their original order. */
function inOrder(plans: ReadonlyMap<string, TypedTask>): readonly TypedTask[] {
  const done = new Set<string>();
  const open = new Set<string>();
  const result: TypedTask[] = [];
  const visit = (key: string, from: string): void => {
    if (done.has(key)) return;
    const plan = plans.get(key);
    if (plan === undefined || open.has(key)) throw new NotTyped(`tasks.${from}.depends_on`);
    open.add(key);
    for (const { key: other } of plan.dependsOn) visit(other, key);
    open.delete(key);
    done.add(key);
    result.push(plan);
  };
  for (const key of plans.keys()) visit(key, key);
  return result;
}
