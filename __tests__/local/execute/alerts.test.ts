import { LOCAL_WAREHOUSE_ID } from "../../../src/core/model/markers";
import { describeWithEngine, sharedEngine } from "../../support/engine";
import type { Json } from "../support";
import { type NotebookClient, startNotebooks, stopNotebooks } from "./support";

describeWithEngine("alerts on the engine", () => {
  let client: NotebookClient;
  beforeAll(async () => {
    await sharedEngine();
    client = await startNotebooks();
  });
  afterAll(stopNotebooks);

  const DAYS =
    "SELECT * FROM VALUES (1, 10.5), (2, 20.5), (2, 30.5), (4, NULL) AS days (day, cost)";
  const create = (
    display_name: string,
    query_text: string,
    evaluation: object,
    more: object = {},
  ): Promise<Json> =>
    client.ok("POST", "/api/2.0/alerts", {
      display_name,
      query_text,
      warehouse_id: LOCAL_WAREHOUSE_ID,
      evaluation: {
        comparison_operator: "GREATER_THAN",
        threshold: { value: { double_value: 0 } },
        ...evaluation,
      },
      schedule: { quartz_cron_schedule: "0 0 8 * * ?", timezone_id: "UTC", pause_status: "PAUSED" },
      ...more,
    });

  it("have the value of each aggregation, of columns and of parameters, and errors of their own", async () => {
    for (const aggregation of [
      "AVG",
      "COUNT",
      "COUNT_DISTINCT",
      "MAX",
      "MEDIAN",
      "MIN",
      "STDDEV",
      "SUM",
    ]) {
      const source = { name: aggregation === "COUNT_DISTINCT" ? "day" : "cost", aggregation };
      await create(aggregation, `${DAYS} -- by day`, { source });
    }
    await create("first row", `${DAYS} ORDER BY day DESC`, { source: { name: "day" } });
    await create("no rows", `${DAYS} WHERE day > 9`, {
      source: { name: "cost" },
      empty_result_state: "TRIGGERED",
    });
    await create("sum of no rows", `${DAYS} WHERE day > 9`, {
      source: { name: "cost", aggregation: "SUM" },
      empty_result_state: "OK",
    });
    await create("columns", DAYS, {
      source: { name: "cost", aggregation: "MAX" },
      threshold: { column: { name: "day", aggregation: "SUM" } },
    });
    await create(
      "parameter",
      "SELECT :days + 1 AS n",
      { source: { name: "n" } },
      {
        parameters: [{ name: "days", type: "INT", value: "7" }],
      },
    );
    await create("text", "SELECT 'many' AS n", { source: { name: "n" } });
    await create("unknown table", "SELECT * FROM main.gold.nothing", { source: { name: "n" } });

    const { alerts } = await client.ok("POST", "/local/alerts/evaluate", {});
    const found = Object.fromEntries(
      alerts.map(({ display_name, state, value, error }: Json) => [
        display_name,
        value === undefined
          ? `${state} ${error === undefined ? "" : error.split("\n")[0]}`.trim()
          : `${state} ${value}`,
      ]),
    );
    const { STDDEV, "unknown table": unknown, ...rest } = found as Record<string, string>;
    expect(Number(STDDEV?.split(" ")[1])).toBeCloseTo(10, 6);
    expect(unknown).toMatch(/^ERROR .*Catalog 'main' was not found/);
    expect(rest).toEqual({
      AVG: expect.stringMatching(/^TRIGGERED 20\.50*$/),
      COUNT: "TRIGGERED 3",
      COUNT_DISTINCT: "TRIGGERED 3",
      MAX: "TRIGGERED 30.5",
      MEDIAN: "TRIGGERED 20.5",
      MIN: "TRIGGERED 10.5",
      SUM: "TRIGGERED 61.5",
      "first row": "TRIGGERED 4",
      "no rows": "TRIGGERED",
      "sum of no rows": "OK",
      columns: "TRIGGERED 30.5",
      parameter: "TRIGGERED 8",
      text: "ERROR many",
    });
  });
});
