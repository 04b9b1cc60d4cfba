import { accessSync, constants, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "ini";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { errorText, printable, quote, systemReason } from "@jobstrata/core/model";

/** Explicit settings, and the environment to read others from. */
export interface AuthOptions {
  /** @default process.env */
  readonly env?: Readonly<NodeJS.ProcessEnv>;
  /** From the configuration of the Terraform provider; takes precedence over environment variables, as there. */
  readonly host?: string;
  /** A profile of the configuration file, from the configuration of the Terraform provider. */
  readonly profile?: string;
}

/** Settings of unified authentication, each with its environment variable and its name in a profile. */
const ATTRIBUTES = {
  host: { variable: "DATABRICKS_HOST", field: "host" },
  token: { variable: "DATABRICKS_TOKEN", field: "token" },
  clientId: { variable: "DATABRICKS_CLIENT_ID", field: "client_id" },
  clientSecret: { variable: "DATABRICKS_CLIENT_SECRET", field: "client_secret" },
  authType: { variable: "DATABRICKS_AUTH_TYPE", field: "auth_type" },
  cliPath: { variable: "DATABRICKS_CLI_PATH", field: "databricks_cli_path" },
  azureResourceId: {
    variable: "DATABRICKS_AZURE_RESOURCE_ID",
    field: "azure_workspace_resource_id",
  },
  azureClientId: { variable: "ARM_CLIENT_ID", field: "azure_client_id" },
  azureClientSecret: { variable: "ARM_CLIENT_SECRET", field: "azure_client_secret" },
  azureTenantId: { variable: "ARM_TENANT_ID", field: "azure_tenant_id" },
  azureEnvironment: { variable: "ARM_ENVIRONMENT", field: "azure_environment" },
  // Read only to reject them: a user who sets one of these does not want another identity.
  username: { variable: "DATABRICKS_USERNAME", field: "username" },
  password: { variable: "DATABRICKS_PASSWORD", field: "password" },
  metadataServiceUrl: {
    variable: "DATABRICKS_METADATA_SERVICE_URL",
    field: "metadata_service_url",
  },
  oidcTokenEnv: { variable: "DATABRICKS_OIDC_TOKEN_ENV", field: "oidc_token_env" },
  oidcTokenFile: {
    variable: "DATABRICKS_OIDC_TOKEN_FILEPATH",
    field: "databricks_id_token_filepath",
  },
  azureUseMsi: { variable: "ARM_USE_MSI", field: "azure_use_msi" },
  googleCredentials: { variable: "GOOGLE_CREDENTIALS", field: "google_credentials" },
  googleServiceAccount: {
    variable: "DATABRICKS_GOOGLE_SERVICE_ACCOUNT",
    field: "google_service_account",
  },
} as const;
type Attribute = keyof typeof ATTRIBUTES;

/** The configuration of a login and the origin of each setting. */
export interface Config extends Readonly<Partial<Record<Attribute, string>>> {
  readonly host: string;
  readonly env: Readonly<NodeJS.ProcessEnv>;
  /** The profile that was read. */
  readonly profile?: string;
  /** The origin of a setting, such as `environment variable DATABRICKS_TOKEN`. */
  origin(attribute: Attribute): string;
  /** All settings found, by their names at their origin. */
  sources(): string;
  /** Whether a program is on the PATH or at its configured path. */
  hasProgram(name: "az" | "databricks"): boolean;
  /** The missing settings of an incomplete login. */
  half(): string | undefined;
}

/** @throws {JobstrataError} `authentication` */
export function readConfig(options: AuthOptions): Config {
  const env = options.env ?? process.env;
  const values = new Map<Attribute, { readonly value: string; readonly from: string }>();
  const take = (attribute: Attribute, value: string | undefined, from: string): void => {
    const text = value?.trim();
    if (text === undefined || text === "" || values.has(attribute)) return;
    if (attribute === "azureUseMsi" && !/^(1|t|true)$/i.test(text)) return;
    values.set(attribute, { value: text, from });
  };
  take("host", options.host, "the Terraform provider of the environment");
  for (const [attribute, { variable }] of entries())
    take(attribute, env[variable], `environment variable ${variable}`);
  const profile = readProfile(options, env, !saysWhere(values));
  if (profile !== undefined) {
    for (const [attribute, { field }] of entries())
      take(
        attribute,
        profile.fields[field],
        printable(`${field} of profile ${profile.name} of ${profile.file}`),
      );
  }
  const written = values.get("host")?.value;
  if (written === undefined) {
    throw new JobstrataError(
      "authentication",
      `no workspace is known: set DATABRICKS_HOST, or name a profile of ${profile?.file ?? configFile(env)} in DATABRICKS_CONFIG_PROFILE, or write host or profile in the workspace of the environment; for the workspace on this machine add --local`,
    );
  }
  const host = checkedHost(written, values.get("host")?.from ?? "");
  for (const secret of ["token", "clientSecret", "azureClientSecret"] as const) {
    const given = values.get(secret);
    if (given === undefined || /^[\x21-\x7e]+$/.test(given.value)) continue;
    throw new JobstrataError(
      "authentication",
      `${given.from} holds characters that no secret has, such as a line break or a space in the middle`,
    );
  }
  const attributes = Object.fromEntries([...values].map(([name, { value }]) => [name, value]));
  return {
    ...attributes,
    host,
    env,
    ...(profile && { profile: profile.name }),
    origin: (attribute) => values.get(attribute)?.from ?? ATTRIBUTES[attribute].variable,
    sources: () => [...values.values()].map(({ from }) => from).join(", "),
    hasProgram: (name) => hasProgram(name, env, values.get("cliPath")?.value),
    half: () => half(new Set(values.keys())),
  };
}

/** Whether the workspace or a login is already configured, so that no default profile applies. */
const saysWhere = (values: ReadonlyMap<Attribute, unknown>): boolean =>
  [...values.keys()].some(
    (attribute) => !["cliPath", "authType", "azureEnvironment"].includes(attribute),
  );

const entries = (): [Attribute, (typeof ATTRIBUTES)[Attribute]][] =>
  Object.entries(ATTRIBUTES) as [Attribute, (typeof ATTRIBUTES)[Attribute]][];

interface Profile {
  readonly name: string;
  readonly file: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** The named profile. If nothing else is configured, the profile that the Databricks CLI was switched to, or DEFAULT. */
function readProfile(
  { profile }: AuthOptions,
  env: Readonly<NodeJS.ProcessEnv>,
  nothingElse: boolean,
): Profile | undefined {
  const named = profile ?? nonEmpty(env.DATABRICKS_CONFIG_PROFILE);
  if (named === undefined && !nothingElse) return undefined;
  const file = configFile(env);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (named === undefined && absent) return undefined;
    const why = absent
      ? "does not exist"
      : `cannot be read: ${systemReason(error) ?? printable(errorText(error))}`;
    const which = named === undefined ? "" : `, which should have the profile ${quote(named)},`;
    throw new JobstrataError("authentication", `${printable(file)}${which} ${why}`);
  }
  // Sections are profiles; settings before the first section belong to DEFAULT.
  const sections = new Map<string, Record<string, string>>();
  const top: Record<string, string> = {};
  // The parser would turn a name with dots into nested sections.
  const escaped = text.replace(
    /^(\s*\[)([^\]]*)(\].*)$/gm,
    (_, open: string, name: string, close: string) =>
      `${open}${name.replace(/(?<!\\)\./g, "\\.")}${close}`,
  );
  for (const [name, value] of Object.entries(parse(literal(escaped)))) {
    if (typeof value === "object" && value !== null) sections.set(name, strings(value as object));
    else if (typeof value === "string") top[name] = value;
  }
  if (Object.keys(top).length > 0) sections.set("DEFAULT", { ...top, ...sections.get("DEFAULT") });
  const wanted = named ?? nonEmpty(sections.get(SETTINGS)?.default_profile);
  sections.delete(SETTINGS);
  const name = wanted ?? "DEFAULT";
  const fields = sections.get(name);
  if (fields !== undefined) return { name, file, fields };
  if (wanted === undefined) return undefined;
  const names = [...sections.keys()];
  throw new JobstrataError(
    "authentication",
    `${printable(file)} has no profile ${quoteWithSuggestion(wanted, names)}; it has ${names.map(quote).join(", ") || "none"}`,
  );
}

