import { ManualClock, type TaskExecutor } from "../../src/local";
import { decide } from "../../src/local/scheduler/run-if";
import type { Verdict } from "../../src/local/scheduler/states";
import type { RunIf } from "../../src/core/model";
import {
  type Json,
  notebookTask,
  NOTEBOOK,
  resultsOf,
  simulate,
  startClient,
  stopAll,
} from "./support";

afterAll(stopAll);

describe("run_if", () => {
  const [s, f, c, x] = ["succeeded", "failed", "canceled", "excluded"] as Verdict[] as [
    Verdict,
    Verdict,
    Verdict,
    Verdict,
  ];
  const RUN = "RUN";
  const table: [RunIf, Verdict[], string][] = [
    ["ALL_SUCCESS", [], RUN],
    ["ALL_SUCCESS", [s, s], RUN],
    ["ALL_SUCCESS", [s, f], "UPSTREAM_FAILED"],
    ["ALL_SUCCESS", [s, c], "UPSTREAM_CANCELED"],
    ["ALL_SUCCESS", [f, c], "UPSTREAM_FAILED"],
    ["ALL_SUCCESS", [s, x], RUN],
    ["ALL_SUCCESS", [x, x], "EXCLUDED"],
    ["AT_LEAST_ONE_SUCCESS", [s, f], RUN],
    ["AT_LEAST_ONE_SUCCESS", [x, f], RUN],
    ["AT_LEAST_ONE_SUCCESS", [f, f], "UPSTREAM_FAILED"],
    ["AT_LEAST_ONE_SUCCESS", [c, c], "UPSTREAM_CANCELED"],
    ["NONE_FAILED", [s, x], RUN],
    ["NONE_FAILED", [s, f], "UPSTREAM_FAILED"],
    ["NONE_FAILED", [x], "EXCLUDED"],
    ["ALL_DONE", [f, c], RUN],
    ["ALL_DONE", [s, f, x], RUN],
    ["ALL_DONE", [x, x], "EXCLUDED"],
    ["AT_LEAST_ONE_FAILED", [s, f], RUN],
    ["AT_LEAST_ONE_FAILED", [s, c], RUN],
    ["AT_LEAST_ONE_FAILED", [s, s], "EXCLUDED"],
    ["ALL_FAILED", [f, c], RUN],
    ["ALL_FAILED", [f, s], "EXCLUDED"],
    ["ALL_FAILED", [f, x], "EXCLUDED"],
  ];
  it.each(table)("%s of %j is %s", (runIf, dependencies, expected) => {
    expect(decide(runIf, dependencies)?.result ?? RUN).toBe(expected);
  });
});

describe("the result of a run", () => {
  const failing = ["broken", "broken_too"];
  const rules = failing.map((taskKey) => ({ taskKey, outcome: "failure" as const }));
  const table: [string, Json[], string, Record<string, string>][] = [
    [
      "all succeed",
      [notebookTask("a"), notebookTask("b", ["a"])],
      "SUCCESS",
      { a: "SUCCESS", b: "SUCCESS" },
    ],
    [
      "a leaf fails",
      [notebookTask("a"), notebookTask("broken", ["a"])],
      "FAILED",
      { a: "SUCCESS", broken: "FAILED" },
    ],
    [
      "what depends on a failure is skipped",
      [notebookTask("broken"), notebookTask("b", ["broken"]), notebookTask("c", ["b"])],
      "FAILED",
      { broken: "FAILED", b: "UPSTREAM_FAILED", c: "UPSTREAM_FAILED" },
    ],
    [
      "a failure that is handled",
      [
        notebookTask("broken"),
        notebookTask("clean_up", ["broken"], { run_if: "AT_LEAST_ONE_FAILED" }),
      ],
      "SUCCESS_WITH_FAILURES",
      { broken: "FAILED", clean_up: "SUCCESS" },
    ],
    [
      "a handler that has nothing to do",
      [notebookTask("a"), notebookTask("clean_up", ["a"], { run_if: "ALL_FAILED" })],
      "SUCCESS",
      { a: "SUCCESS", clean_up: "EXCLUDED" },
    ],
    [
      "a disabled task",
      [notebookTask("a", [], { disabled: true }), notebookTask("b", ["a"])],
      "SUCCESS",
      { a: "DISABLED", b: "EXCLUDED" },
    ],
  ];
  it.each(table)("%s", async (_, tasks, result, results) => {
    const { client, clock } = await simulate(rules);
    const runId = await client.runNow(await client.createJob({ tasks }));
    await clock.advance(1000);
    const run = await client.run(runId);
    expect(run.state.result_state).toBe(result);
    expect(resultsOf(run)).toEqual(results);
    expect(run.status.state).toBe("TERMINATED");
  });

  it("names the task that failed, and says what became of the others", async () => {
    const { client, clock } = await simulate(rules);
    const tasks = [notebookTask("broken"), notebookTask("b", ["broken"])];
    const runId = await client.runNow(await client.createJob({ tasks }));
    await clock.advance(1000);
    const run = await client.run(runId);
    expect(run.state).toMatchInlineSnapshot(`
      {
        "life_cycle_state": "INTERNAL_ERROR",
        "result_state": "FAILED",
        "state_message": "Task broken failed with message: Workload failed, see run output for details. This caused all downstream tasks to get skipped.",
        "user_cancelled_or_timedout": false,
      }
    `);
    expect(run.status.termination_details.code).toBe("RUN_EXECUTION_ERROR");
  });
});

