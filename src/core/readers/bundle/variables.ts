import { isValueMap, type Value, type ValueMap } from "./yaml-file";

/** Sets of keys with which a target can redefine a variable; a map with other keys is a value. */
const DEFINITIONS = [
  ["default", "description", "type"],
  ["default", "type"],
  ["default", "description"],
  ["description", "lookup"],
  ["default"],
  ["lookup"],
].map((keys) => keys.join());

/**
 * Applies a target to the variables of a bundle. Values are replaced, never merged; a value replaces a lookup and vice
 * versa.
 *
 * @param undeclared called with each variable that only the target declares, which the Databricks CLI rejects
 */
export function overrideVariables(
  declared: Value,
  given: Value,
  undeclared: (name: string) => void,
): ValueMap {
  const result = Object.assign(Object.create(null), isValueMap(declared) ? declared : {}) as Record<
    string,
    Value
  >;
  for (const [name, value] of isValueMap(given) ? Object.entries(given) : []) {
    if (!(name in result)) undeclared(name);
    if (value === undefined || value === null) continue;
    const isDefinition =
      isValueMap(value) && DEFINITIONS.includes(Object.keys(value).sort().join());
    const { default: preset, lookup } = isDefinition
      ? value
      : { default: value, lookup: undefined };
    const before = result[name];
    result[name] = {
      ...(isValueMap(before) ? before : {}),
      ...(preset !== undefined && { default: preset, lookup: null }),
      ...(lookup !== undefined && { default: null, lookup }),
    };
  }
  return result;
}
