import {
  type Client,
  type Json,
  notebookTask,
  NOTEBOOK,
  simulate,
  startClient,
  stopAll,
} from "./support";

let client: Client;
beforeAll(async () => {
  client = await startClient();
  await client.putNotebook(NOTEBOOK);
});
afterAll(stopAll);

const tasks = [notebookTask("setup")];
const many = (count: number): Json[] =>
  Array.from({ length: count }, (_, index) =>
    notebookTask(`task_${String(index).padStart(4, "0")}`),
  );

describe("jobs/create", () => {
  const cluster = { spark_version: "15.4.x-scala2.12", node_type_id: "m", num_workers: 1 };
  const valid: [string, Json][] = [
    ["nothing at all", {}],
    [
      "numbers in text",
      { health: { rules: [{ metric: "RUN_DURATION_SECONDS", op: "GREATER_THAN", value: "12" }] } },
    ],
    ["fields that are null", { name: null, tasks }],
    [
      "a job cluster",
      {
        tasks: [{ ...tasks[0], job_cluster_key: "c" }],
        job_clusters: [{ job_cluster_key: "c", new_cluster: cluster }],
      },
    ],
    [
      "25 tags",
      { tags: Object.fromEntries(Array.from({ length: 25 }, (_, index) => [`t${index}`, "v"])) },
    ],
    ["1000 tasks", { tasks: many(1000) }],
    ["a file arrival trigger", { trigger: { file_arrival: { url: "s3://alerts/" } } }],
    ["continuous", { continuous: { pause_status: "PAUSED" } }],
    [
      "other task types",
      { tasks: [{ task_key: "q", sql_task: { warehouse_id: "w", query: { query_id: "q" } } }] },
    ],
    [
      "references",
      {
        tasks: [
          notebookTask("a"),
          {
            task_key: "b",
            depends_on: [{ task_key: "a" }],
            condition_task: {
              left: "{{tasks.a.values.n}}",
              op: "EQUAL_TO",
              right: "{{job.parameters.x}}",
            },
          },
        ],
      },
    ],
  ];
  it.each(valid)("takes %s", async (_, settings) => {
    expect(await client.createJob(settings)).toBeGreaterThan(0);
  });

  const notebook = { notebook_path: NOTEBOOK };
  const schedule = (quartz_cron_expression: string, timezone_id = "UTC"): Json => ({
    schedule: { quartz_cron_expression, timezone_id },
  });
  const invalid: [Json, string][] = [
    [{ nme: "x" }, 'unknown field "nme" (did you mean "name"?)'],
    [
      { tasks: [{ ...tasks[0], max_retires: 1 }] },
      'unknown field "max_retires" (did you mean "max_retries"?) in tasks[0]',
    ],
    [
      { tasks: [{ task_key: "a", notebook_task: { ...notebook, baseparameters: {} } }] },
      "in tasks[0].notebook_task",
    ],
    [{ tasks: "setup" }, "expected array for field tasks"],
    [{ tasks: [{ notebook_task: notebook }] }, "Missing required field: tasks[0].task_key"],
    [
      { tasks: [{ task_key: "a", notebook_task: {} }] },
      "Missing required field: tasks[0].notebook_task.notebook_path",
    ],
    [{ tasks: [{ task_key: "a b", notebook_task: notebook }] }, "is not a valid task key"],
    [
      { tasks: [{ task_key: "a".repeat(101), notebook_task: notebook }] },
      "is not a valid task key",
    ],
    [{ tasks: [tasks[0], tasks[0]] }, 'Task key "setup" is used more than once'],
    [{ tasks: [{ task_key: "a" }] }, "must have exactly one task type"],
    [
      { tasks: [{ task_key: "a", notebook_task: notebook, run_job_task: { job_id: 1 } }] },
      "notebook_task and run_job_task are set",
    ],
    [
      { tasks: [notebookTask("setup", ["stup"])] },
      'depends on "stup" (did you mean "setup"?), which is not a task',
    ],
    [{ tasks: [notebookTask("a", ["b"]), notebookTask("b", ["a"])] }, "form a cycle: a, b"],
    [{ tasks: [notebookTask("a", ["a"])] }, "form a cycle: a"],
    [{ tasks: [notebookTask("a"), notebookTask("b", ["a", "a"])] }, "more than once"],
    [
      {
        tasks: [
          notebookTask("a"),
          { ...notebookTask("b"), depends_on: [{ task_key: "a", outcome: "true" }] },
        ],
      },
      "is not a condition task",
    ],
    [
      {
        tasks: [{ ...tasks[0], environment_key: "defalt" }],
        environments: [{ environment_key: "default" }],
      },
      '"defalt" (did you mean "default"?)',
    ],
    [
      { environments: [{ environment_key: "a" }, { environment_key: "a" }] },
      'Environment key "a" is used more than once',
    ],
    [{ tasks: [{ ...tasks[0], job_cluster_key: "c" }] }, "not defined in job_clusters"],
    [
      { tasks: [{ task_key: "a", notebook_task: { notebook_path: "relative" } }] },
      "only absolute notebook paths",
    ],
    [
      { tasks: [{ task_key: "a", python_wheel_task: { package_name: "p", entry_point: "e" } }] },
      "needs an environment",
    ],
    [{ tasks: many(1001) }, "must not hold more than 1000 tasks"],
    [
      { environments: Array.from({ length: 11 }, (_, at) => ({ environment_key: `e${at}` })) },
      "must not hold more than 10 environments",
    ],
    [{ name: "é".repeat(2049) }, "name must not exceed 4096 bytes"],
    [{ description: "x".repeat(27_701) }, "description must not exceed 27700 characters"],
    [{ max_concurrent_runs: 1001 }, "must not exceed 1000"],
    [{ max_concurrent_runs: -1 }, "must not be negative"],
    [{ max_concurrent_runs: 1.5 }, "expected int"],
    [{ timeout_seconds: -1 }, "must not be negative"],
    [
      { tags: Object.fromEntries(Array.from({ length: 26 }, (_, index) => [`t${index}`, ""])) },
      "must not hold more than 25 tags",
    ],
    [{ tags: { ["k".repeat(128)]: "" } }, "1 to 127 characters"],
    [{ tags: { key: "v".repeat(256) } }, "must not exceed 255 characters"],
    [{ tags: { key: 1 } }, "expected string for field tags.key"],
    [{ parameters: [{ name: "a b", default: "" }] }, "is not a valid parameter name"],
    [
      {
        parameters: [
          { name: "a", default: "" },
          { name: "a", default: "" },
        ],
      },
      'Job parameter "a" is defined more than once',
    ],
    [{ tasks: [{ ...tasks[0], run_if: "SOMETIMES" }] }, "must be one of ALL_SUCCESS"],
    [
      { tasks: [{ task_key: "e", for_each_task: { inputs: "x".repeat(10_001), task: tasks[0] } }] },
      "must not exceed 10000 characters",
    ],
    [
      {
        tasks: [
          { task_key: "e", for_each_task: { inputs: "[]", concurrency: 101, task: tasks[0] } },
        ],
      },
      "must not exceed 100",
    ],
    [
      {
        tasks: [
          {
            task_key: "e",
            for_each_task: {
              inputs: "[]",
              task: { task_key: "f", for_each_task: { inputs: "[]", task: tasks[0] } },
            },
          },
        ],
      },
      "cannot be nested",
    ],
    [
      {
        webhook_notifications: { on_failure: [{ id: "1" }, { id: "2" }, { id: "3" }, { id: "4" }] },
      },
      "must not hold more than 3",
    ],
    [schedule("0 6 * * *"), "6 or 7 fields"],
    [schedule("0 0 6 * * *"), 'exactly one of day of month and day of week must be "?"'],
    [schedule("0 0 25 * * ?"), "Invalid quartz_cron_expression"],
    [schedule("0 0 6 * * ?", "Mars/Olympus"), 'Invalid timezone_id "Mars/Olympus"'],
    [
      { ...schedule("0 0 6 * * ?"), continuous: {} },
      "only one of schedule, trigger and continuous",
    ],
    [
      {
        tasks: [
          { task_key: "c", condition_task: { left: "{{job.nme}}", op: "EQUAL_TO", right: "" } },
        ],
      },
      'there is no "job.nme" (did you mean "job.name"?)',
    ],
    [
      {
        tasks: [
          {
            task_key: "c",
            condition_task: { left: "{{tasks.x.values.y}}", op: "EQUAL_TO", right: "" },
          },
        ],
      },
      'the job has no task "x"',
    ],
    [
      {
        tasks: [
          { task_key: "c", condition_task: { left: "{{input}}", op: "EQUAL_TO", right: "" } },
        ],
      },
      "only known in a for_each_task",
    ],
    [{ git_source: { git_url: "https://example.com/x.git" } }, "git_provider"],
    [
      { access_control_list: [{ user_name: "a", permission_level: "CAN_FLY" }] },
      "must be one of CAN_MANAGE",
    ],
    [[], "expected object for the request"],
  ];
  it.each(invalid.map(([settings, message]) => [message, settings]))(
    "refuses: %s",
    async (message, settings) => {
      const answer = await client.ask("POST", "/api/2.2/jobs/create", settings);
      expect(answer.status).toBe(400);
      expect(["INVALID_PARAMETER_VALUE", "MALFORMED_REQUEST"]).toContain(answer.body.error_code);
      expect(answer.body.message).toContain(message);
    },
  );
});

