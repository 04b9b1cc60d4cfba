import { parseJson, printable, retryAfter, stringifyJson } from "@jobstrata/core/model";

/** Status codes of rate limits and of temporary proxy or server failures. */
const TRANSIENT = [408, 425, 429, 500, 502, 503, 504];
/** Maximum characters of a server's message in an error. */
const MAX_SAID = 200;

/** A code host rejected a request or did not respond. The message is a single line without the token. */
export class HostError extends Error {
  public constructor(
    message: string,
    /** HTTP status; undefined without a response. */
    public readonly status: number | undefined,
    /** Whether a retry may succeed. */
    public readonly transient: boolean,
    /** The delay that the host requests. Milliseconds. */
    public readonly retryAfterMs?: number,
  ) {
    super(message);
    this.name = "HostError";
  }

  /** Whether the token lacks permission; hosts may report this as 404. */
  public get denied(): boolean {
    return !this.transient && [401, 403, 404].includes(this.status ?? 0);
  }
}

/** Address and credentials of a code host's API. */
interface HostLogin {
  /** Base URL without a trailing slash, such as `https://api.github.com`. */
  readonly url: string;
  readonly token: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Options for requests. */
export interface HostHttpOptions {
  /** Timeout per request. Milliseconds. @default 15000 */
  readonly requestTimeoutMs?: number;
  /** Aborts all requests. */
  readonly signal?: AbortSignal;
}

/** A response, and whether there is another page. */
export interface Answer<T> {
  readonly body: T;
  readonly hasNext: boolean;
}

/** JSON client of a code host. Sends each request once; `upsertComment` handles retries. */
export class HostHttp {
  readonly #login: HostLogin;
  readonly #options: HostHttpOptions;

  public constructor(login: HostLogin, options: HostHttpOptions = {}) {
    this.#login = login;
    this.#options = options;
  }

  /**
   * @param path path and query, relative to the base URL
   * @throws {HostError} if the host rejects the request, or does not respond in time
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
        // A redirect could send the token to another host.
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
    // A proxy may echo the request's headers.
    const safe = token === "" ? message : message.replaceAll(token, "***");
    return new HostError(printable(safe), status, transient, retryAfterMs);
  }
}

/** GitHub and Azure DevOps send `message`, GitLab `message` or `error`; proxies may send HTML. */
function messageOf(text: string): string {
  try {
    const { message, error } = Object(parseJson(text)) as { message?: unknown; error?: unknown };
    const said = message ?? error;
    if (said !== undefined) return oneLine(typeof said === "string" ? said : JSON.stringify(said));
  } catch {
    // Not JSON.
  }
  return "";
}

const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim().slice(0, MAX_SAID);

/** The delay that the host requests; one minute for a rate limit without a hint. Milliseconds. */
function delayOf(headers: Headers, limited: boolean): number | undefined {
  const delay = retryAfter(headers.get("retry-after"), Date.now());
  if (delay !== undefined) return delay;
  const reset = Number(headers.get("x-ratelimit-reset") ?? headers.get("ratelimit-reset") ?? NaN);
  if (!Number.isNaN(reset)) return Math.max(0, reset * 1000 - Date.now());
  return limited ? 60_000 : undefined;
}

/** GitHub and GitLab use `Link`; GitLab also sends `x-next-page`. */
function hasNext(headers: Headers): boolean {
  return /\brel="?next\b/.test(headers.get("link") ?? "") || !!headers.get("x-next-page");
}
