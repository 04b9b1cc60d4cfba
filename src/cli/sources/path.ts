import { relativePath } from "@jobstrata/core/paths";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import { frameworkOf } from "@jobstrata/core/framework";
import { type SourceKind, quote, systemReason } from "@jobstrata/core/model";
import {
  bundleFile,
  bundlesBelow,
  readBundle,
  readBundles,
  type Reading,
  readSynthesized,
  readTerraformJson,
} from "@jobstrata/core/readers";
import { outputFolder } from "@jobstrata/run";
import { readJsonInput } from "./json-input";

/** The source to read, and how. */
export interface SourceOptions {
  /** @default - detected from the path */
  readonly source?: SourceKind;
  /** Targets of a bundle, environments of an app. @default - all */
  readonly targets: readonly string[];
  /** Runs the Python code of bundles that define jobs in Python. @default false */
  readonly python?: boolean;
  /** Whether the files named in bundle jobs must exist. @default true */
  readonly hasFiles?: boolean;
  /** The folder that a bundle's files may lie in. @default - the git work tree */
  readonly repository?: string;
  /** Absolute folder from which ids of jobs name their bundle, if there are several. @default - the working folder */
  readonly workingFolder?: string;
  /** Texts that replace the contents of bundle files, by absolute path. @default - none */
  readonly contents?: ReadonlyMap<string, string>;
  /** Whether to skip a bundle below a folder. @default - none */
  readonly isIgnored?: (path: string) => boolean;
  /** Reads the output of `terraform show -json`. @default readTerraformJson */
  readonly terraform?: (json: object, file: string) => Reading;
}

/**
 * Reads the jobs at a path: a bundle, an app's synthesized stacks, a plan or state in JSON, or a folder that contains some of
 * these.
 *
 * @throws {JobstrataError} `source` if nothing can be read
 */
export function readPath(path: string, options: SourceOptions): Reading[] {
  if (path !== "-" && !existsSync(path))
    throw new JobstrataError("source", `${quote(path)} does not exist`);
  try {
    // A pipe is read like a file: jobstrata check <(terraform show -json plan.bin)
    const isFolder = path !== "-" && statSync(path).isDirectory();
    const readings = isFolder ? readFolder(path, options) : readFile(path, options);
    return readings.map((reading) => onlyTargets(reading, options.targets));
  } catch (error) {
    // The stack overflowed: nobody has written that by hand.
    if (error instanceof RangeError)
      throw new JobstrataError("source", `${quote(path)} is nested too deeply to read`);
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new JobstrataError("source", `${quote(path)} cannot be read: ${reason}`);
  }
}

function readFolder(path: string, options: SourceOptions): Reading[] {
  const { source, isIgnored = () => false } = options;
  const readings: Reading[] = [];
  const wants = (kind: SourceKind): boolean => source === undefined || source === kind;
  const bundle = wants("bundle") ? bundleFile(path) : undefined;
  if (bundle !== undefined) readings.push(readBundle(bundle, bundleOptions(options)));
  const synthesized = wants("cdktf") ? synthesizedIn(path) : undefined;
  if (synthesized !== undefined) readings.push(readSynthesized(synthesized));
  if (readings.length > 0) return readings;
  if (wants("cdktf") && existsSync(join(path, "cdktf.json"))) {
    throw new JobstrataError(
      "source",
      `the app in ${quote(path)} has not been synthesized; run "npx ${frameworkOf(path)} synth" there first`,
    );
  }
  const below = wants("bundle") ? bundlesBelow(path, isIgnored) : [];
  if (below.length > 0) {
    const { workingFolder } = options;
    const own = workingFolder === undefined ? {} : { workingFolder };
    return [readBundles(below, path, { ...bundleOptions(options), ...own })];
  }
  const terraform = readdirSync(path).some((name) => /\.tf(\.json)?$/.test(name));
  throw new JobstrataError(
    "source",
    terraform
      ? `${quote(path)} holds Terraform files, which are read from their plan: terraform plan -out plan.bin && terraform show -json plan.bin | jobstrata check -`
      : `${quote(path)} holds neither a bundle (databricks.yml) nor synthesized stacks (cdktf.out)`,
  );
}

const bundleOptions = ({
  targets,
  python = false,
  repository,
  contents,
  hasFiles = true,
}: SourceOptions) => ({
  targets,
  python,
  hasFiles,
  ...(contents !== undefined && { contents }),
  ...(repository !== undefined && { repository }),
});

/** The synthesized folder that `path` is or contains. */
function synthesizedIn(path: string): string | undefined {
  if (existsSync(join(path, "manifest.json"))) return path;
  if (!existsSync(join(path, "cdktf.json"))) return undefined;
  const folder = outputFolder(process.env, path);
  return existsSync(join(folder, "manifest.json")) ? folder : undefined;
}

function readFile(path: string, options: SourceOptions): Reading[] {
  const { source, terraform = readTerraformJson } = options;
  if (source === "bundle" || /\.ya?ml$/i.test(path))
    return [readBundle(path, bundleOptions(options))];
  if (source === "cdktf") return [readSynthesized(path)];
  const json = readJsonInput(path);
  if (source === "terraform" || isTerraform(json)) {
    return [terraform(json, path === "-" ? "stdin" : relativePath(path))];
  }
  if ("bundle" in json || "targets" in json) return [readBundle(path, bundleOptions(options))];
  if (path !== "-" && ["resource", "terraform", "provider"].some((key) => key in json))
    return [readSynthesized(path)];
  throw new JobstrataError(
    "source",
    `${quote(path)} is neither a bundle, nor a cdk.tf.json, nor what "terraform show -json" prints`,
  );
}

function isTerraform(json: object): boolean {
  return "format_version" in json && ("planned_values" in json || "values" in json);
}

/** Selects the requested environments; the bundle reader has already done so. */
export function onlyTargets(reading: Reading, targets: readonly string[]): Reading {
  if (targets.length === 0 || reading.kind === "bundle") return reading;
  const known = reading.graphs.map(({ environment }) => environment);
  const missing = targets.filter((target) => !known.includes(target));
  if (missing.length === 0) {
    const graphs = reading.graphs.filter(({ environment }) => targets.includes(environment));
    return { ...reading, graphs };
  }
  throw new JobstrataError(
    "source",
    `${reading.path} has no environment ${missing.map(quote).join(", ")}; it has ${known.map(quote).join(", ") || "none"}`,
  );
}