describe("jobs/get", () => {
  it("gives back what was sent, with the defaults of the service", async () => {
    const sent = {
      name: "alerting_tables_job",
      max_concurrent_runs: 1,
      queue: { enabled: false },
      tags: { job_level: "atomic", layer: "alerting" },
      parameters: [
        { name: "schema", default: "gold" },
        { name: "catalog", default: "main" },
      ],
      environments: [
        { environment_key: "z", spec: { environment_version: "4", dependencies: ["b", "a"] } },
        { environment_key: "a", spec: { environment_version: "4" } },
      ],
      tasks: [
        notebookTask("a", [], { environment_key: "z" }),
        notebookTask("b", [], { environment_key: "a" }),
        notebookTask("c", ["b", "a"]),
      ],
    };
    const job = await client.createJob(sent);
    const { settings } = await client.ok("GET", `/api/2.2/jobs/get?job_id=${job}`);
    expect(settings).toMatchObject({
      ...sent,
      tasks: [
        { ...sent.tasks[0], run_if: "ALL_SUCCESS", timeout_seconds: 0 },
        sent.tasks[1],
        { ...sent.tasks[2], depends_on: [{ task_key: "a" }, { task_key: "b" }] },
      ],
      email_notifications: {},
      webhook_notifications: {},
      timeout_seconds: 0,
      format: "MULTI_TASK",
    });
    expect(settings.tasks[0]).not.toHaveProperty("max_retries");
    expect(settings.environments[0].spec).not.toHaveProperty("client");
    for (const version of ["2.0", "2.1"]) {
      const older = await client.ok("GET", `/api/${version}/jobs/get?job_id=${job}`);
      expect(older.settings).toEqual(settings);
    }
  });

  it("gives tasks by the hundred in 2.2, and all in the versions before it", async () => {
    const job = await client.createJob({
      tasks: many(250),
      parameters: [{ name: "a", default: "" }],
    });
    const keys: string[] = [];
    const sizes: number[] = [];
    let token = "";
    do {
      const page = await client.ok("GET", `/api/2.2/jobs/get?job_id=${job}${token}`);
      keys.push(...page.settings.tasks.map((task: Json) => task.task_key));
      sizes.push(page.settings.tasks.length);
      expect(page.settings.parameters === undefined).toBe(token !== "");
      token = page.next_page_token === undefined ? "" : `&page_token=${page.next_page_token}`;
    } while (token !== "");
    expect(sizes).toEqual([100, 100, 50]);
    expect(new Set(keys).size).toBe(250);
    expect((await client.ok("GET", `/api/2.1/jobs/get?job_id=${job}`)).settings.tasks).toHaveLength(
      250,
    );
  });

  it.each([
    ["GET", "/api/2.2/jobs/get?job_id=99999", undefined],
    ["POST", "/api/2.2/jobs/reset", { job_id: 99999, new_settings: {} }],
    ["POST", "/api/2.2/jobs/update", { job_id: 99999 }],
    ["POST", "/api/2.2/jobs/delete", { job_id: 99999 }],
    ["POST", "/api/2.2/jobs/run-now", { job_id: 99999 }],
    ["GET", "/api/2.0/permissions/jobs/99999", undefined],
  ])("of a job that is not there: %s %s", async (method, path, body) => {
    const answer = await client.ask(method, path, body);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({
      error_code: "INVALID_PARAMETER_VALUE",
      message: "Job 99999 does not exist.",
    });
  });
});

