import type { Severity } from "../model/finding";
import {
  type JobLevel,
  principalName,
  type SourceLocation,
  type TriggerSpec,
} from "../model/job-spec";
import type { Settings } from "../model/settings";
import type { Hierarchy, HierarchyEdge, HierarchyTask } from "./hierarchy";
import { conditionsOf, whatRuns } from "./task-words";

/**
 * The hierarchy of an environment for programs, and for the pages that draw it in a browser. Names are those of the Jobs
 * API; docs/graph.md describes it. Text is not escaped: escape it before you display it.
 */
export interface HierarchyDocument {
  readonly version: 1;
  readonly environment: string;
  readonly jobs: readonly DocumentJob[];
  readonly edges: readonly HierarchyEdge[];
}

/** A job of a {@link HierarchyDocument}. */
export interface DocumentJob {
  /** Unique in the document; edges and tasks refer to it. */
  readonly id: string;
  readonly key: string;
  readonly name?: string;
  readonly description?: string;
  readonly level?: JobLevel;
  /** It is declared here and deployed elsewhere; nothing but its key is known. */
  readonly external?: true;
  readonly tags: Readonly<Record<string, string>>;
  /** Where it is written. */
  readonly location?: SourceLocation;
  readonly parameters?: readonly { readonly name: string; readonly default?: string }[];
  /** What starts it by itself. */
  readonly triggers?: readonly TriggerSpec[];
  /** Whom it runs as. */
  readonly run_as?: string;
  /** Who has IS_OWNER. */
  readonly owner?: string;
  readonly tasks: readonly DocumentTask[];
  /** The whole job, by the names of the Jobs API. Not in pages. */
  readonly settings?: Settings;
  /** Of the job and its tasks; what is suppressed is left out. */
  readonly findings: readonly DocumentFinding[];
}

/** A task, in the order in which they can begin; those inside a for-each task follow theirs. */
export interface DocumentTask {
  /** Unique in the document. */
  readonly id: string;
  readonly task_key: string;
  /** Such as `notebook_task`. */
  readonly types: readonly string[];
  /** What it does in a few words: the notebook, file, query … that it runs, what it compares or repeats, else its type. */
  readonly what: string;
  readonly notebook?: string;
  /** Id of the job that it runs, if that is in the document. */
  readonly runs?: string;
  /** Task keys. */
  readonly depends_on: readonly string[];
  /** The outcomes that these must have, by task key, where one is named. */
  readonly outcomes?: Readonly<Record<string, string>>;
  readonly run_if?: string;
  /** In a few words: what `run_if` means, and that it is disabled. */
  readonly when?: readonly string[];
  /** What a condition task compares. */
  readonly condition?: { readonly left: string; readonly op: string; readonly right: string };
  /** Of a for-each task. */
  readonly inputs?: string;
  readonly concurrency?: number;
  /** Task key of the for-each task that it is in. */
  readonly inside?: string;
  readonly disabled?: true;
  /** `base_parameters` of a notebook, `job_parameters` of a Run Job task. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A policy finding of a job. */
export interface DocumentFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly fix: string;
}

/** A drawing as plain data. */
export function hierarchyDocument({ environment, jobs, edges }: Hierarchy): HierarchyDocument {
  return {
    version: 1,
    environment,
    jobs: jobs.map(({ id, spec, level, isExternal, tasks, findings }) => {
      const { name, description, source, parameters, triggers } = spec;
      const runAs = principalName(spec.runAs);
      const owner = principalName(spec.owner);
      return {
        id,
        key: spec.key,
        ...(name !== undefined && { name }),
        ...(description !== undefined && { description }),
        ...(level !== undefined && { level }),
        ...(isExternal === true && { external: true }),
        tags: spec.tags,
        ...(source !== undefined && { location: source }),
        ...(parameters !== undefined && { parameters }),
        ...(triggers !== undefined && { triggers }),
        ...(runAs !== undefined && { run_as: runAs }),
        ...(owner !== undefined && { owner }),
        tasks: tasks.map(documentTask),
        findings: findings.map(({ rule, severity, message, fix }) => ({
          rule,
          severity,
          message,
          fix,
        })),
      };
    }),
    edges,
  };
}

function documentTask({ id, spec, runs, loop }: HierarchyTask): DocumentTask {
  const { notebook, outcomes, runIf, condition, forEachInputs, forEachConcurrency } = spec;
  const when = conditionsOf(spec);
  return {
    id,
    task_key: spec.taskKey,
    types: spec.types,
    what: whatRuns(spec),
    ...(notebook !== undefined && { notebook: notebook.label }),
    ...(runs !== undefined && { runs }),
    depends_on: spec.dependsOn,
    ...(outcomes !== undefined && { outcomes: Object.fromEntries(outcomes) }),
    ...(runIf !== undefined && { run_if: runIf }),
    ...(when.length > 0 && { when }),
    ...(condition !== undefined && { condition }),
    ...(forEachInputs !== undefined && { inputs: forEachInputs }),
    ...(forEachConcurrency !== undefined && { concurrency: forEachConcurrency }),
    ...(loop !== undefined && { inside: loop.taskKey }),
    ...(spec.disabled === true && { disabled: true }),
    ...(spec.parameters !== undefined && { parameters: spec.parameters }),
  };
}

/** {@link hierarchyDocument} as text, with every setting of each job. */
export function hierarchyJson(hierarchy: Hierarchy): string {
  const document = hierarchyDocument(hierarchy);
  const settings = new Map(hierarchy.jobs.map(({ id, spec }) => [id, spec.settings]));
  const jobs = document.jobs.map((job) => ({ ...job, settings: settings.get(job.id) }));
  return JSON.stringify({ ...document, jobs }, undefined, 2);
}
