import type { SourceKind } from "../model/check-report";

/** The terms of fixes for authors of YAML, HCL or constructs, and for those who see only the workspace. */
export interface Words {
  /** Where an item of a job's list is written, such as `below environments`. */
  in(list: "environments" | "job_clusters" | "parameters"): string;
  /** A tag with its value, in the source's syntax. */
  tag(name: string, value: string): string;
  /** The term for what jobs are defined for: `target`. */
  readonly environment: string;
  /** The term for what is deployed together: `bundle`. */
  readonly unit: string;
  /** How to refer to a job defined in the same source. */
  readonly ownJob: string;
  /** How to refer to an external job. */
  readonly externalJob: string;
}

const equals = (name: string, value: string): string => `${name} = ${JSON.stringify(value)}`;

export const WORDS: Readonly<Record<SourceKind, Words>> = {
  bundle: {
    in: (list) => `below ${list}`,
    // An unquoted true is a boolean in YAML.
    tag: (name, value) => `${name}: ${value === "true" ? '"true"' : value}`,
    environment: "target",
    unit: "bundle",
    ownJob: "write ${resources.jobs.KEY.id} with the key of a job of the bundle",
    externalJob: "take it from a variable with lookup: {job: NAME}",
  },
  terraform: {
    in: (list) => `in ${list === "environments" ? "an" : "a"} ${list.slice(0, -1)} block`,
    tag: equals,
    environment: "environment",
    unit: "module",
    ownJob: "write databricks_job.NAME.id with the name of a job resource",
    externalJob: "read it with data.databricks_job",
  },
  cdktf: {
    in: (list) => `in ${list.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    tag: equals,
    environment: "environment",
    unit: "stack",
    ownJob: "refer to a job resource (addRunJobTask takes the job)",
    externalJob: "declare an external job with fromJobId or fromJobName",
  },
  workspace: {
    in: (list) => `in the ${list.replace("_", " ")}`,
    tag: equals,
    environment: "environment",
    unit: "workspace",
    ownJob: "set it to the id of a job that exists",
    externalJob: "ask who owns the job",
  },
};
