import { Documents } from "../../store/documents";
import type { Sql } from "../../store/sql";

/** A stored destination. For a secret, it only records that it was set: the local workspace sends nothing. */
export interface DestinationRecord {
  id: string;
  display_name: string;
  destination_type: string;
  config: Record<string, Record<string, unknown>>;
}

export type DestinationStore = Documents<DestinationRecord>;

export const destinationStore = (sql: Sql): DestinationStore =>
  new Documents(sql, "notification_destination");
