import { TerraformResource } from "cdktf";
import type { IConstruct } from "constructs";

/**
 * The common properties of every `databricks_job`, whichever class created it: a subset of the provider package's
 * `Job`.
 */
export interface DatabricksJob extends TerraformResource {
  /** Display name, as an expression. */
  name: string;
  readonly nameInput?: string;
  /** As an expression. */
  description: string;
  readonly descriptionInput?: string;
  /** An expression when read; assign `{ ...job.tagsInput, team: "health" }`. */
  tags: Record<string, string>;
  readonly tagsInput?: Record<string, string>;
  /** As an expression. */
  timeoutSeconds: number;
  readonly timeoutSecondsInput?: number;
  /** As an expression. */
  maxConcurrentRuns: number;
  readonly maxConcurrentRunsInput?: number;
}

/**
 * True for the Terraform resource of this library's jobs and for the provider package's `Job`; `instanceof Job` covers
 * only the latter. For aspects: `if (isDatabricksJob(node)) node.tags = { ...node.tagsInput, team: "health" }`.
 */
export function isDatabricksJob(construct: IConstruct): construct is DatabricksJob {
  return (
    TerraformResource.isTerraformResource(construct) &&
    construct.terraformResourceType === "databricks_job"
  );
}
