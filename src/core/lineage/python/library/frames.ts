import type { Args, Evaluator } from "../evaluator";
import { failing, FRAME, isType, unknown, type Value } from "../values";
import { each, given, writePaths, writeTables } from "./arguments";
import { runSql } from "./spark";

/** Methods of a data frame, and of any unknown value that could be one. */
export function ofFrame(interpreter: Evaluator, self: Value, name: string, args: Args): Value {
  const { session, here } = interpreter;
  const isFrame = isType(self, "frame");
  const [first] = args.positional;
  switch (name) {
    case "writeTo":
      return { type: "writerTo", table: first ?? unknown("table") };
    case "createOrReplaceTempView":
    case "createTempView":
    case "registerTempTable":
      for (const text of each(given(args, 0, "name"))) session.temporaryView(text);
      return null;
    case "createOrReplaceGlobalTempView":
    case "createGlobalTempView":
      for (const text of each(given(args, 0, "name")))
        session.write(`global_temp.${text}`, "create", here);
      return null;
    case "saveAsTable":
    case "insertInto":
    case "toTable":
      if (!isFrame)
        return writeTables(interpreter, first, name === "saveAsTable" ? "create" : "append");
      break;
    case "to_csv":
    case "to_parquet":
    case "to_json":
    case "to_excel":
      if (typeof first === "string" && /^(?:\/|[a-z][a-z0-9+]*:\/)/i.test(first))
        writePaths(interpreter, first, "overwrite");
      return unknown(name);
    case "transform": {
      if (first === undefined) break;
      const rest = args.positional.slice(1);
      interpreter.callValue(first, { positional: [FRAME, ...rest], named: args.named });
      return FRAME;
    }
    case "getOrCreate":
      return { type: "spark" };
    case "sql":
      // A session that is passed around under another name.
      if (
        !isFrame &&
        typeof first === "string" &&
        /^\s*(?:select|with|insert|merge|create|delete|update|drop|truncate|copy)\b/i.test(first)
      )
        return runSql(interpreter, args);
      break;
    default:
      break;
  }
  interpreter.callFunctions(args);
  return isFrame
    ? FRAME
    : (failing(self) ?? unknown(isType(self, "unknown") && self.label !== "" ? self.label : name));
}
