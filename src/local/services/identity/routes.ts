import { get, type Route } from "../../http/route";
import { object } from "../../schema/shape";
import type { Identity } from "./identity";

export function identityRoutes(me: Identity): Route[] {
  return [
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
