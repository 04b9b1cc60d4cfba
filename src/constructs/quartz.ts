import { quoteWithSuggestion } from "@jobstrata/core/errors";
import {
  isJavaTimeZone,
  QUARTZ_OPTIONS,
  quartzFields,
  quartzMistake,
  quote,
} from "@jobstrata/core/model";

/** The problem of a Quartz cron expression; undefined if it is valid. */
export function quartzProblem(expression: string): string | undefined {
  if (expression.includes("${") || expression.includes("TfToken[")) return undefined;
  const problem = (why: string): string =>
    `quartzCronExpression ${quote(expression)} ${why}, such as "0 0 6 * * ?"`;
  const fields = quartzFields(expression);
  const mistake = quartzMistake(fields);
  if (mistake === "count")
    return problem(`has ${fields.length} fields; Quartz needs 6 or 7, seconds first`);
  if (mistake === "days")
    return problem('must have "?" as day of month or as day of week, not as both');
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- only schedules need it
    const { Cron } = require("croner") as typeof import("croner");
    new Cron(expression.trim(), QUARTZ_OPTIONS);
    return undefined;
  } catch (error) {
    const [, why = String(error)] = /^\w*Error: (?:CronPattern: )?(.*)$/s.exec(String(error)) ?? [];
    return problem(`is not a Quartz expression: ${quote(why)}; write one`);
  }
}

/** The problem of a time zone; undefined if it is valid. */
export function timeZoneProblem(timezoneId: string): string | undefined {
  if (timezoneId.includes("${") || timezoneId.includes("TfToken[")) return undefined;
  if (isJavaTimeZone(timezoneId)) return undefined;
  const known = Intl.supportedValuesOf("timeZone");
  return `timezoneId ${quoteWithSuggestion(timezoneId, known)} is not a time zone, such as "Europe/Berlin" or "UTC"`;
}