describe("condition tasks", () => {
  const table: [string, string, string, string][] = [
    ["EQUAL_TO", "1", "1.0", "false"],
    ["EQUAL_TO", "dev", "dev", "true"],
    ["NOT_EQUAL", "dev", "prod", "true"],
    ["GREATER_THAN", "10", "9", "true"],
    ["GREATER_THAN_OR_EQUAL", "1", "1.0", "true"],
    ["LESS_THAN", "10", "9", "false"],
    ["LESS_THAN_OR_EQUAL", "-1", "0", "true"],
  ];
  it.each(table)(
    "%s of %s and %s is %s, and only its branch runs",
    async (op, left, right, outcome) => {
      const { client, clock } = await simulate();
      const other = outcome === "true" ? "false" : "true";
      const job = await client.createJob({
        tasks: [
          { task_key: "check", condition_task: { op, left, right } },
          { ...notebookTask("then"), depends_on: [{ task_key: "check", outcome }] },
          { ...notebookTask("else"), depends_on: [{ task_key: "check", outcome: other }] },
          notebookTask("after_else", ["else"]),
          notebookTask("join", ["then", "else"], { run_if: "NONE_FAILED" }),
        ],
      });
      const runId = await client.runNow(job);
      await clock.advance(1000);
      const run = await client.run(runId);
      expect(resultsOf(run)).toEqual({
        check: "SUCCESS",
        then: "SUCCESS",
        else: "EXCLUDED",
        after_else: "EXCLUDED",
        join: "SUCCESS",
      });
      expect(run.tasks[0].condition_task.outcome).toBe(outcome);
      expect(run.state.result_state).toBe("SUCCESS");
    },
  );

  it("fails when it compares something that is not a number", async () => {
    const { client, clock } = await simulate();
    const tasks = [
      { task_key: "check", condition_task: { op: "LESS_THAN", left: "many", right: "2" } },
    ];
    const runId = await client.runNow(await client.createJob({ tasks }));
    await clock.advance(1000);
    const run = await client.run(runId);
    expect(run.tasks[0].state.result_state).toBe("FAILED");
    expect(run.tasks[0].state.state_message).toContain('"many" is not one');
  });
});

