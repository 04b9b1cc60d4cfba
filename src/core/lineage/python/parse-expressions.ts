import { readStrings } from "./parse-strings";
import type { Argument, Expression, Parameter } from "./syntax";
import type { Token, TokenKind } from "./tokens";
import { BINDING, NO_NAMES, nesting, OF_COMPARISON, OF_SIGN } from "./words";

/** Deeper expressions and blocks are skipped; longer chains of calls and operators are shortened. */
export const MAX_DEPTH = 200;

const NOTHING: Expression = { kind: "other", parts: [] };

/** Parses expressions from a token position. Skips invalid syntax. */
export class ExpressionParser {
  /** Current nesting of blocks and expressions. */
  protected depth = 0;
  protected at = 0;
  protected readonly code: string;
  protected readonly tokens: readonly Token[];

  /** @param tokens end with an `end` token */
  public constructor(code: string, tokens: readonly Token[]) {
    this.code = code;
    this.tokens = tokens;
  }

  /** Parses an expression, or a tuple of several separated by commas. */
  public tuple(): Expression {
    const items: Expression[] = [];
    let isTuple = false;
    while (this.#begins()) {
      items.push(this.#item());
      if (!this.take(",")) break;
      isTuple = true;
    }
    const [only] = items;
    return isTuple || only === undefined ? { kind: "list", items } : only;
  }

  public expression(): Expression {
    if (this.depth > MAX_DEPTH) {
      this.#skipOperand();
      return NOTHING;
    }
    this.depth++;
    const value = this.#conditional();
    this.depth--;
    return value;
  }

  /** Parses the targets of a loop, up to the word `in`. */
  public targets(): Expression {
    const items: Expression[] = [];
    let isTuple = false;
    while (this.#begins()) {
      const isStar = this.take("*");
      const item = this.#binary(OF_COMPARISON + 1);
      items.push(isStar ? { kind: "star", of: item } : item);
      if (!this.take(",")) break;
      isTuple = true;
    }
    const [only] = items;
    return isTuple || only === undefined ? { kind: "list", items } : only;
  }

  /** Parses arguments, including the closing parenthesis. */
  public arguments(): Argument[] {
    const args: Argument[] = [];
    this.#untilClosed(")", () => {
      const spread = this.is("**") ? "**" : this.is("*") ? "*" : undefined;
      if (spread !== undefined) this.at++;
      const isNamed = this.kind() === "name" && this.tokens[this.at + 1]?.text === "=";
      const name = isNamed ? this.text() : undefined;
      if (isNamed) this.at += 2;
      let value = this.#named();
      if (this.#isComprehension()) value = this.#comprehension([value]);
      args.push({ value, ...(name !== undefined && { name }), ...(spread && { spread }) });
    });
    return args;
  }

  /** Parses the parameters of a function or lambda, up to the end token. */
  public parameters(end: ")" | ":"): Parameter[] {
    const parameters: Parameter[] = [];
    while (!this.is(end) && !this.isLineEnd()) {
      const spread = this.is("**") ? "**" : this.is("*") ? "*" : undefined;
      if (spread !== undefined) this.at++;
      if (this.kind() === "name") {
        const name = this.text();
        this.at++;
        if (end === ")" && this.take(":")) this.expression();
        const value = this.take("=") ? this.expression() : undefined;
        parameters.push({
          name,
          ...(spread && { spread }),
          ...(value !== undefined && { default: value }),
        });
      } else if (spread === undefined && !this.is(",")) this.at++;
      this.take(",");
    }
    return parameters;
  }

  protected text(): string {
    return this.tokens[this.at]?.text ?? "";
  }

  protected kind(): TokenKind {
    return this.tokens[this.at]?.kind ?? "end";
  }

  /** Whether the next token is this keyword or mark; strings never match. */
  protected is(text: string): boolean {
    return this.text() === text && this.kind() !== "string";
  }

  protected take(text: string): boolean {
    if (!this.is(text)) return false;
    this.at++;
    return true;
  }

  protected isLineEnd(): boolean {
    const kind = this.kind();
    return kind === "newline" || kind === "end" || kind === "indent" || kind === "dedent";
  }

