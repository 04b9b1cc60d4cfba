import { parser } from "@lezer/python";
import type { Argument, Expression, FunctionSyntax, Parameter, Statement } from "./syntax";

/** Walks the tree. */
type TreeCursor = ReturnType<ReturnType<typeof parser.parse>["cursor"]>;

/** Deeper expressions and blocks are left out. */
const MAX_DEPTH = 200;

/** A node of the parser's tree. */
interface Node {
  readonly type: string;
  readonly from: number;
  readonly to: number;
  readonly children: Node[];
}

/**
 * The statements of Python code. What is broken, or of a later version of Python, is left out; the parser goes on behind it.
 * Takes time in proportion to the code.
 */
export function parsePython(code: string): Statement[] {
  const reader = new Reader(code);
  const cursor = parser.parse(code).cursor();
  const statements: Statement[] = [];
  // One statement after the other, since all nodes of a long file at once take much memory.
  if (cursor.firstChild())
    do statements.push(...reader.block({ ...SCRIPT, children: [nodeAt(cursor)] }));
    while (cursor.nextSibling());
  return statements;
}

const SCRIPT = { type: "Script", from: 0, to: 0 };

/** The node at a cursor with all that it holds; the cursor stays there. */
function nodeAt(cursor: TreeCursor): Node {
  const root: Node = { type: cursor.name, from: cursor.from, to: cursor.to, children: [] };
  const open: Node[] = [root];
  while (open.length > 0) {
    if (cursor.firstChild()) {
      open.push(enter(cursor, open));
      continue;
    }
    for (;;) {
      open.pop();
      if (open.length === 0) return root;
      if (cursor.nextSibling()) {
        open.push(enter(cursor, open));
        break;
      }
      cursor.parent();
    }
  }
  return root;
}

function enter({ name, from, to }: TreeCursor, open: readonly Node[]): Node {
  const node: Node = { type: name, from, to, children: [] };
  if (name !== "⚠" && name !== "Comment") open.at(-1)?.children.push(node);
  return node;
}

const PUNCTUATION = new Set(["(", ")", "[", "]", "{", "}", ",", ":", ".", ";"]);

class Reader {
  #depth = 0;

  readonly #code: string;

  public constructor(code: string) {
    this.#code = code;
  }

