import type { WriteKind } from "../../model/lineage";
import { changeKnown, isKnown, unknownText } from "../unknown-text";
import type { Args, Interpreter } from "./interpreter";
import {
  FRAME,
  isType,
  itemsOf,
  labelOf,
  listOf,
  type ListValue,
  textOf,
  textsOf,
  unknown,
  type Value,
} from "./values";

/** Attributes that begin to write what they are of, whatever that is: nobody else has them. */
const FRAME_MEMBERS = new Set(["write", "writeStream"]);

/** The value of `of.name`; methods are bound. */
export function member(of: Value, name: string): Value {
  if (isType(of, "spark")) {
    if (name === "read") return { type: "reader", stream: false, format: "", path: undefined };
    if (name === "readStream") return { type: "reader", stream: true, format: "", path: undefined };
    if (name === "catalog") return { type: "catalog" };
    if (name === "conf") return { type: "conf" };
    return { type: "method", self: of, name };
  }
  if (isType(of, "dbutils")) {
    if (name === "widgets" || name === "fs" || name === "notebook") return { type: name };
    return { type: "external", path: `dbutils.${name}` };
  }
  if (isType(of, "external")) return externalMember(of.path, name);
  if (isType(of, "pipelines")) return { type: "method", self: of, name };
  const isUnknown = isType(of, "unknown");
  if (FRAME_MEMBERS.has(name) && (isType(of, "frame") || isUnknown))
    return {
      type: "writer",
      stream: name === "writeStream",
      format: "",
      mode: "",
      path: undefined,
    };
  // self.spark of a class that is not known.
  if (isUnknown && (name === "spark" || name === "_spark")) return { type: "spark" };
  if (isUnknown && name === "readStream")
    return { type: "reader", stream: true, format: "", path: undefined };
  if (isUnknown && isSessionName(of.label)) return member({ type: "spark" }, name);
  if (typeof of === "string" && (name === "value" || name === "name")) return of;
  if (isType(of, "function") && name === "__name__") return of.name;
  return { type: "method", self: of, name };
}

const isSessionName = (label: string): boolean => /^(?:spark|spark_?session|session)$/i.test(label);

function externalMember(path: string, name: string): Value {
  const whole = `${path}.${name}`;
  if (name === "DeltaTable") return { type: "deltaTableClass" };
  if (path === "pyspark" && name === "pipelines") return { type: "pipelines" };
  return { type: "external", path: whole };
}

/** Calls a method of a value that the code itself does not define. */
export function callMethod(interpreter: Interpreter, self: Value, name: string, args: Args): Value {
  if (typeof self === "string" || isType(self, "any")) return ofText(self, name, args);
  if (typeof self === "object" && self !== null) {
    switch (self.type) {
      case "spark":
        return ofSpark(interpreter, name, args);
      case "reader":
        return ofReader(interpreter, self, name, args);
      case "writer":
        return ofWriter(interpreter, self, name, args);
      case "writerTo":
        return ofWriterTo(interpreter, self, name);
      case "catalog":
        return ofCatalog(interpreter, name, args);
      case "conf":
        return ofConf(interpreter, name, args);
      case "widgets":
        return ofWidgets(interpreter, name, args);
      case "notebook":
        return ofNotebook(interpreter, name, args);
      case "fs":
        return ofFiles(interpreter, name, args);
      case "deltaTableClass":
        return ofDeltaTableClass(name, args);
      case "deltaTable":
        return ofDeltaTable(interpreter, self, name, args);
      case "deltaBuilder":
        return ofDeltaBuilder(interpreter, self, name, args);
      case "pipelines":
        return ofPipelines(interpreter, name, args);
      case "list":
        return ofList(self, name, args);
      case "dict":
        return ofDict(self, name, args);
      case "arguments":
        return ofArguments(interpreter, self, name, args);
      case "frame":
      case "unknown":
        return ofFrame(interpreter, self, name, args);
      default:
        break;
    }
  }
  interpreter.callFunctions(args);
  return unknown(name);
}

function given(args: Args, at: number, ...names: readonly string[]): Value | undefined {
  for (const name of names) {
    const value = args.named.get(name);
    if (value !== undefined) return value;
  }
  return args.positional[at];
}

/** Each text that a value may be: one of several, or each item of a list. */
function each(value: Value | undefined): readonly string[] {
  if (value === undefined) return [];
  if (isType(value, "list")) return value.items.flatMap((item) => textsOf(item));
  // A path object, a column, and so on.
  return textsOf(value);
}

