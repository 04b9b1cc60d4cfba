import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { SourceLocation } from "../../model/source-location";
import type {
  CodeFile,
  CodeLineage,
  CodeParameters,
  DataAccess,
  WriteKind,
} from "../../model/lineage";
import { posixRelative } from "../../paths";

/** Maximum size of a manifest; bytes. */
const MAX_SIZE = 200 * 2 ** 20;

/** A model, seed, snapshot or source in a manifest. */
interface DbtNode {
  readonly resource_type?: string;
  readonly name?: string;
  readonly alias?: string;
  readonly identifier?: string;
  readonly database?: string | null;
  readonly schema?: string;
  readonly relation_name?: string | null;
  readonly original_file_path?: string;
  readonly config?: { readonly materialized?: string; readonly enabled?: boolean };
  readonly depends_on?: { readonly nodes?: readonly string[] };
}

interface Manifest {
  readonly nodes?: Readonly<Record<string, DbtNode>>;
  readonly sources?: Readonly<Record<string, DbtNode>>;
}

/** Resource types by the command that builds them. */
const BUILT: Readonly<Record<string, readonly string[]>> = {
  run: ["model"],
  build: ["model", "seed", "snapshot"],
  seed: ["seed"],
  snapshot: ["snapshot"],
};

/** A dbt project. Reads its tables from `target/manifest.json`, which `dbt compile` writes. */
export class DbtProject implements CodeFile {
  readonly #folder: string;

  /** @param folder absolute path of the folder with dbt_project.yml */
  public constructor(folder: string) {
    this.#folder = folder;
  }

  /** Absolute. */
  public get folder(): string {
    return this.#folder;
  }

  public get label(): string {
    return this.#labelOf("dbt_project.yml");
  }

  /** @param parameters dbt commands, in order */
  public lineage({ positional = [] }: CodeParameters): CodeLineage | undefined {
    const at: SourceLocation = { file: this.label };
    const manifest = this.#manifest();
    if (manifest === undefined) {
      const message = "the dbt project has no target/manifest.json; dbt compile writes it";
      return { accesses: [], problems: [{ message, at }] };
    }
    const accesses: DataAccess[] = [];
    const problems: CodeLineage["problems"][number][] = [];
    for (const command of positional) {
      const [, verb = ""] = /^\s*dbt\s+(?:-\S+\s+)*(\w+)/.exec(command) ?? [];
      const types = BUILT[verb];
      if (types === undefined) continue;
      const chosen = selected(command);
      if (chosen === "unknown")
        problems.push({ message: `the selection of "${command}" is not followed`, at });
      else accesses.push(...this.#built(manifest, types, chosen));
    }
    return { accesses, problems };
  }

  #built(
    { nodes = {}, sources = {} }: Manifest,
    types: readonly string[],
    chosen: readonly string[] | undefined,
  ): DataAccess[] {
    return Object.values(nodes).flatMap((node) => {
      const { resource_type: type = "", name = "", config } = node;
      if (!types.includes(type) || config?.enabled === false) return [];
      if (chosen !== undefined && !chosen.includes(name)) return [];
      const at: SourceLocation = { file: this.#labelOf(node.original_file_path ?? ""), line: 1 };
      const reads = (node.depends_on?.nodes ?? []).flatMap((id) => {
        const source = nodes[id] ?? sources[id];
        return source === undefined || isEphemeral(source) ? [] : access(source, undefined, at);
      });
      const kind = config?.materialized === "incremental" ? "merge" : "overwrite";
      return [...reads, ...(isEphemeral(node) ? [] : access(node, kind, at))];
    });
  }

  #manifest(): Manifest | undefined {
    const file = join(this.#folder, "target", "manifest.json");
    try {
      if (statSync(file).size > MAX_SIZE) return undefined;
      const manifest: unknown = JSON.parse(readFileSync(file, "utf8"));
      return typeof manifest === "object" && manifest !== null ? manifest : undefined;
    } catch {
      return undefined;
    }
  }

  #labelOf(path: string): string {
    return posixRelative(process.cwd(), join(this.#folder, path));
  }
}

const isEphemeral = ({ config }: DbtNode): boolean => config?.materialized === "ephemeral";

function access(node: DbtNode, write: WriteKind | undefined, at: SourceLocation): DataAccess[] {
  if (node.resource_type === "test") return [];
  const table = node.alias ?? node.identifier ?? node.name;
  const parts = [node.database, node.schema, table].filter(
    (part) => typeof part === "string" && part !== "",
  );
  if (table === undefined || parts.length === 0) return [];
  return [{ name: parts.join(".").toLowerCase(), kind: "table", ...(write && { write }), at }];
}

/**
 * Names of the models that a command selects; undefined for all models; `unknown` if only dbt can resolve the
 * selection.
 */
function selected(command: string): readonly string[] | undefined | "unknown" {
  if (/\s(?:--exclude|--selector|--target|-t|--vars)\b/.test(command)) return "unknown";
  const [, list] = /\s(?:--select|-s|--models|-m)[\s=]+([^-].*?)(?=\s+-|$)/.exec(command) ?? [];
  if (list === undefined)
    return /\s(?:--select|-s|--models|-m)\b/.test(command) ? "unknown" : undefined;
  const names = list
    .trim()
    .replace(/^["']|["']$/g, "")
    .split(/\s+/);
  return names.every((name) => /^\w+$/.test(name)) ? names : "unknown";
}
