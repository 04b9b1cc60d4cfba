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
import type { WorkspacePage } from "./page/workspace-page";
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
  /** The folder that holds everything that the workspace remembers. @default `.jobstrata/local` in the current folder */
  dataDir?: string;
  /** Uses a temporary folder instead, which is removed when the workspace stops. @default false */
  ephemeral?: boolean;
  /** The port on the loopback interface. @default the one that this workspace had before, else any that is free */
  port?: number;
  /** What requests must bear. @default a new one */
  token?: string;
  /** @default the machine's own time */
  clock?: Clock;
  /** What executes tasks, or what makes it for a data folder. @default one that only simulates it */
  executor?: TaskExecutor | ((dataDir: string) => TaskExecutor);
  /** The limits of the service to keep, or false for none. @default those of the service */
  limits?: LimitOptions | false;
  /** What is to go wrong. @default nothing */
  faults?: FaultPlan;
  /** Makes what the page shows, when it is first asked for. @default there is no page */
  page?: () => WorkspacePage;
  /** Called when a client asks the workspace to stop, before it does. */
  onStop?: () => void;
}

/** A workspace that is ready to take requests. */
export interface LocalWorkspace {
  /** Its address, as clients take it: `http://127.0.0.1:PORT`. */
  host: string;
  port: number;
  token: string;
  /** The same as `host`. */
  url: string;
  dataDir: string;
  /** Everything that it answers. */
  endpoints: readonly Route[];
  /** Stops every run and the server; what was acknowledged is kept. Resolves when nothing is left running. */
  stop(): Promise<void>;
}

const WORKSPACE_ID = "1000000000";

/**
 * Starts a Databricks workspace on this machine.
 * @throws {JobstrataError} when the port or the folder is in use
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
    // Providers and SDKs learn from it which workspace they talk to.
    "X-Databricks-Org-Id": WORKSPACE_ID,
  });
  let scheduler: Scheduler | undefined;
  let alerts: AlertEvaluator | undefined;

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= shutDown());
  const shutDown = async (): Promise<void> => {
    await Promise.all([server.close(), scheduler?.stop(), alerts?.stop()]);
    await executor.close?.();
    store.close();
    if (ephemeral) rmSync(dataDir, { recursive: true, force: true });
  };

  try {
    const actual = await listen(server, ephemeral ? undefined : dataDir, options.port);
    const host = `http://${LOOPBACK}:${actual}`;
    const limits = new Limits(clock, options.limits === false ? NO_LIMITS : options.limits);
    scheduler = new Scheduler(store, clock, executor, {
      dataDir,
      limits,
      workspace: { id: WORKSPACE_ID, url: host },
      notebook: (path) => readNotebook(store, path),
      file: (path) => readFile(store, path),
      savedQuery: (id) => store.queries.saved(id),
      files: (folder) => [...readFiles(store, folder)],
      openAccess: () => ({ host, ...server.grantToken() }),
    });
    const views = new RunViews(store, ME.userName, host);
    const started = clock.now();
    server.router.add(jobRoutes(store, scheduler, limits, clock, ME));
    server.router.add(runRoutes(store, scheduler, views));
    server.router.add(workspaceRoutes(store, clock, ME));
    server.router.add(permissionRoutes(store, ME));
    alerts = new AlertEvaluator(store, clock, executor.query?.bind(executor), host);
    server.router.add(alertRoutes(store, clock, ME, alerts));
    server.router.add(alertControlRoutes(store, alerts));
    server.router.add(destinationRoutes(store));
    server.router.add(secretRoutes(store, clock, ME));
    server.router.add(warehouseRoutes(ME));
    server.router.add(queryRoutes(store, clock, ME));
    server.router.add(sqlStatementRoutes(new SqlStatements(executor.query?.bind(executor))));
    server.router.add(unityCatalogRoutes(dataDir, ME, WORKSPACE_ID));
    server.router.add(clusterRoutes());
    server.router.add(identityRoutes(ME));
    server.router.add(loginRoutes(host, WORKSPACE_ID));
    server.router.add(telemetryRoutes());
    if (options.page !== undefined) {
      const data = new PageData(store, scheduler, views, alerts, dataDir);
      const page = new PageServer(host, options.page, data, scheduler, clock, settle);
      scheduler.listener = page;
      alerts.onChange = () => {
        page.alertsChanged();
      };
      server.mount(page);
      server.router.add(pageRoutes(() => page.newLink()));
    }
    server.router.add(
      controlRoutes(
        faults,
        () => ({
          pid: process.pid,
          host,
          started,
          ...scheduler?.counts(),
          ignored_query_fields: server.router.ignoredQueryFields(),
        }),
        () => scheduler?.triggers() ?? [],
        () => {
          options.onStop?.();
          void stop();
        },
      ),
    );
    scheduler.start();
    alerts.start();
    return {
      host,
      url: host,
      port: actual,
      token,
      dataDir,
      endpoints: server.router.endpoints(),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Listens on the port given, else on the last one of the folder, since jobs are known by URLs that contain it, else on
 * any that is free.
 */
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
 * Makes the data folder, which only its owner may enter.
 * @throws {JobstrataError} when it cannot be made
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
