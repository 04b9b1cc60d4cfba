import * as z from "zod";
import {
  type Int64,
  LOCAL_WAREHOUSE_ID,
  stringifyJson,
  TASKS_PER_PAGE,
} from "@jobstrata/core/model";
import { invalidParameter, jobNotFound } from "../../api-error";
import type { Clock } from "../../clock";
import { omit } from "../../omit";
import { normalise } from "./schema/normalise";
import { parse } from "../../schema/parse";
import { checkSettings } from "./schema/rules";
import {
  createJob,
  deleteJob,
  type JobSettings,
  jobSettings,
  resetJob,
  updateJob,
} from "./schema/settings";
import { object } from "../../schema/shape";
import type { Limits } from "../../scheduler/limits";
import type { Scheduler } from "../../scheduler/scheduler";
import { definitionsOf, type SqlCondition, timesOf } from "../../scheduler/triggers/definitions";
import type { Store } from "../../store";
import type { StoredJob } from "./store";
import type { Identity } from "../identity/identity";
import { warehouseNotFound } from "../sql/warehouses";
import { permissionsOfDeletedJob, permissionsOfNewJob } from "../permissions/routes";
import { flag, get, id, integer, post, RawAnswer, type Route } from "../../http/route";

const VERSIONS = ["2.0", "2.1", "2.2"];
const MAX_LISTED = 100;
const DEFAULT_LISTED = 20;

const getQuery = object({
  job_id: id,
  page_token: integer.optional(),
  include_trigger_state: flag.optional(),
});
const listQuery = object({
  expand_tasks: flag.optional(),
  limit: integer.optional(),
  name: z.string().optional(),
  offset: integer.optional(),
  page_token: integer.optional(),
});

