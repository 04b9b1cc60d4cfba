import { Documents } from "../../store/documents";
import type { Sql } from "../../store/sql";
import type { FileArrivalState } from "./file-arrival";
import type { TableUpdateState } from "./table-update";

/** Persistent state of a trigger, so that no event starts two runs even if the process crashes. */
export interface TriggerState {
  /** When the trigger was set. All times are milliseconds since the epoch. */
  since: number;
  /** The last start time, for a schedule or interval. */
  last?: number;
  files?: FileArrivalState;
  tables?: TableUpdateState;
  /** The last result of the SQL condition. */
  condition?: { at: number; is_met: boolean; error?: string; value?: string };
}

interface TriggerRecord {
  readonly id: string;
  readonly job_id: number;
  /** Trigger states by definition key. */
  readonly triggers: Record<string, TriggerState>;
}

export class TriggerStore extends Documents<TriggerRecord> {
  public constructor(sql: Sql) {
    super(sql, "trigger");
  }

  public ofJob(jobId: number): TriggerRecord | undefined {
    return this.get(idOf(jobId));
  }

  public save(jobId: number, triggers: TriggerRecord["triggers"]): void {
    const id = idOf(jobId);
    if (Object.keys(triggers).length === 0) this.delete(id);
    else this.put({ id, job_id: jobId, triggers }, null);
  }
}

const idOf = (jobId: number): string => `trigger-${jobId}`;
