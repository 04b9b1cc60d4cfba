import { randomUUID } from "node:crypto";
import { Documents } from "../../store/documents";
import type { Sql } from "../../store/sql";
import type { AlertState, Evaluated } from "./evaluate";
import type { Message } from "./notification";
import type { AlertSettings } from "./schema";

/** Of notifications, the newest are kept. */
const NOTIFICATIONS_KEPT = 1000;

/** What is kept of an alert. */
export interface AlertRecord {
  settings: AlertSettings & { parent_path: string };
  id: string;
  /** RFC 3339. */
  create_time: string;
  update_time: string;
  lifecycle_state: "ACTIVE" | "DELETED";
  /** What the last evaluation came to; absent before the first. */
  evaluated?: Evaluated & {
    /** RFC 3339. */
    readonly at: string;
    /** When subscribers were last notified that it is triggered; milliseconds since the epoch. */
    readonly notified?: number;
  };
}

/** A notification that the service would have sent. Nothing is ever sent from here. */
export interface NotificationRecord extends Message {
  readonly id: string;
  readonly alert_id: string;
  readonly alert_name: string;
  /** RFC 3339. */
  readonly time: string;
  readonly state: AlertState;
  /** Who would have got it. */
  readonly recipient:
    | { readonly user_email: string }
    | {
        readonly destination_id: string;
        readonly display_name: string;
        readonly destination_type: string;
      };
}

/** Alerts by id, found by their folders and names, and what they have given notice of. */
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
