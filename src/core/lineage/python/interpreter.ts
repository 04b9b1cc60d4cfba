import type { SourceLocation } from "../../model/source-location";
import type { Session } from "../session";
import { Calls } from "./calls";
import type { Args, Completion, Evaluator, ModuleSource } from "./evaluator";
import { Expressions, MAX_TEXT } from "./expressions";
import { Imports } from "./imports";
import { parsePython } from "./parse";
import { Statements } from "./statements";
import type { Expression, Statement } from "./syntax";
import { Scope, type Unit, unknown, type Value } from "./values";

/** Maximum statements executed for one task, including loops and calls. */
const MAX_STEPS = 100_000;
const MAX_EXPRESSIONS = 1_000_000;
const MAX_EXPRESSION_DEPTH = 300;

/** Access to the interpreter's environment. */
export interface Surroundings {
  /** Resolves an import path with leading dots in `file` to a project module; undefined for a library. */
  module(path: string, file: string): ModuleSource | undefined;
  /** Analyses the notebook run by `dbutils.notebook.run`. */
  runNotebook(path: string, parameters: ReadonlyMap<string, string>, from: SourceLocation): void;
  /** The text of a project file, by its path relative to the notebook; undefined if it does not exist. */
  readFile(path: string): string | undefined;
  /** Adds a folder to the module search path. */
  addPath(folder: string, file: string): void;
}

/**
 * Abstract interpreter of Python code that records the tables it reads and writes. It computes strings, lists and dicts, enters
 * the project's functions and modules, and unrolls loops over known lists. For an unknown condition it follows both branches.
 * Nothing is executed.
 */
export class Interpreter implements Evaluator {
  readonly globals = new Scope();
  /** Spark settings made by the code. */
  readonly settings = new Map<string, Value>();
  readonly statements: Statements = new Statements(this);
  readonly expressions: Expressions = new Expressions(this);
  readonly calls: Calls = new Calls(this);
  readonly imports: Imports = new Imports(this);
  #steps = 0;
  #evaluated = 0;
  #depth = 0;
  /** The code being interpreted. */
  unit: Unit = { file: "", lineAt: () => 1 };
  /** Offset of the current call. */
  at = 0;
  /** Whether the step limit has been reached. */
  isStopped = false;
  readonly #surroundings: Surroundings;

  public constructor(
    public readonly session: Session,
    surroundings: Surroundings,
  ) {
    this.#surroundings = surroundings;
  }

  /** Interprets code in the notebook's globals. @returns whether the notebook continues after it */
  public run(code: string, unit: Unit): boolean {
    const completion = this.inUnit(unit, () => this.block(parsePython(code), this.globals));
    return completion !== "exit" && completion !== "raise";
  }

  public inUnit<T>(unit: Unit, action: () => T): T {
    const before = [this.unit, this.at] as const;
    this.unit = unit;
    const result = action();
    [this.unit, this.at] = before;
    return result;
  }

  /** Location of the current statement. */
  public get here(): SourceLocation {
    return { file: this.unit.file, line: this.unit.lineAt(this.at) };
  }

  /** Adds a folder to the module search path. */
  public addPath(folder: string): void {
    this.#surroundings.addPath(folder, this.unit.file);
  }

  /** The text of a project file, by its path relative to the notebook; undefined if it does not exist. */
  public readFile(path: string): string | undefined {
    return this.#surroundings.readFile(path);
  }

  /** Resolves an import in the current code to a project module. */
  public findModule(path: string): ModuleSource | undefined {
    return this.#surroundings.module(path, this.unit.file);
  }

  /** Whether the limit of evaluated expressions has been reached. */
  public get isExhausted(): boolean {
    return this.#evaluated > MAX_EXPRESSIONS;
  }

  public runNotebook(path: string, parameters: ReadonlyMap<string, string>): void {
    this.#surroundings.runNotebook(path, parameters, this.here);
  }

  public block(statements: readonly Statement[], scope: Scope): Completion {
    for (const statement of statements) {
      if (++this.#steps > MAX_STEPS) {
        if (!this.isStopped)
          this.session.problem(
            `only the first ${MAX_STEPS} steps of the code are followed`,
            this.here,
          );
        this.isStopped = true;
        return "exit";
      }
      const completion = this.statements.execute(statement, scope);
      if (completion !== "next") return completion;
    }
    return "next";
  }

  /** Evaluates an expression and records its table accesses. */
  public evaluate(expression: Expression, scope: Scope): Value {
    if (this.#depth > MAX_EXPRESSION_DEPTH || this.isExhausted) return unknown("");
    this.#depth++;
    const value = this.expressions.evaluate(expression, scope);
    this.#depth--;
    // Long strings count as many expressions because they take as long.
    this.#evaluated += typeof value === "string" ? 1 + (value.length >> 8) : 1;
    return typeof value === "string" && value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value;
  }

  /** Calls a value if it is a function. */
  public callValue(value: Value, args: Args): Value {
    return this.calls.callValue(value, args);
  }

  /** Calls the functions among the arguments of an unknown function. */
  public callFunctions(args: Args): void {
    this.calls.callFunctions(args);
  }
}
