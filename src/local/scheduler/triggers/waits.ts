/** When the thing that a trigger watches has changed, and when it started a run; milliseconds since the epoch. */
export interface Waiting {
  changedAt?: number;
  firedAt?: number;
}

/** The pauses that a trigger is to keep; seconds. */
export interface Waits {
  min_time_between_triggers_seconds?: number | undefined;
  wait_after_last_change_seconds?: number | undefined;
}

/** Whether a run may start now, as far as the pauses are concerned. */
export const isQuiet = (
  { changedAt = 0, firedAt = -Infinity }: Waiting,
  { min_time_between_triggers_seconds = 0, wait_after_last_change_seconds = 0 }: Waits,
  now: number,
): boolean =>
  now - changedAt >= wait_after_last_change_seconds * 1000 &&
  now - firedAt >= min_time_between_triggers_seconds * 1000;
