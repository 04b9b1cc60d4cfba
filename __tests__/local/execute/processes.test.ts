import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readState } from "../../../src/local/state-file";
import { describeWithEngine, sharedEngine } from "../../support/engine";
import {
  type NotebookClient,
  NotebookClient as Notebooks,
  startNotebooks,
  stopNotebooks,
} from "./support";
import { TYPESCRIPT } from "../../e2e/support/processes";

const folder = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Writes the ids of processes into a file: its own, a child's, and that of one that has left its session and parent. */
const SPAWNS = (file: string): string => `
import os, subprocess, time
child = subprocess.Popen(["sleep", "6000"])
subprocess.run(["sh", "-c", "setsid sh -c 'trap \\"\\" TERM HUP; echo $$ > ${file}.daemon; while :; do sleep 1; done' &"])
while not os.path.exists("${file}.daemon") or not open("${file}.daemon").read(): time.sleep(0.01)
with open("${file}.tmp", "w") as f: f.write(f"{os.getpid()} {child.pid} {open('${file}.daemon').read()}")
os.rename("${file}.tmp", "${file}")
`;

/** Waits for a file to be there, and reads numbers from it. */
async function pids(file: string): Promise<number[]> {
  while (!existsSync(file)) await sleep(20);
  return readFileSync(file, "utf8").trim().split(/\s+/).map(Number);
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Resolves when none of the processes, which would live for longer than the test, is there any more. */
async function gone(ids: readonly number[]): Promise<void> {
  while (ids.some(isAlive)) await sleep(10);
}

describeWithEngine("the processes of a notebook", () => {
  let client: NotebookClient;
  let count = 0;
  const nextFile = (): string => join(folder, `pids-${count++}`);
  beforeAll(async () => {
    await sharedEngine();
    client = await startNotebooks({ memoryLimit: 400 * 1024 ** 2 });
  });
  afterAll(stopNotebooks);

  const startCells = async (cells: string[], task: object = {}): Promise<number> => {
    const path = `/Shared/alerts/processes-${count++}`;
    await client.put(path, cells);
    return client.runNow(
      await client.createJob({
        tasks: [{ task_key: "main", notebook_task: { notebook_path: path }, ...task }],
      }),
    );
  };

  it("end with it", async () => {
    const file = nextFile();
    const run = await client.finished(await startCells([SPAWNS(file)]));
    expect(run.state.result_state).toBe("SUCCESS");
    const ids = await pids(file);
    expect(ids).toHaveLength(3);
    await gone(ids);
  });

  it("end when the run is canceled", async () => {
    const file = nextFile();
    const run = await startCells([SPAWNS(file), "time.sleep(6000)"]);
    const ids = await pids(file);
    expect(ids.every(isAlive)).toBe(true);
    await client.ok("POST", "/api/2.2/jobs/runs/cancel", { run_id: run });
    await gone(ids);
    expect((await client.finished(run)).state.result_state).toBe("CANCELED");
    expect(readdirSync(join(client.workspace.dataDir, "runs"))).toEqual([]);
  });

  it("end when the task times out, even if they ignore SIGTERM", async () => {
    const file = nextFile();
    const stubborn = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)";
    const run = await startCells([stubborn, SPAWNS(file), "time.sleep(6000)"], {
      timeout_seconds: 1,
    });
    const done = await client.finished(run);
    expect(done.tasks[0].state.result_state).toBe("TIMEDOUT");
    await gone(await pids(file));
  });

  it("end when the workspace stops", async () => {
    const other = await startNotebooks();
    const file = nextFile();
    await other.put("/Shared/alerts/long", [SPAWNS(file), "time.sleep(6000)"]);
    const task = { task_key: "main", notebook_task: { notebook_path: "/Shared/alerts/long" } };
    await other.runNow(await other.createJob({ tasks: [task] }));
    const ids = await pids(file);
    await other.workspace.stop();
    await gone(ids);
  });

  it("end when a notebook that another one runs takes too long", async () => {
    const file = nextFile();
    await client.put("/Shared/alerts/slow-child", [SPAWNS(file), "time.sleep(6000)"]);
    const run = await startCells([
      `import os\ntry:\n    dbutils.notebook.run('slow-child', 10)\nexcept Exception as error:\n    print(error)\nids = [int(each) for each in open('${file}').read().split()]\nprint([pid for pid in ids if os.path.exists(f'/proc/{pid}/stat')])`,
    ]);
    const { logs } = await client.outcome((await client.finished(run)).tasks[0]);
    expect(logs).toBe(
      "notebook /Shared/alerts/slow-child exceeded its timeout of 10 seconds\n[]\n",
    );
  });

  it("end when they hold more memory than they may", async () => {
    const outcome = await client.runCells([
      "import os, time\nfor _ in range(3): os.fork()\nheld = bytearray(200 * 1024**2)\nfor at in range(0, len(held), 4096): held[at] = 1\ntime.sleep(6000)",
    ]);
    expect(outcome).toMatchObject({
      state: "FAILED",
      error: "MemoryError: the task exceeded its memory limit of 400 MiB",
    });
  });

  it("may be forks that run on to the end of the notebook", async () => {
    expect(
      await client.runCells([
        "import os, time\nif os.fork() > 0: time.sleep(0.3)",
        "dbutils.notebook.exit('once')",
      ]),
    ).toMatchObject({ state: "SUCCESS", result: "once" });
  });

  it("have a token that is invalid afterwards", async () => {
    const file = nextFile();
    const ask =
      "from databricks.sdk import WorkspaceClient\nprint(WorkspaceClient().current_user.me().user_name)";
    const outcome = await client.runCells([
      `import os\n_ = open('${file}', 'w').write(os.environ['DATABRICKS_HOST'] + ' ' + os.environ['DATABRICKS_TOKEN'])`,
      ask,
    ]);
    expect(outcome).toMatchObject({ state: "SUCCESS", logs: "local-user@example.com\n" });
    const [host = "", token = ""] = readFileSync(file, "utf8").split(" ");
    const response = await fetch(`${host}/api/2.0/preview/scim/v2/Me`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(response.status).toBe(403);
  });
});

describeWithEngine("the processes of a notebook whose server is killed", () => {
  const data = join(folder, "data");
  let server: ChildProcess | undefined;
  afterAll(() => {
    server?.kill("SIGKILL");
  });

  it("end too", async () => {
    const { python } = await sharedEngine();
    const options = JSON.stringify({
      dataDir: data,
      ephemeral: false,
      executor: "local",
      engineDir: join(python, "..", ".."),
    });
    const serve = join(__dirname, "../../../src/local/serve.ts");
    server = spawn(process.execPath, [...TYPESCRIPT, serve, options], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    await new Promise((resolve) => server?.once("message", resolve));
    const state = readState(data);
    if (state === undefined) throw new Error("no state");
    const client = new Notebooks({
      ...state,
      url: state.host,
      endpoints: [],
      dataDir: data,
      stop: () => Promise.resolve(),
    });
    const file = join(folder, "pids-of-server");
    await client.put("/Shared/alerts/long", [SPAWNS(file), "time.sleep(6000)"]);
    const job = await client.createJob({
      tasks: [{ task_key: "main", notebook_task: { notebook_path: "/Shared/alerts/long" } }],
    });
    await client.runNow(job);
    const ids = await pids(file);
    expect(ids.every(isAlive)).toBe(true);
    server.kill("SIGKILL");
    await gone(ids);
  });
});
