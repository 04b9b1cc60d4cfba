import { get } from "node:http";
import { connect } from "node:net";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startLocalWorkspace } from "../../src/local";
import { type Client, startClient, stopAll } from "./support";

let client: Client;
beforeAll(async () => {
  client = await startClient();
});
afterAll(stopAll);

const ME = "/api/2.0/preview/scim/v2/Me";

/** The status of a request with these headers; `fetch` does not let a caller choose the Host. */
const statusWith = (headers: Record<string, string>, path = ME): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    get(`${client.workspace.host}${path}`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on("error", reject);
  });

describe("the server", () => {
  it("answers nobody without the token", async () => {
    const { token } = client.workspace;
    expect(await statusWith({ Authorization: `Bearer ${token}` })).toBe(200);
    expect(await statusWith({})).toBe(401);
    expect(await statusWith({ Authorization: "Basic eDp5" })).toBe(403);
    for (const wrong of ["x", `${token}x`, token.slice(0, -1), token.toUpperCase()]) {
      expect(await statusWith({ Authorization: `Bearer ${wrong}` })).toBe(403);
    }
    expect(await statusWith({}, "/local/status")).toBe(401);
  });

  it("serves only SDK discovery without a token", async () => {
    const { host } = client.workspace;
    const response = await fetch(`${host}/.well-known/databricks-config`);
    expect(await response.json()).toEqual({
      oidc_endpoint: `${host}/oidc`,
      workspace_id: "1000000000",
    });
    expect(await statusWith({}, "/.well-known/other")).toBe(404);
    expect(await statusWith({}, "/.well-known/../local/status")).not.toBe(200);
  });

  it("refuses requests under another host name", async () => {
    const Authorization = `Bearer ${client.workspace.token}`;
    const { port } = client.workspace;
    for (const Host of [
      "evil.example.com",
      `evil.example.com:${port}`,
      "127.0.0.1:1",
      "localhost",
    ]) {
      expect(await statusWith({ Authorization, Host })).toBe(403);
    }
    expect(await statusWith({ Authorization, Host: `localhost:${port}` })).toBe(200);
  });

  it("listens on the loopback interface alone", async () => {
    const reached = await new Promise<boolean>((resolve) => {
      // The machine's other loopback addresses reach whoever listens on all interfaces.
      const socket = connect(client.workspace.port, "127.0.0.2");
      socket.on("connect", () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => {
        resolve(false);
      });
    });
    expect(reached).toBe(false);
  });

  it("takes no body or URL that is too large", async () => {
    const large = await client
      .ask("POST", "/api/2.2/jobs/create", { name: "x".repeat(17 * 1024 * 1024) })
      .catch(() => ({ status: 413 }));
    expect(large.status).toBe(413);
    expect((await client.ask("GET", `${ME}?${"x".repeat(9000)}`)).status).toBe(414);
    expect((await client.ask("GET", ME)).status).toBe(200);
  });

  it("answers 400 to JSON that nests too deep, which clients do not send again", async () => {
    const deep = `{"tags": ${"[".repeat(50_000)}${"]".repeat(50_000)}}`;
    const answer = await fetch(`${client.workspace.host}/api/2.2/jobs/create`, {
      method: "POST",
      headers: { Authorization: `Bearer ${client.workspace.token}` },
      body: deep,
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({
      error_code: "MALFORMED_REQUEST",
      message: "The JSON nests deeper than 500 levels.",
    });
    const brackets = await client.ask("POST", "/api/2.2/jobs/create", {
      name: `\\"${"[{".repeat(1000)}`,
    });
    expect(brackets.status).toBe(200);
  });

  it("does not fail over names that objects have anyway", async () => {
    for (const name of ["__proto__", "constructor", "toString"]) {
      const answer = await client.ask("GET", `${ME}?${name}=1`);
      expect(answer.status).toBe(200);
      const job = await client.ask(
        "POST",
        "/api/2.2/jobs/create",
        JSON.parse(`{"tags": {"${name}": "1"}}`),
      );
      expect(job.status).toBe(200);
    }
  });
});

describe("the data folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it("can be read by its owner only", async () => {
    const dataDir = join(folder, "data");
    const workspace = await startLocalWorkspace({ dataDir });
    const mode = (path: string): string => (statSync(path).mode & 0o777).toString(8);
    expect(mode(dataDir)).toBe("700");
    expect(mode(join(dataDir, "workspace.db"))).toBe("600");
    expect(mode(join(dataDir, "workspace.db-wal"))).toBe("600");
    await workspace.stop();
  });

  it("is gone afterwards when it is ephemeral", async () => {
    const workspace = await startLocalWorkspace({ ephemeral: true });
    expect(statSync(workspace.dataDir).isDirectory()).toBe(true);
    await workspace.stop();
    expect(() => statSync(workspace.dataDir)).toThrow("ENOENT");
  });
});
