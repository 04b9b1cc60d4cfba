import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { JobstrataError } from "@jobstrata/core/errors";
import { printable, quote } from "@jobstrata/core/model";
import type { Config } from "./config";
import { tokenLogin } from "../http";
import { WorkspaceError } from "../workspace-error";
import { FetchedToken, type Token, type TokenSource } from "./token";

/** Application id of Azure Databricks, the same in every tenant. */
const AZURE_DATABRICKS = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";

/** An Azure cloud. */
interface AzureCloud {
  /** Domain suffix of its workspaces. */
  readonly zone: string;
  readonly login: string;
  readonly management: string;
}

/** Clouds by the names that Azure tools use. */
const AZURE_CLOUDS = {
  PUBLIC: {
    zone: ".azuredatabricks.net",
    login: "https://login.microsoftonline.com",
    management: "https://management.core.windows.net/",
  },
  USGOVERNMENT: {
    zone: ".databricks.azure.us",
    login: "https://login.microsoftonline.us",
    management: "https://management.core.usgovcloudapi.net/",
  },
  CHINA: {
    zone: ".databricks.azure.cn",
    login: "https://login.chinacloudapi.cn",
    management: "https://management.core.chinacloudapi.cn/",
  },
} as const satisfies Readonly<Record<string, AzureCloud>>;

/** Whether the workspace is on Azure, by its address or a configured Azure resource id. */
export const isAzure = ({ host, azureResourceId }: Config): boolean =>
  azureResourceId !== undefined || cloudOf(host) !== undefined;

const cloudOf = (host: string): AzureCloud | undefined =>
  Object.values(AZURE_CLOUDS).find(({ zone }) => new URL(host).hostname.endsWith(zone));

/** A personal access token. */
export function pat(config: Config): TokenSource {
  return tokenLogin(config.host, needed(config, "token"));
}

/** OAuth of a service principal with a secret. */
export function oauthM2m(config: Config): TokenSource {
  const clientId = needed(config, "clientId");
  const secret = needed(config, "clientSecret");
  return new FetchedToken(() =>
    fetchToken({
      url: `${config.host}/oidc/v1/token`,
      form: { grant_type: "client_credentials", scope: "all-apis" },
      basic: clientSecretInHeader(clientId, secret),
      from: `${config.origin("clientId")} and ${config.origin("clientSecret")}`,
      secrets: [secret, clientSecretInHeader(clientId, secret)],
    }),
  );
}

const clientSecretInHeader = (clientId: string, secret: string): string =>
  Buffer.from(`${clientId}:${secret}`).toString("base64");

/** A service principal of Azure with a secret. */
export function azureClientSecret(config: Config): TokenSource {
  const secret = needed(config, "azureClientSecret");
  const clientId = needed(config, "azureClientId");
  const tenant = needed(config, "azureTenantId");
  const { login, management } = azureCloud(config);
  const tokenFor = (resource: string): Promise<Token> =>
    fetchToken({
      url: `${login}/${encodeURIComponent(tenant)}/oauth2/token`,
      form: {
        grant_type: "client_credentials",
        client_id: clientId,
        client_secret: secret,
        resource,
      },
      from: `${config.origin("azureClientId")} and ${config.origin("azureClientSecret")}`,
      secrets: [secret],
    });
  return new FetchedToken(async () => {
    const token = await tokenFor(AZURE_DATABRICKS);
    return withResource(config, token, async () => (await tokenFor(management)).value);
  });
}

/** The login of the Azure CLI. */
export function azureCli(config: Config): TokenSource {
  const { management } = azureCloud(config);
  const tokenFor = async (resource: string): Promise<Token> => {
    const tenant = config.azureTenantId === undefined ? [] : ["--tenant", config.azureTenantId];
    const args = [
      "account",
      "get-access-token",
      "--resource",
      resource,
      "--output",
      "json",
      ...tenant,
    ];
    const answer = await askProgram("az", args, config, 60_000, "az login");
    const { accessToken, expires_on } = answer;
    if (!isToken(accessToken)) throw unexpected("az");
    const seconds = Number(expires_on);
    return { value: accessToken, ...(seconds > 0 && { expiresAt: seconds * 1000 }) };
  };
  return new FetchedToken(async () => {
    const token = await tokenFor(AZURE_DATABRICKS);
    // Optional: users of a workspace often have no management access and need none.
    return withResource(config, token, () =>
      tokenFor(management).then(
        ({ value }) => value,
        () => undefined,
      ),
    );
  });
}

/** The login of the Databricks CLI. */
export function databricksCli(config: Config): TokenSource {
  const { profile, host, cliPath } = config;
  const whose = profile === undefined ? ["--host", host] : ["--profile", profile];
  const login = `databricks auth login ${whose.join(" ")}`;
  return new FetchedToken(async () => {
    const args = ["auth", "token", ...whose];
    const answer = await askProgram(cliPath ?? "databricks", args, config, 30_000, login);
    const { access_token, expiry } = answer;
    if (!isToken(access_token)) throw unexpected("databricks");
    const expiresAt = typeof expiry === "string" ? Date.parse(expiry) : NaN;
    return { value: access_token, ...(!Number.isNaN(expiresAt) && { expiresAt }) };
  });
}

/**
 * Adds management headers. With them, Azure admits a principal that is not yet in the workspace but may manage its
 * resource.
 */
