import { afterEach, describe, expect, it } from "@jest/globals";
import { tokenLogin, type Login, WorkspaceHttp, type HttpOptions } from "../../src/run/http";
import { WorkspaceError } from "../../src/run/workspace-error";
import { type FakeServer, fakeServer, refuse } from "./support";

const TOKEN = "dapi0123456789abcdef";

describe("WorkspaceHttp", () => {
  let server: FakeServer | undefined;
  afterEach(async () => {
    await server?.close();
    server = undefined;
  });

  async function http(
    answer: Parameters<typeof fakeServer>[0],
    options: HttpOptions = {},
  ): Promise<WorkspaceHttp> {
    server = await fakeServer(answer);
    return new WorkspaceHttp(tokenLogin(server.host, TOKEN), { firstRetryMs: 5, ...options });
  }

  /** Answers the first requests otherwise, the others well. */
  const failing =
    (times: number, fail: Parameters<typeof fakeServer>[0]): Parameters<typeof fakeServer>[0] =>
    (request, response) => {
      if ((server?.requests.length ?? 0) <= times) fail(request, response);
      else response.end('{"fine": true}');
    };

  async function failure(promise: Promise<unknown>): Promise<WorkspaceError> {
    const error: unknown = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof WorkspaceError)) throw new Error(`no WorkspaceError: ${String(error)}`);
    expect(error.message).not.toContain(TOKEN);
    return error;
  }

  it.each([
    [
      "429",
      (_: unknown, response: Parameters<typeof refuse>[0]) => {
        refuse(response, 429);
      },
    ],
    [
      "500",
      (_: unknown, response: Parameters<typeof refuse>[0]) => {
        refuse(response, 500);
      },
    ],
    [
      "503",
      (_: unknown, response: Parameters<typeof refuse>[0]) => {
        refuse(response, 503);
      },
    ],
    [
      "504 of a proxy",
      (_: unknown, response: Parameters<typeof refuse>[0]) => response.writeHead(504).end("<html>"),
    ],
    [
      "a dropped connection",
      (_: unknown, response: Parameters<typeof refuse>[0]) => response.destroy(),
    ],
    [
      "half an answer",
      (_: unknown, response: Parameters<typeof refuse>[0]) => {
        response.writeHead(200, { "Content-Length": "100" });
        response.write('{"fine"', () => response.destroy());
      },
    ],
  ])("tries again after %s", async (_, fail) => {
    const client = await http(failing(2, fail));
    await expect(client.request("GET", "2.2/jobs/get?job_id=1")).resolves.toEqual({ fine: true });
    expect(server?.requests).toHaveLength(3);
    expect(client.requests).toBe(3);
  });

  it("waits as long as Retry-After says", async () => {
    const delays: number[] = [];
    const client = await http(
      failing(1, (_, response) => {
        refuse(response, 429, {}, { "Retry-After": "1" });
      }),
    );
    client.onRetry = (_, delay) => delays.push(delay);
    const before = Date.now();
    await client.request("GET", "2.2/jobs/list");
    expect(Date.now() - before).toBeGreaterThanOrEqual(990);
    expect(delays).toEqual([1000]);
  });

  it("understands a Retry-After that is a date", async () => {
    const delays: number[] = [];
    const now = Date.UTC(2026, 10, 24, 12);
    const client = await http(
      failing(1, (_, response) => {
        refuse(response, 503, {}, { "Retry-After": new Date(now + 1000).toUTCString() });
      }),
      { now: () => now },
    );
    client.onRetry = (_, delay) => delays.push(delay);
    await client.request("GET", "2.2/jobs/list");
    expect(delays).toEqual([1000]);
  });

  it("gives up when the retry budget is used up, and reports the last error", async () => {
    let now = 0;
    const client = await http(
      (_, response) => {
        now += 25;
        refuse(response, 503, { error_code: "TEMPORARILY_UNAVAILABLE", message: "busy" });
      },
      { budgetMs: 60, now: () => now },
    );
    const error = await failure(client.request("GET", "2.2/jobs/list"));
    expect(error.message).toBe("GET 2.2/jobs/list: 503 TEMPORARILY_UNAVAILABLE: busy");
    expect(error.transient).toBe(true);
    expect(server?.requests).toHaveLength(3);
  });

  it("does not wait for a Retry-After that is longer than the budget", async () => {
    const client = await http(
      (_, response) => {
        refuse(response, 429, {}, { "Retry-After": "3600" });
      },
      {
        budgetMs: 1000,
      },
    );
    const delays: number[] = [];
    client.onRetry = (_, delay) => delays.push(delay);
    expect((await failure(client.request("GET", "x"))).status).toBe(429);
    expect(delays).toEqual([]);
    expect(server?.requests).toHaveLength(1);
  });

  it("times out an attempt without a response", async () => {
    const client = await http(
      failing(1, () => {
        // Never answered.
      }),
      { requestTimeoutMs: 50 },
    );
    await expect(client.request("GET", "x")).resolves.toEqual({ fine: true });
  });

  it.each([
    [
      400,
      { error_code: "INVALID_PARAMETER_VALUE", message: "Job 7 does not exist." },
      /400 INVALID_PARAMETER_VALUE: Job 7 does not exist\.$/,
    ],
    [
      401,
      {},
      /does not accept these credentials: check DATABRICKS_HOST and DATABRICKS_TOKEN, or the profile/,
    ],
    [
      403,
      { error_code: "PERMISSION_DENIED", message: "no" },
      /403 PERMISSION_DENIED: no\. .*CAN MANAGE RUN/,
    ],
    [404, {}, /404$/],
  ])("asks once and says what to do when it is %i", async (status, body, message) => {
    const client = await http((_, response) => {
      refuse(response, status, body);
    });
    const error = await failure(client.request("POST", "2.2/jobs/run-now", { job_id: 7 }));
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ status, transient: false });
    expect(server?.requests).toHaveLength(1);
  });

  it("sends what must not be repeated again only after a refusal that is certain", async () => {
    const client = await http(
      failing(1, (_, response) => {
        refuse(response, 429);
      }),
    );
    const options = { repeatable: false };
    await expect(client.request("POST", "x", {}, options)).resolves.toEqual({ fine: true });
    await server?.close();
    const other = await http((_, response) => {
      refuse(response, 500);
    });
    expect((await failure(other.request("POST", "x", {}, options))).status).toBe(500);
    expect(server?.requests).toHaveLength(1);
  });

  it("renews a rejected token once", async () => {
    server = await fakeServer((request, response) => {
      if (request.headers.authorization === "Bearer new") response.end("{}");
      else refuse(response, 401);
    });
    let token = "old";
    const login: Login = {
      host: server.host,
      headers: () => Promise.resolve({ Authorization: `Bearer ${token}` }),
      renew: () => {
        token = "new";
        return true;
      },
    };
    await expect(new WorkspaceHttp(login).request("GET", "x")).resolves.toEqual({});
    expect(server.requests).toHaveLength(2);
    token = "wrong";
    const stubborn = { ...login, renew: () => true };
    await failure(new WorkspaceHttp(stubborn).request("GET", "x"));
    expect(server.requests).toHaveLength(4);
  });

  it("does not take a page for an answer, nor follow it elsewhere", async () => {
    const page = await http((_, response) => response.end("<!DOCTYPE html><title>\u001b[2JLog in"));
    const { message } = await failure(page.request("GET", "x"));
    expect(message).toMatch(/did not respond like a workspace, but with "<!DOCTYPE html>/);
    expect(message).not.toContain("\u001b");
    await server?.close();
    const elsewhere = await fakeServer((_, response) => response.end("{}"));
    const moved = await http(
      (_, response) => response.writeHead(302, { Location: elsewhere.host }).end(),
      {
        budgetMs: 20,
      },
    );
    await failure(moved.request("GET", "x"));
    expect(elsewhere.requests).toEqual([]);
    await elsewhere.close();
  });

  it("escapes the messages of the server", async () => {
    const client = await http((_, response) => {
      refuse(response, 400, { error_code: "X\u001b[31m", message: "a\nb\u202e" });
    });
    const { message } = await failure(client.request("GET", "x"));
    expect(message).toBe("GET x: 400 X\\u001b[31m: a\\u000ab\\u202e");
  });

  it("does not show a token that a server sends back", async () => {
    const client = await http(({ headers }, response) => {
      refuse(response, 400, { message: `bad header ${headers.authorization ?? ""}` });
    });
    const { message } = await failure(client.request("GET", "x"));
    expect(message).toBe("GET x: 400 bad header Bearer ***");
  });

  it("takes the time from the workspace when the clocks differ", async () => {
    const hour = 3_600_000;
    const now = Date.UTC(2026, 10, 24, 12);
    const client = await http(
      (_, response) => {
        response.setHeader("Date", new Date(now - hour).toUTCString());
        response.end("{}");
      },
      { now: () => now },
    );
    expect(client.now()).toBe(now);
    await client.request("GET", "x");
    // The header has whole seconds: half of one is added.
    expect(client.now()).toBe(now - hour + 500);
  });

  it("limits the requests in a second", async () => {
    const client = await http((_, response) => response.end("{}"), { requestsPerSecond: 10 });
    const before = Date.now();
    await Promise.all(Array.from({ length: 25 }, () => client.request("GET", "x")));
    // Twenty at once, the others a tenth of a second apart.
    expect(Date.now() - before).toBeGreaterThanOrEqual(400);
    expect(server?.requests).toHaveLength(25);
  });
});
