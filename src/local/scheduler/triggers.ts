import { Cron } from "croner";
import { invalidParameter } from "../api-error";
import type { Clock, Timer } from "../clock";
import type { JobSettings } from "../schema/settings";

interface CronSchedule {
  quartz_cron_expression: string;
  timezone_id: string;
}

const UNIT_MS = { MINUTES: 60_000, HOURS: 3_600_000, DAYS: 86_400_000, WEEKS: 604_800_000 };

/** @throws {ApiError} unless the expression is one of Quartz's and the time zone exists */
export function checkCron({ quartz_cron_expression, timezone_id }: CronSchedule): void {
  const invalid = (why: string): Error =>
    invalidParameter(`Invalid quartz_cron_expression "${quartz_cron_expression}": ${why}`);
  const fields = quartz_cron_expression.trim().split(/\s+/);
  if (fields.length < 6 || fields.length > 7) {
    throw invalid(
      "it must have 6 or 7 fields: seconds, minutes, hours, day of month, month, day of week and, if any, year.",
    );
  }
  if ((fields[3] === "?") === (fields[5] === "?")) {
    throw invalid('exactly one of day of month and day of week must be "?".');
  }
  try {
    new Intl.DateTimeFormat("en", { timeZone: timezone_id });
  } catch {
    throw invalidParameter(`Invalid timezone_id "${timezone_id}".`);
  }
  try {
    parse({ quartz_cron_expression, timezone_id });
  } catch (error) {
    throw invalid(error instanceof Error ? error.message : String(error));
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

/** When the job starts by itself next, in milliseconds since the epoch, if it does at all. */
export function nextStart(settings: JobSettings, now: number): number | undefined {
  const starts: number[] = [];
  const cron = (schedule: CronSchedule): void => {
    const next = parse(schedule).nextRun(new Date(now));
    if (next !== null) starts.push(next.getTime());
  };
  const periodic = ({ interval, unit }: { interval: number; unit: keyof typeof UNIT_MS }): void => {
    starts.push(now + interval * UNIT_MS[unit]);
  };
  const { schedule, trigger, triggers = [] } = settings;
  if (schedule !== undefined && schedule.pause_status !== "PAUSED") cron(schedule);
  if (trigger?.periodic !== undefined && trigger.pause_status !== "PAUSED")
    periodic(trigger.periodic);
  for (const each of triggers) {
    if (each.pause_status === "PAUSED") continue;
    if (each.schedule !== undefined) cron(each.schedule);
    if (each.periodic !== undefined) periodic(each.periodic);
  }
  return starts.length === 0 ? undefined : Math.min(...starts);
}

/** The jobs that start by themselves. One timer a job. */
export class Triggers {
  private readonly armed = new Map<number, Timer>();

  public constructor(
    private readonly clock: Clock,
    private readonly start: (jobId: number) => void,
  ) {}

  /** From now on the job starts as `settings` say, counted from now; `undefined` means never. */
  public set(jobId: number, settings: JobSettings | undefined): void {
    this.armed.get(jobId)?.cancel();
    this.armed.delete(jobId);
    if (settings === undefined) return;
    const now = this.clock.now();
    const next = nextStart(settings, now);
    if (next === undefined) return;
    this.armed.set(
      jobId,
      this.clock.after(next - now, () => {
        this.set(jobId, settings);
        this.start(jobId);
      }),
    );
  }

  public stop(): void {
    for (const timer of this.armed.values()) timer.cancel();
    this.armed.clear();
  }
}