describe("for-each tasks", () => {
  const forEach = (inputs: string, more: object = {}, inner: object = {}): Json => ({
    task_key: "each",
    for_each_task: {
      inputs,
      task: {
        task_key: "each_iteration",
        notebook_task: { notebook_path: NOTEBOOK, base_parameters: { table: "{{input}}" } },
        ...inner,
      },
      ...more,
    },
  });

  it("runs as many iterations at once as it may", async () => {
    const { client, clock } = await simulate([{ duration: 100 }]);
    const tasks = [forEach("[1,2,3,4,5]", { concurrency: 2 })];
    const runId = await client.runNow(await client.createJob({ tasks }));
    const counts: number[] = [];
    for (let step = 0; step < 3; step++) {
      await clock.advance(step === 0 ? 50 : 100);
      const run = await client.run(runId);
      counts.push(run.tasks[0].for_each_task.stats.task_run_stats.active_iterations);
    }
    expect(counts).toEqual([2, 2, 1]);
    await clock.advance(100);
    const run = await client.run(runId);
    expect(run.state.result_state).toBe("SUCCESS");
    const each = await client.run(run.tasks[0].run_id, "&include_resolved_values=true");
    const tables = each.iterations.map(
      (iteration: Json) => iteration.resolved_values.notebook_task.base_parameters.table,
    );
    expect(tables).toEqual(["1", "2", "3", "4", "5"]);
  });

  it("runs the other iterations when one fails, and repairs that one alone", async () => {
    const clock = new ManualClock();
    const executed: string[] = [];
    let broken = true;
    const executor: TaskExecutor = {
      execute: ({ parameters }) => {
        executed.push(parameters.table ?? "");
        return Promise.resolve({ succeeded: !broken || parameters.table !== "b" });
      },
    };
    const client = await startClient({ clock, executor });
    await client.putNotebook(NOTEBOOK);
    const runId = await client.runNow(
      await client.createJob({ tasks: [forEach('["a","b","c"]')] }),
    );
    await clock.advance(100);
    const before = await client.run(runId);
    expect(before.state.result_state).toBe("FAILED");
    expect(before.tasks[0].for_each_task.stats.task_run_stats).toMatchObject({
      total_iterations: 3,
      succeeded_iterations: 2,
      failed_iterations: 1,
    });
    broken = false;
    const repair = { run_id: runId, rerun_all_failed_tasks: true };
    await client.ok("POST", "/api/2.2/jobs/runs/repair", repair);
    await clock.advance(100);
    expect((await client.run(runId)).state.result_state).toBe("SUCCESS");
    expect(executed).toEqual(["a", "b", "c", "b"]);
  });

  it("takes its inputs from a task value", async () => {
    const { client, clock } = await simulate([
      { taskKey: "list", values: { tables: ["orders", "alerts"] } },
    ]);
    const tasks = [
      notebookTask("list"),
      { ...forEach("{{tasks.list.values.tables}}"), depends_on: [{ task_key: "list" }] },
    ];
    const runId = await client.runNow(await client.createJob({ tasks }));
    await clock.advance(100);
    const run = await client.run(runId);
    const stats = run.tasks.find((task: Json) => task.task_key === "each").for_each_task.stats;
    expect(stats.task_run_stats.succeeded_iterations).toBe(2);
  });

  it("stops its iterations at its timeout, and nothing else", async () => {
    const { client, clock } = await simulate([{ duration: 60_000 }]);
    const tasks = [
      { ...forEach("[1,2]", { concurrency: 2 }), timeout_seconds: 1 },
      notebookTask("other"),
    ];
    const runId = await client.runNow(await client.createJob({ tasks }));
    await clock.advance(61_000);
    expect(resultsOf(await client.run(runId))).toEqual({ each: "TIMEDOUT", other: "SUCCESS" });
  });

  it("fails when its inputs are not a list", async () => {
    const { client, clock } = await simulate();
    const runId = await client.runNow(await client.createJob({ tasks: [forEach("{}")] }));
    await clock.advance(100);
    const run = await client.run(runId);
    expect(run.tasks[0].state.state_message).toContain("not a JSON array");
  });
});

