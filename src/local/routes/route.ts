import * as z from "zod";
import type { IncomingHttpHeaders } from "node:http";

/** A request that was let in. */
export interface LocalRequest<Query = unknown, Body = unknown> {
  query: Query;
  body: Body;
  /** What stands in the place of the `*` of the route's path. */
  wildcard: string;
  /** "2.0", "2.1" or "2.2"; "" outside of `/api`. */
  version: string;
  headers: IncomingHttpHeaders;
}

/** An answer that is not made from an object: JSON that is text already, or a file. */
export class RawAnswer {
  public constructor(
    public readonly body: string | Buffer,
    public readonly contentType = "application/json",
  ) {}
}

/** One endpoint. Its answer is an object, sent as JSON; `undefined` is sent as `{}`. */
export interface Route {
  method: string;
  /** Its path after `/api/<version>`, or the whole of it if it starts with a `/`. A `*` stands for one segment. */
  path: string;
  /** The versions of the API that have it. */
  versions: readonly string[];
  query: z.ZodType;
  body: z.ZodType | undefined;
  /** Gets the body as it came, whatever its type. */
  rawBody: boolean;
  handle: (request: LocalRequest) => unknown;
}

const none = z.strictObject({});

/** Reads `query`, which holds text only, by the shape that is given. */
export function get<Query extends z.ZodType>(
  path: string,
  versions: readonly string[],
  query: Query,
  handle: (request: LocalRequest<z.infer<Query>>) => unknown,
): Route {
  return {
    method: "GET",
    path,
    versions,
    query,
    body: undefined,
    rawBody: false,
    handle: handle as Route["handle"],
  };
}

export function send<Body extends z.ZodType, Query extends z.ZodType = typeof none>(
  method: "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  versions: readonly string[],
  body: Body,
  handle: (request: LocalRequest<z.infer<Query>, z.infer<Body>>) => unknown,
  query?: Query,
): Route {
  return {
    method,
    path,
    versions,
    query: query ?? none,
    body,
    rawBody: false,
    handle: handle as Route["handle"],
  };
}

export const post = <Body extends z.ZodType>(
  path: string,
  versions: readonly string[],
  body: Body,
  handle: (request: LocalRequest<unknown, z.infer<Body>>) => unknown,
): Route => send("POST", path, versions, body, handle);

/** A whole number in a query. */
export const integer = z
  .string()
  .regex(/^-?\d{1,16}$/, "must be a whole number")
  .transform(Number);

export const flag = z.enum(["true", "false"]).transform((text) => text === "true");
