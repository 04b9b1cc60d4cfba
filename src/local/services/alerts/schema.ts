import { PAUSE_STATUSES } from "@jobstrata/core/model";
import * as z from "zod";
import { invalidParameter } from "../../api-error";
import { checkCron } from "../../scheduler/triggers/cron";
import { int32, object } from "../../schema/shape";

const given = (what: string): z.ZodString => z.string().regex(/\S/, `must not be empty: ${what}`);

const column = object({
  aggregation: z
    .enum(["AVG", "COUNT", "COUNT_DISTINCT", "MAX", "MEDIAN", "MIN", "STDDEV", "SUM"])
    .optional(),
  display: z.string().optional(),
  name: given("it is the name of a column of the query's result"),
});

const value = object({
  bool_value: z.boolean().optional(),
  double_value: z.number().optional(),
  string_value: z.string().optional(),
});

const subscription = object({
  destination_id: z.string().optional(),
  user_email: z
    .string()
    .regex(/^[^\s@]+@[^\s@]+$/, "is not an email address")
    .optional(),
});

const runAs = object({
  service_principal_name: given("it is the application id of a service principal").optional(),
  user_name: given("it is the email address of a user").optional(),
});

const STATES = ["ERROR", "OK", "TRIGGERED", "UNKNOWN"] as const;
/** Output-only field. Ignored in requests, because clients send back the alert that they read. */
const outputOnly = z.unknown().optional();

/** Request body of an alert in the Alerts API v2. */
export const alertShape = object({
  create_time: outputOnly,
  custom_description: z.string().optional(),
  custom_summary: z.string().optional(),
  custom_template_format: z.enum(["HTML", "MARKDOWN"]).optional(),
  display_name: given("it is what the alert is called"),
  effective_run_as: outputOnly,
  evaluation: object({
    comparison_operator: z.enum([
      "EQUAL",
      "GREATER_THAN",
      "GREATER_THAN_OR_EQUAL",
      "IS_NOT_NULL",
      "IS_NULL",
      "LESS_THAN",
      "LESS_THAN_OR_EQUAL",
      "NOT_EQUAL",
    ]),
    empty_result_state: z.enum(STATES).optional(),
    last_evaluated_at: outputOnly,
    notification: object({
      notify_on_ok: z.boolean().optional(),
      retrigger_seconds: int32.min(0, "must not be negative").optional(),
      subscriptions: z.array(subscription).optional(),
    }).optional(),
    source: column,
    state: outputOnly,
    threshold: object({ column: column.optional(), value: value.optional() }).optional(),
  }),
  id: outputOnly,
  lifecycle_state: outputOnly,
  owner_user_name: outputOnly,
  parameters: z
    .array(
      object({
        name: given("the query refers to it as :name"),
        type: z.string().optional(),
        value: z.string().optional(),
      }),
    )
    .optional(),
  parent_path: z.string().optional(),
  query_text: given("it is the query that the alert runs"),
  run_as: runAs.optional(),
  run_as_user_name: z.string().optional(),
  schedule: object({
    pause_status: z.enum(PAUSE_STATUSES).optional(),
    quartz_cron_schedule: z.string(),
    timezone_id: z.string(),
  }),
  update_time: outputOnly,
  warehouse_id: z.string(),
});

/** The fields of an alert that clients can set. */
export type AlertSettings = Omit<
  z.infer<typeof alertShape>,
  "create_time" | "effective_run_as" | "id" | "lifecycle_state" | "owner_user_name" | "update_time"
>;

/** Output-only fields, as paths of a field mask. */
export const OUTPUT_ONLY: readonly string[] = [
  "create_time",
  "effective_run_as",
  "evaluation.last_evaluated_at",
  "evaluation.state",
  "id",
  "lifecycle_state",
  "owner_user_name",
  "update_time",
];

/**
 * Checks the rules that the schema cannot express. Does not look up referenced objects.
 * @throws {ApiError} for the first broken rule
 */
export function checkAlert({ evaluation, schedule, run_as, parameters = [] }: AlertSettings): void {
  const { comparison_operator, notification, threshold } = evaluation;
  if (threshold !== undefined) {
    exactlyOne("evaluation.threshold", threshold, ["column", "value"]);
    if (threshold.value !== undefined)
      exactlyOne("evaluation.threshold.value", threshold.value, [
        "bool_value",
        "double_value",
        "string_value",
      ]);
  } else if (comparison_operator !== "IS_NULL" && comparison_operator !== "IS_NOT_NULL") {
    throw invalidParameter(
      `Missing required field: evaluation.threshold, which ${comparison_operator} compares with`,
    );
  }
  for (const [index, each] of (notification?.subscriptions ?? []).entries()) {
    exactlyOne(`evaluation.notification.subscriptions[${index}]`, each, [
      "destination_id",
      "user_email",
    ]);
  }
  if (run_as !== undefined) exactlyOne("run_as", run_as, ["service_principal_name", "user_name"]);
  const names = new Set<string>();
  for (const { name } of parameters) {
    if (names.has(name)) throw invalidParameter(`Parameter "${name}" is defined more than once.`);
    names.add(name);
  }
  const { quartz_cron_schedule, timezone_id } = schedule;
  checkCron(
    { quartz_cron_expression: quartz_cron_schedule, timezone_id },
    "schedule.quartz_cron_schedule",
  );
}

function exactlyOne(where: string, value: object, fields: readonly string[]): void {
  const set = fields.filter((field) => field in value);
  if (set.length === 1) return;
  const got = set.length === 0 ? "none is set" : `${set.join(" and ")} are set`;
  throw invalidParameter(`${where} must have exactly one of ${fields.join(", ")}; ${got}.`);
}