describe("jobs/reset and jobs/update", () => {
  it("reset replaces all settings, and keeps run_as", async () => {
    const job = await client.createJob({
      tasks,
      tags: { a: "1" },
      run_as: { service_principal_name: "sp" },
    });
    await client.ok("POST", "/api/2.2/jobs/reset", {
      job_id: job,
      new_settings: { name: "new", tasks },
    });
    const after = await client.ok("GET", `/api/2.2/jobs/get?job_id=${job}`);
    expect(after.settings).not.toHaveProperty("tags");
    expect(after.settings).toMatchObject({ name: "new", run_as: { service_principal_name: "sp" } });
    expect(after.run_as_user_name).toBe("sp");
  });

  it("update replaces fields, and tasks by their keys", async () => {
    const job = await client.createJob({
      name: "x",
      tags: { a: "1" },
      tasks: [notebookTask("a"), notebookTask("b")],
    });
    await client.ok("POST", "/api/2.2/jobs/update", {
      job_id: job,
      new_settings: { tags: { b: "2" }, tasks: [notebookTask("b", ["a"]), notebookTask("c")] },
      fields_to_remove: ["name"],
    });
    const { settings } = await client.ok("GET", `/api/2.2/jobs/get?job_id=${job}`);
    expect(settings.tags).toEqual({ b: "2" });
    expect(settings.name).toBe("Untitled");
    expect(settings.tasks.map((task: Json) => task.task_key)).toEqual(["a", "b", "c"]);
    expect(settings.tasks[1].depends_on).toEqual([{ task_key: "a" }]);
    await client.ok("POST", "/api/2.2/jobs/update", { job_id: job, fields_to_remove: ["tasks/c"] });
    const less = await client.ok("GET", `/api/2.2/jobs/get?job_id=${job}`);
    expect(less.settings.tasks).toHaveLength(2);
    const wrong = await client.ask("POST", "/api/2.2/jobs/update", {
      job_id: job,
      fields_to_remove: ["nme"],
    });
    expect(wrong.body.message).toContain("no field of a job");
  });
});

