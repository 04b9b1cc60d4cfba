import { stringifyJson } from "@jobstrata/core/model";
import type { JobSettings } from "../../services/jobs/schema/settings";
import { byCron, type CronSchedule, type NextStart } from "./cron";

const UNIT_MS = { MINUTES: 60_000, HOURS: 3_600_000, DAYS: 86_400_000, WEEKS: 604_800_000 };

type EventTriggers = NonNullable<JobSettings["trigger"]>;
export type FileArrival = NonNullable<EventTriggers["file_arrival"]>;
export type TableUpdate = NonNullable<EventTriggers["table_update"]>;
export type SqlCondition = NonNullable<EventTriggers["sql_condition"]>;
type Periodic = NonNullable<EventTriggers["periodic"]>;

/** A trigger of a job, with its SQL condition if it has one. */
export type Definition = {
  /** Identifies the trigger within its job. A changed definition has a new key. */
  readonly key: string;
  readonly condition?: SqlCondition;
} & (
  | { readonly kind: "schedule"; readonly spec: CronSchedule }
  | { readonly kind: "periodic"; readonly spec: Periodic }
  | { readonly kind: "file_arrival"; readonly spec: FileArrival }
  | { readonly kind: "table_update"; readonly spec: TableUpdate }
  | { readonly kind: "continuous"; readonly spec: object }
);

/** The trigger fields of a job's settings. */
type StartSettings = Pick<JobSettings, "continuous" | "schedule" | "trigger" | "triggers">;

/** The triggers of a job that are not paused. */
export function definitionsOf(settings: StartSettings): Definition[] {
  const { continuous, schedule, trigger, triggers = [] } = settings;
  const found: Definition[] = [];
  const add = (
    kind: Definition["kind"],
    spec: object | undefined,
    condition?: SqlCondition,
  ): void => {
    if (spec === undefined) return;
    const definition = { kind, spec, ...(condition === undefined ? {} : { condition }) };
    found.push({ ...definition, key: stringifyJson(definition) } as Definition);
  };
  if (schedule !== undefined && schedule.pause_status !== "PAUSED") {
    const { quartz_cron_expression, timezone_id, sql_condition } = schedule;
    add("schedule", { quartz_cron_expression, timezone_id }, sql_condition);
  }
  if (continuous !== undefined && continuous.pause_status !== "PAUSED") add("continuous", {});
  for (const each of [{ ...trigger, schedule: undefined, continuous: undefined }, ...triggers]) {
    if (each.pause_status === "PAUSED") continue;
    add("schedule", each.schedule, each.sql_condition);
    if (each.continuous !== undefined) add("continuous", {});
    for (const kind of ["periodic", "file_arrival", "table_update"] as const)
      add(kind, each[kind], each.sql_condition);
  }
  return found;
}

/**
 * The start times of a schedule or periodic trigger; undefined for other kinds. A periodic trigger counts from `since`.
 */
export function timesOf(definition: Definition, since: number): NextStart | undefined {
  if (definition.kind === "schedule") return byCron(definition.spec);
  if (definition.kind !== "periodic") return undefined;
  const length = definition.spec.interval * UNIT_MS[definition.spec.unit];
  return (after) => since + (Math.floor((after - since) / length) + 1) * length;
}
