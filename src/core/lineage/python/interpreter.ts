import type { SourceLocation } from "../../model/job-spec";
import type { Session } from "../session";
import { isKnown, unknownText } from "../unknown-text";
import {
  callBuiltin,
  callExternal,
  callMethod,
  isBuiltin,
  isSessionName,
  isTooLong,
  member,
} from "./library";
import { parsePython } from "./parse";
import type { Argument, Expression, Parameter, Statement } from "./syntax";
import {
  either,
  failing,
  FRAME,
  functionValue,
  type FunctionValue,
  isType,
  itemsOf,
  labelOf,
  listOf,
  Scope,
  textOf,
  truthOf,
  type ClassValue,
  type Unit,
  unknown,
  type Value,
} from "./values";

/** Statements that are executed for one task, however the code loops and calls. */
const MAX_STEPS = 100_000;
const MAX_CALLS = 25;
const MAX_EXPRESSIONS = 1_000_000;
/** Times that a function may be within itself. */
const MAX_RECURSION = 2;
/** Items of a list that a loop goes through. */
const MAX_ITEMS = 300;
const MAX_EXPRESSION_DEPTH = 300;
const MAX_TEXT = 200_000;

/** Whether what follows is executed. */
type Completion = "next" | "return" | "exit" | "raise" | "break" | "continue";

/** Arguments of a call. */
export interface Args {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** What the interpreter gets from outside. */
export interface Surroundings {
  /** The module of the project that `path` names, with leading dots, for code in `file`; undefined for a library. */
  module(
    path: string,
    file: string,
  ): { readonly label: string; readonly source: string } | undefined;
  /** Analyses the notebook that `dbutils.notebook.run` names. */
  runNotebook(path: string, parameters: ReadonlyMap<string, string>, from: SourceLocation): void;
  /** The text of a file of the project, by its path from the notebook; undefined if there is none. */
  readFile(path: string): string | undefined;
  /** A folder is added to the paths that modules are looked for in. */
  addPath(folder: string, file: string): void;
}

/**
 * Follows Python code as far as its text tells, and notes the tables that it reads and writes: values of text, lists and
 * dicts are computed, functions and modules of the project entered, loops over known lists unrolled. Where a condition is
 * not known, both ways are taken. Nothing is executed.
 */
export class Interpreter {
  readonly globals = new Scope();
  /** Settings of Spark that the code makes. */
  readonly settings = new Map<string, Value>();
  readonly #modules = new Map<string, Value>();
  readonly #stack: FunctionValue[] = [];
  readonly #returns: Value[][] = [];
  #steps = 0;
  #expressions = 0;
  #depth = 0;
  #unit: Unit = { file: "", lineAt: () => 1 };
  #at = 0;
  #warned = false;

  readonly #surroundings: Surroundings;

  public constructor(
    public readonly session: Session,
    surroundings: Surroundings,
  ) {
    this.#surroundings = surroundings;
  }

  /** Executes code in the globals of the notebook. @returns whether the notebook goes on behind it */
  public run(code: string, unit: Unit): boolean {
    const completion = this.#inUnit(unit, () => this.#block(parsePython(code), this.globals));
    return completion !== "exit" && completion !== "raise";
  }

