/**
 * Terraform's values: their encoding on the wire (MessagePack) and in state files (JSON), and their representation here
 * as plain JavaScript values, with a symbol for "unknown".
 *
 * A value always has the full shape of its schema: an object has every attribute (null if unset), and an absent block
 * is an empty list. All functions here are linear in the size of the value.
 */
import { int64Of, isObject, parseJson } from "@jobstrata/core/model";
import { ExtData, ExtensionCodec, decode, encode } from "@msgpack/msgpack";
import type { AttributeType, Block, NestedBlock } from "./schema";

/** A value that is known only after apply. */
export const UNKNOWN: unique symbol = Symbol("unknown");

export type Value =
  | null
  | typeof UNKNOWN
  | string
  | number
  | bigint
  | boolean
  | readonly Value[]
  | { readonly [name: string]: Value };

/** The value of a block or resource: every attribute and nested block by its Terraform name. */
export type Obj = Readonly<Record<string, Value>>;

/** A path into a value, as in Terraform's diagnostics: names, and indexes of lists. */
export type Path = readonly (string | number)[];

/** A value that does not match its schema or cannot be represented exactly. */
export class ValueError extends Error {
  public constructor(
    message: string,
    public readonly path: Path,
  ) {
    super(message);
  }
}

/**
 * MessagePack extensions. 0 is a plain unknown. 12 is an unknown with refinements (`"job-${databricks_job.a.id}"`
 * starts with "job-"), which providers may ignore.
 */
const UNKNOWN_TYPES = [0, 12];
const extensions = new ExtensionCodec();
for (const type of UNKNOWN_TYPES) {
  extensions.register({
    type,
    encode: () => null,
    decode: () => UNKNOWN,
  });
}
/** Terraform's encoding of a plain unknown. */
const UNKNOWN_EXTENSION = new ExtData(0, new Uint8Array([0]));

/**
 * Decodes a value in the full shape of `block`. Null for a resource that does not exist.
 * @throws {ValueError} for an integer of more than 64 bits, or a value that does not match the schema
 */
export function decodeMsgpack(bytes: Uint8Array, block: Block): Obj | null {
  return conform(decode(bytes, { extensionCodec: extensions, useBigInt64: true }), block);
}

/** Decodes the JSON of a state file in the full shape of `block`. Drops arguments that no longer exist. */
export function decodeJson(text: string, block: Block): Obj | null {
  return conform(parseJson(text), block);
}

/** Encodes a value, which must have the full shape of its schema. */
export function encodeMsgpack(value: Obj | null): Uint8Array {
  return encode(withExtensions(value), { useBigInt64: true });
}

function withExtensions(value: Value): unknown {
  if (value === UNKNOWN) return UNKNOWN_EXTENSION;
  if (Array.isArray(value)) return value.map(withExtensions);
  if (typeof value !== "object" || value === null) return value;
  const result: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) result[name] = withExtensions(member);
  return result;
}

/** A value of `block` with nothing set. */
export function emptyObject(block: Block): Obj {
  return objectOf(block, {}, []);
}

/**
 * Converts `value` to the full shape of `block`.
 * @throws {ValueError}
 */
export function conform(value: unknown, block: Block): Obj | null {
  if (value === null || value === undefined) return null;
  return objectOf(block, value, []);
}

function objectOf(block: Block, value: unknown, path: Path): Obj {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ValueError(`expected an object, got ${describe(value)}`, path);
  }
  const given = value as Readonly<Record<string, unknown>>;
  const result: Record<string, Value> = {};
  for (const [name, attribute] of block.attributes) {
    result[name] = attributeOf(attribute.type, given[name], path, name);
  }
  for (const [name, nested] of block.blocks) {
    result[name] = blocksOf(nested, given[name], path, name);
  }
  return result;
}

function blocksOf(nested: NestedBlock, value: unknown, path: Path, name: string): Value {
  if (value === UNKNOWN) return UNKNOWN;
  const missing = value === null || value === undefined;
  if (nested.nesting === "single") {
    return missing ? null : objectOf(nested.block, value, [...path, name]);
  }
  if (missing) return [];
  if (!Array.isArray(value)) {
    throw new ValueError(`expected a list of blocks, got ${describe(value)}`, [...path, name]);
  }
  return value.map((item: unknown, index) =>
    item === UNKNOWN ? UNKNOWN : objectOf(nested.block, item, [...path, name, index]),
  );
}

function attributeOf(
  type: AttributeType,
  value: unknown,
  path: Path,
  name: string | number,
): Value {
  if (value === null || value === undefined) return null;
  if (value === UNKNOWN) return UNKNOWN;
  const fail = (): never => {
    throw new ValueError(`expected a ${type}, got ${describe(value)}`, [...path, name]);
  };
  switch (type) {
    case "string":
      return typeof value === "string" ? value : fail();
    case "bool":
      return typeof value === "boolean" ? value : fail();
    case "number":
      return numberOf(value, [...path, name]);
    case "list(string)":
    case "set(string)":
      if (!Array.isArray(value)) return fail();
      return value.map((item: unknown, index) =>
        attributeOf("string", item, [...path, name], index),
      );
    case "map(string)": {
      if (typeof value !== "object" || Array.isArray(value)) return fail();
      const result: Record<string, Value> = {};
      for (const [key, member] of Object.entries(value)) {
        result[key] = attributeOf("string", member, [...path, name], key);
      }
      return result;
    }
  }
}

/** Rejects numbers beyond 64 bits, which Terraform sends as text, because rounding would change them. */
function numberOf(value: unknown, path: Path): number | bigint {
  if (typeof value === "number" && !Number.isInteger(value)) return value;
  const integer = typeof value === "string" ? undefined : int64Of(value);
  if (integer !== undefined) return integer;
  throw new ValueError(`the number ${describe(value)} is too large to be handled exactly`, path);
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "symbol" ? "an unknown value" : String(value);
}

/** Whether `value` contains an unknown at any depth. */
export function hasUnknown(value: Value): boolean {
  if (value === UNKNOWN) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknown);
}

/** The members of a list or set; empty if it is absent or unknown. */
export function listOf(value: Value | undefined): readonly Value[] {
  return Array.isArray(value) ? (value as readonly Value[]) : [];
}

/** `value` if it is an object or a map, otherwise null. */
export function asObject(value: Value | undefined): Obj | null {
  return isObject(value) ? value : null;
}