/** Section, not a profile, in which the Databricks CLI stores the profile chosen by `databricks auth switch`. */
const SETTINGS = "__settings__";

/**
 * Escapes values for the parser, to which # or ; starts a comment anywhere and a backslash escapes. In the SDKs, a
 * comment starts only after a space, since secrets contain such characters.
 */
function literal(text: string): string {
  return text.replace(
    /^(\s*[^\s=[#;][^=\n]*=[ \t]*)(?!["'\s])(.*)$/gm,
    (_, start: string, value: string) =>
      start + value.replace(/\\/g, "\\\\").replace(/(?<=\S)[#;]/g, "\\$&"),
  );
}

function strings(section: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(section).flatMap(([name, value]: [string, unknown]) =>
      typeof value === "string" ? [[name, value]] : [],
    ),
  );
}

function configFile(env: Readonly<NodeJS.ProcessEnv>): string {
  const home = nonEmpty(env.HOME) ?? homedir();
  const given = nonEmpty(env.DATABRICKS_CONFIG_FILE);
  return given?.replace(/^~(?=\/|$)/, home) ?? join(home, ".databrickscfg");
}

const nonEmpty = (text: string | undefined): string | undefined => (text === "" ? undefined : text);

/** Keeps the origin only. Requires HTTPS, except on this machine, because a token must be encrypted on the network. */
function checkedHost(written: string, from: string): string {
  let url: URL | undefined;
  try {
    url = new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `https://${written}`);
  } catch {
    // Reported below.
  }
  if (url === undefined || !["https:", "http:"].includes(url.protocol)) {
    // The part before an @ may be a password.
    const shown = written.includes("@") ? "" : `: ${quote(written)}`;
    throw new JobstrataError(
      "authentication",
      `${from} is not the address of a workspace${shown}; expected one such as https://adb-1234567890123456.7.azuredatabricks.net`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    throw new JobstrataError(
      "authentication",
      `${from} holds a user or a password; put them where they belong, the address is that of the workspace alone`,
    );
  }
  const loopback = ["127.0.0.1", "localhost", "[::1]"].includes(url.hostname);
  if (url.protocol !== "https:" && !loopback) {
    throw new JobstrataError(
      "authentication",
      `${from} is ${quote(url.origin)}; a token is not sent over http, except to this machine`,
    );
  }
  return url.origin;
}

function hasProgram(
  name: string,
  env: Readonly<NodeJS.ProcessEnv>,
  cliPath: string | undefined,
): boolean {
  const candidates =
    name === "databricks" && cliPath !== undefined
      ? [cliPath]
      : (env.PATH ?? "")
          .split(delimiter)
          .filter((folder) => folder !== "")
          .map((folder) => join(folder, name));
  return candidates.some((file) => {
    try {
      accessSync(file, constants.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  });
}

/** Settings that are required together. */
const TOGETHER: readonly (readonly Attribute[])[] = [
  ["clientId", "clientSecret"],
  ["azureClientId", "azureClientSecret", "azureTenantId"],
];

function half(known: ReadonlySet<Attribute>): string | undefined {
  for (const parts of TOGETHER) {
    const missing = parts.filter((part) => !known.has(part));
    if (missing.length === 0 || missing.length === parts.length) continue;
    const present = parts.filter((part) => known.has(part));
    const names = (list: readonly Attribute[]): string =>
      list.map((part) => ATTRIBUTES[part].variable).join(" and ");
    return `${names(missing)} is missing beside ${names(present)}`;
  }
  return undefined;
}
