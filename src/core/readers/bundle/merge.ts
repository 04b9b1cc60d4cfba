import { quote } from "../../model/text";
import { plainMap } from "./plain-map";
import { isValueMap, type Places, type Value, type ValueMap } from "./yaml-file";

/** Lists of a job with keyed items, which an override changes instead of appending. */
const KEYS = {
  tasks: "task_key",
  job_clusters: "job_cluster_key",
  environments: "environment_key",
  parameters: "name",
} as const;

/** The location of an override. */
export interface MergeSite {
  readonly map: ValueMap;
  readonly key: string;
}

/**
 * Merges values like the Databricks CLI: merges maps by key, concatenates lists, and replaces anything else. In jobs,
 * merges tasks, job clusters, environments and parameters with equal keys.
 */
export class Merger {
  /** Index of the first item of the override in a merged list. */
  readonly #seams = new WeakMap<object, number>();

  readonly #places: Places;
  readonly #report: (
    severity: "error" | "warning",
    message: string,
    fix: string,
    at: MergeSite | undefined,
  ) => void;

  /** @param report called with anything that the Databricks CLI rejects or ignores, and its location */
  public constructor(
    places: Places,
    report: (
      severity: "error" | "warning",
      message: string,
      fix: string,
      at: MergeSite | undefined,
    ) => void,
  ) {
    this.#places = places;
    this.#report = report;
  }

  public merge(base: Value, over: Value, path = "", at?: MergeSite): Value {
    if (base === undefined || base === null) return over;
    if (over === undefined || over === null) return base;
    if (isValueMap(base) && isValueMap(over)) {
      const result = plainMap(base);
      for (const [key, value] of Object.entries(over)) {
        const inner = path === "" ? key : `${path}.${key}`;
        result[key] = this.merge(result[key], value, inner, { map: over, key });
      }
      this.#places.merge(result, base, over);
      return result;
    }
    if (Array.isArray(base) && Array.isArray(over)) {
      const result = [...(base as Value[]), ...(over as Value[])];
      this.#seams.set(result, base.length);
      return result;
    }
    if (kindOf(base) !== kindOf(over)) {
      const message = `${path} is a ${kindOf(base)} and cannot be overridden by a ${kindOf(over)}`;
      this.#report("error", message, "write both in the same way", at);
    }
    return over;
  }

  /**
   * Merges items of a job with equal keys. Call after resolving variables, since a key may contain one.
   *
   * @param written the job before resolving
   */
  public mergeItems(job: ValueMap, written: ValueMap): ValueMap {
    let result = job;
    for (const [name, key] of Object.entries(KEYS)) {
      const before = written[name];
      const seam = Array.isArray(before) ? this.#seams.get(before) : undefined;
      const items = job[name];
      if (seam === undefined || !Array.isArray(items)) continue;
      result = withValue(result, name, this.#byKey(items as Value[], seam, key), this.#places);
    }
    return result;
  }

  #byKey(items: readonly Value[], seam: number, key: string): Value[] {
    const result = items.slice(0, seam);
    const keyOf = (item: Value): Value => (isValueMap(item) ? item[key] : undefined);
    const positions = new Map(result.map((item, at) => [keyOf(item), at] as const).reverse());
    for (const item of items.slice(seam)) {
      const at = positions.get(keyOf(item));
      if (at === undefined || keyOf(item) === undefined) result.push(item);
      else {
        result[at] = this.merge(result[at], item);
        if (key === KEYS.environments) this.#doubt(item, keyOf(item));
      }
    }
    return result;
  }

  /** Warns about merged environments: merging is what users expect, but the Databricks CLI (1.13) appends them. */
  #doubt(item: Value, key: Value): void {
    this.#report(
      "warning",
      `the Databricks CLI does not merge environments, so the job would get two with the key ${quote(typeof key === "string" ? key : JSON.stringify(key))}`,
      "use a variable for what differs between targets",
      isValueMap(item) ? { map: item, key: KEYS.environments } : undefined,
    );
  }
}

function kindOf(value: Value): string {
  if (Array.isArray(value)) return "list";
  return isValueMap(value) ? "map" : "single value";
}

/** The value at a path such as `["var", "cluster", "num_workers"]`, or with the index of an item. */
export function valueAt(value: Value, path: readonly string[]): Value {
  let at = value;
  for (const part of path) {
    if (isValueMap(at)) at = Object.hasOwn(at, part) ? at[part] : undefined;
    else if (Array.isArray(at)) at = (at as Value[])[Number(part)];
    else return undefined;
  }
  return at;
}

/** A copy of a map with an additional value. */
export function withValue(map: ValueMap, key: string, value: Value, places: Places): ValueMap {
  const result = plainMap(map);
  result[key] = value;
  places.copy(result, map);
  return result;
}