describe("Run Job tasks", () => {
  const runJob = (task_key: string, job_id: number, more: object = {}): Json => ({
    task_key,
    run_job_task: { job_id, ...more },
  });

  it("start a run of their own and push parameters down to it", async () => {
    const { client, clock } = await simulate();
    const child = await client.createJob({
      name: "alerting_tables_job",
      parameters: [
        { name: "catalog", default: "main" },
        { name: "schema", default: "gold" },
        { name: "mode", default: "safe" },
      ],
      tasks: [
        {
          task_key: "setup",
          notebook_task: {
            notebook_path: NOTEBOOK,
            base_parameters: { catalog: "own", other: "own" },
          },
        },
      ],
    });
    const parent = await client.createJob({
      parameters: [{ name: "catalog", default: "dev" }],
      tasks: [
        runJob("tables", child, { job_parameters: { schema: "{{job.parameters.catalog}}_gold" } }),
      ],
    });
    const runId = await client.runNow(parent, { job_parameters: { catalog: "staging" } });
    await clock.advance(100);
    const run = await client.run(runId);
    expect(run.state.result_state).toBe("SUCCESS");
    const output = await client.ok(
      "GET",
      `/api/2.2/jobs/runs/get-output?run_id=${run.tasks[0].run_id}`,
    );
    const childRun = await client.run(
      output.run_job_output.run_id,
      "&include_resolved_values=true",
    );
    expect(childRun.trigger).toBe("RUN_JOB_TASK");
    expect(childRun.tasks[0].resolved_values.notebook_task.base_parameters).toEqual({
      catalog: "staging",
      other: "own",
      schema: "staging_gold",
      mode: "safe",
    });
  });

  it("must run a job that exists, when they are created and when they are changed", async () => {
    const { client } = await simulate();
    const message = {
      status: 400,
      body: { error_code: "INVALID_PARAMETER_VALUE", message: "Job 4711 does not exist." },
    };
    const tasks = [runJob("missing", 4711)];
    const forEach = [
      { task_key: "each", for_each_task: { inputs: "[1]", task: runJob("missing", 4711) } },
    ];
    const job = await client.createJob({ tasks: [notebookTask("a")] });
    for (const [path, body] of [
      ["create", { tasks }],
      ["create", { tasks: forEach }],
      ["reset", { job_id: job, new_settings: { tasks } }],
      ["update", { job_id: job, new_settings: { tasks } }],
    ] as const) {
      expect(await client.ask("POST", `/api/2.2/jobs/${path}`, body)).toMatchObject(message);
    }
  });

  it("fail when the child fails, is not there any more, or does not declare a parameter", async () => {
    const { client, clock } = await simulate([{ taskKey: "broken", outcome: "failure" }]);
    const broken = await client.createJob({ tasks: [notebookTask("broken")] });
    const gone = await client.createJob({ tasks: [notebookTask("a")] });
    const parent = await client.createJob({
      tasks: [
        runJob("fails", broken),
        runJob("missing", gone),
        runJob("undeclared", broken, { job_parameters: { catlog: "x" } }),
      ],
    });
    await client.ok("POST", "/api/2.2/jobs/delete", { job_id: gone });
    const runId = await client.runNow(parent);
    await clock.advance(100);
    const run = await client.run(runId);
    expect(resultsOf(run)).toEqual({ fails: "FAILED", missing: "FAILED", undeclared: "FAILED" });
    const messages = run.tasks.map((task: Json) => task.state.state_message).join("\n");
    expect(messages).toContain("ended with FAILED");
    expect(messages).toContain(`Job ${gone} does not exist.`);
    expect(messages).toContain('does not declare the job parameter "catlog"');
  });

  it("may be three deep and no deeper", async () => {
    const { client, clock } = await simulate();
    let job = await client.createJob({ name: "0", tasks: [notebookTask("work")] });
    const results: string[] = [];
    for (let depth = 1; depth <= 4; depth++) {
      job = await client.createJob({ name: String(depth), tasks: [runJob("down", job)] });
      const runId = await client.runNow(job);
      await clock.advance(100);
      results.push((await client.run(runId)).state.result_state);
    }
    expect(results).toEqual(["SUCCESS", "SUCCESS", "SUCCESS", "FAILED"]);
  });

  it("are canceled with their parent", async () => {
    const { client, clock } = await simulate([{ duration: 60_000 }]);
    const child = await client.createJob({ tasks: [notebookTask("long")] });
    const parent = await client.createJob({
      tasks: [runJob("down", child), notebookTask("later", ["down"])],
    });
    const runId = await client.runNow(parent);
    await clock.advance(10);
    await client.ok("POST", "/api/2.2/jobs/runs/cancel", { run_id: runId });
    await clock.advance(10);
    const run = await client.run(runId);
    expect(run.state).toMatchObject({ life_cycle_state: "TERMINATED", result_state: "CANCELED" });
    expect(resultsOf(run)).toEqual({ down: "CANCELED", later: "CANCELED" });
    const { runs } = await client.ok("GET", `/api/2.2/jobs/runs/list?job_id=${child}`);
    expect(runs[0].state.result_state).toBe("CANCELED");
  });

  it("must not form a cycle", async () => {
    const { client } = await simulate();
    const a = await client.createJob({ tasks: [notebookTask("work")] });
    const b = await client.createJob({ tasks: [runJob("a", a)] });
    const answer = await client.ask("POST", "/api/2.2/jobs/reset", {
      job_id: a,
      new_settings: { tasks: [runJob("b", b)] },
    });
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain("must not form a cycle");
  });
});

