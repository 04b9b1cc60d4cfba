import { unknownText } from "../unknown-text";
import type { SqlSink } from "./sink";
import type { SqlToken } from "./tokens";

/** Maximum tokens searched for a closing parenthesis, so that nested calls take bounded time. */
const MAX_ARGUMENT_TOKENS = 1000;

/** The tokens of one statement within a text. */
export class StatementTokens {
  readonly #sink: SqlSink;

  /** @param to end of the statement */
  public constructor(
    public readonly all: readonly SqlToken[],
    public readonly to: number,
    sink: SqlSink,
  ) {
    this.#sink = sink;
  }

  public word(at: number): string {
    return at < this.to ? (this.all[at]?.word ?? "") : "";
  }

  public isName(at: number): boolean {
    const kind = at < this.to ? this.all[at]?.kind : undefined;
    return kind === "name" || kind === "quoted";
  }

  public place(at: number): number {
    return this.all[at]?.at ?? 0;
  }

  /** The next position of one of the words, outside of parentheses. */
  public find(from: number, ...words: readonly string[]): number | undefined {
    let depth = 0;
    for (let at = from; at < this.to; at++) {
      const word = this.word(at);
      if (word === "(") depth++;
      else if (word === ")") depth--;
      else if (depth === 0 && words.includes(word)) return at;
    }
    return undefined;
  }

  public skip(at: number, ...words: readonly string[]): number {
    let place = at;
    while (words.includes(this.word(place))) place++;
    return place;
  }

  /** The value of a string expression: literals, parameters and variables, joined by || or concat. */
  public text(from: number, to: number): string {
    let text = "";
    for (let at = from; at < to; at++) {
      const token = this.all[at];
      if (token === undefined) break;
      const { kind, word } = token;
      if (kind === "string") text += token.text;
      else if (kind === "parameter" || kind === "quoted")
        text += this.#sink.value(token.text) ?? unknownText(token.text);
      else if (kind === "number") text += token.text;
      else if (kind === "name") {
        if (word === "concat" && this.word(at + 1) === "(") continue;
        if (this.word(at + 1) === "(") return text + unknownText(token.text);
        if (this.word(at + 1) === ".") continue;
        text += this.#sink.value(token.text) ?? unknownText(token.text);
      } else if (!["|", "(", ")", ",", "."].includes(word)) return text + unknownText("expression");
    }
    return text;
  }

  /** The name at `at`, of one or more parts. */
  public dotted(at: number): { readonly parts: string[]; readonly next: number } | undefined {
    if (!this.isName(at)) return undefined;
    const parts: string[] = [];
    let place = at;
    if (this.word(at) === "identifier" && this.word(at + 1) === "(") {
      const close = this.closing(at + 1);
      parts.push(...partsOf(this.text(at + 2, close)));
      place = close + 1;
    } else {
      parts.push(this.all[at]?.text ?? "");
      place++;
    }
    while (this.word(place) === "." && this.isName(place + 1)) {
      parts.push(this.all[place + 1]?.text ?? "");
      place += 2;
    }
    return { parts, next: place };
  }

  public closing(open: number): number {
    let depth = 0;
    const end = Math.min(this.to, open + MAX_ARGUMENT_TOKENS);
    for (let at = open; at < end; at++) {
      if (this.word(at) === "(") depth++;
      if (this.word(at) === ")" && --depth === 0) return at;
    }
    return end;
  }
}

/** Splits a name in a string, such as the argument of IDENTIFIER or spark.table; quoted parts can contain dots. */
export function partsOf(name: string): string[] {
  const parts = Array.from(
    name.trim().matchAll(/`((?:[^`]|``)*)`|([^.`]+)/g),
    ([, quoted, bare]) => quoted?.replaceAll("``", "`") ?? bare?.trim() ?? "",
  );
  return parts.length === 0 ? [name.trim()] : parts;
}
