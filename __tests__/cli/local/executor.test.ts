import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startExecutor } from "../../../src/cli/local/executor";

/** Stands for a Python whose pip does not end. */
const PYTHON = `#!/bin/sh
case "$*" in
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  "-m pip install "*) exec sleep 600 ;;
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
});

const start = (executor?: "local", signal = new AbortController().signal) =>
  startExecutor(
    { data, ...(executor && { executor }) },
    { out: () => undefined, err: (line) => said.push(line), exitCode: 0 },
    signal,
  );

describe("startExecutor", () => {
  it("returns while the engine is being installed, which can be stopped without a trace", async () => {
    process.env.JOBSTRATA_PYTHON = join(data, "python");
    writeFileSync(process.env.JOBSTRATA_PYTHON, PYTHON, { mode: 0o755 });
    const stop = new AbortController();
    const { kind, ready } = await start(undefined, stop.signal);
    expect(kind).toBeUndefined();
    stop.abort();
    await expect(ready).rejects.toThrow(/abort/);
    expect(said).toEqual([expect.stringMatching(/^Installing the notebook engine/)]);
    expect(readdirSync(data)).toEqual(["python"]);
  });

  it("does not simulate notebooks where its folder cannot be created, as nothing would work", async () => {
    process.env.JOBSTRATA_ENGINE_DIR = join(data, "file", "engine");
    writeFileSync(join(data, "file"), "");
    await expect(start()).rejects.toThrow(/is a file, not a folder/);
    expect(said).toEqual([]);
  });

  it("tells at once that there is no Python", async () => {
    process.env.JOBSTRATA_PYTHON = join(data, "nowhere");
    expect(await start()).toMatchObject({ kind: "simulated" });
    expect(said).toEqual([
      expect.stringMatching(/^Notebooks are simulated: notebooks need Python/),
    ]);
    await expect(start("local")).rejects.toThrow(/notebooks need Python/);
  });
});
