import { TerraformResource, TerraformStack, Token } from "cdktf";
import type { Construct } from "constructs";
import * as provider from "@cdktf/provider-databricks/lib/job";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { JOB_LEVEL_TAG, quote } from "@jobstrata/core/model";
import { JobStack } from "./job-stack";
import { shown } from "./shape";
import { undeclaredVariable } from "./variables";
import {
  isPlain,
  type JobArguments,
  MAPPERS,
  overrideProblem,
  withoutUndefined,
} from "./job-arguments";

/**
 * A `databricks_job` that renders the same Terraform as the provider package's `Job`, with its types and mappers.
 *
 * `Job` creates an object with a stack trace for every block that could be referenced. This class keeps the arguments
 * as they are, which is many times faster and smaller, and lets a {@link JobStack} see which arguments contain no token
 * and need no resolving.
 *
 * @internal
 */
export class JobResource extends TerraformResource {
  /** The resource type in Terraform. */
  public static readonly tfResourceType = "databricks_job";

  /** True while the stack renders this resource itself. */
  public deferred = false;

  readonly #toArguments: () => JobArguments;
  readonly #hierarchyTags: Readonly<Record<string, string>>;
  readonly #taskOverrides: TaskOverride[] = [];
  readonly #assigned = new Map<string, unknown>();
  #arguments: JobArguments | undefined;
  #argumentsArePlain: boolean | undefined;

