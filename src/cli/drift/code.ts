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

/** The jobs of one environment as their code has them, and how they are found in a workspace. */
export interface Code {
  readonly kind: SourceKind;
  /** Relative to the working folder. */
  readonly path: string;
  /** The target of a bundle, or the environment. */
  readonly target: string;
  readonly graph: JobGraph;
  readonly reading: Reading;
  /** Names of jobs of other environments, in which expressions stand for any text. */
  readonly others: readonly OtherJob[];
  /** The workspace that the code names. */
  readonly workspace: { readonly host?: string; readonly profile?: string };
  /** Reads the states of what has deployed the jobs. @throws {WorkspaceError} if the workspace does not answer */
  states(http: WorkspaceHttp, notes: (note: string) => void): Promise<States>;
  /** How the deployment fills the texts of jobs. */
  texts(context: TextContext): (job: JobSpec) => TextChange;
  /** What the deployment makes of settings before it sends them. @default - nothing */
  readonly sent?: (settings: Settings) => Settings;
  /** What readers leave out; undefined if the source does not have it. */
  readonly deploymentOf?: (job: JobSpec) => DeploymentNote;
}

/** `deployment` and `edit_mode` of a job. */
export interface DeploymentNote {
  readonly deployment: unknown;
  readonly editMode: unknown;
}

export interface OtherJob {
  readonly name: string;
  readonly target: string;
}

/** What the states of deployments say. */
export interface States {
  /** Whether there is a state of the job's stack: a job that it lacks has not been deployed. */
  isKnown(job: JobSpec): boolean;
  /** Live ids by the ids of jobs of the code. */
  readonly ids: ReadonlyMap<string, string>;
  /** Keys of jobs that are deployed but no longer in the code, by their live ids. */
  readonly forgotten: ReadonlyMap<string, string>;
  /** Other environments, by the live ids of their jobs. */
  readonly elsewhere: ReadonlyMap<string, string>;
}

export const NO_STATES: States = {
  isKnown: () => false,
  ids: new Map(),
  forgotten: new Map(),
  elsewhere: new Map(),
};

export interface TextContext {
  /** Fills the names of the user who is logged in. */
  readonly user: (text: string) => string;
  /** The live id of a job of the code, if there is such a job. */
  readonly idOf: (jobId: string) => string | undefined;
  /** The id of the live job of that name, if there is one. */
  readonly idOfName: (name: string) => string | undefined;
}

/** What of the code could not be read; its jobs may be missing from the graph. */
export const unreadOf = ({ reading }: Pick<Code, "reading">): readonly ReadProblem[] =>
  problemsOf([reading]).filter(({ severity }) => severity === "error");

/** What a bundle notes on its jobs: a path, in which expressions stand for any text. */
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

/** What stands for the id of a job that is not in the workspace; no live job has it. */
export const missingJob = (key: string): string => `(${key}, which is missing)`;

/** Whether a path leads into the files of git instead of the workspace. */
export function isOfGit({ part }: TextPlace, job: JobSpec): boolean {
  return part.source === "GIT" || (job.hasGitSource === true && part.source !== "WORKSPACE");
}

/** One spelling of paths in a workspace, for both sides. */
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
