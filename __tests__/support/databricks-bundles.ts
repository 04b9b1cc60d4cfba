import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../e2e/support/processes";

/** The genuine package that builds the Python-defined jobs of bundles. It depends on nothing. */
const REQUIREMENT =
  "databricks-bundles==1.22.1 --hash=sha256:0e2601b5a41e95d6b2a0f6b9307f5f8c89bd5a749ac2db9d66ea466bd1f28709\n";

const hasPython =
  spawnSync("python3", ["-c", "import sys, pip; sys.exit(sys.version_info < (3, 10))"]).status ===
  0;

/** Like `describe`, and skipped with a reason without a Python that runs databricks-bundles. */
export const describeWithPython: (title: string, body: () => void) => void = hasPython
  ? describe
  : (title, body) => {
      describe.skip(`${title} (skipped: no python3 3.10 or newer with pip on the PATH)`, body);
    };

/** A folder for PYTHONPATH that holds databricks-bundles, installed first if it is not. */
export function databricksBundles(): string {
  const folder = join(ROOT, "node_modules", ".cache", "jobstrata-databricks-bundles-1.22.1");
  if (existsSync(folder)) return folder;
  const draft = `${folder}.${process.pid}`;
  mkdirSync(draft, { recursive: true });
  const requirements = `${draft}.txt`;
  writeFileSync(requirements, REQUIREMENT);
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"];
  const { status, stderr } = spawnSync(
    "python3",
    [...pip, "--require-hashes", "--target", draft, "-r", requirements],
    { encoding: "utf8" },
  );
  rmSync(requirements);
  if (status !== 0) {
    rmSync(draft, { recursive: true });
    throw new Error(`databricks-bundles cannot be installed: ${stderr}`);
  }
  if (existsSync(folder)) rmSync(draft, { recursive: true });
  else renameSync(draft, folder);
  return folder;
}
