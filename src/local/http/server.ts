import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { JobstrataError, quoteWithSuggestion } from "@jobstrata/core/errors";
import { ApiError } from "../api-error";
import { faultError, type Faults, type FaultStatus, type RequestFault } from "../faults";
import { asRaw, fail, readBody, readJson, write } from "./messages";
import { notHere } from "./not-here";
import { type LocalRequest, RawAnswer, type Route } from "./route";
import { parse } from "../schema/parse";
import { bearerOf, newToken, Tokens } from "./tokens";

/** A notebook of the largest size, as base64 in JSON, fits. */
const MAX_BODY = 16 * 1024 * 1024;
const MAX_URL = 8192;
/** Of fields that are ignored, so many are told apart. */
const MAX_IGNORED = 1000;
/** A client that sends nothing for this long is let go; milliseconds. */
const REQUEST_TIMEOUT = 30_000;

export const LOOPBACK = "127.0.0.1";

/** Something beside the API that decides for itself whom it answers. */
export interface Site {
  /** Whether the path is one of its own. */
  has(path: string): boolean;
  /** Answers a request from this machine, in one way or another. */
  serve(request: IncomingMessage, response: ServerResponse, asked: Asked): Promise<void>;
  /** Ends what it still has to say to anybody. */
  close(): void;
}

/** What a request is about: `GET`, `/page/runs`, `limit=10`. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly search: string;
}

/** Takes requests from this machine only, and only with a token. */
export class LocalServer {
  private readonly routes = new Map<string, Route>();
  private readonly wildcards: { pattern: RegExp; route: Route; version: string }[] = [];
  private readonly owner = new Tokens();
  private readonly granted = new Tokens();
  private site: Site | undefined;
  private readonly server: Server;
  private hosts: ReadonlySet<string> = new Set();
  private readonly added: Route[] = [];
  private readonly ignored = new Map<string, number>();

  /**
   * @param token what the owner of the workspace bears: everything is open to it
   * @param settle is awaited before every answer, so that nothing is acknowledged that is not kept
   * @param headers of every answer
   */
  public constructor(
    token: string,
    private readonly faults: Faults,
    private readonly settle: () => void,
    private readonly headers: OutgoingHttpHeaders = {},
  ) {
    this.owner.add(token);
    this.server = createServer({ requestTimeout: REQUEST_TIMEOUT }, (request, response) => {
      void this.serve(request, response);
    });
  }

  public add(routes: readonly Route[]): void {
    for (const route of routes) {
      this.added.push(route);
      for (const version of route.versions) {
        const path = route.path.startsWith("/") ? route.path : `/api/${version}/${route.path}`;
        if (path.includes("*")) {
          const source = path
            .replaceAll(".", "\\.")
            .replace(/\*\*|\*/g, (stars) => (stars === "**" ? "(.+)" : "([^/]+)"));
          const pattern = new RegExp(`^${route.method} ${source}$`);
          this.wildcards.push({ pattern, route, version });
        } else this.routes.set(`${route.method} ${path}`, route);
      }
    }
  }

  /** Every endpoint, in the order in which they were added. */
  public endpoints(): readonly Route[] {
    return this.added;
  }

  /** How often a query had a field that its endpoint does not know, as `GET /api/…?field`. */
  public ignoredQueryFields(): Record<string, number> {
    return Object.fromEntries(this.ignored);
  }

  /** A further token, for everything under `/api` and nothing else, until it is revoked. */
  public grantToken(): { token: string; revoke: () => void } {
    const token = newToken();
    return { token, revoke: this.granted.add(token) };
  }

  /** Leaves to a site what is not of the API. */
  public mount(site: Site): void {
    this.site = site;
  }

