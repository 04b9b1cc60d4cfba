import type { SourceLocation } from "../../model/job-spec";
import type { Session } from "../session";
import { type Args, Calls } from "./calls";
import { Expressions, MAX_TEXT } from "./expressions";
import { Imports } from "./imports";
import { parsePython } from "./parse";
import { type Completion, Statements } from "./statements";
import type { Expression, Statement } from "./syntax";
import { Scope, type Unit, unknown, type Value } from "./values";

export type { Args } from "./calls";

/** Statements that are executed for one task, however the code loops and calls. */
const MAX_STEPS = 100_000;
const MAX_EXPRESSIONS = 1_000_000;
const MAX_EXPRESSION_DEPTH = 300;

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
  readonly statements = new Statements(this);
  readonly expressions = new Expressions(this);
  readonly calls = new Calls(this);
  readonly imports = new Imports(this);
  #steps = 0;
  #evaluated = 0;
  #depth = 0;
  /** The code that is executed. */
  unit: Unit = { file: "", lineAt: () => 1 };
  /** Offset of the call that is executed. */
  at = 0;
  /** There were too many steps. */
  isStopped = false;
  readonly #surroundings: Surroundings;

  public constructor(
    public readonly session: Session,
    surroundings: Surroundings,
  ) {
    this.#surroundings = surroundings;
  }

  /** Executes code in the globals of the notebook. @returns whether the notebook goes on behind it */
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

  /** Where the statement is that is executed. */
  public get here(): SourceLocation {
    return { file: this.unit.file, line: this.unit.lineAt(this.at) };
  }

  /** What the code asks of its surroundings. */
  public addPath(folder: string): void {
    this.#surroundings.addPath(folder, this.unit.file);
  }

  /** The text of a file of the project, by its path from the notebook; undefined if there is none. */
  public readFile(path: string): string | undefined {
    return this.#surroundings.readFile(path);
  }

  /** The module that an import in this code names. */
  public findModule(path: string): ReturnType<Surroundings["module"]> {
    return this.#surroundings.module(path, this.unit.file);
  }

  /** Whether the limit of evaluated expressions is reached. */
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

  /** The value of an expression; what it does with tables is noted. */
  public evaluate(expression: Expression, scope: Scope): Value {
    if (this.#depth > MAX_EXPRESSION_DEPTH || this.isExhausted) return unknown("");
    this.#depth++;
    const value = this.expressions.evaluate(expression, scope);
    this.#depth--;
    // Long texts take as long as many expressions.
    this.#evaluated += typeof value === "string" ? 1 + (value.length >> 8) : 1;
    return typeof value === "string" && value.length > MAX_TEXT ? value.slice(0, MAX_TEXT) : value;
  }

  /** Calls a value of the code, if it is a function. */
  public callValue(value: Value, args: Args): Value {
    return this.calls.callValue(value, args);
  }

  /** Calls the functions among the arguments of something that nobody knows. */
  public callFunctions(args: Args): void {
    this.calls.callFunctions(args);
  }
}