export function jobRoutes(
  store: Store,
  scheduler: Scheduler,
  limits: Limits,
  clock: Clock,
  me: Identity,
): Route[] {
  const load = (jobId: Int64): StoredJob => {
    const job = typeof jobId === "number" ? store.jobs.get(jobId) : undefined;
    if (job === undefined) throw jobNotFound(jobId);
    return job;
  };

  const check = (settings: JobSettings, jobId?: number): void => {
    checkRunJobs(store, settings, jobId);
    checkSettings(settings);
    for (const { condition } of definitionsOf(settings)) checkCondition(store, condition);
  };

  const change = (jobId: number, settings: JobSettings): void => {
    check(settings, jobId);
    const normal = normalise(settings);
    store.jobs.change(jobId, normal);
    scheduler.jobChanged(jobId, normal);
  };

  return [
    post("jobs/create", VERSIONS, createJob, ({ body }) => {
      const { access_control_list, ...settings } = body;
      check(settings);
      limits.jobCreated();
      const normal = normalise(settings);
      return store.atomically(() => {
        const job_id = store.jobs.create(normal, me.userName, clock.now());
        if (access_control_list !== undefined)
          permissionsOfNewJob(store, me, job_id, access_control_list);
        scheduler.jobChanged(job_id, normal);
        return { job_id };
      });
    }),

    post("jobs/reset", VERSIONS, resetJob, ({ body: { job_id, new_settings } }) => {
      const job = load(job_id);
      const before = store.jobs.settings(job.settings_id);
      // As in Databricks, a reset without run_as keeps the old one.
      const run_as = new_settings.run_as ?? before.run_as;
      change(job.job_id, { ...new_settings, ...(run_as === undefined ? {} : { run_as }) });
    }),

    post(
      "jobs/update",
      VERSIONS,
      updateJob,
      ({ body: { job_id, new_settings, fields_to_remove } }) => {
        const job = load(job_id);
        const before = store.jobs.settings(job.settings_id);
        change(job.job_id, merged(before, new_settings ?? {}, fields_to_remove ?? []));
      },
    ),

    post("jobs/delete", VERSIONS, deleteJob, ({ body }) => {
      const { job_id } = load(body.job_id);
      scheduler.cancelAll(job_id, true);
      store.atomically(() => {
        store.jobs.delete(job_id);
        permissionsOfDeletedJob(store, job_id);
      });
      scheduler.jobChanged(job_id, undefined);
    }),

    get("jobs/get", VERSIONS, getQuery, ({ query, version }) => {
      const job = load(query.job_id);
      const settings = store.jobs.settings(job.settings_id);
      const count = settings.tasks?.length ?? 0;
      const offset = query.page_token ?? 0;
      let written = job.json;
      let end = "";
      if (version === "2.2" && (count > TASKS_PER_PAGE || offset > 0)) {
        written = stringifyJson(pageOf(settings, offset));
        const next = offset + TASKS_PER_PAGE;
        if (next < count) end = `,"has_more":true,"next_page_token":"${next}"`;
      }
      if (query.include_trigger_state === true) {
        const state = triggerState(scheduler, job.job_id, settings, clock.now());
        if (Object.keys(state).length > 0) end += `,"trigger_state":${stringifyJson(state)}`;
      }
      // Append the stored JSON as it is: parsing and serializing it would be most of the work.
      const head = stringifyJson(headOf(job, settings, me)).slice(0, -1);
      return new RawAnswer(`${head},"settings":${written}${end}}`);
    }),

    get("jobs/list", VERSIONS, listQuery, ({ query }) => {
      const { limit = DEFAULT_LISTED, offset, page_token, name, expand_tasks = false } = query;
      if (limit < 1 || limit > MAX_LISTED)
        throw invalidParameter(`limit must be from 1 to ${MAX_LISTED} (got ${limit}).`);
      const jobs = store.jobs.list({ limit: limit + 1, name, before: page_token, offset });
      const more = jobs.length > limit;
      const page = jobs.slice(0, limit);
      return {
        jobs: page.map((job) => {
          const settings = store.jobs.settings(job.settings_id);
          return {
            ...headOf(job, settings, me),
            settings: expand_tasks
              ? pageOf(settings, 0)
              : omit(settings, "tasks", "job_clusters", "environments", "parameters"),
            ...(expand_tasks && (settings.tasks?.length ?? 0) > TASKS_PER_PAGE
              ? { has_more: true }
              : {}),
          };
        }),
        has_more: more,
        ...(more ? { next_page_token: String(page.at(-1)?.job_id) } : {}),
      };
    }),
  ];
}

const headOf = (job: StoredJob, settings: JobSettings, me: Identity): Record<string, unknown> => ({
  job_id: job.job_id,
  creator_user_name: job.creator,
  run_as_user_name:
    settings.run_as?.user_name ?? settings.run_as?.service_principal_name ?? me.userName,
  created_time: job.created_time,
});

/** Checks that the warehouse and the query of a SQL condition exist. */
function checkCondition(store: Store, condition: SqlCondition | undefined): void {
  if (condition === undefined) return;
  if (condition.warehouse_id !== LOCAL_WAREHOUSE_ID)
    throw invalidParameter(`warehouse_id: ${warehouseNotFound(condition.warehouse_id).message}`);
  if (store.queries.saved(condition.sql_query_id) === undefined)
    throw invalidParameter(
      `sql_query_id: Query with ID '${condition.sql_query_id.slice(0, 100)}' does not exist.`,
    );
}

/** The `trigger_state` of a job. */
function triggerState(
  scheduler: Scheduler,
  jobId: number,
  settings: JobSettings,
  now: number,
): Record<string, unknown> {
  const { states, continuous } = scheduler.triggersOf(jobId);
  const state: Record<string, unknown> = continuous === undefined ? {} : { continuous };
  for (const { kind, state: each } of states) {
    if (kind === "periodic") {
      const definition = definitionsOf(settings).find((found) => found.kind === kind);
      const next = definition && timesOf(definition, each.since)?.(Math.max(now, each.last ?? 0));
      state.periodic = { next_run_time: next };
    } else if (kind === "file_arrival") state.file_arrival = { using_file_events: false };
    else if (each.tables !== undefined) {
      const { versions, updated } = each.tables;
      state.table = {
        last_seen_table_states: Object.keys(versions).map((table_name) => ({
          table_name,
          has_seen_updates: updated.includes(table_name),
        })),
      };
    }
  }
  return state;
}

