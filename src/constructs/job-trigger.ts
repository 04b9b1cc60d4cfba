import { Token } from "cdktf";
import type { JobConfig } from "@cdktf/provider-databricks/lib/job";
import { JobstrataError } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";

/** The arguments of a job that start it. */
export type TriggerConfig = Pick<JobConfig, "schedule" | "trigger" | "continuous">;

/** What starts a job by itself: one of a schedule, a period, files that arrive, or its own end. */
export class JobTrigger {
  private constructor(
    /** A continuous job is never started twice at a time and cannot queue. */
    public readonly isContinuous: boolean,
    private readonly config: (pauseStatus: "PAUSED" | "UNPAUSED") => TriggerConfig,
  ) {}

  /**
   * Runs at the times of a Quartz cron expression.
   *
   * @param options.quartzCronExpression six or seven fields, seconds first: `0 0 6 * * ?`
   * @param options.timezoneId Java time zone such as `Europe/Berlin`; `UTC` by default
   * @throws JobstrataError `invalid-job` for an expression of another form
   */
  public static schedule(options: {
    readonly quartzCronExpression: string;
    readonly timezoneId?: string;
  }): JobTrigger {
    const { quartzCronExpression, timezoneId = "UTC" } = options;
    const fields = quartzCronExpression.trim().split(/\s+/).length;
    if (!quartzCronExpression.includes("${") && fields !== 6 && fields !== 7) {
      throw new JobstrataError(
        "invalid-job",
        `quartzCronExpression ${quote(quartzCronExpression)} has ${fields} fields; Quartz wants 6 or 7, seconds first, such as "0 0 6 * * ?"`,
      );
    }
    return new JobTrigger(false, (pauseStatus) => ({
      schedule: { quartzCronExpression, timezoneId, pauseStatus },
    }));
  }

  /** Runs every `interval` `unit`. */
  public static periodic(options: {
    readonly interval: number;
    readonly unit: "HOURS" | "DAYS" | "WEEKS";
  }): JobTrigger {
    const { interval, unit } = options;
    if (!Token.isUnresolved(interval) && !(Number.isInteger(interval) && interval > 0)) {
      throw new JobstrataError(
        "invalid-job",
        `interval ${interval} must be a whole number of ${unit}, 1 or more`,
      );
    }
    return new JobTrigger(false, (pauseStatus) => ({
      trigger: { periodic: { interval, unit }, pauseStatus },
    }));
  }

  /**
   * Runs when files arrive below a Unity Catalog storage location.
   *
   * @param options.url such as `s3://bucket/folder/` or `/Volumes/…/`; it must end with a slash
   */
  public static fileArrival(options: {
    readonly url: string;
    /** At least this many seconds between two starts. */
    readonly minTimeBetweenTriggersSeconds?: number;
    /** Waits for this many seconds without a new file. */
    readonly waitAfterLastChangeSeconds?: number;
  }): JobTrigger {
    return new JobTrigger(false, (pauseStatus) => ({
      trigger: { fileArrival: { ...options }, pauseStatus },
    }));
  }

  /** Runs again as soon as it has ended. */
  public static continuous(): JobTrigger {
    return new JobTrigger(true, (pauseStatus) => ({ continuous: { pauseStatus } }));
  }

  /** The arguments of the job, paused or not. */
  public toConfig(paused: boolean): TriggerConfig {
    return this.config(paused ? "PAUSED" : "UNPAUSED");
  }
}
