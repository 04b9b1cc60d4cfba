import { ExpressionParser, MAX_DEPTH } from "./parse-expressions";
import type { Expression, Statement } from "./syntax";
import { tokensOf } from "./tokens";
import { nesting } from "./words";

/** Parses Python code in linear time. Skips invalid syntax and syntax of later Python versions, and continues after it. */
export function parsePython(code: string): Statement[] {
  return new StatementParser(code).script();
}

type Branch = (Statement & { readonly kind: "if" })["branches"][number];
type Import = Statement & { readonly kind: "import" };
type Case = (Statement & { readonly kind: "match" })["cases"][number];

/** Parses statements. */
class StatementParser extends ExpressionParser {
  public constructor(code: string) {
    super(code, tokensOf(code));
  }

  public script(): Statement[] {
    const statements: Statement[] = [];
    while (this.kind() !== "end") this.#line(statements);
    return statements;
  }

  /** Parses a compound statement, or the simple statements of a line. */
  #line(statements: Statement[], decorators: readonly Expression[] = []): void {
    if (this.kind() === "indent") {
      // Nested too deeply: skipped.
      statements.push(...this.#indented());
      return;
    }
    if (this.kind() === "dedent") {
      this.at++;
      return;
    }
    if (this.is("async") && ["def", "for", "with"].includes(this.tokens[this.at + 1]?.text ?? ""))
      this.at++;
    const compound = this.#compound(decorators);
    if (compound === undefined) this.#simpleLine(statements);
    else statements.push(compound);
  }

  #compound(decorators: readonly Expression[]): Statement | undefined {
    if (this.kind() === "mark") return this.is("@") ? this.#decorated(decorators) : undefined;
    if (this.kind() !== "name") return undefined;
    switch (this.text()) {
      case "if":
        return this.#if();
      case "for":
        return this.#for();
      case "while": {
        this.at++;
        const test = this.tuple();
        return { kind: "while", test, body: [...this.#body(), ...this.#else()] };
      }
      case "try":
        return this.#try();
      case "with":
        return this.#with();
      case "def":
        return this.#function(decorators);
      case "class":
        return this.#class(decorators);
      case "match":
        return this.#isMatch() ? this.#match() : undefined;
      default:
        return undefined;
    }
  }

  /** Parses the simple statements of a line. */
  #simpleLine(statements: Statement[]): void {
    while (!this.isLineEnd()) {
      const before = this.at;
      const statement = this.#simple();
      if (statement !== undefined) statements.push(statement);
      if (this.at === before) this.at++;
      this.take(";");
    }
    if (this.kind() === "newline") this.at++;
  }

