import { MARKED } from "../unknown-text";

/** A SQL token. Comments and blanks are skipped. */
export interface SqlToken {
  /** `name` is an identifier or keyword, `quoted` an identifier in backticks. */
  readonly kind: "name" | "quoted" | "string" | "number" | "mark" | "parameter";
  /** Unquoted text; the name of a parameter. */
  readonly text: string;
  /** A name in lower case, for comparison with keywords; a mark; otherwise empty. */
  readonly word: string;
  readonly at: number;
  readonly end: number;
}

const PIECES = new RegExp(
  `--|/\\*|::|:(?=[\\p{L}_])|[\\p{L}_${MARKED}][\\p{L}\\p{N}_${MARKED}]*|\\d[\\p{L}\\p{N}_.]*|\\S`,
  "gu",
);

const NAME_START = new RegExp(`^[\\p{L}_${MARKED}]`, "u");

/** Tokenizes SQL, including invalid text, in time linear in its length. */
export function sqlTokens(sql: string): SqlToken[] {
  const tokens: SqlToken[] = [];
  const pieces = new RegExp(PIECES);
  for (let match = pieces.exec(sql); match !== null; match = pieces.exec(sql)) {
    const [piece] = match;
    const { index: at } = match;
    let end = pieces.lastIndex;
    if (piece === "--") {
      const line = sql.indexOf("\n", end);
      pieces.lastIndex = line === -1 ? sql.length : line;
      continue;
    }
    if (piece === "/*") {
      pieces.lastIndex = endOfComment(sql, end);
      continue;
    }
    if (piece === "'" || piece === '"' || piece === "`") {
      const close = endOfQuoted(sql, end, piece);
      const text = sql.slice(end, close);
      end = Math.min(close + 1, sql.length);
      pieces.lastIndex = end;
      if (piece === "`")
        tokens.push({ kind: "quoted", text: text.replaceAll("``", "`"), word: "", at, end });
      else tokens.push({ kind: "string", text: unescaped(text, piece), word: "", at, end });
      continue;
    }
    if (piece === ":") {
      const name = /[\p{L}\p{N}_]+/uy;
      name.lastIndex = end;
      const [text = ""] = name.exec(sql) ?? [];
      end += text.length;
      pieces.lastIndex = end;
      // After a value, a colon extracts from JSON: payload:customer.id
      const before = tokens.at(-1);
      const isPath =
        before?.end === at &&
        (before.kind !== "mark" || before.text === ")" || before.text === "]");
      if (isPath) {
        tokens.push({ kind: "mark", text: ":", word: ":", at, end: at + 1 });
        tokens.push({ kind: "name", text, word: text.toLowerCase(), at: at + 1, end });
      } else tokens.push({ kind: "parameter", text, word: "", at, end });
      continue;
    }
    if (NAME_START.test(piece))
      tokens.push({ kind: "name", text: piece, word: piece.toLowerCase(), at, end });
    else if (/^\d/.test(piece)) tokens.push({ kind: "number", text: piece, word: "", at, end });
    else tokens.push({ kind: "mark", text: piece, word: piece, at, end });
  }
  return tokens;
}

/** The end of a comment whose text begins at `from`; comments in Scala and SQL can be nested. */
export function endOfComment(sql: string, from: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = from;
  for (let depth = 1; depth > 0;) {
    const match = marks.exec(sql);
    if (match === null) return sql.length;
    depth += match[0] === "/*" ? 1 : -1;
  }
  return marks.lastIndex;
}

function endOfQuoted(sql: string, from: number, quote: string): number {
  for (let at = from; at < sql.length; at++) {
    const character = sql[at];
    if (character === "\\" && quote !== "`") at++;
    else if (character === quote) {
      if (sql[at + 1] !== quote) return at;
      at++;
    }
  }
  return sql.length;
}

function unescaped(text: string, quote: string): string {
  if (!text.includes("\\") && !text.includes(quote)) return text;
  return text.replace(/\\([^])|''|""/g, (all, escaped: string | undefined) => {
    if (escaped === undefined) return all.startsWith(quote) ? quote : all;
    return { n: "\n", t: "\t", r: "\r" }[escaped] ?? escaped;
  });
}
