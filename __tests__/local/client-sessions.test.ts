/**
 * Whole sessions of genuine clients, request by request as they were recorded. A client goes on only where it was
 * answered as it expected, so whatever is refused beyond what is listed here ends its session with an error.
 */
import { RequestRecorder } from "../support/recorded-requests";
import { type Client, simulate, stopAll } from "./support";
import type { ManualClock } from "../../src/local";

afterEach(stopAll);

/** A method, a path with what was answered before in braces, and a body: JSON, or a file's content. */
type Recorded = readonly [method: string, path: string, body?: object | string];

interface Session {
  readonly requests: readonly Recorded[];
  /** What the service refuses as well, since it is asked whether something is there. */
  readonly refused: readonly string[];
}

const NOTEBOOK_SOURCE = "# Databricks notebook source\nprint(1)\n";
const HOME = "/Workspace/Users/local-user@example.com/.bundle/health_monitor/default";
const STATUS = "/api/2.0/workspace/get-status?path=";
const EXPORT = "/api/2.0/workspace/export?direct_download=true&path=";
const IMPORT = "/api/2.0/workspace-files/import-file/";
const at = (path: string): string => encodeURIComponent(`${HOME}/${path}`);
const status = (path: string): Recorded => ["GET", `${STATUS}${at(path)}&return_export_info=true`];
const download = (path: string): Recorded[] => [status(path), ["GET", EXPORT + at(path)]];
const upload = (path: string, overwrite: boolean, content: string): Recorded => [
  "POST",
  `${IMPORT}${encodeURIComponent(`${HOME}/${path}`.slice(1))}?overwrite=${overwrite}`,
  content,
];
const mkdirs = (path: string): Recorded => [
  "POST",
  "/api/2.0/workspace/mkdirs",
  { path: `${HOME}/${path}` },
];
const remove = (path: string, recursive?: true): Recorded => [
  "POST",
  "/api/2.0/workspace/delete",
  { path: `${HOME}${path}`, ...(recursive && { recursive }) },
];
const LOCK = "state/deploy.lock";

const NOTEBOOK_TASK = { notebook_path: "/Shared/setup_alerting_tables" };

