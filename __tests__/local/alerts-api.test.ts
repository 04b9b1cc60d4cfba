import { LOCAL_WAREHOUSE_ID } from "../../src/core/model/markers";
import { type Client, type Json, startClient, stopAll } from "./support";

let client: Client;
beforeEach(async () => {
  client = await startClient();
});
afterEach(stopAll);

const ALERTS = "/api/2.0/alerts";

/** An alert as the deploy notebook makes it. */
const dailyCost = (more: object = {}): Json => ({
  display_name: "COST-001 Daily cost",
  query_text: "SELECT sum(list_cost) AS cost, 'Daily cost' AS alert_message FROM fact_usage",
  warehouse_id: LOCAL_WAREHOUSE_ID,
  evaluation: evaluation(),
  schedule: { quartz_cron_schedule: "0 0 8 * * ?", timezone_id: "UTC", pause_status: "UNPAUSED" },
  ...more,
});
const evaluation = (more: object = {}): Json => ({
  comparison_operator: "GREATER_THAN",
  source: { name: "cost", aggregation: "SUM" },
  threshold: { value: { double_value: 5000 } },
  empty_result_state: "OK",
  notification: {
    notify_on_ok: false,
    retrigger_seconds: 3600,
    subscriptions: [{ user_email: "finops@example.com" }],
  },
  ...more,
});
const notifying = (...subscriptions: object[]): Json =>
  dailyCost({ evaluation: evaluation({ notification: { subscriptions } }) });
const comparing = (threshold: unknown): Json =>
  dailyCost({ evaluation: evaluation({ threshold }) });

const create = (more: object = {}): Promise<Json> => client.ok("POST", ALERTS, dailyCost(more));
const update = (id: string, mask: string, body: object): Promise<Json> =>
  client.ok("PATCH", `${ALERTS}/${id}?update_mask=${mask}`, body);
const names = async (): Promise<string[]> =>
  ((await client.ok("GET", ALERTS)).alerts as Json[]).map(({ display_name }) => display_name);