/** The settings with one page of tasks. Pages after the first omit the other lists. */
function pageOf(settings: JobSettings, offset: number): JobSettings {
  const tasks = settings.tasks?.slice(offset, offset + TASKS_PER_PAGE);
  const page: JobSettings = { ...settings, ...(tasks === undefined ? {} : { tasks }) };
  if (offset > 0) {
    delete page.job_clusters;
    delete page.environments;
    delete page.parameters;
  }
  return page;
}

/**
 * Applies `jobs/update`: replaces whole fields, but tasks, job clusters and environments entry by entry, matched by
 * key.
 */
function merged(
  before: JobSettings,
  changes: JobSettings,
  removals: readonly string[],
): JobSettings {
  const after: Record<string, unknown> = { ...before, ...changes };
  const mergeBy = (field: "tasks" | "job_clusters" | "environments", key: string): void => {
    const changed = changes[field] as Record<string, unknown>[] | undefined;
    if (changed === undefined) return;
    const entries = new Map<unknown, unknown>();
    const old = (before[field] ?? []) as Record<string, unknown>[];
    for (const entry of [...old, ...changed]) entries.set(entry[key], entry);
    // Keep duplicate keys of the request, so that the check below reports them.
    after[field] =
      new Set(changed.map((entry) => entry[key])).size < changed.length
        ? changed
        : [...entries.values()];
  };
  mergeBy("tasks", "task_key");
  mergeBy("job_clusters", "job_cluster_key");
  mergeBy("environments", "environment_key");
  for (const removal of removals) {
    const [field = "", entry] = removal.split("/", 2);
    if (!(field in jobSettings.shape))
      throw invalidParameter(`fields_to_remove names "${removal}", which is no field of a job.`);
    const list = after[field];
    if (entry === undefined) Reflect.deleteProperty(after, field);
    else if (Array.isArray(list) && (field === "tasks" || field === "job_clusters")) {
      const key = field === "tasks" ? "task_key" : "job_cluster_key";
      after[field] = (list as Record<string, unknown>[]).filter((each) => each[key] !== entry);
    }
  }
  return parse(jobSettings, after);
}

/**
 * Rejects a job that runs a missing job, or itself, directly or through other jobs. Nesting depth is checked when a job
 * runs, because it depends on the outermost job.
 */
function checkRunJobs(store: Store, settings: JobSettings, jobId?: number): void {
  const pending = runJobIds(settings);
  const asked = new Set(pending);
  const seen = new Set<Int64>();
  let id: Int64 | undefined;
  while ((id = pending.pop()) !== undefined) {
    if (id === jobId)
      throw invalidParameter(
        `Job ${id} would run itself through its Run Job tasks; they must not form a cycle.`,
      );
    if (seen.has(id)) continue;
    seen.add(id);
    const job = typeof id === "number" ? store.jobs.get(id) : undefined;
    // Only direct references must exist. Jobs further down were checked when they were created and may be deleted
    // since.
    if (job === undefined && asked.has(id)) throw jobNotFound(id);
    if (job?.json.includes('"run_job_task"') === true) {
      pending.push(...runJobIds(store.jobs.settings(job.settings_id)));
    }
  }
}

const runJobIds = ({ tasks = [] }: JobSettings): Int64[] =>
  tasks.flatMap(({ run_job_task, for_each_task }) => {
    const id = run_job_task?.job_id ?? for_each_task?.task.run_job_task?.job_id;
    return id === undefined ? [] : [id];
  });
