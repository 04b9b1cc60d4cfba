import { MARKED } from "../../unknown-text";
import type { Args, Evaluator } from "../evaluator";
import { FRAME, isType, textOf, unknown, type Value } from "../values";
import { each, given, readPaths, readTables, writeTables } from "./arguments";

/** Runs SQL; `{df}` and `:name` are bound by its arguments. */
export function runSql(interpreter: Evaluator, args: Args): Value {
  const { session, here } = interpreter;
  const own = new Map<string, string>();
  const bound =
    args.named.get("args") ?? (isType(args.positional[1], "dict") ? args.positional[1] : undefined);
  if (isType(bound, "dict"))
    for (const [name, value] of bound.entries) own.set(name, textOf(value));
  for (const text of each(given(args, 0, "sqlQuery", "query"))) {
    const filled = text.replace(/\{(\w{1,100})\}/g, (all, name: string) => {
      const value = args.named.get(name);
      if (value === undefined) return all;
      if (isType(value, "frame", "unknown")) return "(SELECT 1)";
      return textOf(value);
    });
    session.sql(filled, () => here, own);
  }
  return FRAME;
}

export function ofSpark(interpreter: Evaluator, name: string, args: Args): Value {
  switch (name) {
    case "sql":
      return runSql(interpreter, args);
    case "table":
      return readTables(interpreter, given(args, 0, "tableName", "name"));
    case "newSession":
    case "getActiveSession":
    case "builder":
      return { type: "spark" };
    case "range":
    case "createDataFrame":
    case "emptyDataFrame":
      return FRAME;
    default:
      interpreter.callFunctions(args);
      return unknown(name);
  }
}

/** Formats of files, or of tables stored in files. */
export const FILE_FORMATS = new Set(
  "delta parquet csv json text avro orc binaryfile xml cloudfiles iceberg image excel".split(" "),
);

export const FILE_METHODS = new Set([
  "parquet",
  "csv",
  "json",
  "text",
  "orc",
  "delta",
  "avro",
  "xml",
]);

export function ofReader(
  interpreter: Evaluator,
  reader: Extract<Value, { type: "reader" }>,
  name: string,
  args: Args,
): Value {
  if (name === "format")
    return { ...reader, format: textOf(given(args, 0, "source") ?? "").toLowerCase() };
  if (name === "option") {
    const key = textOf(args.positional[0] ?? "").toLowerCase();
    return key === "path" ? { ...reader, path: args.positional[1] } : reader;
  }
  if (name === "options") return { ...reader, path: args.named.get("path") ?? reader.path };
  if (name === "table") return readTables(interpreter, given(args, 0, "tableName"));
  if (name === "load") {
    const path = given(args, 0, "path") ?? reader.path;
    if (path === undefined) return FRAME;
    if (reader.format !== "" && !FILE_FORMATS.has(reader.format)) return FRAME;
    if (typeof path === "string" && isTableName(path) && reader.format !== "csv")
      return readTables(interpreter, path);
    return readPaths(interpreter, path);
  }
  if (FILE_METHODS.has(name)) return readPaths(interpreter, given(args, 0, "path", "paths"));
  if (name === "jdbc") return FRAME;
  return reader;
}

/** `load("catalog.schema.table")` for Delta or Iceberg. */
const isTableName = (path: string): boolean =>
  TABLE_NAME.test(path) && !/\.(?:csv|json|parquet|txt|xml|avro|orc|gz|xlsx)$/i.test(path);

const TABLE_NAME = new RegExp(`^[\\w\`${MARKED}]+(?:\\.[\\w\`${MARKED}]+){1,2}$`);

export function ofCatalog(interpreter: Evaluator, name: string, args: Args): Value {
  const { session } = interpreter;
  const text = textOf(args.positional[0] ?? "");
  if (name === "setCurrentCatalog") session.use(text, undefined);
  else if (name === "setCurrentDatabase") {
    const [first, second] = text.split(".");
    if (second === undefined) session.use(undefined, first);
    else session.use(first, second);
  } else if (name === "createTable" || name === "createExternalTable")
    writeTables(interpreter, args.positional[0], "create");
  else if (name === "tableExists" || name === "databaseExists") return unknown(name);
  return unknown(name);
}

/** Spark settings made by the code itself; others are unknown. */
export function ofConf({ settings }: Evaluator, name: string, args: Args): Value {
  const key = textOf(args.positional[0] ?? "");
  if (name !== "set") return settings.get(key) ?? unknown(key.split(".").at(-1) ?? "");
  settings.set(key, args.positional[1] ?? unknown(key));
  return null;
}
