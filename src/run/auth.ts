import { JobstrataError } from "../errors";
import { type Login, tokenLogin } from "./http";

export function resolveAuth(
  options: { host?: string; profile?: string; env?: NodeJS.ProcessEnv } = {},
): Login {
  const { env = process.env } = options;
  const host = options.host ?? env.DATABRICKS_HOST;
  if (host === undefined || env.DATABRICKS_TOKEN === undefined)
    throw new JobstrataError("authentication", "no login");
  return tokenLogin(host, env.DATABRICKS_TOKEN);
}
