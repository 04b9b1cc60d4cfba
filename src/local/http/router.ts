import type { IncomingMessage } from "node:http";
import { quoteWithSuggestion } from "@jobstrata/core/errors";
import { ApiError } from "../api-error";
import { parse } from "../schema/parse";
import type { Exchange } from "./exchange";
import { asRaw, readJson } from "./messages";
import { notHere } from "./not-here";
import type { LocalRequest, Route } from "./route";

/** Maximum distinct ignored fields to count. */
const MAX_IGNORED = 1000;

/** Dispatches requests to endpoints. */
export class Router {
  readonly #routes = new Map<string, Route>();
  readonly #wildcards: { pattern: RegExp; route: Route; version: string }[] = [];
  readonly #added: Route[] = [];
  readonly #ignored = new Map<string, number>();

  public add(routes: readonly Route[]): void {
    for (const route of routes) {
      this.#added.push(route);
      for (const version of route.versions) {
        const path = route.path.startsWith("/") ? route.path : `/api/${version}/${route.path}`;
        if (path.includes("*")) {
          const source = path
            .replaceAll(".", "\\.")
            .replace(/\*\*|\*/g, (stars) => (stars === "**" ? "(.+)" : "([^/]+)"));
          const pattern = new RegExp(`^${route.method} ${source}$`);
          this.#wildcards.push({ pattern, route, version });
        } else this.#routes.set(`${route.method} ${path}`, route);
      }
    }
  }

  /** All endpoints, in the order of registration. */
  public endpoints(): readonly Route[] {
    return this.#added;
  }

  /** Counts of unknown query parameters, by `GET /api/…?field`. */
  public ignoredQueryFields(): Record<string, number> {
    return Object.fromEntries(this.#ignored);
  }

  public readonly dispatch = async (exchange: Exchange): Promise<void> => {
    const { method, path, request, search, body } = exchange;
    const found = this.#find(method, path);
    if (found === undefined) throw notHere(path) ?? noEndpoint(method, path, this.#routes.keys());
    exchange.answer = asRaw(await this.#answer(found, request, search, body));
  };

  #answer(
    { route, wildcards, version }: Found,
    request: IncomingMessage,
    search: string,
    body: Buffer,
  ): unknown {
    // Like Databricks, treat an empty parameter as absent.
    const fields = [...new URLSearchParams(search)].filter(([, value]) => value !== "");
    const given = Object.fromEntries(fields);
    this.#noteIgnored(route, given);
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

  #noteIgnored(route: Route, given: Readonly<Record<string, string>>): void {
    for (const field of Object.keys(given)) {
      if (field in route.query.shape) continue;
      const key = `${route.method} ${route.path}?${field.slice(0, 100)}`;
      const count = this.#ignored.get(key) ?? 0;
      if (count > 0 || this.#ignored.size < MAX_IGNORED) this.#ignored.set(key, count + 1);
    }
  }

  #find(method: string, path: string): Found | undefined {
    const key = `${method} ${path}`;
    const route = this.#routes.get(key);
    if (route !== undefined) {
      return { route, wildcards: [], version: path.startsWith("/api/") ? path.slice(5, 8) : "" };
    }
    for (const { pattern, route, version } of this.#wildcards) {
      const match = pattern.exec(key);
      if (match !== null) return { route, wildcards: match.slice(1), version };
    }
    return undefined;
  }
}

/** The endpoint of a request, the values of its wildcards, and the API version. */
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
