/** Configurations that use every argument of a job, made from the schema itself so that none is forgotten. */
import type { Block } from "../../../src/local/provider/schema";

export type Config = Record<string, unknown>;

/** What a task of that block can be. */
function kindsOf(task: Block): string[] {
  return [...task.blocks.keys()].filter((name) => name.endsWith("_task")).sort();
}

/** Arguments that can't be beside others, or that are not sent: `samples` covers them one by one where it can. */
const LEFT_OUT = new Set([
  // One of three; the schedule stays.
  "continuous",
  "trigger",
  // One of three; the branch stays.
  "git_source.commit",
  "git_source.tag",
  // One of two; the user stays, who must be the one that the workspace tells.
  "run_as.service_principal_name",
  "run_as.user_name",
  // For the old single-task jobs.
  ...["existing_cluster_id", "max_retries", "min_retry_interval_millis", "retry_on_timeout"],
  ...["library", "new_cluster"],
  // Not Terraform's to send.
  ...["always_running", "control_run_state", "provider_config", "timeouts", "id", "format"],
  // Filled in by the test that uses the sample.
  "task",
]);

/** The value of an argument for which not any text will do. */
const FITTING: Readonly<Record<string, unknown>> = {
  pause_status: "PAUSED",
  runtime_engine: "PHOTON",
  "git_source.url": "https://github.com/ada/alerts",
  run_as: { user_name: "ada@example.com" },
};

/** Every argument of `block`, and every block in it once. */
function fill(block: Block, path = ""): Config {
  const config: Config = {};
  for (const [name, attribute] of block.attributes) {
    const at = path + name;
    if (
      LEFT_OUT.has(at) ||
      name.startsWith("__") ||
      NOT_SENT.has(name) ||
      name.endsWith("instance_pool_id") ||
      (attribute.computed && !attribute.optional)
    ) {
      continue;
    }
    config[name] = FITTING[at] ?? FITTING[name] ?? sampleOf(attribute.type, name);
  }
  for (const [name, nested] of block.blocks) {
    const at = path + name;
    if (LEFT_OUT.has(at) || name === "provider_config" || NOT_SENT.has(name)) continue;
    // Of the old single-task jobs, too.
    if (path === "" && name.endsWith("_task")) continue;
    config[name] = FITTING[at] ?? fill(nested.block, `${at}.`);
  }
  return config;
}

/** The genuine provider has these in its schema and never sends them. (With a pool it leaves out more.) */
const NOT_SENT = new Set(["cluster_mount_info", "cluster_id", "idempotency_token"]);

function sampleOf(type: string, name: string): unknown {
  switch (type) {
    case "string":
      return `some ${name}`;
    case "number":
      return name.length + 1;
    case "bool":
      return true;
    case "map(string)":
      return { [`key of ${name}`]: "value" };
    default:
      return [`first ${name}`, `second ${name}`];
  }
}

/** A job with everything, and one task of each kind with everything that a task can have. */
export function everything(job: Block): Config {
  const task = blockOf(job, "task");
  const common = fill(task, "task.");
  const kinds = kindsOf(task);
  for (const kind of kinds) Reflect.deleteProperty(common, kind);
  const tasks = kinds.map((kind) => ({
    ...common,
    task_key: `task_${kind}`,
    [kind]: kind === "for_each_task" ? forEach(task) : fill(blockOf(task, kind), `task.${kind}.`),
  }));
  return { ...fill(job), task: tasks };
}

function forEach(task: Block): Config {
  const config = fill(blockOf(task, "for_each_task"), "task.for_each_task.");
  const inner = config.task as Config;
  for (const kind of kindsOf(task)) {
    if (kind !== "notebook_task") Reflect.deleteProperty(inner, kind);
  }
  return { ...config, task: inner };
}

/** A job with a for-each task for each kind of task that can be repeated. */
export function everyForEach(job: Block): Config {
  const inner = blockOf(blockOf(blockOf(job, "task"), "for_each_task"), "task");
  return {
    name: "for each",
    task: kindsOf(inner).map((kind) => ({
      task_key: `each_${kind}`,
      for_each_task: {
        inputs: "[1, 2]",
        concurrency: 2,
        task: { task_key: "inner", [kind]: fill(blockOf(inner, kind), "x.") },
      },
    })),
  };
}

export function blockOf(block: Block, name: string): Block {
  const nested = block.blocks.get(name);
  if (nested === undefined) throw new Error(`no block ${name}`);
  return nested.block;
}
