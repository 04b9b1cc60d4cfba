import * as z from "zod";
import { type Int64, int64Of } from "@jobstrata/core/model";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";

/** An authorized request. */
export interface LocalRequest<Query = unknown, Body = unknown> {
  query: Query;
  body: Body;
  /** The value of the first `*` of the route's path. */
  wildcard: string;
  /** The values of all `*`, in order. */
  wildcards: readonly string[];
  /** "2.0", "2.1" or "2.2"; "" outside of `/api`. */
  version: string;
  headers: IncomingHttpHeaders;
}

/** An answer that is not made from an object: JSON that is text already, or a file. */
export class RawAnswer {
  public constructor(
    public readonly body: string | Buffer,
    public readonly contentType = "application/json",
    /** The status of the answer, and headers beside those of every answer. */
    public readonly status = 200,
    public readonly headers: OutgoingHttpHeaders = {},
  ) {}
}

/** One endpoint. Its answer is an object, sent as JSON; `undefined` is sent as `{}`. */
export interface Route {
  method: string;
  /**
   * Its path after `/api/<version>`, or the whole of it if it starts with a `/`. A `*` stands for one segment, `**` for one or
   * more at the end.
   */
  path: string;
  /** The versions of the API that have it. */
  versions: readonly string[];
  /** As with the service, fields that are not named here are ignored. */
  query: z.ZodObject;
  body: z.ZodType | undefined;
  /** Receives the raw body of any type. */
  rawBody: boolean;
  handle: (request: LocalRequest) => unknown;
}

const none = z.object({});

/** Reads `query`, which holds text only, by the shape that is given. */
export function get<Query extends z.ZodObject>(
  path: string,
  versions: readonly string[],
  query: Query,
  handle: (request: LocalRequest<z.infer<Query>>) => unknown,
): Route {
  return {
    method: "GET",
    path,
    versions,
    query: query.strip(),
    body: undefined,
    rawBody: false,
    handle: handle as Route["handle"],
  };
}

export function send<Body extends z.ZodType, Query extends z.ZodObject = typeof none>(
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
    query: query?.strip() ?? none,
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

/** A whole number in a query, such as a limit. */
export const integer = z
  .string()
  .regex(/^-?\d{1,15}$/, "must be a whole number")
  .transform(Number);

/** The id of a job or a run in a query. */
export const id = z.string().transform((text, context): Int64 => {
  const value = int64Of(text);
  if (value !== undefined) return value;
  context.addIssue({ code: "custom", message: "must be a 64-bit integer", input: text });
  return z.NEVER;
});

/** Clients of some languages write `True`. */
export const flag = z
  .string()
  .regex(/^(?:true|false)$/i, "must be true or false")
  .transform((text) => text.toLowerCase() === "true");
