import { JobstrataError } from "../errors";
import { quote } from "../model/text";
import { type AuthOptions, type Config, readConfig } from "./auth/config";
import { azureCli, azureClientSecret, databricksCli, oauthM2m, pat } from "./auth/methods";
import type { TokenSource } from "./auth/token";
import type { Login } from "./http";

/** How to reach a workspace and log in to it. */
export interface WorkspaceAuth extends Login {
  /** How it is logged in, such as `pat` or `oauth-m2m`. */
  readonly authType: string;
}

export type { AuthOptions };

/** A way to log in: whether the configuration has what it takes, and how it is done. */
interface Method {
  readonly name: string;
  /** What the configuration holds only for this way; two of them at once are a contradiction. */
  readonly configured: (config: Config) => boolean;
  /** Whether it is tried without having been configured, as a program that may be logged in. */
  readonly ambient?: (config: Config) => boolean;
  readonly open: (config: Config) => TokenSource;
}

/** In the order in which the SDKs of Databricks try them. */
const METHODS: readonly Method[] = [
  { name: "pat", configured: ({ token }) => token !== undefined, open: pat },
  {
    name: "oauth-m2m",
    configured: ({ clientId, clientSecret }) =>
      clientId !== undefined && clientSecret !== undefined,
    open: oauthM2m,
  },
  { name: "databricks-cli", configured: () => false, ambient: () => true, open: databricksCli },
  {
    name: "azure-client-secret",
    configured: ({ azureClientId, azureClientSecret: secret, azureTenantId }) =>
      azureClientId !== undefined && secret !== undefined && azureTenantId !== undefined,
    open: azureClientSecret,
  },
  {
    name: "azure-cli",
    configured: () => false,
    ambient: ({ host }) => /\.azuredatabricks\.|\.databricks\.azure\./.test(host),
    open: azureCli,
  },
];

/**
 * Finds the workspace and a way to log in to it as Databricks unified authentication does: environment variables, then a
 * profile of the configuration file. Nothing is asked of anybody yet.
 *
 * It is a part of what the SDKs of Databricks have: personal access tokens, OAuth for service principals, the logins of the
 * Databricks CLI and of the Azure CLI, and service principals of Azure. The SDK for JavaScript needs a newer Node.js than
 * this package.
 *
 * @throws JobstrataError `authentication` if there is no workspace, or no way to log in to it
 */
export function resolveAuth(options: AuthOptions = {}): WorkspaceAuth {
  const config = readConfig(options);
  const { name, open } = methodFor(config);
  const source = open(config);
  return {
    host: config.host,
    authType: name,
    headers: () => source.headers(),
    renew: () => source.renew(),
  };
}

function methodFor(config: Config): Method {
  const names = METHODS.map(({ name }) => name);
  const { authType } = config;
  if (authType !== undefined) {
    const method = METHODS.find(({ name }) => name === authType);
    if (method !== undefined) return method;
    throw new JobstrataError(
      "authentication",
      `the authentication type ${quote(authType)} (${config.origin("authType")}) is not supported by jobstrata; it knows ${names.join(", ")}`,
    );
  }
  const configured = METHODS.filter((method) => method.configured(config));
  const [first, second] = configured;
  if (first !== undefined && second !== undefined) {
    throw new JobstrataError(
      "authentication",
      `more than one way to log in is configured: ${configured.map(({ name }) => name).join(" and ")} (from ${config.sources()}); remove one, or choose with DATABRICKS_AUTH_TYPE`,
    );
  }
  if (first !== undefined) return first;
  const ambient = METHODS.filter((method) => method.ambient?.(config) === true);
  const found = ambient.find(({ name }) =>
    config.hasProgram(name === "azure-cli" ? "az" : "databricks"),
  );
  if (found !== undefined) return found;
  const partly = config.half();
  throw new JobstrataError(
    "authentication",
    `there is no way to log in to ${config.host}${partly === undefined ? "" : `: ${partly}`}; set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, or name a profile in DATABRICKS_CONFIG_PROFILE, or log in with the Databricks CLI ("databricks auth login")`,
  );
}