describe("creating an alert", () => {
  it("answers with what was sent and what the service adds", async () => {
    const sent = dailyCost({
      custom_summary: "{{ALERT_NAME}}",
      custom_description: "<b>{{QUERY_RESULT_VALUE}}</b>",
      custom_template_format: "HTML",
      parameters: [{ name: "days", type: "INT", value: "7" }],
      parent_path: "/Shared",
    });
    const alert = await client.ok("POST", ALERTS, sent);
    expect(alert).toEqual({
      ...sent,
      evaluation: { ...sent.evaluation, state: "UNKNOWN" },
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      create_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      update_time: alert.create_time,
      lifecycle_state: "ACTIVE",
      owner_user_name: "local-user@example.com",
      effective_run_as: { user_name: "local-user@example.com" },
    });
    expect(await client.ok("GET", `${ALERTS}/${alert.id}`)).toEqual(alert);
  });

  it("takes an alert that was read, whatever the service had added", async () => {
    const first = await create();
    const second = await client.ok("POST", ALERTS, { ...first, display_name: "copy" });
    expect(second.id).not.toBe(first.id);
    expect(second).toMatchObject({ parent_path: "/Users/local-user@example.com" });
  });

  it("adds a number to a name that the folder has already", async () => {
    await create();
    expect((await create()).display_name).toBe("COST-001 Daily cost (1)");
    expect((await create()).display_name).toBe("COST-001 Daily cost (2)");
    expect((await create({ parent_path: "/Shared" })).display_name).toBe("COST-001 Daily cost");
  });

  it.each([
    ["a threshold of text", comparing({ value: { string_value: "" } })],
    ["a threshold that is false", comparing({ value: { bool_value: false } })],
    ["a threshold of zero", comparing({ value: { double_value: 0 } })],
    ["another column as threshold", comparing({ column: { name: "budget" } })],
    [
      "no threshold where nothing is compared",
      dailyCost({ evaluation: { comparison_operator: "IS_NULL", source: { name: "cost" } } }),
    ],
    ["run_as", dailyCost({ run_as: { service_principal_name: "5f0c" } })],
    ["a folder by its full name", dailyCost({ parent_path: "/Workspace/Shared" })],
  ])("takes %s", async (_, alert) => {
    const made = await client.ok("POST", ALERTS, alert);
    expect(made).toMatchObject(alert);
  });

  it.each([
    [dailyCost({ display_nam: "x" }), 'unknown field "display_nam" (did you mean'],
    [dailyCost({ display_name: undefined }), "Missing required field: display_name"],
    [dailyCost({ display_name: " " }), "display_name must not be empty"],
    [dailyCost({ query_text: "" }), "query_text must not be empty"],
    [dailyCost({ warehouse_id: undefined }), "Missing required field: warehouse_id"],
    [dailyCost({ warehouse_id: "0".repeat(16) }), 'SQL warehouse "0000000000000000" does not'],
    [dailyCost({ schedule: undefined }), "Missing required field: schedule"],
    [dailyCost({ evaluation: undefined }), "Missing required field: evaluation"],
    [
      dailyCost({ evaluation: evaluation({ comparison_operator: ">" }) }),
      'Invalid value ">" for evaluation.comparison_operator: it must be one of EQUAL, GREATER_THAN',
    ],
    [
      dailyCost({ evaluation: evaluation({ empty_result_state: "FINE" }) }),
      'Invalid value "FINE" for evaluation.empty_result_state',
    ],
    [
      dailyCost({ evaluation: evaluation({ source: { name: "cost", aggregation: "FIRST" } }) }),
      'Invalid value "FIRST" for evaluation.source.aggregation',
    ],
    [comparing(undefined), "Missing required field: evaluation.threshold"],
    [comparing({}), "evaluation.threshold must have exactly one of column, value; none is set"],
    [
      comparing({ value: {} }),
      "evaluation.threshold.value must have exactly one of bool_value, double_value, string_value; none",
    ],
    [
      comparing({ value: { double_value: 1, string_value: "1" } }),
      "double_value and string_value are set",
    ],
    [notifying({}), "subscriptions[0] must have exactly one of destination_id, user_email"],
    [
      notifying({ user_email: "a@b" }, { user_email: "a@b", destination_id: "x" }),
      "subscriptions[1] must have exactly one of",
    ],
    [notifying({ user_email: "finops" }), 'is not an email address (got "finops")'],
    [notifying({ destination_id: "nowhere" }), 'destination "nowhere", which does not exist'],
    [
      dailyCost({ evaluation: evaluation({ notification: { retrigger_seconds: -1 } }) }),
      "retrigger_seconds must not be negative (got -1)",
    ],
    [
      dailyCost({ schedule: { quartz_cron_schedule: "0 8 * * *", timezone_id: "UTC" } }),
      'Invalid schedule.quartz_cron_schedule "0 8 * * *": it must have 6 or 7 fields',
    ],
    [
      dailyCost({ schedule: { quartz_cron_schedule: "0 0 8 * * ?", timezone_id: "Mars" } }),
      'Invalid timezone_id "Mars"',
    ],
    [dailyCost({ run_as: { user_name: "boss@example.com" } }), "run_as.user_name can only be"],
    [dailyCost({ run_as: {} }), "run_as must have exactly one of"],
    [
      dailyCost({ parameters: [{ name: "days" }, { name: "days" }] }),
      'Parameter "days" is defined more than once',
    ],
    [dailyCost({ parent_path: "Shared" }), "must be absolute"],
  ])("is refused (case %#)", async (alert, message) => {
    const answer = await client.ask("POST", ALERTS, alert);
    expect(answer.body.message).toContain(message);
    expect(answer).toMatchObject({ status: 400, body: { error_code: "INVALID_PARAMETER_VALUE" } });
    expect(await names()).toEqual([]);
  });

  it("is refused in a folder that is not there", async () => {
    const answer = await client.ask("POST", ALERTS, dailyCost({ parent_path: "/Shared/alerts" }));
    expect(answer.status).toBe(404);
    expect(answer.body.message).toBe("Path (/Shared/alerts) doesn't exist.");
  });
});

