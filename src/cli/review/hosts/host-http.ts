import { parseJson, printable, stringifyJson } from "@jobstrata/core/model";

/** Statuses of rate limits and of failures of proxies or servers. */
const TRANSIENT = [408, 425, 429, 500, 502, 503, 504];
/** Of what a server says, in an error. */
const MAX_SAID = 200;

/** A code host refused a request, or did not answer it. The message is one line and holds no token. */
export class HostError extends Error {
  public constructor(
    message: string,
    /** HTTP status; absent when there was no answer. */
    public readonly status: number | undefined,
    /** The same request may succeed later. */
    public readonly transient: boolean,
    /** The delay that the host asks for; milliseconds. */
    public readonly retryAfterMs?: number,
  ) {
    super(message);
    this.name = "HostError";
  }

  /** The token may not do this, or must not know that the thing exists. */
  public get denied(): boolean {
    return !this.transient && [401, 403, 404].includes(this.status ?? 0);
  }
}

/** How the API of a code host is reached. */
export interface HostLogin {
  /** Such as `https://api.github.com`, without a slash at the end. */
  readonly url: string;
  readonly token: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Limits of requests. */
export interface HostHttpOptions {
  /** Timeout of one request; milliseconds. @default 15000 */
  readonly requestTimeoutMs?: number;
  /** Ends every request. */
  readonly signal?: AbortSignal;
}

/** An answer, with the address of the next page if there is one. */
export interface Answer<T> {
  readonly body: T;
  readonly hasNext: boolean;
}

/** JSON over HTTP with a code host. It sends each request once; `upsertComment` decides what to repeat. */
export class HostHttp {
  readonly #login: HostLogin;
  readonly #options: HostHttpOptions;

  public constructor(login: HostLogin, options: HostHttpOptions = {}) {
    this.#login = login;
    this.#options = options;
  }

  /**
   * @param path from the address of the API on, with its query
   * @throws {HostError} if the host refuses the request, or does not answer it in time
   */
  public async request<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
    const { requestTimeoutMs = 15_000, signal } = this.#options;
    const where = `${method} ${path.replace(/\?.*/, "")}`;
    const timeout = AbortSignal.timeout(requestTimeoutMs);
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.#login.url}${path}`, {
        method,
        headers: {
          Accept: "application/json",
          "User-Agent": "jobstrata",
          ...(body && { "Content-Type": "application/json" }),
          ...this.#login.headers,
        },
        ...(body && { body: stringifyJson(body) }),
        // A redirect would carry the token elsewhere.
        redirect: "error",
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      text = await response.text();
    } catch (error) {
      throw this.#noAnswer(where, error, timeout.aborted ? requestTimeoutMs : undefined);
    }
    if (!response.ok) throw this.#refused(where, response, text);
    try {
      const answer = (text === "" ? {} : parseJson(text)) as T;
      return { body: answer, hasNext: hasNext(response.headers) };
    } catch {
      throw this.#error(`${where}: the answer is not JSON: ${text.trim().slice(0, 60)}`, 200);
    }
  }

  #noAnswer(where: string, error: unknown, timeoutMs: number | undefined): HostError {
    const { message = "", cause } = (error ?? {}) as Partial<Error>;
    const { code = "", message: reason = "" } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
    const why =
      timeoutMs === undefined
        ? ([reason, code, message].find((text) => text !== "") ?? "no connection")
        : `none within ${timeoutMs / 1000} s`;
    return this.#error(`${where}: no answer: ${why}`, undefined, true);
  }

  #refused(where: string, { status, headers }: Response, text: string): HostError {
    const said = messageOf(text);
    const limited =
      status === 429 ||
      (status === 403 &&
        (headers.get("x-ratelimit-remaining") === "0" || /rate limit/i.test(said)));
    const retryAfterMs = limited || status === 503 ? delayOf(headers, limited) : undefined;
    const limit = limited ? "; the rate limit of the token is used up" : "";
    const until =
      limited && retryAfterMs !== undefined && retryAfterMs > 60_000
        ? ` for ${Math.ceil(retryAfterMs / 60_000)} min`
        : "";
    return this.#error(
      `${where}: ${status}${said === "" ? "" : ` ${said}`}${limit}${until}`,
      status,
      limited || TRANSIENT.includes(status),
      retryAfterMs,
    );
  }

  #error(
    message: string,
    status: number | undefined,
    transient = false,
    retryAfterMs?: number,
  ): HostError {
    const { token } = this.#login;
    // A proxy may send back what it got.
    const safe = token === "" ? message : message.replaceAll(token, "***");
    return new HostError(printable(safe), status, transient, retryAfterMs);
  }
}

/** GitHub and Azure DevOps say `message`, GitLab `message` or `error`; proxies say anything. */
function messageOf(text: string): string {
  try {
    const { message, error } = Object(parseJson(text)) as { message?: unknown; error?: unknown };
    const said = message ?? error;
    if (said !== undefined) return oneLine(typeof said === "string" ? said : JSON.stringify(said));
  } catch {
    // A page.
  }
  return "";
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim().slice(0, MAX_SAID);

/** How long the host asks to wait. Without a hint a rate limit asks for a minute. Milliseconds. */
function delayOf(headers: Headers, limited: boolean): number | undefined {
  const after = headers.get("retry-after");
  if (after !== null) {
    const seconds = Number(after);
    const delay = Number.isNaN(seconds) ? Date.parse(after) - Date.now() : seconds * 1000;
    if (!Number.isNaN(delay)) return Math.max(0, delay);
  }
  const reset = Number(headers.get("x-ratelimit-reset") ?? headers.get("ratelimit-reset") ?? NaN);
  if (!Number.isNaN(reset)) return Math.max(0, reset * 1000 - Date.now());
  return limited ? 60_000 : undefined;
}

/** GitHub and GitLab name the next page in `Link`, GitLab in a header of its own, too. */
function hasNext(headers: Headers): boolean {
  return /\brel="?next\b/.test(headers.get("link") ?? "") || !!headers.get("x-next-page");
}
