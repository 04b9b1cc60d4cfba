import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import { errorText, quote } from "@jobstrata/core/model";

interface DirectState {
  readonly serial?: number;
  readonly state?: Readonly<Record<string, { readonly __id__?: string }>>;
}
interface TerraformState {
  readonly serial?: number;
  readonly resources?: readonly {
    readonly type?: unknown;
    readonly name?: unknown;
    readonly instances?: readonly { readonly attributes?: { readonly id?: string } }[];
  }[];
}

/**
 * The ids of the jobs that a bundle has deployed to a target, by their keys, from the state beside it: that of the direct
 * engine or of the Terraform engine, the one with the higher serial.
 *
 * @throws JobstrataError `source` if a state cannot be read, or both have one serial
 */
export function deployedIds(folder: string, target: string): ReadonlyMap<string, string> {
  const base = join(folder, ".databricks", "bundle", target);
  const direct = read(join(base, "resources.json")) as DirectState | undefined;
  const terraform = read(join(base, "terraform", "terraform.tfstate")) as
    TerraformState | undefined;
  if (direct !== undefined && terraform !== undefined && direct.serial === terraform.serial) {
    throw new JobstrataError(
      "source",
      `target ${quote(target)} has a state of both engines with the serial ${String(direct.serial)}; remove the one that is not in use from ${quote(base)}`,
    );
  }
  const isDirect = (direct?.serial ?? -1) > (terraform?.serial ?? -1);
  return new Map(isDirect ? directIds(direct) : terraformIds(terraform));
}

function* directIds(state: DirectState | undefined): Iterable<[string, string]> {
  for (const [name, { __id__: id }] of Object.entries(state?.state ?? {})) {
    const key = /^resources\.jobs\.([^.]+)$/.exec(name)?.[1];
    if (key !== undefined && id !== undefined) yield [key, id];
  }
}

function* terraformIds(state: TerraformState | undefined): Iterable<[string, string]> {
  for (const { type, name, instances = [] } of state?.resources ?? []) {
    const id = instances[0]?.attributes?.id;
    if (type === "databricks_job" && typeof name === "string" && id !== undefined) yield [name, id];
  }
}

function read(file: string): unknown {
  if (!existsSync(file)) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8")) as unknown;
  } catch (error) {
    throw new JobstrataError(
      "source",
      `the state ${quote(file)} cannot be read: ${errorText(error)}`,
    );
  }
}
