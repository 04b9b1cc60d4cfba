import type { JobId } from "../../../../src/core/model/int64";
import type { JobActivity, PageRun } from "../../../../src/core/model/page-answers";
import { Activities } from "../../../../src/core/render/page/activities";
import { boxActivity } from "../../../../src/core/render/page/box-activity";

const run = (run_id: number, job_id: number, more: Partial<PageRun> = {}): PageRun => ({
  run_id,
  job_id,
  name: "[dev] Tables",
  status: { phase: "ended", state: "SUCCESS", message: "" },
  start_time: run_id * 1000,
  end_time: run_id * 1000 + 500,
  trigger: "ONE_TIME",
  ...more,
});

describe("Activities", () => {
  let asked: JobId[][];
  let answers: Map<JobId, JobActivity>;
  let changes: number;
  let activities: Activities;
  beforeEach(() => {
    jest.useFakeTimers();
    asked = [];
    answers = new Map();
    changes = 0;
    activities = new Activities(
      (ids) => {
        asked.push([...ids]);
        return Promise.resolve({ jobs: ids.flatMap((id) => answers.get(id) ?? []) });
      },
      () => changes++,
    );
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  const read = (): Promise<void> => jest.advanceTimersByTimeAsync(100).then(() => undefined);
  const idsOf = (job: number): unknown[] =>
    activities.of(job)?.runs.map((each) => each.run_id) ?? [];

  it("reads once, together, what is asked for, at most 100 jobs at a time", async () => {
    answers.set(7, { job_id: 7, runs: [run(1, 7)] });
    for (let round = 0; round < 2; round++)
      for (let id = 1; id <= 120; id++) expect(activities.of(id)).toBeUndefined();
    await read();
    expect(asked.map((ids) => ids.length)).toEqual([100, 20]);
    expect(idsOf(7)).toEqual([1]);
    await read();
    expect(asked).toHaveLength(2);
  });

  it("keeps the newest 20 as runs change, and tells of it", async () => {
    const runs = Array.from({ length: 20 }, (_, at) => run(20 - at, 7));
    answers.set(7, { job_id: 7, runs });
    activities.of(7);
    await read();
    const before = changes;
    const running = { status: { phase: "active", state: "RUNNING", message: "" } } as const;
    activities.runsChanged([run(21, 7, running), run(20, 7, running), run(99, 8)]);
    expect(changes).toBe(before + 1);
    expect(idsOf(7)).toEqual(Array.from({ length: 20 }, (_, at) => 21 - at));
    expect(activities.of(7)?.runs[1]?.status.state).toBe("RUNNING");
    await read();
    expect(asked).toEqual([[7]]);
  });

  it("reads again what is out of date, what a schedule has started, and what changed while it was read", async () => {
    answers.set(7, { job_id: 7, runs: [], next_start: 1 });
    activities.of(7);
    activities.runsChanged([run(1, 7)]);
    await read();
    activities.runsChanged([run(2, 7)]);
    await read();
    expect(asked).toEqual([[7], [7]]);
    activities.outOfDate();
    expect(activities.of(7)).toBeDefined();
    await read();
    expect(asked).toEqual([[7], [7], [7]]);
  });
});

test("boxActivity says what the last run took, and when the next one comes", () => {
  const failed = { status: { phase: "ended", state: "FAILED", message: "" } } as const;
  const skipped = { status: { phase: "ended", state: "EXCLUDED", message: "" } } as const;
  const runs = [
    run(3, 7, skipped),
    run(2, 7, { ...failed, end_time: 12_300 }),
    run(1, 7, { end_time: 6150 }),
  ];
  const schedule = { kind: "schedule", detail: "0 0 8 * * ? (UTC)" } as const;
  const job = { triggers: [schedule] };
  const at = (next: number | undefined, triggers: JobTriggers = job.triggers): string =>
    boxActivity(
      { job_id: 7, runs, ...(next !== undefined && { next_start: next }) },
      { triggers },
      0,
    ).next;
  expect(boxActivity({ job_id: 7, runs }, job, 60_000)).toEqual({
    state: { phase: "ended", state: "FAILED", good: false },
    bars: [
      { kind: "good", share: 0.5 },
      { kind: "bad", share: 1 },
      { kind: "skipped", share: 500 / 10_300 },
    ],
    took: "10.3 s",
    next: "schedule: 0 0 8 * * ? (UTC)",
  });
  expect(at(90_000)).toBe("next in 2 min");
  expect(at(3 * 3_600_000)).toBe("next in 3 h");
  expect(at(undefined, [{ ...schedule, paused: true }])).toBe("schedule paused");
  expect(at(undefined, [])).toBe("");
});

type JobTriggers = NonNullable<Parameters<typeof boxActivity>[1]["triggers"]>;
