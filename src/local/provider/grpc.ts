/** The part of gRPC over HTTP/2 that Terraform providers need: calls with one request and one response. */
import { errorText } from "@jobstrata/core/model";
import { createServer } from "node:http2";
import type { Http2Server, Http2Session, ServerHttp2Stream } from "node:http2";

/** Handles a call: takes the bytes of the request message and returns those of the response. */
export type Answer = (path: string, request: Uint8Array) => Promise<Uint8Array>;

/** Status codes of gRPC. */
const OK = 0;
const UNIMPLEMENTED = 12;
const INTERNAL = 13;

/** A call that the server does not implement. */
export class UnknownCall extends Error {}

interface GrpcServerOptions {
  /** Called for each connection, which has its own state. */
  readonly onConnection: () => Answer;
  /** Paths of calls whose response is an empty stream that stays open until the connection closes. */
  readonly openStreams: readonly string[];
}

/** Creates a server without TLS that does not listen yet. */
export function grpcServer({ onConnection, openStreams }: GrpcServerOptions): Http2Server {
  const answers = new WeakMap<Http2Session, Answer>();
  const server = createServer({
    // States and schemas are large, and the peer is trusted: it is the user's Terraform on the user's socket.
    maxSessionMemory: Number.MAX_SAFE_INTEGER,
    settings: { initialWindowSize: 8 * 1024 * 1024 },
  });
  server.on("session", (session) => {
    answers.set(session, onConnection());
    session.on("error", () => {
      session.destroy();
    });
  });
  server.on("stream", (stream, headers) => {
    const path = headers[":path"] ?? "";
    // Terraform canceled the call and does not wait for the response.
    stream.on("error", () => undefined);
    if (openStreams.includes(path)) {
      stream.respond(HEADERS, { waitForTrailers: true });
      return;
    }
    const answer = stream.session === undefined ? undefined : answers.get(stream.session);
    if (answer !== undefined) void serveCall(stream, path, answer);
  });
  return server;
}

const HEADERS = { ":status": 200, "content-type": "application/grpc" };

async function serveCall(stream: ServerHttp2Stream, path: string, answer: Answer): Promise<void> {
  let response: Uint8Array;
  try {
    response = await answer(path, await requestOf(stream));
  } catch (thrown) {
    if (stream.destroyed) return;
    const message = errorText(thrown);
    const status = thrown instanceof UnknownCall ? UNIMPLEMENTED : INTERNAL;
    const error = { "grpc-status": status, "grpc-message": encodeURIComponent(message) };
    stream.respond({ ...HEADERS, ...error }, { endStream: true });
    return;
  }
  if (stream.destroyed) return;
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.on("wantTrailers", () => {
    stream.sendTrailers({ "grpc-status": OK });
  });
  stream.end(framed(response));
}

/** Message prefix: a compression flag and the length. */
const PREFIX_BYTES = 5;

async function requestOf(stream: ServerHttp2Stream): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  if (body.length < PREFIX_BYTES || body.length !== PREFIX_BYTES + body.readUInt32BE(1)) {
    throw new Error("the request is not one whole message");
  }
  if (body[0] !== 0) throw new Error("compressed requests are not supported");
  return body.subarray(PREFIX_BYTES);
}

function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