describe("retries and timeouts", () => {
  it("tries again as often as it may, after the interval", async () => {
    const { client, clock } = await simulate([
      { attempt: 0, outcome: "failure" },
      { attempt: 1, outcome: "failure" },
    ]);
    const tasks = [
      notebookTask("flaky", [], { max_retries: 3, min_retry_interval_millis: 10_000 }),
    ];
    const runId = await client.runNow(await client.createJob({ tasks }));
    await clock.advance(100);
    const waiting = await client.run(runId);
    expect(waiting.tasks[0].state.life_cycle_state).toBe("WAITING_FOR_RETRY");
    expect(waiting.tasks[0].status.state).toBe("WAITING");
    await clock.advance(30_000);
    const run = await client.run(runId, "&include_history=true");
    expect(run.state.result_state).toBe("SUCCESS");
    expect(run.tasks.map((task: Json) => [task.attempt_number, task.state.result_state])).toEqual([
      [0, "FAILED"],
      [1, "FAILED"],
      [2, "SUCCESS"],
    ]);
    const [first, second] = run.tasks;
    expect(second.start_time - first.end_time).toBeGreaterThanOrEqual(10_000);
  });

  it.each([
    [true, 2],
    [false, 1],
  ])("with retry_on_timeout %s makes %d attempts", async (retry_on_timeout, attempts) => {
    const { client, clock } = await simulate([{ duration: 60_000 }]);
    const tasks = [
      notebookTask("slow", [], { timeout_seconds: 1, max_retries: 1, retry_on_timeout }),
    ];
    const runId = await client.runNow(await client.createJob({ tasks }));
    await clock.advance(10_000);
    const run = await client.run(runId, "&include_history=true");
    expect(run.tasks).toHaveLength(attempts);
    expect(run.state.result_state).toBe("TIMEDOUT");
  });

  it("ends everything at the timeout of the job", async () => {
    const { client, clock } = await simulate([{ duration: 60_000 }]);
    const tasks = [notebookTask("slow"), notebookTask("later", ["slow"])];
    const runId = await client.runNow(await client.createJob({ tasks, timeout_seconds: 30 }));
    await clock.advance(31_000);
    const run = await client.run(runId);
    expect(run.state.result_state).toBe("TIMEDOUT");
    expect(resultsOf(run)).toEqual({ slow: "TIMEDOUT", later: "CANCELED" });
  });

  it("does not try again what was canceled while it waited", async () => {
    const { client, clock } = await simulate([{ outcome: "failure" }]);
    const tasks = [
      notebookTask("flaky", [], { max_retries: -1, min_retry_interval_millis: 10_000 }),
    ];
    const runId = await client.runNow(await client.createJob({ tasks }));
    await clock.advance(25_000);
    await client.ok("POST", "/api/2.2/jobs/runs/cancel", { run_id: runId });
    await clock.advance(60_000);
    const run = await client.run(runId, "&include_history=true");
    expect(run.state.result_state).toBe("CANCELED");
    expect(run.tasks).toHaveLength(4);
  });
});

describe("concurrent runs", () => {
  it("wait in the queue when the job has one", async () => {
    const { client, clock } = await simulate([{ duration: 1000 }]);
    const job = await client.createJob({ tasks: [notebookTask("a")], queue: { enabled: true } });
    const [first, second] = [await client.runNow(job), await client.runNow(job)];
    await clock.advance(500);
    const queued = await client.run(second);
    expect(queued.state.life_cycle_state).toBe("QUEUED");
    expect(queued.status.queue_details.code).toBe("MAX_CONCURRENT_RUNS_REACHED");
    await clock.advance(1000);
    expect((await client.run(first)).state.result_state).toBe("SUCCESS");
    expect((await client.run(second)).state.life_cycle_state).toBe("RUNNING");
    await clock.advance(1000);
    expect((await client.run(second)).queue_duration).toBe(1000);
  });

  it("are skipped when it has none, unless the request asks to queue", async () => {
    const { client, clock } = await simulate([{ duration: 1000 }]);
    const job = await client.createJob({ tasks: [notebookTask("a")], queue: { enabled: false } });
    await client.runNow(job);
    const skipped = await client.run(await client.runNow(job));
    expect(skipped.state).toMatchObject({
      life_cycle_state: "SKIPPED",
      result_state: "MAXIMUM_CONCURRENT_RUNS_REACHED",
    });
    expect(skipped.status.termination_details.code).toBe("MAX_CONCURRENT_RUNS_EXCEEDED");
    const queued = await client.runNow(job, { queue: { enabled: true } });
    await clock.advance(2500);
    expect((await client.run(queued)).state.result_state).toBe("SUCCESS");
  });

  it("are all canceled by cancel-all, queued ones too", async () => {
    const { client, clock } = await simulate([{ duration: 1000 }]);
    const job = await client.createJob({ tasks: [notebookTask("a")] });
    const runs = [await client.runNow(job), await client.runNow(job)];
    await client.ok("POST", "/api/2.2/jobs/runs/cancel-all", { job_id: job });
    await clock.advance(10);
    for (const runId of runs) {
      const run = await client.run(runId);
      expect(run.state.result_state).toBe("CANCELED");
      expect(resultsOf(run)).toEqual({ a: "CANCELED" });
    }
  });
});

