import { DataDatabricksJob } from "@cdktf/provider-databricks/lib/data-databricks-job";
import { Construct } from "constructs";
import { JobstrataError } from "@jobstrata/core/errors";
import { IMPORTED_JOB_ID, mark, quote } from "@jobstrata/core/model";
import type { IJob } from "./job";
import { JobStack } from "./job-stack";

class ImportedJob extends Construct implements IJob {
  public constructor(
    scope: Construct,
    constructId: string,
    public readonly id: string,
  ) {
    super(scope, constructId);
  }
}

class LookedUpJob extends Construct implements IJob {
  readonly #lookup: DataDatabricksJob;

  public constructor(scope: Construct, constructId: string, jobName: string) {
    super(scope, constructId);
    this.#lookup = new DataDatabricksJob(this, "Default", { jobName });
  }

  /** A token, so that a job of another stack can use it too. */
  public get id(): string {
    return this.#lookup.id;
  }
}

/**
 * Declares a job that others own by its id. Only a job declared so may be run by a literal id.
 *
 * @param jobId the number of the job, or an expression that gives it, such as `${var.job_id}`
 * @throws JobstrataError `invalid-job` if it is neither
 */
export function fromJobId(scope: Construct, id: string, jobId: string | number): IJob {
  const text = String(jobId);
  if (!/^[1-9]\d*$/.test(text) && !text.includes("${")) {
    throw new JobstrataError(
      "invalid-job",
      `[${scope.node.path}/${id}] ${quote(text)} is no job id; it must be a positive whole number`,
    );
  }
  const job = new ImportedJob(scope, id, text);
  mark(job, IMPORTED_JOB_ID, text);
  return job;
}

/**
 * Declares a job that others own by its name, which Terraform looks up in every plan.
 *
 * @param jobName the whole display name, unique in the workspace
 * @throws JobstrataError `no-environment` if `scope` is not in a {@link JobStack}
 */
export function fromJobName(scope: Construct, id: string, jobName: string): IJob {
  JobStack.of(scope);
  return new LookedUpJob(scope, id, jobName);
}
