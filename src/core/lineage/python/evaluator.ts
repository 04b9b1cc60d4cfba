import type { SourceLocation } from "../../model/source-location";
import type { Session } from "../session";
import type { Expression, Statement } from "./syntax";
import type { FunctionValue, Scope, Unit, Value } from "./values";

/** How a statement ends; after "next", the following one runs. */
export type Completion = "next" | "return" | "exit" | "raise" | "break" | "continue";

/** Arguments of a call. */
export interface Args {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

/** Source of a project's module. */
export interface ModuleSource {
  readonly label: string;
  readonly source: string;
}

/** The interpreter as its parts and the library use it. */
export interface Evaluator {
  readonly session: Session;
  readonly globals: Scope;
  /** Spark settings that the code makes. */
  readonly settings: Map<string, Value>;
  /** The running code. */
  readonly unit: Unit;
  /** Offset of the running call. */
  at: number;
  /** Location of the running statement. */
  readonly here: SourceLocation;
  /** Whether there were too many steps. */
  readonly isStopped: boolean;
  /** Whether the limit of evaluated expressions is reached. */
  readonly isExhausted: boolean;
  readonly calls: CallEvaluator;
  readonly statements: { assign(target: Expression, value: Value, scope: Scope): void };
  readonly imports: {
    execute(statement: Extract<Statement, { kind: "import" }>, scope: Scope): void;
  };

  /** Runs `action` as code of `unit`. */
  inUnit<T>(unit: Unit, action: () => T): T;
  block(statements: readonly Statement[], scope: Scope): Completion;
  /** The value of an expression; records its table access. */
  evaluate(expression: Expression, scope: Scope): Value;
  /** Calls `value` if it is a function of the code. */
  callValue(value: Value, args: Args): Value;
  /** Calls the functions among the arguments of an unknown function. */
  callFunctions(args: Args): void;

  /** Adds a folder to the module search path. */
  addPath(folder: string): void;
  /** The text of a project file, by its path from the notebook; undefined if there is none. */
  readFile(path: string): string | undefined;
  /** The project's module at `path`, which may begin with dots; undefined for a library. */
  findModule(path: string): ModuleSource | undefined;
  /** Analyses the notebook that `dbutils.notebook.run` names. */
  runNotebook(path: string, parameters: ReadonlyMap<string, string>): void;
}

/** Calls functions, methods and classes, and looks up members of objects. */
interface CallEvaluator {
  evaluate(expression: Extract<Expression, { kind: "call" }>, scope: Scope): Value;
  member(of: Value, name: string): Value;
  /** Calls a function of the code. */
  call(called: FunctionValue, args: Args): Value;
  /** Notes a value that the running function returns. */
  return(value: Value): void;
  /** Notes that an exception handler returns, and whether the code before it did. */
  returnOfHandler(hasReturned: boolean): void;
}
