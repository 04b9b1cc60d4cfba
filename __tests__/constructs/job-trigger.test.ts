import { JobTrigger } from "@jobstrata/cdktf";
import { prodEnvironment, tablesJob } from "../support/alerting";
import { errorOf, messageOf } from "../support/synth";

describe("JobTrigger", () => {
  it.each<[what: string, trigger: JobTrigger, expected: object]>([
    [
      "a schedule in UTC",
      JobTrigger.schedule({ quartzCronExpression: "0 0 6 * * ?" }),
      {
        schedule: {
          quartz_cron_expression: "0 0 6 * * ?",
          timezone_id: "UTC",
          pause_status: "UNPAUSED",
        },
      },
    ],
    [
      "a schedule elsewhere, with a year",
      JobTrigger.schedule({
        quartzCronExpression: "0 0 6 * * ? 2026",
        timezoneId: "Europe/Berlin",
      }),
      { schedule: { quartz_cron_expression: "0 0 6 * * ? 2026", timezone_id: "Europe/Berlin" } },
    ],
    [
      "a schedule that Terraform knows",
      JobTrigger.schedule({ quartzCronExpression: "${var.cron}" }),
      { schedule: { quartz_cron_expression: "${var.cron}" } },
    ],
    [
      "a period",
      JobTrigger.periodic({ interval: 2, unit: "HOURS" }),
      { trigger: { periodic: { interval: 2, unit: "HOURS" }, pause_status: "UNPAUSED" } },
    ],
    [
      "files that arrive",
      JobTrigger.fileArrival({
        url: "/Volumes/dev/gold/landing/",
        minTimeBetweenTriggersSeconds: 60,
        waitAfterLastChangeSeconds: 90,
      }),
      {
        trigger: {
          file_arrival: {
            url: "/Volumes/dev/gold/landing/",
            min_time_between_triggers_seconds: 60,
            wait_after_last_change_seconds: 90,
          },
          pause_status: "UNPAUSED",
        },
      },
    ],
    [
      "its own end, without a queue",
      JobTrigger.continuous(),
      {
        continuous: { pause_status: "UNPAUSED" },
        queue: { enabled: false },
        max_concurrent_runs: 1,
      },
    ],
  ])("starts a job by %s", (_what, trigger, expected) => {
    const environment = prodEnvironment({ variables: { cron: undefined } });
    expect(tablesJob({ trigger }, environment)).toMatchObject(expected);
  });

  it.each([0, -1, 1.5, NaN])("refuses the period %d", (interval) => {
    const error = errorOf(() => JobTrigger.periodic({ interval, unit: "DAYS" }));
    expect(error.code).toBe("invalid-job");
  });

  it.each(["", "0 6 * * *", "* * * * * * * *"])("refuses %j, which is not Quartz", (cron) => {
    const error = errorOf(() => JobTrigger.schedule({ quartzCronExpression: cron }));
    expect(error.code).toBe("invalid-job");
  });

  it("says what Quartz wants", () => {
    expect(
      messageOf(() => JobTrigger.schedule({ quartzCronExpression: "0 6 * * *" })),
    ).toMatchInlineSnapshot(
      `"schedule: quartzCronExpression "0 6 * * *" has 5 fields; Quartz needs 6 or 7, seconds first, such as "0 0 6 * * ?" (<source line>)"`,
    );
  });

  it("refuses overlapping runs of a continuous job", () => {
    const error = errorOf(() =>
      tablesJob({ trigger: JobTrigger.continuous(), maxConcurrentRuns: 2 }),
    );
    expect(error.code).toBe("invalid-job");
    expect(error.message).toContain("continuous");
  });
});
