import { type Clock, ManualClock } from "../../src/local";
import { Triggers } from "../../src/local/scheduler/triggers";

const schedule = { quartz_cron_expression: "0 0 6 * * ?", timezone_id: "UTC" };

describe("triggers", () => {
  it("start a job once, even if the timer fires early", async () => {
    const time = new ManualClock();
    const early: Clock = {
      now: () => time.now(),
      after: (delay, action) => time.after(delay - 1, action),
    };
    const starts: number[] = [];
    const triggers = new Triggers<number>(early, (jobId) => starts.push(jobId));
    triggers.set(7, { schedule });
    await time.advance(86_400_000);
    expect(starts).toEqual([7]);
    triggers.stop();
  });

  it("start each of several, and none after the stop", async () => {
    const time = new ManualClock();
    const starts: number[] = [];
    const triggers = new Triggers<number>(time, (jobId) => starts.push(jobId));
    triggers.set(1, {
      triggers: [
        { schedule },
        { periodic: { interval: 8, unit: "HOURS" } },
        { periodic: { interval: 1, unit: "MINUTES" }, pause_status: "PAUSED" },
      ],
    });
    // Neither moves the other: at 6:00 by the schedule, at 8:00 by the interval.
    await time.advance(7 * 3_600_000);
    expect(starts).toEqual([1]);
    await time.advance(2 * 3_600_000);
    expect(starts).toEqual([1, 1]);
    triggers.stop();
    await time.advance(86_400_000);
    expect(starts).toHaveLength(2);
  });
});
