/**
 * Plans a change of a resource: the state that apply must reach, and whether the object must be replaced. Follows the
 * plugin SDK of the genuine provider, so that both agree on what counts as a change.
 */
import { UNKNOWN, asObject, hasUnknown, listOf, type Obj, type Path, type Value } from "./cty";
import type { Attribute, Block, NestedBlock, Suppression } from "./schema";

export interface Plan {
  readonly planned: Obj;
  /** Paths of changed arguments that cannot be updated in place. */
  readonly replace: readonly Path[];
}

/** Plans the change of a resource from `prior` (null if it does not exist) to `config`. */
export function planChange(block: Block, prior: Obj | null, config: Obj): Plan {
  const replace: Path[] = [];
  const planned = planBlock(block, prior, config, { create: prior === null, path: [], replace });
  return { planned, replace };
}

interface Context {
  /** Whether the resource is new. Computed values are unknown only then. */
  readonly create: boolean;
  readonly path: Path;
  readonly replace: Path[];
}

/** @param config - null if the block is not configured but its prior value may stay */
function planBlock(block: Block, prior: Obj | null, config: Obj | null, context: Context): Obj {
  const result: Record<string, Value> = {};
  for (const [name, attribute] of block.attributes) {
    const before = prior?.[name] ?? null;
    const after = planAttribute(attribute, before, config?.[name] ?? null, context.create);
    result[name] = after;
    if (attribute.forceNew && prior !== null && !isSame(before, after)) {
      context.replace.push([...context.path, name]);
    }
  }
  for (const [name, nested] of block.blocks) {
    const inner = { ...context, path: [...context.path, name] };
    result[name] = planNested(nested, prior?.[name] ?? null, config?.[name] ?? null, inner);
  }
  return result;
}

function planAttribute(attribute: Attribute, prior: Value, config: Value, create: boolean): Value {
  const wanted = config ?? attribute.default ?? null;
  if (wanted === null) {
    if (attribute.computed) return create ? UNKNOWN : prior;
    return isZero(prior) ? prior : withoutConfiguration(attribute, prior);
  }
  if (isZero(wanted) && asObject(wanted) !== null)
    return prior !== null && isZero(prior) ? prior : null;
  // As in the SDK, one unknown member makes the whole map unknown.
  if (attribute.type === "map(string)" && hasUnknown(wanted)) return UNKNOWN;
  return !create && isSame(prior, wanted) ? prior : wanted;
}

/** The planned value of an argument that is no longer configured, or that only the workspace has. */
function withoutConfiguration(attribute: Attribute, prior: Value): Value {
  if (Array.isArray(prior)) {
    // Keeps only the length of a suppressed list. This reproduces a flaw of the genuine provider: the SDK compares
    // lengths.
    return attribute.suppress === undefined ? [] : prior.map(() => "");
  }
  if (isSuppressed(attribute.suppress, prior)) return prior;
  return asObject(prior) === null ? null : {};
}

function planNested(nested: NestedBlock, prior: Value, config: Value, context: Context): Value {
  if (config === UNKNOWN) return UNKNOWN;
  if (nested.nesting === "single") return config;
  const before = listOf(prior);
  const wanted = listOf(config);
  if (wanted.length === 0) {
    if (nested.computed) return context.create ? UNKNOWN : before;
    if (nested.suppress === undefined) return [];
    return before.map((item, index) => planItem(nested, item, null, index, context));
  }
  if (nested.nesting === "set") return planSet(nested.block, before, wanted);
  return wanted.map((item, index) =>
    item === UNKNOWN ? UNKNOWN : planItem(nested, before[index] ?? null, item, index, context),
  );
}

function planItem(
  nested: NestedBlock,
  prior: Value,
  config: Value,
  index: number,
  context: Context,
): Obj {
  const inner = { ...context, path: [...context.path, index] };
  return planBlock(nested.block, asObject(prior), asObject(config), inner);
}

/**
 * Plans a set. Members have no index: existing members keep their prior form; new members have zero values instead of
 * nulls.
 */
function planSet(block: Block, prior: readonly Value[], config: readonly Value[]): Value {
  const left = [...prior];
  return config.map((item) => {
    const index = left.findIndex((candidate) => isSame(candidate, item));
    if (index >= 0) return left.splice(index, 1)[0] ?? null;
    const member = asObject(item);
    return member === null ? item : withZeros(block, member);
  });
}

/** Replaces nulls of a set member with zero values, as the SDK does. */
function withZeros(block: Block, member: Obj): Obj {
  const result: Record<string, Value> = { ...member };
  for (const [name, { type }] of block.attributes) {
    if (result[name] === null && type in ZEROS) result[name] = ZEROS[type] ?? null;
  }
  return result;
}

const ZEROS: Readonly<Record<string, Value>> = { string: "", number: 0, bool: false };

/**
 * Converts `state`, read after an apply, to the form that the plan announced. The SDK treats an empty list or map like
 * an absent one, so the plan decides which form to keep. Sets stay as planned.
 */
export function keepPlannedForm(block: Block, state: Obj, planned: Obj): Obj {
  const result: Record<string, Value> = { ...state };
  for (const [name, { type }] of block.attributes) {
    const read = state[name] ?? null;
    const wanted = planned[name] ?? null;
    if (hasUnknown(wanted)) continue;
    const isCollection = type !== "number" && type !== "bool" && type !== "string";
    if (isCollection ? isZero(read) && isZero(wanted) : read === null && wanted === "")
      result[name] = wanted;
    else if (type === "set(string)" && wanted !== null) result[name] = wanted;
  }
  for (const [name, { nesting, block: inner }] of block.blocks) {
    const read = state[name] ?? null;
    const wanted = planned[name] ?? null;
    if (wanted === UNKNOWN || nesting === "single") continue;
    if (nesting === "set") {
      if (!hasUnknown(wanted)) result[name] = wanted;
      continue;
    }
    const items = listOf(wanted);
    if (listOf(read).length !== items.length) continue;
    result[name] = listOf(read).map((item, index) =>
      keepPlannedForm(inner, asObject(item) ?? {}, asObject(items[index] ?? null) ?? {}),
    );
  }
  return result;
}

/** Whether to keep `prior`, which is not configured, without showing a change. */
function isSuppressed(suppress: Suppression | undefined, prior: Value): boolean {
  if (suppress === undefined) return false;
  return suppress === "any" || prior === suppress.value;
}

/** Whether two values are equal to the SDK, which treats an absent value like the zero value of its type. */
export function isSame(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (a === UNKNOWN || b === UNKNOWN) return false;
  if (isZero(a) && isZero(b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    const others: readonly Value[] = b;
    return a.length === b.length && a.every((item: Value, i) => isSame(item, others[i] ?? null));
  }
  const [first, second] = [asObject(a), asObject(b)];
  if (first === null || second === null) return false;
  const keys = Object.keys(first);
  return (
    keys.length === Object.keys(second).length &&
    keys.every((key) => key in second && isSame(first[key] ?? null, second[key] ?? null))
  );
}

/** Whether the SDK treats `value` as unset. */
export function isZero(value: Value): boolean {
  if (value === null || value === "" || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}
