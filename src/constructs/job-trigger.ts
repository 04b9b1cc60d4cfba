import type { JobConfig } from "@cdktf/provider-databricks/lib/job";
import { JobstrataError } from "@jobstrata/core/errors";
import {
  mark,
  MIN_TRIGGER_SECONDS,
  MODEL_CONDITIONS,
  type ModelCondition,
  type PauseStatus,
  PERIODIC_UNITS,
  type PeriodicUnit,
  quote,
  TABLE_UPDATE_CONDITIONS,
  type TableUpdateCondition,
  TASK_RETRY_MODES,
  type TaskRetryMode,
} from "@jobstrata/core/model";
import { quartzProblem, timeZoneProblem } from "./quartz";
import { filled, listOf, object, oneOf, type Shapes, text, whole } from "./shape";
import { definedOnly } from "./objects";

/** The trigger arguments of a job. @internal */
type TriggerConfig = Pick<JobConfig, "schedule" | "trigger" | "continuous">;

/** Minimum delays of a trigger on data. */
export interface TriggerPauses {
  /** Minimum seconds between two starts; 60 or more. @default - none */
  readonly minTimeBetweenTriggersSeconds?: number | undefined;
  /** Seconds without a change before the start; 60 or more. @default - none */
  readonly waitAfterLastChangeSeconds?: number | undefined;
}

/** Options of {@link JobTrigger.schedule}. */
export interface ScheduleOptions {
  /** Six or seven fields, seconds first: `0 0 6 * * ?`. */
  readonly quartzCronExpression: string;
  /** Java time zone such as `Europe/Berlin`. @default "UTC" */
  readonly timezoneId?: string | undefined;
}

/** Options of {@link JobTrigger.periodic}. */
export interface PeriodicOptions {
  /** 1 or more. */
  readonly interval: number;
  readonly unit: PeriodicUnit;
}

/** Options of {@link JobTrigger.fileArrival}. */
export interface FileArrivalOptions extends TriggerPauses {
  /** URL such as `s3://bucket/folder/` or `/Volumes/…/`; must end with a slash. */
  readonly url: string;
}

/** Options of {@link JobTrigger.tableUpdate}. */
export interface TableUpdateOptions extends TriggerPauses {
  /** Full names, `catalog.schema.table`. */
  readonly tableNames: readonly string[];
  /** Whether any or all of the tables must change. @default "ANY_UPDATED" */
  readonly condition?: TableUpdateCondition | undefined;
}

/** Options of {@link JobTrigger.model}. */
export interface ModelOptions extends TriggerPauses {
  /** The event to react to. */
  readonly condition: ModelCondition;
  /** Full name of a model, or of a schema or catalog of models. @default - the whole metastore */
  readonly securableName?: string | undefined;
  /** Aliases for MODEL_ALIAS_SET. @default - all */
  readonly aliases?: readonly string[] | undefined;
}

/** Options of {@link JobTrigger.continuous}. */
export interface ContinuousOptions {
  /** Whether failed tasks are retried within the run. @default - the workspace's */
  readonly taskRetryMode?: TaskRetryMode | undefined;
}

const PAUSES: Shapes<TriggerPauses> = {
  minTimeBetweenTriggersSeconds: whole(MIN_TRIGGER_SECONDS),
  waitAfterLastChangeSeconds: whole(MIN_TRIGGER_SECONDS),
};
const SCHEDULE: Shapes<ScheduleOptions> = { quartzCronExpression: text, timezoneId: text };
const PERIODIC: Shapes<PeriodicOptions> = {
  interval: whole(1),
  unit: oneOf(...PERIODIC_UNITS),
};
const FILE_ARRIVAL: Shapes<FileArrivalOptions> = { ...PAUSES, url: text };
const TABLE_UPDATE: Shapes<TableUpdateOptions> = {
  ...PAUSES,
  tableNames: listOf(filled),
  condition: oneOf(...TABLE_UPDATE_CONDITIONS),
};
const MODEL: Shapes<ModelOptions> = {
  ...PAUSES,
  condition: oneOf(...MODEL_CONDITIONS),
  securableName: filled,
  aliases: listOf(filled),
};
const CONTINUOUS: Shapes<ContinuousOptions> = { taskRetryMode: oneOf(...TASK_RETRY_MODES) };

const TRIGGER = Symbol.for("jobstrata/JobTrigger");

/** Starts a job: by a schedule, an interval, changed files or tables, a model event, or continuously. */
export class JobTrigger {
  readonly #config: (pauseStatus: PauseStatus) => TriggerConfig;

