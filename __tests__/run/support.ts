import type { JobId } from "../../src/core/model/int64";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { DeployedJob, DeployedTask } from "../../src/run/deployed-jobs";
import { type HttpOptions, tokenLogin, WorkspaceHttp } from "../../src/run/http";
import { JobsClient } from "../../src/run/jobs-client";
import type { LocalWorkspace } from "../../src/local/workspace";

/** A server that answers as a test says. */
export interface FakeServer {
  readonly host: string;
  readonly requests: {
    method: string;
    url: string;
    body: string;
    headers: IncomingMessage["headers"];
  }[];
  close(): Promise<void>;
}

type Answer = (request: FakeServer["requests"][number], response: ServerResponse) => void;

/** @param answer what is done with each request; JSON that it returns is the answer */
export async function fakeServer(answer: Answer): Promise<FakeServer> {
  const requests: FakeServer["requests"] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const got = { method, url, body, headers };
      requests.push(got);
      answer(got, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    host: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** An error as the service answers it. */
export function refuse(
  response: ServerResponse,
  status: number,
  body: object = {},
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, headers);
  response.end(JSON.stringify(body));
}

/** A client that tries again soon. */
export function clientOf(
  { host, token }: Pick<LocalWorkspace, "host" | "token">,
  options: HttpOptions = {},
): JobsClient {
  return new JobsClient(
    new WorkspaceHttp(tokenLogin(host, token), {
      firstRetryMs: 10,
      requestsPerSecond: 1000,
      ...options,
    }),
  );
}

/** A task of a job, as `name: what it waits for`. */
export function task(
  taskKey: string,
  dependsOn: readonly string[] = [],
  more: Partial<DeployedTask> = {},
): DeployedTask {
  return { taskKey, dependsOn, type: "notebook_task", jobParameters: {}, refersTo: [], ...more };
}

export function runJobTask(
  taskKey: string,
  runJobId: number,
  dependsOn: readonly string[] = [],
  more: Partial<DeployedTask> = {},
): DeployedTask {
  return task(taskKey, dependsOn, { type: "run_job_task", runJobId, ...more });
}

export function job(
  jobId: number,
  key: string,
  tasks: readonly DeployedTask[],
  more: Partial<DeployedJob> = {},
): DeployedJob {
  return {
    jobId,
    key,
    label: key,
    name: `[dev] ${key}`,
    tags: {},
    parameters: new Map(),
    tasks,
    ...more,
  };
}

/** The jobs of the alerting layer, and one that runs the layer: three levels. */
export function alertingJobs(): Map<JobId, DeployedJob> {
  const atomic = (id: number, key: string, taskKey: string, purpose: string): DeployedJob =>
    job(id, key, [task(taskKey)], { tags: { job_level: "atomic", purpose } });
  const jobs = [
    atomic(1, "alerting_tables_job", "setup_tables", "setup"),
    atomic(2, "alerting_seed_job", "seed_alerts", "seed"),
    atomic(3, "alerting_validation_job", "validate_queries", "validation"),
    atomic(4, "alerting_notifications_job", "sync_destinations", "sync"),
    atomic(5, "alerting_deploy_job", "deploy_alerts", "sync"),
    job(
      6,
      "alerting_setup_orchestrator_job",
      [
        runJobTask("setup_alerting_tables", 1),
        runJobTask("seed_all_alerts", 2, ["setup_alerting_tables"]),
        runJobTask("validate_alert_queries", 3, ["seed_all_alerts"]),
        runJobTask("sync_notification_destinations", 4, ["setup_alerting_tables"]),
        runJobTask("deploy_sql_alerts", 5, [
          "validate_alert_queries",
          "sync_notification_destinations",
        ]),
      ],
      { tags: { job_level: "composite" } },
    ),
    job(7, "ingest_job", [task("ingest")], { tags: { job_level: "atomic" } }),
    job(
      8,
      "platform_job",
      [
        runJobTask("ingestion", 7),
        runJobTask("alerting", 6, ["ingestion"]),
        task("report", ["alerting"]),
      ],
      { tags: { job_level: "orchestrator" } },
    ),
  ];
  return new Map(jobs.map((each) => [each.jobId, each]));
}
