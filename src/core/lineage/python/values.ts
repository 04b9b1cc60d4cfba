import { isKnown, unknownText } from "../unknown-text";
import type { Expression, FunctionSyntax, Parameter, Statement } from "./syntax";

/** The value of an expression, as far as the code determines it. Text is a string in which unknown parts are marked. */
export type Value =
  | string
  | number
  | boolean
  | null
  | ListValue
  | DictValue
  | FunctionValue
  | ClassValue
  | ObjectValue
  | Namespace
  | ExternalValue
  | BoundMethod
  | AnyOf
  | SparkValue
  | Unknown;

/** @param label names the value in output */
export interface Unknown {
  readonly type: "unknown";
  readonly label: string;
  /** Reading it fails unless something sets it: a widget. */
  readonly fails?: true;
}

export interface ListValue {
  readonly type: "list";
  readonly items: Value[];
  /** Whether there can be more items. */
  open: boolean;
}

interface DictValue {
  readonly type: "dict";
  readonly entries: Map<string, Value>;
  open: boolean;
  /** The label of unknown entries. */
  readonly label?: string;
}

export interface FunctionValue {
  readonly type: "function";
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[] | Expression;
  readonly scope: Scope;
  readonly unit: Unit;
  /** How a class attribute is called: on access, without the object, or with the class. */
  readonly binding?: "property" | "static" | "class";
}

export interface ClassValue {
  readonly type: "class";
  readonly name: string;
  readonly scope: Scope;
  readonly bases: readonly Value[];
  /** Field names in order, for the constructor of a data class. */
  readonly fields: readonly string[];
}

interface ObjectValue {
  readonly type: "object";
  readonly class: ClassValue | undefined;
  readonly fields: Map<string, Value>;
}

/** A project module. */
export interface Namespace {
  readonly type: "module";
  readonly path: string;
  readonly scope: Scope;
}

/** A library member by its import name, such as `os.path.join`. */
interface ExternalValue {
  readonly type: "external";
  readonly path: string;
}

interface BoundMethod {
  readonly type: "method";
  readonly self: Value;
  readonly name: string;
  readonly function?: FunctionValue;
}

/** One of several strings; the code does not determine which. */
interface AnyOf {
  readonly type: "any";
  readonly of: readonly string[];
  readonly label: string;
}

/** Objects of Spark, Delta and Databricks Utilities. */
type SparkValue =
  | {
      readonly type:
        | "spark"
        | "catalog"
        | "conf"
        | "frame"
        | "dbutils"
        | "widgets"
        | "fs"
        | "notebook"
        | "pipelines"
        | "deltaTableClass"
        | "features";
    }
  | {
      readonly type: "reader";
      readonly stream: boolean;
      readonly format: string;
      readonly path: Value | undefined;
    }
  | {
      readonly type: "writer";
      readonly stream: boolean;
      readonly format: string;
      readonly mode: string;
      readonly path: Value | undefined;
    }
  | { readonly type: "writerTo"; readonly table: Value }
  /** An opened project file. */
  | { readonly type: "file"; readonly text: string }
  | { readonly type: "deltaTable"; readonly name: Value; readonly isPath: boolean }
  | { readonly type: "deltaBuilder"; readonly kind: "create" | "create-if-missing" }
  | { readonly type: "arguments"; readonly known: Map<string, Value>; readonly order: string[] };

/** The code that defines the function. */
export interface Unit {
  readonly file: string;
  /** The 1-based line of an offset in the code. */
  lineAt(offset: number): number;
}

/** Variables and their values. */
export class Scope {
  public readonly names = new Map<string, Value>();
  /** Names declared `global` in a function. */
  public readonly globals = new Set<string>();

  public constructor(public readonly parent?: Scope) {}

  public get(name: string): Value | undefined {
    return this.names.get(name) ?? this.parent?.get(name);
  }

  public set(name: string, value: Value): void {
    if (this.globals.has(name)) this.#module().names.set(name, value);
    else this.names.set(name, value);
  }

  #module(): Scope {
    return this.parent === undefined ? this : this.parent.#module();
  }
}

