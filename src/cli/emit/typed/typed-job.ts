import {
  JOB_PERMISSION_LEVELS,
  type JobSpec,
  MAX_CONCURRENT_RUNS,
  MAX_DESCRIPTION,
  MAX_TAGS,
  PARAMETER_NAME_PATTERN,
  PERFORMANCE_TARGETS,
  type Settings,
} from "@jobstrata/core/model";
import { planAtomic } from "./atomic";
import { planTasks } from "./composite";
import { Fields, NotTyped, setterOf } from "./fields";
import { planNotifications } from "./notifications";
import type { TypedContext, TypedJob } from "./plan";
import { planTrigger } from "./trigger";
import { optional, type Value } from "./value";

/**
 * Plans a job as one of the three typed classes of jobstrata. Every setting must be used; nothing is dropped.
 *
 * @throws {NotTyped} with the setting that no class can express
 */
export function planTyped(job: JobSpec, settings: Settings, context: TypedContext): TypedJob {
  const fields = new Fields(settings, "");
  const { level } = context;
  const tasks = fields.list("tasks");
  const plan: Record<string, Value> = {};
  const set = setterOf(plan);
  set("name", fields.text("name") ?? "Untitled");
  set("description", fields.text("description"));
  set("tags", fields.map("tags"));
  set("jobParameters", parametersOf(fields.list("parameters")));
  planTrigger(fields, set);
  set("timeoutSeconds", fields.number("timeout_seconds"));
  set("maxConcurrentRuns", fields.number("max_concurrent_runs"));
  const queue = fields.block("queue");
  set("queue", queue?.flag("enabled"));
  queue?.done();
  set("runAs", runAsOf(fields.block("run_as")));
  set("permissions", permissionsOf(fields.list("access_control_list")));
  planNotifications(fields, set);
  set("performanceTarget", fields.oneOf("performance_target", ...PERFORMANCE_TARGETS));
  set("usagePolicyId", fields.text("usage_policy_id"));
  set("budgetPolicyId", fields.text("budget_policy_id"));
  set("editMode", fields.oneOf("edit_mode", "UI_LOCKED"));
  set("deployment", deploymentOf(fields.block("deployment")));
  const provider = fields.block("provider_config");
  if (provider !== undefined)
    set("providerConfig", provider.required("workspace_id", "workspaceId"));
  provider?.done();
  const typed =
    level === "atomic"
      ? planAtomic(job, fields, tasks, plan, context)
      : { level, props: plan, tasks: planTasks(job, tasks, context) };
  fields.done();
  checkLimits(plan);
  return typed;
}

function parametersOf(parameters: readonly Settings[]): Value | undefined {
  if (parameters.length === 0) return undefined;
  const values: Record<string, string> = {};
  for (const parameter of parameters) {
    const fields = new Fields(parameter, "parameters.");
    const name = fields.text("name") ?? "";
    if (!PARAMETER_NAME_PATTERN.test(name) || name === "__proto__" || Object.hasOwn(values, name))
      fields.fail("name");
    values[name] = fields.text("default") ?? fields.fail("default");
    fields.done();
  }
  return values;
}

function deploymentOf(block: Fields | undefined): Value | undefined {
  if (block === undefined) return undefined;
  const kind = block.oneOf("kind", "BUNDLE") ?? block.fail("kind");
  const metadataFilePath = block.filled("metadata_file_path");
  block.done();
  return { kind, ...optional("metadataFilePath", metadataFilePath) };
}

function runAsOf(block: Fields | undefined): Value | undefined {
  if (block === undefined) return undefined;
  const user = block.filled("user_name");
  const service = block.filled("service_principal_name");
  block.done();
  if ((user === undefined) === (service === undefined)) return block.fail("user_name");
  return user === undefined ? { servicePrincipalName: service ?? "" } : { userName: user };
}

function permissionsOf(entries: readonly Settings[]): Value | undefined {
  if (entries.length === 0) return undefined;
  return entries.map((entry): Value => {
    const fields = new Fields(entry, "permissions.");
    const level =
      fields.oneOf("permission_level", ...JOB_PERMISSION_LEVELS) ?? fields.fail("level");
    const who = {
      ...optional("groupName", fields.filled("group_name")),
      ...optional("userName", fields.filled("user_name")),
      ...optional("servicePrincipalName", fields.filled("service_principal_name")),
    };
    fields.done();
    if (Object.keys(who).length !== 1) fields.fail("group_name");
    return { level, ...who };
  });
}

/** Limits that the classes enforce. */
function checkLimits(plan: Readonly<Record<string, Value>>): void {
  const fail = (name: string): never => {
    throw new NotTyped(name);
  };
  const { name, description, maxConcurrentRuns, timeoutSeconds, trigger, tags, queue } = plan;
  if (typeof name === "string" && (name.trim() === "" || Buffer.byteLength(name) > 4000))
    fail("name");
  if (typeof description === "string" && description.length > MAX_DESCRIPTION) fail("description");
  if (
    typeof maxConcurrentRuns === "number" &&
    (maxConcurrentRuns < 0 || maxConcurrentRuns > MAX_CONCURRENT_RUNS)
  )
    fail("max_concurrent_runs");
  if (typeof timeoutSeconds === "number" && timeoutSeconds < 0) fail("timeout_seconds");
  if (Object.keys((tags ?? {}) as object).length > MAX_TAGS) fail("tags");
  const isContinuous =
    typeof trigger === "object" && "$call" in trigger && trigger.$call === "JobTrigger.continuous";
  if (isContinuous && (maxConcurrentRuns !== undefined || queue === true)) fail("continuous");
}
