import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LOCAL_WAREHOUSE_ID } from "../../src/core/model/markers";
import { ManualClock, type TaskExecutor } from "../../src/local";
import type { QueryAnswer, QueryBatch } from "../../src/local/execute/query";
import { evaluate, queryOf, type Result } from "../../src/local/services/alerts/evaluate";
import type { AlertSettings } from "../../src/local/services/alerts/schema";
import { type Client, type Json, startClient, stopAll } from "./support";

type Evaluation = AlertSettings["evaluation"];

const rows = (type: string, ...values: unknown[]): Result => ({
  columns: [{ name: "cost", type }],
  rows: values.map((value) => [value]),
  truncated: false,
});
const compared = (
  comparison_operator: string,
  value: Json,
  more: Partial<Evaluation> = {},
): Evaluation =>
  ({ comparison_operator, source: { name: "cost" }, threshold: { value }, ...more }) as Evaluation;
const above = (limit: number, more: Partial<Evaluation> = {}): Evaluation =>
  compared("GREATER_THAN", { double_value: limit }, more);

describe("the condition of an alert", () => {
  it.each([
    ["EQUAL", "O T O"],
    ["NOT_EQUAL", "T O T"],
    ["GREATER_THAN", "O O T"],
    ["GREATER_THAN_OR_EQUAL", "O T T"],
    ["LESS_THAN", "T O O"],
    ["LESS_THAN_OR_EQUAL", "T T O"],
  ])("%s is met below, at and above the threshold as it should be", (operator, states) => {
    const found = [4999.5, 5000, 5000.5].map(
      (value) =>
        evaluate(compared(operator, { double_value: 5000 }), rows("double", value)).state[0],
    );
    expect(found.join(" ")).toBe(states);
  });

  it.each([
    ["IS_NULL", null, "TRIGGERED"],
    ["IS_NULL", 0, "OK"],
    ["IS_NOT_NULL", null, "OK"],
    ["IS_NOT_NULL", 0, "TRIGGERED"],
  ])("%s of %s makes it %s", (operator, value, state) => {
    const evaluation = { comparison_operator: operator, source: { name: "cost" } } as Evaluation;
    expect(evaluate(evaluation, rows("double", value)).state).toBe(state);
  });

  it.each<[string, Evaluation, Result, string]>([
    ["a decimal by its number", above(9), rows("decimal(10,2)", "10.00"), "TRIGGERED"],
    ["a 64-bit integer", above(9), rows("bigint", 2n ** 60n), "TRIGGERED"],
    ["text that is a number", above(9), rows("string", "10"), "TRIGGERED"],
    ["infinity", above(9), rows("double", "inf"), "TRIGGERED"],
    [
      "text with text",
      compared("EQUAL", { string_value: "down" }),
      rows("string", "down"),
      "TRIGGERED",
    ],
    [
      "text in its order",
      compared("LESS_THAN", { string_value: "2026-01-02" }),
      rows("date", "2026-01-01"),
      "TRIGGERED",
    ],
    ["a truth value", compared("EQUAL", { bool_value: true }), rows("boolean", false), "OK"],
    [
      "a column of another case",
      { ...above(9), source: { name: "COST" } },
      rows("double", 10),
      "TRIGGERED",
    ],
    ["the first of two rows", above(9), rows("double", 1, 10), "OK"],
  ])("compares %s", (_, evaluation, result, state) => {
    expect(evaluate(evaluation, result).state).toBe(state);
  });

  it.each<[string, Evaluation, Result, string]>([
    ["NULL", above(9), rows("double", null), 'The value of "cost" is NULL.'],
    [
      "text that is not a number",
      above(9),
      rows("string", "many"),
      'The value of "cost", many, cannot be compared with 9: one of them is not a number.',
    ],
    [
      "NaN",
      above(9),
      rows("double", "nan"),
      'The value of "cost", NaN, cannot be compared with 9: one of them is not a number.',
    ],
    [
      "a truth value with a number",
      above(9),
      rows("boolean", true),
      'The value of "cost", true, is compared with 9.',
    ],
    [
      "a column that there is not",
      { ...above(9), source: { name: "costs" } },
      rows("double", 10),
      'The result of the query has no column "costs"; it has cost.',
    ],
  ])("is an error for %s", (_, evaluation, result, error) => {
    expect(evaluate(evaluation, result)).toMatchObject({ state: "ERROR", error });
  });

  it.each([
    [undefined, "UNKNOWN"],
    ["OK", "OK"],
    ["TRIGGERED", "TRIGGERED"],
    ["ERROR", "ERROR"],
  ] as const)("with the state %s for no rows makes it %s", (empty_result_state, state) => {
    const more = empty_result_state === undefined ? {} : { empty_result_state };
    expect(evaluate(above(9, more), rows("double"))).toEqual({ state });
  });

  it("compares two columns", () => {
    const evaluation = above(0, { threshold: { column: { name: "budget" } } });
    const result: Result = {
      columns: [
        { name: "cost", type: "double" },
        { name: "budget", type: "double" },
      ],
      rows: [[10, 9]],
      truncated: false,
    };
    expect(evaluate(evaluation, result)).toEqual({
      state: "TRIGGERED",
      value: "10",
      threshold: "9",
    });
  });
});

