import type { Args, Evaluator } from "../evaluator";
import { isType, unknown, type Value } from "../values";
import { ofArguments } from "./argparse";
import { ofDict, ofList } from "./collections";
import { ofDeltaBuilder, ofDeltaTable, ofDeltaTableClass } from "./delta";
import { ofFile, projectFile } from "./documents";
import { ofFeatures } from "./features";
import { ofFrame } from "./frames";
import { ofPipelines } from "./pipelines";
import { ofCatalog, ofConf, ofReader, ofSpark } from "./spark";
import { nameOfPath, ofText } from "./text";
import { ofFiles, ofNotebook, ofWidgets } from "./utilities";
import { ofWriter, ofWriterTo } from "./writers";

/** Attributes that start a write on any object: no other library has them. */
const FRAME_MEMBERS = new Set(["write", "writeStream"]);

/** The value of `of.name`; methods are bound to their object. */
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
  // self.spark of an unknown class.
  if (isUnknown && (name === "spark" || name === "_spark")) return { type: "spark" };
  if (isUnknown && name === "readStream")
    return { type: "reader", stream: true, format: "", path: undefined };
  if (isUnknown && isSessionName(of.label)) return member({ type: "spark" }, name);
  if (typeof of === "string" && name === "value") return of;
  // An enumeration or a path.
  if (typeof of === "string" && name === "name") return nameOfPath(of);
  if (isType(of, "function") && name === "__name__") return of.name;
  return { type: "method", self: of, name };
}

/** Common names of the Spark session. */
export const isSessionName = (label: string): boolean =>
  /^(?:spark|spark_?session|session)$/i.test(label);

function externalMember(path: string, name: string): Value {
  const whole = `${path}.${name}`;
  if (name === "DeltaTable") return { type: "deltaTableClass" };
  if (path === "pyspark" && name === "pipelines") return { type: "pipelines" };
  return { type: "external", path: whole };
}

/** Calls a method that the code itself does not define. */
export function callMethod(interpreter: Evaluator, self: Value, name: string, args: Args): Value {
  if (typeof self === "string" && name === "read_text")
    return ofFile(projectFile(interpreter, self), name);
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
      case "features":
        return ofFeatures(interpreter, name, args);
      case "file":
        return ofFile(self, name);
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
