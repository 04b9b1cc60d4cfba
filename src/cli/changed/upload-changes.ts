import {
  type JobSpec,
  leafTasks,
  printable,
  settingAt,
  type TaskSpec,
} from "@jobstrata/core/model";
import { type Reading, type Upload, workspacePath } from "@jobstrata/core/readers";
import { counted } from "@jobstrata/core/report";
import type { Reason } from "./document";
import { textsOf } from "./job-inputs";

/** Tasks without code of their own. */
const NO_CODE = [
  "run_job_task",
  "condition_task",
  "pipeline_task",
  "dashboard_task",
  "power_bi_task",
];
/** Maximum names in a sentence. */
const MAX_NAMES = 5;

export const ONLY_SETTINGS =
  "the base does not hold the code of jobs, so only their settings are compared";

/** Notebooks and files that a plan or state uploads, compared by their digests. */
export class UploadChanges {
  readonly #before: ReadonlyMap<string, Upload>;
  readonly #now: ReadonlyMap<string, Upload>;

  public constructor(before: Reading, now: Reading) {
    this.#before = byPath(before);
    this.#now = byPath(now);
  }

  /** The uploads that a job's settings name and that differ. */
  public of(job: JobSpec): Reason[] {
    const reasons: Reason[] = [];
    for (const task of leafTasks(job))
      for (const path of pathsIn(task)) {
        const verb = this.#verb(path);
        if (verb === undefined) continue;
        const what = task.notebook === undefined ? "file" : "notebook";
        const text = `${what} ${printable(path)} ${verb}`;
        reasons.push({ kind: "code", text, task: task.taskKey });
      }
    return reasons;
  }

  #verb(path: string): string | undefined {
    const [was, is] = [this.#before.get(path), this.#now.get(path)];
    if (was === undefined) return is && "is new";
    if (is === undefined) return "was removed";
    if (was.digest === undefined || is.digest === undefined) return undefined;
    return was.digest === is.digest ? undefined : "changed";
  }

  /** What the base does not tell, in sentences. */
  public problems(jobs: readonly JobSpec[]): string[] {
    const untold = jobs.filter((job) => !leafTasks(job).every((task) => this.#isTold(task)));
    if (untold.length > 0 && this.#before.size === 0) return [ONLY_SETTINGS];
    const problems: string[] = [];
    if (untold.length > 0)
      problems.push(
        `the base does not hold all code of ${names(
          untold.map(({ key }) => key),
          "job",
        )}, so only settings are compared there`,
      );
    const paths = [...new Set([...this.#before.keys(), ...this.#now.keys()])];
    const named = new Set(
      jobs.flatMap((job) => leafTasks(job).flatMap((task) => [...pathsIn(task)])),
    );
    const others = paths.filter((path) => !named.has(path) && this.#verb(path) !== undefined);
    if (others.length > 0)
      problems.push(
        `no job names ${names(others, "file")}, which differs: the base does not tell which jobs use it`,
      );
    return problems;
  }

  #isTold({ notebook, settings }: TaskSpec): boolean {
    if (NO_CODE.some((name) => settings[name] !== undefined)) return true;
    const path = notebook?.identity.startsWith("git:") === true ? undefined : mainPath(settings);
    if (path === undefined) return false;
    if (this.#verb(path) !== undefined) return true;
    return (
      this.#before.get(path)?.digest !== undefined && this.#now.get(path)?.digest !== undefined
    );
  }
}

const byPath = ({ uploads = [] }: Reading): Map<string, Upload> =>
  new Map(uploads.map((upload) => [upload.path, upload]));

/** Workspace paths in the settings of a task. */
const pathsIn = ({ settings }: TaskSpec): ReadonlySet<string> =>
  new Set(
    Array.from(textsOf(settings), ({ text }) => text)
      .filter((text) => text.startsWith("/"))
      .map(workspacePath),
  );

/** The path of a task's own notebook or file. */
function mainPath(settings: TaskSpec["settings"]): string | undefined {
  const path =
    settingAt(settings, "notebook_task", "notebook_path") ??
    settingAt(settings, "spark_python_task", "python_file") ??
    settingAt(settings, "sql_task", "file", "path");
  return typeof path === "string" ? workspacePath(path) : undefined;
}

function names(all: readonly string[], what: string): string {
  const shown = all.slice(0, MAX_NAMES).map(printable).join(", ");
  const more = all.length - MAX_NAMES;
  return more > 0 ? `${shown} and ${counted(more, `more ${what}`)}` : shown;
}
