import { setTimeout as sleep } from "node:timers/promises";
import { parseJson, retryAfter, stringifyJson } from "@jobstrata/core/model";
import { JobstrataError } from "@jobstrata/core/errors";
import { retrying } from "./retry-policy";
import { WorkspaceError } from "./workspace-error";

/** The address of a workspace and the credentials for it. */
export interface Login {
  /** Address such as `https://adb-123.4.azuredatabricks.net`. */
  readonly host: string;
  /** Headers of a request. Renews the token before it expires. */
  headers(): Promise<Readonly<Record<string, string>>>;
  /** Discards a rejected token. Returns false if no other token is available. */
  renew(): boolean;
}

/** A login with a fixed token. */
export function tokenLogin(host: string, token: string): Login {
  return {
    host,
    headers: () => Promise.resolve({ Authorization: `Bearer ${token}` }),
    renew: () => false,
  };
}

/** Timeouts and limits of requests. */
export interface HttpOptions {
  /** Timeout of a request with its retries; milliseconds. @default 60000 */
  readonly budgetMs?: number;
  /** Timeout of one attempt; milliseconds. @default 30000 */
  readonly requestTimeoutMs?: number;
  /** Delay before the first retry, doubled for each retry, with jitter; milliseconds. @default 300 */
  readonly firstRetryMs?: number;
  /**
   * Average requests per second. @default 25, because a workspace allows 30 runs/list requests per second for all of
   * its users
   */
  readonly requestsPerSecond?: number;
  /** Local clock; milliseconds since 1970. @default Date.now */
  readonly now?: () => number;
}

/** Called before a retry with its delay and the time since the first attempt; milliseconds. */
export type RetryListener = (error: WorkspaceError, delayMs: number, sinceMs: number) => void;

/** Options of a request. */
export interface RequestOptions {
  /**
   * Whether to retry a request whose outcome is unknown. True for reads, and for changes that the workspace
   * deduplicates.
   * @default true
   */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal;
}

/** HTTP client of a workspace. It retries transient failures. */
export class WorkspaceHttp {
  readonly #login: Login;
  readonly #budgetMs: number;
  readonly #requestTimeoutMs: number;
  readonly #firstRetryMs: number;
  readonly #now: () => number;
  readonly #pace: Pace;
  /** @default - retries are not reported */
  public onRetry: RetryListener | undefined;
  #clockOffsetMs = 0;
  #requests = 0;

  public constructor(login: Login, options: HttpOptions = {}) {
    this.#login = login;
    this.#budgetMs = options.budgetMs ?? 60_000;
    this.#requestTimeoutMs = options.requestTimeoutMs ?? 30_000;
    this.#firstRetryMs = options.firstRetryMs ?? 300;
    this.#now = options.now ?? Date.now;
    this.#pace = new Pace(options.requestsPerSecond ?? 25, this.#now);
  }

  public get host(): string {
    return this.#login.host;
  }

  /** Number of requests sent, including retries. */
  public get requests(): number {
    return this.#requests;
  }

  /** The workspace's time, estimated from its responses; milliseconds since 1970. */
  public now(): number {
    return this.#now() + this.#clockOffsetMs;
  }

  /**
   * @param path below `/api`, with its query
   * @throws {WorkspaceError} if the workspace rejects the request, or does not respond within the budget
   */
  public async request<T>(
    method: "GET" | "POST",
    path: string,
    body?: object,
    { repeatable = true, signal }: RequestOptions = {},
  ): Promise<T> {
    const began = this.#now();
    const execute = retrying({
      transient: (error) => {
        if (!(error instanceof WorkspaceError) || signal?.aborted === true) return undefined;
        return (repeatable ? error.transient : error.refusedUntouched) ? error : undefined;
      },
      end: began + this.#budgetMs,
      now: this.#now,
      firstRetryMs: this.#firstRetryMs,
      maxRetryMs: 10_000,
      maxRetries: 100,
      onRetry: (error, delayMs) => this.onRetry?.(error, delayMs, this.#now() - began),
    });
    let renewed = false;
    for (;;) {
      try {
        return await execute(() => this.#once<T>(method, path, body, signal));
      } catch (error) {
        const expired = error instanceof WorkspaceError && error.status === 401;
        if (!expired || renewed || !this.#login.renew()) throw error;
        renewed = true;
      }
    }
  }

  async #once<T>(method: string, path: string, body?: object, signal?: AbortSignal): Promise<T> {
    await this.#pace.turn(signal);
    this.#requests++;
    const where = `${method} ${path.replace(/\?.*/, "")}`;
    const headers = await this.#login.headers().catch((error: unknown) => {
      throw error instanceof JobstrataError ? WorkspaceError.loginFailed(error) : error;
    });
    const timeout = AbortSignal.timeout(this.#requestTimeoutMs);
    let status: number;
    let retryAfterMs: number | undefined;
    let text: string;
    try {
      const response = await fetch(`${this.#login.host}/api/${path}`, {
        method,
        headers: {
          ...headers,
          "User-Agent": "jobstrata",
          ...(body && { "Content-Type": "application/json" }),
        },
        ...(body && { body: stringifyJson(body) }),
        // A redirect would carry the token elsewhere.
        redirect: "error",
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      status = response.status;
      this.#observeClock(response.headers.get("date"));
      retryAfterMs = retryAfter(response.headers.get("retry-after"), this.#now());
      text = await response.text();
    } catch (error) {
      signal?.throwIfAborted();
      throw WorkspaceError.noAnswer(where, this.host, error, this.#requestTimeoutMs);
    }
    if (status < 200 || status > 299) {
      throw WorkspaceError.refused(
        where,
        this.host,
        status,
        withoutToken(text, headers),
        retryAfterMs,
      );
    }
    try {
      return parseJson(text) as T;
    } catch {
      throw WorkspaceError.notJson(where, this.host, withoutToken(text, headers));
    }
  }

  /** The header has whole seconds, so differences below two seconds are ignored. */
  #observeClock(date: string | null): void {
    const theirs = date === null ? NaN : Date.parse(date);
    if (Number.isNaN(theirs)) return;
    const offset = theirs + 500 - this.#now();
    this.#clockOffsetMs = Math.abs(offset) < 2000 ? 0 : offset;
  }
}

/** Masks the token in a response: a proxy may send back what it received. */
function withoutToken(text: string, headers: Readonly<Record<string, string>>): string {
  const [, token = ""] = (headers.Authorization ?? "").split(" ");
  return token === "" ? text : text.replaceAll(token, "***");
}

/**
 * Token bucket; bursts of up to two seconds' quota. Not a library, so that an `AbortSignal` can end a wait: see ADR 14.
 */
class Pace {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #now: () => number;
  #left: number;
  #at: number;
  #queue: Promise<void> = Promise.resolve();

  public constructor(perSecond: number, now: () => number) {
    this.#now = now;
    this.#at = now();
    this.#perMs = perSecond / 1000;
    this.#burst = Math.max(1, perSecond * 2);
    this.#left = this.#burst;
  }

  public turn(signal?: AbortSignal): Promise<void> {
    const turn = this.#queue.then(() => this.#wait(signal));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #wait(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const now = this.#now();
    this.#left = Math.min(this.#burst, this.#left + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = now;
    this.#left -= 1;
    if (this.#left < 0) await sleep(Math.ceil(-this.#left / this.#perMs), undefined, { signal });
  }
}
