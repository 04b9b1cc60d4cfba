import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import {
  canonical,
  isObject,
  type JobSpec,
  type Json,
  objectOf,
  parseJson,
  type Setting,
  type Settings,
} from "@jobstrata/core/model";
import { blocksOf, bundleFile, readBundleResources, type Reading } from "@jobstrata/core/readers";
import { bundleOf } from "./unread-bundles";

/** What jobs refer to apart from other jobs: resources, variables and data sources. */
export interface References {
  /** The job's direct and indirect references, by address. */
  of(job: JobSpec, environment: string): ReadonlyMap<string, Referred>;
}

export interface Referred {
  /** Canonical definition: equal if and only if the definitions are. */
  readonly text: string;
  readonly kind: "variable" | "resource";
  /** Its settings, which may name files, and the base of their relative paths. */
  readonly settings?: Settings;
  readonly folder?: string;
}

/** An address in an expression: `databricks_cluster_policy.small`, `var.catalog`, `data.databricks_group.admins`. */
const ADDRESS = /(?<![\w.-])(?:data\.)?[a-z]\w*\.[\w-]+(?:\.outputs(?:\.[\w-]+|\["[^"]+"\]))?/g;
/** Compared separately, or without a definition. */
const SKIPPED = /^(?:databricks_job|databricks_permissions|each|count|self|path|terraform)\./;
/** Compared by file content. */
const FILES = /^databricks_(?:notebook|workspace_file|file|dbfs_file)\./;

/** The definitions in synthesized stacks. */
export class StackReferences implements References {
  readonly #stacks = new Map<string, Json>();

  /** @param outdir a synthesis output folder; unreadable files in it are ignored */
  public constructor(outdir: string) {
    const manifest = objectOf(read(join(outdir, "manifest.json")));
    for (const stack of Object.values(objectOf(manifest.stacks))) {
      const { name, synthesizedStackPath: path } = objectOf(stack);
      if (typeof name === "string" && typeof path === "string")
        this.#stacks.set(name, objectOf(read(join(outdir, path))));
    }
  }

  public of(job: JobSpec): ReadonlyMap<string, Referred> {
    const found = new Map<string, Referred>();
    const config = this.#stacks.get(job.stack);
    if (config === undefined) return found;
    const block = blocksOf(config.resource, "databricks_job").find(([key]) => key === job.key)?.[1];
    this.#follow(block, config, found);
    return found;
  }

  #follow(value: unknown, config: Json, found: Map<string, Referred>): void {
    for (const text of textsIn(value))
      for (const [, expression = ""] of text.matchAll(/[$%]\{([^}]*)\}/g))
        for (const [address] of expression.matchAll(ADDRESS)) {
          const output = /\.outputs(?:\.([\w-]+)|\["([^"]+)"\])$/.exec(address);
          if (output !== null) this.#output(output[1] ?? output[2] ?? "", found);
          else this.#define(address, config, found);
        }
  }

  #define(address: string, config: Json, found: Map<string, Referred>): void {
    if (SKIPPED.test(address) || found.has(address)) return;
    const [first = "", second = "", third = ""] = address.split(".");
    const block =
      first === "var"
        ? objectOf(config.variable)[second]
        : first === "local"
          ? objectOf(config.locals)[second]
          : first === "module"
            ? objectOf(config.module)[second]
            : first === "data"
              ? blocksOf(config.data, second).find(([name]) => name === third)?.[1]
              : blocksOf(config.resource, first).find(([name]) => name === second)?.[1];
    if (block === undefined) return;
    const own = withoutComments(block, FILES.test(address));
    const kind = first === "var" || first === "local" ? "variable" : "resource";
    found.set(address, { text: canonical(own), kind });
    this.#follow(block, config, found);
  }

  /** Follows the value of another stack's output. */
  #output(name: string, found: Map<string, Referred>): void {
    for (const config of this.#stacks.values()) {
      const output = objectOf(objectOf(config.output)[name]);
      if (output.value !== undefined) this.#follow(output.value, config, found);
    }
  }
}

function read(file: string): unknown {
  try {
    return parseJson(readFileSync(file, "utf8"), String);
  } catch {
    return undefined;
  }
}

/** Removes cdktf's metadata and, for files, the path and hash of the asset copy. */
function withoutComments(value: unknown, isFile: boolean): Setting {
  if (Array.isArray(value))
    return (value as unknown[]).map((item) => withoutComments(item, isFile));
  if (!isObject(value)) return (value ?? null) as Setting;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name]) => name !== "//" && !(isFile && (name === "source" || name === "md5")))
      .map(([name, item]) => [name, withoutComments(item, isFile)]),
  );
}

function* textsIn(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null)
    for (const [name, item] of Object.entries(value)) if (name !== "//") yield* textsIn(item);
}

/** The definitions in bundles. */
export class BundleReferences implements References {
  readonly #bundles = new Map<string, ReturnType<typeof readBundleResources> | undefined>();
  /** Folders of the bundles, by the ids of their jobs. */
  readonly #folders = new Map<string, string>();

  /**
   * Reads the bundles of jobs that have references.
   *
   * @param within the folder that holds all bundles
   */
  public constructor(reading: Reading, within: string) {
    for (const job of reading.graphs.flatMap(({ jobs }) => jobs)) {
      if (this.#folders.has(job.id) || referencesIn(job).length === 0) continue;
      const folder = bundleOf(job, reading) ?? bundleFolder(job, within);
      this.#folders.set(job.id, folder);
      if (this.#bundles.has(folder)) continue;
      const file = existsSync(folder) ? bundleFile(folder) : undefined;
      this.#bundles.set(folder, file === undefined ? undefined : readBundleResources(file));
    }
  }

  public of(job: JobSpec, environment: string): ReadonlyMap<string, Referred> {
    const found = new Map<string, Referred>();
    const names = referencesIn(job);
    const target = this.#bundles.get(this.#folders.get(job.id) ?? "")?.get(environment);
    if (target === undefined) return found;
    const { resources, variables } = target;
    for (const name of names) {
      if (found.has(name)) continue;
      const [first, kind = "", key = ""] = name.split(".");
      const value = first === "var" ? variables[kind] : objectOf(objectOf(resources)[kind])[key];
      if (value === undefined) continue;
      const settings = withoutComments(value, false);
      found.set(name, {
        text: canonical(settings),
        kind: first === "var" ? "variable" : "resource",
        ...(isObject(settings) && { settings, folder: target.folderOf(kind, key) }),
      });
      names.push(...namesIn(settings));
    }
    return found;
  }
}

const referencesIn = (job: JobSpec): string[] => namesIn(job.settings);

function namesIn(value: unknown, names: string[] = []): string[] {
  if (typeof value === "string") {
    if (value.includes("${"))
      for (const [, name = ""] of value.matchAll(REFERENCE)) names.push(name);
  } else if (typeof value === "object" && value !== null)
    for (const item of Object.values(value)) namesIn(item, names);
  return names;
}

const REFERENCE = /\$\{(resources\.(?!jobs\.)[\w-]+\.[\w-]+|var\.[\w-]+)/g;

/** The folder of the bundle that defines a job. */
export function bundleFolder(job: JobSpec, within: string): string {
  const file = job.source?.file ?? "";
  for (let at = dirname(resolve(file)); at.length > within.length; at = dirname(at))
    if (bundleFile(at) !== undefined) return at;
  return within;
}
