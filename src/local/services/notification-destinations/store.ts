import { Documents } from "../../store/documents";
import type { Sql } from "../../store/sql";

/** What is kept of a destination: of what is confidential only that it was set, since nothing is ever sent from here. */
export interface DestinationRecord {
  id: string;
  display_name: string;
  destination_type: string;
  config: Record<string, Record<string, unknown>>;
}

export type DestinationStore = Documents<DestinationRecord>;

export const destinationStore = (sql: Sql): DestinationStore =>
  new Documents(sql, "notification_destination");
