import type { DataDatabricksJob } from "@cdktf/provider-databricks/lib/data-databricks-job";
import type { JobConfig } from "@cdktf/provider-databricks/lib/job";
import { JobstrataError } from "@jobstrata/core/errors";
import { IMPORTED_JOB_ID, mark, NOTEBOOK_HEADER, quote } from "@jobstrata/core/model";
import { Construct } from "constructs";
import { AtomicJob } from "./atomic-job";
import type { IJob } from "./job";
import { inLocalWorkspace } from "./job-environment";
import { JobStack } from "./job-stack";
import { placeOf } from "./place-of";
import { NotebookSource } from "./notebook-source";
import { filled, made, object, type Shapes, shown } from "./shape";
import { STAND_IN, type StandIn } from "./stand-in";
import { undeclaredMessage, undeclaredVariable } from "./variables";

/** Options of {@link fromJobId} and {@link fromJobName}. */
export interface ImportedJobProps {
  /**
   * Stands in for the job in the local workspace, where it does not exist.
   * @default - a notebook that prints a message and succeeds
   */
  readonly local?:
    | {
        /** The notebook to run instead. */
        readonly notebook: NotebookSource;
      }
    | undefined;
}

const PROPS: Shapes<ImportedJobProps> = {
  local: object(
    {
      notebook: made(
        (value) => NotebookSource.isNotebookSource(value),
        "a NotebookSource, such as NotebookSource.fromFile(path)",
      ),
    },
    "notebook",
  ),
};

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
    const { DataDatabricksJob } = lookupModule();
    this.#lookup = new DataDatabricksJob(this, "Default", { jobName });
  }

  /** A token, so that jobs of other stacks can use it too. */
  public get id(): string {
    return this.#lookup.id;
  }
}

/** Loaded on demand: it takes as long to load as the rest of this library, and few apps need it. */
function lookupModule(): typeof import("@cdktf/provider-databricks/lib/data-databricks-job") {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- a constructor cannot wait for import()
  return require("@cdktf/provider-databricks/lib/data-databricks-job") as ReturnType<
    typeof lookupModule
  >;
}

/** Stands in for an external job, which does not exist in the local workspace. */
class StandInJob extends AtomicJob implements StandIn {
  readonly #accepted = new Set<string>();

  public constructor(scope: Construct, id: string, what: string, { local }: ImportedJobProps) {
    super(scope, id, {
      name: `${id} (stands in for ${what})`,
      description: `Stands in for ${what}, which others own.`,
      purpose: "stand-in",
      notebook: local?.notebook ?? stub(id, what),
    });
    mark(this, STAND_IN, true);
  }

  public accept(parameters: readonly string[]): void {
    for (const name of parameters) this.#accepted.add(name);
    this.resource.argumentsChanged();
  }

  /** @internal */
  protected override kindConfig(): Partial<JobConfig> {
    const config = super.kindConfig();
    // The base constructor calls this before the field is initialized.
    const accepted = #accepted in this ? [...this.#accepted] : [];
    return accepted.length === 0
      ? config
      : { ...config, parameter: accepted.map((name) => ({ name, default: "" })) };
  }
}

/** A notebook that prints what it stands in for, and succeeds. */
function stub(id: string, what: string): NotebookSource {
  const text = `Stands in for ${what}, which others own and this machine does not have.`;
  return NotebookSource.fromContent(id, `# ${NOTEBOOK_HEADER}\nprint(${JSON.stringify(text)})\n`);
}

/**
 * Declares an external job by its id. Only declared jobs may be run by a literal id. In the local workspace, a stand-in
 * job replaces it; see the options.
 *
 * @param jobId the job's id, or an expression for it, such as `${var.job_id}`
 * @throws {JobstrataError} `invalid-job` for an invalid id
 */
export function fromJobId(
  scope: Construct,
  id: string,
  jobId: string | number,
  props: ImportedJobProps = {},
): IJob {
  const place = placeOf(scope, id);
  const fail = (problem: string): never => {
    throw new JobstrataError("invalid-job", `${place} ${problem}`);
  };
  const text = String(jobId);
  if (typeof jobId !== "string" && typeof jobId !== "number")
    fail(`the job id is ${shown(jobId)}; it must be a positive whole number`);
  if (!/^[1-9]\d*$/.test(text) && !text.includes("${"))
    fail(`invalid job id ${quote(text)}; it must be a positive whole number`);
  checkProps(props, fail);
  const stack = scope.node.scopes.find((each) => JobStack.isJobStack(each));
  const undeclared = stack === undefined ? undefined : undeclaredVariable(text, stack);
  if (undeclared !== undefined && stack !== undefined) {
    throw new JobstrataError(
      "unknown-variable",
      `${place} ${undeclaredMessage(undeclared, stack)}`,
    );
  }
  if (stack !== undefined && inLocalWorkspace())
    return new StandInJob(scope, id, `job ${text}`, props);
  const job = new ImportedJob(scope, id, text);
  mark(job, IMPORTED_JOB_ID, text);
  return job;
}

/**
 * Declares an external job by its name, which Terraform looks up in every plan. In the local workspace, a stand-in job
 * replaces it; see the options.
 *
 * @param jobName the full display name, unique in the workspace
 * @throws {JobstrataError} `no-environment` if `scope` is not in a {@link JobStack}
 */
export function fromJobName(
  scope: Construct,
  id: string,
  jobName: string,
  props: ImportedJobProps = {},
): IJob {
  const place = placeOf(scope, id);
  const fail = (problem: string): never => {
    throw new JobstrataError("invalid-job", `${place} ${problem}`);
  };
  const problem = filled(jobName, "the job name");
  if (problem !== undefined) fail(problem);
  checkProps(props, fail);
  JobStack.of(scope, place);
  return inLocalWorkspace()
    ? new StandInJob(scope, id, `the job ${quote(jobName)}`, props)
    : new LookedUpJob(scope, id, jobName);
}

function checkProps(props: ImportedJobProps, fail: (problem: string) => never): void {
  const problem = object(PROPS)(props, "");
  if (problem !== undefined) fail(problem);
}
