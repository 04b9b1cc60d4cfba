import type { Evaluated, Result } from "./evaluate";
import { textOf } from "./evaluate";
import type { AlertRecord, Message } from "./store";

const SIGNS: Readonly<Record<string, string>> = {
  EQUAL: "=",
  GREATER_THAN: ">",
  GREATER_THAN_OR_EQUAL: ">=",
  IS_NOT_NULL: "IS NOT NULL",
  IS_NULL: "IS NULL",
  LESS_THAN: "<",
  LESS_THAN_OR_EQUAL: "<=",
  NOT_EQUAL: "!=",
};

/** The condition of an alert in short: `SUM(list_cost) > 5000`. */
export function conditionOf({ settings }: AlertRecord): string {
  const { source, comparison_operator, threshold } = settings.evaluation;
  const column = ({ name, aggregation }: typeof source): string =>
    aggregation === undefined ? name : `${aggregation}(${name})`;
  const { value } = threshold ?? {};
  const limit =
    threshold?.column === undefined
      ? textOf(value?.double_value ?? value?.string_value ?? value?.bool_value)
      : column(threshold.column);
  return [column(source), SIGNS[comparison_operator], limit].filter(Boolean).join(" ");
}

/**
 * The notification for a change of an alert's state, from the alert's templates or, without them, in Databricks'
 * wording.
 *
 * @param result the query's result; after an aggregation it no longer holds the query's rows
 * @param url the address of the alert
 */
export function messageOf(
  alert: AlertRecord,
  evaluated: Evaluated,
  result: Result | undefined,
  url: string,
): Message {
  const { settings } = alert;
  const { comparison_operator, source } = settings.evaluation;
  const names = result?.columns.map(({ name }) => name) ?? [];
  const rows = result?.rows ?? [];
  const values: Readonly<Record<string, string>> = {
    ALERT_COLUMN: source.name,
    ALERT_CONDITION: SIGNS[comparison_operator] ?? "",
    ALERT_NAME: settings.display_name,
    ALERT_STATUS: evaluated.state,
    ALERT_THRESHOLD: evaluated.threshold ?? "",
    ALERT_URL: url,
    QUERY_RESULT_COLS: JSON.stringify(names),
    QUERY_RESULT_ROWS: JSON.stringify(rows),
    QUERY_RESULT_TABLE: [names, ...rows].map((row) => row.map(textOf).join(" | ")).join("\n"),
    QUERY_RESULT_VALUE: evaluated.value ?? "",
  };
  const isMarkdown = settings.custom_template_format === "MARKDOWN";
  const fill = (template: string): string =>
    isMarkdown
      ? template.replace(/@([A-Z_]+)/g, (found, name: string) => values[name] ?? found)
      : template.replace(/\{\{\{?\s*([A-Z_]+)\s*\}?\}\}/g, (found: string, name: string) => {
          const value = values[name];
          if (value === undefined) return found;
          // As in Mustache, three braces insert the value without escaping HTML.
          return found.startsWith("{{{") ? value : escaped(value);
        });
  return {
    subject: fillOr(
      settings.custom_summary,
      fill,
      `Alert "${settings.display_name}" changed status to ${evaluated.state}`,
    ),
    body: fillOr(
      settings.custom_description,
      fill,
      `Condition: ${conditionOf(alert)}\nValue: ${evaluated.value ?? "NULL"}`,
    ),
  };
}

const fillOr = (
  template: string | undefined,
  fill: (template: string) => string,
  otherwise: string,
): string => (template === undefined || template === "" ? otherwise : fill(template));

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (each) => ENTITIES[each] ?? each);
