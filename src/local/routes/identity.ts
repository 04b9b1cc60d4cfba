import { object } from "../schema/shape";
import type { Identity } from "./permissions";
import { get, type Route } from "./route";

export const ME: Identity = {
  id: "1000000001",
  userName: "local-user@example.com",
  displayName: "Local user",
};

export function identityRoutes(me: Identity, host: string, workspaceId: string): Route[] {
  return [
    // SDKs ask for it before they log in; all that they need of it with a token is that the host is a workspace.
    get("/.well-known/databricks-config", [""], object({}), () => ({
      oidc_endpoint: `${host}/oidc`,
      workspace_id: workspaceId,
    })),
    get("preview/scim/v2/Me", ["2.0"], object({}), () => ({
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
      id: me.id,
      userName: me.userName,
      displayName: me.displayName,
      active: true,
      emails: [{ type: "work", value: me.userName, primary: true }],
      groups: [{ display: "admins", type: "direct", value: "1000000002" }],
    })),
  ];
}
