import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { doesNotExist, invalidParameter } from "../../api-error";
import { warehouseOf } from "../../execute/query";
import { object } from "../../schema/shape";
import { pageQuery } from "../../http/paging";
import type { Identity } from "../identity/identity";
import { flag, get, integer, type Route } from "../../http/route";

const METASTORE = "10ca10ca-0000-0000-0000-000000000000";
const lists = { max_results: integer.optional(), include_browse: flag.optional(), ...pageQuery };

/** Unity Catalog API, read-only, over the warehouse folder. SQL creates and changes the catalogs, schemas and tables. */
export function unityCatalogRoutes(dataDir: string, me: Identity, workspaceId: string): Route[] {
  const root = warehouseOf(dataDir);
  const common = { owner: me.userName, metastore_id: METASTORE };

  const catalogView = (name: string): object => ({
    ...common,
    name,
    full_name: name,
    catalog_type: "MANAGED_CATALOG",
    securable_type: "CATALOG",
    isolation_mode: "OPEN",
  });
  const schemaView = (catalog_name: string, name: string): object => ({
    ...common,
    name,
    catalog_name,
    full_name: `${catalog_name}.${name}`,
    catalog_type: "MANAGED_CATALOG",
    securable_type: "SCHEMA",
  });
  const tableView = (catalog_name: string, schema_name: string, name: string): object => {
    const folder = join(root, catalog_name, schema_name, name);
    return {
      ...common,
      name,
      catalog_name,
      schema_name,
      full_name: `${catalog_name}.${schema_name}.${name}`,
      table_type: "MANAGED",
      data_source_format: "DELTA",
      securable_type: "TABLE",
      storage_location: `file://${folder}`,
      columns: columnsOf(folder),
    };
  };
  const found = (kind: string, full: string, depth: number): string[] => {
    const names = full.split(".");
    if (names.length !== depth)
      throw invalidParameter(`"${full.slice(0, 200)}" is not the full name of a ${kind}.`);
    names.reduce((folder, name) => {
      if (!foldersIn(folder).includes(name))
        throw doesNotExist(`${kind} '${full.slice(0, 200)}' does not exist.`);
      return join(folder, name);
    }, root);
    return names;
  };

  return [
    get("unity-catalog/current-metastore-assignment", ["2.1"], object({}), () => ({
      metastore_id: METASTORE,
      workspace_id: +workspaceId,
      default_catalog_name: foldersIn(root)[0] ?? "",
    })),
    get("unity-catalog/metastore_summary", ["2.1"], object({}), () => ({
      metastore_id: METASTORE,
      name: "local",
      owner: me.userName,
    })),
    get("unity-catalog/catalogs", ["2.1"], object(lists), () => ({
      catalogs: foldersIn(root).map(catalogView),
    })),
    get("unity-catalog/catalogs/*", ["2.1"], object({}), ({ wildcard }) => {
      found("Catalog", wildcard, 1);
      return catalogView(wildcard);
    }),
    get(
      "unity-catalog/schemas",
      ["2.1"],
      object({ catalog_name: z.string(), ...lists }),
      ({ query: { catalog_name } }) => {
        found("Catalog", catalog_name, 1);
        const schemas = foldersIn(join(root, catalog_name));
        return { schemas: schemas.map((name) => schemaView(catalog_name, name)) };
      },
    ),
    get("unity-catalog/schemas/*", ["2.1"], object({}), ({ wildcard }) => {
      const [catalog = "", schema = ""] = found("Schema", wildcard, 2);
      return schemaView(catalog, schema);
    }),
    get(
      "unity-catalog/tables",
      ["2.1"],
      object({ catalog_name: z.string(), schema_name: z.string(), ...lists }),
      ({ query: { catalog_name, schema_name } }) => {
        found("Schema", `${catalog_name}.${schema_name}`, 2);
        const tables = foldersIn(join(root, catalog_name, schema_name));
        return { tables: tables.map((name) => tableView(catalog_name, schema_name, name)) };
      },
    ),
    get("unity-catalog/tables/*", ["2.1"], object({}), ({ wildcard }) => {
      const [catalog = "", schema = "", table = ""] = found("Table", wildcard, 3);
      return tableView(catalog, schema, table);
    }),
    get("unity-catalog/tables/*/exists", ["2.1"], object({}), ({ wildcard }) => {
      try {
        found("Table", wildcard, 3);
      } catch {
        return { table_exists: false };
      }
      return { table_exists: true };
    }),
  ];
}

/** Names of the subfolders of a warehouse folder, sorted. */
function foldersIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => !/^[._]/.test(name) && statSync(join(folder, name)).isDirectory())
    .sort();
}

interface Field {
  readonly name: string;
  readonly type: unknown;
  readonly nullable: boolean;
}

/** The columns of a Delta table, from the last metadata entry of its log. Empty if only a checkpoint holds them. */
function columnsOf(table: string): object[] {
  const log = join(table, "_delta_log");
  if (!existsSync(log)) return [];
  const commits = readdirSync(log).filter((name) => /^\d{20}\.json$/.test(name));
  for (const commit of commits.sort().reverse()) {
    const line = readFileSync(join(log, commit), "utf8")
      .split("\n")
      .find((text) => text.includes('"metaData"'));
    if (line === undefined) continue;
    const { metaData } = JSON.parse(line) as { metaData?: { schemaString?: string } };
    if (metaData?.schemaString === undefined) continue;
    const { fields } = JSON.parse(metaData.schemaString) as { fields: readonly Field[] };
    return fields.map(({ name, type, nullable }, position) => ({
      name,
      position,
      nullable,
      type_name: typeName(type),
      type_text: sqlType(type),
      type_json: JSON.stringify(type),
    }));
  }
  return [];
}

const typeName = (type: unknown): string =>
  typeof type === "string"
    ? (type === "integer" ? "int" : type).replace(/\(.*/, "").toUpperCase()
    : String((type as { type?: unknown }).type).toUpperCase();

const SQL_NAMES: Readonly<Record<string, string>> = {
  byte: "tinyint",
  integer: "int",
  long: "bigint",
  short: "smallint",
};

/** Converts a type of the Delta log to SQL. */
function sqlType(type: unknown): string {
  if (typeof type === "string") return SQL_NAMES[type] ?? type;
  const nested = type as {
    readonly type?: string;
    readonly elementType?: unknown;
    readonly keyType?: unknown;
    readonly valueType?: unknown;
    readonly fields?: readonly Field[];
  };
  switch (nested.type) {
    case "array":
      return `array<${sqlType(nested.elementType)}>`;
    case "map":
      return `map<${sqlType(nested.keyType)},${sqlType(nested.valueType)}>`;
    default:
      return `struct<${(nested.fields ?? []).map(({ name, type: of }) => `${name}:${sqlType(of)}`).join(",")}>`;
  }
}
