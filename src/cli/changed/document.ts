import type { JobLevel, SourceKind, SourceLocation } from "@jobstrata/core/model";

/** What `jobstrata changed --format json` prints; docs/changed.md describes it. */
export interface ChangedDocument {
  readonly version: 1;
  readonly from: BaseSource;
  readonly to: { readonly kind: SourceKind; readonly path: string };
  /** False if something of the base is not known, so that jobs count as modified for caution. */
  readonly complete: boolean;
  /** Sentences for people: why it is not complete, and what cannot be seen. */
  readonly problems: readonly string[];
  /** Jobs by their keys, each once over all environments. */
  readonly summary: Readonly<Record<JobState | "unchanged", number>>;
  /** The stacks to deploy, sorted. */
  readonly stacks: readonly string[];
  readonly environments: readonly {
    readonly environment: string;
    /** Sorted by key, without those that are unchanged. */
    readonly jobs: readonly ChangedJob[];
  }[];
}

/** Where the base was read. */
export interface BaseSource {
  readonly kind: SourceKind;
  readonly path: string;
  /** Of git, as given. */
  readonly revision?: string;
  readonly commit?: string;
  /** It is what a plan starts from. */
  readonly prior_state?: true;
}

/**
 * States of a job, the strongest first: it counts where environments differ. `downstream`: not modified itself, but it
 * follows one that is. A job that runs in one environment is not `removed`.
 */
export const JOB_STATES = ["modified", "new", "downstream", "removed"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** Whether a state is stronger than another. */
export const isStronger = (state: JobState, than: JobState): boolean =>
  JOB_STATES.indexOf(state) < JOB_STATES.indexOf(than);

/** A job that differs, or that follows one that does. */
export interface ChangedJob {
  /** Its key. */
  readonly job: string;
  /** Unique in its environment: the construct path, or the place in the bundle. */
  readonly id: string;
  readonly state: JobState;
  readonly stack: string;
  /** The display name. */
  readonly name?: string;
  readonly level?: JobLevel;
  readonly location?: SourceLocation;
  /** Its key at the base. */
  readonly renamed_from?: string;
  /** At least one. */
  readonly reasons: readonly Reason[];
}

/** Why a job is selected. */
export interface Reason {
  readonly kind:
    | "settings"
    | "code"
    | "variable"
    | "resource"
    | "new"
    | "removed"
    | "renamed"
    | "unknown"
    | "downstream";
  /** One line for people. */
  readonly text: string;
  /** Key of the task concerned. */
  readonly task?: string;
  /** The file that changed, relative to the working folder. */
  readonly file?: string;
  /** Of a downstream job: the key of the job that it follows, and how. */
  readonly of?: string;
  readonly by?: "run_job" | "depends_on" | "table";
}

/** How many jobs there are of each state. A job that differs between environments counts with its strongest state. */
export function summaryOf(
  environments: ChangedDocument["environments"],
  all: ReadonlySet<string>,
): ChangedDocument["summary"] {
  const states = new Map<string, JobState>();
  for (const { jobs } of environments)
    for (const { job, state } of jobs) {
      const known = states.get(job);
      if (known === undefined || isStronger(state, known)) states.set(job, state);
    }
  const count = (state: JobState): number => [...states.values()].filter((s) => s === state).length;
  return {
    modified: count("modified"),
    new: count("new"),
    removed: count("removed"),
    downstream: count("downstream"),
    unchanged: [...all].filter((key) => !states.has(key)).length,
  };
}
