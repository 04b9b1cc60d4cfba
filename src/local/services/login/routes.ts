import * as z from "zod";
import { invalidParameter } from "../../api-error";
import { object } from "../../schema/shape";
import { get, RawAnswer, type Route } from "../../http/route";

const NO_OAUTH =
  "The local workspace takes access tokens only: start the command with npx jobstrata local exec, " +
  "which sets DATABRICKS_HOST and DATABRICKS_TOKEN.";

/**
 * OAuth discovery endpoints, which clients call before login. They refuse OAuth logins: the workspace takes its token
 * only.
 */
export function loginRoutes(host: string, workspaceId: string): Route[] {
  const oidc = `${host}/oidc`;
  return [
    get("/.well-known/databricks-config", [""], object({}), () => ({
      oidc_endpoint: oidc,
      workspace_id: workspaceId,
    })),
    ...["oauth-authorization-server", "openid-configuration"].map((name) =>
      get(`/oidc/.well-known/${name}`, [""], object({}), () => ({
        issuer: oidc,
        authorization_endpoint: `${oidc}/v1/authorize`,
        token_endpoint: `${oidc}/v1/token`,
        response_types_supported: ["code"],
        grant_types_supported: ["authorization_code", "client_credentials", "refresh_token"],
        code_challenge_methods_supported: ["S256"],
        token_endpoint_auth_methods_supported: ["client_secret_basic", "none"],
      })),
    ),
    get(
      "/oidc/v1/authorize",
      [""],
      object({ redirect_uri: z.string(), state: z.string().optional() }),
      ({ query: { redirect_uri, state } }) => {
        const back = loopback(redirect_uri);
        back.searchParams.set("error", "access_denied");
        back.searchParams.set("error_description", NO_OAUTH);
        if (state !== undefined) back.searchParams.set("state", state);
        return new RawAnswer(NO_OAUTH, "text/plain; charset=utf-8", 302, { Location: back.href });
      },
    ),
    {
      method: "POST",
      path: "/oidc/v1/token",
      versions: [""],
      query: z.object({}),
      body: undefined,
      rawBody: true,
      handle: () =>
        new RawAnswer(
          JSON.stringify({ error: "invalid_client", error_description: NO_OAUTH }),
          "application/json",
          401,
        ),
    },
  ];
}

/**
 * Allows redirects to this machine only, where the client waits for the browser. @throws {ApiError} for other addresses
 */
function loopback(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url?.protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname))
    return url;
  throw invalidParameter("redirect_uri must be an http address of this machine.");
}
