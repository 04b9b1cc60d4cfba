import * as z from "zod";
import { doesNotExist, invalidParameter, jobNotFound } from "../../api-error";
import { type accessControl, accessControlOf } from "../jobs/schema/settings";
import { object } from "../../schema/shape";
import type { Store } from "../../store";
import type { ObjectType } from "../workspace/store";
import type { Identity } from "../identity/identity";
import type { PermissionEntry } from "./store";
import { get, type LocalRequest, type Route, send } from "../../http/route";
import { int64Of, jobIdOf, LOCAL_WAREHOUSE_ID } from "@jobstrata/core/model";

/** A kind of object that has permissions. */
interface Kind {
  /** Name in request paths. */
  path: string;
  /** Alternative name in request paths; responses use `path`. */
  alias?: string;
  /** Name in responses. */
  objectType: string;
  levels: Readonly<Record<string, string>>;
  /** Whether objects of this kind must have exactly one owner. */
  owned: boolean;
  /** @throws {ApiError} if no object has this id */
  check: (store: Store, id: string) => void;
}

const JOBS: Kind = {
  path: "jobs",
  objectType: "job",
  levels: {
    CAN_VIEW: "Can view the job and its runs",
    CAN_MANAGE_RUN: "Can start and cancel runs of the job",
    IS_OWNER: "Owns the job",
    CAN_MANAGE: "Can change the job and its permissions",
  },
  owned: true,
  check: (store, id) => {
    if (!/^\d{1,19}$/.test(id)) throw invalidParameter(`"${id}" is not the id of a job.`);
    const jobId = jobIdOf(id);
    if (typeof jobId !== "number" || store.jobs.get(jobId) === undefined)
      throw jobNotFound(jobId ?? BigInt(id));
  },
};

const KINDS: readonly Kind[] = [
  JOBS,
  workspaceObject("directories", "directory", "DIRECTORY"),
  workspaceObject("notebooks", "notebook", "NOTEBOOK"),
  workspaceObject("files", "file", "FILE"),
  {
    path: "alertsv2",
    objectType: "alertv2",
    levels: objectLevels("alert"),
    owned: false,
    check: (store, id) => {
      if (store.alerts.get(id) === undefined)
        throw doesNotExist(`Alert "${id.slice(0, 100)}" does not exist.`);
    },
  },
  {
    path: "sql/warehouses",
    alias: "warehouses",
    objectType: "warehouses",
    levels: {
      CAN_VIEW: "Can view the warehouse",
      CAN_MONITOR: "Can view the queries of the warehouse",
      CAN_USE: "Can use the warehouse",
      IS_OWNER: "Owns the warehouse",
      CAN_MANAGE: "Can change the warehouse and its permissions",
    },
    owned: true,
    check: (_store, id) => {
      if (id !== LOCAL_WAREHOUSE_ID)
        throw doesNotExist(`SQL warehouse "${id.slice(0, 100)}" does not exist.`);
    },
  },
];

function objectLevels(what: string): Readonly<Record<string, string>> {
  return {
    CAN_READ: `Can view the ${what}`,
    CAN_RUN: `Can view and run the ${what}`,
    CAN_EDIT: `Can view, run and change the ${what}`,
    CAN_MANAGE: `Can change the ${what} and its permissions`,
  };
}

function workspaceObject(path: string, objectType: string, type: ObjectType): Kind {
  return {
    path,
    objectType,
    levels: objectLevels(objectType),
    owned: false,
    check: (store, id) => {
      const objectId = int64Of(id);
      const found = typeof objectId === "number" ? store.objects.ofId(objectId) : undefined;
      if (found?.object_type !== type)
        throw doesNotExist(`There is no ${objectType} with the id "${id.slice(0, 100)}".`);
    },
  };
}

