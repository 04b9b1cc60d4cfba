/**
 * What a change of the configuration does to a resource: the state that apply must reach, and whether the object has
 * to be replaced. It follows the rules of the plugin SDK that the genuine provider is built with, so that the two
 * agree on what is a change and what is not.
 */
import { UNKNOWN, asObject, hasUnknown, listOf, type Obj, type Path, type Value } from "./cty";
import type { Attribute, Block, NestedBlock, Suppression } from "./schema";

export interface Plan {
  readonly planned: Obj;
  /** Arguments that can't be changed in place, as paths. */
  readonly replace: readonly Path[];
}

/** The plan that brings a resource from `prior` (null: it does not exist) to `config`. */
export function planChange(block: Block, prior: Obj | null, config: Obj): Plan {
  const replace: Path[] = [];
  const planned = planBlock(block, prior, config, { create: prior === null, path: [], replace });
  return { planned, replace };
}

interface Context {
  /** Whether the whole resource is new: only then is a computed value unknown. */
  readonly create: boolean;
  readonly path: Path;
  readonly replace: Path[];
}

/** @param config - null where a block is not configured, but its prior value may stay */
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
  // One member of a map that is not known yet hides the whole map, in the SDK.
  if (attribute.type === "map(string)" && hasUnknown(wanted)) return UNKNOWN;
  return !create && isSame(prior, wanted) ? prior : wanted;
}

/** What becomes of a value that is configured no longer, or that only the workspace has. */
function withoutConfiguration(attribute: Attribute, prior: Value): Value {
  if (Array.isArray(prior)) {
    // Only the length of a suppressed list is kept. That is how the SDK compares, and a flaw of the genuine provider.
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

/** Members of a set have no index: one that was there already keeps its prior form. In a new one nothing is null. */
function planSet(block: Block, prior: readonly Value[], config: readonly Value[]): Value {
  const left = [...prior];
  return config.map((item) => {
    const index = left.findIndex((candidate) => isSame(candidate, item));
    if (index >= 0) return left.splice(index, 1)[0] ?? null;
    const member = asObject(item);
    return member === null ? item : withZeros(block, member);
  });
}

/** A member of a set as the SDK writes it: the zero value of its type for what is not configured. */
function withZeros(block: Block, member: Obj): Obj {
  const result: Record<string, Value> = { ...member };
  for (const [name, { type }] of block.attributes) {
    if (result[name] === null && type in ZEROS) result[name] = ZEROS[type] ?? null;
  }
  return result;
}

const ZEROS: Readonly<Record<string, Value>> = { string: "", number: 0, bool: false };

/**
 * `state`, which was read after an apply, in the form that the plan announced: to the SDK an empty list or map and
 * none are the same, and the plan decides which of them is kept. A set is kept as it was planned.
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

/** Whether `prior`, which is not configured, is kept without showing a change. */
function isSuppressed(suppress: Suppression | undefined, prior: Value): boolean {
  if (suppress === undefined) return false;
  return suppress === "any" || prior === suppress.value;
}

/** Whether the SDK sees no difference: to it an absent value and the zero value of its type are the same. */
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

/** Whether the SDK takes `value` for not set. */
export function isZero(value: Value): boolean {
  if (value === null || value === "" || value === 0 || value === false) return true;
  if (Array.isArray(value)) return value.length === 0;
  return typeof value === "object" && Object.keys(value).length === 0;
}
