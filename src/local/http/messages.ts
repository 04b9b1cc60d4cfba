import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { errorText, parseJson, stringifyJson } from "@jobstrata/core/model";
import { ApiError, notJson } from "../api-error";
import { RawAnswer } from "./route";

/** Reads the body of a request. @throws {ApiError} if it exceeds `limit` bytes */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = (): ApiError =>
    new ApiError(413, "MALFORMED_REQUEST", `The body must not exceed ${limit} bytes.`);
  if (Number(request.headers["content-length"] ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Maximum nesting of JSON: deeper JSON overflows the stack of code that walks it. Job settings have fewer than ten
 * levels.
 */
const MAX_DEPTH = 500;

/** @throws {ApiError} if the body is not JSON or nests too deeply */
export function readJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  if (nestsDeeper(body, MAX_DEPTH))
    throw new ApiError(400, "MALFORMED_REQUEST", `The JSON nests deeper than ${MAX_DEPTH} levels.`);
  try {
    return parseJson(body.toString());
  } catch (error) {
    throw notJson(error);
  }
}

/**
 * Whether brackets outside strings nest deeper than `most`. Scans bytes, since the relevant characters are one byte
 * each in UTF-8.
 */
function nestsDeeper(body: Buffer, most: number): boolean {
  if (body.length <= 2 * most) return false;
  let depth = 0;
  let isText = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (byte === 0x22) isText = !isText;
    else if (isText && byte === 0x5c) at++;
    else if (!isText && (byte === 0x5b || byte === 0x7b)) {
      if (++depth > most) return true;
    } else if (!isText && (byte === 0x5d || byte === 0x7d)) depth--;
  }
  return false;
}

export function write(
  response: ServerResponse,
  status: number,
  answer: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const raw = asRaw(answer);
  response.writeHead(status, {
    ...headers,
    ...raw.headers,
    "Content-Type": raw.contentType,
    "Content-Length": Buffer.byteLength(raw.body),
  });
  response.end(raw.body);
}

export const asRaw = (answer: unknown): RawAnswer =>
  answer instanceof RawAnswer ? answer : new RawAnswer(stringifyJson(answer ?? {}));

/** Responds with an error. Anything but an {@link ApiError} is an internal error of the workspace. */
export function fail(
  response: ServerResponse,
  error: unknown,
  headers: OutgoingHttpHeaders = {},
): void {
  const known =
    error instanceof ApiError
      ? error
      : new ApiError(500, "INTERNAL_ERROR", `The local workspace failed: ${errorText(error)}`);
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  // Close the connection: the unread body would be parsed as the next request.
  if (known.status === 413) response.setHeader("Connection", "close");
  const answer = { error_code: known.errorCode, message: known.message };
  write(response, known.status, answer, headers);
}
