import type { Middleware } from "../exchange";
import { readBody } from "../messages";

/** Maximum body size, enough for the largest notebook as base64 in JSON; bytes. */
const MAX_BODY = 16 * 1024 * 1024;

/** Reads the whole body. @throws {ApiError} if it is too large */
export const readWholeBody: Middleware = async (exchange, next) => {
  exchange.body = await readBody(exchange.request, MAX_BODY);
  return next();
};
