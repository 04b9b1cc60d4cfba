import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { JobstrataError } from "@jobstrata/core/errors";
import { parseJson, quote } from "@jobstrata/core/model";

/** The ids of the jobs that a bundle has deployed to a target, as one state says. */
export interface BundleState {
  /** The engine of the bundle that keeps the state; a summary is of either. */
  readonly engine: "direct" | "terraform" | "summary";
  readonly serial: number;
  /** Tells the deployments of a bundle apart; empty if the state does not say. */
  readonly lineage: string;
  /** Ids by the keys of the jobs. */
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

/** The names of the files of both engines, below the folder of a target. */
export const STATE_FILES = { direct: "resources.json", terraform: "terraform.tfstate" } as const;
/** State versions of the direct engine that have the ids where version 2 has them. */
const DIRECT_VERSIONS: ReadonlySet<number> = new Set([0, 1, 2, 3]);

/**
 * The states beside a bundle, of the engine that deployed it: in `.databricks/bundle/<target>`, or below
 * `DATABRICKS_BUNDLE_TMP`.
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
 * Reads a state of either engine, or what `databricks bundle summary -o json` prints.
 *
 * @returns the state, and the target if the file names it
 * @throws {JobstrataError} `source` if it has none of these forms
 */
export function readState(file: string): { readonly state: BundleState; readonly target?: string } {
  const json = parsed(readText(file), file);
  const target = (json as Summary).bundle?.target;
  const wal = `${file}.wal`;
  const state = stateOf(json, file, existsSync(wal) ? readText(wal) : undefined);
  return { state, ...(typeof target === "string" && { target }) };
}

/**
 * A state of either engine, or a summary.
 *
 * @param from where it comes from, for messages
 * @param wal what the direct engine has deployed since, unless it came to an end
 * @throws {JobstrataError} `source` if it has none of these forms
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
 * Which of several states of one target counts: the one with the highest serial, the first of those that have the same.
 *
 * @throws {JobstrataError} `source` for states of different deployments, or of both engines with one serial
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
      `the state ${quote(from)} has version ${version}${unknown.length > 0 ? ` with ${unknown.map(quote).join(", ")}` : ""}, which jobstrata does not know; give what "databricks bundle summary -o json" prints with --state`,
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
 * Applies what an interrupted deployment has written before it ended: a line with the serial of the next state, then a line
 * for each resource.
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
      `${quote(`${from}.wal`)} does not go with ${quote(from)}: it has the serial ${next} after ${serial}; deploy the bundle once more`,
    );
  }
  for (const line of lines) {
    // A line that was cut off when the deployment ended.
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
    // Said below.
  }
  throw new JobstrataError("source", `the state ${quote(from)} is not JSON`);
}
