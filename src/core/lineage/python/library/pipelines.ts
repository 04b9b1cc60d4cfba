import type { Args, Evaluator } from "../evaluator";
import { isType, textOf, unknown, type Value } from "../values";
import { given, readTables, writeTables } from "./arguments";

/** Lakeflow Declarative Pipelines, formerly `dlt`. */
export function ofPipelines(interpreter: Evaluator, name: string, args: Args): Value {
  switch (name) {
    case "read":
    case "read_stream":
    case "readStream":
      return readTables(interpreter, given(args, 0, "name"));
    case "create_streaming_table":
    case "create_target_table":
    case "create_sink":
    case "create_streaming_live_table":
      writeTables(interpreter, given(args, 0, "name"), "create-if-missing");
      return unknown(name);
    case "apply_changes":
    case "create_auto_cdc_flow":
    case "apply_changes_from_snapshot":
      writeTables(interpreter, args.named.get("target") ?? args.positional[0], "merge");
      readTables(interpreter, args.named.get("source") ?? args.positional[1]);
      return unknown(name);
    case "table":
    case "view":
    case "materialized_view":
    case "temporary_view":
    case "create_table": {
      const [called] = args.positional;
      const decorated = `pipelines.${name}`;
      // @dlt.table, without arguments
      if (isType(called, "function")) return { type: "external", path: decorated };
      const table = given(args, 0, "name");
      return {
        type: "external",
        path: table === undefined ? decorated : `${decorated} ${textOf(table)}`,
      };
    }
    default:
      return { type: "external", path: `pipelines.${name}` };
  }
}
