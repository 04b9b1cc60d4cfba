import { errorText, stringifyJson } from "@jobstrata/core/model";
import type { QueryAnswer } from "../../execute/query";
import type { AlertSettings } from "./schema";

export type AlertState = "ERROR" | "OK" | "TRIGGERED" | "UNKNOWN";

type Settings = AlertSettings["evaluation"];
type Column = Settings["source"];
type Comparison = Exclude<Settings["comparison_operator"], "IS_NULL" | "IS_NOT_NULL">;
/** Rows of a query. */
export type Result = Extract<QueryAnswer, { columns: unknown }>;

/** The result of evaluating an alert. */
export interface Evaluated {
  readonly state: AlertState;
  /** The reason for state `ERROR`. */
  readonly error?: string;
  /** The compared value, as text; null for SQL NULL. */
  readonly value?: string | null;
  readonly threshold?: string | null;
}

/** Column with the number of rows under an aggregation. */
const ROWS = "jobstrata_rows";

/**
 * The SQL that an alert runs. Like Databricks, wraps the alert's query in its aggregations, so the result no longer
 * holds the query's rows.
 */
export function queryOf({ query_text, evaluation }: AlertSettings): string {
  const columns = aggregated(evaluation);
  if (columns === undefined) return query_text;
  const inner = query_text.replace(/[;\s]+$/, "");
  const outer = columns.map((column, at) => `${aggregation(column)} AS ${nameOf(at)}`);
  // The query stands on its own lines because it may end with a comment.
  return `SELECT ${outer.join(", ")}, COUNT(*) AS ${ROWS} FROM (\n${inner}\n)`;
}

/** Compares the result of {@link queryOf} with the alert's condition. */
export function evaluate(settings: Settings, result: Result): Evaluated {
  const { comparison_operator: operator, source, threshold, empty_result_state } = settings;
  const [row] = result.rows;
  const columns = aggregated(settings);
  const read = (column: Column, at: number): unknown =>
    cell(result, columns === undefined ? column.name : nameOf(at));
  try {
    if (row === undefined) return { state: empty_result_state ?? "UNKNOWN" };
    const value = read(source, 0);
    // Without rows, COUNT returns 0 and every other aggregation NULL.
    if (columns !== undefined && value === null && Number(cell(result, ROWS)) === 0)
      return { state: empty_result_state ?? "UNKNOWN" };
    const shown = textOf(value);
    if (operator === "IS_NULL" || operator === "IS_NOT_NULL") {
      const isMet = (value === null) === (operator === "IS_NULL");
      return { state: isMet ? "TRIGGERED" : "OK", value: shown };
    }
    const limit =
      threshold?.column === undefined ? valueOf(threshold?.value) : read(threshold.column, 1);
    const both = { value: shown, threshold: textOf(limit) };
    const order = compare(value, limit, source.name);
    if ("error" in order) return { state: "ERROR", ...both, error: order.error };
    return { state: MEETS[operator](order.sign) ? "TRIGGERED" : "OK", ...both };
  } catch (error) {
    return { state: "ERROR", error: errorText(error) };
  }
}

const MEETS: Readonly<Record<Comparison, (sign: number) => boolean>> = {
  EQUAL: (sign) => sign === 0,
  NOT_EQUAL: (sign) => sign !== 0,
  GREATER_THAN: (sign) => sign > 0,
  GREATER_THAN_OR_EQUAL: (sign) => sign >= 0,
  LESS_THAN: (sign) => sign < 0,
  LESS_THAN_OR_EQUAL: (sign) => sign <= 0,
};

/** The value and threshold columns, if any of them is aggregated. */
function aggregated({ source, threshold }: Settings): Column[] | undefined {
  const columns = threshold?.column === undefined ? [source] : [source, threshold.column];
  return columns.some((column) => column.aggregation !== undefined) ? columns : undefined;
}

function aggregation({ aggregation: how, name }: Column): string {
  const column = `\`${name.replaceAll("`", "``")}\``;
  if (how === "COUNT_DISTINCT") return `COUNT(DISTINCT ${column})`;
  return `${how ?? "FIRST"}(${column})`;
}

const nameOf = (at: number): string => (at === 0 ? "alert_value" : "alert_threshold");

/** A value of the first row; converts numbers sent as text. @throws {Error} if the column does not exist */
function cell({ columns, rows }: Result, name: string): unknown {
  let at = columns.findIndex((column) => column.name === name);
  if (at === -1)
    at = columns.findIndex((column) => column.name.toLowerCase() === name.toLowerCase());
  if (at === -1) {
    const names = columns.map((column) => column.name).join(", ");
    throw new Error(`The result of the query has no column "${name}"; it has ${names}.`);
  }
  const value = rows[0]?.[at] ?? null;
  const isDecimal = columns[at]?.type.startsWith("decimal") === true;
  return typeof value === "string" && (isDecimal || /^(?:nan|-?inf)$/.test(value))
    ? numberOf(value)
    : value;
}

function valueOf(value: NonNullable<Settings["threshold"]>["value"]): unknown {
  return value?.double_value ?? value?.string_value ?? value?.bool_value ?? null;
}

/** Compares a value with its threshold: a negative, zero or positive sign, or the reason why they cannot be compared. */
function compare(
  value: unknown,
  limit: unknown,
  name: string,
): { sign: number } | { error: string } {
  if (value === null) return { error: `The value of "${name}" is NULL.` };
  if (limit === null) return { error: "The threshold is NULL." };
  if (typeof value === "boolean" || typeof limit === "boolean") {
    if (typeof value === typeof limit) return { sign: Number(value) - Number(limit) };
    return {
      error: `The value of "${name}", ${textOf(value)}, is compared with ${textOf(limit)}.`,
    };
  }
  const [a, b] = [numberOf(value), numberOf(limit)];
  if (!Number.isNaN(a) && !Number.isNaN(b)) return { sign: a - b };
  if (typeof value === "string" && typeof limit === "string")
    return { sign: value < limit ? -1 : value > limit ? 1 : 0 };
  return {
    error: `The value of "${name}", ${textOf(value)}, cannot be compared with ${textOf(limit)}: one of them is not a number.`,
  };
}

function numberOf(value: unknown): number {
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  if (typeof value !== "string" || value.trim() === "") return NaN;
  if (/^-?inf$/.test(value)) return value.startsWith("-") ? -Infinity : Infinity;
  return Number(value);
}

/** Formats a value for notifications. */
export function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return value;
  // JSON has no NaN.
  return typeof value === "number" ? String(value) : stringifyJson(value);
}
