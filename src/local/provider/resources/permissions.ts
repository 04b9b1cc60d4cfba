import { asObject, listOf, type Obj, type Value } from "../cty";
import { ConfigurationError, error } from "../diagnostic";
import type { Schema } from "../schema";
import { conflicts } from "../validate";
import { jsonObjects, jsonText, type JsonObject } from "../wire";
import { ApiError, type Workspace } from "../workspace";
import { getStatus } from "./file-content";
import { textOf, type Resource } from "./resource";

/** A kind of object whose permissions the stand-in can set. */
interface Kind {
  /** Name in the Permissions API: `jobs` in `/jobs/123`, which is also the resource id. */
  readonly path: string;
  /** Name in responses. */
  readonly objectType: string;
  /** Permission levels, with true for those that can manage the object. */
  readonly levels: Readonly<Record<string, boolean>>;
  /** The argument with the object's id. */
  readonly idField: string;
  /** The argument with the object's workspace path. */
  readonly pathField?: string;
  /** Whether to add CAN_MANAGE for the token's user if no entry mentions them. */
  readonly keepsManager?: boolean;
  /** The owner after the permissions are destroyed; empty if the object no longer exists. */
  readonly creator?: (workspace: Workspace, id: string) => Promise<string>;
}

const OBJECT_LEVELS = { CAN_EDIT: false, CAN_MANAGE: true, CAN_READ: false, CAN_RUN: false };

const KINDS: readonly Kind[] = [
  {
    path: "jobs",
    objectType: "job",
    levels: { CAN_MANAGE: true, CAN_MANAGE_RUN: false, CAN_VIEW: false, IS_OWNER: true },
    idField: "job_id",
    creator: async (workspace, id) => {
      const job = await workspace.get("/api/2.2/jobs/get", { job_id: id });
      return jsonText(job.creator_user_name);
    },
  },
  {
    path: "notebooks",
    objectType: "notebook",
    levels: OBJECT_LEVELS,
    idField: "notebook_id",
    pathField: "notebook_path",
  },
  {
    path: "directories",
    objectType: "directory",
    levels: OBJECT_LEVELS,
    idField: "directory_id",
    pathField: "directory_path",
  },
  {
    path: "files",
    objectType: "file",
    levels: OBJECT_LEVELS,
    idField: "workspace_file_id",
    pathField: "workspace_file_path",
  },
  {
    path: "sql/warehouses",
    objectType: "warehouses",
    levels: {
      CAN_MANAGE: true,
      CAN_MONITOR: false,
      CAN_USE: false,
      CAN_VIEW: false,
      IS_OWNER: true,
    },
    idField: "sql_endpoint_id",
    keepsManager: true,
    creator: async (workspace, id) =>
      jsonText((await workspace.get(`/api/2.0/sql/warehouses/${id}`)).creator_name),
  },
  {
    path: "alertsv2",
    objectType: "alertv2",
    levels: OBJECT_LEVELS,
    idField: "alert_v2_id",
    keepsManager: true,
  },
];

const FIELDS: ReadonlyMap<string, Kind> = new Map(
  KINDS.flatMap((kind) =>
    [kind.idField, kind.pathField]
      .filter((field) => field !== undefined)
      .map((field): [string, Kind] => [field, kind]),
  ),
);

const PRINCIPALS = ["user_name", "group_name", "service_principal_name"] as const;

interface Entry {
  readonly principal: (typeof PRINCIPALS)[number];
  readonly name: string;
  readonly level: string;
}