export function permissionRoutes(store: Store, me: Identity): Route[] {
  const places = KINDS.flatMap((kind) =>
    [kind.path, kind.alias].flatMap((place) => (place === undefined ? [] : [{ kind, place }])),
  );
  return places.flatMap(({ kind, place }) => {
    const path = `permissions/${place}/*`;
    const levels = Object.keys(kind.levels) as [string, ...string[]];
    const body = object({ access_control_list: accessControlOf(levels).optional() });
    const idOf = ({ wildcard }: LocalRequest): string => {
      kind.check(store, wildcard);
      return wildcard;
    };
    return [
      get(path, ["2.0"], object({}), (request) => view(store, me, kind, idOf(request))),
      send("PUT", path, ["2.0"], body, (request) => {
        const id = idOf(request);
        replace(store, kind, id, request.body.access_control_list ?? []);
        return view(store, me, kind, id);
      }),
      send("PATCH", path, ["2.0"], body, (request) => {
        const id = idOf(request);
        const entries = new Map(
          load(store, me, kind, id).map((entry) => [principalOf(entry), entry]),
        );
        for (const entry of request.body.access_control_list ?? []) {
          if (entry.permission_level === "IS_OWNER") {
            for (const [key, { permission_level }] of entries) {
              if (permission_level === "IS_OWNER") entries.delete(key);
            }
          }
          entries.set(principalOf(entry), entry);
        }
        replace(store, kind, id, [...entries.values()]);
        return view(store, me, kind, id);
      }),
      get(`${path}/permissionLevels`, ["2.0"], object({}), (request) => {
        idOf(request);
        return {
          permission_levels: Object.entries(kind.levels).map(([permission_level, description]) => ({
            permission_level,
            description,
          })),
        };
      }),
    ];
  });
}

/** Sets the permissions of a new job. Without an owner among them, the user becomes its owner. */
export function permissionsOfNewJob(
  store: Store,
  me: Identity,
  jobId: number,
  entries: z.infer<typeof accessControl>,
): void {
  const hasOwner = entries.some(({ permission_level }) => permission_level === "IS_OWNER");
  replace(store, JOBS, String(jobId), hasOwner ? entries : [...entries, ownedBy(me)]);
}

export function permissionsOfDeletedJob(store: Store, jobId: number): void {
  store.permissions.delete(objectId(JOBS, String(jobId)));
}

function replace(store: Store, kind: Kind, id: string, entries: readonly PermissionEntry[]): void {
  for (const entry of entries) principalOf(entry);
  const owners = entries.filter(({ permission_level }) => permission_level === "IS_OWNER");
  if (kind.owned) {
    if (owners.length !== 1)
      throw invalidParameter(`The ${kind.objectType} must have exactly one owner.`);
    if (owners.some(({ group_name }) => group_name !== undefined))
      throw invalidParameter(`A group cannot be the owner of a ${kind.objectType}.`);
  }
  if (isRoot(kind, id) && !entries.some(({ group_name }) => group_name === "admins"))
    throw invalidParameter("Cannot change permissions for group 'admins' to None.");
  store.permissions.put(objectId(kind, id), entries);
}

/** The workspace root inherits no permissions, so administrators have an entry of their own there. */
const isRoot = ({ objectType }: Kind, id: string): boolean =>
  objectType === "directory" && id === "0";

const objectId = ({ path }: Kind, id: string): string => `/${path}/${id}`;

const ownedBy = (me: Identity): PermissionEntry => ({
  user_name: me.userName,
  permission_level: "IS_OWNER",
});

function load(store: Store, me: Identity, kind: Kind, id: string): PermissionEntry[] {
  const saved = store.permissions.get(objectId(kind, id));
  if (saved !== undefined) return saved;
  if (isRoot(kind, id)) return [{ group_name: "admins", permission_level: "CAN_MANAGE" }];
  return kind.owned ? [ownedBy(me)] : [];
}

/** As in Databricks, administrators inherit CAN_MANAGE on every object. */
const inherited = ({ path }: Kind): object => ({
  group_name: "admins",
  all_permissions: [
    {
      permission_level: "CAN_MANAGE",
      inherited: true,
      inherited_from_object: [`/${["notebooks", "files"].includes(path) ? "directories" : path}/`],
    },
  ],
});

function view(store: Store, me: Identity, kind: Kind, id: string): Record<string, unknown> {
  return {
    object_id: objectId(kind, id),
    object_type: kind.objectType,
    access_control_list: [
      ...load(store, me, kind, id).map(({ permission_level, ...principal }) => ({
        ...principal,
        ...(principal.user_name === me.userName ? { display_name: me.displayName } : {}),
        all_permissions: [{ permission_level, inherited: false }],
      })),
      ...(isRoot(kind, id) ? [] : [inherited(kind)]),
    ],
  };
}

function principalOf({ user_name, group_name, service_principal_name }: PermissionEntry): string {
  const given = [
    user_name === undefined ? "" : `user ${user_name}`,
    group_name === undefined ? "" : `group ${group_name}`,
    service_principal_name === undefined ? "" : `service principal ${service_principal_name}`,
  ].filter(Boolean);
  const [principal] = given;
  if (principal === undefined || given.length > 1) {
    throw invalidParameter(
      "An entry of access_control_list needs exactly one of user_name, group_name and service_principal_name.",
    );
  }
  return principal;
}