export const unknown = (label: string): Unknown => ({ type: "unknown", label });
export const FRAME: Value = { type: "frame" };
export const listOf = (items: Value[], open = false): ListValue => ({ type: "list", items, open });

export function isType<T extends string>(
  value: Value | undefined,
  ...types: readonly T[]
): value is Extract<Value, { readonly type: T }> {
  return typeof value === "object" && value !== null && types.some((type) => type === value.type);
}

/** The result of str(). */
export function textOf(value: Value): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (value === null) return "None";
  return unknownText(labelOf(value));
}

/** The value itself if it is a widget that nothing sets, also after operations on it. */
export function failing(value: Value | undefined): Value | undefined {
  return isType(value, "unknown") && value.fails === true ? value : undefined;
}

/** The label of an unknown value. */
export function labelOf(value: Value): string {
  if (isType(value, "unknown")) return value.label;
  if (isType(value, "external")) return value.path.split(".").at(-1) ?? value.path;
  if (isType(value, "function", "class")) return value.name;
  if (isType(value, "any")) return value.label;
  return "…";
}

/** The strings that a value can be: one, or a few alternatives. */
export function textsOf(value: Value): readonly string[] {
  return isType(value, "any") ? value.of : [textOf(value)];
}

/** Maximum list items that are iterated. */
export const MAX_ITEMS = 300;

const MAX_ALTERNATIVES = 8;

/** Joins the values of two branches. @param label names the result */
export function either(a: Value | undefined, b: Value | undefined, label: string): Value {
  if (a === undefined || a === b) return b ?? unknown(label);
  if (b === undefined) return a;
  // If a function returns None on one path, callers use the other path's value.
  if (a === null) return b;
  if (b === null) return a;
  if (isType(a, "frame") || isType(b, "frame")) return FRAME;
  const texts = [a, b].flatMap((value) =>
    typeof value === "string" ? [value] : isType(value, "any") ? value.of : [],
  );
  const isText = [a, b].every((value) => typeof value === "string" || isType(value, "any"));
  const distinct = [...new Set(texts)];
  if (isText && distinct.length === 1 && distinct[0] !== undefined) return distinct[0];
  if (isText && distinct.length <= MAX_ALTERNATIVES && distinct.every(isKnown))
    return { type: "any", of: distinct, label };
  if (isType(a, "list") && isType(b, "list"))
    return listOf([...new Set([...a.items, ...b.items])], true);
  if (isType(a, "unknown")) return a;
  if (isType(b, "unknown")) return b;
  return typeof a === "object" && typeof b === "object" && a.type === b.type ? a : unknown(label);
}

/** The truth value; undefined if unknown. */
export function truthOf(value: Value): boolean | undefined {
  if (value === null) return false;
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value !== 0;
  if (typeof value === "string") return isKnown(value) ? value !== "" : undefined;
  if (isType(value, "list")) return value.items.length > 0 ? true : value.open ? undefined : false;
  if (isType(value, "dict")) return value.entries.size > 0 ? true : value.open ? undefined : false;
  if (isType(value, "unknown", "any", "external", "frame")) return undefined;
  return true;
}

const BINDINGS = [
  ["property", "property"],
  ["cached_property", "property"],
  ["staticmethod", "static"],
  ["classmethod", "class"],
] as const;

/** A function as a value. */
export function functionValue(syntax: FunctionSyntax, scope: Scope, unit: Unit): FunctionValue {
  const { name, parameters, body, decorators } = syntax;
  const names = decorators.map((decorator) => (decorator.kind === "name" ? decorator.name : ""));
  const binding = BINDINGS.find(([decorator]) => names.includes(decorator))?.[1];
  return { type: "function", name, parameters, body, scope, unit, ...(binding && { binding }) };
}

/** The items that a loop iterates over. */
export function itemsOf(
  value: Value,
): { readonly list: readonly Value[]; readonly open: boolean } | undefined {
  if (isType(value, "list")) return { list: value.items, open: value.open };
  if (isType(value, "dict")) return { list: [...value.entries.keys()], open: value.open };
  return undefined;
}
