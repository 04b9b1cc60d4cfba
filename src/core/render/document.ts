import type { Severity } from "../model/finding";
import {
  type JobLevel,
  principalName,
  type SourceLocation,
  type TriggerSpec,
} from "../model/job-spec";
import { type Hierarchy, type HierarchyEdge, whatRuns } from "./hierarchy";

/**
 * The hierarchy of an environment for programs, and for the pages that draw it in a browser. Names are those of the Jobs
 * API; docs/graph.md describes it. Text is as it was read: whoever shows it has to escape it.
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
  /** What it does in a few words: the notebook that it runs, else its type. */
  readonly what: string;
  readonly notebook?: string;
  /** Id of the job that it runs, if that is in the document. */
  readonly runs?: string;
  /** Task keys. */
  readonly depends_on: readonly string[];
  /** `base_parameters` of a notebook, `job_parameters` of a Run Job task. */
  readonly parameters?: Readonly<Record<string, string>>;
}

/** What the policy says of a job. */
export interface DocumentFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  readonly fix: string;
}

/** What is drawn, as plain data. */
export function hierarchyDocument({ environment, jobs, edges }: Hierarchy): HierarchyDocument {
  return {
    version: 1,
    environment,
    jobs: jobs.map(({ id, spec, level, tasks, findings }) => {
      const { name, description, source, parameters, triggers } = spec;
      const runAs = principalName(spec.runAs);
      const owner = principalName(spec.owner);
      return {
        id,
        key: spec.key,
        ...(name !== undefined && { name }),
        ...(description !== undefined && { description }),
        ...(level !== undefined && { level }),
        tags: spec.tags,
        ...(source !== undefined && { location: source }),
        ...(parameters !== undefined && { parameters }),
        ...(triggers !== undefined && { triggers }),
        ...(runAs !== undefined && { run_as: runAs }),
        ...(owner !== undefined && { owner }),
        tasks: tasks.map(({ id: taskId, spec: task, runs }) => ({
          id: taskId,
          task_key: task.taskKey,
          types: task.types,
          what: whatRuns(task),
          ...(task.notebook !== undefined && { notebook: task.notebook.label }),
          ...(runs !== undefined && { runs }),
          depends_on: task.dependsOn,
          ...(task.parameters !== undefined && { parameters: task.parameters }),
        })),
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

/** {@link hierarchyDocument} as text. */
export function hierarchyJson(hierarchy: Hierarchy): string {
  return JSON.stringify(hierarchyDocument(hierarchy), undefined, 2);
}
