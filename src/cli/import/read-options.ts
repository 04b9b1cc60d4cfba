import type { SplitFlags } from "../split/flags";

/** The source to read, and how. */
export interface ImportReadOptions {
  readonly source?: "bundle" | "terraform" | "workspace";
  readonly targets?: readonly string[];
  readonly python?: boolean;
  readonly local?: boolean;
  readonly data?: string;
  readonly name?: string;
  readonly tag?: string;
  readonly creator?: string;
  /** Whether the ids of deployed jobs are needed. */
  readonly adopt?: boolean;
  /** States or summaries of a bundle to read ids from, `[target=]file`. */
  readonly state?: readonly string[];
  /** Also reads ids from the states that a bundle keeps in the workspace. */
  readonly remoteState?: boolean;
  /** Splits a bundle's jobs that break the rules, without changing its files. @default - jobs stay unchanged */
  readonly split?: SplitFlags;
}
