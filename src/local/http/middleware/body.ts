import type { Middleware } from "../exchange";
import { readBody } from "../messages";

/** A notebook of the largest size, as base64 in JSON, fits. Bytes. */
const MAX_BODY = 16 * 1024 * 1024;

/** Reads the whole body. @throws {ApiError} when it is too large */
export const readWholeBody: Middleware = async (exchange, next) => {
  exchange.body = await readBody(exchange.request, MAX_BODY);
  return next();
};
