import type { JobLevel } from "../../model/job-spec";
import type { DocumentJob } from "../document";

/** A level, with `other` for jobs without a known level. */
export type ShownLevel = JobLevel | "other";

/** The CSS class of a job's level. {@link LEVEL_WORDS} shows it as text, for users who see no colours. */
export const levelOf = ({ level }: Pick<DocumentJob, "level">): ShownLevel => level ?? "other";

export const LEVEL_WORDS: Readonly<Record<ShownLevel, string>> = {
  orchestrator: "orchestrator",
  composite: "composite",
  atomic: "atomic",
  other: "no level",
};
