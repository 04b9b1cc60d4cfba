import fc from "fast-check";
import { JOB_SCHEMA, type ObjectShape, type Shape } from "@jobstrata/core/model";
import { ONLY_CDKTN, UNSUPPORTED } from "../../src/cli/emit";

/** Settings of a job of a bundle, whatever they are. */
type Json = Record<string, unknown>;

/** Paths that no project of CDKTF can have, or that need files. */
const LEFT_OUT = [
  ...UNSUPPORTED,
  ...ONLY_CDKTN,
  // Of bundles or of Terraform alone, or of deprecated ways to write a job.
  "access_control_list",
  "always_running",
  "control_run_state",
  "deployment",
  "lifecycle",
  "existing_cluster_id",
  "libraries",
  "new_cluster",
  "max_retries",
  "min_retry_interval_millis",
  "retry_on_timeout",
  "git_source.git_snapshot",
  "notification_settings.alert_on_last_attempt",
];

const VALUES = [
  "main",
  "a b",
  "${var.text}",
  "x-${var.text}",
  'say "so"',
  "it's",
  "${FOO-x}",
  "%{if}",
];

/** What a value of a setting may be; undefined for one that has to be left out. */
function valueOf(shape: Shape, path: string): fc.Arbitrary<unknown> | undefined {
  switch (shape.kind) {
    case "string":
      if (shape.isJobId === true || shape.isSource === true) return undefined;
      if (shape.isPath === true) return fc.constantFrom("/Workspace/Shared/x", "/Volumes/a/b/c/y");
      if (shape.isJson === true) return fc.constantFrom('["eu","us"]', "{{tasks.t0.values.list}}");
      return fc.constantFrom(...VALUES);
    case "number":
      return fc.integer({ min: 0, max: 5000 });
    case "boolean":
      return fc.boolean();
    case "map":
      return fc.dictionary(fc.constantFrom("a", "b-c", "d.e", "1"), fc.constantFrom(...VALUES), {
        minKeys: 1,
        maxKeys: 2,
      });
    case "strings":
      return fc.uniqueArray(fc.constantFrom("a@example.com", "b", "${var.text}"), {
        minLength: 1,
        maxLength: 2,
      });
    case "object":
      return objectOf(shape, path);
    case "list":
      return shape.key === undefined
        ? fc.array(objectOf(shape.of, path), { minLength: 1, maxLength: 2 })
        : objectOf(shape.of, path).map((item) => [{ ...item, [shape.key ?? ""]: "k" }]);
    case "any":
      return undefined;
  }
}

function objectOf(shape: ObjectShape, path: string): fc.Arbitrary<Json> {
  const fields = Object.entries(shape.fields).flatMap(([name, field]) => {
    const where = path === "" ? name : `${path}.${name}`;
    const isOut = LEFT_OUT.some((end) => where === end || where.endsWith(`.${end}`));
    const isTop = path === "" && (name === "tasks" || name.endsWith("_task"));
    const needsMore = ["for_each_task", "condition_task", "notebook_task"].includes(name);
    if (isOut || isTop || needsMore) return [];
    const value = valueOf(field, where);
    return value === undefined ? [] : [[name, value] as const];
  });
  // A few at a time: with all of them, every job would be the same.
  return fc
    .subarray(fields, { maxLength: Math.min(4, fields.length) })
    .chain((some) => fc.record(Object.fromEntries(some)).map((value) => value));
}

const TASK_SHAPE = ((): ObjectShape => {
  const { tasks } = JOB_SCHEMA.fields;
  if (tasks?.kind !== "list") throw new Error("tasks are a list");
  return tasks.of;
})();

