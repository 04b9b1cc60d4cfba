import { type Answer, type Client, type Json, startClient, stopAll } from "./support";

let client: Client;
beforeEach(async () => {
  client = await startClient();
  await post("scopes/create", { scope: "alerting" });
});
afterEach(stopAll);

const PATH = "/api/2.0/secrets";
const post = (what: string, body: object): Promise<Json> =>
  client.ok("POST", `${PATH}/${what}`, body);
const get = (what: string): Promise<Json> => client.ok("GET", `${PATH}/${what}`);
const refused = (what: string, body?: object): Promise<Answer> =>
  client.ask(body === undefined ? "GET" : "POST", `${PATH}/${what}`, body);

const put = (key: string, value: object): Promise<Json> =>
  post("put", { scope: "alerting", key, ...value });
const valueOf = async (key: string): Promise<Buffer> =>
  Buffer.from((await get(`get?scope=alerting&key=${key}`)).value, "base64");

describe("secret scopes", () => {
  it("are created, listed and deleted with all that is in them", async () => {
    await post("scopes/create", { scope: "Billing-1.x_@prod", scope_backend_type: "DATABRICKS" });
    expect(await get("scopes/list")).toEqual({
      scopes: ["alerting", "Billing-1.x_@prod"].map((name) => ({
        name,
        backend_type: "DATABRICKS",
      })),
    });
    await put("url", { string_value: "x" });
    await post("scopes/delete", { scope: "alerting" });
    await post("scopes/create", { scope: "alerting" });
    expect(await get("list?scope=alerting")).toEqual({});
  });

  it("are not created twice, in whatever case", async () => {
    for (const scope of ["alerting", "ALERTING"]) {
      expect(await refused("scopes/create", { scope })).toMatchObject({
        status: 400,
        body: {
          error_code: "RESOURCE_ALREADY_EXISTS",
          message: `Scope ${scope} already exists!`,
        },
      });
    }
  });

  it.each([
    [{}, "Missing required field: scope"],
    [{ scope: "" }, "is not a valid scope"],
    [{ scope: "a/b" }, "is not a valid scope"],
    [{ scope: "x".repeat(129) }, "is not a valid scope"],
    [{ scope: "x", scope_backend_type: "AZURE_KEYVAULT" }, "it must be one of DATABRICKS"],
    [{ scope: "x", initial_manage_principal: "me" }, "it must be one of users"],
    [{ scope: "x", backend_azure_keyvault: {} }, "is not supported by the local workspace"],
  ])("%j is refused", async (body, message) => {
    const answer = await refused("scopes/create", body);
    expect(answer).toMatchObject({ status: 400, body: { error_code: "INVALID_PARAMETER_VALUE" } });
    expect(answer.body.message).toContain(message);
  });
});