  private constructor(
    /** Whether the job is continuous, so that it has one run at a time and cannot queue. */
    public readonly isContinuous: boolean,
    config: (pauseStatus: PauseStatus) => TriggerConfig,
  ) {
    this.#config = config;

    mark(this, TRIGGER, true);
  }

  /** True for a {@link JobTrigger}, including one from another copy of this package. */
  public static isJobTrigger(value: object): value is JobTrigger {
    return TRIGGER in value;
  }

  /**
   * Runs at the times of a Quartz cron expression.
   *
   * @throws {JobstrataError} `invalid-job` for an invalid expression or an unknown time zone
   */
  public static schedule(options: ScheduleOptions): JobTrigger {
    check("schedule", object(SCHEDULE, "quartzCronExpression")(options, ""));
    const { quartzCronExpression, timezoneId = "UTC" } = options;
    check("schedule", quartzProblem(quartzCronExpression) ?? timeZoneProblem(timezoneId));
    return new JobTrigger(false, (pauseStatus) => ({
      schedule: { quartzCronExpression, timezoneId, pauseStatus },
    }));
  }

  /**
   * Runs every `interval` `unit`.
   *
   * @throws {JobstrataError} `invalid-job` for an unknown unit or an interval below 1
   */
  public static periodic(options: PeriodicOptions): JobTrigger {
    check("periodic trigger", object(PERIODIC, "interval", "unit")(options, ""));
    const { interval, unit } = options;
    return new JobTrigger(false, (pauseStatus) => ({
      trigger: { periodic: { interval, unit }, pauseStatus },
    }));
  }

  /**
   * Runs when files arrive in a Unity Catalog storage location.
   *
   * @throws {JobstrataError} `invalid-job` if the URL is not a folder's
   */
  public static fileArrival(options: FileArrivalOptions): JobTrigger {
    check("file arrival trigger", object(FILE_ARRIVAL, "url")(options, ""));
    const { url } = options;
    if (
      !url.includes("${") &&
      !/^(?:[a-z][a-z0-9]*:\/\/[^/\s]+\/|\/Volumes\/[^/]+\/[^/]+\/[^/]+\/)/i.test(url)
    )
      check(
        "file arrival trigger",
        `url ${quote(url)} must be a cloud storage URL, such as "s3://bucket/folder/", or a volume, such as "/Volumes/catalog/schema/volume/"`,
      );
    if (!url.endsWith("/") && !url.endsWith("}"))
      check("file arrival trigger", `url ${quote(url)} must end with a slash: ${quote(`${url}/`)}`);
    return new JobTrigger(false, (pauseStatus) => ({
      trigger: { fileArrival: definedOnly(options), pauseStatus },
    }));
  }

  /**
   * Runs when Unity Catalog tables change.
   *
   * @throws {JobstrataError} `invalid-job` without a table
   */
  public static tableUpdate(options: TableUpdateOptions): JobTrigger {
    check("table update trigger", object(TABLE_UPDATE, "tableNames")(options, ""));
    const { tableNames, ...rest } = options;
    if (tableNames.length === 0)
      check(
        "table update trigger",
        "tableNames is an empty list; name the tables that start the job",
      );
    return new JobTrigger(false, (pauseStatus) => ({
      trigger: { tableUpdate: { ...definedOnly(rest), tableNames: [...tableNames] }, pauseStatus },
    }));
  }

  /**
   * Runs on an event of a Unity Catalog model.
   *
   * @throws {JobstrataError} `invalid-job` for an unknown condition
   */
  public static model(options: ModelOptions): JobTrigger {
    check("model trigger", object(MODEL, "condition")(options, ""));
    const { aliases, ...rest } = options;
    return new JobTrigger(false, (pauseStatus) => ({
      trigger: {
        model: { ...definedOnly(rest), ...(aliases && { aliases: [...aliases] }) },
        pauseStatus,
      },
    }));
  }

  /** Runs continuously: a new run starts when the last one ends. */
  public static continuous(options: ContinuousOptions = {}): JobTrigger {
    check("continuous trigger", object(CONTINUOUS)(options, ""));
    return new JobTrigger(true, (pauseStatus) => ({
      continuous: { ...definedOnly(options), pauseStatus },
    }));
  }

  /** The arguments of the job, paused or not. @internal */
  public toConfig(paused: boolean): TriggerConfig {
    return this.#config(paused ? "PAUSED" : "UNPAUSED");
  }
}

function check(what: string, problem: string | undefined): void {
  if (problem !== undefined) throw new JobstrataError("invalid-job", `${what}: ${problem}`);
}
