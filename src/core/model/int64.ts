/**
 * 64-bit integers, which the ids of jobs and runs are. A number of JavaScript is exact up to 2^53 only, so that an id beyond
 * it would become that of another job.
 */

/** A 64-bit integer, exact: a number where a number can hold it, else a bigint. Equal values are equal by `===`. */
export type Int64 = number | bigint;

/** The id of a job; not to be mixed with that of a run. */
export type JobId = Int64 & { readonly __idOf?: "job" };
/** The id of a run, of the run of a task, or of a repair. */
export type RunId = Int64 & { readonly __idOf?: "run" };

const MIN = -(2n ** 63n);
const MAX = 2n ** 63n - 1n;

/** `value` as a 64-bit integer, where it is one: a whole number that is exact, a bigint, or decimal digits. */
export function int64Of(value: unknown): Int64 | undefined {
  if (typeof value === "number") {
    // Beyond 2^53 nobody knows which integer it was.
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

/** Orders ascending. */
export const compareInt64 = (a: Int64, b: Int64): number => (a < b ? -1 : a > b ? 1 : 0);
