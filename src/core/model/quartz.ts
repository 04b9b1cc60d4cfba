/** Options of croner for Quartz expressions: days of the week count from 1 = Sunday, and `0/5` means every 5 from 0. */
export const QUARTZ_OPTIONS = {
  paused: true,
  mode: "6-or-7-parts",
  alternativeWeekdays: true,
  sloppyRanges: true,
} as const;

/** The fields of a Quartz expression: seconds, minutes, hours, day of the month, month, day of the week, optionally the year. */
export function quartzFields(expression: string): string[] {
  return expression.split(/\s+/).filter((field) => field !== "");
}

/** What a Quartz expression breaks whatever its fields hold: their number, or the rule that one of the two days is `?`. */
export function quartzMistake(fields: readonly string[]): "count" | "days" | undefined {
  if (fields.length !== 6 && fields.length !== 7) return "count";
  return (fields[3] === "?") === (fields[5] === "?") ? "days" : undefined;
}