export const permissions = (schema: Schema): Resource => ({
  label: "permissions",
  schema,

  validate(config) {
    // The arguments that identify the object, and only those, force replacement.
    const objects = [...schema.block.attributes]
      .filter(([name, { forceNew }]) => forceNew && config[name] !== null)
      .map(([name]) => name);
    if (objects.length > 1) return conflicts(config, objects);
    const [field] = objects;
    if (field === undefined) return [];
    const kind = FIELDS.get(field);
    if (kind === undefined) {
      const detail = `The stand-in provider knows ${[...FIELDS.keys()].join(", ")}.`;
      return [error(`${field} is not supported`, detail, [field])];
    }
    const allowed = Object.keys(kind.levels);
    return listOf(config.access_control).flatMap((item) => {
      const level = asObject(item)?.permission_level;
      if (typeof level !== "string" || allowed.includes(level)) return [];
      const message = `permission_level ${level} is not supported with ${field} objects`;
      return [error(message, `allowed levels: ${allowed.join(", ")}`, ["access_control"])];
    });
  },

  async create(workspace, planned) {
    const named = [...FIELDS].find(([field]) => textOf(planned, field) !== "");
    if (named === undefined) {
      throw new ConfigurationError(
        `at least one type of resource identifier must be set; allowed fields: ${[...FIELDS.keys()].join(", ")}`,
      );
    }
    const [field, kind] = named;
    const given = textOf(planned, field);
    const id = field === kind.pathField ? await idAt(workspace, given) : given;
    await put(workspace, kind, id, entriesOf(planned));
    return { ...planned, id: `/${kind.path}/${id}` };
  },

  async read(workspace, state) {
    const id = textOf(state, "id");
    const object = objectOf(id);
    const me = await currentUser(workspace);
    const answer = await workspace.get(permissionsPath(object));
    const { kind } = object;
    if (answer.object_type !== kind.objectType) {
      throw new ConfigurationError(
        `expected object type ${kind.objectType}, got ${jsonText(answer.object_type)}`,
      );
    }
    const configured = entriesOf(state);
    const mineIsConfigured = configured.some((entry) => isUser(entry, me));
    const entries = directEntries(answer).filter(
      (entry) => !isAdmins(entry) && (mineIsConfigured || !isUser(entry, me)),
    );
    if (entries.length === 0) return null;
    const byPath = kind.pathField !== undefined && textOf(state, kind.pathField) !== "";
    return {
      ...state,
      id,
      ...(byPath ? {} : { [kind.idField]: object.id }),
      object_type: kind.objectType,
      access_control: entries.map((entry) => blockOf(asConfigured(entry, configured))),
    };
  },

  async update(workspace, planned) {
    const { kind, id } = objectOf(textOf(planned, "id"));
    await put(workspace, kind, id, entriesOf(planned));
    return planned;
  },

  /** Resets the object to its creator and the entries of admins. */
  async delete(workspace, state) {
    const object = objectOf(textOf(state, "id"));
    const { kind, id } = object;
    const entries = directEntries(await workspace.get(permissionsPath(object))).filter(isAdmins);
    if (kind.keepsManager === true) addManager(entries, await currentUser(workspace));
    const creator = (await kind.creator?.(workspace, id)) ?? "";
    if (kind.creator !== undefined && creator === "") return;
    await send(workspace, kind, id, entries, creator);
  },
});

/**
 * Sets all entries of an object.
 * @throws {ConfigurationError} if the token's user would lose control, which cannot be undone
 */
async function put(
  workspace: Workspace,
  kind: Kind,
  id: string,
  configured: readonly Entry[],
): Promise<void> {
  const me = await currentUser(workspace);
  refuse(kind, configured, me);
  const entries = [...configured];
  if (kind.keepsManager === true) addManager(entries, me);
  await send(workspace, kind, id, entries, me);
}

/** @param owner - the owner if no entry names one, for objects that have an owner */
async function send(
  workspace: Workspace,
  kind: Kind,
  id: string,
  entries: readonly Entry[],
  owner: string,
): Promise<void> {
  const list = entries.map((entry): JsonObject => ({
    [entry.principal]: entry.name,
    permission_level: entry.level,
  }));
  if ("IS_OWNER" in kind.levels && !entries.some((entry) => entry.level === "IS_OWNER")) {
    list.push({ user_name: owner, permission_level: "IS_OWNER" });
  }
  // The workspace rejects root permissions without the admins.
  if (kind.path === "directories" && id === "0" && !entries.some(isAdmins)) {
    list.push({ group_name: "admins", permission_level: "CAN_MANAGE" });
  }
  await workspace.put(permissionsPath({ kind, id }), { access_control_list: list });
}