  #inUnit<T>(unit: Unit, action: () => T): T {
    const before = [this.#unit, this.#at] as const;
    this.#unit = unit;
    const result = action();
    [this.#unit, this.#at] = before;
    return result;
  }

  /** Where the statement is that is executed. */
  public get here(): SourceLocation {
    return { file: this.#unit.file, line: this.#unit.lineAt(this.#at) };
  }

  /** What the code asks of its surroundings. */
  public addPath(folder: string): void {
    this.#surroundings.addPath(folder, this.#unit.file);
  }

  /** The text of a file of the project, by its path from the notebook; undefined if there is none. */
  public readFile(path: string): string | undefined {
    return this.#surroundings.readFile(path);
  }

  public runNotebook(path: string, parameters: ReadonlyMap<string, string>): void {
    this.#surroundings.runNotebook(path, parameters, this.here);
  }

  #block(statements: readonly Statement[], scope: Scope): Completion {
    for (const statement of statements) {
      if (++this.#steps > MAX_STEPS) {
        if (!this.#warned)
          this.session.problem(
            `only the first ${MAX_STEPS} steps of the code are followed`,
            this.here,
          );
        this.#warned = true;
        return "exit";
      }
      const completion = this.#statement(statement, scope);
      if (completion !== "next") return completion;
    }
    return "next";
  }

  #statement(statement: Statement, scope: Scope): Completion {
    switch (statement.kind) {
      case "expression": {
        const value = this.evaluate(statement.value, scope);
        return isType(value, "external") && value.path === "exit" ? "exit" : "next";
      }
      case "assign": {
        const value = this.evaluate(statement.value, scope);
        for (const target of statement.targets) this.#assign(target, value, scope);
        return "next";
      }
      case "declare":
      case "global":
        if (statement.kind === "global")
          for (const name of statement.names) scope.globals.add(name);
        return "next";
      case "update": {
        const before = this.evaluate(statement.target, scope);
        const value = this.evaluate(statement.value, scope);
        if (isType(before, "list") && statement.operator === "+") {
          if (!isType(value, "list") || before.items.length > MAX_ITEMS) before.open = true;
          else before.items.push(...value.items.slice(0, MAX_ITEMS));
        } else
          this.#assign(statement.target, this.#binary(statement.operator, before, value), scope);
        return "next";
      }
      case "if":
        return this.#if(statement.branches, scope);
      case "for":
        return this.#for(statement, scope);
      case "while": {
        if (truthOf(this.evaluate(statement.test, scope)) === false) return "next";
        const completion = this.#maybe(() => this.#block(statement.body, scope), scope);
        return completion === "exit" ? "exit" : "next";
      }
      case "try": {
        const tried = this.#block(statement.body, scope);
        const failed = tried === "raise";
        for (const handler of statement.handlers) {
          const completion = failed
            ? this.#block(handler, scope)
            : this.#fallback(handler, scope, tried);
          if (failed) return this.#finally(statement.final, completion, scope);
        }
        const completion = tried === "next" ? this.#block(statement.otherwise, scope) : tried;
        return this.#finally(statement.final, completion, scope);
      }
      case "with": {
        for (const { value, target } of statement.items) {
          const entered = this.evaluate(value, scope);
          if (target !== undefined) this.#assign(target, entered, scope);
        }
        return this.#block(statement.body, scope);
      }
      case "match": {
        const value = this.evaluate(statement.of, scope);
        const known = typeof value === "string" && isKnown(value);
        const simple = statement.cases.every(
          ({ pattern, isDefault }) => pattern !== undefined || isDefault,
        );
        const chosen = statement.cases.find(
          ({ pattern, isDefault }) =>
            isDefault || (pattern !== undefined && this.evaluate(pattern, scope) === value),
        );
        if (known && simple) return chosen === undefined ? "next" : this.#block(chosen.body, scope);
        return this.#branches(
          statement.cases.map(({ body }) => body),
          scope,
          false,
        );
      }
      case "function": {
        const { function: syntax } = statement;
        let value: Value = functionValue(syntax, scope, this.#unit);
        for (const decorator of [...syntax.decorators].reverse())
          value = this.#decorate(decorator, value, syntax.name, scope);
        scope.set(syntax.name, value);
        return "next";
      }
      case "class": {
        const inner = new Scope(scope);
        this.#block(statement.body, inner);
        const fields = statement.body.flatMap((part) => {
          if (part.kind === "declare") return [part.name];
          const [target] = part.kind === "assign" ? part.targets : [];
          return target?.kind === "name" ? [target.name] : [];
        });
        const bases = statement.bases.map((base) => this.evaluate(base, scope));
        scope.set(statement.name, {
          type: "class",
          name: statement.name,
          scope: inner,
          bases,
          fields,
        });
        return "next";
      }
      case "return": {
        const value = statement.value === undefined ? null : this.evaluate(statement.value, scope);
        this.#returns.at(-1)?.push(value);
        return "return";
      }
      case "import":
        this.#import(statement, scope);
        return "next";
      case "stop":
        return statement.how;
    }
  }

  #finally(statements: readonly Statement[], completion: Completion, scope: Scope): Completion {
    const last = this.#block(statements, scope);
    return last === "next" ? completion : last;
  }

