import type { Args, Evaluator } from "./evaluator";
import { callBuiltin, callExternal, callMethod, member } from "./library";
import { labelOfExpression } from "./expressions";
import type { Argument, Expression, Parameter, Statement } from "./syntax";
import {
  type ClassValue,
  either,
  failing,
  type FunctionValue,
  isType,
  itemsOf,
  listOf,
  MAX_ITEMS,
  Scope,
  unknown,
  type Value,
} from "./values";

const MAX_CALLS = 25;
/** Maximum recursion depth of a function. */
const MAX_RECURSION = 2;

/** Calls functions, methods and classes, and looks up attributes. */
export class Calls {
  readonly #interpreter: Evaluator;

  public constructor(interpreter: Evaluator) {
    this.#interpreter = interpreter;
  }

  readonly #stack: FunctionValue[] = [];
  readonly #returns: Value[][] = [];
  readonly #selves: Extract<Value, { type: "object" }>[] = [];

  public evaluate(
    { callee, args, at }: Extract<Expression, { kind: "call" }>,
    scope: Scope,
  ): Value {
    const called = this.#interpreter.evaluate(callee, scope);
    const given = this.#arguments(args, scope);
    // A call is located at the method's name in a chain.
    this.#interpreter.at = callee.kind === "member" ? callee.at : at;
    if (isType(called, "method")) {
      if (called.function !== undefined)
        return this.call(called.function, {
          ...given,
          positional: [called.self, ...given.positional],
        });
      return callMethod(this.#interpreter, called.self, called.name, given);
    }
    if (isType(called, "function")) return this.call(called, given);
    if (isType(called, "class")) return this.#instance(called, given);
    if (isType(called, "external")) {
      if (called.path === "builtins.super") return this.#super();
      return called.path.startsWith("builtins.")
        ? callBuiltin(this.#interpreter, called.path.slice("builtins.".length), given)
        : callExternal(this.#interpreter, called.path, given);
    }
    // An unknown entry in a dict or list of functions.
    if (callee.kind === "index")
      for (const value of functionsIn(this.#interpreter.evaluate(callee.of, scope)))
        this.callValue(value, given);
    this.callFunctions(given);
    return unknown(labelOfExpression(callee));
  }

  public member(of: Value, name: string): Value {
    if (isType(of, "object")) {
      const own = of.fields.get(name) ?? (of.class && this.#classMember(of.class, name));
      if (isType(own, "function")) return this.#bound(own, of, of.class);
      if (own !== undefined) return own;
      return unknown(name);
    }
    if (isType(of, "class")) {
      const own = this.#classMember(of, name);
      if (isType(own, "function") && own.binding === "class") return this.#bound(own, of, of);
      return own ?? unknown(name);
    }
    if (isType(of, "module")) return of.scope.names.get(name) ?? unknown(name);
    return member(of, name);
  }

  #bound(method: FunctionValue, self: Value, owner: ClassValue | undefined): Value {
    if (method.binding === "static") return method;
    if (method.binding === "property")
      return this.call(method, { positional: [self], named: new Map() });
    const first = method.binding === "class" && owner !== undefined ? owner : self;
    return { type: "method", self: first, name: method.name, function: method };
  }

  #classMember({ scope, bases }: ClassValue, name: string, depth = 0): Value | undefined {
    const own = scope.names.get(name);
    if (own !== undefined || depth > MAX_CALLS) return own;
    for (const base of bases) {
      const found = isType(base, "class") ? this.#classMember(base, name, depth + 1) : undefined;
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #super(): Value {
    const self = [...this.#selves].at(-1);
    const [base] = self?.class?.bases ?? [];
    return self !== undefined && isType(base, "class")
      ? { type: "object", class: base, fields: self.fields }
      : unknown("super");
  }

  #arguments(args: readonly Argument[], scope: Scope): Args {
    const positional: Value[] = [];
    const named = new Map<string, Value>();
    for (const { name, spread, value: expression } of args) {
      const value = this.#interpreter.evaluate(expression, scope);
      if (spread === "*") positional.push(...(itemsOf(value)?.list.slice(0, MAX_ITEMS) ?? []));
      else if (spread === "**") {
        if (isType(value, "dict")) for (const [key, inner] of value.entries) named.set(key, inner);
      } else if (name !== undefined) named.set(name, value);
      else positional.push(value);
    }
    return { positional, named };
  }

  /** Calls the functions that an unknown function could call: those among its arguments, including in lists. */
  public callFunctions({ positional, named }: Args): void {
    const values = [...positional, ...named.values()];
    for (const [at, value] of values.entries()) {
      if (!isType(value, "function") && !(isType(value, "method") && value.function !== undefined))
        continue;
      const next = values[at + 1];
      const items = next === undefined ? undefined : itemsOf(next);
      const calls =
        items === undefined || items.list.length === 0
          ? [next === undefined ? [] : values.slice(at + 1)]
          : items.list.slice(0, MAX_ITEMS).map((item) => [item]);
      for (const given of calls) this.callValue(value, { positional: given, named: new Map() });
    }
  }

  public callValue(value: Value, args: Args): Value {
    if (isType(value, "function")) return this.call(value, args);
    if (isType(value, "method") && value.function !== undefined)
      return this.call(value.function, { ...args, positional: [value.self, ...args.positional] });
    return unknown("");
  }

  /** Calls a function defined in the code. */
  public call(called: FunctionValue, args: Args): Value {
    const { name, parameters, body, unit } = called;
    const repeated = this.#stack.filter((each) => each.body === body).length;
    if (this.#stack.length >= MAX_CALLS || repeated >= MAX_RECURSION) return unknown(name);
    const scope = new Scope(called.scope);
    bind(parameters, args, scope, (value) => this.#interpreter.evaluate(value, called.scope));
    const [self] = args.positional;
    const isMethod = parameters[0]?.name === "self" && isType(self, "object");
    this.#stack.push(called);
    if (isMethod) this.#selves.push(self);
    const at = this.#interpreter.at;
    const value = this.#interpreter.inUnit(unit, () => {
      if (!isStatements(body)) return this.#interpreter.evaluate(body, scope);
      this.#returns.push([]);
      this.#interpreter.block(body, scope);
      const returned = this.#returns.pop() ?? [];
      const [first, ...others] = returned;
      if (first === undefined) return null;
      return others.reduce<Value>((result, other) => either(result, other, name), first);
    });
    this.#interpreter.at = at;
    if (isMethod) this.#selves.pop();
    this.#stack.pop();
    return isType(value, "unknown") && value.label === "" ? unknown(name) : value;
  }

  #instance(called: ClassValue, args: Args): Value {
    const self: Value = { type: "object", class: called, fields: new Map() };
    const init = this.#classMember(called, "__init__");
    if (isType(init, "function"))
      this.call(init, { ...args, positional: [self, ...args.positional] });
    else {
      for (const [at, value] of args.positional.entries()) {
        const field = called.fields[at];
        if (field !== undefined) self.fields.set(field, value);
      }
      for (const [field, value] of args.named) self.fields.set(field, value);
    }
    return self;
  }

  /** Records a returned value; the last known one counts. */
  public return(value: Value): void {
    this.#returns.at(-1)?.push(value);
  }

  /** Discards what a `try`'s handler returned after the body returned a value, unless reading the body's value fails. */
  public returnOfHandler(hasReturned: boolean): void {
    const returned = this.#returns.at(-1);
    const fallback = returned?.pop();
    const isFailing = hasReturned && failing(returned?.at(-1)) !== undefined;
    if (isFailing && fallback !== undefined) returned?.splice(-1, 1, fallback);
  }
}

function isStatements(body: FunctionValue["body"]): body is readonly Statement[] {
  return Array.isArray(body);
}

function bind(
  parameters: readonly Parameter[],
  { positional, named }: Args,
  scope: Scope,
  evaluate: (value: Expression) => Value,
): void {
  let at = 0;
  const used = new Set<string>();
  for (const { name, spread, default: fallback } of parameters) {
    if (spread === "*") {
      scope.names.set(name, listOf(positional.slice(at)));
      at = positional.length;
    } else if (spread === "**") {
      const entries = new Map([...named].filter(([key]) => !used.has(key)));
      scope.names.set(name, { type: "dict", entries, open: false });
    } else {
      const given = positional[at] ?? named.get(name);
      if (at < positional.length) at++;
      used.add(name);
      const isSession = /^(?:spark|spark_session)$/.test(name);
      const value = given ?? (fallback === undefined ? undefined : evaluate(fallback));
      const missing: Value = isSession ? { type: "spark" } : unknown(name);
      // An unknown argument is labelled with the parameter's name.
      scope.names.set(
        name,
        value === undefined || (isType(value, "unknown") && (value.label === "" || isSession))
          ? missing
          : value,
      );
    }
  }
}

function functionsIn(value: Value): readonly Value[] {
  const values = isType(value, "dict")
    ? [...value.entries.values()]
    : isType(value, "list")
      ? value.items
      : [];
  return values.filter((item) => isType(item, "function", "method")).slice(0, MAX_ITEMS);
}
