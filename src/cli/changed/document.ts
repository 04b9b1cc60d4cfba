import type { JobLevel, SourceKind, SourceLocation } from "@jobstrata/core/model";

/** The output of `jobstrata changed --format json`, documented in docs/changed.md. */
export interface ChangedDocument {
  readonly version: 1;
  readonly from: BaseSource;
  readonly to: { readonly kind: SourceKind; readonly path: string };
  /** False if the base, or a bundle, could not be read as a whole. */
  readonly complete: boolean;
  /** Human-readable: why the result is incomplete, and the limits of the comparison. */
  readonly problems: readonly string[];
  /** Number of jobs by state; each key counts once across all environments. */
  readonly summary: Readonly<Record<JobState | "unchanged", number>>;
  /** The stacks to deploy, sorted. */
  readonly stacks: readonly string[];
  readonly environments: readonly {
    readonly environment: string;
    /** Sorted by key, without unchanged jobs. */
    readonly jobs: readonly ChangedJob[];
  }[];
}

/** Where the base was read from. */
export interface BaseSource {
  readonly kind: SourceKind;
  readonly path: string;
  /** The git revision as given. */
  readonly revision?: string;
  readonly commit?: string;
  /** The base is the prior state of a plan. */
  readonly prior_state?: true;
}

/**
 * Job states, strongest first. If environments differ, the strongest state counts, so a job that still exists in one of them is
 * not `removed`. `downstream`: unchanged, but follows a changed job.
 */
export const JOB_STATES = ["modified", "new", "downstream", "removed"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** Whether a state is stronger than another. */
export const isStronger = (state: JobState, than: JobState): boolean =>
  JOB_STATES.indexOf(state) < JOB_STATES.indexOf(than);

/** A changed job, or one downstream of it. */
export interface ChangedJob {
  /** The job's key; `stack/key` if several jobs of the environment have the same. */
  readonly job: string;
  /** Unique in its environment: the construct path, or the position in the bundle. */
  readonly id: string;
  readonly state: JobState;
  readonly stack: string;
  /** The display name. */
  readonly name?: string;
  readonly level?: JobLevel;
  readonly location?: SourceLocation;
  /** The key at the base. */
  readonly renamed_from?: string;
  /** Never empty. */
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
  /** One human-readable line. */
  readonly text: string;
  /** Key of the affected task. */
  readonly task?: string;
  /** The file that changed, relative to the working folder. */
  readonly file?: string;
  /** For a downstream job: the key of the job that it follows, and how. */
  readonly of?: string;
  readonly by?: "run_job" | "depends_on" | "table";
}

/**
 * Number of jobs in each state. A job whose state differs between environments counts with the strongest.
 *
 * @param all labels of the jobs that exist now
 */
export function summaryOf(
  environments: ChangedDocument["environments"],
  all: ReadonlySet<string>,
): ChangedDocument["summary"] {
  const states = new Map<string, JobState>();
  for (const { jobs } of environments)
    for (const { job, state } of jobs) {
      // Removed from one environment, but not from another.
      if (state === "removed" && all.has(job)) continue;
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
