import { printable } from "@jobstrata/core/model";

/** Transient statuses: rate limits, and failures of proxies or backends. */
const TRANSIENT = [408, 429, 500, 502, 503, 504];

/**
 * A request that the workspace rejected or did not respond to. The message is safe to show and includes a fix if there
 * is one.
 */
export class WorkspaceError extends Error {
  private constructor(
    message: string,
    /** HTTP status; absent without a response. */
    public readonly status: number | undefined,
    /** `error_code` of the response, such as `RESOURCE_DOES_NOT_EXIST`. */
    public readonly errorCode: string | undefined,
    /** Whether the same request may succeed later. */
    public readonly transient: boolean,
    /** The delay that the workspace requests before a retry; milliseconds. */
    public readonly retryAfterMs: number | undefined,
    /** The workspace's message, without the request and its codes. */
    public readonly reason: string = message,
  ) {
    super(message);
    this.name = "WorkspaceError";
  }

  /** Whether the workspace certainly did not execute the request, and may accept it later. */
  public get refusedUntouched(): boolean {
    return this.status === 429;
  }

  /** Whether the requested object does not exist. The Jobs API answers 400 for an unknown job or run. */
  public get notFound(): boolean {
    return (
      this.status === 404 || (this.status === 400 && /does not exist|not found/i.test(this.message))
    );
  }

  public static noAnswer(
    where: string,
    host: string,
    error: unknown,
    timeoutMs: number,
  ): WorkspaceError {
    const { name = "", message = "", cause } = (error ?? {}) as Partial<Error>;
    const why =
      name === "TimeoutError"
        ? `none within ${timeoutMs / 1000} s`
        : cause instanceof Error
          ? ([cause.message, (cause as NodeJS.ErrnoException).code, message].find(Boolean) ?? "")
          : message;
    return new WorkspaceError(
      `${where}: no answer from ${host}: ${printable(why)}`,
      undefined,
      undefined,
      true,
      undefined,
    );
  }

  public static refused(
    where: string,
    host: string,
    status: number,
    body: string,
    retryAfterMs: number | undefined,
  ): WorkspaceError {
    const { error_code, message } = serviceError(body);
    const said = printable([error_code, message].filter(Boolean).join(": "));
    const fix = FIXES[status]?.(host) ?? "";
    // The fix starts with a full stop.
    const answer = fix === "" ? said : said.replace(/\.$/, "");
    return new WorkspaceError(
      `${where}: ${status}${answer === "" ? "" : ` ${answer}`}${fix}`,
      status,
      error_code,
      TRANSIENT.includes(status),
      retryAfterMs,
      message === undefined ? undefined : printable(message),
    );
  }

  /** No request was sent, because no token is available. */
  public static loginFailed(error: Error): WorkspaceError {
    return new WorkspaceError(error.message, undefined, undefined, false, undefined);
  }

  /** The response is not from a workspace but, for example, from a proxy with a login page. */
  public static notJson(where: string, host: string, body: string): WorkspaceError {
    const start = printable(body.trim().slice(0, 60));
    return new WorkspaceError(
      `${where}: ${host} did not respond like a workspace, but with ${JSON.stringify(start)}; is the host correct?`,
      undefined,
      undefined,
      false,
      undefined,
    );
  }
}

const FIXES: Readonly<Record<number, (host: string) => string>> = {
  401: (host) =>
    `. The workspace ${host} does not accept these credentials: check DATABRICKS_HOST and DATABRICKS_TOKEN, or the profile, or log in again`,
  403: (host) =>
    `. The identity that is logged in to ${host} lacks the permission, or its token is not valid there: running, repairing and canceling require CAN MANAGE RUN on the job, watching requires CAN VIEW`,
};

/** The error message of a Databricks response. Empty for HTML pages. */
function serviceError(body: string): { error_code?: string; message?: string } {
  try {
    const parsed = JSON.parse(body) as unknown;
    if (typeof parsed !== "object" || parsed === null) return {};
    const { error_code, message } = parsed as Record<string, unknown>;
    return {
      ...(typeof error_code === "string" && { error_code }),
      ...(typeof message === "string" && { message: message.slice(0, 500) }),
    };
  } catch {
    return /^\s*</.test(body) ? {} : { message: body.slice(0, 200) };
  }
}