describe("an aggregation", () => {
  const settings = (
    evaluation: Evaluation,
    query_text = "SELECT cost FROM usage -- all;\n;",
  ): AlertSettings => ({ query_text, evaluation }) as AlertSettings;

  it("is put around the query of the alert", () => {
    const sum = above(9, { source: { name: "co`st", aggregation: "SUM" } });
    expect(queryOf(settings(sum))).toBe(
      "SELECT SUM(`co``st`) AS alert_value, COUNT(*) AS jobstrata_rows FROM (\nSELECT cost FROM usage -- all\n)",
    );
    const both = above(9, {
      source: { name: "cost", aggregation: "COUNT_DISTINCT" },
      threshold: { column: { name: "budget" } },
    });
    expect(queryOf(settings(both))).toMatch(
      /^SELECT COUNT\(DISTINCT `cost`\) AS alert_value, FIRST\(`budget`\) AS alert_threshold,/,
    );
    expect(queryOf(settings(above(9)))).toBe("SELECT cost FROM usage -- all;\n;");
  });

  const aggregate = (value: unknown, count: number): Result => ({
    columns: [
      { name: "alert_value", type: "double" },
      { name: "jobstrata_rows", type: "bigint" },
    ],
    rows: [[value, count]],
    truncated: false,
  });

  it("of no rows has the state for them, but for a count", () => {
    const sum = above(9, {
      source: { name: "cost", aggregation: "SUM" },
      empty_result_state: "TRIGGERED",
    });
    expect(evaluate(sum, aggregate(null, 0)).state).toBe("TRIGGERED");
    expect(evaluate(sum, aggregate(null, 3)).state).toBe("ERROR");
    const count = above(9, {
      source: { name: "cost", aggregation: "COUNT" },
      empty_result_state: "TRIGGERED",
    });
    expect(evaluate(count, aggregate(0, 0)).state).toBe("OK");
  });
});

