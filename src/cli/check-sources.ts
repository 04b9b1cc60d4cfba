import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { JobstrataError } from "../errors";
import type { SourceKind } from "../model/check-report";
import { quote } from "../model/text";
import { bundleFile, readBundle } from "../readers/bundle/bundle-reader";
import { outputFolder } from "../readers/deployment";
import type { Reading } from "../readers/reading";
import { relativePath } from "../readers/relative-path";
import { readSynthesized } from "../readers/synthesized";
import { readTerraformJson } from "../readers/terraform-json";

/** A state or plan of thousands of jobs has some tens of megabytes. Bytes. */
const MAX_JSON = 256 * 2 ** 20;

/** Which source to read, and what of it. */
export interface SourceOptions {
  /** @default - whatever the path holds */
  readonly source?: SourceKind;
  /** Targets of a bundle, environments of an app. @default - all */
  readonly targets: readonly string[];
}

/**
 * Reads the jobs at a path: a bundle, an app's synthesized stacks, a plan or state in JSON, or a folder that has some of
 * these.
 *
 * @throws JobstrataError `source` if there is nothing that can be read
 */
export function readPath(path: string, options: SourceOptions): Reading[] {
  if (path !== "-" && !existsSync(path))
    throw new JobstrataError("source", `${quote(path)} is not there`);
  try {
    const isFile = path === "-" || statSync(path).isFile();
    const readings = isFile ? readFile(path, options) : readFolder(path, options);
    return readings.map((reading) => onlyTargets(reading, options.targets));
  } catch (error) {
    // The stack is full: nobody has written that by hand.
    if (!(error instanceof RangeError)) throw error;
    throw new JobstrataError("source", `${quote(path)} nests too deep to be read`);
  }
}

function readFolder(path: string, { source, targets }: SourceOptions): Reading[] {
  const readings: Reading[] = [];
  const wants = (kind: SourceKind): boolean => source === undefined || source === kind;
  const bundle = wants("bundle") ? bundleFile(path) : undefined;
  if (bundle !== undefined) readings.push(readBundle(bundle, targets));
  const synthesized = wants("cdktf") ? synthesizedIn(path) : undefined;
  if (synthesized !== undefined) readings.push(readSynthesized(synthesized));
  if (readings.length > 0) return readings;
  if (wants("cdktf") && existsSync(join(path, "cdktf.json"))) {
    throw new JobstrataError(
      "source",
      `the app in ${quote(path)} has not been synthesized; run "npx cdktf synth" there first`,
    );
  }
  const terraform = readdirSync(path).some((name) => /\.tf(\.json)?$/.test(name));
  throw new JobstrataError(
    "source",
    terraform
      ? `${quote(path)} holds Terraform files, which are read from their plan: terraform plan -out plan.bin && terraform show -json plan.bin | jobstrata check -`
      : `${quote(path)} holds neither a bundle (databricks.yml) nor synthesized stacks (cdktf.out)`,
  );
}

/** The folder with the synthesized stacks that `path` is, or has. */
function synthesizedIn(path: string): string | undefined {
  if (existsSync(join(path, "manifest.json"))) return path;
  if (!existsSync(join(path, "cdktf.json"))) return undefined;
  const folder = outputFolder(process.env, path);
  return existsSync(join(folder, "manifest.json")) ? folder : undefined;
}

function readFile(path: string, { source, targets }: SourceOptions): Reading[] {
  if (source === "bundle" || /\.ya?ml$/i.test(path)) return [readBundle(path, targets)];
  if (source === "cdktf") return [readSynthesized(path)];
  const json = parse(path);
  if (source === "terraform" || isTerraform(json)) {
    return [readTerraformJson(json, path === "-" ? "stdin" : relativePath(path))];
  }
  if ("bundle" in json || "targets" in json) return [readBundle(path, targets)];
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

function parse(path: string): object {
  if (path !== "-" && statSync(path).size > MAX_JSON)
    throw new JobstrataError("source", `${quote(path)} is bigger than ${MAX_JSON} bytes`);
  const content = readFileSync(path === "-" ? 0 : path);
  if (content.subarray(0, 2).toString() === "PK") {
    throw new JobstrataError(
      "source",
      `${quote(path)} is a plan of Terraform's own form; check what "terraform show -json" prints of it`,
    );
  }
  try {
    const json: unknown = JSON.parse(content.toString().replace(/^\uFEFF/, ""));
    if (typeof json === "object" && json !== null) return json;
  } catch {
    // Said below.
  }
  throw new JobstrataError("source", `${quote(path)} is not JSON`);
}

/** The environments that were asked for; a bundle has seen to that itself. */
export function onlyTargets(reading: Reading, targets: readonly string[]): Reading {
  if (targets.length === 0 || reading.kind === "bundle") return reading;
  const graphs = reading.graphs.filter(({ environment }) => targets.includes(environment));
  if (graphs.length > 0) return { ...reading, graphs };
  const names = reading.graphs.map(({ environment }) => quote(environment)).join(", ");
  throw new JobstrataError(
    "source",
    `${reading.path} has no environment ${targets.map(quote).join(", ")}; it has ${names || "none"}`,
  );
}
