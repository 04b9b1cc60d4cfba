/**
 * What genuine clients ask, as their requests were recorded: the databricks CLI 1.13, the Terraform providers 1.99 and 1.128,
 * the SDKs of Go and Python, Airflow's hook.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskExecutor } from "../../src/local/execute/executor";
import type { QueryAnswer, QueryRequest } from "../../src/local/execute/query";
import { type Client, type Json, notebookTask, simulate, startClient, stopAll } from "./support";

let client: Client;
beforeEach(async () => {
  client = await startClient();
});
afterEach(stopAll);

const HOME = "/Workspace/Users/local-user@example.com";
const SOURCE =
  "# Databricks notebook source\nprint(1)\n\n# COMMAND ----------\n\n# MAGIC %md\n# MAGIC *Tables*\n";

/** A file as the CLI uploads it: the path in the URL with its slashes encoded, the content as the body. */
async function upload(
  path: string,
  content: string,
  overwrite = false,
): Promise<{ status: number; body: { message?: string } }> {
  const { host, token } = client.workspace;
  const encoded = encodeURIComponent(path.slice(1));
  const response = await fetch(
    `${host}/api/2.0/workspace-files/import-file/${encoded}?overwrite=${overwrite}`,
    { method: "POST", headers: { Authorization: `Bearer ${token}` }, body: content },
  );
  return { status: response.status, body: (await response.json()) as { message?: string } };
}

