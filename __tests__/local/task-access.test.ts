import type { TaskExecutor, TaskRequest, WorkspaceAccess } from "../../src/local";
import { type Client, NOTEBOOK, notebookTask, startClient, stopAll } from "./support";

afterAll(stopAll);

const ME = "/api/2.0/preview/scim/v2/Me";

/** The status and the body of a request with the token of a task. */
async function askWith(
  { host, token }: WorkspaceAccess,
  method: string,
  path: string,
): Promise<{ status: number; message?: string }> {
  const response = await fetch(host + path, {
    method,
    headers: { Authorization: `Bearer ${token}` },
  });
  const { message } = (await response.json()) as { message?: string };
  return { status: response.status, ...(message === undefined ? {} : { message }) };
}

/** Runs one task with this in the place of a notebook. */
async function runTask(
  execute: (request: TaskRequest) => Promise<void>,
): Promise<{ client: Client; state: string }> {
  const executor: TaskExecutor = {
    execute: async (request) => {
      await execute(request);
      return { succeeded: true };
    },
  };
  const client = await startClient({ executor });
  await client.putNotebook(NOTEBOOK);
  const runId = await client.runNow(await client.createJob({ tasks: [notebookTask("deploy")] }));
  const run = await client.finished(runId);
  return { client, state: run.state.result_state };
}

describe("the access of a task to its workspace", () => {
  it("reaches the API, and not the control of the workspace", async () => {
    const seen: { status: number; message?: string }[] = [];
    await runTask(async ({ openAccess }) => {
      const access = openAccess();
      seen.push(await askWith(access, "GET", ME));
      seen.push(await askWith(access, "GET", "/api/2.2/jobs/list"));
      for (const path of ["status", "faults"])
        seen.push(await askWith(access, "GET", `/local/${path}`));
      seen.push(await askWith(access, "POST", "/local/stop"));
      seen.push(await askWith(access, "GET", "/api/../local/status"));
    });
    expect(seen.map(({ status }) => status)).toEqual([200, 200, 403, 403, 403, 403]);
    expect(seen[4]?.message).toContain("for what is under /api only, not for POST /local/stop");
  });

  it("is a token of its own, which can be given back alone", async () => {
    const statuses: number[] = [];
    const tokens: string[] = [];
    const { client } = await runTask(async ({ openAccess }) => {
      const [first, second] = [openAccess(), openAccess()];
      tokens.push(first.token, second.token);
      first.revoke();
      first.revoke();
      statuses.push((await askWith(first, "GET", ME)).status);
      statuses.push((await askWith(second, "GET", ME)).status);
    });
    expect(statuses).toEqual([403, 200]);
    expect(new Set([...tokens, client.workspace.token]).size).toBe(3);
  });

  it.each(["succeeds", "fails"])("ends with the attempt, when it %s", async (how) => {
    const kept: WorkspaceAccess[] = [];
    const { client, state } = await runTask(({ openAccess }) => {
      kept.push(openAccess());
      return how === "fails" ? Promise.reject(new Error("no such table")) : Promise.resolve();
    });
    expect(state).toBe(how === "fails" ? "FAILED" : "SUCCESS");
    expect(kept).toHaveLength(1);
    for (const access of kept) expect((await askWith(access, "GET", ME)).status).toBe(403);
    await client.ok("GET", "/local/status");
  });
});
