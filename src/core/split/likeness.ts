import { isSameSetting as isSame, type Setting, settingAt } from "../model/settings";
import { quote } from "../model/text";
import type { CodeTask } from "./candidates";
import { ALIKE, itemsOf, movedSettings, namedParametersOf, OF_ATTEMPT } from "./task-parts";
import type { RefusalCode } from "./types";

interface Difference {
  readonly code: RefusalCode;
  readonly message: string;
  readonly fix: string;
}

/** Differences that prevent two tasks with the same code from running one job. */
export function differences(
  first: CodeTask,
  other: CodeTask,
  type: string,
  isOwner: boolean,
): Difference[] {
  const found: Difference[] = [];
  const where = `${quote(first.task.taskKey)} of job ${quote(first.job.key)}`;
  const tell = (code: RefusalCode, name: string): void => {
    found.push({
      code,
      message: `task ${quote(other.task.taskKey)} runs the same code as ${where}, with another ${name}`,
      fix: `make ${name} the same, so that both can run one job`,
    });
  };
  const names = new Set([first, other].flatMap(({ task }) => movedSettings(task)));
  for (const name of names) {
    if (OF_ATTEMPT.includes(name)) {
      const own = first.task.settings[name];
      if (isOwner && own !== undefined && !isSame(own, other.task.settings[name]))
        tell("settings-differ", name);
    } else if (!isSame(computeOf(first, name, type), computeOf(other, name, type))) {
      tell(name === type ? "settings-differ" : "compute-differs", name);
    }
  }
  for (const name of ALIKE)
    if (!isSame(first.job.settings[name], other.job.settings[name])) tell("compute-differs", name);
  return found;
}

/** Settings of attempts that stay in the users of the code because they differ. */
export function keptSettings(uses: readonly CodeTask[]): string[] {
  const [first, ...others] = uses;
  return OF_ATTEMPT.filter((name) =>
    others.some(({ task }) => !isSame(task.settings[name], first?.task.settings[name])),
  );
}

/** Maximum concurrent runs of the code, for all of its users together. */
export function maxConcurrentRuns(uses: readonly CodeTask[]): number {
  return uses.reduce((sum, { job, task, outer }) => {
    const times = task === outer ? 1 : (outer.forEachConcurrency ?? 1);
    return sum + Math.max(1, job.maxConcurrentRuns ?? 1) * times;
  }, 0);
}

/** A setting with the job-level item that it refers to, and without parameters, which are passed. */
function computeOf({ job, task }: CodeTask, name: string, type: string): Setting | undefined {
  const value = task.settings[name];
  const inJob = (list: string, key: string, part: string): Setting | undefined =>
    settingAt(
      itemsOf(job.settings[list]).find((item) => item[key] === value),
      part,
    );
  if (name === "environment_key") return inJob("environments", "environment_key", "spec") ?? value;
  if (name === "job_cluster_key") return inJob("job_clusters", "job_cluster_key", "new_cluster");
  const named = namedParametersOf(type);
  if (name !== type || named === undefined || typeof value !== "object" || value === null)
    return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== named));
}