describe("a job that takes the place of a deleted one", () => {
  it("runs its own tasks", async () => {
    const { client, clock } = await simulate();
    const first = await client.createJob({ tasks: [notebookTask("old")] });
    await client.ok("GET", `/api/2.2/jobs/get?job_id=${first}`);
    await client.ok("POST", "/api/2.2/jobs/delete", { job_id: first });
    const second = await client.createJob({ tasks: [notebookTask("new")] });
    expect(second).toBeGreaterThan(first);
    const runId = await client.runNow(second);
    await clock.advance(100);
    expect(resultsOf(await client.run(runId))).toEqual({ new: "SUCCESS" });
  });
});

describe("an executor that does not let go", () => {
  it("does not keep a canceled run from ending, nor the workspace from stopping", async () => {
    const clock = new ManualClock();
    const client = await startClient({
      clock,
      executor: { execute: () => new Promise(() => undefined) },
    });
    await client.putNotebook(NOTEBOOK);
    const job = await client.createJob({ tasks: [notebookTask("stuck")] });
    const runId = await client.runNow(job);
    await client.ok("POST", "/api/2.2/jobs/runs/cancel", { run_id: runId });
    await clock.advance(1000);
    expect((await client.run(runId)).state.life_cycle_state).toBe("TERMINATING");
    await clock.advance(30_000);
    expect((await client.run(runId)).state.result_state).toBe("CANCELED");
  });
});

