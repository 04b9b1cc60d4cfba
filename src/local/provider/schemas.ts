import { buildSchema, type RawBlock, type Schema } from "./schema";
import { extrasOf } from "./schema-extras";
import * as raw132 from "./schema-1.132.json";
import * as raw99 from "./schema-1.99.json";
import type { ProviderVersion } from "./version";

/** The names in the schema files: a resource type, a data source type after `data.`, or `provider`. */
export type SchemaName = keyof typeof raw99;

const RAW: Readonly<Record<ProviderVersion, Readonly<Record<SchemaName, unknown>>>> = {
  "1.99": raw99,
  "1.132": raw132,
};

const built = new Map<string, Schema>();

/** The schema of a name in a provider version, cached. */
export function schemaOf(name: SchemaName, provider: ProviderVersion): Schema {
  const key = `${provider} ${name}`;
  let schema = built.get(key);
  if (schema === undefined) {
    const { version, extras } = extrasOf(name, provider);
    schema = buildSchema(version, RAW[provider][name] as RawBlock, extras);
    built.set(key, schema);
  }
  return schema;
}