  #simple(): Statement | undefined {
    const word = this.kind() === "name" ? this.text() : "";
    switch (word) {
      case "return": {
        this.at++;
        const value = this.isLineEnd() || this.is(";") ? undefined : this.tuple();
        return { kind: "return", value };
      }
      case "import":
      case "from":
        return this.#import(word);
      case "global":
      case "nonlocal":
        return this.#global();
      case "raise":
      case "break":
      case "continue":
        this.#skip();
        return { kind: "stop", how: word };
      case "pass":
      case "del":
        this.#skip();
        return undefined;
      case "type":
        if (this.tokens[this.at + 1]?.kind !== "name") return this.#assignment();
        this.#skip();
        return undefined;
      case "yield":
        this.at++;
        this.take("from");
        return { kind: "expression", value: this.tuple() };
      case "assert":
        this.at++;
        return { kind: "expression", value: { kind: "other", parts: [this.tuple()] } };
      case "print":
        return this.#isPrint() ? this.#print() : this.#assignment();
      default:
        return this.#assignment();
    }
  }

  /** Skips the rest of a simple statement. */
  #skip(): void {
    while (!this.isLineEnd() && !this.is(";")) this.at++;
  }

  /** `print "x"` of Python 2. */
  #isPrint(): boolean {
    const next = this.tokens[this.at + 1];
    return next?.kind === "string" || next?.kind === "number" || next?.kind === "name";
  }

  #print(): Statement {
    this.at++;
    return { kind: "expression", value: { kind: "other", parts: [this.tuple()] } };
  }

  /** Parses an expression or an assignment. */
  #assignment(): Statement | undefined {
    const before = this.at;
    const first = this.tuple();
    if (this.at === before) return undefined;
    if (this.take(":")) {
      this.expression();
      if (this.take("=")) return { kind: "assign", targets: [first], value: this.tuple() };
      return first.kind === "name" ? { kind: "declare", name: first.name } : undefined;
    }
    const mark = this.kind() === "mark" ? this.text() : "";
    if (UPDATES.has(mark)) {
      this.at++;
      return {
        kind: "update",
        target: first,
        operator: mark.slice(0, -1),
        value: this.tuple(),
      };
    }
    if (mark !== "=") return { kind: "expression", value: first };
    const targets = [first];
    let value = first;
    while (this.take("=")) {
      value = this.tuple();
      targets.push(value);
    }
    return { kind: "assign", targets: targets.slice(0, -1), value };
  }

  /** Parses what follows a compound statement's header: an indented block, or statements on the same line. */
  #body(): Statement[] {
    for (let open = 0; !this.isLineEnd() && (open > 0 || !this.is(":")); this.at++)
      if (this.kind() === "mark") open += nesting(this.text());
    this.take(":");
    const statements: Statement[] = [];
    if (!this.isLineEnd()) {
      this.#simpleLine(statements);
      return statements;
    }
    if (this.kind() === "newline") this.at++;
    return this.kind() === "indent" ? this.#indented() : statements;
  }

  /** Parses an indented block, from its `indent` to its `dedent`. */
  #indented(): Statement[] {
    this.at++;
    if (this.depth > MAX_DEPTH) {
      this.#skipBlock();
      return [];
    }
    this.depth++;
    const statements: Statement[] = [];
    while (this.kind() !== "dedent" && this.kind() !== "end") this.#line(statements);
    if (this.kind() === "dedent") this.at++;
    this.depth--;
    return statements;
  }

  #skipBlock(): void {
    for (let open = 1; open > 0 && this.kind() !== "end"; this.at++) {
      if (this.kind() === "indent") open++;
      else if (this.kind() === "dedent") open--;
    }
  }

  #else(): Statement[] {
    return this.take("else") ? this.#body() : [];
  }

  #if(): Statement {
    const branches: Branch[] = [];
    while (this.is("elif") || (branches.length === 0 && this.is("if"))) {
      this.at++;
      const test = this.tuple();
      branches.push({ test, body: this.#body() });
    }
    if (this.is("else")) branches.push({ test: undefined, body: this.#else() });
    return { kind: "if", branches };
  }

  #for(): Statement {
    this.at++;
    const target = this.targets();
    this.take("in");
    const of = this.tuple();
    return { kind: "for", target, of, body: [...this.#body(), ...this.#else()] };
  }

  #try(): Statement {
    this.at++;
    const body = this.#body();
    const handlers: Statement[][] = [];
    while (this.take("except")) handlers.push(this.#body());
    const otherwise = this.#else();
    const final = this.take("finally") ? this.#body() : [];
    return { kind: "try", body, handlers, otherwise, final };
  }

  #with(): Statement {
    this.at++;
    const isInParentheses = this.is("(") && this.#endsAt(this.at, ":");
    if (isInParentheses) this.at++;
    const items: { value: Expression; target?: Expression }[] = [];
    while (!this.isLineEnd() && !this.is(":") && !this.is(")")) {
      const before = this.at;
      const value = this.expression();
      items.push({ value, ...(this.take("as") && { target: this.expression() }) });
      if (!this.take(",") && this.at === before) break;
    }
    if (isInParentheses) this.take(")");
    return { kind: "with", items, body: this.#body() };
  }

  /** Whether a mark follows the brackets that open at `at`. */
  #endsAt(at: number, mark: string): boolean {
    let open = 0;
    for (let place = at; place < this.tokens.length; place++) {
      const { kind, text } = this.tokens[place] ?? { kind: "end", text: "" };
      if (kind === "newline" || kind === "end") return false;
      if (kind === "mark") open += nesting(text);
      if (open <= 0) return this.tokens[place + 1]?.text === mark;
    }
    return false;
  }

  /** `match` is also an identifier: it begins a statement if the line ends with a colon and a case follows. */
  #isMatch(): boolean {
    for (let at = this.at + 1; at < this.tokens.length; at++)
      if (this.tokens[at]?.kind === "newline")
        return (
          at > this.at + 2 &&
          this.tokens[at - 1]?.text === ":" &&
          this.tokens[at + 1]?.kind === "indent" &&
          this.tokens[at + 2]?.text === "case"
        );
    return false;
  }

  #match(): Statement {
    this.at++;
    const of = this.tuple();
    const cases: Case[] = [];
    while (!this.isLineEnd()) this.at++;
    this.at += 2;
    while (this.kind() !== "dedent" && this.kind() !== "end") {
      if (!this.take("case")) {
        this.#line([]);
        continue;
      }
      cases.push(this.#case());
    }
    if (this.kind() === "dedent") this.at++;
    return { kind: "match", of, cases };
  }

  #case(): Case {
    const next = this.tokens[this.at + 1]?.text ?? "";
    const isWhole = next === ":" || next === "if";
    const isLiteral =
      this.kind() === "string" ||
      this.kind() === "number" ||
      ["None", "True", "False"].includes(this.text());
    const isDefault = isWhole && this.is("_");
    const pattern = isWhole && isLiteral ? this.expression() : undefined;
    return { pattern, isDefault, body: this.#body() };
  }

  #decorated(outer: readonly Expression[]): Statement | undefined {
    const decorators = [...outer];
    while (this.take("@")) {
      decorators.push(this.expression());
      while (!this.isLineEnd()) this.at++;
      if (this.kind() === "newline") this.at++;
    }
    if (this.is("async")) this.at++;
    return this.#compound(decorators);
  }

  #function(decorators: readonly Expression[]): Statement {
    this.at++;
    const name = this.#declaredName();
    const parameters = this.take("(") ? this.parameters(")") : [];
    this.take(")");
    if (this.take("->")) this.expression();
    return {
      kind: "function",
      function: { name, parameters, body: this.#body(), decorators },
    };
  }

  #class(decorators: readonly Expression[]): Statement {
    this.at++;
    const name = this.#declaredName();
    const bases = this.take("(") ? this.arguments().map(({ value }) => value) : [];
    return { kind: "class", name, bases, body: this.#body(), decorators };
  }

  /** Parses the name of a function or class, and skips its type parameters. */
  #declaredName(): string {
    const name = this.kind() === "name" ? this.text() : "";
    if (name !== "") this.at++;
    if (this.is("[")) while (!this.isLineEnd() && !this.is("(") && !this.is(":")) this.at++;
    return name;
  }

  #global(): Statement {
    this.at++;
    const names: string[] = [];
    for (; !this.isLineEnd() && !this.is(";"); this.at++)
      if (this.kind() === "name") names.push(this.text());
    return { kind: "global", names };
  }

  #import(word: "import" | "from"): Import {
    this.at++;
    if (word === "import") {
      const modules: { path: string; as?: string }[] = [];
      do {
        const path = this.#modulePath();
        if (path !== "") modules.push({ path, ...this.#alias() });
      } while (this.take(","));
      return { kind: "import", modules };
    }
    const path = this.#modulePath();
    const names: { name: string; as?: string }[] = [];
    if (this.take("import")) {
      const isInParentheses = this.take("(");
      while (!this.isLineEnd() && !this.is(")") && !this.is(";")) {
        if (this.kind() === "name" || this.is("*")) {
          const name = this.text();
          this.at++;
          names.push({ name, ...this.#alias() });
        } else if (!this.take(",")) break;
      }
      if (isInParentheses) this.take(")");
    }
    return { kind: "import", modules: path === "" ? [] : [{ path }], names };
  }

  #modulePath(): string {
    let path = "";
    for (; this.kind() === "name" || this.is(".") || this.is("..."); this.at++) {
      if (this.is("import") || this.is("as")) break;
      path += this.text();
    }
    return path;
  }

  #alias(): { readonly as?: string } {
    if (!this.take("as") || this.kind() !== "name") return {};
    const as = this.text();
    this.at++;
    return { as };
  }
}

const UPDATES = new Set("+= -= *= /= //= %= @= &= |= ^= >>= <<= **=".split(" "));
