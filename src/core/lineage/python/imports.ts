import type { Evaluator } from "./evaluator";
import { parsePython } from "./parse";
import type { Statement } from "./syntax";
import { unitOf } from "./unit";
import { isType, Scope, unknown, type Value } from "./values";

/** Imports modules: executes those of the project, and knows libraries by name only. */
export class Imports {
  readonly #interpreter: Evaluator;

  public constructor(interpreter: Evaluator) {
    this.#interpreter = interpreter;
  }

  readonly #modules = new Map<string, Value>();

  public execute({ modules, names }: Extract<Statement, { kind: "import" }>, scope: Scope): void {
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

  /** `import a.b` binds a, which has the attribute b. */
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
    const found = this.#interpreter.findModule(path);
    if (found === undefined) return externalModule(path);
    const known = this.#modules.get(found.label);
    if (known !== undefined) return known;
    const scope = new Scope();
    const value: Value = { type: "module", path, scope };
    this.#modules.set(found.label, value);
    scope.names.set("__name__", path);
    this.#interpreter.inUnit(unitOf(found.label, found.source), () =>
      this.#interpreter.block(parsePython(found.source), scope),
    );
    return value;
  }
}

/** One name for each library, however it is imported. */
function externalModule(path: string): Value {
  const last = path.split(".").at(-1) ?? path;
  if (path === "dlt" || path.endsWith("pyspark.pipelines") || path === "pyspark.pipelines")
    return { type: "pipelines" };
  if (last === "DeltaTable") return { type: "deltaTableClass" };
  if (last === "spark" && path.includes("runtime")) return { type: "spark" };
  if (last === "dbutils" && path.includes("runtime")) return { type: "dbutils" };
  return { type: "external", path };
}
