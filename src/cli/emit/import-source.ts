import type { JobGraph } from "@jobstrata/core/model";
import type { JobSpec } from "@jobstrata/core/model";
import type { Settings } from "@jobstrata/core/model";

/** A variable of the source that stays a variable. */
export interface ImportedVariable {
  readonly default?: string | number | boolean;
  readonly description?: string;
  readonly sensitive?: true;
}

/** One environment of what is imported. */
export interface ImportedEnvironment {
  readonly name: string;
  /** The jobs, resolved. */
  readonly graph: JobGraph;
  /** The same with references to variables kept: the settings of jobs by key. @default - those of the graph */
  readonly symbolic?: ReadonlyMap<string, Settings>;
  readonly variables: Readonly<Record<string, ImportedVariable>>;
  /** The workspace that it is deployed to. @default - whichever the deploying shell is logged in to */
  readonly workspace?: { readonly host?: string; readonly profile?: string };
  /** The id that each job has in the workspace, by its {@link JobSpec.id}, as far as it is deployed. */
  readonly ids?: ReadonlyMap<string, string>;
  /** Keys of deployed jobs that the source no longer has. */
  readonly forgotten?: readonly string[];
  /** Addresses of the Terraform resources that the project takes over. */
  readonly managed?: readonly string[];
  /** The notebooks that the source manages: their paths in the workspace, by the {@link NotebookRef.identity} of their files. */
  readonly notebooks?: ReadonlyMap<string, string>;
}

/** Comments of a job in its source. */
export interface JobComments {
  readonly job: readonly string[];
  /** By the top-level field that they stand at. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** By task key. */
  readonly tasks: Readonly<Record<string, readonly string[]>>;
}

/** Everything that is imported at once. */
export interface ImportSource {
  readonly kind: JobGraph["kind"];
  /** What the source calls itself, such as the name of a bundle. */
  readonly name: string;
  readonly environments: readonly ImportedEnvironment[];
  /** The folder that paths in settings are relative to; none where they are paths of the workspace. */
  readonly folder?: string;
  readonly comments?: (job: JobSpec) => JobComments | undefined;
  /** The layer of a job without the tag `layer`. */
  readonly layer?: (job: JobSpec) => string | undefined;
}

/** Something that the project cannot say. */
export interface Refusal {
  readonly job: string;
  readonly environment: string;
  /** The setting, such as `tasks.load.ai_runtime_task`. */
  readonly where: string;
  readonly why: string;
  readonly source?: JobSpec["source"];
}

/** The class names of libraries, by framework. */
export type ImportFramework = "cdktf" | "cdktn";
