import { makeFolder } from "@jobstrata/core/folders";
import { errorText } from "@jobstrata/core/model";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
// eslint-disable-next-line @typescript-eslint/no-require-imports -- the module exports a function
import Database = require("libsql");
import { JobstrataError } from "@jobstrata/core/errors";
import { AlertStore } from "./services/alerts/store";
import { RunStore, RUNS_SCHEMA } from "./services/jobs/run-store";
import { JobStore, JOBS_SCHEMA } from "./services/jobs/store";
import {
  type DestinationStore,
  destinationStore,
} from "./services/notification-destinations/store";
import { QueryStore } from "./services/queries/store";
import { TriggerStore } from "./scheduler/triggers/store";
import { PermissionStore, PERMISSIONS_SCHEMA } from "./services/permissions/store";
import { Secrets, SECRETS_SCHEMA } from "./services/secrets/store";
import { ObjectStore, OBJECTS_SCHEMA } from "./services/workspace/store";
import { DOCUMENTS_SCHEMA } from "./store/documents";
import { Sql } from "./store/sql";

const SCHEMA = [
  JOBS_SCHEMA,
  RUNS_SCHEMA,
  PERMISSIONS_SCHEMA,
  OBJECTS_SCHEMA,
  DOCUMENTS_SCHEMA,
  SECRETS_SCHEMA,
].join("");

/**
 * All data of the workspace, in one SQLite file that only its owner can read. Committed data survives a crash. Only one
 * process can open it at a time.
 */
export class Store {
  public readonly jobs: JobStore;
  public readonly runs: RunStore;
  public readonly permissions: PermissionStore;
  public readonly objects: ObjectStore;
  public readonly alerts: AlertStore;
  public readonly destinations: DestinationStore;
  public readonly queries: QueryStore;
  public readonly triggers: TriggerStore;
  public readonly secrets: Secrets;
  readonly #sql: Sql;

  /** @throws {JobstrataError} if another process uses the folder, or its database is not a workspace */
  public static open(folder: string): Store {
    makeFolder(folder, 0o700);
    const file = join(folder, "workspace.db");
    // SQLite creates the journal with the mode of the database.
    closeSync(openSync(file, "a", 0o600));
    const database = new Database(file, { timeout: 0 });
    try {
      // The lock lasts until the process ends, even if it crashes.
      database.pragma("locking_mode = EXCLUSIVE");
      database.pragma("journal_mode = WAL");
      // Writes survive a crash of the process at once; a power failure may lose only the latest ones.
      database.pragma("synchronous = NORMAL");
      database.exec(`BEGIN IMMEDIATE; ${SCHEMA} COMMIT;`);
    } catch (error) {
      database.close();
      const code = (error as { code?: string }).code ?? "";
      if (code.startsWith("SQLITE_BUSY")) {
        throw new JobstrataError(
          "local-workspace",
          `Another local workspace is using ${folder}. Stop it first, or give this one a folder of its own with --data.`,
        );
      }
      const fix = code.startsWith("SQLITE_FULL")
        ? "Free some space."
        : "Move the folder away, or let `jobstrata local reset` delete it.";
      throw new JobstrataError(
        "local-workspace",
        `${file} cannot be opened as the database of a local workspace: ${errorText(error)}. ${fix}`,
      );
    }
    return new Store(database);
  }

  readonly #database: Database.Database;

  private constructor(database: Database.Database) {
    this.#database = database;

    this.#sql = new Sql(database);
    this.jobs = new JobStore(this.#sql, () => {
      this.runs.flush();
    });
    this.runs = new RunStore(this.#sql, (settingsId) => {
      this.jobs.dropSettings(settingsId);
    });
    this.permissions = new PermissionStore(this.#sql);
    this.objects = new ObjectStore(this.#sql);
    this.alerts = new AlertStore(this.#sql);
    this.destinations = destinationStore(this.#sql);
    this.queries = new QueryStore(this.#sql);
    this.triggers = new TriggerStore(this.#sql);
    this.secrets = new Secrets(this.#sql);
  }

  /** Writes pending changes. */
  public flush(): void {
    this.runs.flush();
  }

  public close(): void {
    this.flush();
    this.#database.close();
  }

  /** Runs `write` in a transaction. */
  public atomically<T>(write: () => T): T {
    return this.#sql.atomically(write);
  }
}
