import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import * as z from "zod";
import {
  MAX_ACTIVITY_JOBS,
  type PageRuns,
  type PageStarted,
  RUN_OUTCOMES,
  runIdOf,
} from "@jobstrata/core/model";
import { ApiError, runNotFound } from "../api-error";
import type { Clock } from "../clock";
import { fail, readBody, readJson, write } from "../http/messages";
import { flag, integer, RawAnswer } from "../http/route";
import { ownId } from "../own-id";
import { parse } from "../schema/parse";
import { object } from "../schema/shape";
import type { JobRun } from "../services/jobs/records";
import { latestRepair } from "../scheduler/repair";
import type { ChangeListener, Scheduler } from "../scheduler/scheduler";
import type { Exchange } from "../http/exchange";
import type { Site } from "../http/middleware/site";
import { bearerOf } from "../http/tokens";
import { EventStreams } from "./event-streams";
import { PageAccess } from "./page-access";
import type { PageData } from "./page-data";
import type { WorkspacePage } from "./page-parts";

/** Maximum size of a request from the page, which sends only a few numbers; bytes. */
const MAX_BODY = 4096;
const DEFAULT_LISTED = 100;
const MAX_LISTED = 500;

/** The page loads from this server only, and no other page can embed or read it. */
const HEADERS: OutgoingHttpHeaders = {
  "Content-Security-Policy": [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; "),
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-store",
};

const FILES = {
  "/": ["html", "text/html; charset=utf-8"],
  "/page.js": ["script", "text/javascript; charset=utf-8"],
  "/page.css": ["style", "text/css; charset=utf-8"],
} as const;
/** URLs of jobs and runs, as the databricks CLI prints them. The page itself decides what to show. */
const PLACE = /^\/jobs\/\d{1,19}(?:\/runs\/\d{1,19})?$/;
/** Browsers request this file on their own. */
const ICON = "/favicon.ico";

const none = object({});
const runsQuery = object({
  before: integer.optional(),
  limit: integer.optional(),
  job_id: integer.optional(),
  roots: flag.optional(),
  outcome: z.enum(RUN_OUTCOMES).optional(),
  name: z.string().optional(),
  since: integer.optional(),
});
const activityQuery = object({ job_ids: z.string().regex(/^\d{1,15}(?:,\d{1,15})*$/) });
const tablesQuery = object({ job_id: integer });
const sessionBody = object({ code: z.string() });
const jobBody = object({ job_id: z.int() });
const runBody = object({ run_id: z.int() });

/** Serves the page, and handles its requests from clients with a session. */
export class PageServer implements Site, ChangeListener {
  readonly #access: PageAccess;
  readonly #streams: EventStreams<JobRun>;
  #loaded: WorkspacePage | undefined;

  readonly #host: string;
  readonly #load: () => WorkspacePage;
  readonly #data: PageData;
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;
  readonly #settle: () => void;

  /**
   * @param host the address of the workspace
   * @param load called on the first request of the page
   * @param settle called before every response, to persist what it acknowledges
   */
  public constructor(
    host: string,
    load: () => WorkspacePage,
    data: PageData,
    scheduler: Scheduler,
    clock: Clock,
    settle: () => void,
  ) {
    this.#host = host;
    this.#load = load;
    this.#data = data;
    this.#scheduler = scheduler;
    this.#clock = clock;
    this.#settle = settle;

    this.#access = new PageAccess(clock);
    this.#streams = new EventStreams(
      clock,
      (runId, run) => data.view(runId, run),
      () => this.#loaded !== undefined && data.isOutOfDate(this.#loaded),
    );
  }

  /** Creates a link to the page that works once. */
  public newLink(): string {
    // Browsers never send the part after #.
    return `${this.#host}/#code=${this.#access.newCode()}`;
  }

  public has(path: string): boolean {
    return path in FILES || path === ICON || PLACE.test(path) || path.startsWith("/page/");
  }

  public async serve(exchange: Exchange): Promise<void> {
    const { request, response, path } = exchange;
    try {
      if (!path.startsWith("/page/")) this.#serveFile(exchange);
      else {
        refuseOthers(request);
        const answer = await this.#answer(exchange);
        this.#settle();
        if (answer !== STREAMED) write(response, 200, answer, HEADERS);
      }
    } catch (error) {
      fail(response, error, HEADERS);
    }
  }

  public close(): void {
    this.#streams.close();
  }

  public runChanged(runId: number, run?: JobRun): void {
    this.#streams.runChanged(runId, run);
  }

  public runDeleted(): void {
    this.#streams.runsOutOfDate();
  }

  public jobsChanged(): void {
    this.#data.jobsChanged();
    this.#streams.jobsChanged();
  }

  public alertsChanged(): void {
    this.#streams.alertsChanged();
  }

  get #page(): WorkspacePage {
    return (this.#loaded ??= this.#load());
  }

  #serveFile({ response, method, path }: Exchange): void {
    if (method !== "GET" && method !== "HEAD") throw noEndpoint(method, path);
    if (path === ICON) {
      response.writeHead(204, HEADERS).end();
      return;
    }
    const [name, contentType] = FILES[PLACE.test(path) ? "/" : (path as keyof typeof FILES)];
    // For HEAD, Node sends the headers only.
    write(response, 200, new RawAnswer(this.#page.files()[name], contentType), HEADERS);
  }

  async #answer({ request, response, method, path, search }: Exchange): Promise<unknown> {
    const endpoint = `${method} ${path.slice("/page/".length)}`;
    if (endpoint === "POST session") {
      const { code } = parse(sessionBody, await readRequest(request));
      return { token: this.#access.newSession(code) };
    }
    this.#access.check(bearerOf(request.headers.authorization));
    const query = Object.fromEntries(new URLSearchParams(search));
    const [, what, id] = /^GET (runs|outputs)\/(\d{1,19})$/.exec(endpoint) ?? [];
    if (what !== undefined) {
      parse(none, query);
      const runId = ownId(runIdOf(id) ?? 0, runNotFound);
      if (what === "outputs") return this.#data.taskOutput(runId);
      return new RawAnswer(await this.#data.tree(this.#page, runId));
    }
    switch (endpoint) {
      case "GET hierarchy":
        parse(none, query);
        return new RawAnswer(await this.#data.hierarchy(this.#page, this.#host));
      case "GET alerts":
        parse(none, query);
        return this.#data.alerts();
      case "GET tables":
        return this.#data.tables(parse(tablesQuery, query).job_id);
      case "GET activity": {
        const ids = parse(activityQuery, query).job_ids.split(",").map(Number);
        return this.#data.activity([...new Set(ids)].slice(0, MAX_ACTIVITY_JOBS));
      }
      case "GET runs":
        return this.#runs(parse(runsQuery, query));
      case "GET events":
        parse(none, query);
        return this.#stream(response);
      case "POST run":
        return this.#run(parse(jobBody, await readRequest(request)).job_id);
      case "POST cancel":
        this.#scheduler.cancel(parse(runBody, await readRequest(request)).run_id);
        return {};
      case "POST repair":
        return this.#repair(parse(runBody, await readRequest(request)).run_id);
      default:
        throw noEndpoint(method, path);
    }
  }

  #runs(query: z.infer<typeof runsQuery>): Promise<PageRuns> {
    const { before, limit = DEFAULT_LISTED, job_id, roots, outcome, name, since } = query;
    return this.#data.runs(
      {
        limit: Math.min(Math.max(limit, 1), MAX_LISTED),
        ...(before !== undefined && { before }),
        ...(job_id !== undefined && { jobId: job_id }),
        ...(roots !== undefined && { roots }),
      },
      {
        ...(outcome !== undefined && { outcome }),
        ...(name !== undefined && { name }),
        ...(since !== undefined && { since }),
      },
    );
  }

  #stream(response: ServerResponse): typeof STREAMED {
    this.#streams.admit();
    response.writeHead(200, {
      ...HEADERS,
      "Content-Type": "text/event-stream; charset=utf-8",
      Connection: "close",
    });
    this.#streams.open(response, { host: this.#host, now: this.#clock.now() });
    return STREAMED;
  }

  #run(jobId: number): PageStarted {
    const { run_id } = this.#scheduler.runNow({ job_id: jobId, queue: { enabled: true } });
    return { run_id };
  }

  #repair(runId: number): PageStarted {
    const run = this.#scheduler.jobRun(runId);
    const latest = run === undefined ? undefined : latestRepair(run);
    this.#scheduler.repair({
      run_id: runId,
      rerun_all_failed_tasks: true,
      rerun_dependent_tasks: true,
      ...(latest !== undefined && { latest_repair_id: latest }),
    });
    return { run_id: runId };
  }
}