  /** Starts to listen. @param port 0 means any that is free */
  public async listen(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      const refuse = (error: NodeJS.ErrnoException): void => {
        this.server.off("listening", resolve);
        const why = error.code === "EADDRINUSE" ? `port ${port} is in use` : error.message;
        reject(new JobstrataError("local-workspace", `The local workspace cannot listen: ${why}.`));
      };
      this.server.once("error", refuse);
      this.server.once("listening", () => {
        this.server.off("error", refuse);
      });
      this.server.once("listening", resolve);
      this.server.listen(port, LOOPBACK);
    });
    const { port: actual } = this.server.address() as AddressInfo;
    this.hosts = new Set([`${LOOPBACK}:${actual}`, `localhost:${actual}`]);
    return actual;
  }

  /** Takes no more requests, and lets those under way end. */
  public async close(): Promise<void> {
    this.site?.close();
    await new Promise<void>((resolve) => {
      this.server.close(() => {
        resolve();
      });
      this.server.closeIdleConnections();
      // Whoever keeps a connection busy longer than this does not wait for an answer.
      setTimeout(() => {
        this.server.closeAllConnections();
      }, 500).unref();
    });
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { method = "GET", url = "/" } = request;
      const cut = url.indexOf("?");
      const path = cut === -1 ? url : url.slice(0, cut);
      const search = cut === -1 ? "" : url.slice(cut + 1);
      this.receive(request);
      if (!path.startsWith("/api/") && this.site?.has(path) === true) {
        await this.site.serve(request, response, { method, path, search });
        return;
      }
      const found = this.find(method, path);
      this.admit(request, method, path);
      const body = await readBody(request, MAX_BODY);
      const fault = path.startsWith("/api/") ? this.faults.strike(method, path, body) : undefined;
      if (fault !== undefined && !(await survives(fault, response))) return;
      if (found === undefined) throw notHere(path) ?? noEndpoint(method, path, this.routes.keys());
      const answer = await this.answer(found, request, search, body);
      this.settle();
      if (fault !== undefined && spoils(fault, answer, request, response)) return;
      write(response, answer instanceof RawAnswer ? answer.status : 200, answer, this.headers);
    } catch (error) {
      fail(response, error);
    }
  }

  /** @throws {ApiError} for a request that came in another way than those of this machine do */
  private receive(request: IncomingMessage): void {
    const { host = "" } = request.headers;
    // A page in a browser could reach the server under a name of its own that leads to this machine.
    if (!this.hosts.has(host.toLowerCase())) {
      throw new ApiError(403, "PERMISSION_DENIED", "The Host header does not name this workspace.");
    }
    if ((request.url ?? "").length > MAX_URL)
      throw new ApiError(414, "MALFORMED_REQUEST", "The URL is too long.");
  }

  /** @throws {ApiError} for whoever may not ask */
  private admit(request: IncomingMessage, method: string, path: string): void {
    const { authorization } = request.headers;
    // Clients look here for how to log in before they do.
    if (path.startsWith("/.well-known/") || path.startsWith("/oidc/")) return;
    if (authorization === undefined) {
      throw new ApiError(
        401,
        "UNAUTHENTICATED",
        "Credential was not sent or was of an unsupported type for this API.",
      );
    }
    const token = bearerOf(authorization);
    if (token !== undefined && this.owner.has(token)) return;
    if (token === undefined || !this.granted.has(token)) {
      throw new ApiError(403, "PERMISSION_DENIED", "Invalid access token.");
    }
    if (!path.startsWith("/api/")) {
      throw new ApiError(
        403,
        "PERMISSION_DENIED",
        `A token of a task is for what is under /api only, not for ${method} ${path.slice(0, 100)}.`,
      );
    }
  }

  private answer(
    { route, wildcards, version }: Found,
    request: IncomingMessage,
    search: string,
    body: Buffer,
  ): unknown {
    // As with the service, an empty field is one that was not sent.
    const fields = [...new URLSearchParams(search)].filter(([, value]) => value !== "");
    const given = Object.fromEntries(fields);
    this.noteIgnored(route, given);
    const local: LocalRequest = {
      query: parse(route.query, given),
      body: route.rawBody
        ? body
        : route.body === undefined
          ? undefined
          : parse(route.body, readJson(body)),
      wildcard: wildcards[0] ?? "",
      wildcards,
      version,
      headers: request.headers,
    };
    return route.handle(local);
  }

  private noteIgnored(route: Route, given: Readonly<Record<string, string>>): void {
    for (const field of Object.keys(given)) {
      if (field in route.query.shape) continue;
      const key = `${route.method} ${route.path}?${field.slice(0, 100)}`;
      const count = this.ignored.get(key) ?? 0;
      if (count > 0 || this.ignored.size < MAX_IGNORED) this.ignored.set(key, count + 1);
    }
  }

  private find(method: string, path: string): Found | undefined {
    const key = `${method} ${path}`;
    const route = this.routes.get(key);
    if (route !== undefined) {
      return { route, wildcards: [], version: path.startsWith("/api/") ? path.slice(5, 8) : "" };
    }
    for (const { pattern, route, version } of this.wildcards) {
      const match = pattern.exec(key);
      if (match !== null) return { route, wildcards: match.slice(1), version };
    }
    return undefined;
  }
}

/** The endpoint that a request is for, what stands for its wildcards, and the version of the API. */
interface Found {
  readonly route: Route;
  readonly wildcards: readonly string[];
  readonly version: string;
}

function noEndpoint(method: string, path: string, known: Iterable<string>): ApiError {
  const asked = `${method} ${path}`.slice(0, 300);
  return new ApiError(
    404,
    "ENDPOINT_NOT_FOUND",
    `The local workspace has no endpoint ${quoteWithSuggestion(asked, known)}.`,
  );
}

/** What a fault does before the request is carried out. False when there is nothing left to do. */
async function survives(fault: RequestFault, response: ServerResponse): Promise<boolean> {
  const { fault: kind, carried_out = false, milliseconds = 100 } = fault;
  if (kind === "latency") {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return true;
  }
  if (kind === "half" || carried_out) return true;
  if (kind === "drop") response.destroy();
  else refuse(fault, kind, response);
  return false;
}

/** What a fault does to the answer of a request that was carried out. False when nothing. */
function spoils(
  fault: RequestFault,
  answer: unknown,
  request: IncomingMessage,
  response: ServerResponse,
): boolean {
  const { fault: kind } = fault;
  if (kind === "latency") return false;
  if (kind === "drop") request.socket.destroy();
  else if (kind === "half") {
    const body = Buffer.from(asRaw(answer).body);
    response.writeHead(200, { "Content-Type": "application/json", "Content-Length": body.length });
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => request.socket.destroy());
  } else refuse(fault, kind, response);
  return true;
}

function refuse(fault: RequestFault, status: FaultStatus, response: ServerResponse): void {
  if (status === 429 || status === 503)
    response.setHeader("Retry-After", String(fault.retry_after ?? 1));
  fail(response, faultError(status));
}
