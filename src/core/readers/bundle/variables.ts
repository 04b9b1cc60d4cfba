import { isValueMap, type Value, type ValueMap } from "./yaml-file";

/** The keys of the ways in which a target may redefine a variable; a map with others is a value. */
const DEFINITIONS = [
  ["default", "description", "type"],
  ["default", "type"],
  ["default", "description"],
  ["description", "lookup"],
  ["default"],
  ["lookup"],
].map((keys) => keys.join());

/**
 * The variables of a bundle as a target changes them: a value is replaced, never merged, and a lookup gives way to a value,
 * as a value does to a lookup.
 *
 * @param undeclared called with each variable that only the target knows, which the Databricks CLI refuses
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
