import { valueAt } from "./merge";
import { plainMap } from "./plain-map";
import { isValueMap, type KeyPath, type Places, type Value, type ValueMap } from "./yaml-file";

/** References in the Databricks CLI's syntax: `${var.catalog}`, `${bundle.target}`, `${var.clusters[0].size}`. */
const NAME = String.raw`\p{L}[\p{L}\p{N}]*(?:[-_]+[\p{L}\p{N}]+)*`;
const REFERENCE = new RegExp(String.raw`\$\{(${NAME}(?:\.${NAME}|\[\d+\])*)\}`, "gu");
const WHOLE = new RegExp(`^${REFERENCE.source}$`, "u");
const NESTED = /\$\{[^}]*\$\{/;

/** Maximum steps from variable to variable; more is a cycle. */
const MAX_STEPS = 20;
/** Maximum length of a text, since variables can multiply each other; characters. */
const MAX_LENGTH = 1_000_000;

/** Location of the value being resolved. */
export interface ValueSite {
  readonly map: ValueMap;
  readonly path: KeyPath;
}

/** Resolves references in values. Keeps references that are known only after deployment. */
export class Interpolation {
  readonly #known = new Map<string, Value>();

  readonly #root: Value;
  readonly #places: Places;
  readonly #namesGetPrefix: boolean;
  readonly #unknown: (reference: string, at: ValueSite | undefined) => void;
  readonly #circle: (references: readonly string[], at: ValueSite | undefined) => void;
  /** The chain of references being resolved. */
  readonly #open: string[] = [];

  /**
   * @param root values of references, such as `{bundle, var, workspace}`
   * @param namesGetPrefix whether the target adds a prefix to resource names
   * @param unknown called with each reference to an undeclared variable, and its first location
   * @param circle called with references that form a cycle: `var.a`, `var.b`, `var.a`
   */
  public constructor(
    root: Value,
    places: Places,
    namesGetPrefix: boolean,
    unknown: (reference: string, at: ValueSite | undefined) => void,
    circle: (references: readonly string[], at: ValueSite | undefined) => void = () => undefined,
  ) {
    this.#root = root;
    this.#places = places;
    this.#namesGetPrefix = namesGetPrefix;
    this.#unknown = unknown;
    this.#circle = circle;
  }

  /** A copy of `value` with known references resolved; `value` itself if it has none. */
  public fill(value: Value, steps = 0, at?: ValueSite): Value {
    return this.#fill(value, steps, at?.map, at?.path[0], at?.path[1]);
  }

  // Creates a site only for texts with references, since most values have none.
  #fill(value: Value, steps: number, map?: ValueMap, key?: string, item?: number): Value {
    if (typeof value === "string") {
      if (!value.includes("${")) return value;
      const at =
        map === undefined || key === undefined
          ? undefined
          : { map, path: item === undefined ? ([key] as const) : ([key, item] as const) };
      return this.#text(value, steps, at);
    }
    if (Array.isArray(value)) {
      let list: Value[] | undefined;
      for (const [index, before] of (value as readonly Value[]).entries()) {
        const filled = this.#fill(before, steps, map, key, item ?? index);
        if (filled !== before) (list ??= [...(value as Value[])])[index] = filled;
      }
      return list ?? (value as readonly Value[]);
    }
    if (typeof value !== "object" || value === null) return value;
    return this.#fillMap(value as ValueMap, steps);
  }

  #fillMap(value: ValueMap, steps: number): Value {
    let result: Record<string, Value> | undefined;
    for (const key in value) {
      const filled = this.#fill(value[key], steps, value, key);
      if (filled === value[key]) continue;
      if (result === undefined) {
        result = plainMap(value);
        this.#places.copy(result, value);
      }
      result[key] = filled;
    }
    return result ?? value;
  }

  #text(text: string, steps: number, at: ValueSite | undefined): Value {
    const whole = WHOLE.exec(text)?.[1];
    if (whole !== undefined) return this.#lookUp(whole, steps, at) ?? text;
    const filled = text.replace(REFERENCE, (reference, path: string) => {
      const value = this.#lookUp(path, steps, at);
      return typeof value === "object" || value === undefined ? reference : String(value);
    });
    if (filled.length > MAX_LENGTH) return text;
    // Resolving the inner reference of `${var.schema_${var.size}}` creates a new one.
    const again = NESTED.test(text) && filled !== text && steps < MAX_STEPS;
    return again ? this.#text(filled, steps + 1, at) : filled;
  }

  #lookUp(path: string, steps: number, at: ValueSite | undefined): Value {
    if (this.#known.has(path)) return this.#known.get(path);
    const before = this.#open.indexOf(path);
    if (before >= 0) this.#circle([...this.#open.slice(before), path], at);
    if (before >= 0 || steps > MAX_STEPS) return undefined;
    const written = path.split(/[.[\]]+/).filter((part) => part !== "");
    const [area = "", name = "", field, ...rest] = written;
    // The long form of `${var.catalog}`.
    const isLong = area === "variables" && field === "value";
    const parts = isLong ? ["var", name, ...rest] : written;
    const value = area === "resources" ? this.#ofResource(parts) : valueAt(this.#root, parts);
    if (parts[0] === "var" && valueAt(this.#root, parts.slice(0, 2)) === undefined) {
      this.#unknown(path, at);
    }
    this.#open.push(path);
    const filled = value === null ? undefined : this.fill(value, steps + 1, at);
    this.#open.pop();
    this.#known.set(path, filled);
    return filled;
  }

  /** A field of a resource, by its bundle or Terraform name; undefined if it is known only after deployment. */
  #ofResource([resources = "", type = "", key = "", ...fields]: readonly string[]): Value {
    if (this.#namesGetPrefix && fields.length === 1 && fields[0] === "name") return undefined;
    let at = valueAt(this.#root, [resources, type, key]);
    for (const field of fields) {
      // In Terraform, a block is a list of one.
      if (isValueMap(at) && field === "0") continue;
      const isOwn = !isValueMap(at) || Object.hasOwn(at, field);
      at = valueAt(at, [isOwn ? field : (TERRAFORM[field] ?? field)]);
    }
    return at;
  }
}

/** Fields of jobs and pipelines by their Terraform names, where they differ. */
const TERRAFORM: Readonly<Record<string, string>> = {
  task: "tasks",
  environment: "environments",
  job_cluster: "job_clusters",
  parameter: "parameters",
  library: "libraries",
  cluster: "clusters",
  notification: "notifications",
  branch: "git_branch",
  commit: "git_commit",
  provider: "git_provider",
  tag: "git_tag",
  url: "git_url",
};
