import { randomUUID } from "node:crypto";
import { errorText, stringifyJson } from "@jobstrata/core/model";
import { ApiError, doesNotExist, invalidParameter, invalidState } from "../../api-error";
import type { TaskExecutor } from "../../execute/executor";
import type { QueryAnswer, QueryRequest } from "../../execute/query";

/** Maximum finished statements in memory. */
const REMEMBERED = 100;
/** Maximum concurrent statements; each is a process of several hundred megabytes. */
const MAX_RUNNING = 8;
/** Rows of a result chunk. */
const CHUNK_ROWS = 1000;
/** Maximum rows of a result, and the default of `row_limit`. */
const MAX_ROWS = 100_000;
/** Databricks' size limit of an inline result; characters of JSON. */
const MAX_INLINE = 25 * 1024 * 1024;

type State = "PENDING" | "RUNNING" | "SUCCEEDED" | "FAILED" | "CANCELED" | "CLOSED";
type Rows = Extract<QueryAnswer, { columns: unknown }>;

interface Statement {
  readonly id: string;
  readonly abort: AbortController;
  /** Resolves when the statement has ended. */
  readonly done: Promise<void>;
  state: State;
  error?: { error_code: string; message: string };
  columns: Rows["columns"];
  rows: (string | null)[][];
  truncated: boolean;
}

/** How long a request waits for its statement, and what happens after that. */
export interface Waiting {
  /** Milliseconds. */
  readonly timeout: number;
  readonly onTimeout: "CONTINUE" | "CANCEL";
}

/** SQL statements of the Statement Execution API, run by the local engine on local tables. */
export class SqlStatements {
  readonly #statements = new Map<string, Statement>();
  #running = 0;

  readonly #query: TaskExecutor["query"];

  public constructor(query: TaskExecutor["query"]) {
    this.#query = query;
  }

  /** @returns the statement when it has ended or the timeout has passed. @throws {ApiError} */
  public async execute(
    request: Omit<QueryRequest, "limit"> & { readonly rowLimit?: number },
    waiting: Waiting,
  ): Promise<object> {
    if (this.#query === undefined) {
      throw new ApiError(
        501,
        "NOT_IMPLEMENTED",
        "The local workspace simulates tasks and has no engine for SQL; start it with --executor local.",
      );
    }
    if (this.#running >= MAX_RUNNING) {
      throw new ApiError(
        429,
        "REQUEST_LIMIT_EXCEEDED",
        `The local workspace runs ${MAX_RUNNING} SQL statements at once; try again when one has ended.`,
      );
    }
    const statement = this.#start(request, this.#query);
    let timer: NodeJS.Timeout | undefined;
    const due = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, waiting.timeout);
    });
    await Promise.race([statement.done, due]);
    clearTimeout(timer);
    if (!isOver(statement) && waiting.onTimeout === "CANCEL") await cancel(statement);
    return view(statement);
  }

  /** @throws {ApiError} if the statement is unknown or no longer in memory */
  public get(id: string): object {
    return view(this.#load(id));
  }

  /** @throws {ApiError} if the statement has no result or the index is out of range */
  public chunk(id: string, index: number): object {
    const statement = this.#load(id);
    if (statement.state !== "SUCCEEDED")
      throw invalidState(`Statement ${id} has no result: it is ${statement.state}.`);
    if (index >= chunkCount(statement))
      throw invalidParameter(
        `chunk_index ${index} is out of range: the result has ${chunkCount(statement)} chunks.`,
      );
    return chunkView(statement, index);
  }

  /** @throws {ApiError} if the statement is unknown */
  public async cancel(id: string): Promise<void> {
    await cancel(this.#load(id));
  }

  #load(id: string): Statement {
    const statement = this.#statements.get(id);
    if (statement === undefined)
      throw doesNotExist(`The statement ${id.slice(0, 100)} was not found.`);
    return statement;
  }

  #start(
    { rowLimit = MAX_ROWS, ...request }: Omit<QueryRequest, "limit"> & { rowLimit?: number },
    query: NonNullable<TaskExecutor["query"]>,
  ): Statement {
    const abort = new AbortController();
    const answers: QueryAnswer[] = [];
    this.#running++;
    const work = query(
      { ...request, limit: Math.min(rowLimit, MAX_ROWS) },
      (answer) => answers.push(answer),
      abort.signal,
    );
    const statement: Statement = {
      id: randomUUID(),
      abort,
      state: "RUNNING",
      columns: [],
      rows: [],
      truncated: false,
      done: work
        .then(
          () => {
            finish(statement, answers);
          },
          (error: unknown) => {
            if (abort.signal.aborted) statement.state = "CANCELED";
            else fail(statement, "INTERNAL_ERROR", messageOf(error));
          },
        )
        .finally(() => {
          this.#running--;
          this.#forget();
        }),
    };
    this.#statements.set(statement.id, statement);
    return statement;
  }

  /** Drops the oldest finished statements above the limit. */
  #forget(): void {
    for (const [id, statement] of this.#statements) {
      if (this.#statements.size <= REMEMBERED) return;
      if (isOver(statement)) this.#statements.delete(id);
    }
  }
}

