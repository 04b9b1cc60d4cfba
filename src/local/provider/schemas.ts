import { buildSchema, type RawBlock, type Schema } from "./schema";
import { EXTRAS } from "./schema-extras";
import * as raw from "./schema.json";

/** The names in `schema.json`: a resource type, a data source type after `data.`, or `provider`. */
export type SchemaName = keyof typeof raw;

const built = new Map<SchemaName, Schema>();

/** The schema of that name, built once. */
export function schemaOf(name: SchemaName): Schema {
  let schema = built.get(name);
  if (schema === undefined) {
    const { version = 0, extras = {} } = EXTRAS[name] ?? {};
    schema = buildSchema(version, raw[name] as RawBlock, extras);
    built.set(name, schema);
  }
  return schema;
}