function addManager(entries: Entry[], me: string): void {
  if (entries.some((entry) => isUser(entry, me))) return;
  entries.push({ principal: "user_name", name: me, level: "CAN_MANAGE" });
}

function refuse(kind: Kind, entries: readonly Entry[], me: string): void {
  for (const entry of entries) {
    if (isAdmins(entry)) {
      throw new ConfigurationError(
        `it is not possible to modify admin permissions for ${kind.objectType} resources`,
      );
    }
    if (isUser(entry, me) && kind.levels[entry.level] !== true) {
      const managing = Object.keys(kind.levels).filter((level) => kind.levels[level]);
      throw new ConfigurationError(
        `cannot remove management permissions for the current user for ${kind.objectType}, allowed levels: ${managing.join(", ")}`,
      );
    }
  }
}

const isAdmins = ({ principal, name }: Entry): boolean =>
  principal === "group_name" && name === "admins";

/** User names are case-insensitive. */
const isUser = ({ principal, name }: Entry, user: string): boolean =>
  principal !== "group_name" && name.toLowerCase() === user.toLowerCase();

/** An entry in the configuration's spelling, so that a different case of a name is not a change. */
function asConfigured(entry: Entry, configured: readonly Entry[]): Entry {
  if (entry.principal === "group_name") return entry;
  const same = configured.find(
    ({ principal, name }) => principal === entry.principal && isUser(entry, name),
  );
  return same === undefined ? entry : { ...entry, name: same.name };
}

async function currentUser(workspace: Workspace): Promise<string> {
  const me = await workspace.get("/api/2.0/preview/scim/v2/Me");
  return jsonText(me.userName);
}

/** The id of the object at a workspace path. */
async function idAt(workspace: Workspace, path: string): Promise<string> {
  try {
    return jsonText((await getStatus(workspace, path)).object_id);
  } catch (thrown) {
    if (thrown instanceof ApiError)
      throw new ConfigurationError(`cannot load path ${path}: ${thrown.message}`);
    throw thrown;
  }
}

interface Target {
  readonly kind: Kind;
  readonly id: string;
}

const permissionsPath = ({ kind, id }: Target): string =>
  `/api/2.0/permissions/${kind.path}/${encodeURIComponent(id)}`;

function objectOf(id: string): Target {
  const [, path = "", object = ""] = /^\/(.+)\/([^/]+)$/.exec(id) ?? [];
  const kind = KINDS.find((one) => one.path === path);
  if (kind !== undefined) return { kind, id: object };
  const known = KINDS.map((one) => `/${one.path}/ID`).join(", ");
  throw new ConfigurationError(`the stand-in provider knows ids like ${known}, not ${id}`);
}

function entriesOf(state: Obj): Entry[] {
  return listOf(state.access_control).flatMap((item) => {
    const block = asObject(item) ?? {};
    const level = textOf(block, "permission_level");
    const principal = PRINCIPALS.find((name) => textOf(block, name) !== "");
    return principal === undefined ? [] : [{ principal, name: textOf(block, principal), level }];
  });
}

/** The entries of the object itself, without inherited ones. */
function directEntries(answer: JsonObject): Entry[] {
  return jsonObjects(answer.access_control_list).flatMap((item) => {
    const principal = PRINCIPALS.find(
      (name) => typeof item[name] === "string" && item[name] !== "",
    );
    if (principal === undefined) return [];
    return jsonObjects(item.all_permissions)
      .filter((permission) => permission.inherited !== true)
      .map((permission) => ({
        principal,
        name: jsonText(item[principal]),
        level: jsonText(permission.permission_level),
      }));
  });
}

function blockOf(entry: Entry): Value {
  const block: Record<string, Value> = { permission_level: entry.level };
  for (const name of PRINCIPALS) block[name] = name === entry.principal ? entry.name : "";
  return block;
}