const SESSIONS: Readonly<Record<string, Session>> = {
  "databricks bundle deploy, plan, run and destroy, CLI 1.14 with the direct engine": {
    requests: [
      ["GET", STATUS + at("files")],
      mkdirs("files"),
      ["GET", STATUS + at("files")],
      status("state/resources.json"),
      status("state/terraform.tfstate"),
      status("state/deployment.json"),
      upload(LOCK, false, '{"ID":"1"}'),
      mkdirs("state"),
      upload(LOCK, false, '{"ID":"1"}'),
      ...download(LOCK),
      remove("/artifacts/.internal", true),
      mkdirs("artifacts/.internal"),
      upload("files/tables.py", true, NOTEBOOK_SOURCE),
      upload("files/databricks.yml", true, "bundle:\n  name: health_monitor\n"),
      upload("state/deployment.json", true, '{"version":1}'),
      [
        "POST",
        "/api/2.2/jobs/create",
        {
          deployment: { kind: "BUNDLE", metadata_file_path: `${HOME}/state/metadata.json` },
          edit_mode: "UI_LOCKED",
          format: "MULTI_TASK",
          max_concurrent_runs: 1,
          name: "Tables",
          queue: { enabled: true },
          tasks: [{ notebook_task: { notebook_path: `${HOME}/files/tables` }, task_key: "tables" }],
        },
      ],
      ["GET", "/api/2.2/jobs/get?job_id={job}"],
      [
        "PUT",
        "/api/2.0/permissions/jobs/{job}",
        {
          access_control_list: [
            { group_name: "users", permission_level: "CAN_VIEW" },
            { permission_level: "IS_OWNER", user_name: "local-user@example.com" },
          ],
        },
      ],
      upload("state/resources.json", true, '{"state_version":2}'),
      upload("state/metadata.json", true, '{"version":1}'),
      ...download(LOCK),
      remove(`/${LOCK}`),
      ["POST", "/telemetry-ext", { uploadTime: 1, items: [], protoLogs: ["{}"] }],
      ...download("state/resources.json"),
      ...download("state/deployment.json"),
      ["GET", "/api/2.2/jobs/get?job_id={job}"],
      ["GET", "/api/2.0/permissions/jobs/{job}?"],
      ["POST", "/api/2.2/jobs/run-now", { job_id: "{job}" }],
      ["GET", "/api/2.2/jobs/runs/get?run_id={run}"],
      ["GET", "/api/2.2/jobs/runs/get-output?run_id={task}"],
      ["GET", STATUS + encodeURIComponent(HOME)],
      upload(LOCK, false, '{"ID":"2"}'),
      ...download(LOCK),
      ["POST", "/api/2.2/jobs/delete", { job_id: "{job}" }],
      remove("", true),
      status(LOCK),
    ],
    refused: [
      "404 GET /api/2.0/workspace/get-status",
      "404 POST /api/2.0/workspace-files/import-file",
      "404 POST /api/2.0/workspace/delete",
    ],
  },
  "Terraform provider 1.128: a job with permissions, read again, and destroyed": {
    requests: [
      ["GET", "/.well-known/databricks-config"],
      [
        "POST",
        "/api/2.2/jobs/create",
        {
          name: "Tables",
          tasks: [{ task_key: "tables", notebook_task: NOTEBOOK_TASK }],
          queue: { enabled: false },
          max_concurrent_runs: 1,
        },
      ],
      ["GET", "/api/2.2/jobs/get?job_id={job}"],
      ["GET", "/api/2.0/preview/scim/v2/Me?excludedAttributes=entitlements"],
      [
        "PUT",
        "/api/2.0/permissions/jobs/{job}",
        {
          access_control_list: [
            { group_name: "users", permission_level: "CAN_VIEW" },
            { user_name: "local-user@example.com", permission_level: "IS_OWNER" },
          ],
        },
      ],
      ["GET", "/api/2.0/permissions/jobs/{job}?"],
      ["GET", "/api/2.2/jobs/list?limit=100"],
      [
        "PUT",
        "/api/2.0/permissions/jobs/{job}",
        {
          access_control_list: [
            { user_name: "local-user@example.com", permission_level: "IS_OWNER" },
          ],
        },
      ],
      ["POST", "/api/2.2/jobs/delete", { job_id: "{job}" }],
    ],
    refused: [],
  },
  "Airflow 3.3 with provider 7.23: create, run now, submit, repair, cancel": {
    requests: [
      ["GET", "/api/2.1/clusters/spark-versions"],
      [
        "GET",
        "/api/2.2/jobs/list?limit=25&expand_tasks=False&include_user_names=False&page_token=&name=airflow",
      ],
      [
        "POST",
        "/api/2.2/jobs/create",
        { name: "airflow", tasks: [{ task_key: "a", notebook_task: NOTEBOOK_TASK }] },
      ],
      [
        "POST",
        "/api/2.2/jobs/reset",
        {
          job_id: "{job}",
          new_settings: {
            name: "airflow",
            tasks: [{ task_key: "a", notebook_task: { notebook_path: "/Shared/gone" } }],
          },
        },
      ],
      ["POST", "/api/2.2/jobs/runs/cancel-all", { job_id: "{job}" }],
      ["POST", "/api/2.2/jobs/run-now", { job_id: "{job}" }],
      ["GET", "/api/2.2/jobs/runs/get?run_id={run}"],
      ["GET", "/api/2.2/jobs/runs/get-output?run_id={task}"],
      ["GET", "/api/2.2/jobs/runs/get?run_id={run}&include_history=true"],
      ["POST", "/api/2.2/jobs/runs/repair", { run_id: "{run}", rerun_all_failed_tasks: true }],
      [
        "POST",
        "/api/2.2/jobs/runs/submit",
        {
          run_name: "submit",
          notebook_task: NOTEBOOK_TASK,
          new_cluster: { spark_version: "15.4.x-scala2.12", num_workers: "0" },
        },
      ],
      ["GET", "/api/2.2/jobs/runs/get?run_id={run}"],
      ["POST", "/api/2.2/jobs/runs/cancel", { run_id: "{run}" }],
      ["PATCH", "/api/2.0/permissions/jobs/{job}", { access_control_list: [] }],
    ],
    refused: [],
  },
  "Dagster 1.13: run now, submit": {
    requests: [
      ["GET", "/.well-known/databricks-config"],
      [
        "POST",
        "/api/2.1/jobs/create",
        { name: "dagster", tasks: [{ task_key: "a", notebook_task: NOTEBOOK_TASK }] },
      ],
      ["GET", "/api/2.1/jobs/get?job_id={job}"],
      ["POST", "/api/2.1/jobs/run-now", { job_id: "{job}" }],
      ["GET", "/api/2.1/jobs/runs/get?run_id={run}"],
      [
        "POST",
        "/api/2.1/jobs/runs/submit",
        { tasks: [{ task_key: "x", notebook_task: NOTEBOOK_TASK }] },
      ],
      ["GET", "/api/2.1/jobs/runs/get?run_id={run}"],
      ["GET", "/api/2.1/jobs/runs/list?job_id={job}&limit=20"],
    ],
    refused: [],
  },
};

it.each(Object.entries(SESSIONS))("%s", async (_, { requests, refused }) => {
  const { client, clock } = await simulate();
  const recorder = new RequestRecorder(client.workspace.host);
  try {
    await replay(client, clock, requests);
    expect(recorder.refused).toEqual(refused);
    expect(recorder.count).toBe(requests.length);
  } finally {
    recorder.stop();
  }
});

/** Sends one request after the other, each with the ids that were answered before. */
async function replay(
  client: Client,
  clock: ManualClock,
  requests: readonly Recorded[],
): Promise<void> {
  const { host, token } = client.workspace;
  const ids = new Map<string, string>();
  const filled = (text: string): string =>
    text.replace(/"?\{(job|run|task)\}"?/g, (_, name: string) => ids.get(name) ?? `no ${name}`);
  for (const [method, path, body] of requests) {
    const text = typeof body === "string" ? body : body && filled(JSON.stringify(body));
    const response = await fetch(host + filled(path), {
      method,
      headers: { Authorization: `Bearer ${token}`, "User-Agent": "databricks-sdk-go/0.175.0" },
      ...(text !== undefined && { body: text }),
    });
    const answer = await response.text();
    if (path.includes("/export")) continue;
    const { job_id, run_id, tasks } = JSON.parse(answer);
    if (path.endsWith("jobs/create")) ids.set("job", String(job_id));
    if (/run-now|submit/.test(path)) {
      ids.set("run", String(run_id));
      await clock.advance(60_000);
    }
    if (path.includes("runs/get?")) ids.set("task", String(tasks[0].run_id));
  }
}
