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
 * A `databricks_job`, equal in Terraform to the provider package's `Job`, made of the same types and mappers.
 *
 * `Job` builds an object with a stack trace of its own for every block that could be referred to. This one keeps the
 * arguments as they are, which makes it many times faster and smaller, and lets a {@link JobStack} see which of them
 * hold no token and so need no resolving.
 *
 * @internal
 */
export class JobResource extends TerraformResource {
  /** The resource type in Terraform. */
  public static readonly tfResourceType = "databricks_job";

  /** Set by the stack while it renders this resource itself. */
  public deferred = false;

  readonly #toArguments: () => JobArguments;
  readonly #hierarchyTags: Readonly<Record<string, string>>;
  readonly #taskOverrides: TaskOverride[] = [];
  readonly #assigned = new Map<string, unknown>();
  #arguments: JobArguments | undefined;
  #argumentsArePlain = false;

  /**
   * @param toArguments gives the arguments; called when they are first needed, and again after
   *   {@link argumentsChanged}
   * @param tags the tags of the job, of which nobody may change those of the hierarchy
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
   * Sets what no prop reaches, in Terraform's words.
   *
   * @throws {JobstrataError} `invalid-job` for a path that `databricks_job` does not have
   */
  public override addOverride(path: string, value: unknown): void {
    this.#checkOverride(path, path.split("."), value);
    super.addOverride(path, value);
  }

  /** {@link addOverride} in the task with this key, wherever it will be in the list. */
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

  /** Of the construct that users made. */
  get #place(): string {
    return `[${(this.node.scope ?? this).node.path}]`;
  }

  /** What an aspect gave an argument, or its value as the job has it. */
  public argument(name: string): unknown {
    return (this.#currentArguments() as Record<string, unknown>)[name];
  }

  /**
   * Gives an argument another value, as the properties of the provider package's own class do.
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

  /** Takes back what {@link assign} gave, and what the job had: only the tags of the hierarchy stay. */
  public reset(name: string): void {
    this.assign(name, name === "tags" ? { ...this.#hierarchyTags } : undefined);
  }

  /** @throws {JobstrataError} `invalid-job-key`: outputs and references of the job go by its construct id */
  public override overrideLogicalId(newLogicalId: string): void {
    if (newLogicalId !== this.node.scope?.node.id) {
      throw new JobstrataError(
        "invalid-job-key",
        `[${this.node.path}] the resource name of a job is its construct id; rename the construct to ${quote(newLogicalId)}`,
      );
    }
    super.overrideLogicalId(newLogicalId);
  }

  /** Says that the arguments are not what they were. */
  public argumentsChanged(): void {
    this.#arguments = undefined;
  }

  /** True when cdktf would resolve the whole resource to itself: it holds no token, no override, no meta-argument. */
  public get isPlain(): boolean {
    if (!this.#isBare) return false;
    this.#currentArguments();
    return this.#argumentsArePlain;
  }

  /** The fragment of the configuration; empty while the stack renders this resource itself. */
  public override toTerraform(): Record<string, unknown> {
    if (this.deferred) return {};
    if (!this.isPlain)
      return this.#withTaskOverrides(() => super.toTerraform() as Record<string, unknown>);
    const attributes = this.synthesizeAttributes();
    attributes["//"] = this.constructNodeMetadata;
    return { resource: { [JobResource.tfResourceType]: { [this.friendlyUniqueId]: attributes } } };
  }

  /** The same in HCL. */
  public override toHclTerraform(): Record<string, unknown> {
    return this.#withTaskOverrides(() => super.toHclTerraform() as Record<string, unknown>);
  }

  /** Runs `action` while the overrides of tasks are overrides of what has their index today. */
  #withTaskOverrides<T>(action: () => T): T {
    if (this.#taskOverrides.length === 0) return action();
    const overrides = this.rawOverrides as Record<string, unknown>;
    const before = structuredClone(overrides);
    const { task = [] } = this.#currentArguments();
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

  /** The job is called by the construct that users made, not by this one inside of it. */
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

  #currentArguments(): JobArguments {
    if (this.#arguments === undefined) {
      this.#arguments =
        this.#assigned.size === 0
          ? this.#toArguments()
          : { ...this.#toArguments(), ...Object.fromEntries(this.#assigned) };
      this.#argumentsArePlain = isPlain(this.#arguments);
    }
    return this.#arguments;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    const attributes: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(this.#currentArguments())) {
      const argument = MAPPERS.get(key);
      if (argument === undefined) continue;
      attributes[argument[0]] = withoutUndefined(argument[1](value as never));
    }
    return attributes;
  }

  /** HCL needs the type of every block; the generated class knows them, and `cdktf synth --hcl` may take its time. */
  protected override synthesizeHclAttributes(): Record<string, unknown> {
    const scratch = new TerraformStack(undefined as never, "hcl");
    const job = new provider.Job(scratch, "job", this.#currentArguments());
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

/** The tags by which the rules know a job. */
const HIERARCHY_TAGS: readonly string[] = [JOB_LEVEL_TAG, "layer", "purpose", "orchestrator"];

/** Arguments for which the provider package's own class has properties, by how it reads them in an expression. */
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

// `tags`, `tagsInput` and `resetTags` for each of them, so that aspects that people have find what they look for.
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

/** The version of the Terraform provider that the installed provider package was made for. */
function generatorMetadata(): GeneratorMetadata {
  if (metadata === undefined) {
    const scratch = new TerraformStack(undefined as never, "scratch");
    metadata = new provider.Job(scratch, "job", {}).terraformGeneratorMetadata;
  }
  if (metadata === undefined) throw new Error("the provider package does not say its version");
  return metadata;
}