const importNotebook = (path: string, more: object = {}, userAgent = "") =>
  fetch(`${client.workspace.host}/api/2.0/workspace/import`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${client.workspace.token}`,
      "User-Agent": userAgent,
    },
    body: JSON.stringify({
      path,
      content: Buffer.from(SOURCE).toString("base64"),
      format: "SOURCE",
      language: "PYTHON",
      overwrite: true,
      ...more,
    }),
  });

const exported = async (path: string, format: string): Promise<string> => {
  const { content } = await client.ok(
    "GET",
    `/api/2.0/workspace/export?path=${path}&format=${format}`,
  );
  return Buffer.from(content, "base64").toString();
};

describe("databricks bundle deploy", () => {
  const lock = `${HOME}/.bundle/health_monitor/dev/state/deploy.lock`;

  it("uploads a file once its folder is there, and learns when another client was first", async () => {
    expect(await upload(lock, "{}")).toEqual({
      status: 404,
      body: {
        error_code: "RESOURCE_DOES_NOT_EXIST",
        message:
          "The parent folder (/Users/local-user@example.com/.bundle/health_monitor/dev/state) does not exist.",
      },
    });
    await client.ok("POST", "/api/2.0/workspace/mkdirs", {
      path: lock.slice(0, lock.lastIndexOf("/")),
    });
    expect((await upload(lock, '{"ID": 1}')).status).toBe(200);
    expect((await upload(lock, '{"ID": 2}')).status).toBe(409);
    expect(await exported(lock, "AUTO")).toBe('{"ID": 1}');
    expect((await upload(lock, '{"ID": 2}', true)).status).toBe(200);
    expect(await exported(lock, "AUTO")).toBe('{"ID": 2}');
  });

  it("uploads a notebook, which loses its extension, and asks in which format it is kept", async () => {
    expect((await upload(`${HOME}/tables.py`, SOURCE)).status).toBe(200);
    expect((await upload(`${HOME}/tables.py`, SOURCE)).status).toBe(409);
    const status = await client.ok(
      "GET",
      `/api/2.0/workspace/get-status?path=${encodeURIComponent(`${HOME}/tables`)}&return_export_info=true`,
    );
    expect(status).toMatchObject({
      object_type: "NOTEBOOK",
      language: "PYTHON",
      path: `${HOME}/tables`,
      repos_export_format: "SOURCE",
    });
  });

  it("keeps a file that is not a notebook unchanged", async () => {
    await upload(`${HOME}/helpers.py`, "X = 1\n");
    const path = encodeURIComponent(`${HOME}/helpers.py`);
    const status = await client.ok(
      "GET",
      `/api/2.0/workspace/get-status?path=${path}&return_export_info=true`,
    );
    expect(status).toMatchObject({ object_type: "FILE" });
    expect(status).not.toHaveProperty("repos_export_format");
  });

  it("refuses a path whose encoding is broken, or that leads elsewhere", async () => {
    const { host, token } = client.workspace;
    for (const path of ["%E0%A4%A", "Shared%2F..%2F..%2Fx"]) {
      const response = await fetch(`${host}/api/2.0/workspace-files/import-file/${path}`, {
        method: "POST",
        headers: { Authorization: `Bearer ${token}` },
        body: "x",
      });
      expect(response.status).toBe(400);
    }
  });

  it("reports its use, which is dropped", async () => {
    const report = { uploadTime: 1, items: [], protoLogs: ["{}", "{}"] };
    expect(await client.ok("POST", "/telemetry-ext", report)).toEqual({
      errors: [],
      numProtoSuccess: 2,
    });
  });

  it("gives and takes permissions of its folder and of notebooks", async () => {
    await upload(`${HOME}/tables.py`, SOURCE);
    for (const [path, kind, type] of [
      [HOME, "directories", "directory"],
      [`${HOME}/tables`, "notebooks", "notebook"],
    ] as const) {
      const { object_id } = await client.ok("GET", `/api/2.0/workspace/get-status?path=${path}`);
      const permissions = `/api/2.0/permissions/${kind}/${object_id}`;
      const entry = { group_name: "analysts", permission_level: "CAN_RUN" };
      const answer = await client.ok("PUT", permissions, { access_control_list: [entry] });
      expect(answer).toEqual({
        object_id: `/${kind}/${object_id}`,
        object_type: type,
        access_control_list: [
          {
            group_name: "analysts",
            all_permissions: [{ permission_level: "CAN_RUN", inherited: false }],
          },
          {
            group_name: "admins",
            all_permissions: [
              {
                permission_level: "CAN_MANAGE",
                inherited: true,
                inherited_from_object: ["/directories/"],
              },
            ],
          },
        ],
      });
      expect(await client.ok("GET", `${permissions}?`)).toEqual(answer);
      const job = { group_name: "analysts", permission_level: "IS_OWNER" };
      const refused = await client.ask("PUT", permissions, { access_control_list: [job] });
      expect(refused.body.message).toContain("CAN_READ, CAN_RUN, CAN_EDIT, CAN_MANAGE");
    }
    expect((await client.ask("GET", "/api/2.0/permissions/notebooks/1")).status).toBe(404);
  });
});

describe("the Terraform provider", () => {
  it("learns from a header which workspace it talks to (1.111 and later)", async () => {
    const me = await client.ask(
      "GET",
      "/api/2.0/preview/scim/v2/Me?excludedAttributes=entitlements",
    );
    expect(me.status).toBe(200);
    expect(me.headers.get("x-databricks-org-id")).toBe("1000000000");
  });

  it("keeps the id of a notebook that it has imported", async () => {
    const response = await importNotebook("/Shared/tables");
    const { object_id } = (await response.json()) as { object_id: number };
    const status = await client.ok("GET", "/api/2.0/workspace/get-status?path=/Shared/tables");
    expect(object_id).toBe(status.object_id);
    expect(object_id).toBeGreaterThan(0);
  });

  it("creates notebooks in one new folder at once", async () => {
    const paths = Array.from({ length: 12 }, (_, at) => `/Shared/new/folder/notebook_${at}`);
    const statuses = await Promise.all(
      paths.map(async (path) => {
        const userAgent = "databricks-tf-provider/1.128.0 databricks-sdk-go/0.175.0 go/1.26";
        return (await importNotebook(path, {}, userAgent)).status;
      }),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    const form = new FormData();
    form.set("path", "/Shared/files/new/alerts.csv");
    form.set("format", "AUTO");
    form.set("content", new Blob(["a,b"]), "alerts.csv");
    const uploaded = await fetch(`${client.workspace.host}/api/2.0/workspace/import`, {
      method: "POST",
      headers: {
        Authorization: `Bearer ${client.workspace.token}`,
        "User-Agent": "databricks-tf-provider/1.128.0 databricks-sdk-go/0.175.0",
      },
      body: form,
    });
    expect(uploaded.status).toBe(200);
    expect((await importNotebook("/Shared/other/notebook")).status).toBe(404);
  });

  it("takes the root for the folder with the id 0", async () => {
    const root = await client.ok("GET", "/api/2.0/workspace/get-status?path=%2F");
    expect(root).toMatchObject({ path: "/", object_type: "DIRECTORY", object_id: 0 });
    const path = "/api/2.0/permissions/directories/0";
    const untouched = await client.ok("GET", path);
    expect(untouched).toEqual({
      object_id: "/directories/0",
      object_type: "directory",
      access_control_list: [
        {
          group_name: "admins",
          all_permissions: [{ permission_level: "CAN_MANAGE", inherited: false }],
        },
      ],
    });
    const entries = [{ group_name: "users", permission_level: "CAN_RUN" }];
    const refused = await client.ask("PUT", path, { access_control_list: entries });
    expect(refused.body.message).toBe("Cannot change permissions for group 'admins' to None.");
    entries.push({ group_name: "admins", permission_level: "CAN_MANAGE" });
    await client.ok("PUT", path, { access_control_list: entries });
    expect(await client.ok("PUT", path, { access_control_list: entries.slice(1) })).toEqual(
      untouched,
    );
    expect((await client.ask("GET", "/api/2.0/permissions/notebooks/0")).status).toBe(404);
  });

  it("looks up runtimes and node types", async () => {
    const { versions } = await client.ok("GET", "/api/2.1/clusters/spark-versions");
    expect(versions).toContainEqual({
      key: "15.4.x-scala2.12",
      name: "15.4 LTS (includes Apache Spark 3.5.0, Scala 2.12)",
    });
    const { node_types } = await client.ok("GET", "/api/2.1/clusters/list-node-types");
    expect(node_types[0]).toMatchObject({ num_cores: 2, memory_mb: 8192, is_deprecated: false });
    for (const path of [
      "/api/2.1/clusters/list?page_size=100",
      "/api/2.0/policies/clusters/list",
      "/api/2.0/instance-pools/list",
    ]) {
      expect(await client.ok("GET", path)).toEqual({});
    }
    expect(await client.ask("GET", "/api/2.1/clusters/get?cluster_id=1")).toMatchObject({
      status: 400,
      body: { message: "Cluster 1 does not exist" },
    });
  });
});

describe("Git sources", () => {
  const git = { git_url: "https://example.com/alerting", git_branch: "main" };
  const jobWith = (git_provider: string, notebook: object): object => ({
    name: "from Git",
    git_source: { ...git, git_provider },
    tasks: [{ task_key: "tables", notebook_task: notebook }],
  });

  it.each([
    ["an empty source", { notebook_path: "src/tables", source: "" }],
    ["no source", { notebook_path: "src/tables" }],
  ])("mean GIT with %s", async (_, notebook) => {
    const id = await client.createJob(jobWith("github", notebook));
    const { settings } = await client.ok("GET", `/api/2.2/jobs/get?job_id=${id}`);
    expect(settings.tasks[0].notebook_task).toEqual({
      notebook_path: "src/tables",
      source: "GIT",
    });
    expect(settings.git_source.git_provider).toBe("gitHub");
  });

  it("are refused from a provider that is not known, and without a git_source", async () => {
    const unknown = await client.ask("POST", "/api/2.2/jobs/create", jobWith("sourcehut", {}));
    expect(unknown.body.message).toContain('"sourcehut" for git_source.git_provider');
    const relative = await client.ask("POST", "/api/2.2/jobs/create", {
      tasks: [{ task_key: "a", notebook_task: { notebook_path: "src/tables", source: "" } }],
    });
    expect(relative.body.message).toContain("only absolute notebook paths");
  });
});

describe("exporting notebooks", () => {
  it("gives one of the source format as Jupyter, and back", async () => {
    await importNotebook("/Shared/tables");
    const jupyter = await exported("/Shared/tables", "JUPYTER");
    expect(JSON.parse(jupyter)).toEqual({
      cells: [
        {
          cell_type: "code",
          execution_count: null,
          metadata: {},
          outputs: [],
          source: ["print(1)"],
        },
        { cell_type: "markdown", metadata: {}, source: ["*Tables*"] },
      ],
      metadata: { language_info: { name: "python" } },
      nbformat: 4,
      nbformat_minor: 0,
    });
    await importNotebook("/Shared/again", {
      content: Buffer.from(jupyter).toString("base64"),
      format: "JUPYTER",
    });
    expect(await exported("/Shared/again", "SOURCE")).toBe(SOURCE);
    expect(await exported("/Shared/again", "AUTO")).toBe(jupyter);
  });

  it("says what it can't write", async () => {
    await importNotebook("/Shared/tables");
    const answer = await client.ask(
      "GET",
      "/api/2.0/workspace/export?path=/Shared/tables&format=DBC",
    );
    expect(answer.body.message).toBe(
      "The local workspace cannot export the format DBC; use SOURCE, AUTO, JUPYTER.",
    );
  });
});

describe("logging in", () => {
  it("by OAuth is answered with what to do instead", async () => {
    const { host } = client.workspace;
    const metadata = await client.ok("GET", "/oidc/.well-known/oauth-authorization-server");
    expect(metadata.token_endpoint).toBe(`${host}/oidc/v1/token`);
    const token = await fetch(metadata.token_endpoint, {
      method: "POST",
      body: "grant_type=client_credentials",
    });
    expect(token.status).toBe(401);
    expect(await token.json()).toMatchObject({
      error: "invalid_client",
      error_description: expect.stringContaining("npx jobstrata local exec"),
    });
    const login = await fetch(
      `${metadata.authorization_endpoint}?redirect_uri=http%3A%2F%2Flocalhost%3A8020&state=abc`,
      { redirect: "manual" },
    );
    expect(login.status).toBe(302);
    const back = new URL(login.headers.get("location") ?? "");
    expect(back.origin).toBe("http://localhost:8020");
    expect(Object.fromEntries(back.searchParams)).toMatchObject({
      error: "access_denied",
      state: "abc",
    });
  });

  it.each(["https://localhost/x", "http://evil.example.com", "javascript:alert(1)", "nowhere"])(
    "sends nobody to %s",
    async (address) => {
      const response = await fetch(
        `${client.workspace.host}/oidc/v1/authorize?redirect_uri=${encodeURIComponent(address)}`,
        { redirect: "manual" },
      );
      expect(response.status).toBe(400);
    },
  );
});

describe("booleans in queries", () => {
  it.each(["False", "FALSE", "false"])("are taken as %s", async (text) => {
    await client.createJob({ tasks: [] });
    const { jobs } = await client.ok("GET", `/api/2.1/jobs/list?expand_tasks=${text}`);
    expect(jobs[0].settings).not.toHaveProperty("tasks");
  });

  it("are refused as anything else", async () => {
    const answer = await client.ask("GET", "/api/2.1/jobs/list?expand_tasks=no");
    expect(answer).toMatchObject({
      status: 400,
      body: { message: 'expand_tasks must be true or false (got "no").' },
    });
  });
});

describe("Airflow's operators", () => {
  it("ask for the first page with an empty token", async () => {
    const job = await client.createJob({ name: "air" });
    const query = "limit=25&expand_tasks=False&include_user_names=False&page_token=&name=";
    const { jobs } = await client.ok("GET", `/api/2.2/jobs/list?${query}`);
    expect(jobs).toMatchObject([{ job_id: job }]);
  });

  it("find the original run in the history of one that was never repaired", async () => {
    const simulation = await simulate();
    client = simulation.client;
    const job = await client.createJob({ tasks: [notebookTask("tables")] });
    const run = await client.runNow(job);
    await simulation.clock.advance(60_000);
    const { repair_history, tasks } = await client.run(run, "&include_history=true");
    expect(repair_history).toEqual([
      {
        type: "ORIGINAL",
        start_time: expect.any(Number),
        end_time: expect.any(Number),
        state: expect.objectContaining({ result_state: "SUCCESS" }),
        status: expect.objectContaining({ state: "TERMINATED" }),
        task_run_ids: [tasks[0].run_id],
      },
    ]);
    expect(await client.run(run)).not.toHaveProperty("repair_history");
  });

  it("submit one task in the format of a single one", async () => {
    const simulation = await simulate();
    client = simulation.client;
    const { notebook_task } = notebookTask("tables");
    // As DatabricksSubmitRunOperator and DatabricksNotebookOperator send it, with the newest version too.
    const { run_id } = await client.ok("POST", "/api/2.2/jobs/runs/submit", {
      run_name: "alerting: tables",
      notebook_task,
      // It turns every number into a text.
      new_cluster: {
        spark_version: "15.4.x-scala2.12",
        autoscale: { min_workers: "1", max_workers: "2" },
      },
      libraries: [],
      timeout_seconds: "600",
    });
    await simulation.clock.advance(60_000);
    const { tasks, run_name, state } = await client.run(run_id);
    expect({ run_name, state }).toMatchObject({
      run_name: "alerting: tables",
      state: { result_state: "SUCCESS" },
    });
    expect(tasks).toHaveLength(1);
    expect(tasks[0]).toMatchObject({
      task_key: "alerting__tables",
      notebook_task: { ...notebook_task, source: "WORKSPACE" },
      new_cluster: { autoscale: { min_workers: 1, max_workers: 2 } },
    });
  });

  it.each([
    [{}, "Missing required field: tasks"],
    [{ tasks: [notebookTask("a")], notebook_task: {} }, "notebook_task"],
    [{ notebook_task: { notebook_path: "relative" } }, "only absolute notebook paths"],
    [{ notebook_task: notebookTask("a").notebook_task, sql_task: { warehouse_id: "1" } }, "task"],
    [{ max_retries: 1 }, 'unknown field "max_retries"'],
    [
      { new_cluster: { num_workers: "two" }, notebook_task: notebookTask("a").notebook_task },
      "expected number for field new_cluster.num_workers",
    ],
  ])("are refused a run of no one task: %j", async (body, message) => {
    const answer = await client.ask("POST", "/api/2.2/jobs/runs/submit", body);
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain(message);
  });
});

describe("the warehouse", () => {
  const WAREHOUSE = "10ca10ca10ca10ca";

  it("has permissions under both of its paths", async () => {
    const answer = await client.ok("GET", `/api/2.0/permissions/sql/warehouses/${WAREHOUSE}`);
    expect(answer).toMatchObject({
      object_id: `/sql/warehouses/${WAREHOUSE}`,
      object_type: "warehouses",
    });
    const path = `/api/2.0/permissions/warehouses/${WAREHOUSE}`;
    expect(await client.ok("GET", path)).toEqual(answer);
    const access_control_list = [{ group_name: "users", permission_level: "CAN_USE" }];
    await client.ok("PATCH", path, { access_control_list });
    expect(await client.ok("GET", `/api/2.0/permissions/sql/warehouses/${WAREHOUSE}`)).toEqual(
      await client.ok("GET", path),
    );
    const { permission_levels } = await client.ok("GET", `${path}/permissionLevels`);
    expect(permission_levels).toHaveLength(5);
  });

  it("runs when any client starts it", async () => {
    const path = `/api/2.0/sql/warehouses/${WAREHOUSE}/start`;
    expect(await client.ok("POST", path, {})).toEqual({});
    expect((await client.ask("POST", "/api/2.0/sql/warehouses/1/start", {})).status).toBe(404);
  });
});

describe("ids of 64 bits", () => {
  const ID = "8795899427664681785";
  /** The answer as text, which no reader has rounded. */
  const text = async (method: string, path: string, body?: string): Promise<string> => {
    const response = await fetch(`${client.workspace.host}${path}`, {
      method,
      headers: { Authorization: `Bearer ${client.workspace.token}` },
      ...(body === undefined ? {} : { body }),
    });
    return response.text();
  };

  it.each([
    ["GET", `jobs/get?job_id=${ID}`, undefined, `Job ${ID} does not exist.`],
    ["GET", `jobs/runs/get?run_id=${ID}`, undefined, `Run ${ID} does not exist.`],
    ["GET", `jobs/runs/get-output?run_id=${ID}`, undefined, `Run ${ID} does not exist.`],
    ["POST", "jobs/run-now", `{"job_id":${ID}}`, `Job ${ID} does not exist.`],
    ["POST", "jobs/run-now", `{"job_id":"${ID}"}`, `Job ${ID} does not exist.`],
    [
      "POST",
      "jobs/create",
      `{"name":"a","tasks":[{"task_key":"a","run_job_task":{"job_id":${ID}}}]}`,
      `Job ${ID} does not exist.`,
    ],
    ["POST", "jobs/delete", `{"job_id":${ID}}`, `Job ${ID} does not exist.`],
    ["POST", "jobs/reset", `{"job_id":${ID},"new_settings":{}}`, `Job ${ID} does not exist.`],
    ["POST", "jobs/runs/cancel", `{"run_id":${ID}}`, `Run ${ID} does not exist.`],
    ["POST", "jobs/runs/repair", `{"run_id":${ID}}`, `Run ${ID} does not exist.`],
  ])("of no job or run are named exactly: %s %s", async (method, path, body, message) => {
    expect(JSON.parse(await text(method, `/api/2.2/${path}`, body))).toMatchObject({ message });
  });

  it("of more than 64 bits are refused", async () => {
    const answer = await text("GET", "/api/2.2/jobs/get?job_id=9223372036854775808");
    expect(JSON.parse(answer)).toMatchObject({
      message: 'job_id must be a 64-bit integer (got "9223372036854775808").',
    });
  });
});

describe("SQL statements", () => {
  const PATH = "/api/2.0/sql/statements";
  const WAREHOUSE = "10ca10ca10ca10ca";
  /** What the engine is asked, and what it answers. */
  let asked: QueryRequest[];
  let answer: (request: QueryRequest, signal: AbortSignal) => Promise<QueryAnswer[]>;
  const ROWS: QueryAnswer = {
    columns: [
      { name: "id", type: "bigint" },
      { name: "cost", type: "decimal(10,2)" },
      { name: "at", type: "timestamp" },
      { name: "tags", type: "map<string,string>" },
      { name: "ok", type: "boolean" },
    ],
    rows: [
      [8795899427664681785n, "1.50", "2026-11-28 22:00:00", { layer: "gold" }, true],
      [1, null, "2026-11-28 22:00:00.123456+00:00", null, false],
    ],
    truncated: false,
  };

  beforeEach(async () => {
    asked = [];
    answer = () => Promise.resolve([ROWS]);
    const executor: TaskExecutor = {
      execute: () => Promise.resolve({ succeeded: true }),
      query: async (asking, onAnswer, signal) => {
        const request = asking as QueryRequest;
        asked.push(request);
        for (const each of await answer(request, signal)) onAnswer(each);
      },
    };
    client = await startClient({ executor });
  });

  const execute = (statement: string, more: object = {}): Promise<Json> =>
    client.ok("POST", PATH, { statement, warehouse_id: WAREHOUSE, ...more });

  it("are answered with types and text, as the service does", async () => {
    const { statement_id, ...rest } = await execute("SELECT * FROM t WHERE id = :id", {
      catalog: "main",
      schema: "gold",
      row_limit: 10,
      parameters: [{ name: "id", value: "7", type: "BIGINT" }, { name: "none" }],
      disposition: "INLINE",
      format: "JSON_ARRAY",
    });
    expect(asked).toEqual([
      {
        sql: "SELECT * FROM t WHERE id = :id",
        catalog: "main",
        schema: "gold",
        limit: 10,
        parameters: [
          { name: "id", value: "7", type: "BIGINT" },
          { name: "none", value: null, type: "STRING" },
        ],
      },
    ]);
    expect(rest).toEqual({
      status: { state: "SUCCEEDED" },
      manifest: {
        format: "JSON_ARRAY",
        schema: {
          column_count: 5,
          columns: [
            { name: "id", position: 0, type_name: "LONG", type_text: "BIGINT" },
            {
              name: "cost",
              position: 1,
              type_name: "DECIMAL",
              type_text: "DECIMAL(10,2)",
              type_precision: 10,
              type_scale: 2,
            },
            { name: "at", position: 2, type_name: "TIMESTAMP", type_text: "TIMESTAMP" },
            { name: "tags", position: 3, type_name: "MAP", type_text: "MAP<STRING,STRING>" },
            { name: "ok", position: 4, type_name: "BOOLEAN", type_text: "BOOLEAN" },
          ],
        },
        total_chunk_count: 1,
        total_row_count: 2,
        truncated: false,
        chunks: [{ chunk_index: 0, row_offset: 0, row_count: 2 }],
      },
      result: {
        chunk_index: 0,
        row_offset: 0,
        row_count: 2,
        data_array: [
          ["8795899427664681785", "1.50", "2026-11-28T22:00:00.000Z", '{"layer":"gold"}', "true"],
          ["1", null, "2026-11-28T22:00:00.123456Z", null, "false"],
        ],
      },
    });
    expect(await client.ok("GET", `${PATH}/${statement_id}`)).toEqual({ statement_id, ...rest });
  });

  it("come in chunks", async () => {
    const rows = Array.from({ length: 2500 }, (_, at) => [at]);
    answer = () =>
      Promise.resolve([{ columns: [{ name: "id", type: "int" }], rows, truncated: true }]);
    const { statement_id, manifest, result } = await execute("SELECT id FROM t");
    expect(manifest).toMatchObject({
      total_chunk_count: 3,
      total_row_count: 2500,
      truncated: true,
    });
    const found: string[] = [...result.data_array.flat()];
    for (let next = result.next_chunk_internal_link; next !== undefined;) {
      const chunk = await client.ok("GET", next);
      found.push(...chunk.data_array.flat());
      next = chunk.next_chunk_internal_link;
    }
    expect(found).toEqual(rows.map(([id]) => String(id)));
    const beyond = await client.ask("GET", `${PATH}/${statement_id}/result/chunks/3`);
    expect(beyond.body.message).toContain("the result has 3 chunks");
  });

  it("continue after the wait timeout, and can be canceled", async () => {
    answer = (_, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(new Error("aborted"));
        });
      });
    const { statement_id, status } = await execute("SELECT 1", { wait_timeout: "0s" });
    expect(status).toEqual({ state: "RUNNING" });
    await client.ok("POST", `${PATH}/${statement_id}/cancel`, {});
    const { status: after } = await client.ok("GET", `${PATH}/${statement_id}`);
    expect(after).toEqual({ state: "CANCELED" });
    const canceled = await execute("SELECT 1", { wait_timeout: "0s", on_wait_timeout: "CANCEL" });
    expect(canceled.status).toEqual({ state: "CANCELED" });
  });

  it.each<[string, QueryAnswer[], string]>([
    ["an error", [{ error: "[TABLE_OR_VIEW_NOT_FOUND] t", statement: "x" }], "[TABLE_OR_VIEW"],
    ["nothing to execute", [], "no SQL statement"],
    ["two statements", [ROWS, ROWS], "exactly one statement"],
  ])("fail with %s", async (_, answers, message) => {
    answer = () => Promise.resolve(answers);
    const { status } = await execute("x");
    expect(status).toEqual({
      state: "FAILED",
      error: { error_code: "BAD_REQUEST", message: expect.stringContaining(message) },
    });
  });

  it.each([
    [{ warehouse_id: "1" }, 404, 'SQL warehouse "1" does not exist'],
    [{ wait_timeout: "3s" }, 400, "wait_timeout must be 0s, or from 5s to 50s"],
    [{ disposition: "EXTERNAL_LINKS" }, 400, "disposition"],
    [{ format: "CSV" }, 400, "format"],
    [{ statment: "x" }, 400, 'unknown field "statment" (did you mean "statement"?)'],
  ])("are refused with %j", async (more, status, message) => {
    const body = { statement: "SELECT 1", warehouse_id: WAREHOUSE, ...more };
    const refused = await client.ask("POST", PATH, body);
    expect(refused).toMatchObject({ status });
    expect(refused.body.message).toContain(message);
    expect(asked).toEqual([]);
  });

  it("are refused where tasks are only simulated", async () => {
    client = await startClient();
    const refused = await client.ask("POST", PATH, { statement: "x", warehouse_id: WAREHOUSE });
    expect(refused).toMatchObject({ status: 501, body: { error_code: "NOT_IMPLEMENTED" } });
  });

  it("that are not known are not found", async () => {
    expect((await client.ask("GET", `${PATH}/x`)).status).toBe(404);
  });
});

describe("Unity Catalog", () => {
  const UC = "/api/2.1/unity-catalog";
  beforeEach(() => {
    const log = join(client.workspace.dataDir, "warehouse/main/gold/fact_usage/_delta_log");
    mkdirSync(log, { recursive: true });
    const fields = [
      { name: "id", type: "long", nullable: false, metadata: {} },
      {
        name: "tags",
        type: { type: "map", keyType: "string", valueType: "integer" },
        nullable: true,
      },
    ];
    const metaData = { schemaString: JSON.stringify({ type: "struct", fields }) };
    const line = JSON.stringify({ metaData });
    writeFileSync(join(log, "00000000000000000000.json"), `{"protocol":{}}\n${line}\n`);
    writeFileSync(join(log, "00000000000000000001.json"), '{"add":{}}\n');
  });

  it("shows the catalogs, schemas and tables of the warehouse", async () => {
    const names = (list: { full_name: string }[]): string[] => list.map((each) => each.full_name);
    expect(names((await client.ok("GET", `${UC}/catalogs?max_results=0`)).catalogs)).toEqual([
      "main",
    ]);
    const { schemas } = await client.ok("GET", `${UC}/schemas?catalog_name=main`);
    expect(names(schemas)).toEqual(["main.gold"]);
    const { tables } = await client.ok("GET", `${UC}/tables?catalog_name=main&schema_name=gold`);
    expect(names(tables)).toEqual(["main.gold.fact_usage"]);
    const table = await client.ok("GET", `${UC}/tables/main.gold.fact_usage`);
    expect(table.columns).toMatchObject([
      { name: "id", type_name: "LONG", type_text: "bigint", nullable: false },
      { name: "tags", type_name: "MAP", type_text: "map<string,int>", position: 1 },
    ]);
    for (const [name, exists] of [
      ["main.gold.fact_usage", true],
      ["main.gold.x", false],
    ] as const)
      expect(await client.ok("GET", `${UC}/tables/${name}/exists`)).toEqual({
        table_exists: exists,
      });
  });

  it.each([
    "catalogs/none",
    "schemas/main...",
    "tables/main.gold.x",
    "tables/main.gold._delta_log",
    "schemas?catalog_name=..%2F..",
  ])("has no %s", async (path) => {
    expect([400, 404]).toContain((await client.ask("GET", `${UC}/${path}`)).status);
  });
});

describe("parts of the service that are not here", () => {
  it.each([
    ["GET", "/api/2.0/dbfs/list?path=/", "has no DBFS"],
    ["PUT", "/api/2.0/fs/files/Volumes/main/gold/x/y", "has no volumes"],
    ["GET", "/api/2.0/lakeview/dashboards", "has no dashboards"],
    ["GET", "/api/2.0/preview/scim/v2/Groups?count=100", "has one user"],
    ["POST", "/api/2.1/unity-catalog/catalogs", "Unity Catalog"],
    ["POST", "/sql/1.0/warehouses/10ca10ca10ca10ca", "has no SQL connections"],
    ["POST", "/api/2.1/clusters/create", "has no clusters"],
    ["POST", "/api/2.0/sql/warehouses/10ca10ca10ca10ca/stop", "cannot be changed"],
    ["GET", "/api/2.0/sql/config/warehouses", "cannot be changed"],
    ["GET", "/api/2.0/token-management/tokens", "makes no tokens"],
    ["GET", "/api/2.0/workspace-conf?keys=enableTokensConfig", "has no settings"],
  ])("are refused in one sentence: %s %s", async (method, path, sentence) => {
    const answer = await client.ask(method, path, method === "GET" ? undefined : {});
    expect(answer.status).toBe(501);
    expect(answer.body.error_code).toBe("NOT_IMPLEMENTED");
    expect(answer.body.message).toContain(sentence);
  });
});
