import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { assert, asyncProperty, bigInt } from "fast-check";
import { compareInt64, jobIdOf, runIdOf } from "../../src/core/model/int64";
import { stringifyJson } from "../../src/core/model/json";
import { readWorkspaceJobs, unlistedJobs } from "../../src/core/readers/workspace/jobs";
import { runJson } from "../../src/core/report/run-json";
import { type DeployedJob, readJobs } from "../../src/run/deployed-jobs";
import { tokenLogin, WorkspaceHttp } from "../../src/run/http";
import { JobsClient } from "../../src/run/jobs-client";
import { RunFollower } from "../../src/run/run-follower";

/** A workspace whose ids have up to 19 digits, as the service's and the CLI's own test server's do. It writes JSON by hand. */
let server: Server;
let client: JobsClient;
let jobId = 0n;
let runId = 0n;
const seen: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const url = request.url ?? "";
      seen.push(`${request.method ?? ""} ${url.replace("/api/2.2/jobs/", "")} ${body}`);
      const name = `"settings":{"name":"job ${jobId}","tasks":[{"task_key":"child","run_job_task":{"job_id":${jobId + 1n}}}]}`;
      const state = '"state":{"life_cycle_state":"TERMINATED","result_state":"SUCCESS"}';
      const path = url.replace(/^\/api\/2\.2\/jobs\//, "").replace(/\?.*/, "");
      const isChild = url.includes(`run_id=${runId + 2n}`);
      const answers: Record<string, string> = {
        get: url.includes(`job_id=${jobId + 1n}`)
          ? `{"job_id":${jobId + 1n},"settings":{"name":"child","tasks":[]}}`
          : `{"job_id":${jobId},${name}}`,
        list: `{"jobs":[{"job_id":${jobId},${name}},{"job_id":${jobId + 1n},"settings":{"name":"child","tasks":[]}}]}`,
        "run-now": `{"run_id":${runId},"number_in_job":${runId}}`,
        "runs/get": isChild
          ? `{"run_id":${runId + 2n},"job_id":${jobId + 1n},"run_name":"child",${state},"tasks":[]}`
          : `{"run_id":${runId},"job_id":${jobId},"run_name":"job",${state},"tasks":[{"task_key":"child","run_id":${runId + 1n},"run_job_task":{"job_id":${jobId + 1n}},${state}}]}`,
        "runs/get-output": `{"run_job_output":{"run_id":${runId + 2n}}}`,
        "runs/list": "{}",
        "runs/cancel": "{}",
      };
      response.end(answers[path] ?? "{}");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  client = new JobsClient(new WorkspaceHttp(tokenLogin(host, "token"), { requestsPerSecond: 1e6 }));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const ids = bigInt({ min: 1n, max: 2n ** 63n - 3n });

/** Both as what they have been read as. */
async function withIds(
  test: (
    job: NonNullable<ReturnType<typeof jobIdOf>>,
    run: NonNullable<ReturnType<typeof runIdOf>>,
  ) => Promise<void>,
): Promise<void> {
  await assert(
    asyncProperty(ids, ids, async (job, run) => {
      [jobId, runId] = [job, run];
      seen.length = 0;
      await test(jobIdOf(job) ?? 0, runIdOf(run) ?? 0);
    }),
    { numRuns: 40, examples: [[8795899427664681785n, 2n ** 53n + 1n]] },
  );
}

describe("ids of 64 bits", () => {
  it("are asked for and read exactly", async () => {
    await withIds(async (job, run) => {
      expect((await client.getJob(job)).job_id).toBe(job);
      const started = await client.runNow({ jobId: job, idempotencyToken: "t" });
      expect(started).toBe(run);
      await client.cancelRun(started);
      expect(seen).toEqual([
        `GET get?job_id=${jobId} `,
        `POST run-now {"job_id":${jobId},"idempotency_token":"t","queue":{"enabled":true}}`,
        `POST runs/cancel {"run_id":${runId}}`,
      ]);
    });
  });

  it("lead from a run to the runs below it, and into its report", async () => {
    await withIds(async (job, run) => {
      const tree = await new RunFollower(client, run).look();
      const child = runIdOf(runId + 2n);
      expect(tree).toMatchObject({ runId: run, jobId: job });
      expect(tree.tasks[0]?.child).toMatchObject({ runId: child, jobId: jobIdOf(jobId + 1n) });
      const report = stringifyJson(runJson(tree, 0));
      expect(report).toContain(`"run_id":${runId},`);
      expect(report).toContain(`"job_id":${jobId},`);
      expect(report).toContain(`"run_id":${runId + 2n},`);
    });
  });

  it("lead from a deployed job to those that it runs", async () => {
    await withIds(async (job) => {
      const jobs = await readJobs(client, [job]);
      expect([...jobs.keys()]).toEqual([job, jobIdOf(jobId + 1n)]);
      const deployed: DeployedJob | undefined = jobs.get(job);
      expect(deployed?.tasks[0]?.runJobId).toBe(jobIdOf(jobId + 1n));
    });
  });

  it("make one graph of the jobs of a workspace", async () => {
    await withIds(async () => {
      const jobs = [];
      for await (const job of client.listWholeJobs()) jobs.push(job);
      expect(unlistedJobs(jobs)).toEqual(new Set());
      const [graph] = readWorkspaceJobs("https://host", jobs).graphs;
      const [first, second] = [...(graph?.jobs ?? [])].sort((a, b) =>
        compareInt64(jobIdOf(a.id.split("/").at(-1)) ?? 0, jobIdOf(b.id.split("/").at(-1)) ?? 0),
      );
      expect([first?.id, second?.id]).toEqual([
        `https://host/jobs/${jobId}`,
        `https://host/jobs/${jobId + 1n}`,
      ]);
      expect(first?.tasks[0]?.runJob).toEqual({ kind: "job", id: second?.id });
    });
  });
});
