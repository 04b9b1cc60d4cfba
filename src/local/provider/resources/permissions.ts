import { asObject, listOf, type Obj, type Value } from "../cty";
import { ConfigurationError, error } from "../diagnostic";
import type { Schema } from "../schema";
import { conflicts } from "../validate";
import { jsonObjects, jsonText, type JsonObject } from "../wire";
import { ApiError, type Workspace } from "../workspace";
import { textOf, type Resource } from "./resource";

/** The objects whose permissions the stand-in can set. */
const LEVELS = ["CAN_MANAGE", "CAN_MANAGE_RUN", "CAN_VIEW", "IS_OWNER"];
const MANAGING = ["CAN_MANAGE", "IS_OWNER"];
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
    // What names whose permissions they are can't be changed, and nothing else.
    const objects = [...schema.block.attributes]
      .filter(([name, { forceNew }]) => forceNew && config[name] !== null)
      .map(([name]) => name);
    if (objects.length > 1) return conflicts(config, objects);
    if (objects[0] !== undefined && objects[0] !== "job_id") {
      const detail = "The stand-in provider knows the permissions of jobs (job_id) only.";
      return [error(`${objects[0]} is not supported`, detail, [objects[0]])];
    }
    return listOf(config.access_control).flatMap((item) => {
      const level = asObject(item)?.permission_level;
      if (typeof level !== "string" || LEVELS.includes(level)) return [];
      const detail = `allowed levels: ${LEVELS.join(", ")}`;
      return [
        error(`permission_level ${level} is not supported with job_id objects`, detail, [
          "access_control",
        ]),
      ];
    });
  },

  async create(workspace, planned) {
    const job = textOf(planned, "job_id");
    if (job === "") {
      throw new ConfigurationError(
        "at least one type of resource identifier must be set, such as job_id",
      );
    }
    await put(workspace, job, entriesOf(planned));
    return { ...planned, id: `/jobs/${job}` };
  },

  async read(workspace, state) {
    const id = textOf(state, "id");
    const job = jobOf(id);
    const me = await currentUser(workspace);
    const answer = await workspace.get(`/api/2.0/permissions/jobs/${job}`);
    if (answer.object_type !== "job") {
      throw new ConfigurationError(`expected object type job, got ${jsonText(answer.object_type)}`);
    }
    const mineIsConfigured = entriesOf(state).some((entry) => entry.name === me);
    const entries = directEntries(answer).filter(
      (entry) =>
        !(entry.principal === "group_name" && entry.name === "admins") &&
        (mineIsConfigured || entry.principal === "group_name" || entry.name !== me),
    );
    if (entries.length === 0) return null;
    return {
      ...state,
      id,
      job_id: state.job_id ?? job,
      object_type: "job",
      access_control: entries.map(blockOf),
    };
  },

  async update(workspace, planned) {
    await put(workspace, jobOf(textOf(planned, "id")), entriesOf(planned));
    return planned;
  },

  /** Leaves the job to its creator and what admins had. */
  async delete(workspace, state) {
    const job = jobOf(textOf(state, "id"));
    const answer = await workspace.get(`/api/2.0/permissions/jobs/${job}`);
    const creator = await creatorOf(workspace, job);
    if (creator === "") return;
    const admins = directEntries(answer).filter((entry) => entry.name === "admins");
    await put(workspace, job, admins, creator);
  },
});

/**
 * @param owner - who becomes the owner where no entry says so; the user of the token if left out
 * @throws ConfigurationError where the user of the token would lose control, which can't be undone
 */
async function put(
  workspace: Workspace,
  job: string,
  entries: readonly Entry[],
  owner?: string,
): Promise<void> {
  let ownerName = owner;
  if (ownerName === undefined) {
    const me = await currentUser(workspace);
    refuse(entries, me);
    ownerName = me;
  }
  const list = entries.map((entry): JsonObject => ({
    [entry.principal]: entry.name,
    permission_level: entry.level,
  }));
  if (!entries.some((entry) => entry.level === "IS_OWNER")) {
    list.push({ user_name: ownerName, permission_level: "IS_OWNER" });
  }
  await workspace.put(`/api/2.0/permissions/jobs/${job}`, { access_control_list: list });
}

function refuse(entries: readonly Entry[], me: string): void {
  for (const entry of entries) {
    if (entry.principal === "group_name" && entry.name === "admins") {
      throw new ConfigurationError(
        "it is not possible to modify admin permissions for job resources",
      );
    }
    if (entry.principal !== "group_name" && entry.name === me && !MANAGING.includes(entry.level)) {
      throw new ConfigurationError(
        `cannot remove management permissions for the current user for job, allowed levels: ${MANAGING.join(", ")}`,
      );
    }
  }
}

async function currentUser(workspace: Workspace): Promise<string> {
  const me = await workspace.get("/api/2.0/preview/scim/v2/Me");
  return jsonText(me.userName);
}

/** Empty where the job is gone. */
async function creatorOf(workspace: Workspace, job: string): Promise<string> {
  try {
    const answer = await workspace.get("/api/2.2/jobs/get", { job_id: job });
    return jsonText(answer.creator_user_name);
  } catch (thrown) {
    if (thrown instanceof ApiError && thrown.isMissing) return "";
    throw thrown;
  }
}

function jobOf(id: string): string {
  const job = /^\/jobs\/(\d+)$/.exec(id)?.[1];
  if (job !== undefined) return job;
  throw new ConfigurationError(`the stand-in provider knows ids like /jobs/123 only, not ${id}`);
}

function entriesOf(state: Obj): Entry[] {
  return listOf(state.access_control).flatMap((item) => {
    const block = asObject(item) ?? {};
    const level = textOf(block, "permission_level");
    const principal = PRINCIPALS.find((name) => textOf(block, name) !== "");
    return principal === undefined ? [] : [{ principal, name: textOf(block, principal), level }];
  });
}

/** What the workspace lists for the job itself, without what it inherits. */
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
  for (const name of PRINCIPALS) block[name] = name === entry.principal ? entry.name : null;
  return block;
}
