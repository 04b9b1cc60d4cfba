/**
 * Runs the tests of the alerting layer on Apache Spark with Delta, the engine that Databricks is built on:
 * `npm run test:spark [-- arguments of pytest]`. Needs Java 17 or newer and Python 3.10 or newer; takes about 10 minutes
 * on an idle machine of two processors, and installs about 600 MB in node_modules/.cache the first time.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { findPython } from "../../../src/local/execute/engine";

const ROOT = resolve(__dirname, "..", "..", "..");
const REQUIREMENTS = join(__dirname, "requirements.txt");

async function main(): Promise<number> {
  if (spawnSync("java", ["-version"]).status !== 0)
    return fail("Apache Spark needs Java 17 or newer, and there is no java on the PATH.");
  const base = await findPython();
  if (base === undefined) return fail("There is no Python 3.10 or newer with venv on the PATH.");
  const python = environment(base);
  if (python === undefined) return 2;
  const { status } = spawnSync(
    python,
    [
      ...["-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=10", "--tb=short"],
      ...["-c", join(__dirname, "..", "pyproject.toml"), join(__dirname, "..", "alerting")],
      ...process.argv.slice(2),
    ],
    {
      cwd: ROOT,
      stdio: "inherit",
      env: {
        ...process.env,
        JOBSTRATA_TEST_SPARK: "1",
        PYSPARK_PYTHON: python,
        PYTHONDONTWRITEBYTECODE: "1",
        // Spark is not to be found from outside.
        SPARK_LOCAL_IP: "127.0.0.1",
        TZ: "UTC",
      },
    },
  );
  return status ?? 2;
}

/** The Python of an environment with the requirements, made first if it is not there. */
function environment(base: string): string | undefined {
  const digest = createHash("sha256").update(readFileSync(REQUIREMENTS)).digest("hex").slice(0, 12);
  const folder = join(ROOT, "node_modules", ".cache", `jobstrata-spark-${digest}`);
  const python = join(folder, "bin", "python");
  if (existsSync(python)) return python;
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  const pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
  for (const [program, ...args] of [
    [base, "-m", "venv", draft],
    [join(draft, "bin", "python"), ...pip, "-r", REQUIREMENTS],
  ] as const) {
    if (spawnSync(program, args, { stdio: "inherit" }).status !== 0) return undefined;
  }
  renameSync(draft, folder);
  return python;
}

function fail(message: string): number {
  console.error(message);
  return 2;
}

void main().then((code) => {
  process.exitCode = code;
});
