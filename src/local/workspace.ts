import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeFolder } from "@jobstrata/core/folders";
import { JobstrataError } from "@jobstrata/core/errors";
import { DEFAULT_DATA_DIR, errorText } from "@jobstrata/core/model";
import { type Clock, systemClock } from "./clock";
import type { TaskExecutor } from "./execute/executor";
import { SimulatedExecutor } from "./execute/simulated";
import { type FaultPlan, Faults } from "./faults";
import { AlertEvaluator } from "./services/alerts/evaluator";
import { alertControlRoutes, alertRoutes } from "./services/alerts/routes";
import { PageData } from "./page/page-data";
import { PageServer } from "./page/page-server";
import type { WorkspacePage } from "./page/page-parts";
import { controlRoutes, pageRoutes } from "./services/control/routes";
import { clusterRoutes } from "./services/clusters/routes";
import { ME } from "./services/identity/identity";
import { identityRoutes } from "./services/identity/routes";
import { jobRoutes } from "./services/jobs/routes";
import { destinationRoutes } from "./services/notification-destinations/routes";
import { loginRoutes } from "./services/login/routes";
import { permissionRoutes } from "./services/permissions/routes";
import type { Route } from "./http/route";
import { queryRoutes } from "./services/queries/routes";
import { runRoutes } from "./services/jobs/run-routes";
import { secretRoutes } from "./services/secrets/routes";
import { sqlStatementRoutes } from "./services/sql/routes";
import { telemetryRoutes } from "./services/telemetry/routes";
import { unityCatalogRoutes } from "./services/unity-catalog/routes";
import { warehouseRoutes } from "./services/sql/warehouses";
import { readFile, readFiles, readNotebook } from "./services/workspace/read";
import { workspaceRoutes } from "./services/workspace/routes";
import { type LimitOptions, Limits, NO_LIMITS } from "./scheduler/limits";
import { Scheduler } from "./scheduler/scheduler";
import { RunViews } from "./services/jobs/views";
import { SqlStatements } from "./services/sql/statements";
import { LocalServer, LOOPBACK } from "./http/server";
import { Store } from "./store";
import { newToken } from "./http/tokens";

export interface LocalWorkspaceOptions {
  /** Data folder of the workspace. @default `.jobstrata/local` in the current folder */
  dataDir?: string;
  /** Uses a temporary data folder, which is deleted when the workspace stops. @default false */
  ephemeral?: boolean;
  /** Port on the loopback interface. @default the port that this workspace had before, or any free port */
  port?: number;
  /** Bearer token that requests must send. @default a new token */
  token?: string;
  /** @default the machine's own time */
  clock?: Clock;
  /** The executor, or a function that creates it for a data folder. @default a simulated executor */
  executor?: TaskExecutor | ((dataDir: string) => TaskExecutor);
  /** Limits to enforce; false for none. @default Databricks' limits */
  limits?: LimitOptions | false;
  /** Faults to inject. @default none */
  faults?: FaultPlan;
  /** Creates the page on its first request. @default there is no page */
  page?: () => WorkspacePage;
  /** Called when a client requests a stop, before the workspace stops. */
  onStop?: () => void;
}

/** A running workspace. */
export interface LocalWorkspace {
  /** Address for clients: `http://127.0.0.1:PORT`. */
  host: string;
  port: number;
  token: string;
  /** The same as `host`. */
  url: string;
  dataDir: string;
  /** All supported endpoints. */
  endpoints: readonly Route[];
  /** Stops all runs and the server; acknowledged changes are kept. Resolves when everything has stopped. */
  stop(): Promise<void>;
}

const WORKSPACE_ID = "1000000000";

/**
 * Starts a local Databricks workspace.
 * @throws {JobstrataError} if the port or the folder is in use
 */
