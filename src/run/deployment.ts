import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { frameworkOf } from "@jobstrata/core/framework";
import {
  type JobId,
  environmentInName,
  isExpression,
  jobIdOf,
  jobOutputName,
  parseJson,
  printable,
  quote,
} from "@jobstrata/core/model";
import { terraformBinary } from "@jobstrata/core/terraform-binary";
import { terraformMessage } from "./terraform-message";

/** A stack synthesized by the CDKTF CLI. */
export interface SynthesizedStack {
  readonly name: string;
  readonly environment?: string;
  /** Terraform's working directory. */
  readonly folder: string;
  /** Name of the Terraform output with the job id, by job key. */
  readonly jobOutputs: ReadonlyMap<string, string>;
  /** The literal workspace settings of the Terraform provider. */
  readonly workspace: { readonly host?: string; readonly profile?: string };
  /** The backend of the `terraform` block. */
  readonly backend: Readonly<Record<string, unknown>>;
}

/** The output folder of the CDKTF CLI for a project. */
export function outputFolder(
  env: Readonly<NodeJS.ProcessEnv> = process.env,
  project = ".",
): string {
  const given = env.CDKTF_OUTDIR ?? env.CDKTF_OUTPUT;
  if (given !== undefined && given !== "") return resolve(project, given);
  try {
    const { output } = JSON.parse(readFileSync(join(project, "cdktf.json"), "utf8")) as {
      output?: unknown;
    };
    if (typeof output === "string" && output !== "") return resolve(project, output);
  } catch {
    // Without a valid cdktf.json, use the default. The CDKTF CLI reports an invalid one.
  }
  return resolve(project, "cdktf.out");
}

/**
 * Reads the synthesized stacks, sorted by name.
 *
 * @param make the command that creates them, for the error message
 * @throws {JobstrataError} `run` if there are none
 */
export function readStacks(
  folder: string,
  make = `npx ${frameworkOf(folder)} synth`,
): SynthesizedStack[] {
  const manifest = readJson(join(folder, "manifest.json")) as
    { stacks?: Record<string, ManifestStack> } | undefined;
  if (manifest === undefined) {
    throw new JobstrataError(
      "run",
      `${printable(folder)} holds no synthesized stacks; run "${make}" in the folder of cdktf.json first`,
    );
  }
  return Object.values(manifest.stacks ?? {})
    .map((stack) => readStack(folder, stack))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface ManifestStack {
  readonly name: string;
  readonly synthesizedStackPath: string;
  readonly workingDirectory: string;
}

interface StackConfig {
  readonly "//"?: { readonly jobstrata?: { readonly environment?: unknown } };
  readonly terraform?: { readonly backend?: Backend; readonly cloud?: unknown };
  readonly provider?: { readonly databricks?: readonly Readonly<Record<string, unknown>>[] };
  readonly resource?: { readonly databricks_job?: Readonly<Record<string, unknown>> };
  readonly output?: Readonly<Record<string, unknown>>;
}
type Backend = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function readStack(outdir: string, stack: ManifestStack): SynthesizedStack {
  const file = join(outdir, stack.synthesizedStackPath);
  const config = readJson(file) as StackConfig | undefined;
  if (config === undefined) {
    throw new JobstrataError(
      "run",
      `${printable(file)} is missing or not valid JSON; run "npx ${frameworkOf(outdir)} synth" again, without --hcl`,
    );
  }
  const said = config["//"]?.jobstrata?.environment;
  const environment = typeof said === "string" ? said : environmentInName(stack.name);
  const outputs = config.output ?? {};
  const jobs = Object.keys(config.resource?.databricks_job ?? {})
    .map((key) => [key, jobOutputName(key, "id")] as const)
    .filter(([, output]) => Object.hasOwn(outputs, output));
  const provider = config.provider?.databricks?.find(({ alias }) => alias === undefined) ?? {};
  const written = (value: unknown): value is string =>
    typeof value === "string" && value !== "" && !isExpression(value);
  const { backend, cloud } = config.terraform ?? {};
  return {
    name: stack.name,
    ...(environment !== undefined && { environment }),
    folder: join(outdir, stack.workingDirectory),
    jobOutputs: new Map(jobs),
    workspace: {
      ...(written(provider.host) && { host: provider.host }),
      ...(written(provider.profile) && { profile: provider.profile }),
    },
    backend: cloud === undefined ? { backend } : { cloud },
  };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as unknown;
  } catch {
    return undefined;
  }
}

