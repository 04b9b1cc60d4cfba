import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { JobGraph, quote, type SourceKind } from "@jobstrata/core/model";
import { bundleFile, type Reading } from "@jobstrata/core/readers";
import { outputFolder } from "@jobstrata/run";
import { readTerraformSource } from "../import/terraform-source";
import { readPath } from "../sources/path";
import { bundleCode } from "./bundle-code";
import { type Code, samePath, type States } from "./code";
import { sentByProvider } from "./provider-settings";
import { stackCode } from "./stack-code";

/** Selects the code to audit. */
export interface CodeOptions {
  readonly target?: string;
  readonly source?: SourceKind;
  readonly python?: boolean;
  /** State files of a bundle. */
  readonly states: readonly string[];
  /** Replacement contents of a bundle's files, by absolute path. */
  readonly contents?: ReadonlyMap<string, string>;
}

/**
 * Reads the jobs of one environment.
 *
 * @throws {JobstrataError} `source` if there is no code at the path, or the environment is ambiguous
 */
export function readCode(path: string, options: CodeOptions): Code {
  const { source, python = false, contents } = options;
  if (path === "-" || (source === "terraform" && existsSync(path)))
    return terraformCode(path, options);
  const readings = readPath(path, {
    targets: [],
    python,
    ...(source && { source }),
    ...(contents && { contents }),
  });
  const [reading, other] = readings;
  if (reading === undefined || other !== undefined) {
    const kinds = readings.map(({ kind }) => kind).join(" and a ");
    throw new JobstrataError("source", `${quote(path)} holds a ${kinds}; select one with --source`);
  }
  if (reading.kind === "terraform") return terraformCode(path, options);
  const graph = graphOf(reading, options.target);
  if (reading.kind === "cdktf") return stackCode(outdirOf(path), reading, graph);
  const file = bundleFile(path);
  if (file === undefined) {
    throw new JobstrataError(
      "source",
      `${quote(path)} holds several bundles; name one, as each has a state and a workspace of its own`,
    );
  }
  return bundleCode(file, reading, graph, options);
}

/** The jobs of an environment. */
function graphOf({ graphs, path }: Reading, target: string | undefined): JobGraph {
  const names = graphs.map(({ environment }) => environment);
  if (target !== undefined) {
    const found = graphs.find(({ environment }) => environment === target);
    if (found !== undefined) return found;
    throw new JobstrataError(
      "source",
      `${path} has no target ${quoteWithSuggestion(target, names)}; it has ${names.map(quote).join(", ") || "none"}`,
    );
  }
  const [only, another] = graphs;
  if (only !== undefined && another === undefined) return only;
  throw new JobstrataError(
    "source",
    only === undefined
      ? `${path} has no jobs`
      : `select a target with -t: ${names.map(quote).join(", ")}`,
  );
}

/** The folder with the synthesized stacks. */
function outdirOf(path: string): string {
  if (statSync(path).isDirectory() && existsSync(join(path, "manifest.json"))) return path;
  if (statSync(path).isDirectory()) return outputFolder(process.env, path);
  throw new JobstrataError(
    "source",
    `${quote(path)} is one stack; name the folder with all of them, such as cdktf.out`,
  );
}

/** The jobs of a Terraform plan or state. */
function terraformCode(path: string, { target }: CodeOptions): Code {
  const { source, readings } = readTerraformSource(path);
  const [reading] = readings;
  if (reading === undefined) throw new JobstrataError("source", `${quote(path)} has no jobs`);
  const graph = graphOf(reading, target);
  const ids = new Map(
    source.environments.flatMap(({ ids: own = new Map<string, string>() }) => [...own]),
  );
  const own = new Set(graph.jobs.map(({ id }) => id));
  const states: States = {
    isKnown: () => ids.size > 0,
    ids: new Map([...ids].filter(([spec]) => own.has(spec))),
    forgotten: new Map(),
    elsewhere: new Map(
      source.environments.flatMap(({ name, ids: others = new Map<string, string>() }) =>
        name === graph.environment ? [] : [...others.values()].map((id) => [id, name] as const),
      ),
    ),
  };
  return {
    kind: "terraform",
    path: reading.path,
    target: graph.environment,
    graph,
    reading,
    others: [],
    workspace: {},
    states: () => Promise.resolve(states),
    texts: () => () => samePath,
    sent: sentByProvider,
  };
}
