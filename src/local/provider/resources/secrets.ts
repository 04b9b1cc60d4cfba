/** Secret scopes, secrets and secret ACLs. Every change replaces the resource. */
import type { Obj } from "../cty";
import { ConfigurationError, error, type Diagnostic } from "../diagnostic";
import type { Schema } from "../schema";
import { isSet } from "../validate";
import { jsonInteger, jsonObjects, jsonText, mergeAnswer, type JsonObject } from "../wire";
import { ApiError, type Workspace } from "../workspace";
import { textOf, type Resource } from "./resource";

export const secretScope = (schema: Schema): Resource => ({
  label: "secret scope",
  schema,

  validate(config) {
    const found = validateNames(config, ["name"]);
    if (isSet(config.keyvault_metadata)) {
      const detail = "The local workspace keeps the secrets of its scopes itself.";
      found.push(error("keyvault_metadata is not supported", detail, ["keyvault_metadata"]));
    }
    return found;
  },

  async create(workspace, planned) {
    const scope = textOf(planned, "name");
    const principal = textOf(planned, "initial_manage_principal");
    await workspace.post("/api/2.0/secrets/scopes/create", {
      scope,
      scope_backend_type: "DATABRICKS",
      ...(principal === "" ? {} : { initial_manage_principal: principal }),
    });
    return { ...planned, id: scope };
  },

  async read(workspace, state, isNew) {
    const name = textOf(state, "id");
    const { scopes } = await workspace.get("/api/2.0/secrets/scopes/list");
    const found = jsonObjects(scopes).find((scope) => scope.name === name);
    if (found === undefined) throw missing(`no secret scope found with scope name ${name}`);
    return mergeAnswer(schema.block, state, found, isNew);
  },

  update: (_workspace, planned) => Promise.resolve(planned),

  async delete(workspace, state) {
    await workspace.post("/api/2.0/secrets/scopes/delete", { scope: textOf(state, "id") });
  },
});

export const secret = (schema: Schema): Resource => ({
  label: "secret",
  schema,

  validate(config) {
    const found = validateNames(config, ["scope", "key"]);
    if (config.string_value === "")
      found.push(error("string_value must not be empty", "", ["string_value"]));
    return found;
  },

  async create(workspace, planned) {
    const scope = textOf(planned, "scope");
    const key = textOf(planned, "key");
    await workspace.post("/api/2.0/secrets/put", {
      scope,
      key,
      string_value: textOf(planned, "string_value"),
    });
    return { ...planned, id: pack(scope, key) };
  },

  async read(workspace, state) {
    const [scope, key] = unpack(state, "key");
    const { secrets } = await workspace.get("/api/2.0/secrets/list", { scope });
    const found = jsonObjects(secrets).find((one) => one.key === key);
    if (found === undefined) throw missing(`no secret found with scope ${scope} and key ${key}`);
    return {
      ...state,
      scope,
      key,
      config_reference: `{{secrets/${scope}/${key}}}`,
      last_updated_timestamp: jsonInteger(found.last_updated_timestamp),
    };
  },

  update: (_workspace, planned) => Promise.resolve(planned),

  async delete(workspace, state) {
    const [scope, key] = unpack(state, "key");
    await workspace.post("/api/2.0/secrets/delete", { scope, key });
  },
});

export const secretAcl = (schema: Schema): Resource => ({
  label: "secret ACL",
  schema,

  validate: (config) => validateNames(config, ["scope"]),

  async create(workspace, planned) {
    const scope = textOf(planned, "scope");
    const principal = textOf(planned, "principal");
    const permission = textOf(planned, "permission");
    await workspace.post("/api/2.0/secrets/acls/put", { scope, principal, permission });
    return { ...planned, id: pack(scope, principal) };
  },

  async read(workspace, state) {
    const [scope, principal] = unpack(state, "principal");
    const acl = await workspace.get("/api/2.0/secrets/acls/get", { scope, principal });
    return { ...state, scope, principal, permission: jsonText(acl.permission) };
  },

  update: (_workspace, planned) => Promise.resolve(planned),

  isComplete: () => true,

  async delete(workspace, state) {
    const [scope, principal] = unpack(state, "principal");
    // The token's user would lose access to the scope.
    if (textOf(state, "permission") === "MANAGE" && (await isMe(workspace, principal))) return;
    await workspace.post("/api/2.0/secrets/acls/delete", { scope, principal });
  },
});

async function isMe(workspace: Workspace, principal: string): Promise<boolean> {
  const me: JsonObject = await workspace.get("/api/2.0/preview/scim/v2/Me");
  return me.userName === principal;
}

function validateNames(config: Obj, names: readonly string[]): Diagnostic[] {
  return names.flatMap((name) => {
    const value = config[name];
    if (typeof value !== "string" || /^[\w.@/-]{1,128}$/.test(value)) return [];
    const detail =
      "It must consist of letters, digits, dashes, underscores, periods, slashes and @, and have at most 128 characters.";
    return [error(`invalid ${name} ${JSON.stringify(value)}`, detail, [name])];
  });
}

/** Separates the two parts of an id. */
const SEPARATOR = "|||";

const pack = (scope: string, name: string): string => `${scope}${SEPARATOR}${name}`;

/** @param second - name of the second part, for messages */
function unpack(state: Obj, second: string): readonly [scope: string, name: string] {
  const id = textOf(state, "id");
  const [scope = "", name = "", ...others] = id.split(SEPARATOR);
  if (scope !== "" && name !== "" && others.length === 0) return [scope, name];
  throw new ConfigurationError(
    `invalid id ${JSON.stringify(id)}: it must be the scope and the ${second}, as in scope${SEPARATOR}${second}`,
  );
}

/** The error for an entry that a list does not contain. */
function missing(message: string): ApiError {
  return new ApiError(404, "NOT_FOUND", message, "");
}
