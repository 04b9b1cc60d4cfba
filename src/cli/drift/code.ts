import {
  isObject,
  type JobGraph,
  type JobSpec,
  type Settings,
  type SourceKind,
} from "@jobstrata/core/model";
import { withoutMount } from "@jobstrata/core/paths";
import type { Reading, ReadProblem } from "@jobstrata/core/readers";
import type { WorkspaceHttp } from "@jobstrata/run";
import { problemsOf } from "../sources/graphs";
import type { TextPlace } from "./settings-walk";

/** The jobs of one environment as defined in code, and how to find them in a workspace. */
export interface Code {
  readonly kind: SourceKind;
  /** Relative to the working folder. */
  readonly path: string;
  /** The bundle target, or the environment. */
  readonly target: string;
  readonly graph: JobGraph;
  readonly reading: Reading;
  /** Jobs of other environments. Expressions in their names match any text. */
  readonly others: readonly OtherJob[];
  /** The workspace named in the code. */
  readonly workspace: { readonly host?: string; readonly profile?: string };
  /** Reads deployment states. @throws {WorkspaceError} if the workspace cannot be read */
  states(http: WorkspaceHttp, notes: (note: string) => void): Promise<States>;
  /** Returns the transformation that the deployment applies to a job's texts. */
  texts(context: TextContext): (job: JobSpec) => TextChange;
  /** Transforms settings as the deployment does before sending them. @default - no change */
  readonly sent?: (settings: Settings) => Settings;
  /** A job's deployment metadata, which readers omit. @default - the source has none */
  readonly deploymentOf?: (job: JobSpec) => DeploymentNote;
}

/** A job's `deployment` and `edit_mode`. */
export interface DeploymentNote {
  readonly deployment: unknown;
  readonly editMode: unknown;
}

interface OtherJob {
  readonly name: string;
  readonly target: string;
}

/** Job ids from deployment states. */
export interface States {
  /** Whether the state of the job's stack is known. If so, a job without an id in it is not deployed. */
  isKnown(job: JobSpec): boolean;
  /** Live ids by the ids of the code's jobs. */
  readonly ids: ReadonlyMap<string, string>;
  /** Keys of deployed jobs that are no longer in the code, by live id. */
  readonly forgotten: ReadonlyMap<string, string>;
  /** Names of other environments, by the live ids of their jobs. */
  readonly elsewhere: ReadonlyMap<string, string>;
}

export const NO_STATES: States = {
  isKnown: () => false,
  ids: new Map(),
  forgotten: new Map(),
  elsewhere: new Map(),
};

export interface TextContext {
  /** Resolves references to the current user. */
  readonly user: (text: string) => string;
  /** The live id of one of the code's jobs, if it exists. */
  readonly idOf: (jobId: string) => string | undefined;
  /** The id of the live job with this name, if it exists. */
  readonly idOfName: (name: string) => string | undefined;
}

/** Parts of the code that could not be read; their jobs may be missing from the graph. */
export const unreadOf = ({ reading }: Pick<Code, "reading">): readonly ReadProblem[] =>
  problemsOf([reading]).filter(({ severity }) => severity === "error");

/** The metadata path that a bundle sets on its jobs. Expressions in it match any text. */
export function metadataOf(
  { graph, deploymentOf }: Pick<Code, "graph" | "deploymentOf">,
  user: (text: string) => string,
): string | undefined {
  const [job] = graph.jobs;
  const note = job && deploymentOf?.(job).deployment;
  const path = isObject(note) ? note.metadata_file_path : undefined;
  return typeof path === "string" ? withoutMount(user(path)) : undefined;
}

export type TextChange = (text: string, place: TextPlace) => string;

/** Placeholder for the id of a job that is not in the workspace; equals no live id. */
export const missingJob = (key: string): string => `(${key}, which is missing)`;

/** Whether a path refers to a git repository instead of the workspace. */
export function isOfGit({ part }: TextPlace, job: JobSpec): boolean {
  return part.source === "GIT" || (job.hasGitSource === true && part.source !== "WORKSPACE");
}

/** Normalizes workspace paths for comparison. */
export function samePath(text: string, { name, holder, shape }: TextPlace): string {
  const isPath =
    ((shape?.kind === "string" || shape?.kind === "strings") && shape.isPath === true) ||
    name === "metadata_file_path";
  if (!isPath || !text.startsWith("/")) return text;
  const path = withoutMount(text);
  return holder === "notebook_task" && name === "notebook_path" ? withoutExtension(path) : path;
}

export const withoutExtension = (path: string): string =>
  path.replace(/\.(?:py|ipynb|sql|scala|r)$/i, "");