describe("jobs/list", () => {
  it("pages, filters by name whatever its case, and shows tasks when asked", async () => {
    const place = await startClient();
    for (let index = 0; index < 5; index++)
      await place.createJob({ name: `job ${index % 2}`, tasks });
    const first = await place.ok("GET", "/api/2.2/jobs/list?limit=3");
    expect(first).toMatchObject({ has_more: true });
    expect(first.jobs[0].settings).not.toHaveProperty("tasks");
    const second = await place.ok(
      "GET",
      `/api/2.2/jobs/list?limit=3&page_token=${first.next_page_token}`,
    );
    expect(second.has_more).toBe(false);
    const ids = [...first.jobs, ...second.jobs].map((job: Json) => job.job_id);
    expect(ids).toEqual([5, 4, 3, 2, 1]);
    const named = await place.ok("GET", "/api/2.2/jobs/list?name=JOB%201&expand_tasks=true");
    expect(named.jobs).toHaveLength(2);
    expect(named.jobs[0].settings.tasks).toHaveLength(1);
    const older = await place.ok("GET", "/api/2.1/jobs/list?limit=2&offset=4");
    expect(older.jobs).toHaveLength(1);
    expect((await place.ask("GET", "/api/2.2/jobs/list?limit=101")).status).toBe(400);
  });
});

