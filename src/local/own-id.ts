import type { Int64 } from "@jobstrata/core/model";

/**
 * An id that a client named as one of this workspace may be. Those count from 1, so that none is beyond 2^53.
 *
 * @param missing the error where there can be no such object
 * @throws {ApiError} `missing`
 */
export function ownId(id: Int64, missing: (id: Int64) => Error): number {
  if (typeof id === "number") return id;
  throw missing(id);
}
