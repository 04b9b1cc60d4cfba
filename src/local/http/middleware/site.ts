import type { Exchange, Middleware } from "../exchange";

/** A website outside the API, with its own access control. */
export interface Site {
  /** Whether the site serves the path. */
  has(path: string): boolean;
  /** Handles a request from this machine and always responds. */
  serve(exchange: Exchange): Promise<void>;
  /** Ends open event streams. */
  close(): void;
}

/** Passes requests outside the API to the site. */
export const serveSite =
  (site: () => Site | undefined): Middleware =>
  (exchange, next) => {
    const { path } = exchange;
    const found = path.startsWith("/api/") ? undefined : site();
    return found?.has(path) === true ? found.serve(exchange) : next();
  };
