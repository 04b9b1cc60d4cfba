import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureEngine, findPython, installedEngine } from "../../../src/local/execute/engine";

/** Stands for Python: makes environments that hold nothing but itself, and writes down what pip is asked for. */
const PYTHON = `#!/bin/sh
case "$*" in
  "-c "*) exit 0 ;;
  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
  "-m compileall "*) for lib in "$@"; do :; done; touch "$(dirname "$lib")/compiled" ;;
  "-m pip install "*)
    echo "$*" >> "$TEST_PIP_LOG"
    if [ -n "$TEST_PIP_FAILS" ]; then echo "ERROR: no route to the index" >&2; exit 1; fi
    sleep 0.2
    echo "Collecting pysail==0.7.2 (from -r requirements.txt)"
    echo "  Downloading pysail-0.7.2.whl (57.0 MB)"
    echo "Installing collected packages: pysail" ;;
esac
`;

let folder: string;
let engine: string;
const before = { ...process.env };
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "jobstrata-test-"));
  engine = join(folder, "engine");
  const python = join(folder, "python");
  writeFileSync(python, PYTHON, { mode: 0o755 });
  Object.assign(process.env, {
    JOBSTRATA_PYTHON: python,
    TEST_PIP_LOG: join(folder, "pip.log"),
    TEST_PIP_FAILS: "",
  });
});
afterEach(() => {
  process.env = { ...before };
  rmSync(folder, { recursive: true, force: true });
});

const pipCalls = (): string[] =>
  existsSync(join(folder, "pip.log"))
    ? readFileSync(join(folder, "pip.log"), "utf8").trim().split("\n")
    : [];

/** What is in the folder of the engine besides this test's own files. */
const left = (): string[] =>
  readdirSync(folder).filter((name) => !["python", "pip.log"].includes(name));

describe("the installation of the engine", () => {
  it("reports progress, and leaves only the environment", async () => {
    const lines: string[] = [];
    const { python } = await ensureEngine(engine, (line) => lines.push(line));
    expect(python).toBe(join(engine, "bin", "python"));
    expect(lines).toEqual([
      expect.stringContaining("Installing the notebook engine"),
      expect.stringMatching(
        /^ {2}engine: {2}1 of about \d+, \d+ left: pysail==0\.7\.2 \(57\.0 MB\)$/,
      ),
      expect.stringMatching(/^ {2}engine: unpacking/),
      expect.stringMatching(/installed in \d+ s/),
    ]);
    expect(left()).toEqual(["engine"]);
    for (const call of pipCalls())
      expect(call).toMatch(/--require-hashes --no-deps --no-compile .*-r \S+\.txt$/);
    expect(installedEngine(engine)).toEqual({ python });
    // By pip it would take longer.
    expect(existsSync(join(engine, "compiled"))).toBe(true);
  });

  it("happens once, however many ask for it at a time", async () => {
    const all = await Promise.all(
      Array.from({ length: 4 }, () => ensureEngine(engine, () => undefined)),
    );
    expect(new Set(all.map(({ python }) => python)).size).toBe(1);
    expect(pipCalls()).toHaveLength(2);
    await ensureEngine(engine, () => undefined);
    expect(pipCalls()).toHaveLength(2);
  });

  it("happens again when the requirements have changed", async () => {
    await ensureEngine(engine, () => undefined);
    writeFileSync(join(engine, "jobstrata.json"), JSON.stringify({ requirements: "others" }));
    expect(installedEngine(engine)).toBeUndefined();
    await ensureEngine(engine, () => undefined);
    expect(pipCalls()).toHaveLength(4);
  });

  it("recovers from the draft and lock of a killed process", async () => {
    mkdirSync(join(`${engine}.draft`, "bin"), { recursive: true });
    const { pid } = spawnSync("true");
    writeFileSync(`${engine}.lock`, String(pid));
    await ensureEngine(engine, () => undefined);
    expect(left()).toEqual(["engine"]);
  });

  it("ends with the last words of pip where it fails, and can be tried again", async () => {
    process.env.TEST_PIP_FAILS = "yes";
    await expect(ensureEngine(engine, () => undefined)).rejects.toThrow(
      /the notebook engine could not be installed: pip install ended with exit code 1:\n {2}ERROR: no route to the index\n.*--executor simulated/,
    );
    expect(left()).toEqual([]);
    process.env.TEST_PIP_FAILS = "";
    await ensureEngine(engine, () => undefined);
    expect(installedEngine(engine)).toBeDefined();
  });

  it("names what is missing where there is no Python", async () => {
    process.env.JOBSTRATA_PYTHON = join(folder, "nowhere");
    expect(await findPython()).toBeUndefined();
    await expect(ensureEngine(engine, () => undefined)).rejects.toThrow(
      /notebooks need Python 3\.10 or newer with venv and pip, .* or name it in JOBSTRATA_PYTHON/,
    );
  });
});