  /** A handler: what it does may be done, but what the code before has found out stays. */
  #fallback(handler: readonly Statement[], scope: Scope, tried: Completion): Completion {
    const before = new Map(scope.names);
    const completion = this.#block(handler, scope);
    if (completion === "return") {
      const returned = this.#returns.at(-1);
      const fallback = returned?.pop();
      const isFailing = tried === "return" && failing(returned?.at(-1)) !== undefined;
      if (isFailing && fallback !== undefined) returned?.splice(-1, 1, fallback);
    }
    for (const [name, value] of before)
      // A widget that nothing sets fails to be read, so that its handler counts.
      if (failing(value) === undefined) scope.names.set(name, value);
    return completion === "exit" ? "next" : completion;
  }

  #if(branches: Extract<Statement, { kind: "if" }>["branches"], scope: Scope): Completion {
    const open: (readonly Statement[])[] = [];
    for (const { test, body } of branches) {
      const truth = test === undefined ? true : truthOf(this.evaluate(test, scope));
      if (truth === false) continue;
      open.push(body);
      if (truth === true)
        return open.length === 1 ? this.#block(body, scope) : this.#branches(open, scope, true);
    }
    return open.length === 0 ? "next" : this.#branches(open, scope, false);
  }

  /** One of several ways is taken, or none. @param isComplete one of them is */
  #branches(
    bodies: readonly (readonly Statement[])[],
    scope: Scope,
    isComplete: boolean,
  ): Completion {
    const before = new Map(scope.names);
    const ends: Map<string, Value>[] = isComplete ? [] : [new Map(before)];
    const completions = new Set<Completion>(isComplete ? [] : ["next"]);
    for (const body of bodies) {
      replace(scope.names, before);
      const completion = this.#block(body, scope);
      completions.add(completion);
      // What leaves does not reach what follows.
      if (completion === "next") ends.push(new Map(scope.names));
    }
    const [first, ...rest] = ends.length === 0 ? [new Map(scope.names)] : ends;
    const merged = new Map(first);
    for (const other of rest)
      for (const [name, value] of other) merged.set(name, either(merged.get(name), value, name));
    replace(scope.names, merged);
    const [only] = completions;
    return completions.size === 1 && only !== undefined ? only : "next";
  }

  #maybe(action: () => Completion, scope: Scope): Completion {
    const before = new Map(scope.names);
    const completion = action();
    for (const [name, value] of before) {
      const after = scope.names.get(name);
      if (after !== value) scope.names.set(name, either(value, after, name));
    }
    return completion === "return" ? "next" : completion;
  }

  #for({ target, of, body }: Extract<Statement, { kind: "for" }>, scope: Scope): Completion {
    const list = this.evaluate(of, scope);
    const items = itemsOf(list);
    if (items === undefined || items.open) {
      // Nobody knows what it is called with.
      const run = (item: Value): void => {
        this.#maybe(() => {
          this.#assign(target, item, scope);
          return this.#block(body, scope);
        }, scope);
      };
      for (const item of items?.list.slice(0, MAX_ITEMS) ?? []) {
        if (this.#warned) return "exit";
        run(item);
      }
      run(unknown(target.kind === "name" ? target.name : labelOf(list)));
      return "next";
    }
    if (items.list.length > MAX_ITEMS)
      this.session.problem(`only the first ${MAX_ITEMS} items of a loop are followed`, this.here);
    for (const item of items.list.slice(0, MAX_ITEMS)) {
      this.#assign(target, item, scope);
      const completion = this.#block(body, scope);
      if (completion === "break") break;
      if (completion === "return" || completion === "exit" || completion === "raise")
        return completion;
    }
    return "next";
  }

  #assign(target: Expression, value: Value, scope: Scope): void {
    switch (target.kind) {
      case "name": {
        // An unknown value is spoken of by the name that it gets first.
        scope.set(target.name, assigned(target.name, value));
        break;
      }
      case "list": {
        const items = itemsOf(value);
        for (const [at, inner] of target.items.entries()) {
          const label = inner.kind === "name" ? inner.name : labelOf(value);
          if (inner.kind === "star") this.#assign(inner.of, unknown(label), scope);
          else this.#assign(inner, items?.list[at] ?? unknown(label), scope);
        }
        break;
      }
      case "member": {
        const of = this.evaluate(target.of, scope);
        if (isType(of, "object")) of.fields.set(target.name, value);
        else if (isType(of, "class", "module")) of.scope.names.set(target.name, value);
        break;
      }
      case "index": {
        const of = this.evaluate(target.of, scope);
        const key = target.index === undefined ? undefined : this.evaluate(target.index, scope);
        if (isType(of, "dict")) {
          if (typeof key === "string" && isKnown(key)) of.entries.set(key, value);
          else of.open = true;
        } else if (isType(of, "list")) {
          if (typeof key === "number" && key < of.items.length) of.items[key] = value;
          else of.open = true;
        }
        break;
      }
      default:
        break;
    }
  }

  #decorate(decorator: Expression, value: Value, name: string, scope: Scope): Value {
    const applied = this.evaluate(decorator, scope);
    const path = isType(applied, "external")
      ? applied.path
      : // @dlt.table, without arguments
        isType(applied, "method") && isType(applied.self, "pipelines")
        ? `pipelines.${applied.name}`
        : "";
    if (!/^pipelines\.(?:table|view|materialized_view|temporary_view|create_table)/.test(path))
      return value;
    const [, isView, written = ""] = /^pipelines\.\w*?(view)?(?: (.*))?$/s.exec(path) ?? [];
    const table = written === "" ? name : written;
    const isTemporary = isView !== undefined && !path.includes("materialized");
    if (isTemporary) this.session.temporaryView(table);
    if (isType(value, "function")) this.call(value, { positional: [], named: new Map() });
    if (!isTemporary) this.session.write(table, "overwrite", this.here);
    return value;
  }

  /** The value of an expression; what it does with tables is noted. */
  public evaluate(expression: Expression, scope: Scope): Value {
    if (this.#depth > MAX_EXPRESSION_DEPTH || this.#expressions > MAX_EXPRESSIONS)
      return unknown("");
    this.#depth++;
    const value = this.#evaluate(expression, scope);
    this.#depth--;
    // Long texts take as long as many expressions.
    this.#expressions += typeof value === "string" ? 1 + (value.length >> 8) : 1;
    return typeof value === "string" && value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value;
  }

  #evaluate(expression: Expression, scope: Scope): Value {
    switch (expression.kind) {
      case "name":
        return scope.get(expression.name) ?? this.#builtin(expression.name);
      case "text":
        return joined(
          expression.parts.map((part) => () => {
            if (typeof part === "string") return part;
            const value = this.evaluate(part, scope);
            return isType(value, "list", "dict", "method") ||
              (isType(value, "unknown", "any") && value.label === "")
              ? unknownText(labelOfExpression(part))
              : textOf(value);
          }),
        );
      case "constant":
        return expression.value;
      case "list": {
        const list = listOf([]);
        for (const item of expression.items) {
          if (item.kind !== "star") list.items.push(this.evaluate(item, scope));
          else {
            const inner = itemsOf(this.evaluate(item.of, scope));
            list.items.push(...(inner?.list ?? []).slice(0, MAX_ITEMS));
            if (inner === undefined || inner.open) list.open = true;
          }
        }
        return list;
      }
      case "dict": {
        const entries = new Map<string, Value>();
        let open = false;
        for (const [key, of] of expression.entries) {
          const value = this.evaluate(of, scope);
          if (key === undefined) {
            if (isType(value, "dict"))
              for (const [name, inner] of value.entries) entries.set(name, inner);
            else open = true;
            continue;
          }
          const name = this.evaluate(key, scope);
          if ((typeof name === "string" && isKnown(name)) || typeof name === "number")
            entries.set(String(name), value);
          else open = true;
        }
        return { type: "dict", entries, open };
      }
      case "member": {
        const of = this.evaluate(expression.of, scope);
        if (isType(of, "external") && of.path === "sys" && expression.name === "argv")
          return listOf(["", ...this.session.arguments()]);
        return this.#member(of, expression.name);
      }
      case "index": {
        const of = this.evaluate(expression.of, scope);
        const key =
          expression.index === undefined ? undefined : this.evaluate(expression.index, scope);
        return indexed(of, key);
      }
      case "call":
        return this.#call(expression, scope);
      case "binary": {
        const { operator } = expression;
        const left = this.evaluate(expression.left, scope);
        if (operator === "and" || operator === "or") {
          const truth = truthOf(left);
          if (truth === (operator === "or")) return left;
          const right = this.evaluate(expression.right, scope);
          if (truth !== undefined) return right;
          if (operator === "and" && truthOf(right) === false) return right;
          return typeof right === "string" && !isType(left, "any") && typeof left !== "string"
            ? left
            : either(left, right, "");
        }
        return this.#binary(operator, left, this.evaluate(expression.right, scope));
      }
      case "not": {
        const truth = truthOf(this.evaluate(expression.of, scope));
        return truth === undefined ? unknown("not") : !truth;
      }
      case "conditional": {
        const truth = truthOf(this.evaluate(expression.test, scope));
        if (truth !== undefined)
          return this.evaluate(truth ? expression.then : expression.otherwise, scope);
        const then = this.evaluate(expression.then, scope);
        const otherwise = this.evaluate(expression.otherwise, scope);
        return either(then, otherwise, "");
      }
      case "lambda":
        return {
          type: "function",
          name: "lambda",
          parameters: expression.parameters,
          body: expression.body,
          scope,
          unit: this.#unit,
        };
      case "comprehension":
        return this.#comprehension(expression, scope);
      case "named": {
        const value = this.evaluate(expression.value, scope);
        scope.set(expression.name, value);
        return value;
      }
      case "star":
        return this.evaluate(expression.of, scope);
      case "other":
        for (const part of expression.parts) this.evaluate(part, scope);
        return unknown("");
    }
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

  #member(of: Value, name: string): Value {
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

  #call({ callee, args, at }: Extract<Expression, { kind: "call" }>, scope: Scope): Value {
    const called = this.evaluate(callee, scope);
    const given = this.#arguments(args, scope);
    // The name of a method stands where its part of a chain is.
    this.#at = callee.kind === "member" ? callee.at : at;
    if (isType(called, "method")) {
      if (called.function !== undefined)
        return this.call(called.function, {
          ...given,
          positional: [called.self, ...given.positional],
        });
      return callMethod(this, called.self, called.name, given);
    }
    if (isType(called, "function")) return this.call(called, given);
    if (isType(called, "class")) return this.#instance(called, given);
    if (isType(called, "external")) {
      if (called.path === "builtins.super") return this.#super();
      return called.path.startsWith("builtins.")
        ? callBuiltin(this, called.path.slice("builtins.".length), given)
        : callExternal(this, called.path, given);
    }
    // One of the functions in a dict or list, by a key that is not known.
    if (callee.kind === "index")
      for (const value of functionsIn(this.evaluate(callee.of, scope)))
        this.callValue(value, given);
    this.callFunctions(given);
    return unknown(labelOfExpression(callee));
  }

  #super(): Value {
    const self = [...this.#selves].at(-1);
    const [base] = self?.class?.bases ?? [];
    return self !== undefined && isType(base, "class")
      ? { type: "object", class: base, fields: self.fields }
      : unknown("super");
  }

  readonly #selves: Extract<Value, { type: "object" }>[] = [];

  #arguments(args: readonly Argument[], scope: Scope): Args {
    const positional: Value[] = [];
    const named = new Map<string, Value>();
    for (const { name, spread, value: expression } of args) {
      const value = this.evaluate(expression, scope);
      if (spread === "*") positional.push(...(itemsOf(value)?.list.slice(0, MAX_ITEMS) ?? []));
      else if (spread === "**") {
        if (isType(value, "dict")) for (const [key, inner] of value.entries) named.set(key, inner);
      } else if (name !== undefined) named.set(name, value);
      else positional.push(value);
    }
    return { positional, named };
  }

  /** Calls what a function that nobody knows may call: functions among its arguments, with what is in lists beside them. */
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

  /** Calls a function of the code. */
  public call(called: FunctionValue, args: Args): Value {
    const { name, parameters, body, unit } = called;
    const repeated = this.#stack.filter((each) => each.body === body).length;
    if (this.#stack.length >= MAX_CALLS || repeated >= MAX_RECURSION) return unknown(name);
    const scope = new Scope(called.scope);
    bind(parameters, args, scope, (value) => this.evaluate(value, called.scope));
    const [self] = args.positional;
    const isMethod = parameters[0]?.name === "self" && isType(self, "object");
    this.#stack.push(called);
    if (isMethod) this.#selves.push(self);
    const at = this.#at;
    const value = this.#inUnit(unit, () => {
      if (!isStatements(body)) return this.evaluate(body, scope);
      this.#returns.push([]);
      this.#block(body, scope);
      const returned = this.#returns.pop() ?? [];
      const [first, ...others] = returned;
      if (first === undefined) return null;
      return others.reduce<Value>((result, other) => either(result, other, name), first);
    });
    this.#at = at;
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

  #comprehension(
    { elements, clauses }: Extract<Expression, { kind: "comprehension" }>,
    outer: Scope,
  ): Value {
    const list = listOf([]);
    const entries = new Map<string, Value>();
    const isDict = elements.length > 1;
    const scope = new Scope(outer);
    const go = (at: number): void => {
      const clause = clauses[at];
      if (clause === undefined) {
        const [first, second] = elements.map((element) => this.evaluate(element, scope));
        if (first === undefined) return;
        if (!isDict) list.items.push(first);
        else if (typeof first === "string" && isKnown(first)) entries.set(first, second ?? null);
        else list.open = true;
        return;
      }
      const items = itemsOf(this.evaluate(clause.of, scope));
      if (items === undefined || items.open) list.open = true;
      for (const item of (items?.list ?? [unknown(labelOfExpression(clause.target))]).slice(
        0,
        MAX_ITEMS,
      )) {
        this.#assign(clause.target, item, scope);
        if (clause.tests.some((test) => truthOf(this.evaluate(test, scope)) === false)) continue;
        go(at + 1);
        if (list.items.length > MAX_ITEMS || this.#expressions > MAX_EXPRESSIONS) return;
      }
    };
    go(0);
    return isDict ? { type: "dict", entries, open: list.open } : list;
  }

  #import({ modules, names }: Extract<Statement, { kind: "import" }>, scope: Scope): void {
    if (names === undefined) {
      for (const { path, as } of modules) {
        const top = path.split(".")[0] ?? path;
        const value = this.#module(path);
        if (as !== undefined) scope.set(as, value);
        else if (top === path) scope.set(top, value);
        else scope.set(top, this.#nested(scope.names.get(top), path, value));
      }
      return;
    }
    const path = modules[0]?.path ?? ".";
    const value = this.#module(path);
    for (const { name, as } of names) {
      if (name === "*") {
        if (isType(value, "module"))
          for (const [each, own] of value.scope.names) scope.set(each, own);
        continue;
      }
      const inner = path.endsWith(".") ? `${path}${name}` : `${path}.${name}`;
      const own = isType(value, "module") ? value.scope.names.get(name) : undefined;
      scope.set(
        as ?? name,
        own ??
          (isType(value, "external") || isType(value, "module")
            ? this.#module(inner)
            : unknown(name)),
      );
    }
  }

  /** `import a.b` gives a, which has b. */
  #nested(top: Value | undefined, path: string, value: Value): Value {
    if (isType(value, "external"))
      return top ?? { type: "external", path: path.split(".")[0] ?? path };
    const [first = "", ...rest] = path.split(".");
    const outer: Value = isType(top, "module")
      ? top
      : { type: "module", path: first, scope: new Scope() };
    let holder = outer;
    for (const [at, name] of rest.entries()) {
      const isLast = at === rest.length - 1;
      const known = holder.scope.names.get(name);
      const next = isLast
        ? value
        : isType(known, "module")
          ? known
          : { type: "module" as const, path: name, scope: new Scope() };
      holder.scope.names.set(name, next);
      if (!isType(next, "module")) break;
      holder = next;
    }
    return outer;
  }

  #module(path: string): Value {
    const found = this.#surroundings.module(path, this.#unit.file);
    if (found === undefined) return externalModule(path);
    const known = this.#modules.get(found.label);
    if (known !== undefined) return known;
    const scope = new Scope();
    const value: Value = { type: "module", path, scope };
    this.#modules.set(found.label, value);
    scope.names.set("__name__", path);
    this.#inUnit(unitOf(found.label, found.source), () =>
      this.#block(parsePython(found.source), scope),
    );
    return value;
  }

  #binary(operator: string, left: Value, right: Value): Value {
    if (operator === "+") {
      if (isType(left, "list") && isType(right, "list"))
        return listOf([...left.items, ...right.items].slice(0, MAX_ITEMS), left.open || right.open);
      if (typeof left === "number" && typeof right === "number") return left + right;
      if (typeof left === "string" || typeof right === "string")
        return textOf(left) + textOf(right);
      return unknown("");
    }
    if (operator === "%" && typeof left === "string") {
      if (isTooLong(left, isType(right, "list") ? right.items : [right])) return unknown("");
      const values = isType(right, "list") ? [...right.items] : [right];
      return left.replace(/%(?:\((\w+)\))?[sd]/g, (_, name?: string) => {
        if (name !== undefined && isType(right, "dict"))
          return textOf(right.entries.get(name) ?? unknown(name));
        return textOf(values.shift() ?? unknown(""));
      });
    }
    if (operator === "/" && typeof left === "string" && typeof right === "string")
      return `${left}/${right}`;
    if (operator === "|" && isType(left, "dict") && isType(right, "dict"))
      return {
        type: "dict",
        entries: new Map([...left.entries, ...right.entries]),
        open: left.open || right.open,
      };
    const known = isConstant(left) && isConstant(right);
    switch (operator) {
      case "==":
      case "is":
        return known
          ? left === right
          : isType(left, "object", "frame", "list", "dict") && right === null
            ? false
            : unknown("");
      case "!=":
      case "is not":
        return known
          ? left !== right
          : isType(left, "object", "frame", "list", "dict") && right === null
            ? true
            : unknown("");
      case "in":
      case "not in": {
        const found = contains(left, right);
        return found === undefined ? unknown("") : found === (operator === "in");
      }
      case "<":
      case ">":
      case "<=":
      case ">=":
        if (typeof left !== "number" || typeof right !== "number") return unknown("");
        return operator === "<"
          ? left < right
          : operator === ">"
            ? left > right
            : operator === "<="
              ? left <= right
              : left >= right;
      default:
        return unknown("");
    }
  }
}

