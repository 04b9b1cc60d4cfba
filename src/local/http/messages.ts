import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { errorText, parseJson, stringifyJson } from "@jobstrata/core/model";
import { ApiError, notJson } from "../api-error";
import { RawAnswer } from "./route";

/** The body of a request. @throws {ApiError} when it has more than `limit` bytes */
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

/** @throws {ApiError} for what is not JSON */
export function readJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return parseJson(body.toString());
  } catch (error) {
    throw notJson(error);
  }
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

/** Responds with an error; anything but an {@link ApiError} is a failure of the workspace itself. */
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
  // What is left of a body that was refused would be taken for the next request.
  if (known.status === 413) response.setHeader("Connection", "close");
  const answer = { error_code: known.errorCode, message: known.message };
  write(response, known.status, answer, headers);
}
