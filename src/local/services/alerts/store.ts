import { randomUUID } from "node:crypto";
import { Documents } from "../../store/documents";
import type { Sql } from "../../store/sql";
import type { AlertState, Evaluated } from "./evaluate";
import type { AlertSettings } from "./schema";

/** Maximum stored notifications; the oldest are dropped. */
const NOTIFICATIONS_KEPT = 1000;

/** A stored alert. */
export interface AlertRecord {
  settings: AlertSettings & { parent_path: string };
  id: string;
  /** RFC 3339. */
  create_time: string;
  update_time: string;
  lifecycle_state: "ACTIVE" | "DELETED";
  /** The last evaluation; absent before the first. */
  evaluated?: Evaluated & {
    /** RFC 3339. */
    readonly at: string;
    /** When subscribers were last notified that the alert is triggered; milliseconds since the epoch. */
    readonly notified?: number;
  };
}

/** Text of a notification. */
export interface Message {
  readonly subject: string;
  readonly body: string;
}

/** A notification that Databricks would have sent. The local workspace sends nothing. */
export interface NotificationRecord extends Message {
  readonly id: string;
  readonly alert_id: string;
  readonly alert_name: string;
  /** RFC 3339. */
  readonly time: string;
  readonly state: AlertState;
  readonly recipient:
    | { readonly user_email: string }
    | {
        readonly destination_id: string;
        readonly display_name: string;
        readonly destination_type: string;
      };
}

/** Alerts by id, with an index on folder and name, and their notifications. */
export class AlertStore extends Documents<AlertRecord> {
  public readonly notifications: Documents<NotificationRecord>;

  public constructor(sql: Sql) {
    super(sql, "alert");
    this.notifications = new Documents(sql, "alert_notification");
  }

  /** Every alert that is not in the trash. */
  public *all(): Generator<AlertRecord> {
    let after = 0;
    for (;;) {
      const page = this.page(after, 100);
      for (const { document } of page) yield document;
      const last = page.at(-1);
      if (last === undefined) return;
      after = last.position;
    }
  }

  public notify(notification: Omit<NotificationRecord, "id">): void {
    this.notifications.put({ id: randomUUID(), ...notification }, notification.alert_id);
    this.notifications.keep(NOTIFICATIONS_KEPT);
  }
}
