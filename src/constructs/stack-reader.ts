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

/** A stack together with the configuration that Terraform would get for it. */
export interface SynthesizedStack {
  readonly stack: TerraformStack;
  /** What {@link TerraformStack.toTerraform} gave: resolved, overrides applied. */
  readonly config: TerraformConfig;
  /** The folder that Terraform would run in; relative paths in the configuration start there. */
  readonly workingDirectory: string;
}

/**
 * Reads every `databricks_job` of an app from what Terraform would get, hand-written ones and overrides included.
 *
 * @returns a graph for each environment, in the order in which their stacks come
 */
export function readStacks(stacks: readonly SynthesizedStack[]): JobGraph[] {
  return readStackConfigs(stacks.map(stackConfig));
}

/** What the constructs of a stack tell beside its configuration. */
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
 * The environment that scopes the rules for the jobs of `stack`: what a stack of this library says; else a word of
 * the stack's name that usually means one (`alerting-dev`, `prod_jobs`, `AlertingStaging`); else
 * {@link DEFAULT_ENVIRONMENT}.
 */
export function environmentOf(stack: TerraformStack): string {
  const declared = marker(stack, ENVIRONMENT);
  if (typeof declared === "string") return declared;
  return environmentInName(stack.node.id) ?? DEFAULT_ENVIRONMENT;
}

/** The text that `value`, which may hold tokens, has in the configuration of `stack`. */
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

/** The stack's own constructs, without those of stacks nested in it. */
function* elementsOf(scope: IConstruct): Iterable<IConstruct> {
  for (const child of scope.node.children) {
    if (TerraformStack.isStack(child)) continue;
    yield child;
    yield* elementsOf(child);
  }
}

/** A job is called by the construct that stands for it: a `Default` child gives its parent. */
function jobPath(job: IConstruct): string {
  return job.node.path.replace(/\/Default$/, "");
}

/** TerraformAsset, known by its shape: it copies `sourcePath` to `path` in the stack's folder. */
function isAsset(
  construct: IConstruct,
): construct is IConstruct & { path: string; sourcePath: string } {
  return "assetHash" in construct && "sourcePath" in construct && "path" in construct;
}

/** What {@link mark}s with SUPPRESSIONS excuse: the jobs at and below the construct, within its stack. */
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

/** `src/jobs.ts:12`, which never has a column, in its parts. */
function locationOf(source: string | undefined): SourceLocation | undefined {
  const [, file = "", line] = /^(.*):(\d+)$/.exec(source ?? "") ?? [];
  return file === "" ? undefined : { file, line: Number(line) };
}

/** What the construct noted itself, or what the generated classes of providers keep for each of their blocks. */
function sourceOfConstruct(construct: IConstruct | undefined): string | undefined {
  const noted = marker(construct, SOURCE) ?? marker(construct?.node.scope, SOURCE);
  if (typeof noted === "function") return (noted as () => string | undefined)();
  for (const value of Object.values(construct ?? {}) as unknown[]) {
    if (typeof value !== "object" || value === null || !("creationStack" in value)) continue;
    return sourceOf(value.creationStack as string[]);
  }
  return undefined;
}

/** The {@link stateKey} by which other stacks read the state of `stack`; undefined where its backend has none. */
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
