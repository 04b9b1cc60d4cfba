import { quartzFields, quartzMistake } from "@jobstrata/core/model";

/** The numbers and names of each field of a Quartz expression. */
const FIELDS: readonly (readonly [least: number, most: number, names: string])[] = [
  [0, 59, ""],
  [0, 59, ""],
  [0, 23, ""],
  [1, 31, ""],
  [1, 12, "JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC"],
  [1, 7, "SUN MON TUE WED THU FRI SAT"],
  [1970, 2099, ""],
];

/** Whether an expression is certainly valid in Quartz: only numbers, names, `*`, lists, ranges and steps. */
export function cronIsPlain(expression: string): boolean {
  const fields = quartzFields(expression);
  if (quartzMistake(fields) !== undefined) return false;
  return fields.every((field, at) => {
    if (field === "*" || (field === "?" && (at === 3 || at === 5))) return true;
    return field.split(",").every((item) => isItem(item, at));
  });
}

function isItem(item: string, at: number): boolean {
  const [least, most, names] = FIELDS[at] ?? [0, 0, ""];
  const [range = "", step, ...more] = item.split("/");
  if (more.length > 0 || (step !== undefined && !(/^\d+$/.test(step) && inside(step, 1, most))))
    return false;
  if (range === "*") return true;
  const ends = range.split("-").map((end) => {
    const named = names.split(" ").indexOf(end.toUpperCase());
    return named >= 0 && names !== "" ? String(named + least) : end;
  });
  if (ends.length > 2 || !ends.every((end) => inside(end, least, most))) return false;
  return ends.length === 1 || Number(ends[0]) <= Number(ends[1]);
}

const inside = (text: string, least: number, most: number): boolean =>
  /^\d+$/.test(text) && Number(text) >= least && Number(text) <= most;
