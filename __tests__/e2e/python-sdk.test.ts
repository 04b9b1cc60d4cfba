import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type LocalWorkspace, startLocalWorkspace } from "../../src/local";
import { ROOT, run } from "./support/processes";

const SUPPORT = join(__dirname, "support");
const REQUIREMENTS = join(SUPPORT, "python-requirements.txt");

/** A virtual environment with the SDK, kept for as long as the requirements stay; a text says why there is none. */
function makePython(): { readonly python: string } | { readonly missing: string } {
  const version = spawnSync("python3", [
    "-c",
    "import sys, venv; sys.exit(sys.version_info < (3, 10))",
  ]);
  if (version.status !== 0)
    return { missing: "python3, 3.10 or newer and with venv, is not on the PATH" };
  const digest = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  const cache = join(ROOT, "node_modules", ".cache");
  const folder = join(cache, `jobstrata-python-${digest}`);
  const python = join(folder, "bin", "python");
  if (existsSync(python)) return { python };
  const draft = `${folder}.${process.pid}`;
  mkdirSync(cache, { recursive: true });
  const install = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"];
  for (const [program, ...args] of [
    ["python3", "-m", "venv", draft],
    [join(draft, "bin", "python"), "-m", "pip", ...install, REQUIREMENTS],
  ]) {
    const { status, stderr } = spawnSync(program ?? "", args, { encoding: "utf8" });
    if (status === 0) continue;
    rmSync(draft, { recursive: true, force: true });
    const why = stderr.trim().split("\n").at(-1) ?? "";
    // What pip finds wrong with the file itself is a failure of the test, not of the machine.
    if (/HASHES|Invalid requirement/i.test(stderr)) throw new Error(stderr);
    return { missing: `PyPI cannot be reached: ${why}` };
  }
  if (existsSync(folder)) rmSync(draft, { recursive: true });
  else renameSync(draft, folder);
  return { python };
}

const made = makePython();
const [suite, title] =
  "python" in made
    ? [describe, "the official Python SDK"]
    : [describe.skip, `the official Python SDK (skipped: ${made.missing})`];

suite(title, () => {
  let workspace: LocalWorkspace;

  beforeAll(async () => {
    workspace = await startLocalWorkspace({
      ephemeral: true,
      faults: {
        tasks: [
          { job: "SDK - Flaky", task_key: "first", failures: 1 },
          { job: "SDK - Waiting", failures: 1 },
        ],
      },
    });
  });

  afterAll(async () => {
    await workspace.stop();
  });

  it("uses the workspace as it uses Databricks", async () => {
    const python = "python" in made ? made.python : "";
    const ended = await run([python, join(SUPPORT, "python_sdk.py")], {
      cwd: workspace.dataDir,
      env: {
        PATH: process.env.PATH,
        HOME: workspace.dataDir,
        DATABRICKS_HOST: workspace.host,
        DATABRICKS_TOKEN: workspace.token,
      },
    });

    // It would complain here of a host that does not say how to log in.
    expect(ended.stderr).toBe("");
    expect(ended.stdout.trim().split("\n")).toEqual([
      "current user",
      "workspace upload, download, list and mkdirs",
      "jobs create, get and list",
      "jobs update and reset",
      "run now, submit, get output and list runs",
      "a job that runs a job",
      "repair",
      "cancel",
      "permissions",
      "SQL warehouses",
      "notification destinations",
      "alerts",
      "secrets",
      "delete",
    ]);
    expect(ended.code).toBe(0);
  });
});
