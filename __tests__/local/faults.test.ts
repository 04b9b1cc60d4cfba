import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Faults, readFaultPlan } from "../../src/local/faults";
import { type Client, notebookTask, NOTEBOOK, startClient, stopAll } from "./support";

afterAll(stopAll);

const CREATE = "/api/2.2/jobs/create";
const jobsOf = async (client: Client): Promise<number> =>
  (await client.ok("GET", "/local/status")).jobs;

describe("faults of requests", () => {
  it.each([403, 429, 500, 503, 504] as const)(
    "%d is answered as often as it is asked for",
    async (fault) => {
      const client = await startClient({
        faults: { requests: [{ match: "POST */jobs/create", fault, times: 2, retry_after: 7 }] },
      });
      const answers = [await client.ask("POST", CREATE, {}), await client.ask("POST", CREATE, {})];
      expect(answers.map(({ status }) => status)).toEqual([fault, fault]);
      const retryAfter = answers[0]?.headers.get("Retry-After");
      expect(retryAfter).toBe(fault === 429 || fault === 503 ? "7" : null);
      expect(await jobsOf(client)).toBe(0);
      expect((await client.ask("POST", CREATE, {})).status).toBe(200);
    },
  );

  it.each([
    ["drop", false, 0],
    ["drop", true, 1],
    ["half", true, 1],
    [503, true, 1],
  ] as const)("%s, carried out %s, leaves %d jobs", async (fault, carried_out, jobs) => {
    const client = await startClient();
    await client.ok("PUT", "/local/faults", {
      requests: [{ match: "POST *", fault, carried_out, times: 1 }],
    });
    const answered = await client.ask("POST", CREATE, {}).then(
      ({ status }) => status,
      () => "none",
    );
    expect(answered).toBe(fault === 503 ? 503 : "none");
    expect(await jobsOf(client)).toBe(jobs);
    expect((await client.ok("GET", "/local/faults")).struck).toEqual([1]);
  });

  it("strike only the bodies that contain a text", async () => {
    const client = await startClient({
      faults: { requests: [{ match: "POST *", body: "COST-001", fault: 403 }] },
    });
    const names = ["COST-001 daily", "SEC-001 logins", "COST-001 weekly"];
    const answers = await Promise.all(names.map((name) => client.ask("POST", CREATE, { name })));
    expect(answers.map(({ status }) => status)).toEqual([403, 200, 403]);
    expect(answers[0]?.body).toEqual({
      error_code: "PERMISSION_DENIED",
      message: "Injected fault: permission denied.",
    });
    expect(await jobsOf(client)).toBe(1);
    await client.ok("POST", "/api/2.0/workspace/mkdirs", { path: "/Shared/x" });
    expect((await client.ok("GET", "/local/faults")).struck).toEqual([2]);
  });

  it("latency delays the answer", async () => {
    const client = await startClient({
      faults: { requests: [{ fault: "latency", milliseconds: 60 }] },
    });
    const before = performance.now();
    await client.ok("POST", CREATE, {});
    expect(performance.now() - before).toBeGreaterThan(55);
  });

  it("strike at their rate, and alike with the same seed", () => {
    const strikes = (seed: number): boolean[] => {
      const faults = new Faults({ seed, requests: [{ fault: 500, rate: 0.25 }] });
      return Array.from(
        { length: 1000 },
        () => faults.strike("GET", "/x", Buffer.alloc(0)) !== undefined,
      );
    };
    const struck = strikes(7).filter(Boolean).length;
    expect(struck).toBeGreaterThan(200);
    expect(struck).toBeLessThan(300);
    expect(strikes(7)).toEqual(strikes(7));
    expect(strikes(8)).not.toEqual(strikes(7));
  });
});

describe("faults of tasks", () => {
  it("let a task fail a number of times", async () => {
    const client = await startClient({ faults: { tasks: [{ task_key: "seed", failures: 2 }] } });
    await client.putNotebook(NOTEBOOK);
    const tasks = [notebookTask("seed", [], { max_retries: 2 })];
    const runId = await client.runNow(await client.createJob({ tasks }));
    const run = await client.finished(runId);
    expect(run.state.result_state).toBe("SUCCESS");
    expect(run.tasks[0].attempt_number).toBe(2);
  });
});

describe("a file of faults", () => {
  const folder = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  it("may be YAML or JSON", () => {
    const plan = { seed: 3, requests: [{ match: "GET *", fault: 503, rate: 0.5 }] };
    const yaml = "seed: 3\nrequests:\n  - { match: GET *, fault: 503, rate: 0.5 }\n";
    expect(readFaultPlan(write("faults.yaml", yaml))).toEqual(plan);
    expect(readFaultPlan(write("faults.json", JSON.stringify(plan)))).toEqual(plan);
  });

  it.each([
    ["a.json", "{", "cannot be used"],
    ["b.json", '{"requests": [{"fault": 418}]}', "cannot be used"],
    ["c.json", '{"requests": [{"fault": 500, "rate": 2}]}', "must be from 0 to 1"],
    ["e.json", '{"requests": [{"fault": 500, "body": ""}]}', "must not be empty"],
    ["d.json", '{"request": []}', '(did you mean "requests"?)'],
  ])("%s is refused", (name, text, message) => {
    expect(() => readFaultPlan(write(name, text))).toThrow(message);
  });
});
