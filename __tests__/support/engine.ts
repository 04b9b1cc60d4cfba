import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Engine, engineFolder, ensureEngine } from "../../src/local/execute/engine";
import { ROOT } from "../e2e/support/processes";

/** The notebook engine of all tests (see shared-engine.ts), installed first if it is not. */
export function sharedEngine(): Promise<Engine> {
  return ensureEngine(engineFolder(ROOT), () => undefined);
}

const hasPython = ["python3", "python3.13", "python3.12", "python3.11", "python3.10"].some(
  (name) =>
    spawnSync(name, ["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))"])
      .status === 0,
);

/** Like `describe`, and skipped with a reason where no Python can run the engine. */
export const describeWithEngine: (title: string, body: () => void) => void = hasPython
  ? describe
  : (title, body) => {
      describe.skip(`${title} (skipped: no Python 3.10 or newer with venv on the PATH)`, body);
    };

/** The tools that check Python code, in a folder beside the engine. Returns what to put on PYTHONPATH. */
export async function pythonTools(): Promise<string> {
  const { python } = await sharedEngine();
  const requirements = join(ROOT, "__tests__", "python", "requirements.txt");
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const folder = join(ROOT, "node_modules", ".cache", `jobstrata-python-tools-${digest}`);
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
  const { status, stderr } = spawnSync(
    python,
    [...pip, "--require-hashes", "--target", draft, "-r", requirements],
    { encoding: "utf8" },
  );
  if (status !== 0) {
    rmSync(draft, { recursive: true });
    throw new Error(`The tools for Python cannot be installed: ${stderr}`);
  }
  if (existsSync(folder)) rmSync(draft, { recursive: true });
  else renameSync(draft, folder);
  return folder;
}
