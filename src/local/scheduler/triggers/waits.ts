/**
 * When the watched files or tables last changed, and when the trigger last started a run; milliseconds since the epoch.
 */
export interface Waiting {
  changedAt?: number;
  firedAt?: number;
}

/** Minimum delays of a trigger; seconds. */
export interface Waits {
  min_time_between_triggers_seconds?: number | undefined;
  wait_after_last_change_seconds?: number | undefined;
}

/** Whether both delays have passed, so that a run may start. */
export const isQuiet = (
  { changedAt = 0, firedAt = -Infinity }: Waiting,
  { min_time_between_triggers_seconds = 0, wait_after_last_change_seconds = 0 }: Waits,
  now: number,
): boolean =>
  now - changedAt >= wait_after_last_change_seconds * 1000 &&
  now - firedAt >= min_time_between_triggers_seconds * 1000;