  /** Whether an expression begins at the next token. */
  #begins(): boolean {
    switch (this.kind()) {
      case "number":
      case "string":
        return true;
      case "name":
        return !NO_NAMES.has(this.text());
      case "mark":
        return ["(", "[", "{", "-", "+", "~", "*", "**", "..."].includes(this.text());
      default:
        return false;
    }
  }

  /** Parses an expression in a list, which can be unpacked with `*`. */
  #item(): Expression {
    return this.take("*") ? { kind: "star", of: this.expression() } : this.#named();
  }

  #named(): Expression {
    if (this.kind() === "name" && this.tokens[this.at + 1]?.text === ":=") {
      const name = this.text();
      this.at += 2;
      return { kind: "named", name, value: this.expression() };
    }
    return this.expression();
  }

  #conditional(): Expression {
    if (this.is("lambda")) return this.#lambda();
    if (this.is("yield")) return this.#yield();
    const then = this.#binary(1);
    if (!this.is("if")) return then;
    this.at++;
    const test = this.#operand(1);
    return this.take("else")
      ? { kind: "conditional", test, then, otherwise: this.expression() }
      : { kind: "other", parts: [then, test] };
  }

  #lambda(): Expression {
    this.at++;
    const parameters = this.parameters(":");
    this.take(":");
    return { kind: "lambda", parameters, body: this.expression() };
  }

  #yield(): Expression {
    this.at++;
    this.take("from");
    return { kind: "other", parts: this.#begins() ? [this.tuple()] : [] };
  }

  /** Parses operators whose precedence is at least `least`. */
  #binary(least: number): Expression {
    let left = least <= OF_COMPARISON && this.is("not") ? this.#not() : this.#unary();
    for (let length = 0; ; length++) {
      if (length > MAX_DEPTH) [left, length] = [NOTHING, 0];
      const operator = this.#operator();
      const binding = BINDING[operator.replace("not ", "")] ?? 0;
      if (operator === "" || binding < least) return left;
      this.at += operator === "not in" ? 2 : 1;
      const written = operator === "is" && this.take("not") ? "is not" : operator;
      // Only `**` is right-associative.
      const right = this.#operand(operator === "**" ? binding : binding + 1);
      left = { kind: "binary", operator: written, left, right };
    }
  }

  #operand(least: number): Expression {
    if (this.depth > MAX_DEPTH) {
      this.#skipOperand();
      return NOTHING;
    }
    this.depth++;
    const value = this.#binary(least);
    this.depth--;
    return value;
  }

  /** The next operator; undefined if there is none. */
  #operator(): string {
    if (this.is("not") && this.tokens[this.at + 1]?.text === "in") return "not in";
    const kind = this.kind();
    return (kind === "mark" || kind === "name") && this.text() in BINDING ? this.text() : "";
  }

  #not(): Expression {
    this.at++;
    return { kind: "not", of: this.#operand(OF_COMPARISON) };
  }

  #unary(): Expression {
    if (this.is("-") || this.is("+") || this.is("~")) {
      this.at++;
      return { kind: "other", parts: [this.#operand(OF_SIGN)] };
    }
    if (this.take("await")) return this.#operand(OF_SIGN + 1);
    return this.#withPostfixes();
  }

  /** Parses attributes, calls and subscripts. */
  #withPostfixes(): Expression {
    const from = this.tokens[this.at]?.from ?? 0;
    let value = this.#atom();
    for (let length = 0; ; length++) {
      if (length > MAX_DEPTH) [value, length] = [NOTHING, 0];
      if (this.take(".")) {
        const token = this.tokens[this.at];
        if (token?.kind !== "name") continue;
        this.at++;
        value = { kind: "member", of: value, name: token.text, at: token.from };
      } else if (this.take("("))
        value = { kind: "call", callee: value, args: this.arguments(), at: from };
      else if (this.take("[")) value = { kind: "index", of: value, index: this.#index() };
      else return value;
    }
  }

  /** Undefined for a slice. */
  #index(): Expression | undefined {
    // A colon is not an index.
    const parts: (Expression | undefined)[] = [];
    const isTuple = this.#untilClosed("]", () => {
      parts.push(this.take(":") ? undefined : this.#item());
    });
    const items = parts.filter((part) => part !== undefined);
    if (items.length < parts.length) return undefined;
    const [only] = items;
    return isTuple || only === undefined ? { kind: "list", items } : only;
  }

  #atom(): Expression {
    const token = this.tokens[this.at];
    if (token === undefined) return NOTHING;
    switch (token.kind) {
      case "string":
        return this.#strings();
      case "number": {
        this.at++;
        const number = Number(token.text.replaceAll("_", ""));
        return Number.isNaN(number) ? NOTHING : { kind: "constant", value: number };
      }
      case "name":
        return this.#nameOrConstant(token);
      case "mark":
        if (this.take("(")) return this.#parentheses();
        if (this.take("[")) return this.#items("]")[0];
        if (this.take("{")) return this.#braces();
        this.take("...");
        return NOTHING;
      default:
        return NOTHING;
    }
  }

  #nameOrConstant({ text, from }: Token): Expression {
    if (NO_NAMES.has(text) || text === "not") return NOTHING;
    this.at++;
    if (text === "True" || text === "False") return { kind: "constant", value: text === "True" };
    return text === "None"
      ? { kind: "constant", value: null }
      : { kind: "name", name: text, at: from };
  }

  #strings(): Expression {
    const first = this.at;
    while (this.kind() === "string") this.at++;
    const strings = this.tokens.slice(first, this.at);
    const parts = readStrings(this.code, strings, (tokens) => {
      const inner = new ExpressionParser(this.code, tokens);
      inner.depth = this.depth + 1;
      return inner.depth > MAX_DEPTH ? NOTHING : inner.tuple();
    });
    return { kind: "text", parts, at: strings[0]?.from ?? 0 };
  }

  #parentheses(): Expression {
    const [list, isTuple] = this.#items(")");
    if (list.kind !== "list" || isTuple || list.items.length !== 1) return list;
    return list.items[0] ?? list;
  }

  /** Parses a list up to its closing bracket, or a comprehension, and whether it contains a comma. */
  #items(end: ")" | "]"): readonly [Expression, boolean] {
    const items: Expression[] = [];
    let comprehension: Expression | undefined;
    const hasComma = this.#untilClosed(end, () => {
      const item = this.#item();
      if (this.#isComprehension()) comprehension = this.#comprehension([item]);
      else items.push(item);
    });
    return [comprehension ?? { kind: "list", items }, hasComma];
  }

  /** Parses a dict or set up to its closing brace, or a comprehension. */
  #braces(): Expression {
    const entries: [Expression | undefined, Expression][] = [];
    const items: Expression[] = [];
    let comprehension: Expression | undefined;
    this.#untilClosed("}", () => {
      if (this.take("**")) {
        entries.push([undefined, this.expression()]);
        return;
      }
      const key = this.#item();
      const value = this.take(":") ? this.expression() : undefined;
      if (this.#isComprehension())
        comprehension = this.#comprehension(value === undefined ? [key] : [key, value]);
      else if (value === undefined) items.push(key);
      else entries.push([key, value]);
    });
    if (comprehension !== undefined) return comprehension;
    return items.length > 0 && entries.length === 0
      ? { kind: "list", items }
      : { kind: "dict", entries };
  }

  #isComprehension(): boolean {
    return this.is("for") || (this.is("async") && this.tokens[this.at + 1]?.text === "for");
  }

  #comprehension(elements: readonly Expression[]): Expression {
    const clauses: { target: Expression; of: Expression; tests: Expression[] }[] = [];
    while (this.#isComprehension()) {
      this.take("async");
      this.at++;
      const target = this.targets();
      const of = this.take("in") ? this.#operand(1) : NOTHING;
      const tests: Expression[] = [];
      while (this.take("if")) tests.push(this.#test());
      clauses.push({ target, of, tests });
    }
    return { kind: "comprehension", elements, clauses };
  }

  /** Parses the condition of a comprehension; another one can follow. */
  #test(): Expression {
    const isNamed = this.kind() === "name" && this.tokens[this.at + 1]?.text === ":=";
    return isNamed ? this.#named() : this.#operand(1);
  }

  /**
   * Parses comma-separated items up to and including a closing bracket. Invalid syntax ends with the line at the latest.
   *
   * @returns whether there is a comma
   */
  #untilClosed(end: string, read: () => void): boolean {
    let hasComma = false;
    while (!this.take(end)) {
      if (this.isLineEnd()) break;
      const before = this.at;
      if (this.#begins() || this.is(":")) read();
      if (this.take(",")) hasComma = true;
      else if (this.at === before) {
        // A closing bracket of another kind ends this one, too.
        if (nesting(this.text()) < 0) break;
        this.at++;
      }
    }
    return hasComma;
  }

  /** Skips an operand that is nested too deeply, with everything in its brackets. */
  #skipOperand(): void {
    let open = 0;
    while (!this.isLineEnd()) {
      const text = this.kind() === "mark" ? this.text() : "";
      open += nesting(text);
      if (open < 0 || (open === 0 && text === ",")) return;
      this.at++;
    }
  }
}
