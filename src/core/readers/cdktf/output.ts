import { existsSync, statSync } from "node:fs";
import { systemReason } from "../../model/text";
import { basename, dirname, join, resolve } from "node:path";
import { environmentInName } from "../../model/environment-name";
import { frameworkOf } from "../../framework";
import { isObject } from "../../model/json";
import { readJsonFile, UnreadableJson } from "../json-file";
import type { Reading, ReadProblem } from "../reading";
import { readStackMetadata } from "./metadata";
import { blocksOf, stateKey, type TerraformConfig } from "../terraform/config";
import { DEFAULT_ENVIRONMENT, readStackConfigs, type StackConfig } from "./app";
import { relativePath } from "../../paths";

interface Manifest {
  readonly stacks?: Readonly<Record<string, ManifestStack>>;
}
interface ManifestStack {
  readonly name?: unknown;
  readonly synthesizedStackPath?: unknown;
  readonly workingDirectory?: unknown;
}

/**
 * Reads the output of `cdktf synth`: all stacks of an output folder, or one `cdk.tf.json`.
 *
 * @param path the output folder, or a Terraform JSON configuration file
 */
export function readSynthesized(path: string): Reading {
  const problems: ReadProblem[] = [];
  const stacks = statSync(path).isDirectory()
    ? readFolder(resolve(path), problems)
    : readFile(resolve(path), undefined, outputFolderOf(resolve(path)), problems);
  return {
    kind: "cdktf",
    path: relativePath(path),
    graphs: readStackConfigs(stacks),
    problems,
    suppressions: stacks.flatMap(({ suppressions }) => suppressions),
  };
}

function readFolder(folder: string, problems: ReadProblem[]): StackConfig[] {
  const manifest = readJson(join(folder, "manifest.json"), problems) as Manifest | undefined;
  return Object.values(manifest?.stacks ?? {}).flatMap((stack) => {
    const { name, synthesizedStackPath: file } = stack;
    if (typeof file !== "string" || typeof name !== "string") return [];
    return readFile(join(folder, file), name, folder, problems);
  });
}

/**
 * The output folder, `cdktf.out` for `cdktf.out/stacks/alerting-dev-atomic/cdk.tf.json`, otherwise the folder of the
 * file.
 */
function outputFolderOf(file: string): string {
  const folder = join(dirname(file), "..", "..");
  return existsSync(join(folder, "manifest.json")) ? folder : dirname(file);
}

function readFile(
  file: string,
  stackName: string | undefined,
  outdir: string,
  problems: ReadProblem[],
): StackConfig[] {
  if (file.endsWith(".tf") || (!existsSync(file) && existsSync(file.replace(/\.json$/, "")))) {
    problems.push({
      severity: "error",
      message: "this stack was written as HCL, which is not read",
      fix: "synthesize it as JSON, the default, or check its plan",
      location: { file: relativePath(file) },
    });
    return [];
  }
  const content = readJson(file, problems);
  if (content === undefined) return [];
  const config = content as TerraformConfig & {
    readonly "//"?: {
      readonly metadata?: { readonly stackName?: unknown };
      readonly jobstrata?: { readonly environment?: unknown };
    };
    readonly terraform?: unknown;
  };
  const comment = config["//"];
  const written = comment?.metadata?.stackName;
  const said = comment?.jobstrata?.environment;
  const name = stackName ?? (typeof written === "string" ? written : basename(dirname(file)));
  const metadata = readStackMetadata(outdir).get(name);
  const jobs = metadata?.jobs ?? new Map<string, never>();
  return [
    {
      importedJobIds: new Set(),
      assets: new Map(),
      suppressions: [],
      environment:
        typeof said === "string" ? said : (environmentInName(name) ?? DEFAULT_ENVIRONMENT),
      ...metadata,
      jobs: new Map(
        blocksOf(config.resource, "databricks_job").map(([key, job]) => [
          key,
          jobs.get(key) ?? [
            { id: pathOf(job) ?? `${name}/${key}`, source: () => ({ file: relativePath(file) }) },
          ],
        ]),
      ),
      name,
      config,
      workingDirectory: dirname(file),
      stateKey: () => stateOf(config.terraform),
    },
  ];
}

/** The construct path that cdktf records for each resource. */
function pathOf(job: Readonly<Record<string, unknown>>): string | undefined {
  const comment = job["//"] as { metadata?: { path?: unknown } } | undefined;
  const path = comment?.metadata?.path;
  return typeof path === "string" ? path.replace(/\/Default$/, "") : undefined;
}

/** The key with which other stacks read the state of a stack with these settings. */
function stateOf(terraform: unknown): string | undefined {
  const { backend, cloud } = (terraform ?? {}) as { backend?: unknown; cloud?: unknown };
  if (cloud !== undefined) return stateKey({ backend: "remote", config: cloud });
  const [[type, config] = []] = Object.entries((backend ?? {}) as Record<string, unknown>);
  return type === undefined ? undefined : stateKey({ backend: type, config });
}

function readJson(file: string, problems: ReadProblem[]): unknown {
  let message = "the file holds no JSON object";
  try {
    // Do not open pipes, which would block.
    const isFile = statSync(file).isFile();
    const value = isFile ? readJsonFile(file) : undefined;
    if (!isFile) message = "this is not a file";
    if (isObject(value)) return value;
  } catch (error) {
    const reason = systemReason(error);
    if (error instanceof UnreadableJson) message = `the file ${error.message}`;
    else if (reason === undefined) throw error;
    else message = `the file cannot be read: ${reason}`;
  }
  const location = { file: relativePath(file) };
  const fix = `run "npx ${frameworkOf(dirname(file))} synth" again`;
  problems.push({ severity: "error", message, fix, location });
  return undefined;
}
