import { existsSync } from "node:fs";
import { basename, dirname, extname, resolve } from "node:path";
import type { ImportedEnvironment } from "../emit";
import { type JobGraph, type JobSpec, maskSecret } from "@jobstrata/core/model";
import { fileNotebook, readTerraformJson } from "@jobstrata/core/readers";
import { readJsonInput } from "../sources/json-input";
import type { ReadSource } from "./bundle-source";

interface Module {
  readonly resources?: readonly {
    readonly address?: unknown;
    readonly type?: unknown;
    readonly mode?: unknown;
    readonly values?: {
      readonly id?: unknown;
      readonly path?: unknown;
      readonly source?: unknown;
    };
  }[];
  readonly child_modules?: readonly Module[];
}

/**
 * Reads the output of `terraform show -json` for a state or a plan.
 *
 * @param path "-" is standard input
 * @throws {JobstrataError} `source` if it is neither
 */
export function readTerraformSource(path: string): ReadSource {
  const json = readJsonInput(path);
  const reading = readTerraformJson(json, path === "-" ? "stdin" : path, { mask: maskSecret });
  const { values, prior_state: prior } = json as {
    values?: { root_module?: Module };
    prior_state?: { values?: { root_module?: Module } };
  };
  const root = (values ?? prior?.values)?.root_module;
  const byAddress = new Map(idsIn(root));
  const notebooks = new Map(notebooksIn(root));
  const environments = reading.graphs.map((graph): ImportedEnvironment => ({
    name: graph.environment,
    graph,
    variables: {},
    notebooks,
    managed: managedIn(root, graph, notebooks),
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

/** The ids of the deployed jobs by address. */
function* idsIn(module: Module | undefined): Iterable<[string, string]> {
  for (const { address, type, values } of resourcesIn(module)) {
    const id = values?.id;
    if (
      type === "databricks_job" &&
      typeof address === "string" &&
      (typeof id === "string" || typeof id === "number")
    )
      yield [address, String(id)];
  }
}

/** Addresses of the jobs, permissions and notebooks that the project takes over. */
function managedIn(
  root: Module | undefined,
  graph: JobGraph,
  notebooks: ReadonlyMap<string, string>,
): string[] {
  const resources = [...resourcesIn(root)];
  const addresses = new Set(graph.jobs.map(({ id }) => id));
  const jobs = resources.filter(({ address }) => addresses.has(String(address)));
  const ids = new Set(jobs.map(({ values }) => `/jobs/${String(values?.id)}`));
  const paths = new Set(notebooks.values());
  const others = resources.filter(
    ({ type, mode, values }) =>
      mode !== "data" &&
      ((type === "databricks_permissions" && ids.has(String(values?.id))) ||
        (type === "databricks_notebook" && paths.has(String(values?.path)))),
  );
  return [...jobs, ...others].map(({ address }) => String(address));
}

function* resourcesIn(
  module: Module | undefined,
): Iterable<NonNullable<Module["resources"]>[number]> {
  yield* module?.resources ?? [];
  for (const child of module?.child_modules ?? []) yield* resourcesIn(child);
}

/** Workspace paths of notebooks that are uploaded from existing local files. */
function* notebooksIn(module: Module | undefined): Iterable<[string, string]> {
  for (const { type, mode, values } of resourcesIn(module)) {
    const { path, source } = values ?? {};
    if (type !== "databricks_notebook" || mode === "data") continue;
    if (typeof path !== "string" || typeof source !== "string") continue;
    const file = resolve(source);
    if (existsSync(file)) yield [fileNotebook(file).identity, path];
  }
}

/** `Sales` of `[dev] Sales - Load orders`. */
export function layerInName({ name = "" }: JobSpec): string | undefined {
  return /^(?:\[[^\]]*\]\s+)*([\w ]+?)\s+[-–|:]\s/.exec(name)?.[1];
}
