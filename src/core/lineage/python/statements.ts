import { isKnown } from "../unknown-text";
import type { Completion, Evaluator } from "./evaluator";
import { isSessionName } from "./library";
import { binary } from "./operators";
import type { Expression, Statement } from "./syntax";
import {
  either,
  failing,
  functionValue,
  isType,
  itemsOf,
  labelOf,
  MAX_ITEMS,
  Scope,
  truthOf,
  unknown,
  type Value,
} from "./values";

type Of<K extends Statement["kind"]> = Extract<Statement, { kind: K }>;

/** Executes statements abstractly. */
export class Statements {
  readonly #interpreter: Evaluator;

  public constructor(interpreter: Evaluator) {
    this.#interpreter = interpreter;
  }

  public execute(statement: Statement, scope: Scope): Completion {
    switch (statement.kind) {
      case "expression": {
        const value = this.#interpreter.evaluate(statement.value, scope);
        return isType(value, "external") && value.path === "exit" ? "exit" : "next";
      }
      case "assign": {
        const value = this.#interpreter.evaluate(statement.value, scope);
        for (const target of statement.targets) this.assign(target, value, scope);
        return "next";
      }
      case "declare":
      case "global":
        if (statement.kind === "global")
          for (const name of statement.names) scope.globals.add(name);
        return "next";
      case "update":
        return this.#update(statement, scope);
      case "if":
        return this.#if(statement.branches, scope);
      case "for":
        return this.#for(statement, scope);
      case "while":
        return this.#while(statement, scope);
      case "try":
        return this.#try(statement, scope);
      case "with":
        return this.#with(statement, scope);
      case "match":
        return this.#match(statement, scope);
      case "function":
        return this.#function(statement, scope);
      case "class":
        return this.#class(statement, scope);
      case "return": {
        const value =
          statement.value === undefined ? null : this.#interpreter.evaluate(statement.value, scope);
        this.#interpreter.calls.return(value);
        return "return";
      }
      case "import":
        this.#interpreter.imports.execute(statement, scope);
        return "next";
      case "stop":
        return statement.how;
    }
  }

