import type { Exchange, Middleware } from "../exchange";

/** Something beside the API that decides for itself whom it answers. */
export interface Site {
  /** Whether the path is one of its own. */
  has(path: string): boolean;
  /** Answers a request from this machine, in one way or another. */
  serve(exchange: Exchange): Promise<void>;
  /** Ends what it still has to say to anybody. */
  close(): void;
}

/** Leaves to a site what is not of the API. */
export const serveSite =
  (site: () => Site | undefined): Middleware =>
  (exchange, next) => {
    const { path } = exchange;
    const found = path.startsWith("/api/") ? undefined : site();
    return found?.has(path) === true ? found.serve(exchange) : next();
  };
