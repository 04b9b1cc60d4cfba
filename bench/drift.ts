/**
 * Measures `jobstrata drift` on a bundle of ten thousand jobs and prints the figures as JSON: `node drift.js FOLDER`. The
 * workspace is a server in a process of its own (`node drift.js serve`) that answers at once, so that time is that of the audit;
 * how long the API's limits make it take is computed from the number of requests.
 */
import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { JobsClient, tokenLogin, WorkspaceHttp } from "@jobstrata/run";
import { Audit } from "../src/cli/drift/audit";
import { LiveJobs } from "../src/cli/drift/live-jobs";
import { readCode } from "../src/cli/drift/read-code";
import { REQUESTS_PER_SECOND } from "../src/cli/drift/workspace";
import { writeBundle } from "./check";

/** Atomic jobs; there is a composite job for every five. */
const ATOMIC = 8335;
const RUN_BY_ONE = 5;
const JOBS = ATOMIC + ATOMIC / RUN_BY_ONE;
const USER = "bench@example.com";
const HOME = `/Workspace/Users/${USER}/.bundle/load/bench`;

/** What {@link measureDrift} finds. */
export interface DriftFigures {
  readonly jobs: number;
  /** Of the process that compares, the reading of the code included; milliseconds. */
  readonly cpuMs: number;
  /** At its highest. */
  readonly peakMiB: number;
  readonly requests: number;
  /** What the requests take at the rate that drift keeps to; seconds. */
  readonly requestSeconds: number;
}

/** @param work folder for the bundle */
export async function measureDrift(work: string): Promise<DriftFigures> {
  const folder = join(work, "drift");
  writeBundle(folder, ATOMIC);
  const server = fork(__filename, ["serve"]);
  try {
    const host = await new Promise<string>((resolve) => server.once("message", resolve));
    const output = execFileSync(
      process.execPath,
      [...process.execArgv, __filename, "compare", folder, host],
      {
        encoding: "utf8",
        env: { ...process.env, JOBSTRATA_CACHE: join(work, "drift-cache") },
      },
    );
    const figures = JSON.parse(output) as Omit<DriftFigures, "requestSeconds">;
    return { ...figures, requestSeconds: figures.requests / REQUESTS_PER_SECOND };
  } finally {
    await ended(server);
    rmSync(folder, { recursive: true });
  }
}

async function compare(
  folder: string,
  host: string,
): Promise<Omit<DriftFigures, "requestSeconds">> {
  const before = process.cpuUsage();
  const http = new WorkspaceHttp(tokenLogin(host, "token"), { requestsPerSecond: 1e6 });
  const live = LiveJobs.open("bench", false);
  const report = await new Audit(readCode(folder, { states: [] }), new JobsClient(http), live, {
    useStates: true,
    usePermissions: true,
    notes: console.error,
    user: (text) => text.replaceAll("${workspace.current_user.userName}", USER),
  }).run();
  live.close(false);
  const wrong = report.jobs.filter(({ kinds }) => kinds.length > 0);
  if (report.jobs.length !== JOBS || wrong.length > 0 || report.findings.length > 0)
    throw new Error(`drift found something: ${JSON.stringify(wrong[0] ?? report.findings[0])}`);
  const { user, system } = process.cpuUsage(before);
  const { maxRSS } = process.resourceUsage();
  return {
    jobs: JOBS,
    cpuMs: (user + system) / 1000,
    peakMiB: maxRSS / 1024,
    requests: http.requests,
  };
}

/** The job with this id, as the bundle deploys it. */
function jobOf(id: number): object {
  const head = {
    deployment: { kind: "BUNDLE", metadata_file_path: `${HOME}/state/metadata.json` },
    edit_mode: "UI_LOCKED",
    format: "MULTI_TASK",
    max_concurrent_runs: 1,
    queue: { enabled: true },
    timeout_seconds: 0,
    email_notifications: {},
    webhook_notifications: {},
  };
  const settings = id <= ATOMIC ? atomic(id - 1) : composite(id - 1 - ATOMIC);
  return {
    job_id: id,
    creator_user_name: USER,
    created_time: 1,
    settings: { ...head, ...settings },
  };
}

const atomic = (at: number): object => ({
  name: `[bench] Load - Table ${at}`,
  description: `Atomic job: Loads table ${at}`,
  environments: [{ environment_key: "default", spec: { environment_version: "4" } }],
  tags: { job_level: "atomic", layer: "load", purpose: "load" },
  tasks: [
    {
      task_key: "load",
      environment_key: "default",
      run_if: "ALL_SUCCESS",
      notebook_task: {
        base_parameters: { catalog: "bench", gold_schema: "gold" },
        notebook_path: `${HOME}/files/src/table_${at}`,
        source: "WORKSPACE",
      },
    },
  ],
});

const composite = (group: number): object => ({
  name: `[bench] Load - Group ${group}`,
  description: `Composite job: Loads ${RUN_BY_ONE} tables`,
  tags: { job_level: "composite", layer: "load", orchestrator: "true" },
  tasks: Array.from({ length: RUN_BY_ONE }, (_, at) => ({
    task_key: `load_${at}`,
    run_if: "ALL_SUCCESS",
    ...(at > 0 && { depends_on: [{ task_key: "load_0" }] }),
    run_job_task: { job_id: group * RUN_BY_ONE + at + 1 },
  })),
});

function serve(): void {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://127.0.0.1");
    const [status, answer] = answerTo(url);
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(answer));
  });
  server.listen(0, "127.0.0.1", () => {
    process.send?.(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
}

function answerTo({ pathname, searchParams }: URL): [status: number, answer: object] {
  if (pathname.endsWith("/scim/v2/Me")) return [200, { userName: USER }];
  if (pathname.endsWith("/jobs/list")) {
    const from = Number(searchParams.get("page_token") ?? 1);
    const end = Math.min(from + 99, JOBS);
    const jobs = Array.from({ length: end - from + 1 }, (_, at) => jobOf(from + at));
    return [200, { jobs, ...(end < JOBS && { next_page_token: String(end + 1) }) }];
  }
  if (pathname.includes("/permissions/jobs/")) {
    const all_permissions = [{ permission_level: "IS_OWNER", inherited: false }];
    return [200, { access_control_list: [{ user_name: USER, all_permissions }] }];
  }
  return [404, { error_code: "RESOURCE_DOES_NOT_EXIST", message: "there is nothing" }];
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => {
      resolve();
    });
    child.kill();
  });
}

if (require.main === module) {
  const [command = "", folder = "", host = ""] = process.argv.slice(2);
  if (command === "serve") serve();
  else if (command === "compare")
    void compare(folder, host).then((figures) => process.stdout.write(JSON.stringify(figures)));
  else
    void measureDrift(command).then((figures) => {
      process.stdout.write(JSON.stringify(figures));
    });
}
