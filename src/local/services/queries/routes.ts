import { randomUUID } from "node:crypto";
import * as z from "zod";
import { LOCAL_WAREHOUSE_ID } from "@jobstrata/core/model";
import { doesNotExist, invalidParameter } from "../../api-error";
import type { Clock } from "../../clock";
import { pageOf, pageQuery } from "../../http/paging";
import { get, post, type Route, send } from "../../http/route";
import { applyMask, parseMask } from "../../schema/field-mask";
import { parse } from "../../schema/parse";
import { object, strings } from "../../schema/shape";
import type { Store } from "../../store";
import type { Identity } from "../identity/identity";
import { warehouseNotFound } from "../sql/warehouses";
import type { QueryRecord } from "./store";

const settingsShape = object({
  apply_auto_limit: z.boolean().optional(),
  catalog: z.string().optional(),
  description: z.string().optional(),
  display_name: z.string().regex(/\S/, "must not be empty"),
  parameters: z.array(z.record(z.string(), z.unknown())).optional(),
  parent_path: z.string().optional(),
  query_text: z.string(),
  run_as_mode: z.enum(["OWNER", "VIEWER"]).optional(),
  schema: z.string().optional(),
  tags: strings.optional(),
  warehouse_id: z.string().optional(),
});
const createBody = object({
  auto_resolve_display_name: z.boolean().optional(),
  query: settingsShape,
});
const updateBody = object({
  auto_resolve_display_name: z.boolean().optional(),
  query: object(
    Object.fromEntries(
      Object.keys(settingsShape.shape).map((field) => [field, z.unknown().optional()]),
    ),
  ),
  update_mask: z.string(),
});

/** Queries API. SQL tasks and SQL conditions of triggers refer to saved queries. */
export function queryRoutes(store: Store, clock: Clock, me: Identity): Route[] {
  const load = (id: string): QueryRecord => {
    const found = store.queries.get(id);
    if (found === undefined)
      throw doesNotExist(`Query with ID '${id.slice(0, 100)}' does not exist.`);
    return found;
  };
  const save = (query: QueryRecord): object => {
    store.queries.put(query, query.lifecycle_state === "ACTIVE" ? query.id : null);
    return view(query);
  };
  const view = ({ settings, ...query }: QueryRecord): object => ({
    ...settings,
    ...query,
    owner_user_name: me.userName,
    last_modifier_user_name: me.userName,
  });
  const now = (): string => new Date(clock.now()).toISOString();

  return [
    post("sql/queries", ["2.0"], createBody, ({ body: { query } }) => {
      checkWarehouse(query.warehouse_id);
      const time = now();
      return save({
        id: randomUUID(),
        settings: { parent_path: `/Users/${me.userName}`, run_as_mode: "OWNER", ...query },
        create_time: time,
        update_time: time,
        lifecycle_state: "ACTIVE",
      });
    }),
    get("sql/queries", ["2.0"], object(pageQuery), ({ query }) => {
      const { page, next } = pageOf(store.queries, query);
      return { results: page.map(view), ...next };
    }),
    get("sql/queries/*", ["2.0"], object({}), ({ wildcard }) => view(load(wildcard))),
    send("PATCH", "sql/queries/*", ["2.0"], updateBody, ({ wildcard, body }) => {
      const before = load(wildcard);
      const paths = parseMask(body.update_mask, settingsShape);
      const settings = parse(settingsShape, applyMask({ ...before.settings }, body.query, paths));
      checkWarehouse(settings.warehouse_id);
      return save({ ...before, settings, update_time: now() });
    }),
    send("DELETE", "sql/queries/*", ["2.0"], object({}), ({ wildcard }) => {
      save({ ...load(wildcard), lifecycle_state: "TRASHED" });
    }),
  ];
}

function checkWarehouse(id: string | undefined): void {
  if (id !== undefined && id !== LOCAL_WAREHOUSE_ID)
    throw invalidParameter(`query.warehouse_id: ${warehouseNotFound(id).message}`);
}
