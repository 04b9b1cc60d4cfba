import { errorText, isTimeZone } from "@jobstrata/core/model";
import { Cron } from "croner";
import { invalidParameter } from "../api-error";
import type { Clock, Timer } from "../clock";
import type { JobSettings } from "../services/jobs/schema/settings";

interface CronSchedule {
  quartz_cron_expression: string;
  timezone_id: string;
}

const UNIT_MS = { MINUTES: 60_000, HOURS: 3_600_000, DAYS: 86_400_000, WEEKS: 604_800_000 };

/**
 * @param field how the request calls the expression
 * @throws {ApiError} unless the expression is one of Quartz's and the time zone exists
 */
export function checkCron(
  { quartz_cron_expression, timezone_id }: CronSchedule,
  field = "quartz_cron_expression",
): void {
  const invalid = (why: string): Error =>
    invalidParameter(`Invalid ${field} "${quartz_cron_expression}": ${why}`);
  const fields = quartz_cron_expression.trim().split(/\s+/);
  if (fields.length < 6 || fields.length > 7) {
    throw invalid(
      "it must have 6 or 7 fields: seconds, minutes, hours, day of month, month, day of week and, if any, year.",
    );
  }
  if ((fields[3] === "?") === (fields[5] === "?")) {
    throw invalid('exactly one of day of month and day of week must be "?".');
  }
  if (!isTimeZone(timezone_id)) throw invalidParameter(`Invalid timezone_id "${timezone_id}".`);
  try {
    parse({ quartz_cron_expression, timezone_id });
  } catch (error) {
    throw invalid(errorText(error));
  }
}

/** Days of the week count from 1 = Sunday, and `0/5` means every 5 from 0, as Quartz has it. */
const parse = ({ quartz_cron_expression, timezone_id }: CronSchedule): Cron =>
  new Cron(quartz_cron_expression.trim(), {
    paused: true,
    timezone: timezone_id,
    mode: "6-or-7-parts",
    alternativeWeekdays: true,
    sloppyRanges: true,
  });

/** The part of a job's settings that says when it starts by itself. */
type StartSettings = Pick<JobSettings, "schedule" | "trigger" | "triggers">;

/** When the job starts after a moment; both in milliseconds since the epoch. */
type Trigger = (after: number) => number | undefined;

/** What makes the job start by itself, and is not paused. */
function triggersOf({ schedule, trigger, triggers = [] }: StartSettings): Trigger[] {
  const found: Trigger[] = [];
  for (const each of [{ ...trigger, schedule: undefined }, ...triggers]) {
    if (each.pause_status === "PAUSED") continue;
    if (each.schedule !== undefined) found.push(byCron(each.schedule));
    if (each.periodic !== undefined) {
      const { interval, unit } = each.periodic;
      found.push((after) => after + interval * UNIT_MS[unit]);
    }
  }
  if (schedule !== undefined && schedule.pause_status !== "PAUSED") found.push(byCron(schedule));
  return found;
}

function byCron(schedule: CronSchedule): Trigger {
  const cron = parse(schedule);
  return (after) => cron.nextRun(new Date(after))?.getTime();
}

/** When the job starts by itself next, if it does at all. */
export function nextStart(settings: JobSettings, now: number): number | undefined {
  const starts = triggersOf(settings)
    .map((trigger) => trigger(now))
    .filter((start) => start !== undefined);
  return starts.length === 0 ? undefined : Math.min(...starts);
}

/** What starts by itself: jobs and, by the same kind of schedule, alerts. */
export class Triggers<Id> {
  readonly #armed = new Map<Id, Map<Trigger, Timer>>();

  readonly #clock: Clock;
  readonly #start: (id: Id) => void;

  public constructor(clock: Clock, start: (id: Id) => void) {
    this.#clock = clock;
    this.#start = start;
  }

  /** From now on it starts as `settings` say, counted from now; `undefined` means never. */
  public set(id: Id, settings: StartSettings | undefined): void {
    for (const timer of this.#armed.get(id)?.values() ?? []) timer.cancel();
    this.#armed.delete(id);
    if (settings === undefined) return;
    const triggers = triggersOf(settings);
    if (triggers.length === 0) return;
    const timers = new Map<Trigger, Timer>();
    this.#armed.set(id, timers);
    for (const trigger of triggers) this.#arm(id, trigger, timers, this.#clock.now());
  }

  public stop(): void {
    for (const id of [...this.#armed.keys()]) this.set(id, undefined);
  }

  #arm(id: Id, trigger: Trigger, timers: Map<Trigger, Timer>, after: number): void {
    const due = trigger(after);
    if (due === undefined) return;
    const timer = this.#clock.after(due - this.#clock.now(), () => {
      // A timer may come a moment early; counting from then would start the job twice.
      this.#arm(id, trigger, timers, Math.max(due, this.#clock.now()));
      this.#start(id);
    });
    timers.set(trigger, timer);
  }
}
