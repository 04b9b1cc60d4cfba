/**
 * Client of the workspace's HTTP API. Retries requests that the workspace throttles or cannot accept yet (429, 503,
 * connection refused) until they succeed or Terraform stops. Reports any other failure at once, because the request may
 * have been executed in part.
 */
import { parseJson, stringifyJson } from "@jobstrata/core/model";
import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { isJsonObject, type Json, type JsonObject } from "./wire";

/** An error response of the workspace. */
export class ApiError extends Error {
  public constructor(
    /** HTTP status; 0 if there was no response. */
    public readonly status: number,
    /** Databricks' error code, such as RESOURCE_DOES_NOT_EXIST; empty if there is none. */
    public readonly code: string,
    message: string,
    public readonly detail: string,
  ) {
    super(message);
  }

  /** Whether the requested object does not exist. */
  public get isMissing(): boolean {
    return (
      this.status === 404 ||
      this.code === "RESOURCE_DOES_NOT_EXIST" ||
      (this.status === 400 && /^Job \d+ does not exist\.?/.test(this.message))
    );
  }
}

export interface WorkspaceOptions {
  /** Address of the workspace: `http://127.0.0.1:8080`. */
  readonly host: string;
  readonly token: string;
  /** Delay before attempt `attempt` + 1; milliseconds. */
  readonly retryDelay: (attempt: number) => number;
  /** Aborted when Terraform wants to stop; no request is retried after that. */
  readonly stop: AbortSignal;
}

/** 1, 2, 3 … 10 seconds, plus jitter so that parallel requests spread out. */
export function defaultRetryDelay(attempt: number): number {
  return Math.min(attempt, 10) * 1000 + 50 + Math.random() * 700;
}

/** Response timeout; milliseconds. */
const INACTIVITY = 60_000;
/**
 * Opens a new connection for each request. A kept-alive connection may close while it is idle, and then it is unclear
 * whether the workspace executed a create request. Local connections are cheap.
 */
const agent = new Agent({ keepAlive: false });

export class Workspace {
  #ownId: Promise<string> | undefined;

  readonly #options: WorkspaceOptions;

  public constructor(options: WorkspaceOptions) {
    this.#options = options;
  }

  /** The workspace's address without a trailing slash. */
  public get host(): string {
    return this.#options.host.replace(/\/+$/, "");
  }

  /** The workspace's id, requested once. @throws {ApiError} if the workspace does not return it */
  public id(): Promise<string> {
    return (this.#ownId ??= this.#askId());
  }

  async #askId(): Promise<string> {
    const path = "/api/2.0/preview/scim/v2/Me";
    const { headers } = await this.#send("GET", path, undefined);
    const id = headers["x-databricks-org-id"];
    if (typeof id === "string") return id;
    throw new ApiError(
      0,
      "",
      "failed to resolve workspace_id",
      `GET ${path}: no X-Databricks-Org-Id`,
    );
  }

  /** @throws {ApiError} */
  public get(path: string, query: Readonly<Record<string, string>> = {}): Promise<JsonObject> {
    return this.#ask("GET", `${path}?${new URLSearchParams(query).toString()}`, undefined);
  }

  /** @throws {ApiError} */
  public post(path: string, body: JsonObject): Promise<JsonObject> {
    return this.#ask("POST", path, body);
  }

  /** @throws {ApiError} */
  public put(path: string, body: JsonObject): Promise<JsonObject> {
    return this.#ask("PUT", path, body);
  }

  async #ask(method: string, path: string, body?: JsonObject): Promise<JsonObject> {
    return (await this.#send(method, path, body)).body;
  }

  async #send(method: string, path: string, body?: JsonObject): Promise<Parsed> {
    let brokenReads = 0;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#once(method, path, body);
      } catch (thrown) {
        const failure = thrown instanceof ApiError ? thrown : broken(method, path, thrown);
        const repeatable =
          failure.status === 429 || failure.status === 503 || failure.code === "ECONNREFUSED";
        if (!repeatable) {
          if (method === "GET" && failure.status === 0 && brokenReads++ === 0) continue;
          throw failure;
        }
        await this.#pause(attempt, failure);
      }
    }
  }

  /** @throws {ApiError} `failure`, marked as interrupted, if Terraform stops during the pause */
  async #pause(attempt: number, failure: ApiError): Promise<void> {
    try {
      await sleep(this.#options.retryDelay(attempt), undefined, { signal: this.#options.stop });
    } catch {
      const message = `interrupted while waiting to try again: ${failure.message}`;
      throw new ApiError(failure.status, failure.code, message, failure.detail);
    }
  }

  async #once(method: string, path: string, body?: JsonObject): Promise<Parsed> {
    const { status, headers, text } = await this.#exchange(method, path, body);
    const parsed = parse(text);
    if (status >= 200 && status < 300) {
      if (text.trim() === "") return { headers, body: {} };
      if (isJsonObject(parsed)) return { headers, body: parsed };
      throw new ApiError(
        status,
        "",
        "the answer is not a JSON object",
        `${method} ${path}\n${text}`,
      );
    }
    const fields = isJsonObject(parsed) ? parsed : {};
    const code = typeof fields.error_code === "string" ? fields.error_code : "";
    const said = typeof fields.message === "string" ? fields.message : text.trim();
    const detail = [`${method} ${path} -> HTTP ${status}`, code].filter(Boolean).join(" ");
    throw new ApiError(status, code, said || `HTTP ${status}`, detail);
  }

  async #exchange(method: string, path: string, body?: JsonObject): Promise<Answer> {
    const payload = body === undefined ? undefined : Buffer.from(stringifyJson(body));
    return new Promise((resolve, reject) => {
      const outgoing = request(
        this.host + path.replace(/\?$/, ""),
        {
          method,
          agent,
          timeout: INACTIVITY,
          headers: {
            authorization: `Bearer ${this.#options.token}`,
            accept: "application/json",
            "user-agent": "jobstrata-local-provider",
            ...(payload && {
              "content-type": "application/json",
              "content-length": payload.length,
            }),
          },
        },
        (incoming) => {
          collect(incoming).then(resolve, reject);
        },
      );
      outgoing.on("timeout", () => {
        outgoing.destroy(new Error(`no answer for ${INACTIVITY / 1000} s`));
      });
      outgoing.on("error", reject);
      outgoing.end(payload);
    });
  }
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A successful response. */
interface Parsed {
  readonly headers: IncomingHttpHeaders;
  readonly body: JsonObject;
}

async function collect(incoming: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { statusCode: status = 0, headers } = incoming;
  return { status, headers, text: Buffer.concat(chunks).toString("utf8") };
}

function broken(method: string, path: string, thrown: unknown): ApiError {
  const cause = thrown as NodeJS.ErrnoException;
  const message =
    cause.code === "ECONNRESET"
      ? "the connection was closed before the answer (EOF)"
      : cause.message;
  return new ApiError(0, cause.code ?? "", message, `${method} ${path}`);
}

function parse(text: string): Json | undefined {
  try {
    return parseJson(text) as Json;
  } catch {
    return undefined;
  }
}
