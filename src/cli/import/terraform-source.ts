import { basename, dirname, extname } from "node:path";
import type { ImportedEnvironment } from "../emit";
import { JobstrataError } from "@jobstrata/core/errors";
import { type JobSpec, maskSecret, quote } from "@jobstrata/core/model";
import { readJsonFile, readTerraformJson, UnreadableJson } from "@jobstrata/core/readers";
import type { ReadSource } from "./bundle-source";

interface Module {
  readonly resources?: readonly {
    readonly address?: unknown;
    readonly type?: unknown;
    readonly values?: { readonly id?: unknown };
  }[];
  readonly child_modules?: readonly Module[];
}

/**
 * Reads what `terraform show -json` prints of a state or a plan.
 *
 * @param path "-" is standard input
 * @throws JobstrataError `source` if it is neither
 */
export function readTerraformSource(path: string): ReadSource {
  const json = parsed(path);
  const reading = readTerraformJson(json, path === "-" ? "stdin" : path, { mask: maskSecret });
  const { values, prior_state: prior } = json as {
    values?: { root_module?: Module };
    prior_state?: { values?: { root_module?: Module } };
  };
  const byAddress = new Map(idsIn((values ?? prior?.values)?.root_module));
  const environments = reading.graphs.map((graph): ImportedEnvironment => ({
    name: graph.environment,
    graph,
    variables: {},
    ids: new Map(
      graph.jobs.flatMap(({ id }): [string, string][] => {
        const deployed = byAddress.get(id);
        return deployed === undefined ? [] : [[id, deployed]];
      }),
    ),
  }));
  const stem = path === "-" ? "jobs" : basename(path, extname(path)).replace(/^terraform$/, "jobs");
  return {
    source: {
      kind: "terraform",
      name: stem === "" ? basename(dirname(path)) : stem,
      environments,
      layer: layerInName,
    },
    readings: [reading],
  };
}

function parsed(path: string): object {
  try {
    const json = readJsonFile(path === "-" ? 0 : path);
    if (typeof json === "object" && json !== null) return json;
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (error instanceof UnreadableJson)
      throw new JobstrataError("source", `${quote(path)} ${error.message}`);
    if (code === undefined || syscall === undefined) throw error;
    throw new JobstrataError("source", `${quote(path)} cannot be read: ${code}`);
  }
  throw new JobstrataError("source", `${quote(path)} is not JSON`);
}

/** The ids of the deployed jobs by their addresses. */
function* idsIn(module: Module | undefined): Iterable<[string, string]> {
  for (const { address, type, values } of module?.resources ?? []) {
    const id = values?.id;
    if (
      type === "databricks_job" &&
      typeof address === "string" &&
      (typeof id === "string" || typeof id === "number")
    )
      yield [address, String(id)];
  }
  for (const child of module?.child_modules ?? []) yield* idsIn(child);
}

/** `Sales` of `[dev] Sales - Load orders`. */
export function layerInName({ name = "" }: JobSpec): string | undefined {
  return /^(?:\[[^\]]*\]\s+)*([\w ]+?)\s+[-–|:]\s/.exec(name)?.[1];
}
