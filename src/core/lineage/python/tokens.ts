/** Kinds of Python tokens. An `indent` precedes a line that is indented more than the one before. */
export type TokenKind =
  "name" | "number" | "string" | "mark" | "newline" | "indent" | "dedent" | "end";

/** A token and its position in the code. */
export interface Token {
  readonly kind: TokenKind;
  /** The text of a name, number or mark; prefix and quotes of a string. */
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const MARKS = new Set(
  "... **= //= >>= <<= != == <= >= <> := -> += -= *= /= %= @= &= |= ^= ** // << >>".split(" "),
);

const NUMBER =
  /(?:0[xob][\da-f_]+|\d[\d_]*(?:\.[\d_]*)?(?:e[+-]?\d[\d_]*)?|\.\d[\d_]*(?:e[+-]?\d[\d_]*)?)[jl]?/iy;

/** After this many f-strings with an unclosed brace, braces are treated as text. */
const MAX_UNCLOSED = 100;
/** Maximum code that is tokenized again, in multiples of its length. */
const MAX_REPEATED = 4;

/** How a string begins. */
const STRING = /(?:[rbuft]|[bft]r|r[bft])?(?:"""|'''|"|')/iy;

/** Statement keywords that occur in no expression: a bracket still open before one was never closed. */
const STATEMENT =
  /(?:(?:def|class|import|return|while|try|with|raise|del|pass|break|continue|global|nonlocal|assert|except|finally)\b|from\s+[\w.]+\s+import\b)/y;

/** Tokenizes Python code, ending with an `end` token. Never throws; takes time linear in the length of the code. */
export function tokensOf(code: string): Token[] {
  return new Lexer(code, 0, code.length).statements();
}

/** Tokenizes an expression, in which line breaks and indentation do not count. */
export function tokensOfExpression(code: string, from: number, to: number): Token[] {
  return new Lexer(code, from, to).expression();
}

class Lexer {
  readonly #tokens: Token[] = [];
  readonly #indents: number[] = [0];
  readonly #code: string;
  readonly #end: number;
  #at: number;
  /** Open brackets. */
  #open: string[] = [];
  /** Where the line of the first open bracket ended, and the number of tokens there. */
  #resume: { readonly at: number; readonly count: number } | undefined;
  /** Characters that may still be tokenized again because of unclosed brackets. */
  #repeatable: number;
  #hasLines = true;
  /** Number of f-strings with an unclosed brace. */
  #unclosed = 0;

  public constructor(code: string, from: number, to: number) {
    this.#code = code;
    this.#at = from;
    this.#end = to;
    this.#repeatable = MAX_REPEATED * (to - from);
  }

  public expression(): Token[] {
    this.#hasLines = false;
    while (this.#at < this.#end) this.#next();
    this.#add("end", "", this.#end);
    return this.#tokens;
  }

  public statements(): Token[] {
    this.#beginLine();
    do while (this.#at < this.#end) this.#next();
    while (this.#goesBack());
    this.#add("newline", "", this.#end);
    while (this.#indents.length > 1) {
      this.#indents.pop();
      this.#add("dedent", "", this.#end);
    }
    this.#add("end", "", this.#end);
    return this.#tokens;
  }

  #add(kind: TokenKind, text: string, to: number): void {
    this.#tokens.push({ kind, text, from: this.#at, to });
  }

  #next(): void {
    const code = this.#code;
    const character = code.charCodeAt(this.#at);
    switch (character) {
      case 32: // a blank
      case 9:
      case 13:
      case 12:
        this.#at++;
        return;
      case 10:
        this.#at++;
        this.#endLine();
        return;
      case 35: // #
        this.#at = this.#lineEnd(this.#at);
        return;
      case 92: // a backslash: the line goes on in the next one
        this.#at++;
        if (code.charCodeAt(this.#at) === 13) this.#at++;
        if (code.charCodeAt(this.#at) === 10) this.#at++;
        return;
      case 34:
      case 39:
        this.#string();
        return;
    }
    if (isDigit(character) || (character === 46 && isDigit(code.charCodeAt(this.#at + 1)))) {
      NUMBER.lastIndex = this.#at;
      this.#take("number", Math.max(this.#at + 1, NUMBER.test(code) ? NUMBER.lastIndex : 0));
    } else if (isOfName(character)) this.#name();
    else this.#mark();
  }

  #take(kind: TokenKind, to: number): void {
    const end = Math.min(to, this.#end);
    this.#add(kind, this.#code.slice(this.#at, end), end);
    this.#at = end;
  }

  #name(): void {
    const code = this.#code;
    let to = this.#at + 1;
    while (to < this.#end && isOfName(code.charCodeAt(to))) to++;
    const next = code.charCodeAt(to);
    const isPrefix = (next === 34 || next === 39) && to - this.#at <= 2;
    if (!isPrefix || !this.#string()) this.#take("name", to);
  }

  #mark(): void {
    const mark = this.#code.charAt(this.#at);
    let length = 1;
    if ("([{".includes(mark)) this.#open.push(mark === "(" ? ")" : mark === "[" ? "]" : "}");
    else if (")]}".includes(mark)) this.#close(mark);
    else if (mark !== "," && mark !== ";")
      for (length = 3; length > 1; length--)
        if (MARKS.has(this.#code.slice(this.#at, this.#at + length))) break;
    this.#take("mark", this.#at + length);
  }

  /** Closes a bracket and everything open inside of it; ignored if there is none. */
  #close(mark: string): void {
    const last = this.#open.lastIndexOf(mark);
    if (last !== -1) this.#open.length = last;
    if (this.#open.length === 0) this.#resume = undefined;
  }

  /** Ends an unclosed bracket with its line, and tokenizes what follows again. @returns whether there was one */
  #goesBack(): boolean {
    if (this.#open.length === 0 || this.#resume === undefined) return false;
    const { at, count } = this.#resume;
    this.#repeatable -= this.#at - at;
    this.#open = [];
    this.#resume = undefined;
    this.#tokens.length = count;
    this.#at = at;
    this.#endLine();
    return true;
  }

  /** @returns whether there is one */
  #string(): boolean {
    STRING.lastIndex = this.#at;
    const [start] = STRING.exec(this.#code) ?? [];
    if (start === undefined) return false;
    const to = Math.min(this.#endOfString(start), this.#end);
    this.#add("string", start, to);
    this.#at = to;
    return true;
  }

  /** The end of the string that begins here: after its quotes, or at the end of the line or code if it is unclosed. */
  #endOfString(start: string): number {
    const quotes = quotesOf(start);
    const from = this.#at + start.length;
    if (isFormatted(start) && this.#unclosed < MAX_UNCLOSED) {
      const end = endOfFormatted(this.#code, from, quotes);
      if (end !== undefined) return end;
      this.#unclosed++;
    }
    return endOfText(this.#code, from, quotes);
  }

  #endLine(): void {
    if (!this.#hasLines) return;
    if (this.#open.length > 0 && this.#repeatable > 0) {
      this.#resume ??= { at: this.#at, count: this.#tokens.length };
      STATEMENT.lastIndex = this.#indentation().at;
      if (STATEMENT.test(this.#code)) this.#goesBack();
      return;
    }
    this.#open = [];
    this.#add("newline", "", this.#at);
    this.#beginLine();
  }

  /** The start and depth of a line's text; blanks count as in Python. */
  #indentation(): { readonly at: number; readonly width: number } {
    let width = 0;
    for (let at = this.#at; ; at++) {
      const character = this.#code.charCodeAt(at);
      if (character === 32) width++;
      else if (character === 9) width += 8 - (width % 8);
      else if (character === 12) width = 0;
      else if (character !== 13 && character !== 0xfeff) return { at, width };
    }
  }

  #beginLine(): void {
    for (;;) {
      const { at, width } = this.#indentation();
      const character = this.#code.charCodeAt(at);
      if (at >= this.#end) {
        this.#at = this.#end;
        return;
      }
      // Lines without code have no indentation.
      if (character === 10) this.#at = at + 1;
      else if (character === 35) this.#at = Math.min(this.#lineEnd(at) + 1, this.#end);
      else {
        this.#at = at;
        this.#indent(width);
        return;
      }
    }
  }

  #indent(width: number): void {
    if (width > (this.#indents.at(-1) ?? 0)) {
      this.#indents.push(width);
      this.#add("indent", "", this.#at);
    }
    while (width < (this.#indents.at(-1) ?? 0)) {
      this.#indents.pop();
      this.#add("dedent", "", this.#at);
    }
  }

  #lineEnd(from: number): number {
    const found = this.#code.indexOf("\n", from);
    return found === -1 ? this.#end : Math.min(found, this.#end);
  }
}

const isDigit = (character: number): boolean => character >= 48 && character <= 57;

/** Letters, digits, `_`, and all non-ASCII characters except blanks. */
function isOfName(character: number): boolean {
  return (
    (character >= 97 && character <= 122) ||
    (character >= 65 && character <= 90) ||
    isDigit(character) ||
    character === 95 ||
    (character > 127 && character !== 0xa0 && character !== 0xfeff)
  );
}

/** Whether a string with this prefix contains expressions in braces. */
export const isFormatted = (start: string): boolean => /[ft]/i.test(start);

/** The quotes of a string that begins with this text. */
export const quotesOf = (start: string): string => start.replace(/^[a-z]+/i, "");

function endOfText(code: string, from: number, quotes: string): number {
  const special = quotes.length === 3 ? /["'\\]/g : /["'\\\n]/g;
  special.lastIndex = from;
  for (let match = special.exec(code); match !== null; match = special.exec(code)) {
    const { index } = match;
    if (match[0] === "\\") special.lastIndex = afterBackslash(code, index);
    else if (match[0] === "\n") return index;
    else if (code.startsWith(quotes, index)) return index + quotes.length;
  }
  return code.length;
}

const afterBackslash = (code: string, at: number): number =>
  at + (code.startsWith("\r\n", at + 1) ? 3 : 2);

/** Maximum nesting of strings in braces; deeper ones are treated as text. */
const MAX_NESTED = 20;
/** A longer replacement field is treated as text. Characters. */
const MAX_REPLACEMENT = 10_000;

/** The end of an f-string, whose braces can contain quotes; undefined if a brace is not closed. */
function endOfFormatted(code: string, from: number, quotes: string, depth = 0): number | undefined {
  if (depth > MAX_NESTED) return undefined;
  const special = quotes.length === 3 ? /["'\\{]/g : /["'\\{\n]/g;
  special.lastIndex = from;
  for (let match = special.exec(code); match !== null; match = special.exec(code)) {
    const { index } = match;
    if (match[0] === "\\") special.lastIndex = code[index + 1] === "{" ? index + 1 : index + 2;
    else if (match[0] === "\n") return undefined;
    else if (match[0] !== "{") {
      if (code.startsWith(quotes, index)) return index + quotes.length;
    } else if (code[index + 1] === "{") special.lastIndex = index + 2;
    else {
      const end = endOfReplacement(code, index + 1, quotes, code.length, depth)?.end;
      if (end === undefined) return undefined;
      special.lastIndex = end;
    }
  }
  return undefined;
}

/**
 * Finds the end of a replacement field.
 *
 * @param from after the opening brace
 * @param quotes of the string; unless they are triple quotes, the field must be on one line
 * @param to latest end of the string
 * @returns the end of its expression, and of the field itself after its closing brace; undefined if it is unclosed
 */
export function endOfReplacement(
  code: string,
  from: number,
  quotes: string,
  to = code.length,
  depth = 0,
): { readonly expression: number; readonly end: number } | undefined {
  const special = /["'{}[\]()\n:!#]/g;
  special.lastIndex = from;
  let open = 0;
  let expression: number | undefined;
  for (let match = special.exec(code); match !== null; match = special.exec(code)) {
    const [mark] = match;
    const { index } = match;
    if (index >= to || index - from > MAX_REPLACEMENT) return undefined;
    if (mark === "\n" || mark === "#") {
      if (quotes.length < 3) return undefined;
    } else if (mark === '"' || mark === "'") {
      // Before Python 3.12 the string ends here, and this brace is only text.
      if (expression !== undefined && code.startsWith(quotes, index)) return undefined;
      if (expression !== undefined) continue;
      const at = startOfPrefix(code, index);
      STRING.lastIndex = at;
      const start = STRING.exec(code)?.[0] ?? mark;
      const end = isFormatted(start)
        ? endOfFormatted(code, at + start.length, quotesOf(start), depth + 1)
        : endOfText(code, at + start.length, quotesOf(start));
      if (end === undefined || (quotes.length < 3 && code[end] === "\n")) return undefined;
      special.lastIndex = end;
    } else if ("{[(".includes(mark)) open++;
    else if (mark === "}" && open <= 0) return { expression: expression ?? index, end: index + 1 };
    else if ("}])".includes(mark)) open--;
    else if (open <= 0 && (mark === ":" || (mark === "!" && code[index + 1] !== "=")))
      expression ??= index;
  }
  return undefined;
}

/** The start of the prefix of the string whose quote is at `quote`. */
function startOfPrefix(code: string, quote: number): number {
  for (const length of [2, 1]) {
    const at = quote - length;
    STRING.lastIndex = at;
    if (at < 0 || isOfName(code.charCodeAt(at - 1))) continue;
    if (/^[a-z]+$/i.test(code.slice(at, quote)) && STRING.test(code)) return at;
  }
  return quote;
}
