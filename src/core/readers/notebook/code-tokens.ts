import { NOTEBOOK_LANGUAGES } from "../../model/notebook-format";
import { endOfComment } from "../../lineage/sql/tokens";
import { endOf, endOfQuoted, lineEnd, matchAt, nesting } from "./code-text";

/** A supported language. */
type CodeLanguage = "python" | "scala" | "r";

const COMMENT_MARKS: Readonly<Record<CodeLanguage, string>> = {
  python: NOTEBOOK_LANGUAGES[".py"].comment,
  scala: NOTEBOOK_LANGUAGES[".scala"].comment,
  r: NOTEBOOK_LANGUAGES[".r"].comment,
};

/** A token. A string is `computed` if its text differs from the source. */
export type Token = (
  | { readonly kind: "name" | "mark"; readonly text: string }
  | { readonly kind: "string"; text: string; computed: boolean }
) & {
  /** Indentation, for the first token of a logical line of Python. */
  indent?: number;
};

/** State inside a string: in its text, in an embedded expression, or in that expression's format. */
interface Frame {
  kind: "text" | "expression" | "format";
  /** The closing quote. */
  readonly mark: string;
  /** Start of its text. */
  readonly start: number;
  readonly token: Token & { readonly kind: "string" };
  readonly interpolated: boolean;
  readonly escapes: boolean;
  readonly multiline: boolean;
  /** Number of open brackets in the expression. */
  depth: number;
}

/** Tokenizes code, without comments and white space. Expressions inside strings follow their string as tokens. */
export function tokensOf(code: string, language: CodeLanguage): Token[] {
  const tokens: Token[] = [];
  const frames: Frame[] = [];
  const comment = COMMENT_MARKS[language];
  let at = 0;
  // Start of the line before its first token. Undefined after that, and inside open brackets, which continue the line.
  let line: number | undefined = 0;
  let depth = 0;
  while (at < code.length) {
    const frame = frames.at(-1);
    if (frame !== undefined && frame.kind !== "expression") {
      at = readText(code, at, language, frame, frames);
      continue;
    }
    const character = code.charAt(at);
    const count = tokens.length;
    const indent = line === undefined || frame !== undefined ? undefined : at - line;
    if (character === "\n" && depth <= 0 && frame === undefined) line = at + 1;
    const [name] = matchAt(/[\p{L}\p{N}_]+/uy, code, at) ?? [];
    if (name !== undefined) {
      tokens.push({ kind: "name", text: name });
      at += name.length;
    } else if (/\s/.test(character)) at++;
    else if (code.startsWith(comment, at) && (language !== "python" || frame === undefined))
      at = lineEnd(code, at);
    else if (language === "scala" && code.startsWith("/*", at)) at = endOfComment(code, at + 2);
    else if (language === "scala" && character === "'")
      at += matchAt(/'(?:\\u+[\da-f]{4}|\\.|[^'\\\n])'/iuy, code, at)?.[0].length ?? 1;
    else if (language === "python" && character === "\\") {
      at++;
      // A line continuation.
      at += matchAt(/\r?\n/y, code, at)?.[0].length ?? 0;
    } else if (language !== "python" && character === "`") {
      const end = endOfQuoted(code, at + 1, "`", false);
      tokens.push({ kind: "name", text: code.slice(at + 1, end) });
      at = end + 1;
    } else if (character === '"' || character === "'") {
      at = beginString(code, at, language, tokens, frames);
    } else {
      if (frame !== undefined) {
        if (character === "}" && frame.depth <= 0) frames.pop();
        else if (character === ":" && frame.depth === 0 && language === "python")
          frame.kind = "format";
        else frame.depth += nesting(character);
      }
      tokens.push({ kind: "mark", text: character });
      if (frame === undefined) depth = Math.max(0, depth + nesting(character));
      at++;
    }
    const first = tokens[count];
    if (first === undefined) continue;
    if (indent !== undefined) first.indent = indent;
    line = undefined;
  }
  return tokens;
}

/** Starts the string at `at` and returns the start of its text. A prefix, such as `f` in Python, is the previous token. */
function beginString(
  code: string,
  at: number,
  language: CodeLanguage,
  tokens: Token[],
  frames: Frame[],
): number {
  const quote = code.charAt(at);
  const triple = language !== "r" && code.startsWith(quote.repeat(3), at);
  const mark = triple ? quote.repeat(3) : quote;
  const before = tokens.at(-1);
  const close = before?.kind === "name" && /[\p{L}\p{N}_]/u.test(code.charAt(at - 1));
  const isPrefix = { python: /^(?:[rbuft]|[bft]r|r[bft])$/i, r: /^r$/i, scala: /^/ };
  const prefix = close && isPrefix[language].test(before.text) ? before.text.toLowerCase() : "";
  if (prefix !== "") tokens.pop();
  const start = at + mark.length;
  if (language === "r" && prefix !== "") {
    const [opening = "", dashes = ""] = matchAt(/(-*)[([{]/y, code, start) ?? [];
    const bracket = ")]}".charAt("([{".indexOf(opening.at(-1) ?? "("));
    const end = endOf(code, bracket + dashes + quote, start);
    const text = code.slice(start + opening.length, end - opening.length - 1);
    tokens.push({ kind: "string", text, computed: false });
    return end;
  }
  const interpolated = language === "scala" ? prefix !== "" : /[ft]/.test(prefix);
  const token = { kind: "string" as const, text: "", computed: interpolated };
  tokens.push(token);
  const escapes = language === "scala" ? !triple : !prefix.includes("r");
  const multiline = triple || language === "r";
  frames.push({ kind: "text", mark, start, token, interpolated, escapes, multiline, depth: 0 });
  return start;
}

/**
 * Reads the text of a string up to the next relevant character and returns the offset after it. `frame` is the last of
 * `frames`.
 */
function readText(
  code: string,
  at: number,
  language: CodeLanguage,
  frame: Frame,
  frames: Frame[],
): number {
  const special = /["'{}$\\\n]/g;
  special.lastIndex = at;
  const place = special.exec(code)?.index ?? code.length;
  const character = code.charAt(place);
  const next = code.charAt(place + 1);
  const end = (): void => {
    frame.token.text = code.slice(frame.start, place);
    // Do not decode escapes: names of widgets contain none.
    if (frame.escapes && frame.token.text.includes("\\")) frame.token.computed = true;
    while (frames.pop()?.kind !== "text");
  };
  const begin = (): void => {
    frames.push({ ...frame, kind: "expression", depth: 0 });
  };
  if (character === "\\") {
    if (language === "scala" && frame.mark.length === 3) return place + 1;
    // In Python, a brace after the backslash still starts an expression.
    return place + (next === "{" ? 1 : 2);
  }
  if (character === "" || (character === "\n" && !frame.multiline)) {
    end();
    return place + 1;
  }
  if (code.startsWith(frame.mark, place)) {
    // In Scala, the last of extra quotes end the string.
    const more =
      language === "scala" && frame.mark.length === 3 ? matchAt(/"*/y, code, place + 3) : null;
    end();
    return place + frame.mark.length + (more?.[0].length ?? 0);
  }
  if (!frame.interpolated) return place + 1;
  if (language === "scala") {
    if (character !== "$") return place + 1;
    if (next === "{") begin();
    return place + (next === "{" || next === "$" ? 2 : 1);
  }
  if (character === "{") {
    if (frame.kind === "text" && next === "{") return place + 2;
    begin();
  } else if (character === "}" && frame.kind === "format") frames.pop();
  return place + 1;
}
