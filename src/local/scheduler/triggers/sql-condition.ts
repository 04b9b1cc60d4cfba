import { escapeRegExp, stringifyJson } from "@jobstrata/core/model";
import type { Clock } from "../../clock";
import type { SavedQuery, TaskExecutor } from "../../execute/executor";
import type { QueryAnswer } from "../../execute/query";
import type { SqlCondition } from "./definitions";

/** Query timeout; milliseconds. */
const PATIENCE = 10 * 60_000;
/** Maximum size of a compared value; characters of JSON. */
const MAX_VALUE = 2 ** 20;

/** The result of a condition. */
export type Answer =
  | { readonly isMet: boolean; readonly value?: string }
  | { readonly isMet: false; readonly error: string };

/** Inputs of a condition's evaluation. */
interface Asking {
  readonly clock: Clock;
  readonly query: TaskExecutor["query"];
  readonly saved: SavedQuery | undefined;
  /** The job's parameters, which the query may use as `:name`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** The previous value, for RESULT_VALUE_CHANGES. */
  readonly before: string | undefined;
  readonly signal: AbortSignal;
}

/** Evaluates a condition. If its query fails, the condition is not met. */
export async function ask(
  { sql_query_id, trigger_mode = "QUERY_RETURNS_ROWS" }: SqlCondition,
  { clock, query, saved, parameters, before, signal }: Asking,
): Promise<Answer> {
  if (saved === undefined) return failed(`the query ${sql_query_id} does not exist`);
  if (query === undefined) return failed("there is no engine to ask; start with --executor local");
  const answers: QueryAnswer[] = [];
  const late = new AbortController();
  const timer = clock.after(PATIENCE, () => {
    late.abort();
  });
  const used = Object.entries(parameters).filter(([name]) =>
    new RegExp(`:${escapeRegExp(name)}\\b`).test(saved.text),
  );
  try {
    await query(
      {
        sql: saved.text.replace(/[;\s]+$/, ""),
        limit: 2,
        parameters: used.map(([name, value]) => ({ name, value, type: "STRING" })),
        ...(saved.catalog === undefined ? {} : { catalog: saved.catalog }),
        ...(saved.schema === undefined ? {} : { schema: saved.schema }),
      },
      (answer) => answers.push(answer),
      AbortSignal.any([signal, late.signal]),
    );
  } catch (error) {
    return failed(
      late.signal.aborted
        ? `the query had not ended after ${PATIENCE / 60_000} minutes`
        : (error as Error).message,
    );
  } finally {
    timer.cancel();
  }
  const last = answers.findLast((answer) => !("note" in answer));
  if (last === undefined || !("columns" in last))
    return failed(last !== undefined && "error" in last ? last.error : "the query gave no result");
  if (trigger_mode === "QUERY_RETURNS_ROWS") return { isMet: last.rows.length > 0 };
  if (last.rows.length !== 1 || last.columns.length !== 1)
    return failed("the query must return exactly one row of one column");
  const value = stringifyJson(last.rows[0]?.[0] ?? null);
  if (value.length > MAX_VALUE) return failed("the value must not exceed 1 MiB");
  return { isMet: value !== before, value };
}

const failed = (error: string): Answer => ({ isMet: false, error });
