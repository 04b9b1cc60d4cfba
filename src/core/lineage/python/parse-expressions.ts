import type { Argument, Expression, Parameter } from "./syntax";
import { isExpressionNode, MAX_DEPTH, type Node } from "./tree";

/** Reads expressions. */
export class ExpressionReader {
  /** Blocks and expressions around what is read. */
  depth = 0;
  readonly #code: string;

  public constructor(code: string) {
    this.#code = code;
  }

  public text({ from, to }: Node): string {
    return this.#code.slice(from, to);
  }

  /** One expression, or several with commas between them: a tuple. */
  public tuple(nodes: readonly Node[]): Expression {
    const items: Expression[] = [];
    let star = false;
    for (const node of nodes) {
      if (node.type === "*") star = true;
      else if (isExpressionNode(node)) {
        const value = this.expression(node);
        items.push(star ? { kind: "star", of: value } : value);
        star = false;
      }
    }
    const [only] = items;
    const isTuple = items.length !== 1 || nodes.some((node) => node.type === ",");
    return isTuple || only === undefined ? { kind: "list", items } : only;
  }

  public expression(node: Node): Expression {
    if (this.depth > MAX_DEPTH) return { kind: "other", parts: [] };
    this.depth++;
    const value = this.#expressionOf(node);
    this.depth--;
    return value;
  }

  #expressionOf(node: Node): Expression {
    const { type, children, from } = node;
    switch (type) {
      case "VariableName":
        return { kind: "name", name: this.text(node), at: from };
      case "String":
      case "FormatString":
      case "ContinuedString":
        return { kind: "text", parts: this.#strings(node), at: from };
      case "Number": {
        const number = Number(this.text(node).replaceAll("_", ""));
        return Number.isNaN(number)
          ? { kind: "other", parts: [] }
          : { kind: "constant", value: number };
      }
      case "Boolean":
        return { kind: "constant", value: this.text(node) === "True" };
      case "None":
        return { kind: "constant", value: null };
      case "ParenthesizedExpression":
      case "AwaitExpression": {
        const inner = children.find((child) => isExpressionNode(child) && child.type !== "await");
        return inner === undefined ? { kind: "other", parts: [] } : this.expression(inner);
      }
      case "TupleExpression":
      case "ArrayExpression":
      case "SetExpression": {
        const value = this.tuple(children);
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
          callee: this.expression(callee),
          args: args === undefined ? [] : this.arguments(args),
          at: from,
        };
      }
      case "BinaryExpression": {
        const [left, ...rest] = children;
        const right = rest.at(-1);
        if (left === undefined || right === undefined) return this.other(node);
        return {
          kind: "binary",
          operator: rest
            .slice(0, -1)
            .map((child) => this.text(child))
            .join(" "),
          left: this.expression(left),
          right: this.expression(right),
        };
      }
      case "UnaryExpression": {
        const [operator, operand] = children;
        if (operator?.type === "not" && operand !== undefined) return this.#negated(operand);
        return this.other(node);
      }
      case "ConditionalExpression": {
        const parts = children.filter((child) => !["if", "else"].includes(child.type));
        const [then, test, otherwise] = parts.map((child) => this.expression(child));
        if (then === undefined || test === undefined || otherwise === undefined)
          return this.other(node);
        return { kind: "conditional", test, then, otherwise };
      }
      case "LambdaExpression": {
        const parameters = children.find((child) => child.type === "ParamList");
        const body = children.at(-1);
        return {
          kind: "lambda",
          parameters: parameters === undefined ? [] : this.parameters(parameters),
          body: body === undefined ? { kind: "other", parts: [] } : this.expression(body),
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
        if (name === undefined || value === undefined) return this.other(node);
        return { kind: "named", name: this.text(name), value: this.expression(value) };
      }
      default:
        return this.other(node);
    }
  }

  /** The parser takes `not a and b` for `not (a and b)`; with parentheses it would be another node. */
  #negated(operand: Node): Expression {
    const [left, operator, right] = operand.children;
    const isLogical =
      operand.type === "BinaryExpression" && /^(?:and|or)$/.test(operator?.type ?? "");
    if (!isLogical || left === undefined || operator === undefined || right === undefined)
      return { kind: "not", of: this.expression(operand) };
    if (this.depth > MAX_DEPTH) return { kind: "other", parts: [] };
    this.depth++;
    const negated = this.#negated(left);
    this.depth--;
    return {
      kind: "binary",
      operator: this.text(operator),
      left: negated,
      right: this.expression(right),
    };
  }

  public other({ children }: Node): Expression {
    return {
      kind: "other",
      parts: children.filter(isExpressionNode).map((child) => this.expression(child)),
    };
  }

  #member({ children }: Node): Expression {
    const [object, mark, ...rest] = children;
    if (object === undefined) return { kind: "other", parts: [] };
    const of = this.expression(object);
    if (mark?.type === ".") {
      const [property] = rest;
      if (property === undefined) return of;
      return { kind: "member", of, name: this.text(property), at: property.from };
    }
    const isSlice = rest.some((child) => child.type === ":");
    const inner = rest.filter((child) => child.type !== "]");
    return { kind: "index", of, index: isSlice ? undefined : this.tuple(inner) };
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
        const value = this.expression(child);
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
        if (isExpressionNode(child)) elements.push(this.expression(child));
      } else if (child.type === "in") last.state = "of";
      else if (child.type === "if") last.state = "tests";
      else if (child.type !== "async") last[last.state].push(child);
    }
    return {
      kind: "comprehension",
      elements,
      clauses: clauses.map(({ target, of, tests }) => ({
        target: this.tuple(target),
        of: this.tuple(of),
        tests: tests.filter(isExpressionNode).map((test) => this.expression(test)),
      })),
    };
  }

  public arguments({ children }: Node): Argument[] {
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
        name = this.text(child);
      else if (isExpressionNode(child) && child.type !== "AssignOp") {
        const value = this.expression(child);
        args.push({ value, ...(name !== undefined && { name }), ...(spread && { spread }) });
      }
    }
    return args;
  }

  public parameters({ children }: Node): Parameter[] {
    const parameters: { name: string; spread?: "*" | "**"; default?: Expression }[] = [];
    let spread: "*" | "**" | undefined;
    let isDefault = false;
    for (const child of children) {
      const last = parameters.at(-1);
      if (child.type === "*" || child.type === "**") spread = child.type;
      else if (child.type === ",") spread = undefined;
      else if (child.type === "AssignOp") isDefault = true;
      else if (isDefault && last !== undefined) {
        last.default = this.expression(child);
        isDefault = false;
      } else if (child.type === "VariableName")
        parameters.push({ name: this.text(child), ...(spread && { spread }) });
    }
    return parameters;
  }

  #strings(node: Node): (string | Expression)[] {
    if (node.type === "ContinuedString")
      return node.children.flatMap((child) => this.#strings(child));
    const written = this.text(node);
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
      parts.push(value === undefined ? { kind: "other", parts: [] } : this.expression(value));
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
