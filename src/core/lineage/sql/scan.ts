import type { SqlSink } from "./sink";
import { SqlStatement } from "./statement";
import { sqlTokens, type SqlToken } from "./tokens";

/** Maximum nesting of statements (`EXECUTE IMMEDIATE`). */
const MAX_NESTED_STATEMENTS = 5;

/** Longer text is truncated. Characters. */
const MAX_SQL = 5_000_000;

/**
 * Finds the tables that Databricks SQL reads and writes, by keywords, names and parentheses. Without a grammar, it also handles
 * new and invalid syntax as far as possible. Takes time linear in the length of the text.
 */
export function scanSql(sql: string, sink: SqlSink, depth = 0): void {
  if (sql.length > MAX_SQL)
    sink.problem("only the first 5 million characters of SQL are analysed", 0);
  const tokens = sqlTokens(sql.slice(0, MAX_SQL));
  const nested = (inner: string, innerSink: SqlSink): void => {
    if (depth < MAX_NESTED_STATEMENTS) scanSql(inner, innerSink, depth + 1);
  };
  let start = 0;
  let parentheses = 0;
  for (let at = 0; at <= tokens.length; at++) {
    const token = tokens[at];
    if (token?.text === "(" && token.kind === "mark") parentheses++;
    if (token?.text === ")" && token.kind === "mark") parentheses--;
    const isEnd = token === undefined || (token.kind === "mark" && token.text === ";");
    if (!isEnd || (parentheses > 0 && token !== undefined)) continue;
    if (isRoutine(tokens, start, at)) at = endOfBlock(tokens, start);
    else if (at > start) new SqlStatement(tokens, at, sink, nested).run(start);
    start = at + 1;
    parentheses = 0;
  }
}

/** Whether a statement defines a procedure or function with several statements, which only its callers execute. */
function isRoutine(tokens: readonly SqlToken[], from: number, to: number): boolean {
  if (tokens[from]?.word !== "create") return false;
  const kind = tokens.slice(from + 1, from + 5).map(({ word }) => word);
  if (!kind.includes("procedure") && !kind.includes("function")) return false;
  return tokens.slice(from, to).some(({ word }) => word === "begin");
}

/** The end of the block that begins after `from`. */
function endOfBlock(tokens: readonly SqlToken[], from: number): number {
  let depth = 0;
  for (let at = from; at < tokens.length; at++) {
    const word = tokens[at]?.word ?? "";
    if (word === "begin" || word === "case") depth++;
    if (word !== "end") continue;
    const next = tokens[at + 1]?.word ?? "";
    if (["if", "while", "for", "loop", "repeat"].includes(next)) continue;
    if (next === "case") at++;
    if (--depth === 0) return at + 1;
  }
  return tokens.length;
}
