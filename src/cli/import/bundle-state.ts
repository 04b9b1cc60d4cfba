import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import { parseJson, quote } from "@jobstrata/core/model";

/** The ids of a target's deployed jobs according to one state. */
export interface BundleState {
  /** The bundle engine that keeps the state; a summary can come from either. */
  readonly engine: "direct" | "terraform" | "summary";
  readonly serial: number;
  /** Identifies the deployment of a bundle; empty if the state does not have it. */
  readonly lineage: string;
  /** Ids by job key. */
  readonly jobs: ReadonlyMap<string, string>;
  /** The file or path that it was read from. */
  readonly from: string;
}

interface DirectState {
  readonly state_version?: number;
  readonly features?: Readonly<Record<string, unknown>>;
  readonly serial?: number;
  readonly lineage?: string;
  readonly state?: Readonly<Record<string, DirectEntry>>;
}
interface DirectEntry {
  readonly __id__?: string;
}
interface TerraformState {
  readonly version?: number;
  readonly serial?: number;
  readonly lineage?: string;
  readonly resources?: readonly {
    readonly type?: unknown;
    readonly name?: unknown;
    readonly instances?: readonly { readonly attributes?: { readonly id?: string | number } }[];
  }[];
}
interface Summary {
  readonly bundle?: { readonly target?: string };
  readonly resources?: {
    readonly jobs?: Readonly<
      Record<string, { readonly id?: string | number; readonly modified_status?: string }>
    >;
  };
}

/** The state files of both engines, relative to a target's folder. */
export const STATE_FILES = { direct: "resources.json", terraform: "terraform.tfstate" } as const;
/** State versions of the direct engine that store ids like version 2. */
const DIRECT_VERSIONS: ReadonlySet<number> = new Set([0, 1, 2, 3]);

/**
 * Reads the local states of a bundle from either engine: in `.databricks/bundle/<target>`, or below `DATABRICKS_BUNDLE_TMP`.
 *
 * @throws {JobstrataError} `source` if a state cannot be read
 */
export function localStates(
  folder: string,
  target: string,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): BundleState[] {
  const { DATABRICKS_BUNDLE_TMP: temporary = "" } = env;
  const base = temporary === "" ? join(folder, ".databricks", "bundle") : temporary;
  const direct = join(base, target, STATE_FILES.direct);
  const terraform = join(base, target, "terraform", STATE_FILES.terraform);
  return [direct, terraform].flatMap((file) => (existsSync(file) ? [readState(file).state] : []));
}

/**
 * Reads a state of either engine, or the output of `databricks bundle summary -o json`.
 *
 * @returns the state, and the target if the file names it
 * @throws {JobstrataError} `source` if the format is unknown
 */
export function readState(file: string): { readonly state: BundleState; readonly target?: string } {
  const json = parsed(readText(file), file);
  const target = (json as Summary).bundle?.target;
  const wal = `${file}.wal`;
  const state = stateOf(json, file, existsSync(wal) ? readText(wal) : undefined);
  return { state, ...(typeof target === "string" && { target }) };
}

/**
 * Parses a state of either engine, or a summary.
 *
 * @param from its origin, for messages
 * @param wal the direct engine's write-ahead log of an interrupted deployment
 * @throws {JobstrataError} `source` if the format is unknown
 */
export function stateOf(json: object, from: string, wal?: string): BundleState {
  if ("state" in json || "state_version" in json)
    return directState(json as DirectState, from, wal);
  if ("resources" in json && Array.isArray(json.resources))
    return terraformState(json as TerraformState, from);
  if ("bundle" in json) {
    const { resources = {} } = json as Summary;
    const jobs = Object.entries(resources.jobs ?? {}).flatMap(
      ([key, { id, modified_status: status }]): [string, string][] =>
        id === undefined || id === "" || status === "deleted" ? [] : [[key, String(id)]],
    );
    return { engine: "summary", serial: 0, lineage: "", jobs: new Map(jobs), from };
  }
  throw new JobstrataError(
    "source",
    `${quote(from)} is not the state of a bundle; give resources.json, terraform.tfstate, or what "databricks bundle summary -o json" prints`,
  );
}

/**
 * Chooses among several states of one target: the highest serial, the first if equal.
 *
 * @throws {JobstrataError} `source` for states of different deployments, or of both engines with the same serial
 */
