import type { Expression } from "./syntax";
import { endOfReplacement, isFormatted, quotesOf, type Token, tokensOfExpression } from "./tokens";

/**
 * The parts of adjacent strings: text, and the expressions in braces.
 *
 * @param read parses an expression in a string
 */
export function readStrings(
  code: string,
  strings: readonly Token[],
  read: (tokens: readonly Token[]) => Expression,
): (string | Expression)[] {
  const parts: (string | Expression)[] = [];
  for (const { text: start, from, to } of strings) {
    const quotes = quotesOf(start);
    const isRaw = /r/i.test(start);
    const first = from + start.length;
    const isClosed = to - first >= quotes.length && code.startsWith(quotes, to - quotes.length);
    const last = isClosed ? to - quotes.length : to;
    if (!isFormatted(start)) {
      parts.push(textOf(code.slice(first, last), isRaw));
      continue;
    }
    let at = first;
    for (const { opening, expression, end } of replacements(code, first, last, quotes)) {
      addText(parts, code.slice(at, opening), isRaw);
      parts.push(read(tokensOfExpression(code, opening + 1, expression)));
      at = end;
    }
    addText(parts, code.slice(at, last), isRaw);
  }
  return parts;
}

function addText(parts: (string | Expression)[], text: string, isRaw: boolean): void {
  if (text !== "") parts.push(textOf(text, isRaw).replaceAll("{{", "{").replaceAll("}}", "}"));
}

/** The replacement fields of an f-string: their starts, the ends of their expressions, and their ends. */
function* replacements(
  code: string,
  from: number,
  to: number,
  quotes: string,
): Generator<{ readonly opening: number; readonly expression: number; readonly end: number }> {
  let at = from;
  for (;;) {
    const opening = code.indexOf("{", at);
    if (opening === -1 || opening >= to) return;
    at = opening + 2;
    if (code[opening + 1] === "{") continue;
    const found = endOfReplacement(code, opening + 1, quotes, to);
    // Unclosed: the rest is text.
    if (found === undefined) return;
    yield { opening, ...found };
    at = found.end;
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
