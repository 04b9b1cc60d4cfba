/**
 * Converts between a resource's state and the JSON of the workspace's API. Both hold the same arguments. They differ in
 * the form of nested objects (a block is a list of at most one), in a few names, and in the meaning of absent values.
 */
import { type Int64, int64Of, isObject } from "@jobstrata/core/model";
import { UNKNOWN, ValueError, asObject, listOf, type Obj, type Value } from "./cty";
import { isZero } from "./plan";
import type { Attribute, AttributeType, Block, NestedBlock } from "./schema";

export type Json = null | string | number | bigint | boolean | Json[] | { [name: string]: Json };
export type JsonObject = Record<string, Json>;

/** Repeatable blocks, which are singular in Terraform and plural in the API. */
const PLURALS: Readonly<Record<string, string>> = {
  environment: "environments",
  job_cluster: "job_clusters",
  library: "libraries",
  parameter: "parameters",
  task: "tasks",
};

const GIT_SOURCE: Readonly<Record<string, string>> = {
  branch: "git_branch",
  commit: "git_commit",
  provider: "git_provider",
  tag: "git_tag",
  url: "git_url",
};

/** Exists in Terraform only. */
const NEVER_SENT = new Set(["provider_config"]);

function attributeName(name: string, parent: string): string {
  return parent === "git_source" ? (GIT_SOURCE[name] ?? name) : name;
}

function blockName(name: string, nested: NestedBlock): string {
  return nested.maxItems === 1 ? name : (PLURALS[name] ?? name);
}

/**
 * The request body for `state`, with the arguments that are set. Like the genuine provider, omits zero values unless
 * the argument is required.
 *
 * @param parent - the name of the block that contains `state`; "" for a resource
 */
export function toWire(block: Block, state: Obj, parent = ""): JsonObject {
  const body: JsonObject = {};
  for (const [name, attribute] of block.attributes) {
    const value = state[name] ?? null;
    if (value === UNKNOWN || value === null || (!attribute.required && isZero(value))) continue;
    body[attributeName(name, parent)] = value as Json;
  }
  for (const [name, nested] of block.blocks) {
    const items = listOf(state[name]);
    if (items.length === 0 || NEVER_SENT.has(name)) continue;
    const bodies = items.map((item) => toWire(nested.block, asObject(item) ?? {}, name));
    body[blockName(name, nested)] = nested.maxItems === 1 ? (bodies[0] ?? {}) : bodies;
  }
  return body;
}

/** Converts a nested block of a response to its full shape. */
function fromWire(block: Block, answer: JsonObject, parent: string): Obj {
  const result: Record<string, Value> = {};
  for (const [name, attribute] of block.attributes) {
    result[name] = attributeFromWire(attribute, answer[attributeName(name, parent)] ?? null);
  }
  for (const [name, nested] of block.blocks) {
    result[name] = blocksFromWire(name, nested, answer[blockName(name, nested)] ?? null);
  }
  return result;
}

function blocksFromWire(name: string, nested: NestedBlock, answer: Json): Value {
  const items = Array.isArray(answer) ? answer : [answer];
  return items.flatMap((item) => (isJsonObject(item) ? [fromWire(nested.block, item, name)] : []));
}

/**
 * Converts an attribute of a response. An absent attribute gets the zero value of its type, as in the genuine
 * provider's structs.
 */
function attributeFromWire(attribute: Attribute, answer: Json): Value {
  switch (attribute.type) {
    case "number":
      return answer === null ? 0 : scalarFromWire("number", answer);
    case "bool":
      return answer === null ? false : scalarFromWire("bool", answer);
    case "string":
      return answer === null ? "" : scalarFromWire("string", answer);
    case "map(string)":
      return mapFromWire(isJsonObject(answer) ? answer : {});
    default:
      return Array.isArray(answer) ? answer.map((item) => scalarFromWire("string", item)) : [];
  }
}

function mapFromWire(answer: JsonObject): Value {
  const entries = Object.entries(answer);
  return Object.fromEntries(entries.map(([key, item]) => [key, scalarFromWire("string", item)]));
}

/** @throws {ValueError} for an integer of more than 64 bits */
function scalarFromWire(type: AttributeType, answer: Json): Value {
  if (answer === null || typeof answer === "object") return null;
  if (type === "string") return String(answer);
  if (type !== "number") return Boolean(answer);
  if (typeof answer === "number" && !Number.isInteger(answer)) return answer;
  const integer = int64Of(answer);
  if (integer !== undefined) return integer;
  throw new ValueError(
    `the workspace answered with a number too large to be handled exactly: ${String(answer)}`,
    [],
  );
}

/**
 * Merges a response into `state`. Arguments that the response omits keep their values. Arguments that are not
 * configured are ignored. A new or imported resource takes all arguments.
 */
export function mergeAnswer(block: Block, state: Obj, answer: JsonObject, isNew: boolean): Obj {
  const result: Record<string, Value> = { ...state };
  const takes = (name: string, computed: boolean): boolean =>
    isNew || computed || !isZero(state[name] ?? null);
  for (const [name, attribute] of block.attributes) {
    const value = attributeFromWire(attribute, answer[name] ?? null);
    const scalar = attribute.type === "number" || attribute.type === "bool";
    if (!scalar && isZero(value) && !attribute.required) continue;
    if (takes(name, attribute.computed)) result[name] = value;
  }
  for (const [name, nested] of block.blocks) {
    const value = blocksFromWire(name, nested, answer[blockName(name, nested)] ?? null);
    if (!isZero(value) && takes(name, nested.computed)) result[name] = value;
  }
  return result;
}

/** Converts a response to the value of a data source. */
export function readAnswer(block: Block, answer: JsonObject): Obj {
  return fromWire(block, answer, "");
}

/** Replaces unknowns in `state` with null or nothing, for requests. */
export function withoutUnknowns(block: Block, state: Obj): Obj {
  const result: Record<string, Value> = {};
  for (const name of block.attributes.keys()) {
    const value = state[name] ?? null;
    result[name] = value === UNKNOWN ? null : value;
  }
  for (const [name, nested] of block.blocks) {
    const value = state[name] ?? null;
    if (nested.nesting === "single") result[name] = value;
    else {
      result[name] = listOf(value).map((item) =>
        withoutUnknowns(nested.block, asObject(item) ?? {}),
      );
    }
  }
  return result;
}

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return isObject(value);
}

/** The objects in a list of a response; empty if it is not a list. */
export function jsonObjects(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

/** A string or number of a response, as a string; empty for other types. */
export function jsonText(value: Json | undefined): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "bigint" ? String(value) : "";
}

/** An integer of a response, of up to 64 bits; otherwise 0, as in the genuine provider. */
export function jsonInteger(value: Json | undefined): Int64 {
  return typeof value === "number" || typeof value === "bigint" ? (int64Of(value) ?? 0) : 0;
}
