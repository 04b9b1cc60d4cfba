import { Documents } from "../../store/documents";
import type { Sql } from "../../store/sql";
import type { FileArrivalState } from "./file-arrival";
import type { TableUpdateState } from "./table-update";

/** What one trigger of a job remembers, so that nothing starts a run twice, whatever happens to the process. */
export interface TriggerState {
  /** When it was set; milliseconds since the epoch, like the others. */
  since: number;
  /** The last time that has started a run, of a schedule or an interval. */
  last?: number;
  files?: FileArrivalState;
  tables?: TableUpdateState;
  /** What the SQL condition came to when it was asked last. */
  condition?: { at: number; is_met: boolean; error?: string; value?: string };
}

interface TriggerRecord {
  readonly id: string;
  readonly job_id: number;
  /** By the keys of their definitions. */
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