  /**
   * @param toArguments creates the arguments; called when they are first needed, and again after {@link
   *   argumentsChanged}
   * @param tags the job's tags; those of the hierarchy cannot be changed
   */
  public constructor(
    scope: Construct,
    id: string,
    toArguments: () => JobArguments,
    tags: Readonly<Record<string, string>> = {},
  ) {
    super(scope, id, {
      terraformResourceType: JobResource.tfResourceType,
      terraformGeneratorMetadata: generatorMetadata(),
    });
    this.#toArguments = toArguments;
    this.#hierarchyTags = Object.fromEntries(
      Object.entries(tags).filter(([tag]) => HIERARCHY_TAGS.includes(tag)),
    );
  }

  /**
   * Sets an argument without a prop, by its Terraform name.
   *
   * @throws {JobstrataError} `invalid-job` for a path that `databricks_job` does not have
   */
  public override addOverride(path: string, value: unknown): void {
    this.#checkOverride(path, path.split("."), value);
    super.addOverride(path, value);
  }

  /** {@link addOverride} for the task with this key, at any position in the list. */
  public addTaskOverride(taskKey: string, path: string, value: unknown): void {
    this.#checkOverride(path, ["task", ...path.split(".")], value);
    this.#taskOverrides.push({ taskKey, path, value });
  }

  #checkOverride(path: string, segments: readonly string[], value: unknown): void {
    const problem = overrideProblem(segments);
    const what =
      problem === undefined
        ? undefined
        : `the override ${quote(path)} sets ${problem}, which databricks_job does not have`;
    if (what !== undefined) throw new JobstrataError("invalid-job", `${this.#place} ${what}`);
    if (value === undefined && segments.length === 0) return;
    const name = JobStack.isJobStack(this.cdktfStack)
      ? undeclaredVariable(value, this.cdktfStack)
      : undefined;
    if (name === undefined) return;
    throw new JobstrataError(
      "unknown-variable",
      `${this.#place} the override ${quote(path)} refers to the variable ${quote(name)}, which is not declared`,
    );
  }

  /** Path of the user's construct. */
  get #place(): string {
    return `[${(this.node.scope ?? this).node.path}]`;
  }

  /** The value of an argument: an aspect's, otherwise the job's own. */
  public argument(name: string): unknown {
    return (this.arguments as Record<string, unknown>)[name];
  }

  /**
   * Changes an argument, like a property of the provider package's `Job`.
   *
   * @throws {JobstrataError} `tag-conflict` for tags that contradict the hierarchy's
   */
  public assign(name: string, value: unknown): void {
    if (name === "tags") this.#checkTags(value);
    this.#assigned.set(name, value);
    this.argumentsChanged();
  }

  #checkTags(value: unknown): void {
    if (Token.isUnresolved(value)) return;
    const tags = (value ?? {}) as Readonly<Record<string, unknown>>;
    for (const [tag, right] of Object.entries(this.#hierarchyTags)) {
      if (tags[tag] === right) continue;
      const got =
        tags[tag] === undefined
          ? `leave out ${tag}; spread tagsInput into them`
          : `set ${tag} to ${shown(tags[tag])}`;
      throw new JobstrataError(
        "tag-conflict",
        `${this.#place} the tags that are assigned to the job ${got}; it has ${tag} = ${quote(right)}, which follows from the hierarchy`,
      );
    }
  }

  /** Removes an argument. Tags of the hierarchy remain. */
  public reset(name: string): void {
    this.assign(name, name === "tags" ? { ...this.#hierarchyTags } : undefined);
  }

  /** @throws {JobstrataError} `invalid-job-key`, because outputs and references use the job's construct id */
  public override overrideLogicalId(newLogicalId: string): void {
    if (newLogicalId !== this.node.scope?.node.id) {
      throw new JobstrataError(
        "invalid-job-key",
        `[${this.node.path}] the resource name of a job is its construct id; rename the construct to ${quote(newLogicalId)}`,
      );
    }
    super.overrideLogicalId(newLogicalId);
  }

  /** Discards cached arguments. */
  public argumentsChanged(): void {
    this.#arguments = undefined;
    this.#argumentsArePlain = undefined;
  }

  /** True if cdktf would resolve the whole resource to itself: it has no token, override or meta-argument. */
  public get isPlain(): boolean {
    if (!this.#isBare) return false;
    return (this.#argumentsArePlain ??= isPlain(this.arguments));
  }

  /** The resource's configuration; empty while the stack renders this resource itself. */
  public override toTerraform(): Record<string, unknown> {
    if (this.deferred) return {};
    if (!this.isPlain)
      return this.#withTaskOverrides(() => super.toTerraform() as Record<string, unknown>);
    const attributes = this.synthesizeAttributes();
    attributes["//"] = this.constructNodeMetadata;
    return { resource: { [JobResource.tfResourceType]: { [this.friendlyUniqueId]: attributes } } };
  }

  /** The resource's configuration in HCL. */
  public override toHclTerraform(): Record<string, unknown> {
    return this.#withTaskOverrides(() => super.toHclTerraform() as Record<string, unknown>);
  }

  /** Runs `action` with task overrides applied at the tasks' current indexes. */
  #withTaskOverrides<T>(action: () => T): T {
    if (this.#taskOverrides.length === 0) return action();
    const overrides = this.rawOverrides as Record<string, unknown>;
    const before = structuredClone(overrides);
    const { task = [] } = this.arguments;
    const keys = Array.isArray(task) ? task.map(({ taskKey }) => taskKey) : [];
    try {
      for (const { taskKey, path, value } of this.#taskOverrides) {
        const index = keys.indexOf(taskKey);
        if (index < 0) {
          throw new JobstrataError(
            "invalid-task",
            `${this.#place} the override ${quote(path)} is for task ${quoteWithSuggestion(taskKey, keys)}, which the job does not have`,
          );
        }
        super.addOverride(`task.${index}.${path}`, value);
      }
      return action();
    } finally {
      for (const key of Object.keys(overrides)) Reflect.deleteProperty(overrides, key);
      Object.assign(overrides, before);
    }
  }

  /** Uses the path of the user's construct, not of this resource inside it. */
  protected override get constructNodeMetadata(): Record<string, unknown> {
    const scope = this.node.scope ?? this;
    return { metadata: { path: scope.node.path, uniqueId: this.friendlyUniqueId } };
  }

  get #isBare(): boolean {
    return (
      !this.dependsOn &&
      this.count === undefined &&
      !this.provider &&
      !this.lifecycle &&
      !this.forEach &&
      !this.provisioners &&
      !this.connection &&
      !this.hasResourceMove() &&
      !(this as unknown as { _imported?: unknown })._imported &&
      this.#taskOverrides.length === 0 &&
      Object.keys(this.rawOverrides as object).length === 0
    );
  }

  /** The arguments of the job, with those of aspects. */
  public get arguments(): JobArguments {
    return (this.#arguments ??=
      this.#assigned.size === 0
        ? this.#toArguments()
        : { ...this.#toArguments(), ...Object.fromEntries(this.#assigned) });
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    const attributes: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(this.arguments)) {
      const argument = MAPPERS.get(key);
      if (argument === undefined) continue;
      attributes[argument[0]] = withoutUndefined(argument[1](value as never));
    }
    return attributes;
  }

  /** HCL needs the type of every block, which only the generated class knows. `cdktf synth --hcl` may be slower. */
  protected override synthesizeHclAttributes(): Record<string, unknown> {
    const scratch = new TerraformStack(undefined as never, "hcl");
    const job = new provider.Job(scratch, "job", this.arguments);
    return (
      job as unknown as { synthesizeHclAttributes(): Record<string, unknown> }
    ).synthesizeHclAttributes();
  }
}

interface TaskOverride {
  readonly taskKey: string;
  readonly path: string;
  readonly value: unknown;
}

/** The tags that rules use to classify a job. */
const HIERARCHY_TAGS: readonly string[] = [JOB_LEVEL_TAG, "layer", "purpose", "orchestrator"];

/** Arguments with properties in the provider package's `Job`, by the method that reads them in an expression. */
const PROPERTIES: Readonly<
  Record<
    string,
    "getStringAttribute" | "getNumberAttribute" | "getBooleanAttribute" | "getStringMapAttribute"
  >
> = {
  budgetPolicyId: "getStringAttribute",
  description: "getStringAttribute",
  editMode: "getStringAttribute",
  maxConcurrentRuns: "getNumberAttribute",
  name: "getStringAttribute",
  performanceTarget: "getStringAttribute",
  tags: "getStringMapAttribute",
  timeoutSeconds: "getNumberAttribute",
  usagePolicyId: "getStringAttribute",
};

// Define `tags`, `tagsInput` and `resetTags`, and so on for each argument, so that existing aspects work.
for (const [name, read] of Object.entries(PROPERTIES)) {
  const terraformName = MAPPERS.get(name)?.[0] ?? name;
  Object.defineProperties(JobResource.prototype, {
    [name]: {
      get(this: JobResource): unknown {
        return this[read](terraformName);
      },
      set(this: JobResource, value: unknown) {
        this.assign(name, value);
      },
      configurable: true,
    },
    [`${name}Input`]: {
      get(this: JobResource): unknown {
        return this.argument(name);
      },
      configurable: true,
    },
    [`reset${name.charAt(0).toUpperCase()}${name.slice(1)}`]: {
      value(this: JobResource) {
        this.reset(name);
      },
      configurable: true,
      writable: true,
    },
  });
}

type GeneratorMetadata = NonNullable<
  ConstructorParameters<typeof TerraformResource>[2]["terraformGeneratorMetadata"]
>;

let metadata: GeneratorMetadata | undefined;

/** Terraform provider version of the installed provider package. */
function generatorMetadata(): GeneratorMetadata {
  if (metadata === undefined) {
    const scratch = new TerraformStack(undefined as never, "scratch");
    metadata = new provider.Job(scratch, "job", {}).terraformGeneratorMetadata;
  }
  if (metadata === undefined) throw new Error("the provider package does not say its version");
  return metadata;
}
