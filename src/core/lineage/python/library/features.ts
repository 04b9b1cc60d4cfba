import type { Args, Evaluator } from "../evaluator";
import { textOf, unknown, type Value } from "../values";
import { given, readTables, writeTables } from "./arguments";

/** The client of the feature store. */
export function ofFeatures(interpreter: Evaluator, name: string, args: Args): Value {
  const table = given(args, 0, "name");
  switch (name) {
    case "read_table":
      return readTables(interpreter, table);
    case "create_table":
      return writeTables(interpreter, table, args.named.has("df") ? "create" : "create-if-missing");
    case "write_table": {
      const mode = textOf(args.named.get("mode") ?? "merge");
      return writeTables(interpreter, table, mode === "overwrite" ? "overwrite" : "merge");
    }
    default:
      return unknown(name);
  }
}
