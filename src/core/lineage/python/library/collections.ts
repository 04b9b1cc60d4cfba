import { isKnown } from "../../unknown-text";
import type { Args } from "../evaluator";
import { isType, itemsOf, labelOf, listOf, type ListValue, unknown, type Value } from "../values";

const MAX_LIST = 1000;

export function ofList(list: ListValue, name: string, args: Args): Value {
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

export function ofDict(dict: Extract<Value, { type: "dict" }>, name: string, args: Args): Value {
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
