import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOCAL_WAREHOUSE_ID } from "../../src/core/model/markers";
import { type Clock, ManualClock, SimulatedExecutor } from "../../src/local";
import type { TaskExecutor } from "../../src/local/execute/executor";
import type { QueryAnswer, QueryBatch, QueryRequest } from "../../src/local/execute/query";
import { byCron } from "../../src/local/scheduler/triggers/cron";
import { Timetable } from "../../src/local/scheduler/triggers/timetable";
import {
  type Client,
  type Json,
  notebookTask,
  simulate,
  type Simulation,
  stopAll,
} from "./support";

const SECOND = 1000;
const HOUR = 3600 * SECOND;
const schedule = { quartz_cron_expression: "0 0 6 * * ?", timezone_id: "UTC" };
const atSix = ["six", byCron(schedule)] as const;

const folders: string[] = [];
const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
  folders.push(folder);
  return folder;
};
/** A copy of a data folder: a process keeps the lock of one that it has opened until it ends. */
const copied = (dataDir: string): string => {
  const folder = newFolder();
  cpSync(dataDir, folder, { recursive: true });
  // Connections to the old one are still open.
  rmSync(join(folder, "port"));
  return folder;
};
afterAll(async () => {
  await stopAll();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The runs of a job, oldest first. */
const runsOf = async (client: Client, jobId: number): Promise<Json[]> => {
  const { runs = [] } = await client.ok("GET", `/api/2.2/jobs/runs/list?job_id=${jobId}&limit=25`);
  return runs.toReversed();
};

/** Advances the clock until a job has `count` runs, and returns them. */
async function untilRuns(
  { client, clock }: Simulation,
  jobId: number,
  count: number,
): Promise<Json[]> {
  for (;;) {
    const runs = await runsOf(client, jobId);
    if (runs.length >= count && runs.every((run) => run.status.state === "TERMINATED")) return runs;
    await clock.advance(10 * SECOND);
  }
}

describe("start times", () => {
  /** A clock that can be set, and lets timers run on. */
  class SettableClock implements Clock {
    public offset = 0;
    readonly #time: ManualClock;
    public constructor(time: ManualClock) {
      this.#time = time;
    }
    public now = (): number => this.#time.now() + this.offset;
    public after: Clock["after"] = (delay, action) => this.#time.after(delay, action);
  }

  const timetable = (clock: Clock): { times: Timetable<number>; starts: number[] } => {
    const starts: number[] = [];
    return { times: new Timetable(clock, (_id, _key, due) => starts.push(due)), starts };
  };

  it("come once, even if a timer fires early", async () => {
    const time = new ManualClock();
    const early: Clock = {
      now: () => time.now(),
      after: (delay, action) => time.after(delay - 1, action),
    };
    const { times, starts } = timetable(early);
    times.set(7, [atSix]);
    await time.advance(24 * HOUR);
    expect(starts).toEqual([Date.UTC(2026, 0, 1, 6)]);
    times.stop();
    await time.advance(48 * HOUR);
    expect(starts).toHaveLength(1);
  });

  it("are kept when the clock is set: forward at once, back without a second start", async () => {
    const time = new ManualClock();
    const clock = new SettableClock(time);
    const { times, starts } = timetable(clock);
    times.set(7, [atSix]);
    // A machine that slept through the night.
    clock.offset = 7 * HOUR;
    await time.advance(60 * SECOND);
    expect(starts).toEqual([Date.UTC(2026, 0, 1, 6)]);
    clock.offset -= HOUR - 1;
    await time.advance(2 * HOUR);
    expect(starts).toHaveLength(1);
    // A clock that was wrong by a month does not stop everything for a month.
    clock.offset -= 31 * 24 * HOUR;
    await time.advance(24 * HOUR + 60 * SECOND);
    expect(starts).toHaveLength(2);
    times.stop();
  });

  it("do not come again for a time that has started something before", async () => {
    const time = new ManualClock(Date.UTC(2026, 0, 1, 5, 59, 59));
    const { times, starts } = timetable(time);
    times.set(1, [[...atSix, Date.UTC(2026, 0, 1, 6)]]);
    times.set(2, [[...atSix, Date.UTC(2027, 0, 1, 6)]]);
    await time.advance(2 * SECOND);
    // The second was started by a clock that was a year ahead.
    expect(starts).toEqual([Date.UTC(2026, 0, 1, 6)]);
    await time.advance(24 * HOUR);
    expect(starts).toHaveLength(3);
    times.stop();
  });
});

describe("the triggers of a job", () => {
  it("start it by each of several, and by none that is paused", async () => {
    const simulation = await simulate();
    const { client, clock } = simulation;
    const triggers = [
      { schedule },
      { periodic: { interval: 8, unit: "HOURS" } },
      { periodic: { interval: 1, unit: "MINUTES" }, pause_status: "PAUSED" },
    ];
    const job = await client.createJob({ tasks: [notebookTask("a")], triggers });
    await clock.advance(9 * HOUR);
    const starts = (await runsOf(client, job)).map(
      (run) => (run.start_time - Date.UTC(2026, 0, 1)) / HOUR,
    );
    expect(starts).toEqual([6, 8]);
    await client.ok("POST", "/api/2.2/jobs/update", {
      job_id: job,
      fields_to_remove: ["triggers"],
    });
    await clock.advance(24 * HOUR);
    expect(await runsOf(client, job)).toHaveLength(2);
  });

  it("go on after a restart, at the times that they had", async () => {
    const dataDir = newFolder();
    const first = await simulate([], { dataDir });
    const trigger = { periodic: { interval: 1, unit: "DAYS" } };
    const job = await first.client.createJob({ tasks: [notebookTask("a")], trigger });
    await first.clock.advance(25 * HOUR);
    await first.client.workspace.stop();
    // Two starts were missed, and are not made up for.
    const clock = new ManualClock(first.clock.now() + 54 * HOUR);
    const second = await simulate([], { dataDir: copied(dataDir), clock });
    await clock.advance(16 * HOUR);
    expect(await runsOf(second.client, job)).toHaveLength(1);
    await clock.advance(2 * HOUR);
    const starts = (await runsOf(second.client, job)).map((run) => run.start_time);
    expect(starts).toEqual([1, 4].map((day) => Date.UTC(2026, 0, 1 + day)));
  });
});

describe("a continuous job", () => {
  const continuous = { pause_status: "UNPAUSED" };

  it("always has one run, by itself or by request, until it is paused", async () => {
    const simulation = await simulate([{ duration: 60 * SECOND }]);
    const { client, clock } = simulation;
    const job = await client.createJob({ tasks: [notebookTask("a")], continuous });
    await clock.advance(61 * SECOND);
    expect((await runsOf(client, job)).map((run) => run.status.state)).toEqual(["TERMINATED"]);
    await clock.advance(10 * SECOND);
    const [first, second] = await runsOf(client, job);
    expect([first.trigger, second.trigger]).toEqual(["CONTINUOUS", "CONTINUOUS"]);
    expect(second.start_time - first.end_time).toBe(10 * SECOND);
    // A request waits for the active run, as the queue of the job says; no third run comes in between.
    const asked = await client.runNow(job);
    expect((await client.run(asked)).status.state).toBe("QUEUED");
    await client.ok("POST", "/api/2.2/jobs/runs/cancel", { run_id: second.run_id });
    await clock.advance(SECOND);
    expect(await client.run(asked)).toMatchObject({
      trigger: "CONTINUOUS_RESTART",
      status: { state: "RUNNING" },
    });
    await clock.advance(71 * SECOND);
    expect((await runsOf(client, job)).map((run) => run.state.result_state)).toEqual([
      "SUCCESS",
      "CANCELED",
      "SUCCESS",
      undefined,
    ]);
    await client.ok("POST", "/api/2.2/jobs/update", {
      job_id: job,
      new_settings: { continuous: { pause_status: "PAUSED" } },
    });
    await clock.advance(HOUR);
    expect(await runsOf(client, job)).toHaveLength(4);
  });

  it("that fails is started ever more rarely, and neither piles up runs nor stays away", async () => {
    const simulation = await simulate([{ taskKey: "a", outcome: "failure" }]);
    const { client, clock } = simulation;
    const job = await client.createJob({ tasks: [notebookTask("a")], continuous });
    await clock.advance(HOUR);
    const runs = await runsOf(client, job);
    const pauses = runs.slice(1).map((run, at) => (run.start_time - runs[at].end_time) / SECOND);
    expect(pauses).toEqual([10, 10, 60, 120, 240, 480, 960]);
    const state = async (): Promise<Json> =>
      (await client.ok("GET", `/api/2.2/jobs/get?job_id=${job}&include_trigger_state=true`))
        .trigger_state.continuous;
    expect(await state()).toEqual({
      consecutive_failures: 8,
      is_backing_off: true,
      next_attempt_ms: Number(runs.at(-1).end_time) + 1920 * SECOND,
    });
    // A requested run does not wait for the pause to end.
    const asked = await client.runNow(job);
    await clock.advance(SECOND);
    expect((await client.run(asked)).state.result_state).toBe("FAILED");
    await clock.advance(24 * HOUR);
    const more = (await runsOf(client, job)).slice(-10);
    expect(
      new Set(
        more.slice(1).map((run, at) => Math.round((run.start_time - more[at].start_time) / SECOND)),
      ),
    ).toEqual(new Set([3600]));
  });
});

describe("a file arrival trigger", () => {
  it("starts one run for all files that have arrived, also while the workspace was away", async () => {
    const dataDir = newFolder();
    const landing = join(dataDir, "volumes", "main", "bronze", "landing");
    mkdirSync(join(landing, "deep"), { recursive: true });
    writeFileSync(join(landing, "before.csv"), "");
    const simulation = await simulate([], { dataDir });
    const { client } = simulation;
    const url = "/Volumes/main/bronze/landing/";
    const job = await client.createJob({
      tasks: [
        notebookTask("a", [], {
          notebook_task: {
            notebook_path: "/Shared/setup_alerting_tables",
            base_parameters: { from: "{{job.trigger.file_arrival.location}} {{job.trigger.type}}" },
          },
        }),
      ],
      trigger: { file_arrival: { url } },
    });
    for (let count = 0; count < 1000; count++)
      writeFileSync(join(landing, "deep", `${count}.csv`), "");
    const [first] = await untilRuns(simulation, job, 1);
    expect(first).toMatchObject({ trigger: "FILE_ARRIVAL", state: { result_state: "SUCCESS" } });
    const { tasks } = await client.run(first.run_id, "&include_resolved_values=true");
    expect(tasks[0].resolved_values.notebook_task.base_parameters).toEqual({
      from: `${url} file_arrival`,
    });
    // An overwritten file has not arrived; one that comes between two checks has.
    writeFileSync(join(landing, "before.csv"), "again");
    await simulation.clock.advance(60 * SECOND);
    // As after a kill: nothing is said goodbye to.
    const moved = copied(dataDir);
    writeFileSync(join(moved, "volumes", "main", "bronze", "landing", "meanwhile.csv"), "");
    const later = await simulate([], { dataDir: moved });
    expect(await untilRuns(later, job, 2)).toHaveLength(2);
    const state = await later.client.ok(
      "GET",
      `/api/2.2/jobs/get?job_id=${job}&include_trigger_state=true`,
    );
    expect(state.trigger_state).toEqual({ file_arrival: { using_file_events: false } });
  });

  it("does not pile up runs behind one that takes long", async () => {
    const dataDir = newFolder();
    const landing = join(dataDir, "volumes", "main", "bronze", "landing");
    mkdirSync(landing, { recursive: true });
    const simulation = await simulate([{ duration: 24 * HOUR }], { dataDir });
    const { client, clock } = simulation;
    const job = await client.createJob({
      tasks: [notebookTask("a")],
      trigger: { file_arrival: { url: "/Volumes/main/bronze/landing" } },
    });
    let count = 0;
    const until = async (runs: number): Promise<void> => {
      while ((await runsOf(client, job)).length < runs) {
        writeFileSync(join(landing, `${count++}.csv`), "");
        await clock.advance(10 * SECOND);
      }
    };
    await until(2);
    for (let more = 0; more < 20; more++) {
      writeFileSync(join(landing, `${count++}.csv`), "");
      await clock.advance(60 * SECOND);
    }
    const states = (await runsOf(client, job)).map((run) => run.status.state);
    expect(states).toEqual(["RUNNING", "QUEUED"]);
    await client.ok("POST", "/api/2.2/jobs/runs/cancel-all", { job_id: job });
    // What came meanwhile has not been forgotten.
    while ((await runsOf(client, job)).length < 3) await clock.advance(10 * SECOND);
  });

  it("waits as long as its settings say, and counts nothing twice", async () => {
    const dataDir = newFolder();
    const landing = join(dataDir, "volumes", "main", "bronze", "landing");
    mkdirSync(landing, { recursive: true });
    const simulation = await simulate([], { dataDir });
    const { client, clock } = simulation;
    const file_arrival = {
      url: "dbfs:/Volumes/main/bronze/landing",
      wait_after_last_change_seconds: 60,
      min_time_between_triggers_seconds: 600,
    };
    const job = await client.createJob({ tasks: [notebookTask("a")], trigger: { file_arrival } });
    const start = clock.now();
    writeFileSync(join(landing, "a.csv"), "");
    const [first] = await untilRuns(simulation, job, 1);
    expect(first.start_time - start).toBeGreaterThanOrEqual(60 * SECOND);
    writeFileSync(join(landing, "b.csv"), "");
    const [, second] = await untilRuns(simulation, job, 2);
    expect(second.start_time - first.start_time).toBeGreaterThanOrEqual(600 * SECOND);
    for (const [field, value] of [
      ["wait_after_last_change_seconds", 59],
      ["min_time_between_triggers_seconds", 1],
    ] as const) {
      const { status, body } = await client.ask("POST", "/api/2.2/jobs/create", {
        tasks: [notebookTask("a")],
        trigger: { file_arrival: { url: "/Volumes/a/b/c", [field]: value } },
      });
      expect({ status, message: body.message }).toEqual({
        status: 400,
        message: expect.stringContaining("must be 60 or more"),
      });
    }
  });
});

describe("a table update trigger", () => {
  const commit = (dataDir: string, table: string, version: number, dataChange: boolean): void => {
    const log = join(dataDir, "warehouse", ...table.split("."), "_delta_log");
    mkdirSync(log, { recursive: true });
    const line = dataChange ? { add: { path: "x", dataChange: true } } : { metaData: {} };
    writeFileSync(
      join(log, `${String(version).padStart(20, "0")}.json`),
      `${JSON.stringify(line)}\n`,
    );
  };

  it("starts a run for commits that change data, of any or of all of its tables", async () => {
    const dataDir = newFolder();
    const simulation = await simulate([], { dataDir });
    const { client } = simulation;
    const [usage, audit] = ["main.gold.fact_usage", "main.gold.fact_audit"] as const;
    commit(dataDir, usage, 0, true);
    const create = (condition?: string): Promise<number> =>
      client.createJob({
        tasks: [notebookTask("a")],
        trigger: { table_update: { table_names: [usage, audit], ...(condition && { condition }) } },
      });
    const [any, all] = [await create(), await create("ALL_UPDATED")];
    for (let version = 1; version <= 200; version++)
      commit(dataDir, usage, version, version % 2 === 0);
    expect(await untilRuns(simulation, any, 1)).toMatchObject([{ trigger: "TABLE" }]);
    const seen = async (): Promise<Json> => {
      const job = await client.ok(
        "GET",
        `/api/2.2/jobs/get?job_id=${all}&include_trigger_state=true`,
      );
      return job.trigger_state.table.last_seen_table_states;
    };
    while (!(await seen())[0].has_seen_updates) await simulation.clock.advance(10 * SECOND);
    expect(await seen()).toEqual([
      { table_name: usage, has_seen_updates: true },
      { table_name: audit, has_seen_updates: false },
    ]);
    expect(await runsOf(client, all)).toEqual([]);
    // Properties of a table are no data; a table that is new is.
    commit(dataDir, usage, 201, false);
    commit(dataDir, audit, 0, true);
    expect(await untilRuns(simulation, all, 1)).toHaveLength(1);
    expect(await untilRuns(simulation, any, 2)).toHaveLength(2);
  });
});

describe("a SQL condition", () => {
  /** Simulates tasks, and answers queries with what it is told. */
  class Asked extends SimulatedExecutor {
    public answer: QueryAnswer = {
      columns: [{ name: "n", type: "int" }],
      rows: [],
      truncated: false,
    };
    public readonly requests: QueryRequest[] = [];
    public rows(...rows: unknown[][]): void {
      this.answer = { columns: [{ name: "n", type: "int" }], rows, truncated: false };
    }
    public query: NonNullable<TaskExecutor["query"]> = (
      request: QueryRequest | QueryBatch,
      onAnswer,
    ) => {
      this.requests.push(request as QueryRequest);
      onAnswer(this.answer);
      return Promise.resolve();
    };
  }

  const start = async (
    trigger_mode: string,
  ): Promise<Simulation & { asked: Asked; job: number; nextDay: () => Promise<number> }> => {
    const clock = new ManualClock();
    const asked = new Asked(clock);
    const { client } = await simulate([], { clock, executor: asked });
    const { id } = await client.ok("POST", "/api/2.0/sql/queries", {
      query: {
        display_name: "ready",
        query_text: "SELECT 1 WHERE :day = 'x';",
        warehouse_id: LOCAL_WAREHOUSE_ID,
      },
    });
    asked.rows([1]);
    const job = await client.createJob({
      tasks: [notebookTask("a")],
      parameters: [
        { name: "day", default: "today" },
        { name: "other", default: "" },
      ],
      schedule: {
        ...schedule,
        sql_condition: { sql_query_id: id, warehouse_id: LOCAL_WAREHOUSE_ID, trigger_mode },
      },
    });
    const nextDay = async (): Promise<number> => {
      await clock.advance(24 * HOUR);
      return (await runsOf(client, job)).length;
    };
    return { client, clock, asked, job, nextDay };
  };

  it("lets a trigger start a run only when its query returns rows", async () => {
    const { asked, nextDay } = await start("QUERY_RETURNS_ROWS");
    expect(asked.requests).toEqual([]);
    expect(await nextDay()).toBe(1);
    expect(asked.requests).toEqual([
      {
        sql: "SELECT 1 WHERE :day = 'x'",
        limit: 2,
        parameters: [{ name: "day", value: "today", type: "STRING" }],
      },
    ]);
    asked.rows();
    expect(await nextDay()).toBe(1);
    asked.answer = { error: "TABLE_OR_VIEW_NOT_FOUND", statement: "" };
    expect(await nextDay()).toBe(1);
    asked.rows([1], [2]);
    expect(await nextDay()).toBe(2);
  });

  it("lets a trigger start a run when the value is another than at the time before", async () => {
    const { asked, nextDay, client, job } = await start("RESULT_VALUE_CHANGES");
    expect(asked.requests).toHaveLength(1);
    expect(await nextDay()).toBe(0);
    asked.rows([2]);
    expect(await nextDay()).toBe(1);
    asked.rows([3], [3]);
    expect(await nextDay()).toBe(1);
    const { triggers } = await client.ok("GET", "/local/triggers");
    expect(triggers).toMatchObject([
      {
        job_id: job,
        kind: "schedule",
        condition: { is_met: false, error: "the query must return exactly one row of one column" },
      },
    ]);
    asked.rows([2]);
    expect(await nextDay()).toBe(1);
  });

  it.each([
    [
      { sql_query_id: "none", warehouse_id: LOCAL_WAREHOUSE_ID },
      "sql_query_id: Query with ID 'none' does not exist.",
    ],
  ])("is refused where it cannot be asked: %j", async (sql_condition, message) => {
    const { client } = await simulate();
    const { status, body } = await client.ask("POST", "/api/2.2/jobs/create", {
      tasks: [notebookTask("a")],
      schedule: { ...schedule, sql_condition },
    });
    expect({ status, message: body.message }).toEqual({ status: 400, message });
  });
});

describe("the limits of the workspace", () => {
  it("refuse runs that cannot start and jobs that are too many, until there is room", async () => {
    const { client, clock } = await simulate([{ duration: 60 * SECOND }], {
      limits: { taskRuns: 2, jobsPerHour: 4 },
    });
    const tasks = [notebookTask("a"), notebookTask("b")];
    const two = await client.createJob({ tasks, queue: { enabled: false } });
    const queued = await client.createJob({ tasks, queue: { enabled: true } });
    await client.runNow(two);
    const { status, body } = await client.ask("POST", "/api/2.2/jobs/run-now", { job_id: two });
    expect({ status, body }).toEqual({
      status: 429,
      body: {
        error_code: "REQUEST_LIMIT_EXCEEDED",
        message:
          "The workspace has 2 active task runs, and may have 2; try again when some have ended, or enable the queue of the job.",
      },
    });
    const waiting = await client.runNow(queued);
    expect((await client.run(waiting)).status).toMatchObject({
      state: "QUEUED",
      queue_details: { code: "ACTIVE_RUNS_LIMIT_REACHED" },
    });
    await clock.advance(61 * SECOND);
    expect((await client.run(waiting)).status.state).toBe("RUNNING");
    await clock.advance(61 * SECOND);
    await client.ok("POST", "/api/2.2/jobs/runs/submit", { tasks });
    await client.createJob({ tasks });
    const refused = await client.ask("POST", "/api/2.2/jobs/create", { tasks });
    expect(refused).toMatchObject({
      status: 400,
      body: {
        error_code: "INVALID_STATE",
        message:
          "There were already 4 jobs created in past 3600 seconds, exceeding rate limit: 4 job creations per 3600 seconds.",
      },
    });
    await clock.advance(HOUR);
    await client.createJob({ tasks });
  });
});
