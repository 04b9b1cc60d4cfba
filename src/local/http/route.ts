import * as z from "zod";
import { type Int64, int64Of } from "@jobstrata/core/model";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";

/** An authenticated request. */
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

/** A response that is not serialized from an object: JSON text or a file. */
export class RawAnswer {
  public constructor(
    public readonly body: string | Buffer,
    public readonly contentType = "application/json",
    /** HTTP status. `headers` are sent in addition to those of every response. */
    public readonly status = 200,
    public readonly headers: OutgoingHttpHeaders = {},
  ) {}
}

/** An endpoint. The returned object is sent as JSON; `undefined` is sent as `{}`. */
export interface Route {
  method: string;
  /**
   * The path after `/api/<version>`, or the whole path if it starts with `/`. `*` matches one segment; `**`, at the
   * end, one or more.
   */
  path: string;
  /** API versions with this endpoint. */
  versions: readonly string[];
  /** Query parameters. Like Databricks, ignores unknown ones. */
  query: z.ZodObject;
  body: z.ZodType | undefined;
  /** Whether the handler gets the raw body, of any content type. */
  rawBody: boolean;
  handle: (request: LocalRequest) => unknown;
}

const none = z.object({});

/** A GET endpoint. `query` parses the parameters, which arrive as text. */
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

/** An integer query parameter, such as a limit. */
export const integer = z
  .string()
  .regex(/^-?\d{1,15}$/, "must be a whole number")
  .transform(Number);

/** A job or run id as a query parameter. */
export const id = z.string().transform((text, context): Int64 => {
  const value = int64Of(text);
  if (value !== undefined) return value;
  context.addIssue({ code: "custom", message: "must be a 64-bit integer", input: text });
  return z.NEVER;
});

/** A boolean query parameter. Accepts any case, since some clients write `True`. */
export const flag = z
  .string()
  .regex(/^(?:true|false)$/i, "must be true or false")
  .transform((text) => text.toLowerCase() === "true");
