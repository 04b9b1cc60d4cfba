import { posixRelative } from "@jobstrata/core/paths";
import type { BaselineEntry } from "@jobstrata/core/config";
import type { PlannedJob, Project } from "../emit";
import {
  JobGraph,
  type JobRef,
  type JobSpec,
  type TaskSpec,
  withoutEnvironment,
} from "@jobstrata/core/model";
import { check, RULES, today } from "@jobstrata/core/policy";
import { apiNotebook, readJobPayload, type Reading } from "@jobstrata/core/readers";

/**
 * A baseline of the findings that the source had before the import, so that the project can be deployed unchanged.
 *
 * @param folder of the project
 */
export function baselineOf(
  project: Project,
  environments: readonly string[],
  folder: string,
): BaselineEntry[] {
  const reading: Reading = {
    kind: "cdktf",
    path: "cdktf.out",
    graphs: environments.map((name) => {
      const planned = project.jobsIn(name);
      const ids = new Map(planned.map(({ key, stack }) => [key, `${stack}/${key}`]));
      return new JobGraph(
        name,
        planned.map((job) => specOf(job, ids, folder, withoutEnvironment(name))),
      );
    }),
    problems: [],
    suppressions: [],
  };
  const { findings } = check({
    readings: [reading],
    rules: RULES,
    config: { config: {} },
    today: today(),
  });
  return findings
    .filter(({ inconclusive }) => inconclusive !== true)
    .map(({ fingerprint, rule, message }) => ({ fingerprint, rule, message }));
}

/** The job as it will be read from the stacks. */
function specOf(
  { key, stack, spec, settings, keyOf }: PlannedJob,
  ids: ReadonlyMap<string, string>,
  folder: string,
  definitionOf: (id: string) => string,
): JobSpec {
  const { payload } = readJobPayload(
    settings,
    {
      notebook: apiNotebook,
      job: (id) => ({ kind: "opaque", expression: String(id) }),
    },
    "api",
  );
  const refOf = (ref: JobRef): JobRef => {
    if (ref.kind === "job") return { kind: "job", id: ids.get(keyOf(ref.id) ?? "") ?? ref.id };
    // The project declares them as external jobs.
    return ref.kind === "missing" || ref.kind === "foreign"
      ? ref
      : { kind: "external", expression: "external" };
  };
  const taskOf = (task: TaskSpec, was: TaskSpec | undefined): TaskSpec => {
    const { source: _, ...rest } = task;
    const notebook = was?.notebook;
    return {
      ...rest,
      ...(notebook?.identity.startsWith("file:") === true && {
        notebook: { ...notebook, label: labelIn(notebook.identity, folder) },
      }),
      ...(was?.runJob && { runJob: refOf(was.runJob) }),
      ...(task.forEach && { forEach: taskOf(task.forEach, was?.forEach) }),
    };
  };
  return {
    ...payload,
    id: `${stack}/${key}`,
    definition: definitionOf(`${stack}/${key}`),
    key,
    stack,
    duplicates: [],
    hasPermissions: settings.access_control_list !== undefined,
    ...(spec.owner && { owner: spec.owner }),
    tasks: payload.tasks.map((task) =>
      taskOf(
        task,
        spec.tasks.find(({ taskKey }) => taskKey === task.taskKey),
      ),
    ),
    settings,
  };
}

/** The label of a file as seen from the project's folder. */
function labelIn(identity: string, folder: string): string {
  return posixRelative(folder, identity.slice("file:".length));
}
