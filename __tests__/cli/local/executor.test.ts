import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startExecutor } from "../../../src/cli/local/executor";

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
afterEach(() => {
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
    // A Python that has not started its program yet would end without it.
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
