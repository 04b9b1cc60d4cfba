import type { JobLevel } from "../../model/job-spec";
import type { DocumentJob } from "../document";

/** How jobs without a known level are called. */
export type ShownLevel = JobLevel | "other";

/** The class of a job, and the word that says it to those who see no colours. */
export const levelOf = ({ level }: Pick<DocumentJob, "level">): ShownLevel => level ?? "other";

export const LEVEL_WORDS: Readonly<Record<ShownLevel, string>> = {
  orchestrator: "orchestrator",
  composite: "composite",
  atomic: "atomic",
  other: "no level",
};
