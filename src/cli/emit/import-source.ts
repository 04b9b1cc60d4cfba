import type { JobGraph } from "@jobstrata/core/model";
import type { JobSpec } from "@jobstrata/core/model";
import type { Settings } from "@jobstrata/core/model";

/** A variable of the source that stays a variable. */
export interface ImportedVariable {
  readonly default?: string | number | boolean;
  readonly description?: string;
  readonly sensitive?: true;
}

/** One imported environment. */
export interface ImportedEnvironment {
  readonly name: string;
  /** The jobs, with variables resolved. */
  readonly graph: JobGraph;
  /** Job settings by key with variable references kept. @default - those of the graph */
  readonly symbolic?: ReadonlyMap<string, Settings>;
  readonly variables: Readonly<Record<string, ImportedVariable>>;
  /** The workspace that it is deployed to. @default - the one that the deploying shell is logged in to */
  readonly workspace?: { readonly host?: string; readonly profile?: string };
  /** Workspace ids of deployed jobs by {@link JobSpec.id}. */
  readonly ids?: ReadonlyMap<string, string>;
  /** Keys of deployed jobs that no longer exist in the source. */
  readonly forgotten?: readonly string[];
  /** Addresses of the Terraform resources that the project takes over. */
  readonly managed?: readonly string[];
  /** Workspace paths of the notebooks that the source manages, by the {@link NotebookRef.identity} of their files. */
  readonly notebooks?: ReadonlyMap<string, string>;
}

/** Comments of a job in its source. */
export interface JobComments {
  readonly job: readonly string[];
  /** By top-level field. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** By task key. */
  readonly tasks: Readonly<Record<string, readonly string[]>>;
}

/** The complete input of an import. */
export interface ImportSource {
  readonly kind: JobGraph["kind"];
  /** The source's own name, such as the name of a bundle. */
  readonly name: string;
  readonly environments: readonly ImportedEnvironment[];
  /** The folder that paths in settings are relative to; undefined if they are workspace paths. */
  readonly folder?: string;
  readonly comments?: (job: JobSpec) => JobComments | undefined;
  /** The layer of jobs without a `layer` tag. */
  readonly layer?: (job: JobSpec) => string | undefined;
}

/** A setting that the project cannot express. */
export interface Refusal {
  readonly job: string;
  readonly environment: string;
  /** Path of the setting, such as `tasks.load.ai_runtime_task`. */
  readonly where: string;
  readonly why: string;
  readonly source?: JobSpec["source"];
}

/** The class names of libraries, by framework. */
export type ImportFramework = "cdktf" | "cdktn";
