import { isValueMap, type Places, type Value, type ValueMap } from "./yaml-file";

/** Lists of a job whose items are known by a key, so that an override changes them instead of adding to them. */
const KEYS: Readonly<Record<string, string>> = {
  tasks: "task_key",
  job_clusters: "job_cluster_key",
  environments: "environment_key",
  parameters: "name",
};

/**
 * Puts `over` on `base` as the Databricks CLI does: maps are merged key by key, lists appended to each other, anything else
 * replaced; in jobs, tasks, job clusters, environments and parameters with the same key are merged with each other.
 */
export function merge(base: Value, over: Value, places: Places, name = ""): Value {
  if (base === undefined || base === null) return over;
  if (over === undefined || over === null) return base;
  if (isValueMap(base) && isValueMap(over)) {
    const result = Object.assign(Object.create(null), base) as Record<string, Value>;
    for (const [key, value] of Object.entries(over))
      result[key] = merge(result[key], value, places, key);
    // A path is relative to the file that says it.
    places.copy(result, Object.hasOwn(over, "notebook_path") ? over : base);
    return result;
  }
  if (Array.isArray(base) && Array.isArray(over)) {
    return mergeLists(base as Value[], over as Value[], KEYS[name], places);
  }
  return over;
}

function mergeLists(
  base: readonly Value[],
  over: readonly Value[],
  key: string | undefined,
  places: Places,
): Value[] {
  if (key === undefined) return [...base, ...over];
  const result = [...base];
  const keyOf = (item: Value): Value => (isValueMap(item) ? item[key] : undefined);
  const positions = new Map(result.map((item, at) => [keyOf(item), at] as const).reverse());
  for (const item of over) {
    const at = positions.get(keyOf(item));
    if (at === undefined || keyOf(item) === undefined) result.push(item);
    else result[at] = merge(result[at], item, places);
  }
  return result;
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
