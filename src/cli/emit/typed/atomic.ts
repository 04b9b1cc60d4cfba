import type { JobSpec, Settings } from "@jobstrata/core/model";
import { GIT_PROVIDERS, PARAMETER_NAME_PATTERN, TASK_KEY_PATTERN } from "@jobstrata/core/model";
import { computeOf, librariesOf } from "./compute";
import { Fields, NotTyped, setterOf } from "./fields";
import { planRetries, planTaskSettings } from "./task-settings";
import type { NotebookFile, TypedContext, TypedJob } from "./plan";
import { invoke, type Value } from "./value";

/** Adds the notebook task of an atomic job to `plan`. */
export function planAtomic(
  job: JobSpec,
  fields: Fields,
  tasks: readonly Settings[],
  plan: Record<string, Value>,
  context: TypedContext,
): TypedJob {
  const [settings, other] = tasks;
  const [spec] = job.tasks;
  if (settings === undefined || spec === undefined || other !== undefined)
    throw new NotTyped("tasks");
  const task = new Fields(settings, `tasks.${spec.taskKey}.`);
  const set = setterOf(plan);
  const taskKey = task.text("task_key") ?? "";
  if (!TASK_KEY_PATTERN.test(taskKey)) task.fail("task_key");
  const notebookTask = task.block("notebook_task") ?? task.fail("notebook_task");
  const path = notebookTask.filled("notebook_path") ?? notebookTask.fail("notebook_path");
  const parameters = notebookTask.map("base_parameters");
  for (const name of Object.keys(parameters ?? {}))
    if (!PARAMETER_NAME_PATTERN.test(name)) notebookTask.fail("base_parameters");
  set("parameters", parameters);
  const warehouse = notebookTask.filled("warehouse_id");
  const notebook = notebookOf(fields, notebookTask, path, context.notebookFile(spec));
  notebookTask.done();
  set("warehouseId", warehouse);
  set("compute", computeOf(fields, task, warehouse !== undefined));
  set("libraries", librariesOf(task.list("libraries")));
  planRetries(task, set);
  set("disableAutoOptimization", task.flag("disable_auto_optimization"));
  const own: Record<string, Value> = {};
  const setOwn = setterOf(own);
  planTaskSettings(task, setOwn);
  if (Object.keys(own).length > 0) plan.task = own;
  task.done();
  return { level: "atomic", props: plan, notebook, taskKey, tasks: [] };
}

function notebookOf(
  fields: Fields,
  task: Fields,
  path: string,
  file: NotebookFile | undefined,
): Value {
  const git = fields.block("git_source");
  if (git !== undefined) {
    if (/^[/.]/.test(path) || /\.(?:py|sql|scala|r|ipynb)$/i.test(path)) task.fail("notebook_path");
    const references = ["git_branch", "git_tag", "git_commit"].filter((name) => git.has(name));
    const [reference = ""] = references;
    if (references.length !== 1) git.fail("git_branch");
    const result = invoke("NotebookSource.fromGit", {
      url: git.filled("git_url") ?? git.fail("git_url"),
      provider: git.oneOf("git_provider", ...GIT_PROVIDERS) ?? git.fail("git_provider"),
      path,
      [reference.replace("git_", "")]: git.filled(reference) ?? git.fail(reference),
    });
    git.done();
    return result;
  }
  if (file !== undefined) {
    const { path: local, workspacePath } = file;
    const options = workspacePath === undefined ? [] : [{ workspacePath }];
    return invoke("NotebookSource.fromFile", { $file: local }, ...options);
  }
  if (!path.startsWith("/") && !path.startsWith("${")) task.fail("notebook_path");
  return invoke("NotebookSource.fromWorkspace", path);
}