/** The stacks of one environment. @throws {JobstrataError} `run` if the environment does not exist */
export function stacksOf(
  stacks: readonly SynthesizedStack[],
  environment: string,
): SynthesizedStack[] {
  const found = stacks.filter((stack) => stack.environment === environment);
  if (found.length > 0) return found;
  const names = [...new Set(stacks.flatMap((stack) => stack.environment ?? []))];
  throw new JobstrataError(
    "run",
    `there is no environment ${quoteWithSuggestion(environment, names)}; the synthesized stacks have ${names.map(quote).join(", ") || "none"}`,
  );
}

/**
 * The job ids of a stack by job key, from its Terraform outputs in any backend. Jobs that are not deployed are omitted.
 *
 * @throws {JobstrataError} `terraform` if Terraform cannot read the state
 */
export async function readJobIds(
  stack: SynthesizedStack,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): Promise<Map<string, JobId>> {
  if (stack.jobOutputs.size === 0) return new Map();
  const outputs = await readOutputs(stack, env);
  const ids = new Map<string, JobId>();
  for (const [key, output] of stack.jobOutputs) {
    const id = jobIdOf(outputs[output]?.value);
    if (id !== undefined) ids.set(key, id);
  }
  return ids;
}

type Outputs = Readonly<Record<string, { readonly value?: unknown }>>;

/**
 * Reads the outputs in the stack's initialized folder, which has the backend configuration of `terraform init`.
 * Otherwise, initializes the backend alone in a temporary folder, without the provider and without changing the user's
 * files.
 */
async function readOutputs(
  stack: SynthesizedStack,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Outputs> {
  const terraform = terraformBinary(env);
  if (existsSync(join(stack.folder, ".terraform"))) {
    const outputs = await output(terraform, stack.folder, env);
    if (typeof outputs !== "string") return outputs;
  }
  const parent = mkdtempSync(join(tmpdir(), "jobstrata-state-"));
  try {
    writeFileSync(
      join(parent, "backend.tf.json"),
      JSON.stringify({ terraform: withAbsolutePath(stack) }),
    );
    const init = ["init", "-input=false", "-no-color"];
    await run(terraform, init, { cwd: parent, env: quiet(env), timeout: 120_000 });
    const outputs = await output(terraform, parent, env);
    if (typeof outputs !== "string") return outputs;
    throw new Error(outputs);
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    throw new JobstrataError(
      "terraform",
      `the state of stack ${quote(stack.name)} cannot be read: ${terraformMessage(stderr ?? message)}`,
    );
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

/** The outputs, or the error message. */
async function output(
  terraform: string,
  cwd: string,
  env: Readonly<NodeJS.ProcessEnv>,
): Promise<Outputs | string> {
  try {
    const args = ["output", "-json", "-no-color"];
    const { stdout } = await run(terraform, args, {
      cwd,
      env: quiet(env),
      timeout: 120_000,
      maxBuffer: 1e8,
    });
    return parseJson(stdout) as Outputs;
  } catch (error) {
    const { stderr, message } = error as Error & { stderr?: string };
    return stderr ?? message;
  }
}

const run = promisify(execFile);

const quiet = (env: Readonly<NodeJS.ProcessEnv>): NodeJS.ProcessEnv => ({
  ...env,
  CHECKPOINT_DISABLE: "1",
  TF_IN_AUTOMATION: "1",
});

function withAbsolutePath({ backend, folder }: SynthesizedStack): object {
  const { local } = (backend.backend ?? {}) as Backend;
  if (typeof local?.path !== "string") return backend;
  return { backend: { local: { ...local, path: resolve(folder, local.path) } } };
}