describe("alerts of a workspace", () => {
  let client: Client;
  let clock: ManualClock;
  let asked: QueryBatch[];
  let answer: (sql: string) => QueryAnswer;
  let query: NonNullable<TaskExecutor["query"]>;
  const START = Date.UTC(2026, 0, 1);

  beforeEach(async () => {
    clock = new ManualClock(START);
    asked = [];
    answer = () => rows("double", 6000);
    query = (request, onAnswer) => {
      const batch = request as QueryBatch;
      asked.push(batch);
      for (const { sql } of batch.statements) onAnswer(answer(sql));
      return Promise.resolve();
    };
    client = await startClient({
      clock,
      executor: {
        execute: () => Promise.resolve({ succeeded: true }),
        query: (...all) => query(...all),
      },
    });
  });
  afterEach(stopAll);

  const create = async (
    name: string,
    more: Partial<Evaluation> = {},
    settings: object = {},
  ): Promise<string> =>
    (
      await client.ok("POST", "/api/2.0/alerts", {
        display_name: name,
        query_text: `SELECT '${name}' AS name, 6000 AS cost`,
        warehouse_id: LOCAL_WAREHOUSE_ID,
        evaluation: above(5000, {
          notification: { subscriptions: [{ user_email: "finops@example.com" }] },
          ...more,
        }),
        schedule: { quartz_cron_schedule: "0 0 8 * * ?", timezone_id: "UTC" },
        ...settings,
      })
    ).id;
  const evaluation = async (id: string): Promise<Json> =>
    (await client.ok("GET", `/api/2.0/alerts/${id}`)).evaluation;
  const now = (ids?: string[]): Promise<Json> =>
    client.ok("POST", "/local/alerts/evaluate", ids === undefined ? {} : { ids });
  const notifications = async (): Promise<Json[]> =>
    (await client.ok("GET", "/local/alerts/notifications")).notifications;

  it("are evaluated on their schedules, those that fall due together at once", async () => {
    const [cost, other] = [await create("COST-001"), await create("COST-002")];
    const late = await create(
      "COST-003",
      {},
      {
        schedule: { quartz_cron_schedule: "0 0 9 * * ?", timezone_id: "UTC" },
      },
    );
    const paused = await create(
      "COST-004",
      {},
      {
        schedule: {
          quartz_cron_schedule: "0 0 8 * * ?",
          timezone_id: "UTC",
          pause_status: "PAUSED",
        },
      },
    );
    await clock.advance(8 * 3_600_000 + 100);
    expect(asked.map(({ statements }) => statements.length)).toEqual([2]);
    expect(await evaluation(cost)).toMatchObject({
      state: "TRIGGERED",
      last_evaluated_at: "2026-01-01T08:00:00.100Z",
    });
    expect((await evaluation(other)).state).toBe("TRIGGERED");
    expect((await evaluation(late)).state).toBe("UNKNOWN");
    expect((await evaluation(paused)).state).toBe("UNKNOWN");
    await clock.advance(24 * 3_600_000);
    expect(asked.map(({ statements }) => statements.length)).toEqual([2, 1, 2]);
  });

  it("follow their schedules as these change, and no longer from the trash", async () => {
    const id = await create("COST-001");
    const schedule = { quartz_cron_schedule: "0 0 6 * * ?", timezone_id: "UTC" };
    await client.ok("PATCH", `/api/2.0/alerts/${id}?update_mask=schedule`, { schedule });
    await clock.advance(7 * 3_600_000);
    expect(asked).toHaveLength(1);
    await client.ok("DELETE", `/api/2.0/alerts/${id}`);
    await clock.advance(48 * 3_600_000);
    expect(asked).toHaveLength(1);
  });

  it("are evaluated on demand, paused ones too, and tell what came of it", async () => {
    const id = await create(
      "COST-001",
      {},
      {
        schedule: {
          quartz_cron_schedule: "0 0 8 * * ?",
          timezone_id: "UTC",
          pause_status: "PAUSED",
        },
      },
    );
    answer = () => rows("double", 6000.5);
    expect((await now([id])).alerts).toEqual([
      {
        id,
        display_name: "COST-001",
        state: "TRIGGERED",
        condition: "cost > 5000",
        value: "6000.5",
        last_evaluated_at: "2026-01-01T00:00:00.000Z",
        paused: true,
      },
    ]);
    expect((await client.ask("POST", "/local/alerts/evaluate", { ids: ["none"] })).status).toBe(
      404,
    );
  });

  it("keep the failure of one from the others", async () => {
    const [bad, good] = [await create("COST-001"), await create("COST-002")];
    answer = (sql) =>
      sql.includes("COST-001")
        ? { error: "no table fact_usage", statement: sql }
        : rows("double", 1);
    await now();
    expect((await evaluation(bad)).state).toBe("ERROR");
    expect((await evaluation(good)).state).toBe("OK");
    const { alerts } = await client.ok("GET", "/local/alerts");
    expect(alerts[0].error).toBe("no table fact_usage");
    expect(await notifications()).toEqual([]);
  });

  it("are errors when the engine fails, or takes longer than ten minutes", async () => {
    const id = await create("COST-001");
    query = () => Promise.reject(new Error("the local engine failed with exit code 3"));
    expect((await now()).alerts[0]).toMatchObject({
      state: "ERROR",
      error: "the local engine failed with exit code 3",
    });
    query = (_request, _onAnswer, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(new Error("aborted"));
        });
      });
    await clock.advance(8 * 3_600_000 + 11 * 60_000);
    expect((await evaluation(id)).state).toBe("ERROR");
    const { alerts } = await client.ok("GET", "/local/alerts");
    expect(alerts[0].error).toBe("The query had not ended after 10 minutes.");
  });

  it("fail alone when their query takes too long or ends the engine, and the others are evaluated", async () => {
    const settings = (query_text: string): object => ({ query_text });
    for (const [name, sql] of [
      ["a", "SELECT 1"],
      ["b", "slow"],
      ["c", "SELECT 2"],
      ["d", "crash"],
      ["e", "SELECT 3"],
    ] as const) {
      await create(name, {}, settings(sql));
    }
    query = (request, onAnswer, signal) => {
      for (const { sql } of (request as QueryBatch).statements) {
        if (sql === "crash") return Promise.reject(new Error("the local engine failed"));
        if (sql === "slow") {
          return new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => {
              reject(new Error("aborted"));
            });
          });
        }
        onAnswer(rows("double", 6000));
      }
      return Promise.resolve();
    };
    const evaluation = { isDone: false };
    const evaluated = now().finally(() => (evaluation.isDone = true));
    // As soon as the slow one is asked, it has ten minutes.
    while (!evaluation.isDone) await clock.advance(60_000);
    const { alerts } = await evaluated;
    expect(
      alerts.map(({ display_name, state, error }: Json) => [display_name, error ?? state]),
    ).toEqual([
      ["a", "TRIGGERED"],
      ["b", "The query had not ended after 10 minutes."],
      ["c", "TRIGGERED"],
      ["d", "the local engine failed"],
      ["e", "TRIGGERED"],
    ]);
  });

  it("do not pile up while others are evaluated", async () => {
    await create(
      "COST-001",
      {},
      { schedule: { quartz_cron_schedule: "0 * * * * ?", timezone_id: "UTC" } },
    );
    let release = (): void => undefined;
    const done = query;
    query = async (...all) => {
      await new Promise<void>((resolve) => (release = resolve));
      await done(...all);
    };
    await clock.advance(5 * 60_000 + 100);
    expect(asked).toHaveLength(0);
    release();
    await clock.advance(1000);
    release();
    await clock.advance(1000);
    expect(asked).toHaveLength(2);
  });

  it("pass their parameters on", async () => {
    await create(
      "COST-001",
      {},
      { parameters: [{ name: "days", type: "INT", value: "7" }, { name: "team" }] },
    );
    await now();
    expect(asked[0]?.statements[0]?.parameters).toEqual([
      { name: "days", type: "INT", value: "7" },
      { name: "team", type: "STRING", value: null },
    ]);
  });

  it("without an engine are kept, and refuse to be evaluated", async () => {
    const other = await startClient();
    const refused = await other.ask("POST", "/local/alerts/evaluate", {});
    expect(refused.status).toBe(501);
    expect(refused.body.message).toContain("start it with --executor local");
  });

  it("know their states after a kill, and fire no second time", async () => {
    const folder = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
    const [dataDir, left] = [join(folder, "data"), join(folder, "left")];
    const execute = (): Promise<{ succeeded: true }> => Promise.resolve({ succeeded: true });
    const executor: TaskExecutor = { execute, query: (...all) => query(...all) };
    try {
      client = await startClient({ dataDir, clock, executor });
      const id = await create("COST-001");
      await clock.advance(8 * 3_600_000 + 100);
      // What a process that is killed now leaves to the next one.
      cpSync(dataDir, left, { recursive: true });
      // On another port: fetch would use its connections of before.
      rmSync(join(left, "port"));
      await stopAll();
      client = await startClient({ dataDir: left, clock, executor });
      expect((await evaluation(id)).state).toBe("TRIGGERED");
      await clock.advance(23 * 3_600_000);
      expect(asked).toHaveLength(1);
      await clock.advance(3_600_000);
      expect(asked).toHaveLength(2);
      expect(await notifications()).toHaveLength(1);
    } finally {
      await stopAll();
      rmSync(folder, { recursive: true });
    }
  });

  describe("record what they would send", () => {
    const states = async (): Promise<string[]> =>
      (await notifications()).map(({ state }) => state).reverse();
    const next = async (value: number): Promise<void> => {
      answer = () => rows("double", value);
      await clock.advance(3_600_000);
      await now();
    };

    it("once, when they become triggered", async () => {
      await create("COST-001");
      for (const value of [1, 6000, 7000, 1, 8000]) await next(value);
      expect(await states()).toEqual(["TRIGGERED", "TRIGGERED"]);
    });

    it("again after retrigger_seconds", async () => {
      await create("COST-001", {
        notification: {
          retrigger_seconds: 7200,
          subscriptions: [{ user_email: "finops@example.com" }],
        },
      });
      for (const value of [6000, 6000, 6000, 6000]) await next(value);
      expect(await states()).toEqual(["TRIGGERED", "TRIGGERED"]);
    });

    it("when they are OK again, if that is wanted", async () => {
      await create("COST-001", {
        notification: { notify_on_ok: true, subscriptions: [{ user_email: "finops@example.com" }] },
      });
      for (const value of [1, 6000, 1, 1]) await next(value);
      expect(await states()).toEqual(["TRIGGERED", "OK"]);
    });

    it("to users and destinations, in the words of the service", async () => {
      const { id: destination_id } = await client.ok("POST", "/api/2.0/notification-destinations", {
        display_name: "FinOps",
        config: { slack: { url: "https://hooks.example.com/secret" } },
      });
      const alert_id = await create("COST-001", {
        notification: { subscriptions: [{ user_email: "finops@example.com" }, { destination_id }] },
      });
      await now();
      const said = {
        alert_id,
        alert_name: "COST-001",
        time: "2026-01-01T00:00:00.000Z",
        state: "TRIGGERED",
        subject: 'Alert "COST-001" changed status to TRIGGERED',
        body: "Condition: cost > 5000\nValue: 6000",
      };
      expect(await notifications()).toEqual([
        {
          ...said,
          id: expect.any(String),
          recipient: { destination_id, display_name: "FinOps", destination_type: "SLACK" },
        },
        { ...said, id: expect.any(String), recipient: { user_email: "finops@example.com" } },
      ]);
      expect(JSON.stringify(await notifications())).not.toContain("hooks.example.com");
    });

    it("by their own templates, with what comes from data escaped in HTML", async () => {
      answer = () => rows("string", "<b>6000</b>");
      await create(
        "COST-001",
        { comparison_operator: "IS_NOT_NULL" },
        {
          custom_summary: "{{ALERT_NAME}} is {{ ALERT_STATUS }} {{OTHER}}",
          custom_description:
            "{{QUERY_RESULT_VALUE}} {{{QUERY_RESULT_VALUE}}} {{QUERY_RESULT_ROWS}}",
        },
      );
      await create(
        "COST-002",
        { comparison_operator: "IS_NOT_NULL" },
        {
          custom_description: "@ALERT_NAME: @QUERY_RESULT_VALUE, me@EXAMPLE",
          custom_template_format: "MARKDOWN",
        },
      );
      await now();
      const [markdown, html] = await notifications();
      expect(html).toMatchObject({
        subject: "COST-001 is TRIGGERED {{OTHER}}",
        body: "&lt;b&gt;6000&lt;/b&gt; <b>6000</b> [[&quot;&lt;b&gt;6000&lt;/b&gt;&quot;]]",
      });
      expect(markdown?.body).toBe("COST-002: <b>6000</b>, me@EXAMPLE");
    });
  });
});