/** Marks a response that was left open as an event stream. */
const STREAMED = Symbol("streamed");

/**
 * Rejects requests that a browser sends for another page. They could do nothing without a session, so the error reveals
 * nothing either.
 * @throws {ApiError} `PERMISSION_DENIED`
 */
function refuseOthers({ headers }: IncomingMessage): void {
  const { origin, host = "" } = headers;
  const site = headers["sec-fetch-site"];
  const isOwn = origin === undefined || origin === `http://${host.toLowerCase()}`;
  if (isOwn && (site === undefined || site === "same-origin" || site === "none")) return;
  throw new ApiError(403, "PERMISSION_DENIED", "Only the page of this workspace may ask.");
}

async function readRequest(request: IncomingMessage): Promise<unknown> {
  const [type = ""] = (request.headers["content-type"] ?? "").split(";");
  if (type.trim().toLowerCase() !== "application/json") {
    throw new ApiError(415, "MALFORMED_REQUEST", "The Content-Type must be application/json.");
  }
  return readJson(await readBody(request, MAX_BODY));
}

const noEndpoint = (method: string, path: string): ApiError =>
  new ApiError(
    404,
    "ENDPOINT_NOT_FOUND",
    `The page of the local workspace has no endpoint ${method} ${path.slice(0, 300)}.`,
  );