describe("secrets", () => {
  it.each([
    ["text", { string_value: "häufig ☃" }, Buffer.from("häufig ☃")],
    [
      "bytes",
      { bytes_value: Buffer.from([0, 255, 128]).toString("base64") },
      Buffer.from([0, 255, 128]),
    ],
    ["nothing", { string_value: "" }, Buffer.alloc(0)],
    ["all that fits", { string_value: "x".repeat(131_072) }, Buffer.alloc(131_072, "x")],
  ])("give back %s in base64", async (_, value, expected) => {
    await put("key", value);
    expect((await valueOf("key")).equals(expected)).toBe(true);
  });

  it("are listed without their values, and replaced", async () => {
    const before = Date.now();
    await put("b", { string_value: "1" });
    await put("a", { string_value: "2" });
    await put("b", { string_value: "3" });
    const { secrets } = await get("list?scope=alerting");
    expect(secrets.map(({ key }: Json) => key)).toEqual(["a", "b"]);
    for (const secret of secrets) {
      expect(Object.keys(secret)).toEqual(["key", "last_updated_timestamp"]);
      expect(secret.last_updated_timestamp).toBeGreaterThanOrEqual(before);
    }
    expect((await valueOf("b")).toString()).toBe("3");
    await post("delete", { scope: "alerting", key: "b" });
    expect((await get("list?scope=alerting")).secrets).toHaveLength(1);
  });

  it.each([
    ["MALFORMED_REQUEST", { key: "k" }, "Exactly one of bytes_value, string_value"],
    [
      "MALFORMED_REQUEST",
      { key: "k", string_value: "t0psecret", bytes_value: "t0psecret" },
      "Exactly one of bytes_value, string_value",
    ],
    ["INVALID_PARAMETER_VALUE", { string_value: "t0psecret" }, "Missing required field: key"],
    ["INVALID_PARAMETER_VALUE", { key: "a b", string_value: "t0psecret" }, "is not a valid key"],
    ["INVALID_PARAMETER_VALUE", { key: "k", bytes_value: "t0psecret!" }, "is not valid base64"],
    ["MALFORMED_REQUEST", { key: "k", string_value: ["t0psecret"] }, "expected string"],
    [
      "INVALID_PARAMETER_VALUE",
      { key: "k", string_value: "t0psecret".repeat(14_564) },
      "must not exceed 131072 bytes (got 131076)",
    ],
    ["INVALID_PARAMETER_VALUE", { key: "k", value: "t0psecret" }, 'unknown field "value"'],
  ])("are refused with %s, and not quoted (case %#)", async (error_code, body, message) => {
    const answer = await refused("put", { scope: "alerting", ...body });
    expect(answer).toMatchObject({ status: 400, body: { error_code } });
    expect(answer.body.message).toContain(message);
    expect(answer.body.message).not.toContain("t0psecret");
    expect(await get("list?scope=alerting")).toEqual({});
  });

  it("cannot be more than a thousand in a scope", async () => {
    for (let index = 0; index < 1000; index++) await put(`key-${index}`, { string_value: "x" });
    const answer = await refused("put", { scope: "alerting", key: "more", string_value: "x" });
    expect(answer).toMatchObject({ status: 400, body: { error_code: "RESOURCE_LIMIT_EXCEEDED" } });
    await put("key-7", { string_value: "y" });
  });
});

describe("permissions on a scope", () => {
  it("are given and taken, and the creator has MANAGE", async () => {
    const mine = { principal: "local-user@example.com", permission: "MANAGE" };
    expect(await get("acls/list?scope=alerting")).toEqual({ items: [mine] });
    await post("acls/put", { scope: "alerting", principal: "users", permission: "WRITE" });
    await post("acls/put", { scope: "alerting", principal: "users", permission: "READ" });
    const users = { principal: "users", permission: "READ" };
    expect(await get("acls/get?scope=alerting&principal=users")).toEqual(users);
    expect(await get("acls/list?scope=alerting")).toEqual({ items: [mine, users] });
    await post("acls/delete", { scope: "alerting", principal: "users" });
    expect((await refused("acls/get?scope=alerting&principal=users")).status).toBe(404);
    const wrong = await refused("acls/put", {
      scope: "alerting",
      principal: "users",
      permission: "OWN",
    });
    expect(wrong.body.message).toContain("must be one of MANAGE, READ, WRITE");
    await post("scopes/create", { scope: "shared", initial_manage_principal: "users" });
    expect(await get("acls/list?scope=shared")).toEqual({
      items: [{ principal: "users", permission: "MANAGE" }],
    });
  });
});

describe("what is not there", () => {
  it.each([
    ["scopes/delete", { scope: "gone" }],
    ["put", { scope: "gone", key: "k", string_value: "x" }],
    ["delete", { scope: "gone", key: "k" }],
    ["delete", { scope: "alerting", key: "gone" }],
    ["list?scope=gone", undefined],
    ["get?scope=gone&key=k", undefined],
    ["get?scope=alerting&key=gone", undefined],
    ["acls/put", { scope: "gone", principal: "users", permission: "READ" }],
    ["acls/list?scope=gone", undefined],
    ["acls/get?scope=alerting&principal=gone", undefined],
    ["acls/delete", { scope: "alerting", principal: "gone" }],
  ])("%s %j is answered with 404", async (what, body) => {
    const answer = await refused(what, body);
    expect(answer).toMatchObject({ status: 404, body: { error_code: "RESOURCE_DOES_NOT_EXIST" } });
    expect(answer.body.message).toContain("gone");
  });
});
