import * as z from "zod";
import {
  alreadyExists,
  ApiError,
  doesNotExist,
  invalidParameter,
  malformedRequest,
} from "../../api-error";
import type { Clock } from "../../clock";
import { object } from "../../schema/shape";
import type { Store } from "../../store";
import type { Identity } from "../identity/identity";
import { get, post, type Route } from "../../http/route";

/** Bytes. */
const MAX_VALUE = 128 * 1024;
const MAX_SCOPES = 1000;
const MAX_SECRETS = 1000;

const scopeName = z
  .string()
  .regex(
    /^[A-Za-z0-9_.@-]{1,128}$/,
    'is not a valid scope: 1 to 128 letters, digits, "-", "_", "@" or "." are allowed',
  );
const secretKey = z
  .string()
  .regex(
    /^[A-Za-z0-9_.-]{1,128}$/,
    'is not a valid key: 1 to 128 letters, digits, "-", "_" or "." are allowed',
  );
const principal = z.string().regex(/\S/, "must name a user, a group or a service principal");

const putBody = object({
  // Check the type only: the message of any other check would quote the value.
  bytes_value: z.string().optional(),
  key: secretKey,
  scope: scopeName,
  string_value: z.string().optional(),
});

/** Secrets API. ACLs are stored but not enforced: the one user may do anything. */
export function secretRoutes(store: Store, clock: Clock, me: Identity): Route[] {
  const { secrets } = store;
  const checkScope = (scope: string): void => {
    if (!secrets.hasScope(scope)) throw doesNotExist(`Scope ${scope} does not exist!`);
  };
  const inScope = object({ scope: scopeName });
  const inScopeWithKey = object({ scope: scopeName, key: secretKey });
  const inScopeWithPrincipal = object({ scope: scopeName, principal });

  return [
    post(
      "secrets/scopes/create",
      ["2.0"],
      object({
        backend_azure_keyvault: z.never("is not supported by the local workspace").optional(),
        initial_manage_principal: z.enum(["users"]).optional(),
        scope: scopeName,
        scope_backend_type: z.enum(["DATABRICKS"]).optional(),
      }),
      ({ body: { scope, initial_manage_principal = me.userName } }) => {
        const scopes = secrets.scopes();
        if (secrets.hasScope(scope)) throw alreadyExists(`Scope ${scope} already exists!`);
        if (scopes.length >= MAX_SCOPES) throw limitExceeded(`${MAX_SCOPES} scopes in a workspace`);
        store.atomically(() => {
          secrets.createScope(scope);
          secrets.putAcl(scope, { principal: initial_manage_principal, permission: "MANAGE" });
        });
      },
    ),
    get("secrets/scopes/list", ["2.0"], object({}), () => {
      const scopes = secrets.scopes().map((name) => ({ name, backend_type: "DATABRICKS" }));
      return scopes.length === 0 ? {} : { scopes };
    }),
    post("secrets/scopes/delete", ["2.0"], inScope, ({ body: { scope } }) => {
      checkScope(scope);
      secrets.deleteScope(scope);
    }),

    post("secrets/put", ["2.0"], putBody, ({ body }) => {
      const { scope, key } = body;
      checkScope(scope);
      const value = valueOf(body);
      if (secrets.value(scope, key) === undefined && secrets.keys(scope).length >= MAX_SECRETS)
        throw limitExceeded(`${MAX_SECRETS} secrets in a scope`);
      secrets.put(scope, key, value, clock.now());
    }),
    post("secrets/delete", ["2.0"], inScopeWithKey, ({ body: { scope, key } }) => {
      checkScope(scope);
      if (secrets.value(scope, key) === undefined) throw secretNotFound(scope, key);
      secrets.delete(scope, key);
    }),
    get("secrets/list", ["2.0"], inScope, ({ query: { scope } }) => {
      checkScope(scope);
      const listed = secrets
        .keys(scope)
        .map(({ key, updated }) => ({ key, last_updated_timestamp: updated }));
      return listed.length === 0 ? {} : { secrets: listed };
    }),
    get("secrets/get", ["2.0"], inScopeWithKey, ({ query: { scope, key } }) => {
      checkScope(scope);
      const value = secrets.value(scope, key);
      if (value === undefined) throw secretNotFound(scope, key);
      return { key, value: value.toString("base64") };
    }),

    post(
      "secrets/acls/put",
      ["2.0"],
      object({ scope: scopeName, principal, permission: z.enum(["MANAGE", "READ", "WRITE"]) }),
      ({ body: { scope, ...acl } }) => {
        checkScope(scope);
        secrets.putAcl(scope, acl);
      },
    ),
    get("secrets/acls/get", ["2.0"], inScopeWithPrincipal, ({ query }) => {
      checkScope(query.scope);
      return aclOf(store, query.scope, query.principal);
    }),
    get("secrets/acls/list", ["2.0"], inScope, ({ query: { scope } }) => {
      checkScope(scope);
      return { items: secrets.acls(scope) };
    }),
    post("secrets/acls/delete", ["2.0"], inScopeWithPrincipal, ({ body }) => {
      checkScope(body.scope);
      secrets.deleteAcl(body.scope, aclOf(store, body.scope, body.principal).principal);
    }),
  ];
}

/** The value of a secret. @throws {ApiError} if invalid; the message never quotes the value */
function valueOf({ bytes_value, string_value }: z.infer<typeof putBody>): Buffer {
  if ((bytes_value === undefined) === (string_value === undefined)) {
    throw malformedRequest("Exactly one of bytes_value, string_value must be given.");
  }
  if (bytes_value !== undefined && !/^[A-Za-z0-9+/]*={0,2}$/.test(bytes_value)) {
    throw invalidParameter("bytes_value is not valid base64.");
  }
  const value =
    bytes_value === undefined
      ? Buffer.from(string_value ?? "")
      : Buffer.from(bytes_value, "base64");
  if (value.length > MAX_VALUE) {
    throw invalidParameter(
      `The value of a secret must not exceed ${MAX_VALUE} bytes (got ${value.length}).`,
    );
  }
  return value;
}

function aclOf(
  store: Store,
  scope: string,
  name: string,
): { principal: string; permission: string } {
  const acl = store.secrets.acls(scope).find((each) => each.principal === name);
  if (acl === undefined)
    throw doesNotExist(`There is no ACL of principal "${name.slice(0, 100)}" in scope ${scope}.`);
  return acl;
}

const secretNotFound = (scope: string, key: string): ApiError =>
  doesNotExist(`Secret does not exist with scope: ${scope} and key: ${key}`);

const limitExceeded = (limit: string): ApiError =>
  new ApiError(400, "RESOURCE_LIMIT_EXCEEDED", `There can be no more than ${limit}.`);
