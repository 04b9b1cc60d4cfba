import type { SqlSink } from "./sink";
import { SqlStatement } from "./statement";
import { sqlTokens, type SqlToken } from "./tokens";

/** Statements within statements (`EXECUTE IMMEDIATE`). */
const MAX_NESTED_STATEMENTS = 5;

/** Longer text is only read so far. Characters. */
const MAX_SQL = 5_000_000;

/**
 * Finds the tables that SQL statements of Databricks read and write, by keywords, names and parentheses: there is no grammar,
 * so that statements of later versions, and broken ones, give what can be seen in them. Takes time in proportion to the text.
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

/** Whether a statement makes a procedure or function of several statements: these are executed by its callers. */
function isRoutine(tokens: readonly SqlToken[], from: number, to: number): boolean {
  if (tokens[from]?.word !== "create") return false;
  const kind = tokens.slice(from + 1, from + 5).map(({ word }) => word);
  if (!kind.includes("procedure") && !kind.includes("function")) return false;
  return tokens.slice(from, to).some(({ word }) => word === "begin");
}

/** Where the block that begins behind `from` ends. */
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
