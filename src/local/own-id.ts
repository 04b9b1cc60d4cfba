import type { Int64 } from "@jobstrata/core/model";

/**
 * Narrows a client's id to a local id. Local ids count from 1, so they never exceed 2^53.
 *
 * @param missing creates the error for an id that cannot exist
 * @throws {ApiError} `missing`
 */
export function ownId(id: Int64, missing: (id: Int64) => Error): number {
  if (typeof id === "number") return id;
  throw missing(id);
}
