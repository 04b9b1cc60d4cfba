/**
 * The provider's only way to a workspace: its HTTP API. A request that the workspace puts off (429, 503, nothing
 * listening yet) is repeated until it gets through or Terraform is stopped; any other failure is reported at once,
 * because nobody knows what a request that ended half-way has done.
 */
import { parseJson, stringifyJson } from "@jobstrata/core/model";
import { Agent, request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { isJsonObject, type Json, type JsonObject } from "./wire";

/** The workspace's answer to a request that it refused. */
export class ApiError extends Error {
  public constructor(
    /** HTTP status; 0 where there was no answer. */
    public readonly status: number,
    /** Databricks' own code, such as RESOURCE_DOES_NOT_EXIST; empty if there is none. */
    public readonly code: string,
    message: string,
    public readonly detail: string,
  ) {
    super(message);
  }

  /** Whether the object that was asked for does not exist. */
  public get isMissing(): boolean {
    return (
      this.status === 404 ||
      this.code === "RESOURCE_DOES_NOT_EXIST" ||
      (this.status === 400 && /^Job \d+ does not exist\.?/.test(this.message))
    );
  }
}

export interface WorkspaceOptions {
  /** Where the workspace is: `http://127.0.0.1:8080`. */
  readonly host: string;
  readonly token: string;
  /** How long to wait before attempt `attempt` + 1, in milliseconds. */
  readonly retryDelay: (attempt: number) => number;
  /** Aborted when Terraform wants to stop: no request is repeated after that. */
  readonly stop: AbortSignal;
}

/** 1, 2, 3 … 10 seconds, and a little more so that parallel requests spread. */
export function defaultRetryDelay(attempt: number): number {
  return Math.min(attempt, 10) * 1000 + 50 + Math.random() * 700;
}

/** No answer for this long (milliseconds) is a failure. */
const INACTIVITY = 60_000;
/**
 * A connection for each request. One that is used again may have been closed meanwhile, and then nobody can tell whether
 * a creation got through; on this machine a new one costs next to nothing.
 */
const agent = new Agent({ keepAlive: false });

export class Workspace {
  #ownId: Promise<string> | undefined;

  readonly #options: WorkspaceOptions;

  public constructor(options: WorkspaceOptions) {
    this.#options = options;
  }

  /** The workspace's address, without a slash at its end. */
  public get host(): string {
    return this.#options.host.replace(/\/+$/, "");
  }

  /** The workspace's own id, asked for once. @throws {ApiError} where it does not tell */
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

  /** @throws {ApiError} `failure`, with a word on the interruption, when Terraform stops meanwhile */
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

/** An answer to a request that succeeded. */
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
