import { type JobLevel, type JobRef, leafTasks, type TaskSpec } from "@jobstrata/core/model";
import type { ImportSource } from "../import-source";
import { NotTyped } from "../typed/fields";
import type { NotebookFile, TypedJob } from "../typed/plan";
import { planTyped } from "../typed/typed-job";
import type { ImportedJob, ProjectJobs } from "./jobs";
import type { FindLocalFile } from "./local-file";

/** A job as a typed job in each environment, or the reason why that is impossible. */
export type JobPlan =
  { readonly typed: ReadonlyMap<string, TypedJob> } | { readonly because: string };

/** Plans each job as a typed job if that is possible in all of its environments. */
export function planJobs(
  source: ImportSource,
  jobs: ProjectJobs,
  localFile: FindLocalFile,
): ReadonlyMap<ImportedJob, JobPlan> {
  const notebooks = new NotebookUses(jobs);
  const plans = new Map<ImportedJob, JobPlan>();
  const typedTarget = (
    environment: string,
    ref: JobRef,
  ): { readonly parameters: ReadonlySet<string>; readonly level: JobLevel } | undefined => {
    const job = jobs.referred(environment, ref);
    const plan = job && plans.get(job);
    if (job === undefined || plan === undefined || "because" in plan) return undefined;
    const parameters = job.byEnvironment.get(environment)?.spec.parameters ?? [];
    return { parameters: new Set(parameters.map(({ name }) => name)), level: job.level };
  };
  // A job comes after those that it runs, so their plans are known.
  for (const job of jobs.order) {
    const typed = new Map<string, TypedJob>();
    try {
      for (const [environment, { spec, settings }] of job.byEnvironment) {
        notebooks.check(job, environment);
        const context = {
          level: job.level,
          notebookFile: (task: TaskSpec) =>
            notebookFile(task, source, managedNotebooks(source, environment), localFile),
          typed: (ref: JobRef) => typedTarget(environment, ref),
        };
        typed.set(environment, planTyped(spec, settings, context));
      }
      plans.set(
        job,
        sameTasks([...typed.values()])
          ? { typed }
          : { because: "its tasks differ between environments" },
      );
    } catch (error) {
      if (!(error instanceof NotTyped)) throw error;
      plans.set(job, { because: error.message });
    }
  }
  return plans;
}

/** The jobs that run each notebook: an atomic job owns its notebook. */
class NotebookUses {
  readonly #uses = new Map<string, Set<ImportedJob>>();

  public constructor(jobs: ProjectJobs) {
    for (const job of jobs.all) {
      for (const { spec } of job.byEnvironment.values()) {
        for (const { notebook } of leafTasks(spec)) {
          if (notebook === undefined) continue;
          const known = this.#uses.get(notebook.identity) ?? new Set();
          this.#uses.set(notebook.identity, known.add(job));
        }
      }
    }
  }

  /** @throws {NotTyped} if another job runs a notebook of the job */
  public check(job: ImportedJob, environment: string): void {
    const spec = job.byEnvironment.get(environment)?.spec;
    const shared = (spec === undefined ? [] : leafTasks(spec)).find(
      ({ notebook }) =>
        notebook !== undefined && (this.#uses.get(notebook.identity)?.size ?? 0) > 1,
    );
    if (shared !== undefined)
      throw new NotTyped(`${shared.notebook?.label ?? ""} is a notebook of several jobs`);
  }
}

type ManagedNotebooks = ReadonlyMap<string, string>;
const NO_NOTEBOOKS: ManagedNotebooks = new Map();

/** The notebooks that a source manages in an environment. */
function managedNotebooks({ environments }: ImportSource, environment: string): ManagedNotebooks {
  return environments.find(({ name }) => name === environment)?.notebooks ?? NO_NOTEBOOKS;
}

function notebookFile(
  task: TaskSpec,
  source: ImportSource,
  managed: ManagedNotebooks,
  localFile: FindLocalFile,
): NotebookFile | undefined {
  if (task.notebook?.identity.startsWith("file:") !== true) return undefined;
  const file = localFile(task.notebook.identity.slice("file:".length), task);
  // The state names files on the machine that it was deployed from.
  if (file === undefined && source.kind !== "bundle") return undefined;
  if (file?.kind !== "notebook")
    throw new NotTyped(`${task.notebook.label} is not a notebook file`);
  const workspacePath = managed.get(task.notebook.identity);
  return { path: file.path, ...(workspacePath !== undefined && { workspacePath }) };
}

/** Whether tasks differ only in their props. */
function sameTasks(plans: readonly TypedJob[]): boolean {
  const texts = plans.map(({ tasks }) =>
    JSON.stringify(
      tasks.map(({ key, method, target, dependsOn }) => [key, method, target, dependsOn]),
    ),
  );
  return new Set(texts).size <= 1;
}
