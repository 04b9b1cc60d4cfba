import type { WriteKind } from "../../../model/lineage";
import type { Args, Evaluator } from "../evaluator";
import { isType, unknown, type Value } from "../values";
import { readPaths, readTables, writePaths, writeTables } from "./arguments";

export function ofDeltaTableClass(name: string, args: Args): Value {
  switch (name) {
    case "forName":
      return { type: "deltaTable", name: named(args, "tableOrViewName", "name"), isPath: false };
    case "forPath":
      return { type: "deltaTable", name: named(args, "path"), isPath: true };
    case "create":
    case "createOrReplace":
    case "replace":
      return { type: "deltaBuilder", kind: "create" };
    case "createIfNotExists":
      return { type: "deltaBuilder", kind: "create-if-missing" };
    default:
      return unknown(name);
  }
}

/** The name argument of forName and forPath, after the session or without it. */
function named(args: Args, ...names: readonly string[]): Value {
  for (const name of names) {
    const value = args.named.get(name);
    if (value !== undefined) return value;
  }
  const [first, second] = args.positional;
  return second ?? (first !== undefined && !isType(first, "spark") ? first : unknown("table"));
}

export function ofDeltaTable(
  interpreter: Evaluator,
  table: Extract<Value, { type: "deltaTable" }>,
  name: string,
  args: Args,
): Value {
  const write = (kind: WriteKind): Value => {
    if (table.isPath) writePaths(interpreter, table.name, kind);
    else writeTables(interpreter, table.name, kind);
    return unknown(name);
  };
  switch (name) {
    case "alias":
      return table;
    case "toDF":
      return table.isPath
        ? readPaths(interpreter, table.name)
        : readTables(interpreter, table.name);
    case "merge":
      return write("merge");
    case "update":
    case "updateExpr":
    case "delete":
      return write("update");
    case "restoreToVersion":
    case "restoreToTimestamp":
      return write("overwrite");
    default:
      interpreter.callFunctions(args);
      return unknown(name);
  }
}

export function ofDeltaBuilder(
  interpreter: Evaluator,
  builder: Extract<Value, { type: "deltaBuilder" }>,
  name: string,
  args: Args,
): Value {
  if (name === "tableName") writeTables(interpreter, args.positional[0], builder.kind);
  if (name === "location") writePaths(interpreter, args.positional[0], builder.kind);
  return builder;
}
