import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that a host got. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Record<string, unknown>;
}

/** What a host answers instead of doing what it is asked for. */
export interface Fault {
  readonly method: string;
  /** In the path. */
  readonly path: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The request is carried out, but its answer is lost. */
  readonly isDone?: true;
  /** There is no answer at all. */
  readonly isSilent?: true;
}

/** A comment, as the host keeps it. */
export interface Comment {
  id: number;
  body: string;
  author: string;
}

/**
 * Stands for the API of GitHub, GitLab or Azure DevOps: keeps comments and answers as these do, with statuses, pages of 100
 * and authors.
 */
export class HostServer {
  public readonly received: Received[] = [];
  public readonly comments: Comment[] = [];
  public readonly faults: Fault[] = [];
  /** Who the token belongs to: an app, such as that of a workflow, or a user. */
  public owner: "app" | "user" = "app";
  readonly #server: Server;
  #next = 1;

  public constructor() {
    this.#server = createServer((request, response) => {
      void this.#answer(request, response);
    });
  }

  public async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  public stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  public add(body: string, author = "app"): Comment {
    const comment = { id: this.#next++, body, author };
    this.comments.push(comment);
    return comment;
  }

  public requests(): string[] {
    return this.received.map(({ method, path }) => `${method} ${path.replace(/\?.*/, "")}`);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const part of request) text += String(part);
    const { method = "", url = "", headers } = request;
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    this.received.push({ method, path: url, headers, body });
    const at = this.faults.findIndex(
      (fault) => fault.method === method && url.includes(fault.path),
    );
    const [fault] = at < 0 ? [] : this.faults.splice(at, 1);
    const send = (status: number, answer: unknown, more: Record<string, string> = {}): void => {
      if (fault === undefined) {
        response.writeHead(status, { "content-type": "application/json", ...more });
        response.end(status === 204 ? undefined : JSON.stringify(answer));
        return;
      }
      if (fault.isSilent === true) return;
      response.writeHead(fault.status, fault.headers);
      response.end(fault.body ?? "");
    };
    if (fault === undefined || fault.isDone === true) this.#do(method, url, body, send);
    else send(fault.status, {});
  }

  #do(
    method: string,
    url: string,
    body: Record<string, unknown>,
    send: (status: number, answer: unknown, more?: Record<string, string>) => void,
  ): void {
    const { pathname, searchParams } = new URL(url, "http://host");
    if (pathname === "/user") {
      // An app has no user.
      if (this.owner === "app") send(403, { message: "Resource not accessible by integration" });
      else send(200, { login: "user", id: 7 });
      return;
    }
    if (pathname === "/_apis/connectionData") {
      send(200, { authenticatedUser: { id: this.owner } });
      return;
    }
    const isAzure = pathname.includes("/_apis/");
    const id = Number(/(?:notes|comments|threads)\/(\d+)(?:\/comments\/1)?$/.exec(pathname)?.[1]);
    const comment = this.comments.find((each) => each.id === id);
    if (!Number.isNaN(id) && comment === undefined) {
      send(404, { message: "Not Found" });
      return;
    }
    const written = isAzure
      ? (body.content ?? (body.comments as { content: string }[] | undefined)?.[0]?.content)
      : body.body;
    if (method === "GET" && isAzure) {
      send(200, { value: this.comments.map(threadOf) });
    } else if (method === "GET") {
      const page = Number(searchParams.get("page"));
      const shown = this.comments.slice((page - 1) * 100, page * 100);
      const isLast = page * 100 >= this.comments.length;
      send(200, shown.map(commentOf), isLast ? {} : { link: `<http://host/next>; rel="next"` });
    } else if (method === "POST") {
      const made = this.add(String(written), this.owner);
      send(201, isAzure ? threadOf(made) : commentOf(made));
    } else if (comment !== undefined && method === "DELETE") {
      this.comments.splice(this.comments.indexOf(comment), 1);
      send(204, {});
    } else if (comment !== undefined) {
      comment.body = String(written);
      send(200, commentOf(comment));
    }
  }
}

const commentOf = ({ id, body, author }: Comment): object => ({
  id,
  body,
  html_url: `https://host.example/comments/${id}`,
  user: { login: author, type: author === "app" ? "Bot" : "User" },
  author: { id: author === "user" ? 7 : 8 },
  system: false,
});

const threadOf = ({ id, body, author }: Comment): object => ({
  id,
  comments: [{ id: 1, content: body, author: { id: author } }],
});
