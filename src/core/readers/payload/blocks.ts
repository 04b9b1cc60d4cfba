import { isExpression } from "../../model/job-spec";
import { isObject, type Json, objectsOf } from "../../model/json";

// How payloads write blocks and values: Terraform's JSON, YAML and the Jobs API each have their own ways.

/** The blocks called `name`: one object, a list of them, or the content of dynamic ones. */
export function blocks(parent: Json, name: string): readonly Json[] {
  const written = objectsOf(parent[name]);
  return parent.dynamic === undefined ? written : [...written, ...dynamicBlocks(parent, name)];
}

export function dynamicBlocks(parent: Json, name: string): readonly Json[] {
  const dynamic = isObject(parent.dynamic) ? objectsOf(parent.dynamic[name]) : [];
  return dynamic.flatMap((block) => objectsOf(block.content));
}

/** Null and a list of no blocks are, to Terraform, the same as nothing. */
export function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);
}

export function text(value: unknown): string {
  return textOf(value) ?? "";
}

/** Text as the service gets it: YAML and JSON write numbers and true or false without quotes. */
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
  // Nobody knows what is in it.
  if (typeof map === "string" && isExpression(map)) return { [map]: "" };
  if (!isObject(map)) return {};
  const texts: Record<string, string> = {};
  for (const key in map) define(texts, key, text(map[key]));
  return texts;
}

/** As a value of its own, whatever it is called. */
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

/** A property that is there only with a value. */
export function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? NOTHING : ({ [key]: value } as Partial<Record<K, V>>);
}

/** Blocks of Terraform that the Jobs API has lists of, by a name in the plural. */
const BLOCKS = ["task", "environment", "parameter", "job_cluster"];

/** What the Jobs API calls an attribute of Terraform: `task` is `tasks`. */
export function apiName(attribute: string): string {
  return BLOCKS.includes(attribute) ? `${attribute}s` : attribute;
}