export function currentState(
  states: readonly BundleState[],
  target: string,
): BundleState | undefined {
  const [first] = states;
  const other = states.find(
    ({ lineage }) => lineage !== "" && first?.lineage !== "" && lineage !== first?.lineage,
  );
  if (first !== undefined && other !== undefined) {
    throw new JobstrataError(
      "source",
      `target ${quote(target)} has states of two deployments (their lineages differ): ${quote(first.from)} and ${quote(other.from)}; remove the one that is not in use`,
    );
  }
  const sorted = [...states].sort((a, b) => b.serial - a.serial);
  const [current] = sorted;
  const rival = sorted.find(
    ({ engine, serial }) => engine !== current?.engine && serial === current?.serial,
  );
  if (current !== undefined && rival !== undefined) {
    throw new JobstrataError(
      "source",
      `target ${quote(target)} has a state of both engines with the serial ${current.serial}: ${quote(current.from)} and ${quote(rival.from)}; remove the one that is not in use`,
    );
  }
  return current;
}

function directState(json: DirectState, from: string, wal: string | undefined): BundleState {
  const { state_version: version = 0, features = {}, serial = 0, lineage = "", state = {} } = json;
  const unknown = Object.keys(features);
  if (!DIRECT_VERSIONS.has(version) || unknown.length > 0) {
    throw new JobstrataError(
      "source",
      `the state ${quote(from)} has version ${version}${unknown.length > 0 ? ` with ${unknown.map(quote).join(", ")}` : ""}, which jobstrata does not support; give what "databricks bundle summary -o json" prints with --state`,
    );
  }
  const entries = new Map(Object.entries(state));
  if (wal !== undefined) replay(entries, wal, { serial, lineage, from });
  const jobs = [...entries].flatMap(([name, { __id__: id }]): [string, string][] => {
    const key = /^resources\.jobs\.([^.]+)$/.exec(name)?.[1];
    return key === undefined || id === undefined ? [] : [[key, id]];
  });
  return { engine: "direct", serial, lineage, jobs: new Map(jobs), from };
}

/**
 * Applies the write-ahead log of an interrupted deployment: a line with the serial of the next state, then a line for each
 * resource.
 */
function replay(
  entries: Map<string, DirectEntry>,
  wal: string,
  { serial, lineage, from }: { readonly serial: number; readonly lineage: string; from: string },
): void {
  const [header = "", ...lines] = wal.split("\n");
  if (header.trim() === "") return;
  const head = parsed(header, `${from}.wal`) as { serial?: number; lineage?: string };
  const next = head.serial ?? 0;
  if (next <= serial) return;
  if (next > serial + 1 || (lineage !== "" && (head.lineage ?? lineage) !== lineage)) {
    throw new JobstrataError(
      "source",
      `${quote(`${from}.wal`)} does not match ${quote(from)}: it has the serial ${next} after ${serial}; deploy the bundle once more`,
    );
  }
  for (const line of lines) {
    // The interruption cut this line off.
    const entry = line.trim() === "" ? undefined : lineOf(line);
    if (entry?.k === undefined) continue;
    if (entry.v === null || entry.v === undefined) entries.delete(entry.k);
    else entries.set(entry.k, entry.v);
  }
}

function lineOf(line: string): { k?: string; v?: DirectEntry | null } | undefined {
  try {
    return parseJson(line, String) as { k?: string; v?: DirectEntry | null };
  } catch {
    return undefined;
  }
}

function terraformState(json: TerraformState, from: string): BundleState {
  const { serial = 0, lineage = "", resources = [] } = json;
  const jobs = resources.flatMap(({ type, name, instances = [] }): [string, string][] => {
    const id = instances[0]?.attributes?.id;
    return type === "databricks_job" && typeof name === "string" && id !== undefined
      ? [[name, String(id)]]
      : [];
  });
  return { engine: "terraform", serial, lineage, jobs: new Map(jobs), from };
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new JobstrataError(
      "source",
      `the state ${quote(file)} cannot be read: ${(error as Error).message}`,
    );
  }
}

function parsed(text: string, from: string): object {
  try {
    const json = parseJson(text, String);
    if (typeof json === "object" && json !== null) return json;
  } catch {
    // Reported below.
  }
  throw new JobstrataError("source", `the state ${quote(from)} is not JSON`);
}
