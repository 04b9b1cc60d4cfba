import * as z from "zod";
import { invalidParameter, jobNotFound } from "../api-error";
import { accessControl } from "../schema/settings";
import { object } from "../schema/shape";
import type { Store } from "../store";
import { get, type LocalRequest, type Route, send } from "./route";

/** The one user of the workspace. */
export interface Identity {
  id: string;
  userName: string;
  displayName: string;
}

type Entry = z.infer<typeof accessControl>[number];

const LEVELS: Record<string, string> = {
  CAN_VIEW: "Can view the job and its runs",
  CAN_MANAGE_RUN: "Can start and cancel runs of the job",
  IS_OWNER: "Owns the job",
  CAN_MANAGE: "Can change the job and its permissions",
};

export function permissionRoutes(store: Store, me: Identity): Route[] {
  const path = "permissions/jobs/*";
  const body = object({ access_control_list: accessControl.optional() });
  const jobOf = ({ wildcard }: LocalRequest): number => {
    const jobId = /^\d{1,16}$/.test(wildcard) ? Number(wildcard) : NaN;
    if (Number.isNaN(jobId)) throw invalidParameter(`"${wildcard}" is not the id of a job.`);
    if (store.job(jobId) === undefined) throw jobNotFound(jobId);
    return jobId;
  };
  return [
    get(path, ["2.0"], object({}), (request) => view(store, me, jobOf(request))),
    send("PUT", path, ["2.0"], body, (request) => {
      const jobId = jobOf(request);
      replacePermissions(store, me, jobId, request.body.access_control_list ?? []);
      return view(store, me, jobId);
    }),
    send("PATCH", path, ["2.0"], body, (request) => {
      const jobId = jobOf(request);
      const entries = new Map(load(store, me, jobId).map((entry) => [principalOf(entry), entry]));
      for (const entry of request.body.access_control_list ?? []) {
        if (entry.permission_level === "IS_OWNER") {
          for (const [key, { permission_level }] of entries) {
            if (permission_level === "IS_OWNER") entries.delete(key);
          }
        }
        entries.set(principalOf(entry), entry);
      }
      replacePermissions(store, me, jobId, [...entries.values()]);
      return view(store, me, jobId);
    }),
    get(`${path}/permissionLevels`, ["2.0"], object({}), () => ({
      permission_levels: Object.entries(LEVELS).map(([permission_level, description]) => ({
        permission_level,
        description,
      })),
    })),
  ];
}

/** Gives the job these permissions and no others. A job always has an owner: without one it is the user. */
export function replacePermissions(
  store: Store,
  me: Identity,
  jobId: number,
  entries: readonly Entry[],
): void {
  const owners = entries.filter(({ permission_level }) => permission_level === "IS_OWNER");
  if (owners.length > 1) throw invalidParameter("A job must have exactly one owner.");
  if (owners.some(({ group_name }) => group_name !== undefined)) {
    throw invalidParameter("A group cannot be the owner of a job.");
  }
  for (const entry of entries) principalOf(entry);
  const complete = owners.length === 1 ? entries : [...entries, ownedBy(me)];
  store.savePermissions(`/jobs/${jobId}`, JSON.stringify(complete));
}

const ownedBy = (me: Identity): Entry => ({ user_name: me.userName, permission_level: "IS_OWNER" });

function load(store: Store, me: Identity, jobId: number): Entry[] {
  const saved = store.permissions(`/jobs/${jobId}`);
  return saved === undefined ? [ownedBy(me)] : (JSON.parse(saved) as Entry[]);
}

function view(store: Store, me: Identity, jobId: number): Record<string, unknown> {
  return {
    object_id: `/jobs/${jobId}`,
    object_type: "job",
    access_control_list: load(store, me, jobId).map(({ permission_level, ...principal }) => ({
      ...principal,
      ...(principal.user_name === me.userName ? { display_name: me.displayName } : {}),
      all_permissions: [{ permission_level, inherited: false }],
    })),
  };
}

function principalOf({ user_name, group_name, service_principal_name }: Entry): string {
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