/** A value under the name that it is assigned to. */
function assigned(name: string, value: Value): Value {
  if (!isType(value, "unknown", "external")) return value;
  // Made by a helper or library of which nothing else is known.
  if (isSessionName(name)) return { type: "spark" };
  // An unknown value is spoken of by the name that it gets first.
  return isType(value, "unknown") && value.label === "" ? unknown(name) : value;
}

/** Parts of a text, as far as it may become long. */
function joined(parts: readonly (() => string)[]): string {
  let text = "";
  for (const part of parts) {
    text += part();
    if (text.length > MAX_TEXT) break;
  }
  return text;
}

function isStatements(body: FunctionValue["body"]): body is readonly Statement[] {
  return Array.isArray(body);
}

function functionsIn(value: Value): readonly Value[] {
  const values = isType(value, "dict")
    ? [...value.entries.values()]
    : isType(value, "list")
      ? value.items
      : [];
  return values.filter((item) => isType(item, "function", "method")).slice(0, MAX_ITEMS);
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

function indexed(of: Value, key: Value | undefined): Value {
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
      // A parameter that gets what is unknown is spoken of by its own name.
      scope.names.set(
        name,
        value === undefined || (isType(value, "unknown") && (value.label === "" || isSession))
          ? missing
          : value,
      );
    }
  }
}

