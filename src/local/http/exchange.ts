import type { IncomingMessage, ServerResponse } from "node:http";
import type { RawAnswer } from "./route";

/** A request in the middleware chain, with the results so far. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** `GET`, `/api/2.2/jobs/get`, `job_id=1`. */
  readonly method: string;
  readonly path: string;
  readonly search: string;
  body: Buffer;
  /** The response to send; `undefined` if there is none, or it was already sent. */
  answer: RawAnswer | undefined;
}

/** One step of the chain; `next` runs the steps after it. */
export type Middleware = (exchange: Exchange, next: () => Promise<void>) => Promise<void> | void;

/** Combines steps into one function. */
export function compose(steps: readonly Middleware[]): (exchange: Exchange) => Promise<void> {
  return (exchange) => {
    const run = async (index: number): Promise<void> =>
      steps[index]?.(exchange, () => run(index + 1));
    return run(0);
  };
}

export function exchangeOf(request: IncomingMessage, response: ServerResponse): Exchange {
  const { method = "GET", url = "/" } = request;
  const cut = url.indexOf("?");
  return {
    request,
    response,
    method,
    path: cut === -1 ? url : url.slice(0, cut),
    search: cut === -1 ? "" : url.slice(cut + 1),
    body: Buffer.alloc(0),
    answer: undefined,
  };
}