const isOver = ({ state }: Statement): boolean => state !== "PENDING" && state !== "RUNNING";

async function cancel(statement: Statement): Promise<void> {
  statement.abort.abort();
  await statement.done;
}

const messageOf = (error: unknown): string => errorText(error);

function fail(statement: Statement, error_code: string, message: string): void {
  statement.state = "FAILED";
  statement.error = { error_code, message };
}

function finish(statement: Statement, answers: readonly QueryAnswer[]): void {
  const results = answers.filter((answer) => "columns" in answer);
  const error = answers.find((answer) => "error" in answer);
  if (error !== undefined) {
    fail(statement, "BAD_REQUEST", error.error);
    return;
  }
  if (results.length !== 1) {
    const message =
      results.length === 0
        ? "there is no SQL statement to execute"
        : `exactly one statement is executed at a time (got ${results.length})`;
    fail(statement, "BAD_REQUEST", message);
    return;
  }
  const [{ columns, rows, truncated } = { columns: [], rows: [], truncated: false }] = results;
  const texts = rows.map((row) => row.map((value, at) => textOf(value, columns[at]?.type ?? "")));
  if (JSON.stringify(texts).length > MAX_INLINE) {
    fail(
      statement,
      "BAD_REQUEST",
      `Inline byte limit exceeded: the result has more than ${MAX_INLINE} bytes; set row_limit.`,
    );
    return;
  }
  Object.assign(statement, { columns, rows: texts, truncated, state: "SUCCEEDED" });
}

const TIMESTAMP = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?/;

/** Results hold text or null. */
function textOf(value: unknown, type: string): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value !== "string") return stringifyJson(value);
  const match = type.startsWith("timestamp") ? TIMESTAMP.exec(value) : null;
  if (match === null) return value;
  const [, day = "", time = "", fraction = ""] = match;
  return `${day}T${time}.${fraction.slice(0, 6).padEnd(3, "0")}${type === "timestamp_ntz" ? "" : "Z"}`;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  bigint: "LONG",
  tinyint: "BYTE",
  smallint: "SHORT",
  void: "NULL",
};

function columnView({ name, type }: Rows["columns"][number], position: number): object {
  const base = type.replace(/[<(].*/s, "");
  const [, precision, scale] = /^decimal\((\d+),\s*(\d+)\)$/.exec(type) ?? [];
  return {
    name,
    position,
    type_name: TYPE_NAMES[base] ?? base.toUpperCase(),
    type_text: type.toUpperCase(),
    ...(precision === undefined ? {} : { type_precision: +precision, type_scale: +(scale ?? 0) }),
  };
}

/** An empty result has one chunk too. */
const chunkCount = ({ rows }: Statement): number =>
  Math.max(1, Math.ceil(rows.length / CHUNK_ROWS));

function chunkFacts({ rows }: Statement, index: number): object {
  const row_offset = index * CHUNK_ROWS;
  return {
    chunk_index: index,
    row_offset,
    row_count: Math.min(CHUNK_ROWS, rows.length - row_offset),
  };
}

function chunkView(statement: Statement, index: number): object {
  const start = index * CHUNK_ROWS;
  const next = index + 1;
  return {
    ...chunkFacts(statement, index),
    data_array: statement.rows.slice(start, start + CHUNK_ROWS),
    ...(next < chunkCount(statement)
      ? {
          next_chunk_index: next,
          next_chunk_internal_link: `/api/2.0/sql/statements/${statement.id}/result/chunks/${next}`,
        }
      : {}),
  };
}

function view(statement: Statement): object {
  const { id, state, error, columns, rows, truncated } = statement;
  const status = { state, ...(error === undefined ? {} : { error }) };
  if (state !== "SUCCEEDED") return { statement_id: id, status };
  const count = chunkCount(statement);
  return {
    statement_id: id,
    status,
    manifest: {
      format: "JSON_ARRAY",
      schema: { column_count: columns.length, columns: columns.map(columnView) },
      total_chunk_count: count,
      total_row_count: rows.length,
      truncated,
      chunks: Array.from({ length: count }, (_, index) => chunkFacts(statement, index)),
    },
    result: chunkView(statement, 0),
  };
}
