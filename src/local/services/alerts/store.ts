import { Documents } from "../../store/documents";
import type { Sql } from "../../store/sql";
import type { AlertSettings } from "./schema";

/** What is kept of an alert. */
export interface AlertRecord {
  settings: AlertSettings & { parent_path: string };
  id: string;
  /** RFC 3339. */
  create_time: string;
  update_time: string;
  lifecycle_state: "ACTIVE" | "DELETED";
}

export type AlertStore = Documents<AlertRecord>;

export const alertStore = (sql: Sql): AlertStore => new Documents(sql, "alert");
