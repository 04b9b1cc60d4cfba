import type { Severity } from "../model/finding";
import { type JobLevel, principalName, type TriggerSpec } from "../model/job-spec";
import type { SourceLocation } from "../model/source-location";
import type { Settings } from "../model/settings";
import type { Hierarchy, HierarchyEdge, HierarchyTask } from "./hierarchy";
import { conditionsOf, whatRuns } from "./task-words";

/**
 * The hierarchy of an environment as JSON, for programs and for browser pages. Names follow the Jobs API; docs/graph.md
 * describes them. Text is not escaped: escape it before you display it.
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
  /** True for a job that is declared here but deployed elsewhere; only its key is known. */
  readonly external?: true;
  readonly tags: Readonly<Record<string, string>>;
  /** Location of the definition. */
  readonly location?: SourceLocation;
  readonly parameters?: readonly { readonly name: string; readonly default?: string }[];
  /** Triggers of the job. */
  readonly triggers?: readonly TriggerSpec[];
  /** The principal that the job runs as. */
  readonly run_as?: string;
  /** The principal with IS_OWNER. */
  readonly owner?: string;
  readonly tasks: readonly DocumentTask[];
  /** Complete settings with Jobs API names. Not in pages. */
  readonly settings?: Settings;
  /** Findings of the job and its tasks, without suppressed ones. */
  readonly findings: readonly DocumentFinding[];
}

/** A task. Tasks are sorted by dependencies; inner tasks follow their for-each task. */
export interface DocumentTask {
  /** Unique in the document. */
  readonly id: string;
  readonly task_key: string;
  /** Task types, such as `notebook_task`. */
  readonly types: readonly string[];
  /** Short description: the notebook, file or query that it runs, its comparison or loop, otherwise its type. */
  readonly what: string;
  readonly notebook?: string;
  /** Id of its child job, if it is in the document. */
  readonly runs?: string;
  /** Task keys. */
  readonly depends_on: readonly string[];
  /** Required outcomes by task key. */
  readonly outcomes?: Readonly<Record<string, string>>;
  readonly run_if?: string;
  /** Short descriptions of `run_if` and `disabled`. */
  readonly when?: readonly string[];
  /** The comparison of a condition task. */
  readonly condition?: { readonly left: string; readonly op: string; readonly right: string };
  /** Only for a for-each task. */
  readonly inputs?: string;
  readonly concurrency?: number;
  /** Task key of the enclosing for-each task. */
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

/** Converts a hierarchy to a document. */
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

/** {@link hierarchyDocument} as JSON text, with all settings of each job. */
export function hierarchyJson(hierarchy: Hierarchy): string {
  const document = hierarchyDocument(hierarchy);
  const settings = new Map(hierarchy.jobs.map(({ id, spec }) => [id, spec.settings]));
  const jobs = document.jobs.map((job) => ({ ...job, settings: settings.get(job.id) }));
  return JSON.stringify({ ...document, jobs }, undefined, 2);
}
