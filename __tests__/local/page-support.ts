import { request as httpRequest, type IncomingMessage } from "node:http";
import { createParser } from "eventsource-parser";
import { workspacePage } from "../../src/cli/local/page-content";
import type { WorkspacePage } from "../../src/local/page/page-parts";
import type { LocalWorkspace } from "../../src/local/workspace";
import type { Answer, Json } from "./support";

/** The page with what it shows of jobs and runs, and with files that nothing has to be built for. */
export const page = (): WorkspacePage => ({
  ...workspacePage(),
  files: () => ({ html: "<!DOCTYPE html>", script: "void 0;", style: "body{}" }),
});

/** A request as a browser, or somebody who pretends to be one, makes it: with any headers. */
export function ask(
  host: string,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<{ status: number; headers: IncomingMessage["headers"]; text: string; body: Json }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(host + path, { method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        const isJson = response.headers["content-type"] === "application/json";
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text,
          body: isJson ? JSON.parse(text) : undefined,
        });
      });
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** The code of a new link to the page. */
export async function newCode({ host, token }: LocalWorkspace): Promise<string> {
  const { body } = await ask(host, "POST", "/local/page", { Authorization: `Bearer ${token}` });
  const [address, code = ""] = (body.url as string).split("#code=");
  if (address !== `${host}/`) throw new Error(body.url);
  return code;
}

/** Somebody who looks at the page. */
export class Visitor {
  private constructor(
    public readonly host: string,
    public readonly token: string,
  ) {}

  public static async of(workspace: LocalWorkspace): Promise<Visitor> {
    const code = await newCode(workspace);
    const json = { "Content-Type": "application/json" };
    const body = JSON.stringify({ code });
    const answer = await ask(workspace.host, "POST", "/page/session", json, body);
    return new Visitor(workspace.host, answer.body.token);
  }

  public async ask(
    method: string,
    path: string,
    body?: object,
    more: Record<string, string> = {},
  ): Promise<Answer> {
    const headers = {
      Authorization: `Bearer ${this.token}`,
      ...(body && { "Content-Type": "application/json" }),
      ...more,
    };
    const payload = body && JSON.stringify(body);
    const answer = await ask(this.host, method, path, headers, payload);
    return { ...answer, headers: new Headers(answer.headers as Record<string, string>) };
  }

  /** The answer to a request that is expected to succeed. */
  public async ok(method: string, path: string, body?: object): Promise<Json> {
    const answer = await this.ask(method, path, body);
    if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** Listens to the events. */
  public async listen(): Promise<Listener> {
    const headers = { Authorization: `Bearer ${this.token}` };
    const listener = new Listener();
    const response = await fetch(`${this.host}/page/events`, {
      headers,
      signal: listener.left.signal,
    });
    if (response.status !== 200) throw new Error(await response.text());
    listener.read(response.body as unknown as AsyncIterable<Uint8Array>);
    await listener.until(({ name }) => name === "hello");
    return listener;
  }
}

export interface Heard {
  name: string;
  data: Json;
}

/** What a stream of events has said so far. */
export class Listener {
  public readonly left = new AbortController();
  public readonly heard: Heard[] = [];
  public comments = 0;
  /** Settled when the stream has ended. */
  public over: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;

  public read(stream: AsyncIterable<Uint8Array>): void {
    const parser = createParser({
      onEvent: ({ event = "", data }) => {
        this.heard.push({ name: event, data: JSON.parse(data) });
        this.#wake();
      },
      onComment: () => {
        this.comments++;
        this.#wake();
      },
    });
    this.over = (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of stream) parser.feed(decoder.decode(chunk, { stream: true }));
    })();
    this.over.catch(() => undefined);
  }

  /** The first event that fits, once it has come. */
  public async until(fits: (event: Heard) => boolean): Promise<Heard> {
    for (;;) {
      const found = this.heard.find(fits);
      if (found !== undefined) return found;
      await this.more();
    }
  }

  /** Resolves when something has come. */
  public more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  /** The events of a name, oldest first. */
  public named(name: string): Json[] {
    return this.heard.filter((event) => event.name === name).map(({ data }) => data);
  }
}
