import { JobstrataError } from "@jobstrata/core/errors";
import { quote } from "@jobstrata/core/model";
import { type AuthOptions, type Config, readConfig } from "./auth/config";
import { azureCli, azureClientSecret, databricksCli, isAzure, oauthM2m, pat } from "./auth/methods";
import type { TokenSource } from "./auth/token";
import type { Login } from "./http";

/** The address of a workspace and the credentials for it. */
export interface WorkspaceAuth extends Login {
  /**
   * The authentication type, such as `pat` or `oauth-m2m`. With several CLIs to try, the first one until one has
   * responded.
   */
  readonly authType: string;
}

export type { AuthOptions };

/** An authentication type: whether it is configured, and how it authenticates. */
interface Method {
  readonly name: string;
  /** Whether the type's own settings are present. Two configured types are an error. */
  readonly configured: (config: Config) => boolean;
  /** The CLI that the type uses; it may be logged in without any configuration. */
  readonly program?: "az" | "databricks";
  /** Whether the type applies to the workspace. @default always */
  readonly applies?: (config: Config) => boolean;
  /** Undefined if jobstrata does not support it. */
  readonly open?: (config: Config) => TokenSource;
}

/** Authentication types, in the order of the Databricks SDKs. */
const METHODS: readonly Method[] = [
  { name: "pat", configured: ({ token }) => token !== undefined, open: pat },
  {
    name: "basic",
    configured: ({ username, password }) => username !== undefined && password !== undefined,
  },
  {
    name: "oauth-m2m",
    configured: ({ clientId, clientSecret }) =>
      clientId !== undefined && clientSecret !== undefined,
    open: oauthM2m,
  },
  {
    name: "databricks-cli",
    configured: () => false,
    program: "databricks",
    open: databricksCli,
  },
  {
    name: "metadata-service",
    configured: ({ metadataServiceUrl }) => metadataServiceUrl !== undefined,
  },
  { name: "env-oidc", configured: ({ oidcTokenEnv }) => oidcTokenEnv !== undefined },
  { name: "file-oidc", configured: ({ oidcTokenFile }) => oidcTokenFile !== undefined },
  {
    name: "azure-msi",
    configured: ({ azureUseMsi }) => azureUseMsi !== undefined,
    applies: isAzure,
  },
  {
    name: "azure-client-secret",
    configured: ({ azureClientId, azureClientSecret: secret, azureTenantId }) =>
      azureClientId !== undefined && secret !== undefined && azureTenantId !== undefined,
    applies: isAzure,
    open: azureClientSecret,
  },
  {
    name: "azure-cli",
    configured: () => false,
    program: "az",
    applies: isAzure,
    open: azureCli,
  },
  {
    name: "google-credentials",
    configured: ({ googleCredentials }) => googleCredentials !== undefined,
    applies: ({ host }) => host.endsWith(".gcp.databricks.com"),
  },
  {
    name: "google-id",
    configured: ({ googleServiceAccount }) => googleServiceAccount !== undefined,
    applies: ({ host }) => host.endsWith(".gcp.databricks.com"),
  },
];

/**
 * Finds the workspace and its credentials as Databricks unified authentication does: in environment variables, then in
 * a profile of the configuration file. Sends no request.
 *
 * Supports a subset of the Databricks SDKs: personal access tokens, OAuth for service principals, logins of the
 * Databricks CLI and the Azure CLI, and Azure service principals. The JavaScript SDK itself requires a newer Node.js
 * than this package.
 *
 * @throws {JobstrataError} `authentication` if no workspace or no login is configured
 */
export function resolveAuth(options: AuthOptions = {}): WorkspaceAuth {
  const config = readConfig(options);
  const sources = methodsFor(config).map(({ name, open }) => ({ name, source: open(config) }));
  return new FirstThatWorks(config.host, sources);
}

type Supported = Method & Required<Pick<Method, "open">>;
const isSupported = (method: Method): method is Supported => method.open !== undefined;

/** The configured types, otherwise the CLIs that may be logged in, in order of preference. */
function methodsFor(config: Config): Supported[] {
  const names = METHODS.filter(isSupported)
    .map(({ name }) => name)
    .join(", ");
  const { authType } = config;
  if (authType !== undefined) {
    const method = METHODS.filter(isSupported).find(({ name }) => name === authType);
    if (method !== undefined) return [method];
    throw new JobstrataError(
      "authentication",
      `the authentication type ${quote(authType)} (${config.origin("authType")}) is not supported by jobstrata; it knows ${names}`,
    );
  }
  const applicable = METHODS.filter(({ applies }) => applies?.(config) !== false);
  const configured = applicable.filter((method) => method.configured(config));
  const [first, second] = configured;
  if (first !== undefined && second !== undefined) {
    throw new JobstrataError(
      "authentication",
      `more than one way to log in is configured: ${configured.map(({ name }) => name).join(" and ")} (from ${config.sources()}); remove one, or choose with DATABRICKS_AUTH_TYPE`,
    );
  }
  if (first !== undefined) {
    if (isSupported(first)) return [first];
    throw new JobstrataError(
      "authentication",
      `the authentication type ${quote(first.name)} is configured (from ${config.sources()}), which is not supported by jobstrata; it knows ${names}`,
    );
  }
  const programs = applicable
    .filter(isSupported)
    .filter(({ program }) => program !== undefined && config.hasProgram(program));
  if (programs.length > 0) return programs;
  const partly = config.half();
  throw new JobstrataError(
    "authentication",
    `there is no way to log in to ${config.host}${partly === undefined ? "" : `: ${partly}`}; set DATABRICKS_TOKEN, or DATABRICKS_CLIENT_ID and DATABRICKS_CLIENT_SECRET, or name a profile in DATABRICKS_CONFIG_PROFILE, or log in with the Databricks CLI ("databricks auth login")`,
  );
}

interface NamedSource {
  readonly name: string;
  readonly source: TokenSource;
}

/** Tries the sources in order and keeps the first that works, since an installed CLI may not be logged in. */
class FirstThatWorks implements WorkspaceAuth {
  #settled: NamedSource | undefined;
  #settling: Promise<NamedSource> | undefined;

  readonly #sources: readonly NamedSource[];

  public constructor(
    public readonly host: string,
    sources: readonly NamedSource[],
  ) {
    this.#sources = sources;

    if (sources.length === 1) this.#settled = sources[0];
  }

  public get authType(): string {
    return (this.#settled ?? this.#sources[0])?.name ?? "";
  }

  public async headers(): Promise<Readonly<Record<string, string>>> {
    if (this.#settled === undefined) {
      this.#settling ??= this.#settle().finally(() => (this.#settling = undefined));
      this.#settled = await this.#settling;
    }
    return this.#settled.source.headers();
  }

  public renew(): boolean {
    return this.#settled?.source.renew() ?? false;
  }

  async #settle(): Promise<NamedSource> {
    const errors: string[] = [];
    for (const named of this.#sources) {
      try {
        await named.source.headers();
        return named;
      } catch (error) {
        if (!(error instanceof JobstrataError)) throw error;
        errors.push(error.message);
      }
    }
    throw new JobstrataError("authentication", errors.join("; "));
  }
}
