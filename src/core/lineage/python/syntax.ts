/** The part of Python's syntax that determines table accesses. `at` is an offset in the code. */
export type Expression =
  | { readonly kind: "name"; readonly name: string; readonly at: number }
  /** A string with its parts joined; expressions of an f-string are parts. */
  | { readonly kind: "text"; readonly parts: readonly (string | Expression)[]; readonly at: number }
  | { readonly kind: "constant"; readonly value: number | boolean | null }
  /** A list, tuple or set. */
  | { readonly kind: "list"; readonly items: readonly Expression[] }
  /** The key is undefined for `**other`. */
  | {
      readonly kind: "dict";
      readonly entries: readonly (readonly [key: Expression | undefined, value: Expression])[];
    }
  | { readonly kind: "member"; readonly of: Expression; readonly name: string; readonly at: number }
  /** The index is undefined for a slice. */
  | { readonly kind: "index"; readonly of: Expression; readonly index: Expression | undefined }
  | {
      readonly kind: "call";
      readonly callee: Expression;
      readonly args: readonly Argument[];
      readonly at: number;
    }
  | {
      readonly kind: "binary";
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly kind: "not"; readonly of: Expression }
  | {
      readonly kind: "conditional";
      readonly test: Expression;
      readonly then: Expression;
      readonly otherwise: Expression;
    }
  | {
      readonly kind: "lambda";
      readonly parameters: readonly Parameter[];
      readonly body: Expression;
    }
  | {
      readonly kind: "comprehension";
      /** A dict entry. */
      readonly elements: readonly Expression[];
      readonly clauses: readonly {
        readonly target: Expression;
        readonly of: Expression;
        readonly tests: readonly Expression[];
      }[];
    }
  | { readonly kind: "named"; readonly name: string; readonly value: Expression }
  | { readonly kind: "star"; readonly of: Expression }
  /** Any other expression, with its operands. */
  | { readonly kind: "other"; readonly parts: readonly Expression[] };

export interface Argument {
  readonly name?: string;
  readonly spread?: "*" | "**";
  readonly value: Expression;
}

export interface Parameter {
  readonly name: string;
  readonly spread?: "*" | "**";
  readonly default?: Expression;
}

export interface FunctionSyntax {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
  readonly decorators: readonly Expression[];
}

export type Statement =
  | { readonly kind: "expression"; readonly value: Expression }
  | { readonly kind: "assign"; readonly targets: readonly Expression[]; readonly value: Expression }
  /** A class field without a value. */
  | { readonly kind: "declare"; readonly name: string }
  | {
      readonly kind: "update";
      readonly target: Expression;
      readonly operator: string;
      readonly value: Expression;
    }
  | {
      readonly kind: "if";
      readonly branches: readonly {
        /** Undefined for `else`. */
        readonly test: Expression | undefined;
        readonly body: readonly Statement[];
      }[];
    }
  | {
      readonly kind: "for";
      readonly target: Expression;
      readonly of: Expression;
      readonly body: readonly Statement[];
    }
  | { readonly kind: "while"; readonly test: Expression; readonly body: readonly Statement[] }
  | {
      readonly kind: "try";
      readonly body: readonly Statement[];
      readonly handlers: readonly (readonly Statement[])[];
      readonly otherwise: readonly Statement[];
      readonly final: readonly Statement[];
    }
  | {
      readonly kind: "with";
      readonly items: readonly { readonly value: Expression; readonly target?: Expression }[];
      readonly body: readonly Statement[];
    }
  | {
      readonly kind: "match";
      readonly of: Expression;
      readonly cases: readonly {
        /** Undefined unless it is a string. */
        readonly pattern: Expression | undefined;
        readonly isDefault: boolean;
        readonly body: readonly Statement[];
      }[];
    }
  | { readonly kind: "function"; readonly function: FunctionSyntax }
  | {
      readonly kind: "class";
      readonly name: string;
      readonly bases: readonly Expression[];
      readonly body: readonly Statement[];
      readonly decorators: readonly Expression[];
    }
  | { readonly kind: "return"; readonly value: Expression | undefined }
  | {
      readonly kind: "import";
      /** With leading dots: each name of `import a, b`; the module of `from a import b`. */
      readonly modules: readonly { readonly path: string; readonly as?: string }[];
      /** Undefined for `import a`; `*` for all. */
      readonly names?: readonly { readonly name: string; readonly as?: string }[];
    }
  | { readonly kind: "global"; readonly names: readonly string[] }
  | { readonly kind: "stop"; readonly how: "raise" | "break" | "continue" };
