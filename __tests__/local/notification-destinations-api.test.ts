import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, type Json, startClient, stopAll } from "./support";

const folder = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
let client: Client;
beforeAll(async () => {
  client = await startClient({ dataDir: folder });
});
afterAll(async () => {
  await stopAll();
  rmSync(folder, { recursive: true });
});

const PATH = "/api/2.0/notification-destinations";
const URL = "https://hooks.example.com/t0psecret-url";
const KEY = "t0psecret-key";

const create = (config: object, display_name = "On call"): Promise<Json> =>
  client.ok("POST", PATH, { display_name, config });

describe("a notification destination", () => {
  it.each([
    ["EMAIL", { email: { addresses: ["a@example.com", "b@example.com"] } }, undefined],
    ["SLACK", { slack: { url: URL } }, { slack: { url_set: true } }],
    [
      "SLACK",
      { slack: { oauth_token: KEY, channel_id: KEY } },
      { slack: { oauth_token_set: true, channel_id_set: true } },
    ],
    ["WEBHOOK", { generic_webhook: { url: URL } }, { generic_webhook: { url_set: true } }],
    [
      "WEBHOOK",
      { generic_webhook: { url: URL, username: KEY, password: KEY } },
      { generic_webhook: { url_set: true, username_set: true, password_set: true } },
    ],
    ["MICROSOFT_TEAMS", { microsoft_teams: { url: URL } }, { microsoft_teams: { url_set: true } }],
    [
      "PAGERDUTY",
      { pagerduty: { integration_key: KEY } },
      { pagerduty: { integration_key_set: true } },
    ],
  ])(
    "of type %s says of what is confidential only that it is set",
    async (type, sent, answered) => {
      const made = await create(sent);
      expect(made).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        display_name: "On call",
        destination_type: type,
        config: answered ?? sent,
      });
      expect(await client.ok("GET", `${PATH}/${made.id}`)).toEqual(made);
      const stored = readdirSync(folder).map((file) => readFileSync(join(folder, file), "latin1"));
      expect(stored.join("")).toContain(made.id);
      expect(stored.join("")).not.toContain("t0psecret");
    },
  );

  it.each([
    [{ config: { slack: { url: URL } } }, "Missing required field: display_name"],
    [{ display_name: "", config: { slack: { url: URL } } }, "display_name must not be empty"],
    [{ display_name: "x" }, "Missing required field: config"],
    [{ display_name: "x", config: {} }, "config must have exactly one of email, generic_webhook"],
    [
      { display_name: "x", config: { slack: { url: URL }, email: { addresses: ["a@b"] } } },
      "email and slack are set",
    ],
    [{ display_name: "x", config: { slak: { url: URL } } }, 'unknown field "slak" (did you mean'],
    [{ display_name: "x", config: { slack: { uri: URL } } }, 'unknown field "uri" (did you mean'],
    [{ display_name: "x", config: { email: { addresses: [] } } }, "at least one address"],
    [{ display_name: "x", config: { email: { addresses: ["ops"] } } }, "is not an email address"],
    [{ display_name: "x", config: { slack: {} } }, "must have url, or oauth_token and channel_id"],
    [{ display_name: "x", config: { slack: { url: "" } } }, "config.slack.url must not be empty"],
    [
      { display_name: "x", config: { slack: { url: `http://${KEY}` } } },
      "config.slack.url must be a URL that starts with https://",
    ],
    [
      { display_name: "x", config: { generic_webhook: { url: [KEY] } } },
      "expected string for field config.generic_webhook.url",
    ],
    [
      { display_name: "x", config: { generic_webhook: { password: KEY } } },
      "config.generic_webhook must have url",
    ],
    [
      { display_name: "x", config: { pagerduty: {} } },
      "config.pagerduty must have integration_key",
    ],
  ])("is refused without quoting a secret (case %#)", async (body, message) => {
    const answer = await client.ask("POST", PATH, body);
    expect(answer.body.message).toContain(message);
    expect(answer.body.message).not.toContain("t0psecret");
    expect(answer.status).toBe(400);
  });

  it("is renamed, or given another configuration of its type", async () => {
    const made = await create({ generic_webhook: { url: URL, password: KEY } });
    const renamed = await client.ok("PATCH", `${PATH}/${made.id}`, { display_name: "Night" });
    expect(renamed).toEqual({ ...made, display_name: "Night" });
    const changed = await client.ok("PATCH", `${PATH}/${made.id}`, {
      config: { generic_webhook: { url: URL } },
    });
    expect(changed).toEqual({ ...renamed, config: { generic_webhook: { url_set: true } } });
    for (const [body, message] of [
      [{}, "at least one of config, display_name"],
      [{ config: { slack: { url: URL } } }, "is of type WEBHOOK, not SLACK"],
    ] as const) {
      const answer = await client.ask("PATCH", `${PATH}/${made.id}`, body);
      expect(answer.status).toBe(400);
      expect(answer.body.message).toContain(message);
    }
    expect(await client.ok("GET", `${PATH}/${made.id}`)).toEqual(changed);
  });

  it("is gone once it is deleted", async () => {
    const { id } = await create({ slack: { url: URL } });
    await client.ok("DELETE", `${PATH}/${id}`);
    for (const method of ["GET", "DELETE", "PATCH"]) {
      const body = method === "PATCH" ? { display_name: "x" } : undefined;
      expect(await client.ask(method, `${PATH}/${id}`, body)).toMatchObject({
        status: 404,
        body: { error_code: "RESOURCE_DOES_NOT_EXIST" },
      });
    }
  });

  it("is listed with others of its name, page by page, without its configuration", async () => {
    const first = await create({ slack: { url: URL } }, "twice");
    const second = await create({ slack: { url: URL } }, "twice");
    const listed: Json[] = [];
    for (let token = ""; ;) {
      const page = await client.ok("GET", `${PATH}?page_size=2&page_token=${token}`);
      expect(page.results.length).toBeLessThanOrEqual(2);
      listed.push(...page.results);
      token = page.next_page_token ?? "";
      if (token === "") break;
    }
    expect(new Set(listed.map(({ id }) => id)).size).toBe(listed.length);
    expect(listed.slice(-2)).toEqual(
      [first, second].map(({ id, display_name, destination_type }) => ({
        id,
        display_name,
        destination_type,
      })),
    );
  });
});

it("a body that is not JSON is refused without quoting it", async () => {
  const { host, token } = client.workspace;
  for (const path of [PATH, "/api/2.0/workspace/import"]) {
    const response = await fetch(host + path, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}` },
      body: `{"config": {"slack": {"url": "${URL}"`,
    });
    const { message } = (await response.json()) as { message: string };
    expect(response.status).toBe(400);
    expect(message).toMatch(/^The request is not valid JSON: ./);
    expect(message).not.toContain("t0psecret");
  }
  const response = await fetch(host + PATH, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}` },
    body: KEY,
  });
  expect(((await response.json()) as { message: string }).message).not.toContain("t0psecret");
});
