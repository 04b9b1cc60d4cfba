import { isExpression } from "../../model/job-spec";
import { quartzFields, quartzMistake } from "../../model/quartz";
import { textAt } from "../../model/settings";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const scheduleExpression = defineRule({
  name: "schedule-expression",
  summary:
    "The cron expression of a schedule uses Quartz syntax: six or seven fields, one of the two days as ?.",
  rationale:
    "Databricks rejects any other expression when the job is deployed, for example the five fields of Unix cron.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `schedule:
  quartz_cron_expression: "0 6 * * *"
  timezone_id: UTC`,
    right: `schedule:
  quartz_cron_expression: "0 0 6 * * ?" # seconds first; ? for the day of the week
  timezone_id: UTC`,
    fix: "Write seconds, minutes, hours, day of the month, month, day of the week and, optionally, the year. One of the two days is ?.",
    source: "Jobs API, schedule.quartz_cron_expression: Quartz syntax",
  },
  *check(graph) {
    for (const job of graph.jobs) {
      if (job.triggers?.some(({ kind }) => kind === "schedule") !== true) continue;
      const cron = textAt(job.settings, "schedule", "quartz_cron_expression") ?? "";
      const problem = isExpression(cron) || cron === "" ? undefined : problemOf(cron);
      if (problem === undefined) continue;
      yield {
        message: `the schedule of job ${quote(job.key)} is ${quote(cron)}, which ${problem.what}`,
        fix: problem.fix,
        sites: [{ job }],
      };
    }
  },
});

function problemOf(cron: string): { readonly what: string; readonly fix: string } | undefined {
  const fields = quartzFields(cron);
  const mistake = quartzMistake(fields);
  if (mistake === undefined) return undefined;
  if (mistake === "count") {
    const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
    // Quartz numbers the days of the week from 1, Sunday, so the text is plain only without them.
    const plain = fields.length === 5 && (weekday === "*" || weekday === "?");
    return {
      what: `has ${fields.length} ${fields.length === 1 ? "field" : "fields"}, not six or seven`,
      fix: plain
        ? `write ${quote(`0 ${minute} ${hour} ${day === "?" ? "*" : day} ${month} ?`)}`
        : "write seconds, minutes, hours, day of the month, month and day of the week, one of the days as ?",
    };
  }
  const [second = "", minute = "", hour = "", day = "", month = "", weekday = "", ...year] = fields;
  const bothUnset = day === "?" && weekday === "?";
  const fixed =
    weekday === "*" || bothUnset
      ? [second, minute, hour, day === "?" ? "*" : day, month, "?", ...year]
      : day === "*"
        ? [second, minute, hour, "?", month, weekday, ...year]
        : undefined;
  return {
    what: bothUnset ? "has ? for both days" : "names both a day of the month and a day of the week",
    fix:
      fixed === undefined
        ? "write ? for one of the days, or use two jobs for two schedules"
        : `write ${quote(fixed.join(" "))}`,
  };
}
