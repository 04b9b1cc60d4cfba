import { isKnown, unknownText } from "../unknown-text";
import type { Evaluator } from "./evaluator";
import { isBuiltin } from "./library";
import { binary, indexed } from "./operators";
import type { Expression } from "./syntax";
import {
  either,
  FRAME,
  isType,
  itemsOf,
  listOf,
  MAX_ITEMS,
  Scope,
  textOf,
  truthOf,
  unknown,
  type Value,
} from "./values";

/** Longer texts are truncated. Characters. */
export const MAX_TEXT = 200_000;

type Of<K extends Expression["kind"]> = Extract<Expression, { kind: K }>;

/** Evaluates expressions. */
export class Expressions {
  readonly #interpreter: Evaluator;

  public constructor(interpreter: Evaluator) {
    this.#interpreter = interpreter;
  }

  public evaluate(expression: Expression, scope: Scope): Value {
    switch (expression.kind) {
      case "name":
        return scope.get(expression.name) ?? this.#builtin(expression.name);
      case "text":
        return this.#text(expression, scope);
      case "constant":
        return expression.value;
      case "list":
        return this.#list(expression, scope);
      case "dict":
        return this.#dict(expression, scope);
      case "member": {
        const of = this.#interpreter.evaluate(expression.of, scope);
        if (isType(of, "external") && of.path === "sys" && expression.name === "argv")
          return listOf(["", ...this.#interpreter.session.arguments()]);
        return this.#interpreter.calls.member(of, expression.name);
      }
      case "index": {
        const of = this.#interpreter.evaluate(expression.of, scope);
        const key =
          expression.index === undefined
            ? undefined
            : this.#interpreter.evaluate(expression.index, scope);
        return indexed(of, key);
      }
      case "call":
        return this.#interpreter.calls.evaluate(expression, scope);
      case "binary":
        return this.#binary(expression, scope);
      case "not": {
        const truth = truthOf(this.#interpreter.evaluate(expression.of, scope));
        return truth === undefined ? unknown("not") : !truth;
      }
      case "conditional": {
        const truth = truthOf(this.#interpreter.evaluate(expression.test, scope));
        if (truth !== undefined)
          return this.#interpreter.evaluate(truth ? expression.then : expression.otherwise, scope);
        const then = this.#interpreter.evaluate(expression.then, scope);
        const otherwise = this.#interpreter.evaluate(expression.otherwise, scope);
        return either(then, otherwise, "");
      }
      case "lambda":
        return {
          type: "function",
          name: "lambda",
          parameters: expression.parameters,
          body: expression.body,
          scope,
          unit: this.#interpreter.unit,
        };
      case "comprehension":
        return this.#comprehension(expression, scope);
      case "named": {
        const value = this.#interpreter.evaluate(expression.value, scope);
        scope.set(expression.name, value);
        return value;
      }
      case "star":
        return this.#interpreter.evaluate(expression.of, scope);
      case "other":
        for (const part of expression.parts) this.#interpreter.evaluate(part, scope);
        return unknown("");
    }
  }

  #text(expression: Of<"text">, scope: Scope): Value {
    return joined(
      expression.parts.map((part) => () => {
        if (typeof part === "string") return part;
        const value = this.#interpreter.evaluate(part, scope);
        return isType(value, "list", "dict", "method") ||
          (isType(value, "unknown", "any") && value.label === "")
          ? unknownText(labelOfExpression(part))
          : textOf(value);
      }),
    );
  }

  #list(expression: Of<"list">, scope: Scope): Value {
    const list = listOf([]);
    for (const item of expression.items) {
      if (item.kind !== "star") list.items.push(this.#interpreter.evaluate(item, scope));
      else {
        const inner = itemsOf(this.#interpreter.evaluate(item.of, scope));
        list.items.push(...(inner?.list ?? []).slice(0, MAX_ITEMS));
        if (inner === undefined || inner.open) list.open = true;
      }
    }
    return list;
  }

  #dict(expression: Of<"dict">, scope: Scope): Value {
    const entries = new Map<string, Value>();
    let open = false;
    for (const [key, of] of expression.entries) {
      const value = this.#interpreter.evaluate(of, scope);
      if (key === undefined) {
        if (isType(value, "dict"))
          for (const [name, inner] of value.entries) entries.set(name, inner);
        else open = true;
        continue;
      }
      const name = this.#interpreter.evaluate(key, scope);
      if ((typeof name === "string" && isKnown(name)) || typeof name === "number")
        entries.set(String(name), value);
      else open = true;
    }
    return { type: "dict", entries, open };
  }

  #binary(expression: Of<"binary">, scope: Scope): Value {
    const { operator } = expression;
    const left = this.#interpreter.evaluate(expression.left, scope);
    if (operator === "and" || operator === "or") {
      const truth = truthOf(left);
      if (truth === (operator === "or")) return left;
      const right = this.#interpreter.evaluate(expression.right, scope);
      if (truth !== undefined) return right;
      if (operator === "and" && truthOf(right) === false) return right;
      return typeof right === "string" && !isType(left, "any") && typeof left !== "string"
        ? left
        : either(left, right, "");
    }
    return binary(operator, left, this.#interpreter.evaluate(expression.right, scope));
  }

  #builtin(name: string): Value {
    if (name === "spark" || name === "sqlContext") return { type: "spark" };
    if (name === "dbutils") return { type: "dbutils" };
    if (name === "__name__") return "__main__";
    if (name === "DeltaTable") return { type: "deltaTableClass" };
    if (name === "_sqldf") return FRAME;
    if (isBuiltin(name)) return { type: "external", path: `builtins.${name}` };
    return unknown(name);
  }

  #comprehension({ elements, clauses }: Of<"comprehension">, outer: Scope): Value {
    const list = listOf([]);
    const entries = new Map<string, Value>();
    const isDict = elements.length > 1;
    const scope = new Scope(outer);
    const go = (at: number): void => {
      const clause = clauses[at];
      if (clause === undefined) {
        const [first, second] = elements.map((element) =>
          this.#interpreter.evaluate(element, scope),
        );
        if (first === undefined) return;
        if (!isDict) list.items.push(first);
        else if (typeof first === "string" && isKnown(first)) entries.set(first, second ?? null);
        else list.open = true;
        return;
      }
      const items = itemsOf(this.#interpreter.evaluate(clause.of, scope));
      if (items === undefined || items.open) list.open = true;
      for (const item of (items?.list ?? [unknown(labelOfExpression(clause.target))]).slice(
        0,
        MAX_ITEMS,
      )) {
        this.#interpreter.statements.assign(clause.target, item, scope);
        if (clause.tests.some((test) => truthOf(this.#interpreter.evaluate(test, scope)) === false))
          continue;
        go(at + 1);
        if (list.items.length > MAX_ITEMS || this.#interpreter.isExhausted) return;
      }
    };
    go(0);
    return isDict ? { type: "dict", entries, open: list.open } : list;
  }
}

/** The parts of a string, as far as its length allows. */
function joined(parts: readonly (() => string)[]): string {
  let text = "";
  for (const part of parts) {
    text += part();
    if (text.length > MAX_TEXT) break;
  }
  return text;
}

export function labelOfExpression(expression: Expression): string {
  switch (expression.kind) {
    case "name":
      return expression.name;
    case "member":
      return expression.name;
    case "call":
      return labelOfExpression(expression.callee);
    case "index":
      return expression.index?.kind === "text" && typeof expression.index.parts[0] === "string"
        ? expression.index.parts[0]
        : labelOfExpression(expression.of);
    default:
      return "";
  }
}
