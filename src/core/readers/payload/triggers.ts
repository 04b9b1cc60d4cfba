import { isExpression, type TriggerSpec } from "../../model/job-spec";
import type { Json } from "../../model/json";
import { blocks, optional, text, textOf } from "./blocks";

const TRIGGERS = ["schedule", "trigger", "continuous"] as const;

/** The triggers of a job. */
export function triggersOf(job: Json): TriggerSpec[] {
  return TRIGGERS.filter((kind) => job[kind] !== undefined).flatMap((kind) =>
    blocks(job, kind).map((block): TriggerSpec => {
      const status = textOf(block.pause_status) ?? "UNPAUSED";
      return {
        kind,
        ...optional("detail", kind === "schedule" ? cronOf(block) : causeOf(block)),
        ...(!isExpression(status) && { paused: status.toUpperCase() === "PAUSED" }),
      };
    }),
  );
}

function cronOf(schedule: Json): string | undefined {
  const cron = textOf(schedule.quartz_cron_expression);
  const zone = textOf(schedule.timezone_id);
  return cron === undefined || zone === undefined ? cron : `${cron} (${zone})`;
}

/** Describes the condition of a trigger; undefined for a continuous job. */
function causeOf(trigger: Json): string | undefined {
  const causes = [
    ...blocks(trigger, "periodic").map(({ interval, unit }) => {
      const name = text(unit);
      return `every ${text(interval)} ${isExpression(name) ? name : name.toLowerCase()}`;
    }),
    ...blocks(trigger, "file_arrival").map(({ url }) => `files in ${text(url)}`),
    // `table` is the legacy name.
    ...[...blocks(trigger, "table_update"), ...blocks(trigger, "table")].map(
      ({ table_names: names, condition }) => {
        const tables = (Array.isArray(names) ? names : [names]).map(text).join(", ");
        return `updates of ${condition === "ALL_UPDATED" ? "all of " : ""}${tables}`;
      },
    ),
    ...blocks(trigger, "model").map(
      ({ securable_name: model, condition }) =>
        `${text(condition)
          .replace(/^MODEL_/, "model ")
          .replaceAll("_", " ")
          .toLowerCase()} ${text(model)}`,
    ),
  ];
  return causes.length === 0 ? undefined : causes.join("; ");
}