describe("repair", () => {
  it("reruns failed tasks and their dependents, and keeps other results", async () => {
    const rules = [{ taskKey: "seed", outcome: "failure" as const }];
    const { client, clock } = await simulate(rules);
    const tasks = [
      notebookTask("setup"),
      notebookTask("seed", ["setup"]),
      notebookTask("validate", ["seed"]),
    ];
    const runId = await client.runNow(await client.createJob({ tasks }));
    await clock.advance(100);
    const before = await client.run(runId);
    rules.pop();
    const repair = { run_id: runId, rerun_all_failed_tasks: true };
    const { repair_id } = await client.ok("POST", "/api/2.2/jobs/runs/repair", repair);
    const during = await client.ask("POST", "/api/2.2/jobs/runs/repair", repair);
    expect(during.body.error_code).toBe("INVALID_STATE");
    await clock.advance(100);
    const after = await client.run(runId, "&include_history=true");
    expect(after.state.result_state).toBe("SUCCESS");
    expect(after.repair_history).toHaveLength(2);
    expect(after.repair_history[0]).toMatchObject({
      type: "ORIGINAL",
      state: { result_state: "FAILED" },
    });
    expect(after.repair_history[1]).toMatchObject({ type: "REPAIR", id: repair_id });
    const latest = await client.run(runId);
    expect(latest.tasks[0].run_id).toBe(before.tasks[0].run_id);
    expect(latest.tasks[1].run_id).not.toBe(before.tasks[1].run_id);

    const again = await client.ask("POST", "/api/2.2/jobs/runs/repair", {
      run_id: runId,
      rerun_tasks: ["seed"],
    });
    expect(again.body.message).toContain(`latest_repair_id is required`);
    const wrong = { run_id: runId, rerun_tasks: ["seed"], latest_repair_id: 1 };
    expect((await client.ask("POST", "/api/2.2/jobs/runs/repair", wrong)).status).toBe(400);
    await client.ok("POST", "/api/2.2/jobs/runs/repair", {
      run_id: runId,
      rerun_tasks: ["seed"],
      rerun_dependent_tasks: true,
      latest_repair_id: repair_id,
    });
    await clock.advance(100);
    expect((await client.run(runId, "&include_history=true")).repair_history).toHaveLength(3);
  });

  it("runs tasks with the settings that the job has now, and a Run Job task with a new run", async () => {
    const { client, clock } = await simulate([{ taskKey: "old", outcome: "failure" }]);
    const child = await client.createJob({ tasks: [notebookTask("old")] });
    const task = { task_key: "down", run_job_task: { job_id: child } };
    const job = await client.createJob({ tasks: [notebookTask("first"), task] });
    const runId = await client.runNow(job);
    await clock.advance(100);
    const before = await client.run(runId);
    expect(resultsOf(before)).toEqual({ first: "SUCCESS", down: "FAILED" });
    await client.ok("POST", "/api/2.2/jobs/reset", {
      job_id: child,
      new_settings: { tasks: [notebookTask("new")] },
    });
    const tasks = [notebookTask("first"), task, notebookTask("last", ["down"])];
    await client.ok("POST", "/api/2.2/jobs/reset", { job_id: job, new_settings: { tasks } });
    await client.ok("POST", "/api/2.2/jobs/runs/repair", {
      run_id: runId,
      rerun_all_failed_tasks: true,
      rerun_dependent_tasks: true,
    });
    await clock.advance(100);
    expect(resultsOf(await client.run(runId))).toEqual({
      first: "SUCCESS",
      down: "SUCCESS",
      last: "SUCCESS",
    });
    const { runs } = await client.ok("GET", `/api/2.2/jobs/runs/list?job_id=${child}`);
    expect(runs.map((run: Json) => run.state.result_state)).toEqual(["SUCCESS", "FAILED"]);
  });

  it.each([
    [{}, "exactly one"],
    [{ rerun_tasks: ["setup"], rerun_all_failed_tasks: true }, "exactly one"],
    [{ rerun_tasks: ["nothing"] }, 'names task "nothing"'],
    [{ rerun_tasks: ["setup", "setup"] }, "cannot contain duplicate task keys"],
    [{ rerun_all_failed_tasks: true }, "no task to repair"],
  ])("refuses %j", async (more, message) => {
    const { client, clock } = await simulate();
    const runId = await client.runNow(await client.createJob({ tasks: [notebookTask("setup")] }));
    await clock.advance(100);
    const answer = await client.ask("POST", "/api/2.2/jobs/runs/repair", {
      run_id: runId,
      ...more,
    });
    expect(answer.status).toBe(400);
    expect(answer.body.message).toContain(message);
  });
});

describe("references and parameters", () => {
  it("resolves what a task may know", async () => {
    const { client, clock } = await simulate([
      { taskKey: "count", values: { rows: 7, tables: { first: "orders" } } },
    ]);
    const base_parameters = {
      run: "{{job.run_id}}",
      job: "{{job.id}} {{ job.name }}",
      day: "{{job.start_time.iso_date}}",
      catalog_copy: "{{job.parameters.catalog}}",
      rows: "{{tasks.count.values.rows}}",
      first: "{{tasks.count.values.tables.first}}",
      state: "{{tasks.count.result_state}}",
      name: "{{task.name}}",
      literal: "{{ nothing.of_ours }}",
    };
    const job = await client.createJob({
      name: "alerting_seed_job",
      parameters: [{ name: "catalog", default: "dev_{{job.start_time.year}}" }],
      tasks: [
        notebookTask("count"),
        {
          ...notebookTask("use", ["count"]),
          notebook_task: { notebook_path: NOTEBOOK, base_parameters },
        },
      ],
    });
    const runId = await client.runNow(job);
    await clock.advance(100);
    const run = await client.run(runId, "&include_resolved_values=true");
    expect(run.tasks[1].resolved_values.notebook_task.base_parameters).toEqual({
      run: String(runId),
      job: `${job} alerting_seed_job`,
      day: "2026-01-01",
      catalog_copy: "dev_2026",
      catalog: "dev_2026",
      rows: "7",
      first: "orders",
      state: "success",
      name: "use",
      literal: "{{ nothing.of_ours }}",
    });
  });

  it("fails the task whose reference has no value", async () => {
    const { client, clock } = await simulate();
    const job = await client.createJob({
      tasks: [
        notebookTask("count"),
        {
          task_key: "check",
          depends_on: [{ task_key: "count" }],
          condition_task: { op: "EQUAL_TO", left: "{{tasks.count.values.rows}}", right: "1" },
        },
      ],
    });
    const runId = await client.runNow(job);
    await clock.advance(100);
    const run = await client.run(runId);
    expect(run.tasks[1].state.state_message).toContain('"rows" has no value');
  });

  it("lets notebook_params override the task's own", async () => {
    const { client, clock } = await simulate();
    const job = await client.createJob({
      tasks: [
        {
          task_key: "a",
          notebook_task: { notebook_path: NOTEBOOK, base_parameters: { x: "1", y: "1" } },
        },
      ],
    });
    const runId = await client.runNow(job, { notebook_params: { y: "2" } });
    await clock.advance(100);
    const run = await client.run(runId, "&include_resolved_values=true");
    expect(run.tasks[0].resolved_values.notebook_task.base_parameters).toEqual({ x: "1", y: "2" });
    expect(run.overriding_parameters).toEqual({ notebook_params: { y: "2" } });
  });

  it("runs only some tasks, as if there were no others", async () => {
    const { client, clock } = await simulate([{ taskKey: "a", outcome: "failure" }]);
    const tasks = [notebookTask("a"), notebookTask("b", ["a"]), notebookTask("c", ["b"])];
    const runId = await client.runNow(await client.createJob({ tasks }), { only: ["b"] });
    await clock.advance(100);
    const run = await client.run(runId);
    expect(resultsOf(run)).toEqual({ b: "SUCCESS" });
    expect(run.state.result_state).toBe("SUCCESS");
  });
});

