import { randomUUID } from "node:crypto";
import * as z from "zod";
import { LOCAL_WAREHOUSE_ID } from "@jobstrata/core/model";
import {
  alreadyExists,
  doesNotExist,
  invalidParameter,
  invalidState,
  pathNotFound,
} from "../../api-error";
import type { Clock } from "../../clock";
import { omit } from "../../omit";
import { type AlertSettings, alertShape, checkAlert, OUTPUT_ONLY } from "./schema";
import type { AlertEvaluator } from "./evaluator";
import type { AlertRecord } from "./store";
import { applyMask, parseMask } from "../../schema/field-mask";
import { parse } from "../../schema/parse";
import { object } from "../../schema/shape";
import type { Store } from "../../store";
import { pageOf, pageQuery } from "../../http/paging";
import type { Identity } from "../identity/identity";
import { flag, get, post, type Route, send } from "../../http/route";
import { warehouseNotFound } from "../sql/warehouses";
import { canonical } from "../workspace/paths";

/** Maximum notifications in a response, newest first. */
const MAX_NOTIFICATIONS = 500;

/** A partial alert. Fields are validated after `update_mask` has selected those to apply. */
const changesShape = object(
  Object.fromEntries(Object.keys(alertShape.shape).map((field) => [field, z.unknown().optional()])),
);

/** Alerts API v2. */
export function alertRoutes(
  store: Store,
  clock: Clock,
  me: Identity,
  evaluator: AlertEvaluator,
): Route[] {
  const load = (id: string): AlertRecord => {
    const found = store.alerts.get(id);
    if (found === undefined)
      throw doesNotExist(`Alert with ID '${id.slice(0, 100)}' does not exist.`);
    return found;
  };

  const save = (alert: AlertRecord): void => {
    const name = alert.lifecycle_state === "DELETED" ? null : nameOf(alert.settings);
    store.alerts.put(alert, name);
    evaluator.alertChanged(alert);
  };

  const view = ({ settings, evaluated, ...alert }: AlertRecord): Record<string, unknown> => ({
    ...settings,
    ...alert,
    evaluation: {
      ...settings.evaluation,
      state: evaluated?.state ?? "UNKNOWN",
      ...(evaluated === undefined ? {} : { last_evaluated_at: evaluated.at }),
    },
    owner_user_name: me.userName,
    effective_run_as: effectiveRunAs(settings, me),
  });

  return [
    post("alerts", ["2.0"], alertShape, ({ body }) => {
      const settings = { ...withoutOutput(body), parent_path: body.parent_path ?? homeOf(me) };
      checkAlert(settings);
      checkReferences(store, me, settings);
      checkFolder(store, settings.parent_path);
      const time = new Date(clock.now()).toISOString();
      const alert: AlertRecord = {
        settings: { ...settings, display_name: freeName(store, settings) },
        id: randomUUID(),
        create_time: time,
        update_time: time,
        lifecycle_state: "ACTIVE",
      };
      save(alert);
      return view(alert);
    }),

    get("alerts", ["2.0"], object(pageQuery), ({ query }) => {
      const { page, next } = pageOf(store.alerts, query);
      return { alerts: page.map(view), ...next };
    }),

    get("alerts/*", ["2.0"], object({}), ({ wildcard }) => view(load(wildcard))),

    send(
      "PATCH",
      "alerts/*",
      ["2.0"],
      changesShape,
      ({ wildcard, query, body }) => {
        const before = load(wildcard);
        const paths = parseMask(query.update_mask ?? "", alertShape);
        if (before.lifecycle_state === "DELETED")
          throw invalidState(`Alert ${before.id} is in the trash and cannot be updated.`);
        const settings = changed(before, body, paths, query.update_mask === "*");
        checkAlert(settings);
        checkReferences(store, me, settings, before.settings);
        const after = {
          ...before,
          settings,
          update_time: new Date(clock.now()).toISOString(),
        };
        const namesake = store.alerts.named(nameOf(settings));
        if (namesake !== undefined && namesake.id !== before.id)
          throw alreadyExists(
            `An alert named "${settings.display_name}" already exists in ${settings.parent_path}.`,
          );
        save(after);
        return view(after);
      },
      object({ update_mask: z.string().optional() }),
    ),

    send(
      "DELETE",
      "alerts/*",
      ["2.0"],
      object({}),
      ({ wildcard, query }) => {
        const alert = load(wildcard);
        if (query.purge === true) {
          store.alerts.delete(alert.id);
          evaluator.alertDeleted(alert.id);
        } else save({ ...alert, lifecycle_state: "DELETED" });
      },
      object({ purge: flag.optional() }),
    ),
  ];
}

