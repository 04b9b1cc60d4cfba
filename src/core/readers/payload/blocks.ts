import { isExpression } from "../../model/job-spec";
import { isObject, type Json, objectsOf } from "../../model/json";

// Reads blocks and values in the formats of Terraform's JSON, YAML and the Jobs API.

/** The blocks named `name`: a single object, a list, or the content of dynamic blocks. */
export function blocks(parent: Json, name: string): readonly Json[] {
  const written = objectsOf(parent[name]);
  return parent.dynamic === undefined ? written : [...written, ...dynamicBlocks(parent, name)];
}

export function dynamicBlocks(parent: Json, name: string): readonly Json[] {
  const dynamic = isObject(parent.dynamic) ? objectsOf(parent.dynamic[name]) : [];
  return dynamic.flatMap((block) => objectsOf(block.content));
}

/** False for null and an empty list of blocks, which Terraform treats as absent. */
export function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

export function text(value: unknown): string {
  return textOf(value) ?? "";
}

/** A scalar as text: YAML and JSON may write numbers and booleans without quotes. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? String(value)
    : undefined;
}

export function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && !Number.isNaN(number) ? number : undefined;
}

export function readMap(map: unknown): Record<string, string> {
  // The contents of an expression are unknown.
  if (typeof map === "string" && isExpression(map)) return { [map]: "" };
  if (!isObject(map)) return {};
  const texts: Record<string, string> = {};
  for (const key in map) define(texts, key, text(map[key]));
  return texts;
}

/** Defines an own property, even for the key `__proto__`. */
function define(texts: Record<string, string>, key: string, value: string): void {
  if (key === "__proto__")
    Object.defineProperty(texts, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  else texts[key] = value;
}

const NOTHING = {};

/** An object with the property, or empty if the value is undefined. */
export function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? NOTHING : ({ [key]: value } as Partial<Record<K, V>>);
}

/** Terraform blocks that are lists with plural names in the Jobs API. */
const BLOCKS = ["task", "environment", "parameter", "job_cluster"];

/** The Jobs API name of a Terraform attribute: `tasks` for `task`. */
export function apiName(attribute: string): string {
  return BLOCKS.includes(attribute) ? `${attribute}s` : attribute;
}
