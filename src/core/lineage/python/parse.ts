import { parser } from "@lezer/python";
import { ExpressionReader } from "./parse-expressions";
import type { Expression, FunctionSyntax, Statement } from "./syntax";
import { isExpressionNode, MAX_DEPTH, type Node, nodeAt } from "./tree";

/**
 * The statements of Python code. What is broken, or of a later version of Python, is left out; the parser goes on behind it.
 * Takes time in proportion to the code.
 */
export function parsePython(code: string): Statement[] {
  const reader = new StatementReader(code);
  const cursor = parser.parse(code).cursor();
  const statements: Statement[] = [];
  // One statement after the other, since all nodes of a long file at once take much memory.
  if (cursor.firstChild())
    do statements.push(...reader.block({ ...SCRIPT, children: [nodeAt(cursor)] }));
    while (cursor.nextSibling());
  return statements;
}

const SCRIPT = { type: "Script", from: 0, to: 0 };

/** Reads statements. */
class StatementReader {
  readonly #expressions: ExpressionReader;

  public constructor(code: string) {
    this.#expressions = new ExpressionReader(code);
  }

  /** The statements of a script or body. */
  public block({ children }: Node): Statement[] {
    if (this.#expressions.depth > MAX_DEPTH) return [];
    this.#expressions.depth++;
    const statements = children.flatMap((child) => this.#statement(child));
    this.#expressions.depth--;
    return statements;
  }

  #statement(node: Node, decorators: readonly Expression[] = []): Statement[] {
    const { type, children } = node;
    switch (type) {
      case "ExpressionStatement":
        return children.map((child) => ({
          kind: "expression",
          value: this.#expressions.expression(child),
        }));
      case "AssignStatement":
        return this.#assign(children);
      case "UpdateStatement":
        return this.#update(children);
      case "IfStatement": {
        const branches = this.#clauses(children, ["if", "elif", "else"]).map(({ head, body }) => ({
          test: head.length === 0 ? undefined : this.#expressions.tuple(head),
          body,
        }));
        return [{ kind: "if", branches }];
      }
      case "ForStatement":
        return this.#for(children);
      case "WhileStatement": {
        const [clause] = this.#clauses(children, ["while", "else"]);
        if (clause === undefined) return [];
        return [{ kind: "while", test: this.#expressions.tuple(clause.head), body: clause.body }];
      }
      case "TryStatement":
        return this.#try(children);
      case "WithStatement":
        return this.#with(children);
      case "MatchStatement":
        return this.#match(children);
      case "DecoratedStatement": {
        const own = children
          .filter((child) => child.type === "Decorator")
          .map((child) => this.#decorator(child));
        const inner = children.find((child) => child.type !== "Decorator");
        return inner === undefined ? [] : this.#statement(inner, own);
      }
      case "FunctionDefinition":
        return [{ kind: "function", function: this.#function(children, decorators) }];
      case "ClassDefinition":
        return this.#class(children, decorators);
      case "ReturnStatement": {
        const value = children.slice(1);
        return [
          {
            kind: "return",
            value: value.length === 0 ? undefined : this.#expressions.tuple(value),
          },
        ];
      }
      case "YieldStatement":
        return [{ kind: "expression", value: this.#expressions.tuple(children) }];
      case "ImportStatement":
        return this.#import(children);
      case "ScopeStatement":
        return [
          {
            kind: "global",
            names: children
              .filter((child) => child.type === "VariableName")
              .map((child) => this.#expressions.text(child)),
          },
        ];
      case "RaiseStatement":
        return [{ kind: "stop", how: "raise" }];
      case "BreakStatement":
        return [{ kind: "stop", how: "break" }];
      case "ContinueStatement":
        return [{ kind: "stop", how: "continue" }];
      case "StatementGroup":
      case "Body":
        return this.block(node);
      case "PassStatement":
      case "DeleteStatement":
      case "TypeDefinition":
        return [];
      case "AssertStatement":
      case "PrintStatement":
        return children.length === 0
          ? []
          : [{ kind: "expression", value: this.#expressions.other(node) }];
      default:
        return isExpressionNode(node)
          ? [{ kind: "expression", value: this.#expressions.expression(node) }]
          : [];
    }
  }

  #update(children: readonly Node[]): Statement[] {
    const at = children.findIndex((child) => child.type === "UpdateOp");
    const operator = children[at];
    if (operator === undefined) return [];
    return [
      {
        kind: "update",
        target: this.#expressions.tuple(children.slice(0, at)),
        operator: this.#expressions.text(operator).slice(0, -1),
        value: this.#expressions.tuple(children.slice(at + 1)),
      },
    ];
  }

  #for(children: readonly Node[]): Statement[] {
    const start = children.findIndex((child) => child.type === "for");
    const middle = children.findIndex((child) => child.type === "in");
    const body = children.findIndex((child) => child.type === "Body");
    if (middle === -1 || body === -1) return [];
    return [
      {
        kind: "for",
        target: this.#expressions.tuple(children.slice(start + 1, middle)),
        of: this.#expressions.tuple(children.slice(middle + 1, body)),
        body: children
          .filter((child) => child.type === "Body")
          .flatMap((child) => this.block(child)),
      },
    ];
  }

  #try(children: readonly Node[]): Statement[] {
    const clauses = this.#clauses(children, ["try", "except", "else", "finally"]);
    const of = (keyword: string): Statement[][] =>
      clauses.filter((clause) => clause.keyword === keyword).map(({ body }) => body);
    return [
      {
        kind: "try",
        body: of("try").flat(),
        handlers: of("except"),
        otherwise: of("else").flat(),
        final: of("finally").flat(),
      },
    ];
  }

  #class(children: readonly Node[], decorators: readonly Expression[]): Statement[] {
    const name = children.find((child) => child.type === "VariableName");
    const bases = children.find((child) => child.type === "ArgList");
    const body = children.find((child) => child.type === "Body");
    if (name === undefined || body === undefined) return [];
    return [
      {
        kind: "class",
        name: this.#expressions.text(name),
        bases:
          bases === undefined ? [] : this.#expressions.arguments(bases).map(({ value }) => value),
        body: this.block(body),
        decorators,
      },
    ];
  }

  #assign(children: readonly Node[]): Statement[] {
    const groups: Node[][] = [[]];
    for (const child of children) {
      if (child.type === "AssignOp") groups.push([]);
      else if (child.type !== "TypeDef") groups.at(-1)?.push(child);
    }
    const value = groups.pop();
    if (value === undefined) return [];
    if (groups.length === 0) {
      const [name] = value;
      return name?.type === "VariableName"
        ? [{ kind: "declare", name: this.#expressions.text(name) }]
        : [];
    }
    return [
      {
        kind: "assign",
        targets: groups.map((group) => this.#expressions.tuple(group)),
        value: this.#expressions.tuple(value),
      },
    ];
  }

  /** The parts of a compound statement: each keyword, what is between it and its body, the body. */
  #clauses(
    children: readonly Node[],
    keywords: readonly string[],
  ): { readonly keyword: string; readonly head: Node[]; readonly body: Statement[] }[] {
    const clauses: { keyword: string; head: Node[]; body: Statement[] }[] = [];
    for (const child of children) {
      const last = clauses.at(-1);
      if (keywords.includes(child.type)) clauses.push({ keyword: child.type, head: [], body: [] });
      else if (child.type === "Body") last?.body.push(...this.block(child));
      else last?.head.push(child);
    }
    return clauses;
  }

  #with(children: readonly Node[]): Statement[] {
    const items: { value: Expression; target?: Expression }[] = [];
    let body: Statement[] = [];
    let isTarget = false;
    for (const child of children) {
      const last = items.at(-1);
      if (child.type === "Body") body = this.block(child);
      else if (child.type === "as") isTarget = true;
      else if (isTarget && last !== undefined) {
        last.target = this.#expressions.expression(child);
        isTarget = false;
      } else if (isExpressionNode(child) && child.type !== "with")
        items.push({ value: this.#expressions.expression(child) });
    }
    return [{ kind: "with", items, body }];
  }

  #match(children: readonly Node[]): Statement[] {
    const body = children.find((child) => child.type === "MatchBody");
    const of = children.slice(1).filter((child) => child.type !== "MatchBody");
    const cases = (body?.children ?? [])
      .filter((child) => child.type === "MatchClause")
      .map((clause) => {
        const pattern = clause.children[1];
        const literal = pattern?.type === "LiteralPattern" ? pattern.children[0] : undefined;
        const isDefault = pattern !== undefined && this.#expressions.text(pattern) === "_";
        const inner = clause.children.find((child) => child.type === "Body");
        return {
          pattern: literal === undefined ? undefined : this.#expressions.expression(literal),
          isDefault,
          body: inner === undefined ? [] : this.block(inner),
        };
      });
    return [{ kind: "match", of: this.#expressions.tuple(of), cases }];
  }

  #decorator({ children, from }: Node): Expression {
    let value: Expression = { kind: "other", parts: [] };
    for (const child of children) {
      if (child.type === "VariableName")
        value =
          value.kind === "other"
            ? { kind: "name", name: this.#expressions.text(child), at: child.from }
            : { kind: "member", of: value, name: this.#expressions.text(child), at: child.from };
      else if (child.type === "PropertyName")
        value = { kind: "member", of: value, name: this.#expressions.text(child), at: child.from };
      else if (child.type === "ArgList")
        value = { kind: "call", callee: value, args: this.#expressions.arguments(child), at: from };
      else if (isExpressionNode(child)) value = this.#expressions.expression(child);
    }
    return value;
  }

  #function(children: readonly Node[], decorators: readonly Expression[]): FunctionSyntax {
    const name = children.find((child) => child.type === "VariableName");
    const parameters = children.find((child) => child.type === "ParamList");
    const body = children.find((child) => child.type === "Body");
    return {
      name: name === undefined ? "" : this.#expressions.text(name),
      parameters: parameters === undefined ? [] : this.#expressions.parameters(parameters),
      body: body === undefined ? [] : this.block(body),
      decorators,
    };
  }

  #import(children: readonly Node[]): Statement[] {
    const isFrom = children[0]?.type === "from";
    const modules: { path: string; as?: string }[] = [];
    const names: { name: string; as?: string }[] = [];
    let list: { path?: string; name?: string; as?: string }[] = modules;
    let path = "";
    let isAlias = false;
    const endPath = (): void => {
      if (path !== "") modules.push({ path });
      path = "";
    };
    for (const child of children.slice(1)) {
      const text = this.#expressions.text(child);
      if (child.type === "import") {
        endPath();
        list = names;
      } else if (child.type === "as") {
        if (list === modules) endPath();
        isAlias = true;
      } else if (child.type === ",") {
        if (list === modules) endPath();
      } else if (child.type === "*") names.push({ name: "*" });
      else if (child.type === "VariableName") {
        const last = list.at(-1);
        if (isAlias && last !== undefined) last.as = text;
        else if (list === modules) path += text;
        else names.push({ name: text });
        isAlias = false;
      } else if (list === modules && (text === "." || text === "...")) path += text;
    }
    endPath();
    return [{ kind: "import", modules, ...(isFrom && { names }) }];
  }
}