  #update(statement: Of<"update">, scope: Scope): Completion {
    const before = this.#interpreter.evaluate(statement.target, scope);
    const value = this.#interpreter.evaluate(statement.value, scope);
    if (isType(before, "list") && statement.operator === "+") {
      if (!isType(value, "list") || before.items.length > MAX_ITEMS) before.open = true;
      else before.items.push(...value.items.slice(0, MAX_ITEMS));
    } else this.assign(statement.target, binary(statement.operator, before, value), scope);
    return "next";
  }

  #while(statement: Of<"while">, scope: Scope): Completion {
    if (truthOf(this.#interpreter.evaluate(statement.test, scope)) === false) return "next";
    const completion = this.#maybe(() => this.#interpreter.block(statement.body, scope), scope);
    return completion === "exit" ? "exit" : "next";
  }

  #try(statement: Of<"try">, scope: Scope): Completion {
    const tried = this.#interpreter.block(statement.body, scope);
    const failed = tried === "raise";
    for (const handler of statement.handlers) {
      const completion = failed
        ? this.#interpreter.block(handler, scope)
        : this.#fallback(handler, scope, tried);
      if (failed) return this.#finally(statement.final, completion, scope);
    }
    const completion =
      tried === "next" ? this.#interpreter.block(statement.otherwise, scope) : tried;
    return this.#finally(statement.final, completion, scope);
  }

  #with(statement: Of<"with">, scope: Scope): Completion {
    for (const { value, target } of statement.items) {
      const entered = this.#interpreter.evaluate(value, scope);
      if (target !== undefined) this.assign(target, entered, scope);
    }
    return this.#interpreter.block(statement.body, scope);
  }

  #match(statement: Of<"match">, scope: Scope): Completion {
    const value = this.#interpreter.evaluate(statement.of, scope);
    const known = typeof value === "string" && isKnown(value);
    const simple = statement.cases.every(
      ({ pattern, isDefault }) => pattern !== undefined || isDefault,
    );
    const chosen = statement.cases.find(
      ({ pattern, isDefault }) =>
        isDefault ||
        (pattern !== undefined && this.#interpreter.evaluate(pattern, scope) === value),
    );
    if (known && simple)
      return chosen === undefined ? "next" : this.#interpreter.block(chosen.body, scope);
    return this.#branches(
      statement.cases.map(({ body }) => body),
      scope,
      false,
    );
  }

  #function(statement: Of<"function">, scope: Scope): Completion {
    const { function: syntax } = statement;
    let value: Value = functionValue(syntax, scope, this.#interpreter.unit);
    for (const decorator of [...syntax.decorators].reverse())
      value = this.#decorate(decorator, value, syntax.name, scope);
    scope.set(syntax.name, value);
    return "next";
  }

  #class(statement: Of<"class">, scope: Scope): Completion {
    const inner = new Scope(scope);
    this.#interpreter.block(statement.body, inner);
    const fields = statement.body.flatMap((part) => {
      if (part.kind === "declare") return [part.name];
      const [target] = part.kind === "assign" ? part.targets : [];
      return target?.kind === "name" ? [target.name] : [];
    });
    const bases = statement.bases.map((base) => this.#interpreter.evaluate(base, scope));
    scope.set(statement.name, {
      type: "class",
      name: statement.name,
      scope: inner,
      bases,
      fields,
    });
    return "next";
  }

  #finally(statements: readonly Statement[], completion: Completion, scope: Scope): Completion {
    const last = this.#interpreter.block(statements, scope);
    return last === "next" ? completion : last;
  }

  /** A handler may run; values found by the code before it stay. */
  #fallback(handler: readonly Statement[], scope: Scope, tried: Completion): Completion {
    const before = new Map(scope.names);
    const completion = this.#interpreter.block(handler, scope);
    if (completion === "return") this.#interpreter.calls.returnOfHandler(tried === "return");
    for (const [name, value] of before)
      // Reading a widget that nothing sets fails, so its handler decides.
      if (failing(value) === undefined) scope.names.set(name, value);
    return completion === "exit" ? "next" : completion;
  }

  #if(branches: Of<"if">["branches"], scope: Scope): Completion {
    const open: (readonly Statement[])[] = [];
    for (const { test, body } of branches) {
      const truth = test === undefined ? true : truthOf(this.#interpreter.evaluate(test, scope));
      if (truth === false) continue;
      open.push(body);
      if (truth === true)
        return open.length === 1
          ? this.#interpreter.block(body, scope)
          : this.#branches(open, scope, true);
    }
    return open.length === 0 ? "next" : this.#branches(open, scope, false);
  }

  /** Follows one of several branches, or none. @param isComplete one of them always runs */
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
      const completion = this.#interpreter.block(body, scope);
      completions.add(completion);
      // A branch that leaves does not affect what follows.
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

  #for({ target, of, body }: Of<"for">, scope: Scope): Completion {
    const list = this.#interpreter.evaluate(of, scope);
    const items = itemsOf(list);
    if (items === undefined || items.open) {
      // Its arguments are unknown.
      const run = (item: Value): void => {
        this.#maybe(() => {
          this.assign(target, item, scope);
          return this.#interpreter.block(body, scope);
        }, scope);
      };
      for (const item of items?.list.slice(0, MAX_ITEMS) ?? []) {
        if (this.#interpreter.isStopped) return "exit";
        run(item);
      }
      run(unknown(target.kind === "name" ? target.name : labelOf(list)));
      return "next";
    }
    if (items.list.length > MAX_ITEMS)
      this.#interpreter.session.problem(
        `only the first ${MAX_ITEMS} items of a loop are followed`,
        this.#interpreter.here,
      );
    for (const item of items.list.slice(0, MAX_ITEMS)) {
      this.assign(target, item, scope);
      const completion = this.#interpreter.block(body, scope);
      if (completion === "break") break;
      if (completion === "return" || completion === "exit" || completion === "raise")
        return completion;
    }
    return "next";
  }

  public assign(target: Expression, value: Value, scope: Scope): void {
    switch (target.kind) {
      case "name": {
        // An unknown value is labelled with its first name.
        scope.set(target.name, assigned(target.name, value));
        break;
      }
      case "list": {
        const items = itemsOf(value);
        for (const [at, inner] of target.items.entries()) {
          const label = inner.kind === "name" ? inner.name : labelOf(value);
          if (inner.kind === "star") this.assign(inner.of, unknown(label), scope);
          else this.assign(inner, items?.list[at] ?? unknown(label), scope);
        }
        break;
      }
      case "member": {
        const of = this.#interpreter.evaluate(target.of, scope);
        if (isType(of, "object")) of.fields.set(target.name, value);
        else if (isType(of, "class", "module")) of.scope.names.set(target.name, value);
        break;
      }
      case "index": {
        const of = this.#interpreter.evaluate(target.of, scope);
        const key =
          target.index === undefined ? undefined : this.#interpreter.evaluate(target.index, scope);
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
    const applied = this.#interpreter.evaluate(decorator, scope);
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
    if (isTemporary) this.#interpreter.session.temporaryView(table);
    if (isType(value, "function"))
      this.#interpreter.calls.call(value, { positional: [], named: new Map() });
    if (!isTemporary) this.#interpreter.session.write(table, "overwrite", this.#interpreter.here);
    return value;
  }
}

/** Labels a value with the name that it is assigned to. */
function assigned(name: string, value: Value): Value {
  if (!isType(value, "unknown", "external")) return value;
  // The result of a helper or library function, about which nothing else is known.
  if (isSessionName(name)) return { type: "spark" };
  // An unknown value is labelled with its first name.
  return isType(value, "unknown") && value.label === "" ? unknown(name) : value;
}

function replace(names: Map<string, Value>, by: ReadonlyMap<string, Value>): void {
  names.clear();
  for (const [name, value] of by) names.set(name, value);
}
