import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskExecutor } from "../../../src/local";
import { NOTEBOOK, notebookTask, startClient, stopAll } from "../../local/support";
import { commandLine } from "../program-support";

const executor: TaskExecutor = {
  execute: ({ taskKey }) =>
    Promise.resolve(
      taskKey === "bad"
        ? { succeeded: false, error: "6 of 29 alerts are not valid", logs: "" }
        : { succeeded: true, logs: "" },
    ),
};

let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
});
afterEach(async () => {
  await stopAll();
  rmSync(cwd, { recursive: true, force: true });
});

describe("jobstrata run --watch", () => {
  test.each([
    ["load", 0, "SUCCESS"],
    ["bad", 1, "FAILED"],
  ])("says that a run of task %s has ended, and when it ran", async (key, code, state) => {
    const client = await startClient({ executor });
    await client.putNotebook(NOTEBOOK);
    const job = await client.createJob({ name: "Tables", tasks: [notebookTask(key)] });
    const { run_id, end_time } = await client.finished(await client.runNow(job));
    const { host, token } = client.workspace;
    const env = { PATH: process.env.PATH, DATABRICKS_HOST: host, DATABRICKS_TOKEN: token };
    const ended = await commandLine(["run", "--watch", String(run_id)], { cwd, env });
    expect(ended.code).toBe(code);
    const time = new Date(Number(end_time)).toISOString().slice(0, 19).replace("T", " ");
    expect(ended.stderr).toContain(
      `Run ${run_id} has ended, at ${time} UTC; nothing is left to watch`,
    );
    expect(ended.stdout + ended.stderr).toContain(state);
    if (code === 1) expect(ended.stdout + ended.stderr).toContain("6 of 29 alerts are not valid");
  });
});
