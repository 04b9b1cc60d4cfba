import { dirname, resolve } from "node:path";
import type { ImportedEnvironment, ImportedVariable, ImportSource, JobComments } from "../emit";
import { isVariableName, type JobSpec, type Settings } from "@jobstrata/core/model";
import {
  type BundleOptions,
  type BundleSettings,
  readBundle,
  readBundleSettings,
  readJobComments,
  type Reading,
} from "@jobstrata/core/readers";

import { deployedIds } from "./bundle-ids";

/** A source that was read, and what of it could not be. */
export interface ReadSource {
  readonly source: ImportSource;
  readonly readings: readonly Reading[];
}

/** Reads a bundle with all of its targets, or those that are asked for. */
export function readBundleSource(file: string, options: BundleOptions): ReadSource {
  const reading = readBundle(file, options);
  const settings = readBundleSettings(file, options);
  const keep = keptVariables([...settings.values()]);
  const symbolic = new Map(
    readBundle(file, { ...options, keep }).graphs.map((graph) => [
      graph.environment,
      new Map(graph.jobs.map((job): [string, Settings] => [job.key, job.settings])),
    ]),
  );
  const folder = dirname(resolve(file));
  const environments = reading.graphs.map((graph): ImportedEnvironment => {
    const own = settings.get(graph.environment);
    const variables = own === undefined ? {} : variablesOf(own, keep);
    const kept = symbolic.get(graph.environment);
    const ids = deployedIds(folder, graph.environment);
    return {
      name: graph.environment,
      graph,
      variables,
      ...(kept && { symbolic: kept }),
      ids: new Map(
        graph.jobs.flatMap(({ id, key }): [string, string][] => {
          const deployed = ids.get(key);
          return deployed === undefined ? [] : [[id, deployed]];
        }),
      ),
    };
  });
  const [first] = settings.values();
  return {
    source: {
      kind: "bundle",
      name: first?.name ?? "bundle",
      environments,
      folder,
      comments: commentsOf(),
      layer: folderOf,
    },
    readings: [reading],
  };
}

/** Names of variables that Terraform can have: single values that lead to nothing else. */
function keptVariables(targets: readonly BundleSettings[]): Set<string> {
  const names = new Set(targets.flatMap(({ variables }) => Object.keys(variables)));
  const isPlain = (value: unknown): boolean =>
    value === null ||
    typeof value === "number" ||
    typeof value === "boolean" ||
    (typeof value === "string" && !/[$%]\{/.test(value));
  return new Set(
    [...names].filter(
      (name) =>
        isVariableName(name) && targets.every(({ variables }) => isPlain(variables[name] ?? null)),
    ),
  );
}

function variablesOf(
  { variables, declared }: BundleSettings,
  keep: ReadonlySet<string>,
): Record<string, ImportedVariable> {
  return Object.fromEntries(
    Object.entries(variables).flatMap(([name, value]): [string, ImportedVariable][] => {
      if (!keep.has(name)) return [];
      const description = descriptionOf(declared[name]);
      const isKnown = ["string", "number", "boolean"].includes(typeof value);
      return [
        [
          name,
          {
            ...(isKnown && { default: value as string | number | boolean }),
            ...(description !== undefined && { description }),
          },
        ],
      ];
    }),
  );
}

function descriptionOf(declared: unknown): string | undefined {
  if (typeof declared !== "object" || declared === null) return undefined;
  const { description, lookup } = declared as { description?: unknown; lookup?: unknown };
  if (typeof description === "string") return description;
  if (typeof lookup !== "object" || lookup === null) return undefined;
  const [[kind, name] = []] = Object.entries(lookup);
  return kind === undefined ? undefined : `Id of the ${kind.replaceAll("_", " ")} ${String(name)}`;
}

function commentsOf(): (job: JobSpec) => JobComments | undefined {
  const files = new Map<string, ReturnType<typeof readJobComments>>();
  return ({ key, source }) => {
    if (source === undefined || !/\.ya?ml$/i.test(source.file)) return undefined;
    const file = resolve(source.file);
    const known = files.get(file) ?? readJobComments(file);
    files.set(file, known);
    return known.get(key);
  };
}

/** `sales` of `resources/sales/orders.yml`. */
function folderOf({ source }: JobSpec): string | undefined {
  return /(?:^|\/)resources\/([^/]+)\/(?:.*\/)?[^/]+$/.exec(source?.file ?? "")?.[1];
}