function readTables({ session, here }: Interpreter, value: Value | undefined): Value {
  for (const text of each(value)) session.read(text, here);
  return FRAME;
}

function writeTables(
  { session, here }: Interpreter,
  value: Value | undefined,
  kind: WriteKind,
): Value {
  for (const text of each(value)) session.write(text, kind, here);
  return unknown("");
}

function readPaths({ session, here }: Interpreter, value: Value | undefined): Value {
  for (const text of each(value)) session.readPath(text, here);
  return FRAME;
}

function writePaths(
  { session, here }: Interpreter,
  value: Value | undefined,
  kind: WriteKind,
): void {
  for (const text of each(value)) session.writePath(text, kind, here);
}

/** Runs SQL: `{df}` and `:name` may be given beside it. */
function runSql(interpreter: Interpreter, args: Args): Value {
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

function ofSpark(interpreter: Interpreter, name: string, args: Args): Value {
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

/** Formats that are files or tables of files. */
const FILE_FORMATS = new Set(
  "delta parquet csv json text avro orc binaryfile xml cloudfiles iceberg image excel".split(" "),
);
const FILE_METHODS = new Set(["parquet", "csv", "json", "text", "orc", "delta", "avro", "xml"]);

function ofReader(
  interpreter: Interpreter,
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

/** `load("catalog.schema.table")` of Delta or Iceberg. */
const isTableName = (path: string): boolean =>
  /^[\w`]+\.[\w`]+(?:\.[\w`]+)?$/.test(path) &&
  !/\.(?:csv|json|parquet|txt|xml|avro|orc|gz|xlsx)$/i.test(path);

const MODES: Readonly<Record<string, WriteKind>> = {
  append: "append",
  overwrite: "overwrite",
  ignore: "create-if-missing",
};

function ofWriter(
  interpreter: Interpreter,
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

function ofWriterTo(
  interpreter: Interpreter,
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

function ofCatalog(interpreter: Interpreter, name: string, args: Args): Value {
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

/** Settings of Spark that the code itself makes; others, nobody knows. */
function ofConf({ settings }: Interpreter, name: string, args: Args): Value {
  const key = textOf(args.positional[0] ?? "");
  if (name !== "set") return settings.get(key) ?? unknown(key.split(".").at(-1) ?? "");
  settings.set(key, args.positional[1] ?? unknown(key));
  return null;
}

function ofWidgets({ session }: Interpreter, name: string, args: Args): Value {
  const widget = textOf(given(args, 0, "name") ?? unknown("name"));
  switch (name) {
    case "get":
      return widgetValue(session.widget(widget), widget);
    case "text":
    case "dropdown":
    case "combobox":
    case "multiselect":
      session.declareWidget(widget, textOf(given(args, 1, "defaultValue") ?? ""));
      return null;
    case "getAll": {
      const names = Object.keys(session.parameters.named);
      const entries = new Map(
        names.map((each_): [string, Value] => [each_, session.widget(each_) ?? ""]),
      );
      return { type: "dict", entries, open: true };
    }
    default:
      return null;
  }
}

function widgetValue(value: string | undefined, name: string): Value {
  // The handler of a try around it counts.
  return value ?? { type: "unknown", label: name, fails: true };
}

function ofNotebook(interpreter: Interpreter, name: string, args: Args): Value {
  if (name === "exit") return { type: "external", path: "exit" };
  if (name === "run") {
    const path = textOf(given(args, 0, "path") ?? unknown("path"));
    const passed = given(args, 2, "arguments");
    const parameters = new Map<string, string>();
    if (isType(passed, "dict"))
      for (const [key, value] of passed.entries) parameters.set(key, textOf(value));
    interpreter.runNotebook(path, parameters);
  }
  return unknown(name);
}

function ofFiles(interpreter: Interpreter, name: string, args: Args): Value {
  const [first, second] = args.positional;
  if (name === "cp" || name === "mv") {
    readPaths(interpreter, first);
    writePaths(interpreter, second, "create");
    if (name === "mv") writePaths(interpreter, first, "drop");
  } else if (name === "rm") writePaths(interpreter, first, "drop");
  else if (name === "put") writePaths(interpreter, first, "create");
  else if (name === "head" || name === "ls") readPaths(interpreter, first);
  return unknown(name);
}

function ofDeltaTableClass(name: string, args: Args): Value {
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

/** The name in the arguments of forName and forPath, behind the session or instead of it. */
function named(args: Args, ...names: readonly string[]): Value {
  for (const name of names) {
    const value = args.named.get(name);
    if (value !== undefined) return value;
  }
  const [first, second] = args.positional;
  return second ?? (first !== undefined && !isType(first, "spark") ? first : unknown("table"));
}

function ofDeltaTable(
  interpreter: Interpreter,
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

function ofDeltaBuilder(
  interpreter: Interpreter,
  builder: Extract<Value, { type: "deltaBuilder" }>,
  name: string,
  args: Args,
): Value {
  if (name === "tableName") writeTables(interpreter, args.positional[0], builder.kind);
  if (name === "location") writePaths(interpreter, args.positional[0], builder.kind);
  return builder;
}

/** Lakeflow declarative pipelines, `dlt` of old. */
function ofPipelines(interpreter: Interpreter, name: string, args: Args): Value {
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

/** Methods of a data frame, and of anything unknown that may be one. */
function ofFrame(interpreter: Interpreter, self: Value, name: string, args: Args): Value {
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
      // Of a session that is passed around under another name.
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
    : unknown(isType(self, "unknown") && self.label !== "" ? self.label : name);
}

function ofText(self: Value, name: string, args: Args): Value {
  if (isType(self, "any")) {
    const results = self.of.map((text) => ofText(text, name, args));
    const texts = results.flatMap((text) => (typeof text === "string" ? [text] : []));
    return texts.length === results.length ? { ...self, of: texts } : unknown(self.label);
  }
  const text = textOf(self);
  if (isTooLong(text, [...args.positional, ...args.named.values()])) return unknown("");
  const [first, second] = args.positional;
  switch (name) {
    case "format":
      return formatted(text, args);
    case "format_map":
      return isType(first, "dict")
        ? formatted(text, { positional: [], named: first.entries })
        : unknown("");
    case "lower":
    case "casefold":
      return changeKnown(text, (part) => part.toLowerCase());
    case "upper":
      return changeKnown(text, (part) => part.toUpperCase());
    case "title":
      return changeKnown(text, (part) =>
        part.toLowerCase().replace(/(?<![\p{L}])\p{L}/gu, (letter) => letter.toUpperCase()),
      );
    case "capitalize":
      return changeKnown(
        text,
        (part) => part.charAt(0).toUpperCase() + part.slice(1).toLowerCase(),
      );
    case "strip":
      return trimmed(text, first, true, true);
    case "lstrip":
      return trimmed(text, first, true, false);
    case "rstrip":
      return trimmed(text, first, false, true);
    case "replace":
      return typeof first === "string" && typeof second === "string" && first !== ""
        ? text.replaceAll(first, second)
        : unknown("");
    case "removeprefix":
      return typeof first === "string" && text.startsWith(first) ? text.slice(first.length) : text;
    case "removesuffix":
      return typeof first === "string" && first !== "" && text.endsWith(first)
        ? text.slice(0, -first.length)
        : text;
    case "split":
    case "rsplit": {
      if (first !== undefined && (typeof first !== "string" || first === "")) return unknown("");
      const parts = first === undefined ? text.trim().split(/\s+/) : text.split(first);
      if (typeof second === "number" && second > 0 && parts.length > second + 1) {
        const mark = first ?? " ";
        const at = name === "split" ? second : parts.length - second;
        return name === "split"
          ? listOf([...parts.slice(0, at), parts.slice(at).join(mark)])
          : listOf([parts.slice(0, at).join(mark), ...parts.slice(at)]);
      }
      return listOf(parts, !isKnown(text) && !parts.every((part) => part !== ""));
    }
    case "splitlines":
      return listOf(text.split("\n"));
    case "join": {
      if (!isType(first, "list") || first.open)
        return unknownText(first === undefined ? "" : labelOf(first));
      return first.items.map(textOf).join(text);
    }
    case "startsWith":
    case "startswith":
      return typeof first === "string" && isKnown(text) ? text.startsWith(first) : unknown("");
    case "endswith":
      return typeof first === "string" && isKnown(text) ? text.endsWith(first) : unknown("");
    default:
      return unknown(name);
  }
}

/** Whether texts put into a text, wherever they go, may become longer than anybody reads. */
export function isTooLong(text: string, values: readonly Value[]): boolean {
  const lengths = values.map((value) => (typeof value === "string" ? value.length : 0));
  return text.length * Math.max(0, ...lengths.slice(0, 1000)) > MAX_PRODUCT;
}

const MAX_PRODUCT = 50_000_000;

function trimmed(
  text: string,
  characters: Value | undefined,
  start: boolean,
  end: boolean,
): string {
  if (typeof characters !== "string") {
    if (start && end) return text.trim();
    return start ? text.trimStart() : text.trimEnd();
  }
  let from = 0;
  let to = text.length;
  while (start && from < to && characters.includes(text.charAt(from))) from++;
  while (end && to > from && characters.includes(text.charAt(to - 1))) to--;
  return text.slice(from, to);
}

function formatted(text: string, { positional, named: values }: Args): string {
  let next = 0;
  return text.replace(
    /\{\{|\}\}|\{(\w*)((?:\.\w+|\[[^\]{}]*\])*)(?:![rsa])?(?::[^{}]*)?\}/g,
    (all, name: string | undefined, rest = "") => {
      if (all === "{{") return "{";
      if (all === "}}") return "}";
      const key = name ?? "";
      const value = /^\d+$/.test(key)
        ? positional[Number(key)]
        : key === ""
          ? positional[next++]
          : values.get(key);
      if (rest !== "") {
        const path = String(rest).replace(/^[.[]|\]$/g, "");
        if (isType(value, "object")) return textOf(value.fields.get(path) ?? unknown(path));
        if (isType(value, "dict")) return textOf(value.entries.get(path) ?? unknown(path));
        return unknownText(path);
      }
      return textOf(value ?? unknown(key));
    },
  );
}

const MAX_LIST = 1000;

function ofList(list: ListValue, name: string, args: Args): Value {
  const [first] = args.positional;
  switch (name) {
    case "append":
    case "add":
      if (first !== undefined && list.items.length < MAX_LIST) list.items.push(first);
      return null;
    case "extend":
    case "update": {
      const items = first === undefined ? undefined : itemsOf(first);
      if (items === undefined || items.open || list.items.length > MAX_LIST) list.open = true;
      else list.items.push(...items.list.slice(0, MAX_LIST));
      return null;
    }
    case "pop":
      return list.items.pop() ?? unknown("");
    case "copy":
      return listOf([...list.items], list.open);
    case "index":
    case "count":
      return unknown(name);
    default:
      return unknown(name);
  }
}

function ofDict(dict: Extract<Value, { type: "dict" }>, name: string, args: Args): Value {
  const [first, second] = args.positional;
  const key = typeof first === "string" || typeof first === "number" ? String(first) : undefined;
  switch (name) {
    case "get":
    case "pop":
    case "setdefault": {
      if (key === undefined || !isKnown(key))
        return unknown(first === undefined ? "" : labelOf(first));
      const found = dict.entries.get(key);
      if (found !== undefined) return found;
      return dict.open ? unknown(key) : (second ?? null);
    }
    case "items":
      return listOf(
        [...dict.entries].map(([each_, value]) => listOf([each_, value])),
        dict.open,
      );
    case "keys":
      return listOf([...dict.entries.keys()], dict.open);
    case "values":
      return listOf([...dict.entries.values()], dict.open);
    case "update":
      if (isType(first, "dict"))
        for (const [each_, value] of first.entries) dict.entries.set(each_, value);
      else dict.open = true;
      for (const [each_, value] of args.named) dict.entries.set(each_, value);
      return null;
    case "copy":
      return { ...dict, entries: new Map(dict.entries) };
    default:
      return unknown(name);
  }
}

/** argparse: what the task passes, else the defaults. */
function ofArguments(
  { session }: Interpreter,
  parser: Extract<Value, { type: "arguments" }>,
  name: string,
  args: Args,
): Value {
  if (name === "add_argument") {
    const flags = args.positional.map(textOf);
    const long = flags.find((flag) => flag.startsWith("--")) ?? flags[0] ?? "";
    const field = textOf(args.named.get("dest") ?? long.replace(/^-+/, "").replaceAll("-", "_"));
    const passed = session.arguments();
    let value: Value | undefined;
    if (!long.startsWith("-")) {
      value = passed.filter((text) => !text.startsWith("-"))[parser.order.length];
      parser.order.push(field);
    } else {
      for (const [at, text] of passed.entries()) {
        if (flags.includes(text)) value = passed[at + 1];
        const flag = flags.find((each_) => text.startsWith(`${each_}=`));
        if (flag !== undefined) value = text.slice(flag.length + 1);
      }
    }
    parser.known.set(field, value ?? args.named.get("default") ?? unknown(field));
    return parser;
  }
  if (name === "parse_args" || name === "parse_known_args") {
    const parsed: Value = { type: "object", class: undefined, fields: new Map(parser.known) };
    return name === "parse_args" ? parsed : listOf([parsed, unknown("rest")]);
  }
  return parser;
}

const BUILTINS = new Set(
  "str int float bool len print list dict set tuple sorted reversed enumerate zip range map filter open getattr setattr isinstance any all min max sum format super display sql table getArgument type vars hasattr exit quit displayHTML locals globals".split(
    " ",
  ),
);

export const isBuiltin = (name: string): boolean => BUILTINS.has(name);

export function callBuiltin(interpreter: Interpreter, name: string, args: Args): Value {
  const [first, second, third] = args.positional;
  const items = first === undefined ? undefined : itemsOf(first);
  switch (name) {
    case "str":
    case "format":
      return first === undefined ? "" : isType(first, "unknown", "any") ? first : textOf(first);
    case "int":
    case "float":
      return typeof first === "number"
        ? first
        : typeof first === "string" &&
            isKnown(first) &&
            first.trim() !== "" &&
            !Number.isNaN(Number(first))
          ? Number(first)
          : unknown("");
    case "bool":
      return typeof first === "boolean" ? first : unknown("");
    case "len":
      return items === undefined || items.open ? unknown("len") : items.list.length;
    case "list":
    case "set":
    case "tuple":
    case "sorted":
    case "reversed":
      if (items === undefined) return first === undefined ? listOf([]) : first;
      return listOf([...items.list], items.open);
    case "dict": {
      if (isType(first, "dict"))
        return { ...first, entries: new Map([...first.entries, ...args.named]) };
      const entries = new Map(args.named);
      if (isType(first, "list"))
        for (const pair of first.items)
          if (isType(pair, "list") && typeof pair.items[0] === "string")
            entries.set(pair.items[0], pair.items[1] ?? null);
      return { type: "dict", entries, open: first !== undefined && !isType(first, "list") };
    }
    case "enumerate":
      if (items === undefined) return unknown("");
      return listOf(
        items.list.map((item, at) => listOf([at, item])),
        items.open,
      );
    case "zip": {
      const lists = args.positional.map((value) => itemsOf(value));
      if (lists.some((list) => list === undefined)) return unknown("");
      const length = Math.min(...lists.map((list) => list?.list.length ?? 0));
      return listOf(
        Array.from({ length }, (_, at) => listOf(lists.map((list) => list?.list[at] ?? null))),
        lists.some((list) => list?.open === true),
      );
    }
    case "range": {
      const [from, to] = typeof second === "number" ? [first, second] : [0, first];
      if (typeof from !== "number" || typeof to !== "number" || third !== undefined)
        return unknown("");
      return listOf(
        Array.from({ length: Math.max(0, Math.min(to - from, 1000)) }, (_, at) => from + at),
      );
    }
    case "map": {
      if (first === undefined || second === undefined) return unknown("");
      const list = itemsOf(second);
      if (list === undefined) return unknown("");
      return listOf(
        list.list
          .slice(0, 300)
          .map((item) => interpreter.callValue(first, { positional: [item], named: new Map() })),
        list.open,
      );
    }
    case "filter":
      return second ?? unknown("");
    case "open": {
      const mode = textOf(given(args, 1, "mode") ?? "r");
      const path = first === undefined ? "" : textOf(first);
      if (/^(?:\/dbfs\/|\/Volumes\/)/.test(path)) {
        if (/[wa]/.test(mode))
          writePaths(interpreter, path, mode.includes("a") ? "append" : "overwrite");
        else readPaths(interpreter, path);
      }
      return unknown("file");
    }
    case "getattr": {
      if (first === undefined || typeof second !== "string") return unknown("");
      if (isType(first, "object")) return first.fields.get(second) ?? third ?? unknown(second);
      if (isType(first, "module")) return first.scope.names.get(second) ?? third ?? unknown(second);
      return member(first, second);
    }
    case "sql":
      return runSql(interpreter, args);
    case "table":
      return readTables(interpreter, first);
    case "getArgument": {
      const widget = textOf(first ?? "");
      return widgetValue(
        interpreter.session.widget(widget) ?? (second === undefined ? undefined : textOf(second)),
        widget,
      );
    }
    case "exit":
    case "quit":
      return { type: "external", path: "exit" };
    case "isinstance":
    case "any":
    case "all":
    case "hasattr":
      return unknown("");
    default:
      interpreter.callFunctions(args);
      return name === "display" || name === "print" ? null : unknown(name);
  }
}

export function callExternal(interpreter: Interpreter, path: string, args: Args): Value {
  const [first, second] = args.positional;
  const last = path.split(".").at(-1) ?? path;
  if (/(?:SparkSession|DatabricksSession|builder)\b/.test(path)) {
    if (last === "getOrCreate" || last === "getActiveSession" || last === "active")
      return { type: "spark" };
    return { type: "external", path: path.slice(0, 200) };
  }
  if (last === "DBUtils" || path.endsWith("get_dbutils")) return { type: "dbutils" };
  switch (path) {
    case "os.getenv":
    case "os.environ.get":
      return unknown(typeof first === "string" ? first : "");
    case "os.path.join":
      return args.positional
        .map(textOf)
        .join("/")
        .replace(/\/{2,}/g, "/");
    case "json.loads":
      return typeof first === "string" && isKnown(first)
        ? fromJson(first)
        : unknown(first === undefined ? "" : labelOf(first));
    case "json.dumps":
    case "copy.deepcopy":
    case "copy.copy":
      return first ?? unknown("");
    case "argparse.ArgumentParser":
      return { type: "arguments", known: new Map(), order: [] };
    case "sys.path.append":
    case "sys.path.insert": {
      const folder = path.endsWith("insert") ? second : first;
      if (typeof folder === "string" && isKnown(folder)) interpreter.addPath(folder);
      return null;
    }
    case "sys.exit":
      return { type: "external", path: "exit" };
    case "os.path.abspath":
    case "os.path.normpath":
    case "pathlib.Path":
    case "pathlib.PurePosixPath":
      return first === undefined ? unknown("") : args.positional.map(textOf).join("/");
    case "functools.reduce":
      interpreter.callFunctions(args);
      return isType(second, "list") && second.items.some((item) => isType(item, "frame"))
        ? FRAME
        : unknown("");
    case "functools.partial":
      return first ?? unknown("");
    case "collections.OrderedDict":
    case "types.SimpleNamespace":
      return { type: "object", class: undefined, fields: new Map(args.named) };
    case "threading.Thread":
    case "multiprocessing.Process": {
      const target = args.named.get("target");
      const list = args.named.get("args");
      if (target !== undefined)
        interpreter.callValue(target, {
          positional: isType(list, "list") ? list.items : [],
          named: new Map(),
        });
      return unknown(last);
    }
    case "pyspark.sql.DataFrame.unionByName":
      return FRAME;
    default:
      break;
  }
  if (/^pandas\.read_(?:csv|parquet|json|excel|orc|xml)$/.test(path)) {
    if (typeof first === "string" && /^(?:\/|[a-z][a-z0-9+]*:\/)/i.test(first))
      readPaths(interpreter, first);
    return unknown("");
  }
  if (/^(?:pandas|pyspark\.pandas)\.read_(?:table|delta)$/.test(path))
    return path.endsWith("table") ? readTables(interpreter, first) : readPaths(interpreter, first);
  if (path.startsWith("dbutils."))
    return unknown(
      typeof first === "string" && isKnown(first) ? textOf(args.named.get("key") ?? first) : last,
    );
  interpreter.callFunctions(args);
  return unknown(last);
}

const MAX_JSON = 100_000;

/** The value of JSON text. */
export function fromJson(text: string): Value {
  if (text.length > MAX_JSON) return unknown("");
  try {
    return valueOfJson(JSON.parse(text));
  } catch {
    return unknown("");
  }
}

function valueOfJson(value: unknown): Value {
  if (Array.isArray(value)) return listOf(value.map(valueOfJson));
  if (typeof value === "object" && value !== null)
    return {
      type: "dict",
      entries: new Map(Object.entries(value).map(([key, inner]) => [key, valueOfJson(inner)])),
      open: false,
    };
  return value as string | number | boolean | null;
}