export async function startLocalWorkspace(
  options: LocalWorkspaceOptions = {},
): Promise<LocalWorkspace> {
  const { ephemeral = false, clock = systemClock } = options;
  const dataDir = ephemeral
    ? mkdtempSync(join(tmpdir(), "jobstrata-"))
    : (options.dataDir ?? DEFAULT_DATA_DIR);
  if (!ephemeral) makeDataDir(dataDir);
  const store = Store.open(dataDir);
  const token = options.token ?? newToken();
  const faults = new Faults(options.faults);
  const { executor: given = new SimulatedExecutor(clock) } = options;
  const executor = faults.around(typeof given === "function" ? given(dataDir) : given);
  const settle = (): void => {
    store.flush();
  };
  const server = new LocalServer(token, faults, settle, {
    // Providers and SDKs read the workspace id from this header.
    "X-Databricks-Org-Id": WORKSPACE_ID,
  });
  let services: Services | undefined;

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= shutDown());
  const shutDown = async (): Promise<void> => {
    await Promise.all([server.close(), services?.scheduler.stop(), services?.alerts.stop()]);
    await executor.close?.();
    store.close();
    if (ephemeral) rmSync(dataDir, { recursive: true, force: true });
  };

  try {
    const port = await listen(server, ephemeral ? undefined : dataDir, options.port);
    const host = `http://${LOOPBACK}:${port}`;
    const limits = new Limits(clock, options.limits === false ? NO_LIMITS : options.limits);
    services = new Services({ server, store, clock, executor, limits, dataDir, host });
    services.addRoutes();
    if (options.page !== undefined) services.addPage(options.page, settle);
    services.addControl(faults, () => {
      options.onStop?.();
      void stop();
    });
    services.scheduler.start();
    services.alerts.start();
    const endpoints = server.router.endpoints();
    return { host, url: host, port, token, dataDir, endpoints, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Parts {
  readonly server: LocalServer;
  readonly store: Store;
  readonly clock: Clock;
  readonly executor: TaskExecutor;
  readonly limits: Limits;
  readonly dataDir: string;
  readonly host: string;
}

/** What answers requests: the scheduler, the alerts and the routes of every API. */
class Services {
  public readonly scheduler: Scheduler;
  public readonly alerts: AlertEvaluator;
  readonly #parts: Parts;
  readonly #query: TaskExecutor["query"];
  readonly #views: RunViews;

  public constructor(parts: Parts) {
    const { server, store, clock, executor, limits, dataDir, host } = parts;
    this.#parts = parts;
    this.#query = executor.query?.bind(executor);
    this.#views = new RunViews(store, ME.userName, host);
    this.scheduler = new Scheduler(store, clock, executor, {
      dataDir,
      limits,
      workspace: { id: WORKSPACE_ID, url: host },
      notebook: (path) => readNotebook(store, path),
      file: (path) => readFile(store, path),
      savedQuery: (id) => store.queries.saved(id),
      files: (folder) => [...readFiles(store, folder)],
      openAccess: () => ({ host, ...server.grantToken() }),
    });
    this.alerts = new AlertEvaluator(store, clock, this.#query, host);
  }

  /** The APIs of Databricks. */
  public addRoutes(): void {
    const { server, store, clock, limits, dataDir, host } = this.#parts;
    for (const routes of [
      jobRoutes(store, this.scheduler, limits, clock, ME),
      runRoutes(store, this.scheduler, this.#views),
      workspaceRoutes(store, clock, ME),
      permissionRoutes(store, ME),
      alertRoutes(store, clock, ME, this.alerts),
      alertControlRoutes(store, this.alerts),
      destinationRoutes(store),
      secretRoutes(store, clock, ME),
      warehouseRoutes(ME),
      queryRoutes(store, clock, ME),
      sqlStatementRoutes(new SqlStatements(this.#query)),
      unityCatalogRoutes(dataDir, ME, WORKSPACE_ID),
      clusterRoutes(),
      identityRoutes(ME),
      loginRoutes(host, WORKSPACE_ID),
      telemetryRoutes(),
    ])
      server.router.add(routes);
  }

  public addPage(create: () => WorkspacePage, settle: () => void): void {
    const { server, store, clock, dataDir, host } = this.#parts;
    const data = new PageData(store, this.scheduler, this.#views, this.alerts, dataDir);
    const page = new PageServer(host, create, data, this.scheduler, clock, settle);
    this.scheduler.listener = page;
    this.alerts.onChange = () => {
      page.alertsChanged();
    };
    server.mount(page);
    server.router.add(pageRoutes(() => page.newLink()));
  }

  /** What `jobstrata local` asks of a workspace in the background. */
  public addControl(faults: Faults, onStop: () => void): void {
    const { server, clock, host } = this.#parts;
    const started = clock.now();
    const status = () => ({
      pid: process.pid,
      host,
      started,
      ...this.scheduler.counts(),
      ignored_query_fields: server.router.ignoredQueryFields(),
    });
    server.router.add(controlRoutes(faults, status, () => this.scheduler.triggers(), onStop));
  }
}

/** Listens on the given port, or on the folder's last port, which URLs of jobs contain, or on any free port. */
async function listen(
  server: LocalServer,
  dataDir: string | undefined,
  port: number | undefined,
): Promise<number> {
  if (dataDir === undefined) return server.listen(port ?? 0);
  const file = join(dataDir, "port");
  const last = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  const actual =
    port === undefined && last > 0
      ? await server.listen(last).catch(() => server.listen(0))
      : await server.listen(port ?? 0);
  if (actual !== last) writeFileSync(file, String(actual), { mode: 0o600 });
  return actual;
}

/**
 * Creates the data folder, accessible by its owner only.
 * @throws {JobstrataError} if it cannot be created
 */
export function makeDataDir(dataDir: string): void {
  try {
    makeFolder(dataDir, 0o700);
    chmodSync(dataDir, 0o700);
  } catch (error) {
    throw new JobstrataError(
      "local-workspace",
      `${dataDir} cannot be the data folder: ${errorText(error)}`,
    );
  }
}
