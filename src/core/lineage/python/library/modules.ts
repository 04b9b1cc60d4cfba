import { isKnown } from "../../unknown-text";
import type { Args, Evaluator } from "../evaluator";
import { FRAME, isType, textOf, unknown, type Value } from "../values";
import { isShared, readPaths, readTables, writePaths } from "./arguments";
import { fromDocument } from "./documents";

type ModuleFunction = (interpreter: Evaluator, args: Args, path: string) => Value;

const lastOf = (path: string): string => path.split(".").at(-1) ?? path;

const joinPaths: ModuleFunction = (_, { positional }) =>
  positional
    .map(textOf)
    .join("/")
    .replace(/\/{2,}/g, "/");

const environment: ModuleFunction = (_, { positional: [first] }) =>
  unknown(typeof first === "string" ? first : "");

const sameValue: ModuleFunction = (_, { positional: [first] }) => first ?? unknown("");

const asPath: ModuleFunction = (_, { positional: [first, ...others] }) =>
  first === undefined ? unknown("") : [first, ...others].map(textOf).join("/");

const loadJson: ModuleFunction = (_, { positional: [first] }) => fromDocument(first, "json");
const loadYaml: ModuleFunction = (_, { positional: [first] }) => fromDocument(first, "yaml");

const addPath: ModuleFunction = (interpreter, { positional: [first, second] }, path) => {
  const folder = path.endsWith("insert") ? second : first;
  if (typeof folder === "string" && isKnown(folder)) interpreter.addPath(folder);
  return null;
};

const reduce: ModuleFunction = (interpreter, args) => {
  const [, second] = args.positional;
  interpreter.callFunctions(args);
  return isType(second, "list") && second.items.some((item) => isType(item, "frame"))
    ? FRAME
    : unknown("");
};

const withFields: ModuleFunction = (_, { named }) => ({
  type: "object",
  class: undefined,
  fields: new Map(named),
});

const startThread: ModuleFunction = (interpreter, { named }, path) => {
  const target = named.get("target");
  const list = named.get("args");
  if (target !== undefined)
    interpreter.callValue(target, {
      positional: isType(list, "list") ? list.items : [],
      named: new Map(),
    });
  return unknown(lastOf(path));
};

/** Copies between the driver and volumes; the driver's own files are irrelevant to lineage. */
const copyFile: ModuleFunction = (interpreter, { positional: [first, second] }, path) => {
  if (isShared(first)) {
    readPaths(interpreter, first);
    if (path.endsWith("move")) writePaths(interpreter, first, "drop");
  }
  if (isShared(second)) writePaths(interpreter, second, "create");
  return unknown(lastOf(path));
};

const readPandas: ModuleFunction = (interpreter, { positional: [first] }) => {
  if (typeof first === "string" && /^(?:\/|[a-z][a-z0-9+]*:\/)/i.test(first))
    readPaths(interpreter, first);
  return unknown("");
};

const featureStore: ModuleFunction = () => ({ type: "features" });

/** Library functions that determine table names and paths. */
const FUNCTIONS: Readonly<Record<string, ModuleFunction | undefined>> = {
  "os.getenv": environment,
  "os.environ.get": environment,
  "os.path.join": joinPaths,
  "os.path.abspath": asPath,
  "os.path.normpath": asPath,
  "pathlib.Path": asPath,
  "pathlib.PurePosixPath": asPath,
  "json.loads": loadJson,
  "json.load": loadJson,
  "json.dumps": sameValue,
  "yaml.safe_load": loadYaml,
  "yaml.load": loadYaml,
  "yaml.full_load": loadYaml,
  "copy.deepcopy": sameValue,
  "copy.copy": sameValue,
  "argparse.ArgumentParser": () => ({ type: "arguments", known: new Map(), order: [] }),
  "sys.path.append": addPath,
  "sys.path.insert": addPath,
  "databricks.feature_engineering.FeatureEngineeringClient": featureStore,
  "databricks.feature_store.FeatureStoreClient": featureStore,
  "sys.exit": () => ({ type: "external", path: "exit" }),
  "functools.reduce": reduce,
  "functools.partial": sameValue,
  "collections.OrderedDict": withFields,
  "types.SimpleNamespace": withFields,
  "threading.Thread": startThread,
  "multiprocessing.Process": startThread,
  "pyspark.sql.DataFrame.unionByName": () => FRAME,
  "shutil.copy": copyFile,
  "shutil.copy2": copyFile,
  "shutil.copyfile": copyFile,
  "shutil.copytree": copyFile,
  "shutil.move": copyFile,
  "pandas.read_csv": readPandas,
  "pandas.read_parquet": readPandas,
  "pandas.read_json": readPandas,
  "pandas.read_excel": readPandas,
  "pandas.read_orc": readPandas,
  "pandas.read_xml": readPandas,
  "pandas.read_table": (interpreter, { positional: [first] }) => readTables(interpreter, first),
  "pandas.read_delta": (interpreter, { positional: [first] }) => readPaths(interpreter, first),
  "pyspark.pandas.read_table": (interpreter, { positional: [first] }) =>
    readTables(interpreter, first),
  "pyspark.pandas.read_delta": (interpreter, { positional: [first] }) =>
    readPaths(interpreter, first),
};

/** Calls a library function. @param path its import name, such as `os.path.join` */
export function callExternal(interpreter: Evaluator, path: string, args: Args): Value {
  const last = lastOf(path);
  if (/(?:SparkSession|DatabricksSession|builder)\b/.test(path)) {
    if (last === "getOrCreate" || last === "getActiveSession" || last === "active")
      return { type: "spark" };
    return { type: "external", path: path.slice(0, 200) };
  }
  if (last === "DBUtils" || path.endsWith("get_dbutils")) return { type: "dbutils" };
  const called = Object.hasOwn(FUNCTIONS, path) ? FUNCTIONS[path] : undefined;
  if (called !== undefined) return called(interpreter, args, path);
  if (path.startsWith("dbutils.")) {
    const [first] = args.positional;
    return unknown(
      typeof first === "string" && isKnown(first) ? textOf(args.named.get("key") ?? first) : last,
    );
  }
  interpreter.callFunctions(args);
  return unknown(last);
}
