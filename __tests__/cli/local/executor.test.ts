import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startExecutor } from "../../../src/cli/local/executor";
import { startInBackground } from "../../../src/cli/local/open";
import { settleExecutor } from "../../../src/local/commands";
import { NOTEBOOK, notebookTask, startClient, stopAll } from "../../local/support";
import { jobstrata } from "../program-support";

/** Stands for a Python whose venv is a program of its own, which writes when told to, and ends with the test. */
const PYTHON = `#!/bin/sh
case "$*" in
  "-m venv "*)
    sh -c ': > "$1.begun"
      while test -e "$1" && ! test -e "$1.go"; do sleep 0.05; done
      mkdir -p "$2/bin" && cp "$1" "$2/bin/python"; : > "$1.ended"' - "$0" "$3"
    exit ;;
esac
`;

const before = { ...process.env };
let data: string;
let said: string[];
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
  said = [];
  // Other tests share an engine.
  delete process.env.JOBSTRATA_ENGINE_DIR;
});
afterEach(async () => {
  await stopAll();
  process.env = { ...before };
  rmSync(data, { recursive: true, force: true });
  for (const suffix of ["", ".begun", ".go", ".ended"])
    rmSync(`${data}.python${suffix}`, { force: true });
});

const start = (executor?: "local", signal = new AbortController().signal) =>
  startExecutor(
    { data, ...(executor && { executor }) },
    { out: () => undefined, err: (line) => said.push(line), exitCode: 0 },
    signal,
  );

describe("startExecutor", () => {
  it("returns while the engine is being installed, which can be stopped without a trace", async () => {
    const python = `${data}.python`;
    process.env.JOBSTRATA_PYTHON = python;
    writeFileSync(python, PYTHON, { mode: 0o755 });
    const stop = new AbortController();
    const { kind, ready } = await start(undefined, stop.signal);
    expect(kind).toBeUndefined();
    // If it is stopped before it has started its program, that program never runs.
    while (!existsSync(`${python}.begun`)) await sleep(10);
    stop.abort();
    let isReturned = false;
    const returned = ready.finally(() => (isReturned = true));
    await sleep(50);
    expect(isReturned).toBe(false);
    writeFileSync(`${python}.go`, "");
    await expect(returned).rejects.toThrow(/abort/);
    expect(said).toEqual([expect.stringMatching(/^Installing the notebook engine/)]);
    // What it had started has ended, so that nothing comes later.
    expect(existsSync(`${python}.ended`)).toBe(true);
    expect(readdirSync(data)).toEqual([]);
  });

  it("does not simulate notebooks where its folder cannot be created, as nothing would work", async () => {
    process.env.JOBSTRATA_ENGINE_DIR = join(data, "file", "engine");
    writeFileSync(join(data, "file"), "");
    await expect(start()).rejects.toThrow(/is a file, not a folder/);
    expect(said).toEqual([]);
  });

  it("reports a missing Python immediately", async () => {
    process.env.JOBSTRATA_PYTHON = join(data, "nowhere");
    expect(await start()).toMatchObject({ kind: "simulated" });
    expect(said).toEqual([
      expect.stringMatching(/^Notebooks are simulated: notebooks need Python/),
    ]);
    await expect(start("local")).rejects.toThrow(/notebooks need Python/);
  });
});

describe("a command that uses the local workspace", () => {
  const INSTALLS = /Installing the notebook engine/;
  const run = (verb: string, ...args: string[]) =>
    jobstrata(verb, ...args, "--local", "--data", data);
  /** Python that begins an installation, and cannot end it. */
  beforeEach(() => {
    process.env.JOBSTRATA_PYTHON = `${data}.python`;
    const script = '#!/bin/sh\ncase "$*" in "-m venv "*) exit 1;; esac\n';
    writeFileSync(`${data}.python`, script, { mode: 0o755 });
  });
  /** A data folder with a job: a copy for each command, since a process may hold the lock of a database for long. */
  const deployed = async (): Promise<string> => {
    const client = await startClient({ dataDir: data });
    await client.putNotebook(NOTEBOOK);
    const id = await client.createJob({ name: "setup", tasks: [notebookTask("tables")] });
    await stopAll();
    return String(id);
  };
  const runCopy = async (id: string, ...more: string[]) => {
    const copy = join(data, "copy");
    cpSync(data, `${data}.copy`, { recursive: true });
    renameSync(`${data}.copy`, copy);
    try {
      return await jobstrata("run", "--job-id", id, "--local", "--data", copy, ...more);
    } finally {
      rmSync(copy, { recursive: true });
    }
  };

  it.each([
    ["an unknown job", "run", ["--name", "setpu"], /no job that you may see is called "setpu"/],
    ["an unknown job id", "run", ["--job-id", "99"], /99/],
    ["an environment that is not deployed", "run", ["setup", "-t", "dev"], /holds no synthesized/],
    ["no environment", "run", ["setup"], /use -t to name the environment/],
    ["a run that would end at once", "run", ["--job-id", "1", "--no-wait"], /start it first/],
    ["an unknown run", "run", ["--watch", "99"], /99/],
    ["an environment that is not deployed", "test", ["-t", "dev"], /holds no synthesized/],
    ["an unknown run", "repair", ["99"], /99/],
  ])("installs no engine for %s (%s)", async (_, verb, args, error) => {
    const { code, err } = await run(verb, ...args);
    expect(err).toMatch(error);
    expect(err).not.toMatch(INSTALLS);
    expect(code).toBe(2);
  });

  it("installs the engine when a job is about to run, but not for a plan", async () => {
    const id = await deployed();
    expect(await runCopy(id, "--dry-run")).toMatchObject({ code: 0, err: "" });
    expect((await runCopy(id)).err).toMatch(INSTALLS);
  });

  it("simulates notebooks if the last session of the data folder did", async () => {
    const id = await deployed();
    await settleExecutor({ data, executor: "simulated" });
    expect(await runCopy(id)).toMatchObject({
      code: 0,
      err: "Notebooks are simulated, as last chosen; --executor local runs them\n",
    });
    await settleExecutor({ data });
    expect((await runCopy(id)).err).toMatch(INSTALLS);
  });

  it("installs nothing for a second workspace of a folder, and follows the one that runs", async () => {
    await settleExecutor({ data, executor: "simulated" });
    const client = await startClient({ dataDir: data });
    const { host, port, token } = client.workspace;
    const state = JSON.stringify({ host, port, token, pid: process.pid });
    writeFileSync(join(data, "server.json"), state);
    expect(await settleExecutor({ data, executor: "local" })).toBe("simulated");
    const io = { out: () => undefined, err: (line: string) => said.push(line), exitCode: 0 };
    await expect(startInBackground({ data }, io)).rejects.toThrow(/is running for .* already/);
    expect(said).toEqual([]);
  });
});
