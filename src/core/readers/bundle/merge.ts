import { quote } from "../../model/text";
import { isValueMap, type Places, type Value, type ValueMap } from "./yaml-file";

/** Lists of a job whose items are known by a key, so that an override changes them instead of adding to them. */
const KEYS = {
  tasks: "task_key",
  job_clusters: "job_cluster_key",
  environments: "environment_key",
  parameters: "name",
} as const;

/** The key that an override is written below. */
export interface MergeSite {
  readonly map: ValueMap;
  readonly key: string;
}

/**
 * Puts values on others as the Databricks CLI does: maps are merged key by key, lists appended to each other, anything else
 * replaced; in jobs, tasks, job clusters, environments and parameters with the same key are merged with each other.
 */
export class Merger {
  /** Where, in a list, the items of the override begin. */
  readonly #seams = new WeakMap<object, number>();

  readonly #places: Places;
  readonly #report: (
    severity: "error" | "warning",
    message: string,
    fix: string,
    at: MergeSite | undefined,
  ) => void;

  /** @param report called with what the Databricks CLI refuses or does not do, and the key that it is about */
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
      const result = Object.assign(Object.create(null), base) as Record<string, Value>;
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
   * Merges the items of a job that have the same key. That comes after variables are filled in, as a key may be one.
   *
   * @param written the job before that
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

  /** Environments are merged because that is what is meant. The Databricks CLI (1.13) appends them. */
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

/** The value at a path such as `["var", "cluster", "num_workers"]` or with the number of an item. */
export function valueAt(value: Value, path: readonly string[]): Value {
  let at = value;
  for (const part of path) {
    if (isValueMap(at)) at = Object.hasOwn(at, part) ? at[part] : undefined;
    else if (Array.isArray(at)) at = (at as Value[])[Number(part)];
    else return undefined;
  }
  return at;
}

/** A map with one more value in it. */
export function withValue(map: ValueMap, key: string, value: Value, places: Places): ValueMap {
  const result = Object.assign(Object.create(null), map, { [key]: value }) as ValueMap;
  places.copy(result, map);
  return result;
}