describe("runs", () => {
  it("run-now with a token that was used gives the same run", async () => {
    const job = await client.createJob({ tasks });
    const once = await client.runNow(job, { idempotency_token: "t1" });
    expect(await client.runNow(job, { idempotency_token: "t1" })).toBe(once);
    await client.finished(once);
    await client.ok("POST", "/api/2.2/jobs/runs/delete", { run_id: once });
    const again = await client.ask("POST", "/api/2.2/jobs/run-now", {
      job_id: job,
      idempotency_token: "t1",
    });
    expect(again.body.message).toContain("has been deleted");
  });

  it.each([
    [{ job_parameters: { catlog: "x" } }, 'does not declare the job parameter "catlog"'],
    [{ only: ["nothing"] }, '"only" names task "nothing"'],
    [{ idempotency_token: "x".repeat(65) }, "must not exceed 64 characters"],
    [{ notebook_params: { a: "x".repeat(10_000) } }, "must not exceed 10000 bytes"],
    [{ notebook_params: {}, jar_params: [] }, "cannot be used together with jar_params"],
    [{ jobparameters: {} }, 'unknown field "jobparameters" (did you mean "job_parameters"?)'],
  ])("run-now refuses case %#", async (more, message) => {
    const job = await client.createJob({ tasks });
    const answer = await client.ask("POST", "/api/2.2/jobs/run-now", { job_id: job, ...more });
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain(message);
  });

  it("submit runs tasks without a job", async () => {
    const { run_id } = await client.ok("POST", "/api/2.1/jobs/runs/submit", {
      run_name: "once",
      tasks,
    });
    const run = await client.finished(run_id);
    expect(run).toMatchObject({
      run_name: "once",
      run_type: "SUBMIT_RUN",
      state: { result_state: "SUCCESS" },
    });
    expect((await client.ask("POST", "/api/2.1/jobs/runs/submit", { tasks: [] })).status).toBe(400);
  });

  it("get-output gives what the notebook said, marked as simulated", async () => {
    const run = await client.finished(await client.runNow(await client.createJob({ tasks })));
    const output = await client.ok(
      "GET",
      `/api/2.2/jobs/runs/get-output?run_id=${run.tasks[0].run_id}`,
    );
    expect(output.notebook_output).toEqual({ result: "[simulated] success", truncated: false });
    expect(output.logs).toContain("[simulated]");
    expect(output.metadata.run_id).toBe(run.tasks[0].run_id);
    const two = await client.finished(
      await client.runNow(
        await client.createJob({ tasks: [notebookTask("a"), notebookTask("b")] }),
      ),
    );
    const refused = await client.ask("GET", `/api/2.2/jobs/runs/get-output?run_id=${two.run_id}`);
    expect(refused.body.message).toContain("runs with multiple tasks is not supported");
    const exported = await client.ok(
      "GET",
      `/api/2.2/jobs/runs/export?run_id=${run.tasks[0].run_id}`,
    );
    expect(exported.views[0].content).toContain("print(1)");
  });

  it("get-output gives the error of a task that failed", async () => {
    const { client: place, clock } = await simulate([
      { outcome: "failure", error: "AnalysisException: no such table" },
    ]);
    const runId = await place.runNow(await place.createJob({ tasks }));
    await clock.advance(100);
    const { tasks: ran } = await place.run(runId);
    const output = await place.ok("GET", `/api/2.2/jobs/runs/get-output?run_id=${ran[0].run_id}`);
    expect(output.error).toBe("AnalysisException: no such table");
    expect(output.error_trace).toContain("no such table");
  });

  it("list filters and pages, newest first", async () => {
    const place = await startClient();
    await place.putNotebook(NOTEBOOK);
    const [a, b] = [await place.createJob({ tasks }), await place.createJob({ tasks })];
    const runs: number[] = [];
    for (const job of [a, b, a, a]) {
      const run = await place.runNow(job);
      runs.push(run);
      await place.finished(run);
    }
    const list = async (query: string): Promise<number[]> => {
      const { runs: listed = [] } = await place.ok("GET", `/api/2.2/jobs/runs/list?${query}`);
      return listed.map((run: Json) => run.run_id);
    };
    expect(await list("")).toEqual(runs.toReversed());
    expect(await list(`job_id=${a}&limit=2`)).toEqual([runs[3], runs[2]]);
    expect(await list(`job_id=${a}&limit=2&page_token=${runs[2]}`)).toEqual([runs[0]]);
    expect(await list("active_only=true")).toEqual([]);
    expect(await list("completed_only=true&run_type=SUBMIT_RUN")).toEqual([]);
    expect(await list(`start_time_from=${Date.now() + 1000}`)).toEqual([]);
    expect((await place.ask("GET", "/api/2.2/jobs/runs/list?limit=26")).status).toBe(400);
    const expanded = await place.ok("GET", "/api/2.2/jobs/runs/list?limit=1&expand_tasks=true");
    expect(expanded.runs[0].tasks[0].task_key).toBe("setup");
  });

  it("delete takes a run away, but not while it is active", async () => {
    const { client: place, clock } = await simulate();
    const runId = await place.runNow(await place.createJob({ tasks }));
    const active = await place.ask("POST", "/api/2.2/jobs/runs/delete", { run_id: runId });
    expect(active.body.error_code).toBe("INVALID_STATE");
    await clock.advance(100);
    await place.ok("POST", "/api/2.2/jobs/runs/delete", { run_id: runId });
    const gone = await place.ask("GET", `/api/2.2/jobs/runs/get?run_id=${runId}`);
    expect(gone.body.message).toBe(`Run ${runId} does not exist.`);
  });

  it("of more than 100 tasks come in pages", async () => {
    const { client: place, clock } = await simulate();
    const parameters = [{ name: "catalog", default: "main" }];
    const runId = await place.runNow(await place.createJob({ tasks: many(150), parameters }));
    await clock.advance(100);
    const first = await place.run(runId);
    expect(first.tasks).toHaveLength(100);
    const rest = await place.run(runId, `&page_token=${first.next_page_token}`);
    expect(rest.tasks).toHaveLength(50);
    expect(first.job_parameters).toHaveLength(1);
    expect(rest).not.toHaveProperty("job_parameters");
  });
});