describe("schedules", () => {
  const startsOf = async (settings: object, duration: number): Promise<string[]> => {
    const { client, clock } = await simulate();
    const job = await client.createJob({ tasks: [notebookTask("a")], ...settings });
    await clock.advance(duration);
    const { runs = [] } = await client.ok("GET", `/api/2.2/jobs/runs/list?job_id=${job}`);
    expect(runs.every((run: Json) => run.trigger === "PERIODIC")).toBe(true);
    return runs.map((run: Json) => new Date(run.start_time).toISOString().slice(5, 16)).reverse();
  };
  const cron = (
    quartz_cron_expression: string,
    timezone_id = "UTC",
    more: object = {},
  ): object => ({
    schedule: { quartz_cron_expression, timezone_id, ...more },
  });
  const DAY = 86_400_000;

  // The clock starts on Thursday, 1 January 2026, 00:00 UTC.
  it.each([
    ["a cron expression", cron("0 0 6 * * ?"), 2 * DAY, ["01-01T06:00", "01-02T06:00"]],
    ["its time zone", cron("0 30 6 * * ?", "Europe/Paris"), DAY, ["01-01T05:30"]],
    ["days of the week from 1 = Sunday", cron("0 0 6 ? * 2"), 7 * DAY, ["01-05T06:00"]],
    ["steps from a number", cron("0 0/30 6 * * ?"), DAY, ["01-01T06:00", "01-01T06:30"]],
    [
      "an interval",
      { trigger: { periodic: { interval: 12, unit: "HOURS" } } },
      DAY,
      ["01-01T12:00", "01-02T00:00"],
    ],
    ["nothing while paused", cron("0 0 6 * * ?", "UTC", { pause_status: "PAUSED" }), DAY, []],
    [
      "no interval while paused",
      { trigger: { pause_status: "PAUSED", periodic: { interval: 1, unit: "HOURS" } } },
      DAY,
      [],
    ],
  ] as [string, object, number, string[]][])(
    "start runs by %s",
    async (_, settings, duration, starts) => {
      expect(await startsOf(settings, duration)).toEqual(starts);
    },
  );

  it("start no more runs of a job that was paused or deleted", async () => {
    const { client, clock } = await simulate();
    const job = await client.createJob({ tasks: [notebookTask("a")], ...cron("0 0 * * * ?") });
    await clock.advance(3_600_000);
    await client.ok("POST", "/api/2.2/jobs/update", {
      job_id: job,
      new_settings: cron("0 0 * * * ?", "UTC", { pause_status: "PAUSED" }),
    });
    await clock.advance(DAY);
    const { runs } = await client.ok("GET", `/api/2.2/jobs/runs/list?job_id=${job}`);
    expect(runs).toHaveLength(1);
  });
});
