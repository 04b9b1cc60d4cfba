import { resolve as resolvePath } from "node:path";
import { DefaultTokenResolver, StringConcat, TerraformStack, Token, Tokenization } from "cdktf";
import type { IConstruct } from "constructs";
import {
  type JobGraph,
  type SourceLocation,
  environmentInName,
  ENVIRONMENT,
  IMPORTED_JOB_ID,
  type MarkedSuppression,
  marker,
  SOURCE,
  SUPPRESSIONS,
  type SourceSuppression,
} from "@jobstrata/core/model";
import { isDatabricksJob } from "./is-databricks-job";
import { sourceOf } from "@jobstrata/core/source-location";
import {
  blocksOf,
  DEFAULT_ENVIRONMENT,
  readStackConfigs,
  type StackConfig,
  type StackJob,
  stateKey,
  type TerraformConfig,
} from "@jobstrata/core/readers";

/** A stack with its Terraform configuration. */
export interface SynthesizedStack {
  readonly stack: TerraformStack;
  /** Result of {@link TerraformStack.toTerraform}: resolved, with overrides applied. */
  readonly config: TerraformConfig;
  /** Terraform's working directory, the base of relative paths in the configuration. */
  readonly workingDirectory: string;
}

/**
 * Reads every `databricks_job` of an app from its Terraform configuration, including hand-written jobs and overrides.
 *
 * @returns a graph for each environment, in the order of their stacks
 */
export function readStacks(stacks: readonly SynthesizedStack[]): JobGraph[] {
  return readStackConfigs(stacks.map(stackConfig));
}

/** A stack's configuration with information from its constructs, such as source locations. */
export function stackConfig({ stack, config, workingDirectory }: SynthesizedStack): StackConfig {
  const jobs = new Map<string, StackJob[]>();
  const assets = new Map<string, string>();
  const importedJobIds = new Set<string>();
  const suppressions: SourceSuppression[] = [];
  for (const construct of elementsOf(stack)) {
    if (isDatabricksJob(construct)) {
      const name = construct.friendlyUniqueId;
      const job = {
        id: jobPath(construct),
        source: () => locationOf(sourceOfConstruct(construct)),
      };
      const others = jobs.get(name);
      if (others === undefined) jobs.set(name, [job]);
      else others.push(job);
    } else if (isAsset(construct)) {
      assets.set(construct.path, resolvePath(construct.sourcePath));
    }
    const imported = marker(construct, IMPORTED_JOB_ID);
    if (typeof imported === "string") importedJobIds.add(resolved(imported, stack));
    suppressions.push(...suppressionsBelow(construct));
  }
  return {
    name: stack.node.path,
    environment: environmentOf(stack),
    config,
    workingDirectory,
    jobs,
    importedJobIds,
    assets,
    suppressions: [...suppressionsBelow(stack), ...suppressions],
    stateKey: () => stateOf(stack),
  };
}

/**
 * The environment of a stack's jobs: as declared by a stack of this library, otherwise a common environment name in the
 * stack's name (`alerting-dev`, `prod_jobs`, `AlertingStaging`), otherwise {@link DEFAULT_ENVIRONMENT}. Rules apply
 * within an environment.
 */
export function environmentOf(stack: TerraformStack): string {
  const declared = marker(stack, ENVIRONMENT);
  if (typeof declared === "string") return declared;
  return environmentInName(stack.node.id) ?? DEFAULT_ENVIRONMENT;
}

/** Resolves the tokens in `value` as in the configuration of `stack`. */
function resolved(value: string, stack: TerraformStack): string {
  if (!Token.isUnresolved(value)) return value;
  return String(
    Tokenization.resolve(value, {
      scope: stack,
      preparing: false,
      resolver: new DefaultTokenResolver(new StringConcat()),
    }),
  );
}

/** The stack's constructs, without those of nested stacks. */
function* elementsOf(scope: IConstruct): Iterable<IConstruct> {
  for (const child of scope.node.children) {
    if (TerraformStack.isStack(child)) continue;
    yield child;
    yield* elementsOf(child);
  }
}

/** The path of the construct that represents a job: the parent of a `Default` child. */
function jobPath(job: IConstruct): string {
  return job.node.path.replace(/\/Default$/, "");
}

/** Detects a TerraformAsset by its shape. It copies `sourcePath` to `path` in the stack's folder. */
function isAsset(
  construct: IConstruct,
): construct is IConstruct & { path: string; sourcePath: string } {
  return "assetHash" in construct && "sourcePath" in construct && "path" in construct;
}

/** Suppressions of a construct, which apply to the jobs at and below it in its stack. */
function suppressionsBelow(construct: IConstruct): SourceSuppression[] {
  const marked = marker(construct, SUPPRESSIONS) as readonly MarkedSuppression[] | undefined;
  if (marked === undefined) return [];
  const jobs = isDatabricksJob(construct)
    ? [construct]
    : [...elementsOf(construct)].filter(isDatabricksJob);
  const jobIds = jobs.map(jobPath);
  return marked.map(({ source, ...suppression }) => {
    const location = locationOf(source());
    return { ...suppression, jobIds, ...(location !== undefined && { location }) };
  });
}

/** Parses a location such as `src/jobs.ts:12`, which has no column. */
function locationOf(source: string | undefined): SourceLocation | undefined {
  const [, file = "", line] = /^(.*):(\d+)$/.exec(source ?? "") ?? [];
  return file === "" ? undefined : { file, line: Number(line) };
}

/** The source location that a construct recorded, or that the providers' generated classes keep for each block. */
function sourceOfConstruct(construct: IConstruct | undefined): string | undefined {
  const noted = marker(construct, SOURCE) ?? marker(construct?.node.scope, SOURCE);
  if (typeof noted === "function") return (noted as () => string | undefined)();
  for (const value of Object.values(construct ?? {}) as unknown[]) {
    if (typeof value !== "object" || value === null || !("creationStack" in value)) continue;
    return sourceOf(value.creationStack as string[]);
  }
  return undefined;
}

/** The {@link stateKey} with which other stacks read the state of `stack`; undefined if its backend has none. */
function stateOf(stack: TerraformStack): string | undefined {
  const scratch = new TerraformStack(undefined as never, "scratch");
  try {
    const reader = stack
      .ensureBackendExists()
      .getRemoteStateDataSource(scratch, "state", stack.node.path);
    const [state] = blocksOf(
      (reader.toTerraform() as TerraformConfig).data,
      "terraform_remote_state",
    );
    return state === undefined ? undefined : stateKey(state[1]);
  } catch {
    return undefined;
  }
}