  #text({ from, to }: Node): string {
    return this.#code.slice(from, to);
  }

  /** The statements of a script or body. */
  public block({ children }: Node): Statement[] {
    if (this.#depth > MAX_DEPTH) return [];
    this.#depth++;
    const statements = children.flatMap((child) => this.#statement(child));
    this.#depth--;
    return statements;
  }

  #statement(node: Node, decorators: readonly Expression[] = []): Statement[] {
    const { type, children } = node;
    switch (type) {
      case "ExpressionStatement":
        return children.map((child) => ({ kind: "expression", value: this.#expression(child) }));
      case "AssignStatement":
        return this.#assign(children);
      case "UpdateStatement": {
        const at = children.findIndex((child) => child.type === "UpdateOp");
        const operator = children[at];
        if (operator === undefined) return [];
        return [
          {
            kind: "update",
            target: this.#tuple(children.slice(0, at)),
            operator: this.#text(operator).slice(0, -1),
            value: this.#tuple(children.slice(at + 1)),
          },
        ];
      }
      case "IfStatement": {
        const branches = this.#clauses(children, ["if", "elif", "else"]).map(({ head, body }) => ({
          test: head.length === 0 ? undefined : this.#tuple(head),
          body,
        }));
        return [{ kind: "if", branches }];
      }
      case "ForStatement": {
        const start = children.findIndex((child) => child.type === "for");
        const middle = children.findIndex((child) => child.type === "in");
        const body = children.findIndex((child) => child.type === "Body");
        if (middle === -1 || body === -1) return [];
        return [
          {
            kind: "for",
            target: this.#tuple(children.slice(start + 1, middle)),
            of: this.#tuple(children.slice(middle + 1, body)),
            body: children
              .filter((child) => child.type === "Body")
              .flatMap((child) => this.block(child)),
          },
        ];
      }
      case "WhileStatement": {
        const [clause] = this.#clauses(children, ["while", "else"]);
        if (clause === undefined) return [];
        return [{ kind: "while", test: this.#tuple(clause.head), body: clause.body }];
      }
      case "TryStatement": {
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
      case "ClassDefinition": {
        const name = children.find((child) => child.type === "VariableName");
        const bases = children.find((child) => child.type === "ArgList");
        const body = children.find((child) => child.type === "Body");
        if (name === undefined || body === undefined) return [];
        return [
          {
            kind: "class",
            name: this.#text(name),
            bases: bases === undefined ? [] : this.#arguments(bases).map(({ value }) => value),
            body: this.block(body),
            decorators,
          },
        ];
      }
      case "ReturnStatement": {
        const value = children.slice(1);
        return [{ kind: "return", value: value.length === 0 ? undefined : this.#tuple(value) }];
      }
      case "YieldStatement":
        return [{ kind: "expression", value: this.#tuple(children) }];
      case "ImportStatement":
        return this.#import(children);
      case "ScopeStatement":
        return [
          {
            kind: "global",
            names: children
              .filter((child) => child.type === "VariableName")
              .map((child) => this.#text(child)),
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
        return children.length === 0 ? [] : [{ kind: "expression", value: this.#other(node) }];
      default:
        return isExpressionNode(node)
          ? [{ kind: "expression", value: this.#expression(node) }]
          : [];
    }
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
      return name?.type === "VariableName" ? [{ kind: "declare", name: this.#text(name) }] : [];
    }
    return [
      {
        kind: "assign",
        targets: groups.map((group) => this.#tuple(group)),
        value: this.#tuple(value),
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
        last.target = this.#expression(child);
        isTarget = false;
      } else if (isExpressionNode(child) && child.type !== "with")
        items.push({ value: this.#expression(child) });
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
        const isDefault = pattern !== undefined && this.#text(pattern) === "_";
        const inner = clause.children.find((child) => child.type === "Body");
        return {
          pattern: literal === undefined ? undefined : this.#expression(literal),
          isDefault,
          body: inner === undefined ? [] : this.block(inner),
        };
      });
    return [{ kind: "match", of: this.#tuple(of), cases }];
  }

  #decorator({ children, from }: Node): Expression {
    let value: Expression = { kind: "other", parts: [] };
    for (const child of children) {
      if (child.type === "VariableName")
        value =
          value.kind === "other"
            ? { kind: "name", name: this.#text(child), at: child.from }
            : { kind: "member", of: value, name: this.#text(child), at: child.from };
      else if (child.type === "PropertyName")
        value = { kind: "member", of: value, name: this.#text(child), at: child.from };
      else if (child.type === "ArgList")
        value = { kind: "call", callee: value, args: this.#arguments(child), at: from };
      else if (isExpressionNode(child)) value = this.#expression(child);
    }
    return value;
  }

  #function(children: readonly Node[], decorators: readonly Expression[]): FunctionSyntax {
    const name = children.find((child) => child.type === "VariableName");
    const parameters = children.find((child) => child.type === "ParamList");
    const body = children.find((child) => child.type === "Body");
    return {
      name: name === undefined ? "" : this.#text(name),
      parameters: parameters === undefined ? [] : this.#parameters(parameters),
      body: body === undefined ? [] : this.block(body),
      decorators,
    };
  }

  #parameters({ children }: Node): Parameter[] {
    const parameters: { name: string; spread?: "*" | "**"; default?: Expression }[] = [];
    let spread: "*" | "**" | undefined;
    let isDefault = false;
    for (const child of children) {
      const last = parameters.at(-1);
      if (child.type === "*" || child.type === "**") spread = child.type;
      else if (child.type === ",") spread = undefined;
      else if (child.type === "AssignOp") isDefault = true;
      else if (isDefault && last !== undefined) {
        last.default = this.#expression(child);
        isDefault = false;
      } else if (child.type === "VariableName")
        parameters.push({ name: this.#text(child), ...(spread && { spread }) });
    }
    return parameters;
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
      const text = this.#text(child);
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

  /** One expression, or several with commas between them: a tuple. */
  #tuple(nodes: readonly Node[]): Expression {
    const items: Expression[] = [];
    let star = false;
    for (const node of nodes) {
      if (node.type === "*") star = true;
      else if (isExpressionNode(node)) {
        const value = this.#expression(node);
        items.push(star ? { kind: "star", of: value } : value);
        star = false;
      }
    }
    const [only] = items;
    const isTuple = items.length !== 1 || nodes.some((node) => node.type === ",");
    return isTuple || only === undefined ? { kind: "list", items } : only;
  }

  #expression(node: Node): Expression {
    if (this.#depth > MAX_DEPTH) return { kind: "other", parts: [] };
    this.#depth++;
    const value = this.#expressionOf(node);
    this.#depth--;
    return value;
  }

  #expressionOf(node: Node): Expression {
    const { type, children, from } = node;
    switch (type) {
      case "VariableName":
        return { kind: "name", name: this.#text(node), at: from };
      case "String":
      case "FormatString":
      case "ContinuedString":
        return { kind: "text", parts: this.#strings(node), at: from };
      case "Number": {
        const number = Number(this.#text(node).replaceAll("_", ""));
        return Number.isNaN(number)
          ? { kind: "other", parts: [] }
          : { kind: "constant", value: number };
      }
      case "Boolean":
        return { kind: "constant", value: this.#text(node) === "True" };
      case "None":
        return { kind: "constant", value: null };
      case "ParenthesizedExpression":
      case "AwaitExpression": {
        const inner = children.find((child) => isExpressionNode(child) && child.type !== "await");
        return inner === undefined ? { kind: "other", parts: [] } : this.#expression(inner);
      }
      case "TupleExpression":
      case "ArrayExpression":
      case "SetExpression": {
        const value = this.#tuple(children);
        return value.kind === "list" ? value : { kind: "list", items: [value] };
      }
      case "DictionaryExpression":
        return this.#dict(children);
      case "MemberExpression":
        return this.#member(node);
      case "CallExpression": {
        const [callee] = children;
        const args = children.find((child) => child.type === "ArgList");
        if (callee === undefined) return { kind: "other", parts: [] };
        return {
          kind: "call",
          callee: this.#expression(callee),
          args: args === undefined ? [] : this.#arguments(args),
          at: from,
        };
      }
      case "BinaryExpression": {
        const [left, ...rest] = children;
        const right = rest.at(-1);
        if (left === undefined || right === undefined) return this.#other(node);
        return {
          kind: "binary",
          operator: rest
            .slice(0, -1)
            .map((child) => this.#text(child))
            .join(" "),
          left: this.#expression(left),
          right: this.#expression(right),
        };
      }
      case "UnaryExpression": {
        const [operator, operand] = children;
        if (operator?.type === "not" && operand !== undefined) return this.#negated(operand);
        return this.#other(node);
      }
      case "ConditionalExpression": {
        const parts = children.filter((child) => !["if", "else"].includes(child.type));
        const [then, test, otherwise] = parts.map((child) => this.#expression(child));
        if (then === undefined || test === undefined || otherwise === undefined)
          return this.#other(node);
        return { kind: "conditional", test, then, otherwise };
      }
      case "LambdaExpression": {
        const parameters = children.find((child) => child.type === "ParamList");
        const body = children.at(-1);
        return {
          kind: "lambda",
          parameters: parameters === undefined ? [] : this.#parameters(parameters),
          body: body === undefined ? { kind: "other", parts: [] } : this.#expression(body),
        };
      }
      case "ArrayComprehensionExpression":
      case "SetComprehensionExpression":
      case "DictionaryComprehensionExpression":
      case "ComprehensionExpression":
        return this.#comprehension(children);
      case "NamedExpression": {
        const [name] = children;
        const value = children.at(-1);
        if (name === undefined || value === undefined) return this.#other(node);
        return { kind: "named", name: this.#text(name), value: this.#expression(value) };
      }
      default:
        return this.#other(node);
    }
  }

  /** The parser takes `not a and b` for `not (a and b)`; with parentheses it would be another node. */
  #negated(operand: Node): Expression {
    const [left, operator, right] = operand.children;
    const isLogical =
      operand.type === "BinaryExpression" && /^(?:and|or)$/.test(operator?.type ?? "");
    if (!isLogical || left === undefined || operator === undefined || right === undefined)
      return { kind: "not", of: this.#expression(operand) };
    if (this.#depth > MAX_DEPTH) return { kind: "other", parts: [] };
    this.#depth++;
    const negated = this.#negated(left);
    this.#depth--;
    return {
      kind: "binary",
      operator: this.#text(operator),
      left: negated,
      right: this.#expression(right),
    };
  }

  #other({ children }: Node): Expression {
    return {
      kind: "other",
      parts: children.filter(isExpressionNode).map((child) => this.#expression(child)),
    };
  }

  #member({ children }: Node): Expression {
    const [object, mark, ...rest] = children;
    if (object === undefined) return { kind: "other", parts: [] };
    const of = this.#expression(object);
    if (mark?.type === ".") {
      const [property] = rest;
      if (property === undefined) return of;
      return { kind: "member", of, name: this.#text(property), at: property.from };
    }
    const isSlice = rest.some((child) => child.type === ":");
    const inner = rest.filter((child) => child.type !== "]");
    return { kind: "index", of, index: isSlice ? undefined : this.#tuple(inner) };
  }

  #dict(children: readonly Node[]): Expression {
    const entries: (readonly [Expression | undefined, Expression])[] = [];
    let key: Expression | undefined;
    let spread = false;
    let isValue = false;
    for (const child of children) {
      if (child.type === "**") spread = true;
      else if (child.type === ":") isValue = true;
      else if (child.type === ",") {
        key = undefined;
        isValue = false;
      } else if (isExpressionNode(child)) {
        const value = this.#expression(child);
        if (spread) entries.push([undefined, value]);
        else if (isValue && key !== undefined) entries.push([key, value]);
        else key = value;
        spread = false;
      }
    }
    return { kind: "dict", entries };
  }

  #comprehension(children: readonly Node[]): Expression {
    const elements: Expression[] = [];
    const clauses: {
      target: Node[];
      of: Node[];
      tests: Node[];
      state: "target" | "of" | "tests";
    }[] = [];
    for (const child of children) {
      const last = clauses.at(-1);
      if (child.type === "for") clauses.push({ target: [], of: [], tests: [], state: "target" });
      else if (last === undefined) {
        if (isExpressionNode(child)) elements.push(this.#expression(child));
      } else if (child.type === "in") last.state = "of";
      else if (child.type === "if") last.state = "tests";
      else if (child.type !== "async") last[last.state].push(child);
    }
    return {
      kind: "comprehension",
      elements,
      clauses: clauses.map(({ target, of, tests }) => ({
        target: this.#tuple(target),
        of: this.#tuple(of),
        tests: tests.filter(isExpressionNode).map((test) => this.#expression(test)),
      })),
    };
  }

  #arguments({ children }: Node): Argument[] {
    // f(x for x in y)
    if (children.some((child) => child.type === "for"))
      return [{ value: this.#comprehension(children) }];
    const args: Argument[] = [];
    let name: string | undefined;
    let spread: "*" | "**" | undefined;
    for (const [at, child] of children.entries()) {
      if (child.type === ",") {
        name = undefined;
        spread = undefined;
      } else if (child.type === "*" || child.type === "**") spread = child.type;
      else if (child.type === "VariableName" && children[at + 1]?.type === "AssignOp")
        name = this.#text(child);
      else if (isExpressionNode(child) && child.type !== "AssignOp") {
        const value = this.#expression(child);
        args.push({ value, ...(name !== undefined && { name }), ...(spread && { spread }) });
      }
    }
    return args;
  }

  #strings(node: Node): (string | Expression)[] {
    if (node.type === "ContinuedString")
      return node.children.flatMap((child) => this.#strings(child));
    const written = this.#text(node);
    const [start = "", prefix = "", quotes = ""] =
      /^([a-zA-Z]{0,3})("""|'''|"|')/.exec(written) ?? [];
    const isRaw = /r/i.test(prefix);
    const end =
      written.endsWith(quotes) && written.length >= start.length + quotes.length
        ? quotes.length
        : 0;
    if (node.type === "String")
      return [textOf(written.slice(start.length, written.length - end), isRaw)];
    const parts: (string | Expression)[] = [];
    let at = node.from + start.length;
    const add = (to: number): void => {
      const text = this.#code.slice(at, to);
      if (text !== "") parts.push(textOf(text, isRaw).replaceAll("{{", "{").replaceAll("}}", "}"));
    };
    for (const child of node.children) {
      if (child.type !== "FormatReplacement") continue;
      add(child.from);
      const value = child.children.find(
        (inner) =>
          isExpressionNode(inner) &&
          inner.type !== "FormatSpec" &&
          inner.type !== "FormatConversion",
      );
      parts.push(value === undefined ? { kind: "other", parts: [] } : this.#expression(value));
      at = child.to;
    }
    add(node.to - end);
    return parts;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "\n": "" };

function textOf(text: string, isRaw: boolean): string {
  if (isRaw || !text.includes("\\")) return text;
  return text.replace(/\\([^])/g, (all, character: string) => {
    const escape = ESCAPES[character];
    if (escape !== undefined) return escape;
    return "\\'\"".includes(character) ? character : all;
  });
}

const NO_EXPRESSIONS = new Set([
  "AssignOp",
  "UpdateOp",
  "CompareOp",
  "ArithOp",
  "BitOp",
  "LogicOp",
  "TypeDef",
  "Body",
  "ParamList",
  "ArgList",
  "for",
  "in",
  "if",
  "else",
  "async",
  "await",
  "lambda",
  "not",
  "and",
  "or",
  "is",
  "with",
  "as",
  "yield",
  "from",
  "assert",
  "print",
  "match",
  "case",
  "while",
  "*",
  "**",
  "import",
  "return",
  "except",
  "try",
  "finally",
]);

function isExpressionNode({ type }: Node): boolean {
  return !PUNCTUATION.has(type) && !NO_EXPRESSIONS.has(type);
}
