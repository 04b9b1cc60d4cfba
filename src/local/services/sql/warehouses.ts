import { LOCAL_WAREHOUSE_ID } from "@jobstrata/core/model";
import { ApiError, doesNotExist } from "../../api-error";
import { object } from "../../schema/shape";
import { pageQuery } from "../../http/paging";
import type { Identity } from "../identity/identity";
import { get, integer, post, type Route } from "../../http/route";

/** SQL Warehouses API with one warehouse. `statements.ts` runs its SQL. */
export function warehouseRoutes(me: Identity): Route[] {
  const warehouse = {
    id: LOCAL_WAREHOUSE_ID,
    name: "Local warehouse",
    cluster_size: "2X-Small",
    warehouse_type: "PRO",
    enable_serverless_compute: true,
    min_num_clusters: 1,
    max_num_clusters: 1,
    num_clusters: 1,
    auto_stop_mins: 0,
    creator_name: me.userName,
    state: "RUNNING",
  };
  return [
    get(
      "sql/warehouses",
      ["2.0"],
      object({ ...pageQuery, run_as_user_id: integer.optional() }),
      () => ({ warehouses: [warehouse] }),
    ),
    get("sql/warehouses/*", ["2.0"], object({}), ({ wildcard }) => {
      if (wildcard !== LOCAL_WAREHOUSE_ID) throw warehouseNotFound(wildcard);
      return warehouse;
    }),
    // The warehouse is always RUNNING, the state that clients poll for after a start.
    post("sql/warehouses/*/start", ["2.0"], object({}), ({ wildcard }) => {
      if (wildcard !== LOCAL_WAREHOUSE_ID) throw warehouseNotFound(wildcard);
      return {};
    }),
  ];
}

export const warehouseNotFound = (id: string): ApiError =>
  doesNotExist(
    `SQL warehouse "${id.slice(0, 100)}" does not exist; the only one of the local workspace is ${LOCAL_WAREHOUSE_ID}.`,
  );
