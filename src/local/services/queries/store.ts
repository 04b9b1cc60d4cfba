import type { SavedQuery } from "../../execute/executor";
import { Documents } from "../../store/documents";
import type { Sql } from "../../store/sql";

/** A stored query of the Queries API. */
export interface QueryRecord {
  readonly id: string;
  readonly settings: Readonly<Record<string, unknown>> & {
    readonly display_name: string;
    readonly query_text: string;
    readonly catalog?: string | undefined;
    readonly schema?: string | undefined;
  };
  /** RFC 3339. */
  readonly create_time: string;
  readonly update_time: string;
  readonly lifecycle_state: "ACTIVE" | "TRASHED";
}

export class QueryStore extends Documents<QueryRecord> {
  public constructor(sql: Sql) {
    super(sql, "query");
  }

  /** A query for a task or a trigger to run. Undefined if it is missing or in the trash. */
  public saved(id: string): SavedQuery | undefined {
    const found = this.get(id);
    if (found?.lifecycle_state !== "ACTIVE") return undefined;
    const { display_name, query_text, catalog, schema } = found.settings;
    return {
      display_name,
      text: query_text,
      ...(catalog === undefined ? {} : { catalog }),
      ...(schema === undefined ? {} : { schema }),
    };
  }
}