async function withResource(
  { azureResourceId }: Config,
  token: Token,
  managementToken: () => Promise<string | undefined>,
): Promise<Token> {
  if (azureResourceId === undefined) return token;
  const management = await managementToken();
  return {
    ...token,
    headers: {
      "X-Databricks-Azure-Workspace-Resource-Id": azureResourceId,
      ...(management !== undefined && { "X-Databricks-Azure-SP-Management-Token": management }),
    },
  };
}

/**
 * The cloud of the workspace's address, otherwise of ARM_ENVIRONMENT. ARM_ENVIRONMENT may be a local address, for
 * tests.
 */
function azureCloud(config: Config): AzureCloud {
  const { host, azureEnvironment = "PUBLIC" } = config;
  if (/^http:\/\/127\.0\.0\.1:\d+$/.test(azureEnvironment))
    return { ...AZURE_CLOUDS.PUBLIC, login: azureEnvironment };
  const named = (AZURE_CLOUDS as Readonly<Record<string, AzureCloud | undefined>>)[
    azureEnvironment.toUpperCase()
  ];
  if (named !== undefined) return cloudOf(host) ?? named;
  throw new JobstrataError(
    "authentication",
    `${config.origin("azureEnvironment")} is ${quote(azureEnvironment)}; it must be one of ${Object.keys(AZURE_CLOUDS).join(", ").toLowerCase()}`,
  );
}

type Needed =
  "token" | "clientId" | "clientSecret" | "azureClientId" | "azureClientSecret" | "azureTenantId";

function needed(config: Config, attribute: Needed): string {
  const value = config[attribute];
  if (value !== undefined) return value;
  throw new JobstrataError(
    "authentication",
    `the authentication type ${quote(config.authType ?? "")} needs ${config.origin(attribute)}`,
  );
}

interface TokenRequest {
  readonly url: string;
  readonly form: Readonly<Record<string, string>>;
  readonly basic?: string;
  /** Where the credentials come from, for error messages. */
  readonly from: string;
  /** Values to remove from error messages. */
  readonly secrets: readonly string[];
}

/** If the server does not respond, the request that needs the token retries. */
async function fetchToken({ url, form, basic, from, secrets }: TokenRequest): Promise<Token> {
  const { origin } = new URL(url);
  const timeout = 30_000;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: "POST",
      body: new URLSearchParams(form),
      headers: basic === undefined ? {} : { Authorization: `Basic ${basic}` },
      redirect: "error",
      signal: AbortSignal.timeout(timeout),
    });
    text = await response.text();
  } catch (error) {
    throw WorkspaceError.noAnswer("log in", origin, error, timeout);
  }
  if (response.ok) return readToken(text, origin);
  // Truncate after redacting: a truncated secret would not be recognized.
  const why = cut(without(reasonIn(text), secrets));
  const error = WorkspaceError.refused("log in", origin, response.status, why, undefined);
  if (error.transient) throw error;
  const what = [400, 401, 403].includes(response.status)
    ? `${origin} does not accept the credentials from ${from}`
    : `${origin} does not issue tokens; is the host correct?`;
  throw new JobstrataError("authentication", `${what}: ${response.status} ${why}`.trimEnd());
}

function readToken(text: string, origin: string): Token {
  const { access_token, expires_in } = objectIn(text) ?? {};
  if (!isToken(access_token)) {
    throw new JobstrataError(
      "authentication",
      `${origin} responded without a token; is the host correct?`,
    );
  }
  const seconds = Number(expires_in);
  return { value: access_token, ...(seconds > 0 && { expiresAt: Date.now() + seconds * 1000 }) };
}

/** Parses a JSON object; undefined for anything else. */
function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value is valid in a header. Node.js would quote an invalid one in its error. */
const isToken = (value: unknown): value is string =>
  typeof value === "string" && /^[\x20-\x7e]+$/.test(value);

/** The message of an OAuth error; empty for an HTML page. */
function reasonIn(text: string): string {
  const { error, error_description, message } = objectIn(text) ?? {};
  return [error, error_description, message]
    .filter((part): part is string => typeof part === "string")
    .join(": ");
}

/** Removes secrets from text, both verbatim and URL-encoded. */
const without = (text: string, secrets: readonly string[]): string =>
  secrets
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ s: secret }).toString().slice(2),
    ])
    .reduce((left, secret) => left.replaceAll(secret, "[REDACTED]"), text);

const cut = (text: string): string => printable(text.slice(0, 300));

const run = promisify(execFile);

/** Gets a token from a program, without a shell. */
async function askProgram(
  program: string,
  args: readonly string[],
  { env }: Config,
  timeout: number,
  login: string,
): Promise<Record<string, unknown>> {
  let stdout: string;
  try {
    ({ stdout } = await run(program, args, { env: { ...env }, timeout }));
  } catch (error) {
    const { code, killed, stderr, message } = error as Error & {
      code?: unknown;
      killed?: boolean;
      stderr?: string;
    };
    const why =
      code === "ENOENT"
        ? "it is not on the PATH"
        : killed === true
          ? `no answer within ${timeout / 1000} s`
          : (stderr ?? message).trim() || `it ended with ${String(code)}`;
    throw new JobstrataError(
      "authentication",
      `${printable(program)} gives no token: ${cut(why)}; log in: ${printable(login)}`,
    );
  }
  const answer = objectIn(stdout);
  if (answer === undefined) throw unexpected(program);
  return answer;
}

const unexpected = (program: string): JobstrataError =>
  new JobstrataError("authentication", `${printable(program)} did not return a token`);
