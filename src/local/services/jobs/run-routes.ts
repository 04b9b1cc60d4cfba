import * as z from "zod";
import { type Int64, stringifyJson } from "@jobstrata/core/model";
import { invalidParameter, runNotFound } from "../../api-error";
import { ownId } from "../../own-id";
import { cancelAllRuns, cancelRun, repairRun, runNow, submitRun, tasksOf } from "./schema/settings";
import { object } from "../../schema/shape";
import type { Scheduler } from "../../scheduler/scheduler";
import type { RunViews } from "./views";
import type { Store } from "../../store";
import { flag, get, id, integer, post, type Route } from "../../http/route";
import { readNotebook } from "../workspace/read";

const VERSIONS = ["2.0", "2.1", "2.2"];
const MAX_LISTED = 25;
const DEFAULT_LISTED = 20;

const getQuery = object({
  run_id: id,
  include_history: flag.optional(),
  include_resolved_values: flag.optional(),
  page_token: integer.optional(),
});
const listQuery = object({
  active_only: flag.optional(),
  completed_only: flag.optional(),
  expand_tasks: flag.optional(),
  job_id: id.optional(),
  limit: integer.optional(),
  offset: integer.optional(),
  page_token: integer.optional(),
  run_type: z.enum(["JOB_RUN", "SUBMIT_RUN", "WORKFLOW_RUN"]).optional(),
  start_time_from: integer.optional(),
  start_time_to: integer.optional(),
});
const exportQuery = object({
  run_id: id,
  views_to_export: z.enum(["CODE", "DASHBOARDS", "ALL"]).optional(),
});

export function runRoutes(store: Store, scheduler: Scheduler, views: RunViews): Route[] {
  return [
    post("jobs/run-now", VERSIONS, runNow, ({ body }) => scheduler.runNow(body)),
    post("jobs/runs/submit", VERSIONS, submitRun, ({ body }) => scheduler.submit(tasksOf(body))),
    post("jobs/runs/cancel", VERSIONS, cancelRun, ({ body }) => {
      scheduler.cancel(ownRun(body.run_id));
    }),
    post(
      "jobs/runs/cancel-all",
      VERSIONS,
      cancelAllRuns,
      ({ body: { job_id, all_queued_runs } }) => {
        if (job_id === undefined && all_queued_runs !== true) {
          throw invalidParameter("Missing required field: job_id");
        }
        // Local job ids stay below 2^53, so a bigint id has no runs.
        if (typeof job_id !== "bigint") scheduler.cancelAll(job_id, all_queued_runs === true);
      },
    ),
    post("jobs/runs/repair", VERSIONS, repairRun, ({ body }) => scheduler.repair(body)),
    post("jobs/runs/delete", VERSIONS, cancelRun, ({ body }) => {
      scheduler.deleteRun(ownRun(body.run_id));
    }),

    get("jobs/runs/get", VERSIONS, getQuery, ({ query, version }) =>
      views.get(ownRun(query.run_id), {
        paged: version === "2.2",
        ...(query.include_history === undefined ? {} : { includeHistory: query.include_history }),
        ...(query.include_resolved_values === undefined
          ? {}
          : { includeResolvedValues: query.include_resolved_values }),
        ...(query.page_token === undefined ? {} : { offset: query.page_token }),
      }),
    ),

    get("jobs/runs/list", VERSIONS, listQuery, ({ query }) => {
      const { active_only = false, completed_only = false, expand_tasks = false, offset } = query;
      if (active_only && completed_only) {
        throw invalidParameter("active_only and completed_only cannot both be true.");
      }
      const asked = query.limit ?? DEFAULT_LISTED;
      // In Databricks, 0 means the maximum.
      const limit = asked === 0 ? MAX_LISTED : asked;
      if (limit < 0 || limit > MAX_LISTED)
        throw invalidParameter(`limit must be from 0 to ${MAX_LISTED} (got ${asked}).`);
      const { job_id: jobId } = query;
      if (typeof jobId === "bigint") return { has_more: false };
      const runs = store.runs.list({
        limit: limit + 1,
        jobId,
        active: active_only ? true : completed_only ? false : undefined,
        runType: query.run_type,
        startedFrom: query.start_time_from,
        startedTo: query.start_time_to,
        before: query.page_token,
        offset,
      });
      const more = runs.length > limit;
      const page = runs.slice(0, limit);
      return {
        ...(page.length === 0 ? {} : { runs: page.map((run) => views.listed(run, expand_tasks)) }),
        has_more: more,
        ...(more ? { next_page_token: String(page.at(-1)?.run_id) } : {}),
      };
    }),

    get("jobs/runs/get-output", VERSIONS, object({ run_id: id }), ({ query }) =>
      views.output(ownRun(query.run_id)),
    ),

    get("jobs/runs/export", VERSIONS, exportQuery, ({ query }) => {
      const task = views.singleTask(ownRun(query.run_id), "Exporting the views");
      const { spec } = views.specOf(task);
      const path = spec?.notebook_task?.notebook_path;
      if (path === undefined)
        throw invalidParameter(`Run ${task.run_id} is not the run of a notebook task.`);
      const source = readNotebook(store, path)?.source ?? "";
      const output = stringifyJson(store.runs.output(task.run_id) ?? {});
      const content = `<!DOCTYPE html><title>${html(path)}</title><pre>${html(source)}</pre><pre>${html(output)}</pre>`;
      return {
        views: [{ content, name: path.slice(path.lastIndexOf("/") + 1), type: "NOTEBOOK" }],
      };
    }),
  ];
}

const ownRun = (runId: Int64): number => ownId(runId, runNotFound);

const html = (text: string): string =>
  text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
