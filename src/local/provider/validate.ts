import { UNKNOWN, asObject, listOf, type Obj, type Path, type Value } from "./cty";
import { error, warning, type Diagnostic } from "./diagnostic";
import { isZero } from "./plan";
import type { Block } from "./schema";

/**
 * Checks a configuration against its schema for invalid values and deprecated arguments. Terraform itself checks types,
 * required arguments and the number of blocks.
 */
export function validateBlock(block: Block, config: Obj, path: Path = []): Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const [name, attribute] of block.attributes) {
    const value = config[name] ?? null;
    const at = [...path, name];
    found.push(...deprecation(attribute.deprecated, value, at));
    if (typeof value !== "string" || attribute.allowed?.includes(value) !== false) continue;
    const detail = `expected one of ${attribute.allowed.join(", ")}, got ${JSON.stringify(value)}`;
    found.push(error(`Invalid ${name}`, detail, at));
  }
  for (const [name, nested] of block.blocks) {
    found.push(...deprecation(nested.deprecated, config[name] ?? null, [...path, name]));
    // A diagnostic's path cannot identify a member of a set.
    if (nested.nesting !== "list") continue;
    for (const [index, item] of listOf(config[name]).entries()) {
      const object = asObject(item);
      if (object !== null)
        found.push(...validateBlock(nested.block, object, [...path, name, index]));
    }
  }
  return found;
}

function deprecation(reason: string | undefined, value: Value, path: Path): Diagnostic[] {
  if (reason === undefined || value === UNKNOWN || isZero(value)) return [];
  return [warning("Argument is deprecated", reason, path)];
}

/** Whether an argument or block is configured. False for unknown values. */
export function isSet(value: Value | undefined): boolean {
  return value !== undefined && value !== UNKNOWN && !isZero(value);
}

/** An error if more than one of `names` is configured. */
export function conflicts(config: Obj, names: readonly string[]): Diagnostic[] {
  const set = names.filter((name) => isSet(config[name]) || listOf(config[name]).length > 0);
  if (set.length < 2) return [];
  const list = set.map((name) => `"${name}"`).join(", ");
  return [error("Conflicting configuration arguments", `Only one of ${list} can be set.`)];
}
