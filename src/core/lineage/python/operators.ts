import { isKnown } from "../unknown-text";
import { isTooLong } from "./library";
import { FRAME, isType, labelOf, listOf, MAX_ITEMS, textOf, unknown, type Value } from "./values";

/** The value of `left operator right` for operators that evaluate both sides. */
export function binary(operator: string, left: Value, right: Value): Value {
  switch (operator) {
    case "+":
      return sum(left, right);
    case "%":
      return typeof left === "string" ? formatted(left, right) : unknown("");
    case "/":
      // Of paths.
      return typeof left === "string" && typeof right === "string"
        ? `${left}/${right}`
        : unknown("");
    case "|":
      return union(left, right);
    case "==":
    case "is":
      return areEqual(left, right) ?? unknown("");
    case "!=":
    case "is not": {
      const equal = areEqual(left, right);
      return equal === undefined ? unknown("") : !equal;
    }
    case "in":
    case "not in": {
      const found = contains(left, right);
      return found === undefined ? unknown("") : found === (operator === "in");
    }
    default:
      return ordered(operator, left, right) ?? unknown("");
  }
}

function sum(left: Value, right: Value): Value {
  if (isType(left, "list") && isType(right, "list"))
    return listOf([...left.items, ...right.items].slice(0, MAX_ITEMS), left.open || right.open);
  if (typeof left === "number" && typeof right === "number") return left + right;
  if (typeof left === "string" || typeof right === "string") return textOf(left) + textOf(right);
  return unknown("");
}

/** The text with `%s`, `%d` and `%(name)s` replaced. */
function formatted(left: string, right: Value): Value {
  if (isTooLong(left, isType(right, "list") ? right.items : [right])) return unknown("");
  const values = isType(right, "list") ? [...right.items] : [right];
  return left.replace(/%(?:\((\w+)\))?[sd]/g, (_, name?: string) => {
    if (name !== undefined && isType(right, "dict"))
      return textOf(right.entries.get(name) ?? unknown(name));
    return textOf(values.shift() ?? unknown(""));
  });
}

function union(left: Value, right: Value): Value {
  if (!isType(left, "dict") || !isType(right, "dict")) return unknown("");
  return {
    type: "dict",
    entries: new Map([...left.entries, ...right.entries]),
    open: left.open || right.open,
  };
}

/** Undefined if it is unknown. */
function areEqual(left: Value, right: Value): boolean | undefined {
  if (isConstant(left) && isConstant(right)) return left === right;
  return isType(left, "object", "frame", "list", "dict") && right === null ? false : undefined;
}

/** Undefined if it is unknown. */
function ordered(operator: string, left: Value, right: Value): boolean | undefined {
  if (typeof left !== "number" || typeof right !== "number") return undefined;
  switch (operator) {
    case "<":
      return left < right;
    case ">":
      return left > right;
    case "<=":
      return left <= right;
    case ">=":
      return left >= right;
    default:
      return undefined;
  }
}

function isConstant(value: Value): boolean {
  return (
    value === null ||
    typeof value === "number" ||
    typeof value === "boolean" ||
    (typeof value === "string" && isKnown(value))
  );
}

function contains(item: Value, of: Value): boolean | undefined {
  if (!isConstant(item)) return undefined;
  if (typeof of === "string" && typeof item === "string")
    return isKnown(of) ? of.includes(item) : undefined;
  if (isType(of, "list")) {
    if (of.items.includes(item)) return true;
    return of.open || !of.items.every(isConstant) ? undefined : false;
  }
  if (isType(of, "dict")) return of.entries.has(textOf(item)) ? true : of.open ? undefined : false;
  return undefined;
}

/** The value of `of[key]`. */
export function indexed(of: Value, key: Value | undefined): Value {
  if (isType(of, "dict") && (typeof key === "string" || typeof key === "number")) {
    const name = String(key);
    return of.entries.get(name) ?? unknown(isKnown(name) ? name : (of.label ?? ""));
  }
  if (isType(of, "list") && typeof key === "number") {
    const item = of.items.at(key);
    return of.open ? unknown("") : (item ?? unknown(""));
  }
  if (isType(of, "external")) {
    const name = typeof key === "string" ? key : "";
    // os.environ["CATALOG"]
    return unknown(name === "" ? labelOf(of) : name);
  }
  if (isType(of, "frame")) return FRAME;
  return unknown(
    typeof key === "string" && isKnown(key) ? key : isType(of, "unknown") ? of.label : "",
  );
}
