/**
 * What clients ask of the workspaces that this process serves. A genuine client does not know that it talks to a
 * stand-in, so whatever it is refused is either what the service would have refused too, which its test then lists, or
 * a gap of the local workspace.
 */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

interface RecordedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status: number;
}

const ANSWERED = "http.server.response.finish";

export class RequestRecorder {
  readonly #requests: RecordedRequest[] = [];

  readonly #listen = (message: unknown): void => {
    const { request, response, server } = message as {
      request: IncomingMessage;
      response: ServerResponse;
      server: Server;
    };
    if ((server.address() as AddressInfo | null)?.port !== this.#port) return;
    const { method = "", url = "" } = request;
    const [path = ""] = url.split("?");
    this.#requests.push({ method, path, status: response.statusCode });
  };

  readonly #port: number;

  /** @param host - the workspace whose requests are recorded from now on */
  public constructor(host: string) {
    this.#port = Number(new URL(host).port);
    subscribe(ANSWERED, this.#listen);
  }

  public stop(): void {
    unsubscribe(ANSWERED, this.#listen);
  }

  /** How many requests were answered. */
  public get count(): number {
    return this.#requests.length;
  }

  /** The requests that were answered, as `GET /api/2.2/jobs/get`, each once, sorted; ids in a path are `*`. */
  public get asked(): string[] {
    return unique(this.#requests.map(({ method, path }) => `${method} ${withoutIds(path)}`));
  }

  /** Those that were refused, as `404 GET /api/2.0/workspace/get-status`, each once, sorted. */
  public get refused(): string[] {
    return unique(
      this.#requests
        .filter(({ status }) => status >= 400)
        .map(({ method, path, status }) => `${status} ${method} ${withoutIds(path)}`),
    );
  }
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)].sort();

/** The path of a file that is uploaded is as long as its name. */
const withoutIds = (path: string): string =>
  path.replace(/\/(?:\d+|[\da-f-]{36})(?=\/|$)/g, "/*").replace(/(?<=\/import-file)\/.*/, "");