describe("listing alerts", () => {
  it("gives them in the order of creation, page by page", async () => {
    for (let index = 0; index < 25; index++) await create({ display_name: `alert ${index}` });
    const seen: string[] = [];
    const sizes: number[] = [];
    for (let token = ""; ;) {
      const page = await client.ok("GET", `${ALERTS}?page_size=10&page_token=${token}`);
      seen.push(...page.alerts.map((alert: Json) => alert.display_name));
      sizes.push(page.alerts.length);
      token = page.next_page_token ?? "";
      if (token === "") break;
    }
    expect(sizes).toEqual([10, 10, 5]);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => `alert ${index}`));
    expect((await client.ok("GET", ALERTS)).alerts).toHaveLength(20);
    expect((await client.ok("GET", `${ALERTS}?page_size=999`)).alerts).toHaveLength(25);
  });

  it.each([
    ["page_size=ten", "page_size must be a whole number"],
    ["page_size=-1", "page_size must not be negative"],
    ["page_token=next", "page_token is not a token of a page before"],
  ])("refuses %s", async (query, message) => {
    const answer = await client.ask("GET", `${ALERTS}?${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain(message);
  });
});

describe("updating an alert", () => {
  it("changes what the mask names and nothing else", async () => {
    const before = await create();
    const after = await update(
      before.id,
      "query_text,evaluation.threshold,evaluation.notification.notify_on_ok",
      {
        display_name: "ignored",
        query_text: "SELECT 1",
        evaluation: {
          threshold: { value: { string_value: "x" } },
          notification: { notify_on_ok: true, retrigger_seconds: 7 },
        },
      },
    );
    expect(after).toEqual({
      ...before,
      query_text: "SELECT 1",
      update_time: expect.any(String),
      evaluation: {
        ...before.evaluation,
        threshold: { value: { string_value: "x" } },
        notification: { ...before.evaluation.notification, notify_on_ok: true },
      },
    });
    expect(await client.ok("GET", `${ALERTS}/${before.id}`)).toEqual(after);
  });

  it("removes what the mask names and the request does not have", async () => {
    const { id } = await create({ custom_summary: "old", run_as: { service_principal_name: "a" } });
    const after = await update(id, "custom_summary,run_as", {});
    expect(after).not.toHaveProperty("custom_summary");
    expect(after.effective_run_as).toEqual({ user_name: "local-user@example.com" });
  });

  it("replaces all of it with *, and takes what was read", async () => {
    const before = await create({ custom_summary: "old" });
    const { custom_summary, ...rest } = before;
    const after = await update(before.id, "*", { ...rest, query_text: "SELECT 2" });
    expect(custom_summary).toBe("old");
    expect(after).toEqual({ ...rest, query_text: "SELECT 2", update_time: expect.any(String) });
  });

  it.each([
    ["", {}, "Field 'update_mask' is required"],
    ["update_mask=", {}, "Field 'update_mask' is required"],
    ["update_mask=display_nam", {}, 'unknown field "display_nam" (did you mean "display_name"?)'],
    ["update_mask=evaluation.treshold", {}, 'unknown field "treshold" (did you mean "threshold"?)'],
    ["update_mask=query_text,", {}, 'unknown field ""'],
    ["update_mask=query_text,*", {}, 'unknown field "*"'],
    ["update_mask=__proto__.polluted", {}, 'unknown field "__proto__"'],
    ["update_mask=constructor", {}, 'unknown field "constructor"'],
    ["update_mask=evaluation.notification.subscriptions.0", {}, 'unknown field "0"'],
    ["update_mask=create_time", {}, "create_time, which only the service sets"],
    ["update_mask=evaluation.state", {}, "evaluation.state, which only the service sets"],
    ["update_mask=parent_path", { parent_path: "/Shared" }, "parent_path, which cannot be updated"],
    ["update_mask=*", dailyCost({ parent_path: "/Shared" }), "parent_path cannot be updated"],
    ["update_mask=display_name", {}, "Missing required field: display_name"],
    ["update_mask=*", { query_text: "SELECT 1" }, "Missing required field: display_name"],
    ["update_mask=query_text", { querytext: "x" }, 'unknown field "querytext"'],
    ["update_mask=query_text", { query_text: 7 }, "expected string for field query_text"],
    ["update_mask=warehouse_id", { warehouse_id: "x" }, 'SQL warehouse "x" does not exist'],
    ["mask=query_text", {}, "Field 'update_mask' is required"],
  ])("is refused with %s (case %#)", async (query, body, message) => {
    const before = await create();
    const answer = await client.ask("PATCH", `${ALERTS}/${before.id}?${query}`, body);
    expect(answer.body.message).toContain(message);
    expect(answer.status).toBe(400);
    expect(await client.ok("GET", `${ALERTS}/${before.id}`)).toEqual(before);
  });

  it("does not take the name of another alert of the folder", async () => {
    await create({ display_name: "taken" });
    const { id } = await create();
    const answer = await client.ask("PATCH", `${ALERTS}/${id}?update_mask=display_name`, {
      display_name: "taken",
    });
    expect(answer).toMatchObject({ status: 400, body: { error_code: "RESOURCE_ALREADY_EXISTS" } });
    await update(id, "display_name", { display_name: "COST-001 Daily cost" });
  });
});

describe("an alert in the trash", () => {
  it("is no longer listed, but can be read by id", async () => {
    const { id } = await create();
    await create({ display_name: "other" });
    expect(await client.ok("DELETE", `${ALERTS}/${id}`)).toEqual({});
    expect(await names()).toEqual(["other"]);
    const trashed = await client.ok("GET", `${ALERTS}/${id}`);
    expect(trashed.lifecycle_state).toBe("DELETED");
    const answer = await client.ask("PATCH", `${ALERTS}/${id}?update_mask=query_text`, {
      query_text: "SELECT 1",
    });
    expect(answer).toMatchObject({ status: 400, body: { error_code: "INVALID_STATE" } });
    await client.ok("DELETE", `${ALERTS}/${id}`);
  });

  it("gives its name free", async () => {
    const { id } = await create();
    await client.ok("DELETE", `${ALERTS}/${id}`);
    expect((await create()).display_name).toBe("COST-001 Daily cost");
  });

  it("is gone when it is purged", async () => {
    const { id } = await create();
    await client.ok("DELETE", `${ALERTS}/${id}?purge=true`);
    for (const [method, path] of [
      ["GET", `${ALERTS}/${id}`],
      ["DELETE", `${ALERTS}/${id}`],
      ["PATCH", `${ALERTS}/${id}?update_mask=query_text`],
    ] as const) {
      const answer = await client.ask(method, path, method === "PATCH" ? {} : undefined);
      expect(answer.status).toBe(404);
      expect(answer.body).toEqual({
        error_code: "RESOURCE_DOES_NOT_EXIST",
        message: `Alert with ID '${id}' does not exist.`,
      });
    }
  });
});

it("notifies destinations that exist, and can be updated when one is gone", async () => {
  const config = { email: { addresses: ["finops@example.com"] } };
  const destination = await client.ok("POST", "/api/2.0/notification-destinations", {
    display_name: "FinOps",
    config,
  });
  const alert = await client.ok("POST", ALERTS, notifying({ destination_id: destination.id }));
  await client.ok("DELETE", `/api/2.0/notification-destinations/${destination.id}`);
  const after = await update(alert.id, "query_text", { query_text: "SELECT 1" });
  expect(after.evaluation).toEqual(alert.evaluation);
  // An alert is no destination, though both have an id.
  const wrong = await client.ask("POST", ALERTS, notifying({ destination_id: alert.id }));
  expect(wrong.status).toBe(400);
});

describe("SQL warehouses", () => {
  const PATH = "/api/2.0/sql/warehouses";

  it("there is one, which alerts refer to", async () => {
    expect(LOCAL_WAREHOUSE_ID).toMatch(/^[0-9a-f]{16}$/);
    const { warehouses } = await client.ok("GET", PATH);
    expect(warehouses).toHaveLength(1);
    expect(warehouses[0]).toMatchObject({ id: LOCAL_WAREHOUSE_ID, state: "RUNNING" });
    expect(await client.ok("GET", `${PATH}/${LOCAL_WAREHOUSE_ID}`)).toEqual(warehouses[0]);
  });

  it("no other is found, and none can be made", async () => {
    const answer = await client.ask("GET", `${PATH}/0123456789abcdef`);
    expect(answer).toMatchObject({ status: 404, body: { error_code: "RESOURCE_DOES_NOT_EXIST" } });
    expect((await client.ask("POST", PATH, { name: "mine" })).status).toBe(501);
  });
});