/** A job that runs notebooks of the workspace, or whatever else a task may be. */
const leafJob = fc
  .tuple(
    objectOf(JOB_SCHEMA, ""),
    fc.array(objectOf(TASK_SHAPE, "task"), { minLength: 1, maxLength: 2 }),
    fc.constantFrom("atomic", "composite", undefined),
    fc.boolean(),
    fc.nat(9999),
  )
  .map(([job, tasks, level, isNotebook, number]): Json => {
    const [first = {}, ...others] = tasks;
    const plain = isNotebook ? withoutTypes(first) : first;
    const notebook = isNotebook && { notebook_task: { notebook_path: `/Shared/nb_${number}` } };
    return {
      ...job,
      ...(level !== undefined && { tags: { job_level: level, layer: "sales" } }),
      tasks: [plain, ...(isNotebook ? [] : others)].map((task, at) => ({
        ...task,
        ...(at === 0 ? notebook : {}),
        task_key: `t${at}`,
        depends_on: at === 0 ? [] : [{ task_key: "t0" }],
      })),
    };
  });

const withoutTypes = (task: Json): Json =>
  Object.fromEntries(Object.entries(task).filter(([name]) => !name.endsWith("_task")));

/** A job that runs the jobs with these keys, with conditions and loops. */
const runningJob = (keys: readonly string[]): fc.Arbitrary<Json> =>
  fc
    .tuple(
      objectOf(JOB_SCHEMA, ""),
      fc.array(
        fc.record({
          job: fc.constantFrom(...keys),
          kind: fc.constantFrom("run", "loop", "condition"),
          more: objectOf(TASK_SHAPE, "task").map(withoutTypes),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      fc.constantFrom("composite", "orchestrator", undefined),
    )
    .map(([job, tasks, level]): Json => ({
      ...job,
      ...(level !== undefined && {
        tags: { job_level: level, layer: "sales", orchestrator: "true" },
      }),
      tasks: tasks.map(({ job: key, kind, more }, at) => {
        const run = { run_job_task: { job_id: `\${resources.jobs.${key}.id}` } };
        const dependsOn = at === 0 ? [] : [{ task_key: `t${at - 1}` }];
        const isCondition = tasks[at - 1]?.kind === "condition";
        const plain = Object.fromEntries(
          Object.entries(more).filter(
            ([name]) => name !== "environment_key" && name !== "job_cluster_key",
          ),
        );
        return {
          ...plain,
          task_key: `t${at}`,
          depends_on: isCondition
            ? dependsOn.map((each) => ({ ...each, outcome: "true" }))
            : dependsOn,
          ...(kind === "run" && run),
          ...(kind === "condition" && {
            condition_task: { left: "{{job.id}}", op: "EQUAL_TO", right: "${var.text}" },
          }),
          ...(kind === "loop" && {
            for_each_task: {
              inputs: '["eu","us"]',
              task: { task_key: `t${at}_iteration`, ...run },
            },
          }),
        };
      }),
    }));

/** A bundle of some jobs, in two targets that differ, as the value of its `databricks.yml`. */
export const bundle: fc.Arbitrary<Json> = fc
  .array(leafJob, { minLength: 1, maxLength: 4 })
  .chain((leaves) => {
    const keys = leaves.map((_, at) => `leaf_${at}`);
    const own = leaves.map((job, at): [string, Json] => [
      `leaf_${at}`,
      { name: `Leaf ${at}`, ...job },
    ]);
    return fc
      .tuple(fc.array(runningJob(keys), { maxLength: 2 }), objectOf(JOB_SCHEMA, ""), fc.boolean())
      .map(([running, override, isDevelopment]): Json => ({
        bundle: { name: "random" },
        variables: { text: { default: "t" } },
        resources: {
          jobs: Object.fromEntries([
            ...own,
            ...running.map((job, at): [string, Json] => [
              `running_${at}`,
              { name: `Run ${at}`, ...job },
            ]),
          ]),
        },
        targets: {
          dev: isDevelopment ? { mode: "development" } : {},
          prod: { variables: { text: "u" }, resources: { jobs: { leaf_0: override } } },
        },
      }));
  });
