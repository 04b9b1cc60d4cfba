import { posixPath, relativePath } from "@jobstrata/core/paths";
import { relative, resolve, sep } from "node:path";
import {
  JobGraph,
  type JobSpec,
  type NotebookRef,
  type SourceLocation,
  type TaskSpec,
} from "@jobstrata/core/model";
import {
  fileNotebook,
  movedCode,
  type Reading,
  type ReadProblem,
  withLazy,
  withoutLazy,
} from "@jobstrata/core/readers";

/** The folder of a source, and the folder of the source that it is compared with. */
export interface Move {
  /** Absolute, with symbolic links resolved. */
  readonly from: string;
  readonly to: string;
  /** Display path of a file, given its path in {@link from} with `/`. @default - unchanged */
  readonly shown?: (path: string) => string;
}

/** Maps a reading's paths from one folder to the same places in another. */
export function movedReading(reading: Reading, move: Move): Reading {
  const moved = (problem: ReadProblem): ReadProblem => ({
    ...problem,
    message: shownText(problem.message, move),
    ...movedLocation(problem.location, move),
  });
  return {
    ...reading,
    graphs: reading.graphs.map(
      ({ environment, jobs, target, kind }) =>
        new JobGraph(
          environment,
          jobs.map((job) => movedJob(job, move)),
          target,
          kind,
        ),
    ),
    problems: reading.problems.map(moved),
    suppressions: reading.suppressions.map((suppression) => ({
      ...suppression,
      ...movedLocation(suppression.location, move),
    })),
    ...(reading.bundles && {
      bundles: reading.bundles.map(({ folder, prefix, problems }) => ({
        prefix,
        folder: movedPath(folder, move),
        problems: problems.map(moved),
      })),
    }),
  };
}

function movedJob(job: JobSpec, move: Move): JobSpec {
  const tasks = job.tasks.map((task) => movedTask(task, move));
  return movedSpec(job, { ...withoutLazy(job), tasks }, move);
}

/** With the settings of a job or task, and its source when that is asked for. */
function movedSpec<T extends JobSpec | TaskSpec>(from: T, spec: T, move: Move): T {
  const { settings } = from;
  return withLazy(
    spec,
    {
      settings: () => settings,
      source: () => movedSource(from.source, move),
    },
    "source" in from,
  );
}

function movedPath(path: string, { from, to }: Move): string {
  const way = inside(from, path);
  return way === undefined ? path : resolve(to, way);
}

function movedTask(task: TaskSpec, move: Move): TaskSpec {
  const { notebook, code, forEach } = task;
  const placeOf = (file: string): string | undefined => {
    const path = inside(move.from, file);
    return path === undefined ? undefined : resolve(move.to, path);
  };
  const spec = {
    ...withoutLazy(task),
    ...(notebook && { notebook: movedNotebook(notebook, move) }),
    ...(code && { code: movedCode(code, placeOf) }),
    ...(forEach && { forEach: movedTask(forEach, move) }),
  };
  return movedSpec(task, spec, move);
}

function movedNotebook(notebook: NotebookRef, move: Move): NotebookRef {
  const file = /^file:(.*)$/s.exec(notebook.identity)?.[1];
  return file === undefined || inside(move.from, file) === undefined
    ? notebook
    : fileNotebook(movedPath(file, move));
}

function movedLocation(
  location: SourceLocation | undefined,
  move: Move,
): { readonly location?: SourceLocation } {
  const moved = movedSource(location, move);
  return moved === undefined ? {} : { location: moved };
}

function movedSource(
  location: SourceLocation | undefined,
  { from, shown }: Move,
): SourceLocation | undefined {
  if (location === undefined || shown === undefined) return location;
  const path = inside(from, resolve(location.file));
  return path === undefined ? location : { ...location, file: shown(posixPath(path)) };
}

function shownText(text: string, { from, shown }: Move): string {
  return shown === undefined ? text : text.replaceAll(`${relativePath(from)}/`, shown(""));
}

/** The relative path of a file in a folder; undefined if it is outside. */
function inside(folder: string, file: string): string | undefined {
  const path = relative(folder, file);
  return path === ".." || path.startsWith(`..${sep}`) || resolve(folder, path) !== resolve(file)
    ? undefined
    : path;
}

/** Removes the common suffix of two folders: `/a/bundle` and `/b/bundle` are checkouts `/a` and `/b`. */
export function withoutCommonEnd(from: string, to: string): Pick<Move, "from" | "to"> {
  const [old, now] = [from.split(sep), to.split(sep)];
  while (old.length > 2 && now.length > 2 && old.at(-1) === now.at(-1)) {
    old.pop();
    now.pop();
  }
  return { from: old.join(sep), to: now.join(sep) };
}
