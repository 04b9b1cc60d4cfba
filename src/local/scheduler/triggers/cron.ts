import {
  errorText,
  isTimeZone,
  QUARTZ_OPTIONS,
  quartzFields,
  quartzMistake,
} from "@jobstrata/core/model";
import { Cron } from "croner";
import { invalidParameter } from "../../api-error";

export interface CronSchedule {
  quartz_cron_expression: string;
  timezone_id: string;
}

/** The next start after a time; both in milliseconds since the epoch. */
export type NextStart = (after: number) => number | undefined;

/**
 * @param field name of the expression's field in the request
 * @throws {ApiError} if the expression is not a Quartz expression or the time zone does not exist
 */
export function checkCron(
  { quartz_cron_expression, timezone_id }: CronSchedule,
  field = "quartz_cron_expression",
): void {
  const invalid = (why: string): Error =>
    invalidParameter(`Invalid ${field} "${quartz_cron_expression}": ${why}`);
  const mistake = quartzMistake(quartzFields(quartz_cron_expression));
  if (mistake === "count") {
    throw invalid(
      "it must have 6 or 7 fields: seconds, minutes, hours, day of month, month, day of week and, if any, year.",
    );
  }
  if (mistake === "days") {
    throw invalid('exactly one of day of month and day of week must be "?".');
  }
  if (!isTimeZone(timezone_id)) throw invalidParameter(`Invalid timezone_id "${timezone_id}".`);
  try {
    parse({ quartz_cron_expression, timezone_id });
  } catch (error) {
    throw invalid(errorText(error));
  }
}

const parse = ({ quartz_cron_expression, timezone_id }: CronSchedule): Cron =>
  new Cron(quartz_cron_expression.trim(), { ...QUARTZ_OPTIONS, timezone: timezone_id });

export function byCron(schedule: CronSchedule): NextStart {
  const cron = parse(schedule);
  return (after) => cron.nextRun(new Date(after))?.getTime();
}
