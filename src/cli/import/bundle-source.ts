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

import { JobstrataError } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";
import { type BundleState, currentState, localStates, readState } from "./bundle-state";

/** A source, and the parts of it that could not be read. */
export interface ReadSource {
  readonly source: ImportSource;
  readonly readings: readonly Reading[];
}

/** How a bundle is imported. */
interface BundleSourceOptions extends BundleOptions {
  /** Whether the ids of deployed jobs are needed. @default false */
  readonly adopt?: boolean;
  /** States or summaries to read ids from, `[target=]file`. @default - those beside the bundle */
  readonly states?: readonly string[];
  /** Whether to also read the states that the bundle keeps in the workspace. @default false */
  readonly remoteState?: boolean;
}

/**
 * Reads a bundle with all targets, or the requested ones.
 *
 * @throws {JobstrataError} `source` if a target does not exist or a state cannot be read; `authentication` without a login to a
 *   workspace whose state is requested
 */
export async function readBundleSource(
  file: string,
  options: BundleSourceOptions,
): Promise<ReadSource> {
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
  const deployed = await deployedJobs(folder, settings, options);
  const environments = reading.graphs.map((graph): ImportedEnvironment => {
    const own = settings.get(graph.environment);
    const kept = symbolic.get(graph.environment);
    const jobs = deployed.get(graph.environment);
    const keys = new Set(graph.jobs.map(({ key }) => key));
    const ids = graph.jobs.flatMap(({ id, key }): [string, string][] => {
      const each = jobs?.get(key);
      return each === undefined ? [] : [[id, each]];
    });
    return {
      name: graph.environment,
      graph,
      variables: own === undefined ? {} : variablesOf(own, keep),
      ...(own && workspaceOf(own)),
      ...(kept && { symbolic: kept }),
      ids: new Map(ids),
      forgotten: [...(jobs?.keys() ?? [])].filter((key) => !keys.has(key)),
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

function workspaceOf({ host, profile }: BundleSettings): Pick<ImportedEnvironment, "workspace"> {
  if (host === undefined && profile === undefined) return {};
  return {
    workspace: { ...(host !== undefined && { host }), ...(profile !== undefined && { profile }) },
  };
}

/** The ids of each target's deployed jobs, by key. */
async function deployedJobs(
  folder: string,
  targets: ReadonlyMap<string, BundleSettings>,
  { adopt = false, states = [], remoteState = false }: BundleSourceOptions,
): Promise<ReadonlyMap<string, BundleState["jobs"]>> {
  const result = new Map<string, BundleState["jobs"]>();
  if (!adopt) return result;
  const given = givenStates(states, [...targets.keys()]);
  for (const [target, settings] of targets) {
    const found = given.get(target) ?? localStates(folder, target);
    if (remoteState) {
      // The login code is loaded on demand.
      const { remoteStates } =
        // eslint-disable-next-line @typescript-eslint/no-require-imports
        require("./remote-state") as typeof import("./remote-state");
      found.push(...(await remoteStates({ target, ...settings })));
    }
    const state = currentState(found, target);
    if (state !== undefined) result.set(target, state.jobs);
  }
  return result;
}

/** The named states, by target. */
function givenStates(
  entries: readonly string[],
  targets: readonly string[],
): ReadonlyMap<string, BundleState[]> {
  const result = new Map<string, BundleState[]>();
  for (const entry of entries) {
    const named = targets.find((target) => entry.startsWith(`${target}=`));
    const { state, target = targets.length === 1 ? targets[0] : undefined } = readState(
      named === undefined ? entry : entry.slice(named.length + 1),
    );
    const of = named ?? target;
    if (of === undefined || !targets.includes(of)) {
      throw new JobstrataError(
        "config",
        of === undefined
          ? `${quote(entry)} does not say which target it is of; write --state ${targets[0] ?? "dev"}=${entry}`
          : `${quote(entry)} is of target ${quote(of)}, which is not imported; the targets are ${targets.map(quote).join(", ")}`,
      );
    }
    result.set(of, [...(result.get(of) ?? []), state]);
  }
  return result;
}

/** Names of variables that Terraform supports: scalars without further references. */
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
