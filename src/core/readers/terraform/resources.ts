import { isObject, type Json, objectOf } from "../../model/json";
import { isSensitive, UNKNOWN_VALUE } from "../../model/placeholder";

/** A resource instance of a plan or state. */
export interface Resource {
  readonly address: string;
  /** Address of its module, with indexes; empty for the root. */
  readonly module: string;
  readonly type: string;
  readonly name: string;
  /** Index of `for_each` or `count`: `["eu"]` or `[0]`. */
  readonly index: string;
  /** Values with secrets masked. */
  readonly values: Json;
  /** `true` at each path that is known after apply. */
  readonly unknown: Json;
  /** `true` at each path with a secret. */
  readonly sensitive: Json;
}

/** The resources of a module and its child modules, with secrets masked. */
export function* resourcesOf(
  module: Json,
  address: string,
  changes: ReadonlyMap<unknown, Json>,
  mask: (secret: string) => string,
): Iterable<Resource> {
  for (const resource of list(module.resources)) {
    if (resource.mode !== "managed") continue;
    const own = text(resource.address);
    const change = changes.get(resource.address);
    const sensitive = [objectOf(resource.sensitive_values), objectOf(change?.after_sensitive)];
    const values = sensitive.reduce<unknown>(
      (all, each) => masked(all, each, mask),
      resource.values,
    );
    yield {
      address: own,
      module: address,
      type: text(resource.type),
      name: text(resource.name),
      index: resource.index === undefined ? "" : `[${JSON.stringify(resource.index)}]`,
      values: objectOf(values),
      unknown: objectOf(change?.after_unknown),
      sensitive: Object.assign({}, ...sensitive) as Json,
    };
  }
  for (const child of list(module.child_modules))
    yield* resourcesOf(child, text(child.address), changes, mask);
}

/** Replaces values by {@link UNKNOWN_VALUE} at each path where `unknown` is true. */
export function filled(values: unknown, unknown: unknown): unknown {
  if (unknown === true) return UNKNOWN_VALUE;
  if (Array.isArray(unknown)) {
    const items = Array.isArray(values) ? (values as unknown[]) : [];
    const length = Math.max(items.length, unknown.length);
    return Array.from({ length }, (_, at) => filled(items[at], (unknown as unknown[])[at]));
  }
  if (typeof unknown !== "object" || unknown === null) return values;
  const result: Record<string, unknown> = { ...objectOf(values) };
  for (const [key, value] of Object.entries(unknown)) {
    const all = filled(result[key], value);
    if (all !== undefined) result[key] = all;
  }
  return result;
}

/** Masks all values at and below each path where `sensitive` is true. */
function masked(values: unknown, sensitive: unknown, mask: (secret: string) => string): unknown {
  const at = (key: string | number): unknown =>
    sensitive === true || (sensitive as Json | undefined)?.[key];
  if (sensitive === undefined || sensitive === false || sensitive === null) return values;
  if (Array.isArray(values))
    return (values as unknown[]).map((item, key) => masked(item, at(key), mask));
  if (isObject(values)) {
    const entries = Object.entries(values);
    return Object.fromEntries(entries.map(([key, value]) => [key, masked(value, at(key), mask)]));
  }
  if (sensitive !== true || values === undefined || values === null || values === "") return values;
  // Do not mask twice, so that equal secrets stay equal.
  const secret = typeof values === "string" ? values : JSON.stringify(values);
  return isSensitive(secret) ? secret : mask(secret);
}

/** Fields of parameters and conditions, whose value may be an empty string. */
const MAY_BE_EMPTY = ["default", "left", "right", "value"];

/** Removes empty strings, which states have for unset values. Blocks are lists; maps belong to the user and are kept. */
export function withoutEmpty(block: unknown): unknown {
  return Object.fromEntries(
    Object.entries(objectOf(block)).flatMap(([key, value]) => {
      if (value === "" && !MAY_BE_EMPTY.includes(key)) return [];
      if (!Array.isArray(value)) return [[key, value]];
      const items: unknown[] = value;
      return [[key, items.map((item) => (isObject(item) ? withoutEmpty(item) : item))]];
    }),
  );
}

/** The objects of a list. */
export const list = (value: unknown): Json[] => (Array.isArray(value) ? value.map(objectOf) : []);
/** A string value; empty for other types. */
export const text = (value: unknown): string => (typeof value === "string" ? value : "");