/** Endpoints outside the Databricks API: alerts with their current state, evaluation on demand, and notifications. */
export function alertControlRoutes(store: Store, evaluator: AlertEvaluator): Route[] {
  const path = "/local/alerts";
  return [
    get(path, [""], object({}), () => ({ alerts: evaluator.views() })),
    post(
      `${path}/evaluate`,
      [""],
      object({ ids: z.array(z.string()).optional() }),
      async ({ body: { ids } }) => {
        for (const id of ids ?? []) {
          if (store.alerts.get(id) === undefined)
            throw doesNotExist(`Alert with ID '${id.slice(0, 100)}' does not exist.`);
        }
        await evaluator.evaluate(ids);
        return { alerts: evaluator.views() };
      },
    ),
    get(
      `${path}/notifications`,
      [""],
      object({ alert_id: z.string().optional() }),
      ({ query }) => ({
        notifications: store.alerts.notifications.newest(query.alert_id, MAX_NOTIFICATIONS),
      }),
    ),
  ];
}

const homeOf = (me: Identity): string => `/Users/${me.userName}`;

/** Alerts are files in workspace folders, so names are unique per folder. */
const nameOf = ({ parent_path, display_name }: AlertRecord["settings"]): string =>
  JSON.stringify([canonical(parent_path), display_name]);

/** The requested name, or the first free one of "name (1)", "name (2)", … if another alert of the folder has it. */
function freeName(store: Store, settings: AlertRecord["settings"]): string {
  let { display_name } = settings;
  for (let count = 1; store.alerts.named(nameOf({ ...settings, display_name })); count++) {
    display_name = `${settings.display_name} (${count})`;
  }
  return display_name;
}

function withoutOutput(alert: z.infer<typeof alertShape>): AlertSettings {
  return {
    ...omit(
      alert,
      "create_time",
      "effective_run_as",
      "id",
      "lifecycle_state",
      "owner_user_name",
      "update_time",
    ),
    evaluation: omit(alert.evaluation, "last_evaluated_at", "state"),
  };
}

/**
 * The settings of an alert after an update.
 * @param all whether the mask is `*`; read-only fields are then ignored unless the update would change them
 */
function changed(
  { settings: before }: AlertRecord,
  changes: Record<string, unknown>,
  paths: readonly string[][],
  all: boolean,
): AlertRecord["settings"] {
  const named = new Set(all ? [] : paths.map((path) => path.join(".")));
  for (const field of OUTPUT_ONLY) {
    if (named.has(field))
      throw invalidParameter(`update_mask names ${field}, which only the service sets.`);
  }
  if (named.has("parent_path"))
    throw invalidParameter(
      "update_mask names parent_path, which cannot be updated: it is set when the alert is created.",
    );
  const { parent_path } = before;
  if (
    all &&
    typeof changes.parent_path === "string" &&
    canonical(changes.parent_path) !== canonical(parent_path)
  ) {
    throw invalidParameter(
      `parent_path cannot be updated: it is set when the alert is created, and this one is in ${parent_path}.`,
    );
  }
  const merged = parse(alertShape, applyMask({ ...before }, changes, paths));
  return { ...withoutOutput(merged), parent_path };
}

/**
 * Checks that the objects an alert refers to exist. Skips destinations that the alert already had: a deleted one must
 * not block updates of other fields.
 */
function checkReferences(
  store: Store,
  me: Identity,
  { evaluation, warehouse_id, run_as }: AlertSettings,
  before?: AlertSettings,
): void {
  if (warehouse_id !== LOCAL_WAREHOUSE_ID) {
    throw invalidParameter(`warehouse_id: ${warehouseNotFound(warehouse_id).message}`);
  }
  const known = new Set(destinationsOf(before));
  for (const id of destinationsOf({ evaluation })) {
    if (!known.has(id) && store.destinations.get(id) === undefined)
      throw invalidParameter(
        `evaluation.notification.subscriptions refers to the notification destination "${id.slice(0, 100)}", which does not exist.`,
      );
  }
  const user = run_as?.user_name;
  if (user !== undefined && user !== me.userName) {
    throw invalidParameter(
      `run_as.user_name can only be the user's own name, ${me.userName} (got "${user.slice(0, 100)}").`,
    );
  }
}

const destinationsOf = (settings: Pick<AlertSettings, "evaluation"> | undefined): string[] =>
  (settings?.evaluation.notification?.subscriptions ?? []).flatMap(({ destination_id }) =>
    destination_id === undefined ? [] : [destination_id],
  );

function checkFolder(store: Store, path: string): void {
  const found = store.objects.get(canonical(path));
  if (found === undefined) throw pathNotFound(path);
  if (found.object_type !== "DIRECTORY")
    throw invalidParameter(`parent_path ${path} is not a folder.`);
}

function effectiveRunAs(
  { run_as, run_as_user_name }: AlertSettings,
  me: Identity,
): NonNullable<AlertSettings["run_as"]> {
  if (run_as !== undefined) return run_as;
  // The older field holds a user or a service principal; only a user name contains an @.
  const name = run_as_user_name ?? me.userName;
  return name.includes("@") ? { user_name: name } : { service_principal_name: name };
}
