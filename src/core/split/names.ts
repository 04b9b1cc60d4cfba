import { posix } from "node:path";
import type { CodeTask } from "./candidates";
import type { AtomicPart, SplitOptions } from "./types";

/** The key of the code's new job. */
export function keyOf(
  { job, task, outer }: CodeTask,
  isMany: boolean,
  isShared: boolean,
  { nameTemplate, keys }: SplitOptions,
): string {
  const chosen = keys?.get(`${job.key}/${task.taskKey}`) ?? keys?.get(task.taskKey);
  if (chosen !== undefined) return chosen;
  const template = nameTemplate ?? (isShared ? "{notebook}_job" : "{job}_{task}_job");
  const notebook = stem(task.notebook?.label ?? task.taskKey);
  const name = isMany && task.notebook !== undefined ? notebook : outer.taskKey;
  return clean(
    template
      .replaceAll("{job}", job.key.replace(/_job$/, ""))
      .replaceAll("{task}", nameTemplate === undefined ? name : outer.taskKey)
      .replaceAll("{notebook}", notebook),
  );
}

/** The display name of the code's new job. */
export function nameOf({ task, outer }: CodeTask, isShared: boolean): AtomicPart["name"] {
  return isShared
    ? { of: "prefix", text: stem(task.notebook?.label ?? task.taskKey) }
    : { of: "job", text: ` - ${outer.taskKey}` };
}

/** Adds the suffix of a new job to `${name}`. */
export function newName(name: string, { of, text }: AtomicPart["name"]): string {
  if (of === "job") return `${name}${text}`;
  return `${/^(?:\s*\[[^\]]*\])*\s*/.exec(name)?.[0] ?? ""}${text}`;
}

const stem = (path: string): string =>
  posix.basename(path.replace(/ of .*$/, "")).replace(/\.[^.]*$/, "");

const clean = (key: string): string => key.replace(/[^A-Za-z0-9_-]+/g, "_");
