/**
 * As much of a Databricks workspace as the provider asks of it, in memory, on a free port of this machine. It is no
 * model of the service: it stores what it is given, and the tests say what it answers otherwise.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Json = Record<string, unknown>;

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Json;
  readonly authorization: string;
}

/** What a test answers instead: a status and body, or a connection that is cut. */
export type Fault = { readonly status: number; readonly body: Json } | "cut";

const PAGE = 100;
const ME = "ada@example.com";

export class FakeWorkspace {
  public readonly jobs = new Map<number, Json>();
  public readonly objects = new Map<string, Json>();
  public readonly permissions = new Map<string, Json[]>();
  public readonly requests: Seen[] = [];
  /** Asked before each request is answered. */
  public fault: (seen: Seen) => Fault | undefined = () => undefined;
  /** What an answer waits for. */
  public hold: (seen: Seen) => Promise<void> | undefined = () => undefined;
  /** Milliseconds that each answer takes. */
  public delay = 0;
  #nextId = 1000;
  readonly #server = createServer((request, response) => {
    void this.#handle(request, response);
  });

  public static async start(): Promise<FakeWorkspace> {
    const workspace = new FakeWorkspace();
    await new Promise<void>((resolve) => {
      workspace.#server.listen(0, "127.0.0.1", resolve);
    });
    return workspace;
  }

  public get host(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  public async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The requests of one kind, such as "POST jobs/reset". */
  public calls(kind: string): Seen[] {
    return this.requests.filter((seen) => `${seen.method} ${seen.path}`.endsWith(kindPath(kind)));
  }

  public job(name: string): { id: number; settings: Json } {
    for (const [id, settings] of this.jobs) if (settings.name === name) return { id, settings };
    throw new Error(`no job ${name}`);
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.host);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const seen: Seen = {
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      body: (text === "" ? {} : JSON.parse(text)) as Json,
      authorization: request.headers.authorization ?? "",
    };
    this.requests.push(seen);
    await this.hold(seen);
    if (this.delay > 0) await new Promise((resolve) => setTimeout(resolve, this.delay));
    const fault = this.fault(seen);
    if (fault === "cut") {
      request.socket.destroy();
      return;
    }
    const { status, body } = fault ?? this.#answer(seen);
    const headers = { "content-type": "application/json", "x-databricks-org-id": "1000000000" };
    response.writeHead(status, headers).end(JSON.stringify(body));
  }

  #answer({ method, path, query, body }: Seen): { status: number; body: Json } {
    const match = /^\/api\/2\.\d\/(?:preview\/)?(.*)$/.exec(path);
    const call = `${method} ${match?.[1] ?? path}`;
    const job = Number(body.job_id ?? query.get("job_id"));
    const at = (body.path as string | undefined) ?? query.get("path") ?? "";
    switch (call) {
      case "GET scim/v2/Me":
        return ok({ id: "42", userName: ME, externalId: "ext-42" });
      case "POST jobs/create": {
        const id = this.#nextId++;
        this.jobs.set(id, body);
        return ok({ job_id: id });
      }
      case "GET jobs/get":
        return this.#getJob(job, Number(query.get("page_token") ?? 0));
      case "GET jobs/list": {
        const jobs = [...this.jobs].map(([job_id, settings]) => ({ job_id, settings }));
        const name = query.get("name");
        return ok({ jobs: jobs.filter((one) => name === null || one.settings.name === name) });
      }
      case "POST jobs/reset":
        if (!this.jobs.has(job)) return missingJob(job);
        this.jobs.set(job, body.new_settings as Json);
        return ok({});
      case "POST jobs/delete":
        return this.jobs.delete(job) ? ok({}) : missingJob(job);
      case "POST workspace/import":
        return this.#importObject(at, body);
      case "POST workspace/mkdirs":
        for (let dir = at; dir !== ""; dir = dir.slice(0, dir.lastIndexOf("/"))) {
          this.objects.set(dir, { path: dir, object_type: "DIRECTORY", object_id: this.#nextId++ });
        }
        return ok({});
      case "GET workspace/get-status": {
        const object = this.objects.get(at);
        return object === undefined
          ? missing(`Path (${at}) doesn't exist.`)
          : ok({ ...object, content: undefined });
      }
      case "POST workspace/delete":
        return this.objects.delete(at) ? ok({}) : missing(`Path (${at}) doesn't exist.`);
    }
    const permissions = /^(GET|PUT) permissions\/jobs\/(\d+)$/.exec(call);
    if (permissions !== null) return this.#answerPermissions(permissions[2] ?? "", method, body);
    return {
      status: 404,
      body: { error_code: "ENDPOINT_NOT_FOUND", message: `No API found for '${call}'` },
    };
  }

  #getJob(id: number, from: number): { status: number; body: Json } {
    const settings = this.jobs.get(id);
    if (settings === undefined) return missingJob(id);
    const tasks = (settings.tasks ?? []) as unknown[];
    const more = tasks.length > from + PAGE;
    return ok({
      job_id: id,
      creator_user_name: ME,
      run_as_user_name: ME,
      settings: {
        ...(from === 0 ? settings : {}),
        ...(tasks.length > 0
          ? { tasks: tasks.slice(from, from + PAGE), format: "MULTI_TASK" }
          : {}),
      },
      ...(more ? { has_more: true, next_page_token: String(from + PAGE) } : {}),
    });
  }

  #importObject(path: string, body: Json): { status: number; body: Json } {
    const parent = path.slice(0, path.lastIndexOf("/"));
    if (parent !== "" && this.objects.get(parent)?.object_type !== "DIRECTORY") {
      return missing(`The parent folder (${parent}) does not exist.`);
    }
    const id = this.objects.get(path)?.object_id ?? this.#nextId++;
    const raw = body.format === "RAW";
    this.objects.set(path, {
      path,
      object_id: id,
      object_type: raw ? "FILE" : "NOTEBOOK",
      ...(raw ? {} : { language: body.language }),
      content: body.content,
    });
    return ok({ object_id: id });
  }

  #answerPermissions(id: string, method: string, body: Json): { status: number; body: Json } {
    if (!this.jobs.has(+id)) return missingJob(+id);
    if (method === "PUT") this.permissions.set(id, body.access_control_list as Json[]);
    const entries = this.permissions.get(id) ?? [{ user_name: ME, permission_level: "IS_OWNER" }];
    const inherited = {
      group_name: "admins",
      all_permissions: [{ permission_level: "CAN_MANAGE", inherited: true }],
    };
    return ok({
      object_id: `/jobs/${id}`,
      object_type: "job",
      access_control_list: [
        ...entries.map(({ permission_level, ...who }) => ({
          ...who,
          all_permissions: [{ permission_level, inherited: false }],
        })),
        inherited,
      ],
    });
  }
}

function kindPath(kind: string): string {
  const [method = "", path = ""] = kind.split(" ");
  return path === "" ? method : path;
}

function ok(body: Json): { status: number; body: Json } {
  return { status: 200, body };
}

function missing(message: string): { status: number; body: Json } {
  return { status: 404, body: { error_code: "RESOURCE_DOES_NOT_EXIST", message } };
}

/** As the service does: 400, with the code of another error. */
function missingJob(id: number): { status: number; body: Json } {
  return {
    status: 400,
    body: { error_code: "INVALID_PARAMETER_VALUE", message: `Job ${id} does not exist.` },
  };
}
