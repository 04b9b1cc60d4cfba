import type { WriteKind } from "../../../model/lineage";
import type { Args, Evaluator } from "../evaluator";
import { FRAME, textOf, unknown, type Value } from "../values";
import { given, writePaths, writeTables } from "./arguments";
import { FILE_FORMATS, FILE_METHODS } from "./spark";

const MODES: Readonly<Record<string, WriteKind>> = {
  append: "append",
  overwrite: "overwrite",
  ignore: "create-if-missing",
};

export function ofWriter(
  interpreter: Evaluator,
  writer: Extract<Value, { type: "writer" }>,
  name: string,
  args: Args,
): Value {
  const mode = (fallback?: Value): WriteKind => {
    const text = textOf(args.named.get("mode") ?? fallback ?? writer.mode).toLowerCase();
    return writer.stream ? "append" : (MODES[text] ?? "create");
  };
  switch (name) {
    case "mode":
      return { ...writer, mode: textOf(given(args, 0, "saveMode") ?? "") };
    case "format":
      return { ...writer, format: textOf(given(args, 0, "source") ?? "").toLowerCase() };
    case "option": {
      const key = textOf(args.positional[0] ?? "").toLowerCase();
      return key === "path" ? { ...writer, path: args.positional[1] } : writer;
    }
    case "options":
      return { ...writer, path: args.named.get("path") ?? writer.path };
    case "saveAsTable":
    case "toTable":
    case "table":
      return writeTables(interpreter, given(args, 0, "name", "tableName"), mode());
    case "insertInto": {
      const isOverwrite = given(args, 1, "overwrite") === true || writer.mode === "overwrite";
      return writeTables(
        interpreter,
        given(args, 0, "tableName"),
        isOverwrite ? "overwrite" : "append",
      );
    }
    case "save":
    case "start": {
      const path = given(args, 0, "path") ?? writer.path;
      if (path !== undefined && (writer.format === "" || FILE_FORMATS.has(writer.format)))
        writePaths(interpreter, path, mode());
      return unknown("query");
    }
    case "foreachBatch":
    case "foreach": {
      const [called] = args.positional;
      if (called !== undefined)
        interpreter.callValue(called, {
          positional: [FRAME, unknown("batch_id")],
          named: new Map(),
        });
      return writer;
    }
    case "jdbc":
      return unknown("");
    default:
      if (FILE_METHODS.has(name)) {
        writePaths(interpreter, given(args, 0, "path"), mode(args.positional[1]));
        return unknown("");
      }
      return writer;
  }
}

export function ofWriterTo(
  interpreter: Evaluator,
  writer: Extract<Value, { type: "writerTo" }>,
  name: string,
): Value {
  const kinds: Readonly<Record<string, WriteKind>> = {
    append: "append",
    create: "create",
    replace: "overwrite",
    createOrReplace: "overwrite",
    overwrite: "overwrite",
    overwritePartitions: "overwrite",
  };
  const kind = kinds[name];
  return kind === undefined ? writer : writeTables(interpreter, writer.table, kind);
}
