import { isKnown } from "../../unknown-text";
import type { Args, Evaluator } from "../evaluator";
import { failing, isType, itemsOf, listOf, textOf, unknown, type Value } from "../values";
import { readTables } from "./arguments";
import { openFile } from "./documents";
import { member } from "./methods";
import { runSql } from "./spark";
import { widgetValue } from "./utilities";

type Builtin = (interpreter: Evaluator, args: Args) => Value;

const MAX_RANGE = 1000;
/** Maximum list items that `map` calls its function with. */
const MAX_MAPPED = 300;

const asText: Builtin = (_, { positional: [first] }) =>
  first === undefined ? "" : isType(first, "unknown", "any") ? first : textOf(first);

const asNumber: Builtin = (_, { positional: [first] }) => {
  if (typeof first === "number") return first;
  const isNumber =
    typeof first === "string" &&
    isKnown(first) &&
    first.trim() !== "" &&
    !Number.isNaN(Number(first));
  return isNumber ? Number(first) : (failing(first) ?? unknown(""));
};

const asList: Builtin = (_, { positional: [first] }) => {
  const items = first === undefined ? undefined : itemsOf(first);
  if (items === undefined) return first ?? listOf([]);
  return listOf([...items.list], items.open);
};

const asDict: Builtin = (_, { positional: [first], named }) => {
  if (isType(first, "dict")) return { ...first, entries: new Map([...first.entries, ...named]) };
  const entries = new Map(named);
  if (isType(first, "list"))
    for (const pair of first.items)
      if (isType(pair, "list") && typeof pair.items[0] === "string")
        entries.set(pair.items[0], pair.items[1] ?? null);
  return { type: "dict", entries, open: first !== undefined && !isType(first, "list") };
};

const zip: Builtin = (_, { positional }) => {
  const lists = positional.flatMap((value) => itemsOf(value) ?? []);
  if (lists.length < positional.length) return unknown("");
  const length = lists.length === 0 ? 0 : Math.min(...lists.map(({ list }) => list.length));
  return listOf(
    Array.from({ length }, (_each, at) => listOf(lists.map(({ list }) => list[at] ?? null))),
    lists.some(({ open }) => open),
  );
};

const range: Builtin = (_, { positional: [first, second, third] }) => {
  const [from, to] = typeof second === "number" ? [first, second] : [0, first];
  if (typeof from !== "number" || typeof to !== "number" || third !== undefined) return unknown("");
  const length = Math.max(0, Math.min(to - from, MAX_RANGE));
  return listOf(Array.from({ length }, (_each, at) => from + at));
};

const map: Builtin = (interpreter, { positional: [first, second] }) => {
  const items = second === undefined ? undefined : itemsOf(second);
  if (first === undefined || items === undefined) return unknown("");
  return listOf(
    items.list
      .slice(0, MAX_MAPPED)
      .map((item) => interpreter.callValue(first, { positional: [item], named: new Map() })),
    items.open,
  );
};

const getAttribute: Builtin = (_, { positional: [first, second, third] }) => {
  if (first === undefined || typeof second !== "string") return unknown("");
  if (isType(first, "object")) return first.fields.get(second) ?? third ?? unknown(second);
  if (isType(first, "module")) return first.scope.names.get(second) ?? third ?? unknown(second);
  return member(first, second);
};

const getArgument: Builtin = ({ session }, { positional: [first, second] }) => {
  const widget = textOf(first ?? "");
  const fallback = second === undefined ? undefined : textOf(second);
  return widgetValue(session.widget(widget) ?? fallback, widget);
};

const call: Builtin = (interpreter, args) => {
  interpreter.callFunctions(args);
  return null;
};

const truth: Builtin = () => unknown("");
const exit: Builtin = () => ({ type: "external", path: "exit" });

/** Built-in functions; those without an entry only call their arguments. */
const FUNCTIONS: Readonly<Record<string, Builtin | undefined>> = {
  str: asText,
  format: asText,
  int: asNumber,
  float: asNumber,
  bool: (_, { positional: [first] }) =>
    typeof first === "boolean" ? first : (failing(first) ?? unknown("")),
  len(_, { positional: [first] }) {
    const items = first === undefined ? undefined : itemsOf(first);
    return items === undefined || items.open ? unknown("len") : items.list.length;
  },
  list: asList,
  set: asList,
  tuple: asList,
  sorted: asList,
  reversed: asList,
  dict: asDict,
  enumerate(_, { positional: [first] }) {
    const items = first === undefined ? undefined : itemsOf(first);
    if (items === undefined) return unknown("");
    return listOf(
      items.list.map((item, at) => listOf([at, item])),
      items.open,
    );
  },
  zip,
  range,
  map,
  filter: (_, { positional: [, second] }) => second ?? unknown(""),
  open: (interpreter, args) => openFile(interpreter, args.positional[0], args),
  getattr: getAttribute,
  sql: runSql,
  table: (interpreter, { positional: [first] }) => readTables(interpreter, first),
  getArgument,
  exit,
  quit: exit,
  isinstance: truth,
  any: truth,
  all: truth,
  hasattr: truth,
  display: call,
  print: call,
};

const OTHERS = new Set("setattr max min sum super type vars displayHTML locals globals".split(" "));

export const isBuiltin = (name: string): boolean =>
  Object.hasOwn(FUNCTIONS, name) || OTHERS.has(name);

export function callBuiltin(interpreter: Evaluator, name: string, args: Args): Value {
  const called = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined;
  if (called !== undefined) return called(interpreter, args);
  interpreter.callFunctions(args);
  return unknown(name);
}
