import { afterEach, beforeEach, describe, expect, it } from "@jest/globals";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AuthOptions, resolveAuth } from "../../src/run/auth";
import { FetchedToken } from "../../src/run/auth/token";
import { WorkspaceHttp } from "../../src/run/http";
import { type FakeServer, fakeServer, refuse } from "./support";

let home: string;
let server: FakeServer | undefined;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "jobstrata-auth-"));
});
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(home, { recursive: true });
});

const HOST = "https://adb-1.2.azuredatabricks.net";
const auth = (env: NodeJS.ProcessEnv, more: AuthOptions = {}): ReturnType<typeof resolveAuth> =>
  resolveAuth({ env: { HOME: home, PATH: "", ...env }, ...more });
const profiles = (text: string): void => {
  writeFileSync(join(home, ".databrickscfg"), text);
};

describe("resolveAuth", () => {
  it.each<[string, NodeJS.ProcessEnv, string]>([
    ["a token", { DATABRICKS_TOKEN: "t" }, "pat"],
    [
      "a service principal",
      { DATABRICKS_CLIENT_ID: "c", DATABRICKS_CLIENT_SECRET: "s" },
      "oauth-m2m",
    ],
    [
      "a service principal of Azure",
      { ARM_CLIENT_ID: "c", ARM_CLIENT_SECRET: "s", ARM_TENANT_ID: "t" },
      "azure-client-secret",
    ],
    [
      "the one that is asked for",
      {
        DATABRICKS_AUTH_TYPE: "oauth-m2m",
        DATABRICKS_TOKEN: "t",
        DATABRICKS_CLIENT_ID: "c",
        DATABRICKS_CLIENT_SECRET: "s",
      },
      "oauth-m2m",
    ],
    [
      "the Databricks CLI, if asked for",
      { DATABRICKS_AUTH_TYPE: "databricks-cli" },
      "databricks-cli",
    ],
    ["the Azure CLI, if asked for", { DATABRICKS_AUTH_TYPE: "azure-cli" }, "azure-cli"],
  ])("takes %s", (_, env, authType) => {
    expect(auth({ DATABRICKS_HOST: HOST, ...env })).toMatchObject({ host: HOST, authType });
  });

  it.each([
    ["adb-1.2.azuredatabricks.net", HOST],
    [`${HOST}/?o=12#job/3`, HOST],
    [`${HOST}/`, HOST],
    ["http://127.0.0.1:8080", "http://127.0.0.1:8080"],
    ["http://localhost:8080/", "http://localhost:8080"],
  ])("takes %s for %s", (written, host) => {
    expect(auth({ DATABRICKS_HOST: written, DATABRICKS_TOKEN: "t" }).host).toBe(host);
  });

  it("reads the named profile, and DEFAULT without a name", async () => {
    profiles(
      `host = ${HOST}\ntoken = top\n\n[eu.prod]\nhost = https://eu.cloud.databricks.com\ntoken = eu # of mine\n`,
    );
    expect(await auth({}).headers()).toEqual({ Authorization: "Bearer top" });
    const named = auth({ DATABRICKS_CONFIG_PROFILE: "eu.prod" });
    expect(named.host).toBe("https://eu.cloud.databricks.com");
    expect(auth({}, { profile: "eu.prod" }).host).toBe("https://eu.cloud.databricks.com");
    // What is in the environment comes first, and what the Terraform provider is told before that.
    const mixed = auth({ DATABRICKS_TOKEN: "mine" }, { profile: "eu.prod", host: HOST });
    expect(mixed.host).toBe(HOST);
    expect(await mixed.headers()).toEqual({ Authorization: "Bearer mine" });
    writeFileSync(join(home, "other"), `[DEFAULT]\nhost = ${HOST}\ntoken = other\n`);
    expect(await auth({ DATABRICKS_CONFIG_FILE: "~/other" }).headers()).toEqual({
      Authorization: "Bearer other",
    });
  });

  it.each([
    ["abc#def;ghi", "abc#def;ghi"],
    ["abc#def # mine", "abc#def"],
    ["abc ; mine", "abc"],
    [String.raw`a\b\\c`, String.raw`a\b\\c`],
    ['"abc#def"', "abc#def"],
    ["a=b==", "a=b=="],
  ])("reads the token %s of a profile as %s", async (written, token) => {
    profiles(`# all of mine\n[DEFAULT]\nhost = ${HOST}\ntoken = ${written}\n; that is all\n`);
    expect(await auth({}).headers()).toEqual({ Authorization: `Bearer ${token}` });
  });

  it("reads the profile that the Databricks CLI was switched to, unless one is named", async () => {
    const file = `[__settings__]\ndefault_profile = work\n[work]\nhost = ${HOST}\ntoken = work\n[DEFAULT]\nhost = ${HOST}\ntoken = other\n`;
    profiles(file);
    expect(await auth({}).headers()).toEqual({ Authorization: "Bearer work" });
    expect(await auth({}, { profile: "DEFAULT" }).headers()).toEqual({
      Authorization: "Bearer other",
    });
    expect(() => auth({}, { profile: "__settings__" })).toThrow(
      'has no profile "__settings__"; it has "work", "DEFAULT"',
    );
    profiles(file.replace("= work", "= wrk"));
    expect(() => auth({})).toThrow('has no profile "wrk" (did you mean "work"?)');
  });

  it("names the file that cannot be read, and that a wrong secret comes from", async () => {
    expect(() => auth({ DATABRICKS_CONFIG_FILE: home })).toThrow(
      `${home} cannot be read: it is a folder (EISDIR)`,
    );
    server = await fakeServer((_, response) => {
      refuse(response, 401, {});
    });
    profiles(`[prod]\nhost = ${server.host}\nclient_id = me\nclient_secret = hush\n`);
    await expect(auth({}, { profile: "prod" }).headers()).rejects.toThrow(
      `client_secret of profile prod of ${join(home, ".databrickscfg")}: 401`,
    );
  });

  it.each<[string, NodeJS.ProcessEnv, string | RegExp]>([
    [
      "nothing",
      {},
      /^no workspace is known: set DATABRICKS_HOST, or name a profile of .*\.databrickscfg in DATABRICKS_CONFIG_PROFILE/,
    ],
    [
      "no login",
      { DATABRICKS_HOST: HOST },
      /^there is no way to log in to https:\/\/adb.*; set DATABRICKS_TOKEN, or/,
    ],
    [
      "half a login",
      { DATABRICKS_HOST: HOST, DATABRICKS_CLIENT_ID: "c" },
      /DATABRICKS_CLIENT_SECRET is missing beside DATABRICKS_CLIENT_ID/,
    ],
    [
      "two logins",
      {
        DATABRICKS_HOST: HOST,
        DATABRICKS_TOKEN: "t",
        ARM_CLIENT_ID: "c",
        ARM_CLIENT_SECRET: "s",
        ARM_TENANT_ID: "t",
      },
      /more than one way to log in is configured: pat and azure-client-secret \(from environment variable DATABRICKS_HOST, /,
    ],
    [
      "an unknown login",
      { DATABRICKS_HOST: HOST, DATABRICKS_AUTH_TYPE: "github-oidc" },
      /"github-oidc" \(environment variable DATABRICKS_AUTH_TYPE\) is not supported by jobstrata; it knows pat, oauth-m2m/,
    ],
    [
      "what a login lacks",
      { DATABRICKS_HOST: HOST, DATABRICKS_AUTH_TYPE: "oauth-m2m" },
      /"oauth-m2m" needs DATABRICKS_CLIENT_ID/,
    ],
    [
      "a profile that is not there",
      { DATABRICKS_CONFIG_PROFILE: "prd" },
      /has no profile "prd" \(did you mean "prod"\?\); it has "prod"/,
    ],
    [
      "a file that is not there",
      { DATABRICKS_CONFIG_PROFILE: "x", DATABRICKS_CONFIG_FILE: "/no/file" },
      '/no/file, which should have the profile "x", does not exist',
    ],
    [
      "http",
      { DATABRICKS_HOST: "http://example.com", DATABRICKS_TOKEN: "t" },
      /"http:\/\/example\.com"; a token is not sent over http/,
    ],
    [
      "no address",
      { DATABRICKS_HOST: "https://", DATABRICKS_TOKEN: "t" },
      /environment variable DATABRICKS_HOST is not the address of a workspace/,
    ],
    [
      "a password in the address",
      { DATABRICKS_HOST: "https://me:hunter2@example.com", DATABRICKS_TOKEN: "t" },
      /holds a user or a password/,
    ],
    [
      "an address of something else",
      { DATABRICKS_HOST: "ftp://example.com", DATABRICKS_TOKEN: "t" },
      /DATABRICKS_HOST is not the address of a workspace: "ftp:\/\/example\.com"/,
    ],
    [
      "a password in what is no address",
      { DATABRICKS_HOST: "https://me:hunter2@no address", DATABRICKS_TOKEN: "t" },
      /DATABRICKS_HOST is not the address of a workspace; expected one such as/,
    ],
    [
      "a token with a line break",
      { DATABRICKS_HOST: HOST, DATABRICKS_TOKEN: "dapi12\n34" },
      /environment variable DATABRICKS_TOKEN holds characters that no secret has/,
    ],
    [
      "an unknown cloud",
      {
        DATABRICKS_HOST: HOST,
        ARM_CLIENT_ID: "c",
        ARM_CLIENT_SECRET: "s",
        ARM_TENANT_ID: "t",
        ARM_ENVIRONMENT: "mars",
      },
      /ARM_ENVIRONMENT is "mars"; it must be one of public, usgovernment, china/,
    ],
  ])("says what is wrong with %s", (_, env, message) => {
    profiles("[prod]\nhost = https://x.cloud.databricks.com\n");
    expect(() => auth(env)).toThrow(message);
    expect(() => auth(env)).not.toThrow(/hunter2|dapi12/);
  });

  it("shares one token request for a service principal", async () => {
    server = await fakeServer((_, response) =>
      response.end('{"access_token": "abc", "expires_in": 3600}'),
    );
    const login = auth({
      DATABRICKS_HOST: server.host,
      DATABRICKS_CLIENT_ID: "me",
      DATABRICKS_CLIENT_SECRET: "hush",
    });
    const all = await Promise.all([login.headers(), login.headers(), login.headers()]);
    expect(all).toEqual(Array(3).fill({ Authorization: "Bearer abc" }));
    expect(server.requests).toMatchObject([
      {
        method: "POST",
        url: "/oidc/v1/token",
        body: "grant_type=client_credentials&scope=all-apis",
      },
    ]);
    expect(server.requests[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from("me:hush").toString("base64")}`,
    );
    expect(login.renew()).toBe(true);
    await login.headers();
    expect(server.requests).toHaveLength(2);
  });

  it("gets an Azure token, and the management token for a workspace that does not know the principal", async () => {
    server = await fakeServer(({ body }, response) => {
      const resource = new URLSearchParams(body).get("resource") ?? "";
      response.end(
        JSON.stringify({
          access_token: resource.startsWith("https") ? "management" : "workspace",
          expires_in: "3599",
        }),
      );
    });
    const env = {
      DATABRICKS_HOST: HOST,
      ARM_CLIENT_ID: "me",
      ARM_CLIENT_SECRET: "hush",
      ARM_TENANT_ID: "t/1",
      ARM_ENVIRONMENT: server.host,
    };
    expect(await auth(env).headers()).toEqual({ Authorization: "Bearer workspace" });
    expect(server.requests[0]?.url).toBe("/t%2F1/oauth2/token");
    expect(
      await auth({ ...env, DATABRICKS_AZURE_RESOURCE_ID: "/subscriptions/1" }).headers(),
    ).toEqual({
      Authorization: "Bearer workspace",
      "X-Databricks-Azure-SP-Management-Token": "management",
      "X-Databricks-Azure-Workspace-Resource-Id": "/subscriptions/1",
    });
  });

  it("names the rejected credentials without the secret, even if the server repeats it", async () => {
    server = await fakeServer((_, response) => {
      refuse(response, 401, {
        error: "invalid_client",
        error_description: "no hush-hush \u001b[2J",
      });
    });
    const login = auth({
      DATABRICKS_HOST: server.host,
      DATABRICKS_CLIENT_ID: "me",
      DATABRICKS_CLIENT_SECRET: "hush-hush",
    });
    await expect(login.headers()).rejects.toThrow(
      `${server.host} does not accept the credentials from environment variable DATABRICKS_CLIENT_ID and environment variable DATABRICKS_CLIENT_SECRET: 401 invalid_client: no [REDACTED] \\u001b[2J`,
    );
    await expect(new WorkspaceHttp(login).request("GET", "x")).rejects.toMatchObject({
      name: "WorkspaceError",
      transient: false,
    });
  });

  it.each([
    ["cut in the middle of the secret", `${"x".repeat(290)}hush/hush+hush`],
    ["the header", `Basic ${Buffer.from("me:hush/hush+hush").toString("base64")}`],
    ["the form", "client_secret=hush%2Fhush%2Bhush"],
  ])("shows no part of a secret that the server says again: %s", async (_, said) => {
    server = await fakeServer((__, response) => {
      refuse(response, 401, { error_description: said });
    });
    const message = await auth({
      DATABRICKS_HOST: server.host,
      DATABRICKS_CLIENT_ID: "me",
      DATABRICKS_CLIENT_SECRET: "hush/hush+hush",
    })
      .headers()
      .catch((error: unknown) => (error as Error).message);
    expect(message).toContain("does not accept the credentials");
    expect(message).not.toMatch(/hush|bWU6/);
  });

  it.each([
    ["null", 200, /responded without a token; is the host correct\?/],
    ["[]", 200, /responded without a token; is the host correct\?/],
    ["{}", 404, /does not issue tokens; is the host correct\?: 404$/],
  ])("says that the host is not one that logs in: %s, %i", async (body, status, message) => {
    server = await fakeServer((_, response) => {
      response.statusCode = status;
      response.end(body);
    });
    const login = auth({
      DATABRICKS_HOST: server.host,
      DATABRICKS_CLIENT_ID: "me",
      DATABRICKS_CLIENT_SECRET: "hush",
    });
    await expect(login.headers()).rejects.toMatchObject({
      name: "JobstrataError",
      message: expect.stringMatching(message) as unknown,
    });
  });

  it("asks again for a token while the server does not answer", async () => {
    let asked = 0;
    server = await fakeServer(({ url }, response) => {
      if (!url.startsWith("/oidc")) response.end("{}");
      else if (++asked < 3) refuse(response, 503);
      else response.end('{"access_token": "abc"}');
    });
    const login = auth({
      DATABRICKS_HOST: server.host,
      DATABRICKS_CLIENT_ID: "me",
      DATABRICKS_CLIENT_SECRET: "hush",
    });
    await expect(
      new WorkspaceHttp(login, { firstRetryMs: 5 }).request("GET", "x"),
    ).resolves.toEqual({});
    expect(asked).toBe(3);
  });

  function program(name: string, script: string): void {
    writeFileSync(join(home, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(home, name), 0o755);
  }

  it.each<[string, NodeJS.ProcessEnv]>([
    ["basic", { DATABRICKS_USERNAME: "me", DATABRICKS_PASSWORD: "hush" }],
    ["metadata-service", { DATABRICKS_METADATA_SERVICE_URL: "http://127.0.0.1:1/hush" }],
    ["env-oidc", { DATABRICKS_OIDC_TOKEN_ENV: "TOKEN" }],
    ["file-oidc", { DATABRICKS_OIDC_TOKEN_FILEPATH: "/token" }],
    ["azure-msi", { ARM_USE_MSI: "true", ARM_CLIENT_ID: "c" }],
    ["google-credentials", { GOOGLE_CREDENTIALS: "hush" }],
    ["google-id", { DATABRICKS_GOOGLE_SERVICE_ACCOUNT: "me" }],
  ])("does not log in as somebody else where %s is configured", (name, env) => {
    program("databricks", "exit 0");
    program("az", "exit 0");
    const host = name.startsWith("google") ? "https://1.2.gcp.databricks.com" : HOST;
    const all = { PATH: `${home}:/usr/bin:/bin`, DATABRICKS_HOST: host, ...env };
    expect(() => auth(all)).toThrow(
      new RegExp(`type "${name}" is configured .* not supported by jobstrata; it knows pat, oauth`),
    );
    expect(() => auth(all)).not.toThrow(/hush/);
    expect(() => auth({ ...all, DATABRICKS_TOKEN: "t" })).toThrow(
      `more than one way to log in is configured: pat and ${name}`,
    );
  });

  it("ignores credentials of another cloud", () => {
    const aws = { DATABRICKS_HOST: "https://x.cloud.databricks.com", DATABRICKS_TOKEN: "t" };
    const arm = { ARM_CLIENT_ID: "c", ARM_CLIENT_SECRET: "s", ARM_TENANT_ID: "t" };
    expect(auth({ ...aws, ...arm, GOOGLE_CREDENTIALS: "g" }).authType).toBe("pat");
    expect(auth({ ...aws, ARM_USE_MSI: "false" }).authType).toBe("pat");
  });

  it("asks the Azure CLI for the resource of the cloud, whether or not its user may manage it", async () => {
    const env = { PATH: `${home}:/usr/bin:/bin`, DATABRICKS_AZURE_RESOURCE_ID: "/subscriptions/1" };
    program("az", `echo "{\\"accessToken\\": \\"$4\\"}"`);
    const login = auth({ ...env, DATABRICKS_HOST: "https://adb-1.2.databricks.azure.us" });
    expect((await login.headers())["X-Databricks-Azure-SP-Management-Token"]).toBe(
      "https://management.core.usgovcloudapi.net/",
    );
    program("az", `case $4 in http*) exit 1; esac; echo '{"accessToken": "azure"}'`);
    expect(await auth({ ...env, DATABRICKS_HOST: HOST }).headers()).toEqual({
      Authorization: "Bearer azure",
      "X-Databricks-Azure-Workspace-Resource-Id": "/subscriptions/1",
    });
  });

  it("sends no Azure token to a host that only looks like Azure", () => {
    program("az", `echo '{"accessToken": "azure"}'`);
    const env = { PATH: home, DATABRICKS_HOST: "https://x.azuredatabricks.example.com" };
    expect(() => auth(env)).toThrow(/^there is no way to log in to/);
  });

  it("tries the next CLI if the first is not logged in, and reports both errors", async () => {
    const env = { PATH: `${home}:/usr/bin:/bin`, DATABRICKS_HOST: HOST };
    program("databricks", `echo asked >> ${home}/asked; echo 'log in first' >&2; exit 1`);
    program("az", `echo '{"accessToken": "azure"}'`);
    const login = auth(env);
    const azure = { Authorization: "Bearer azure" };
    expect(await Promise.all([login.headers(), login.headers()])).toEqual([azure, azure]);
    expect(login.authType).toBe("azure-cli");
    expect(readFileSync(join(home, "asked"), "utf8")).toBe("asked\n");
    program("az", "echo 'az too' >&2; exit 1");
    await expect(auth(env).headers()).rejects.toThrow(
      /databricks gives no token: log in first; .*; az gives no token: az too; /,
    );
    const asked = auth({ ...env, DATABRICKS_AUTH_TYPE: "databricks-cli" });
    await expect(asked.headers()).rejects.toThrow(/^databricks gives no token: log in first/);
  });

  it("runs neither a folder nor a program in the current folder", () => {
    mkdirSync(join(home, "databricks"));
    expect(() => auth({ PATH: `:${home}`, DATABRICKS_HOST: HOST })).toThrow(/no way to log in/);
  });

  it("asks the Databricks CLI, and the Azure CLI where the workspace is in Azure", async () => {
    const env = { PATH: `${home}:/usr/bin:/bin`, DATABRICKS_HOST: HOST };
    program("az", `echo '{"accessToken": "azure", "expires_on": 1}'`);
    expect(auth(env).authType).toBe("azure-cli");
    expect(await auth(env).headers()).toEqual({ Authorization: "Bearer azure" });
    program(
      "databricks",
      `echo "{\\"access_token\\": \\"$*\\", \\"expiry\\": \\"2999-01-01T00:00:00Z\\"}"`,
    );
    expect(await auth(env).headers()).toEqual({
      Authorization: `Bearer auth token --host ${HOST}`,
    });
    profiles(`[prod]\nhost = ${HOST}\n`);
    expect(await auth(env, { profile: "prod" }).headers()).toEqual({
      Authorization: "Bearer auth token --profile prod",
    });
  });

  it.each([
    [
      "echo 'not logged in' >&2; exit 1",
      /databricks gives no token: not logged in; log in: databricks auth login --host/,
    ],
    ["echo nonsense", /databricks did not return a token/],
    ["echo '{}'", /databricks did not return a token/],
    ["echo null", /databricks did not return a token/],
    [`printf '{"access_token": "hush\\\\nhush"}'`, /^databricks did not return a token$/],
    ["exit 3", /databricks gives no token: it ended with 3; log in/],
  ])("says what the Databricks CLI says: %s", async (script, message) => {
    program("databricks", script);
    const env = { PATH: `${home}:/usr/bin:/bin`, DATABRICKS_HOST: HOST };
    await expect(auth(env).headers()).rejects.toThrow(message);
  });
});

describe("FetchedToken", () => {
  it.each([
    [3_600_000, 1],
    [200_000, 1],
    [-1000, 3],
  ])("with a life of %i ms is fetched %i times for three requests", async (life, times) => {
    let fetched = 0;
    const token = new FetchedToken(() => {
      fetched++;
      return Promise.resolve({ value: "x", expiresAt: Date.now() + life });
    });
    for (let at = 0; at < 3; at++) await token.headers();
    expect(fetched).toBe(times);
  });

  it("is requested again after a failure", async () => {
    let fetched = 0;
    const token = new FetchedToken(() =>
      ++fetched === 1 ? Promise.reject(new Error("later")) : Promise.resolve({ value: "x" }),
    );
    await expect(token.headers()).rejects.toThrow("later");
    await expect(token.headers()).resolves.toEqual({ Authorization: "Bearer x" });
  });
});
