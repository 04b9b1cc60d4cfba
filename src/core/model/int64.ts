/**
 * 64-bit integers, such as the ids of jobs and runs. JavaScript numbers are exact only up to 2^53, so a rounded id
 * could refer to another job.
 */

/** An exact 64-bit integer: a number if it is exact, otherwise a bigint. Equal values are equal by `===`. */
export type Int64 = number | bigint;

/** A job id. The type is distinct from {@link RunId}. */
export type JobId = Int64 & { readonly __idOf?: "job" };
/** The id of a run, a task run or a repair. */
export type RunId = Int64 & { readonly __idOf?: "run" };

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

/** Converts a safe integer, a bigint or decimal digits to a 64-bit integer; undefined for anything else. */
export function int64Of(value: unknown): Int64 | undefined {
  if (typeof value === "number") {
    // A number above 2^53 may already be rounded.
    return Number.isSafeInteger(value) ? value + 0 : undefined;
  }
  if (typeof value === "string" && !/^-?\d{1,19}$/.test(value)) return undefined;
  if (typeof value !== "string" && typeof value !== "bigint") return undefined;
  const exact = BigInt(value);
  if (exact < MIN || exact > MAX) return undefined;
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : exact;
}

export const jobIdOf = (value: unknown): JobId | undefined => int64Of(value);

export const runIdOf = (value: unknown): RunId | undefined => int64Of(value);

/** Compares in ascending order. */
export const compareInt64 = (a: Int64, b: Int64): number => (a < b ? -1 : a > b ? 1 : 0);