function labelOfExpression(expression: Expression): string {
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

/** Names of libraries under one name, however they are imported. */
function externalModule(path: string): Value {
  const last = path.split(".").at(-1) ?? path;
  if (path === "dlt" || path.endsWith("pyspark.pipelines") || path === "pyspark.pipelines")
    return { type: "pipelines" };
  if (last === "DeltaTable") return { type: "deltaTableClass" };
  if (last === "spark" && path.includes("runtime")) return { type: "spark" };
  if (last === "dbutils" && path.includes("runtime")) return { type: "dbutils" };
  return { type: "external", path };
}

function replace(names: Map<string, Value>, by: ReadonlyMap<string, Value>): void {
  names.clear();
  for (const [name, value] of by) names.set(name, value);
}

/** Code of a whole file. */
export function unitOf(
  file: string,
  source: string,
  lineOf: (line: number) => number = (line) => line,
): Unit {
  let starts: number[] | undefined;
  return {
    file,
    lineAt(offset) {
      if (starts === undefined) {
        starts = [0];
        for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1))
          starts.push(at + 1);
      }
      let low = 0;
      let high = starts.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if ((starts[middle] ?? 0) <= offset) low = middle;
        else high = middle - 1;
      }
      return lineOf(low) + 1;
    },
  };
}
