import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeFolder } from "@jobstrata/core/folders";
import { JobstrataError } from "@jobstrata/core/errors";
import { printable } from "@jobstrata/core/model";
import { InstallProgress } from "./install-progress";

/** The engine of notebooks: Sail, a Spark engine in Rust, in a Python virtual environment. */
export interface Engine {
  /** Path of the environment's Python. */
  readonly python: string;
}

/** Folder of the Python packages and their requirements. */
export const PYTHON_SOURCES = join(__dirname, "python");
/** Environment variable: the folder of an engine that several data folders share. */
const ENGINE_DIR = "JOBSTRATA_ENGINE_DIR";
/** Environment variable: the Python that creates the engine. */
export const PYTHON = "JOBSTRATA_PYTHON";

const REQUIREMENTS = join(PYTHON_SOURCES, "requirements.txt");
const BUILD_REQUIREMENTS = join(PYTHON_SOURCES, "requirements-build.txt");
const MINIMUM = "3.10";
const NAMES = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python3.14"];
/** Modules that notebooks do not import. */
const NOT_IMPORTED = "/(tests?|pip|setuptools|_distutils_hack)/";
/** Written last, so its presence means that the installation is complete. */
const MARKER = "jobstrata.json";

/** The engine's folder for a data folder. */
export function engineFolder(dataDir: string, env: NodeJS.ProcessEnv = process.env): string {
  return resolve(env[ENGINE_DIR] ?? join(dataDir, "engine"));
}

/** The installed engine; undefined if it is missing or its requirements have changed. */
export function installedEngine(folder: string): Engine | undefined {
  const python = pythonOf(folder);
  try {
    const { requirements } = JSON.parse(readFileSync(join(folder, MARKER), "utf8")) as {
      requirements?: string;
    };
    return requirements === digest() && existsSync(python) ? { python } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Returns the engine and installs it if needed. Concurrent processes install it once.
 *
 * @param onProgress called with lines about the progress of the installation, the first when it begins
 * @param signal stops the installation, which then leaves nothing
 * @throws {JobstrataError} `local-workspace` if there is no suitable Python, or the installation fails
 * @throws {Error} if it was stopped
 */
export async function ensureEngine(
  folder: string,
  onProgress: (line: string) => void,
  signal?: AbortSignal,
): Promise<Engine> {
  const installed = installedEngine(folder);
  if (installed !== undefined) return installed;
  const base = await findPython();
  if (base === undefined) throw new JobstrataError("local-workspace", noPython());
  makeFolder(dirname(folder), 0o700);
  const onWait = (): void => {
    onProgress("Another process is installing the notebook engine; waiting for it");
  };
  const unlock = await lock(`${folder}.lock`, onWait, signal);
  try {
    return installedEngine(folder) ?? (await install(base, folder, onProgress, signal));
  } finally {
    unlock();
  }
}

/** The error for a machine without a suitable Python. */
function noPython(): string {
  return (
    `notebooks need Python ${MINIMUM} or newer with venv and pip, and there is none on the PATH; install one ` +
    `(on Debian and Ubuntu: python3 and python3-venv), or name it in ${PYTHON}`
  );
}

/** Finds a Python that can create the engine's environment. */
export async function findPython(
  env: NodeJS.ProcessEnv = process.env,
): Promise<string | undefined> {
  const named = env[PYTHON];
  const check = "import sys, venv, ensurepip; sys.exit(0 if sys.version_info >= (3, 10) else 1)";
  for (const name of named === undefined ? NAMES : [named]) {
    const { code } = await run(name, ["-c", check]).catch(() => ({ code: 1 }));
    if (code === 0) return name;
  }
  return undefined;
}

async function install(
  base: string,
  folder: string,
  onProgress: (line: string) => void,
  signal?: AbortSignal,
): Promise<Engine> {
  const started = Date.now();
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  onProgress(
    "Installing the notebook engine (Sail, a Spark engine without Java): once, about 600 MB",
  );
  try {
    await must(run(base, ["-m", "venv", draft], { signal }), "python -m venv");
    const python = pythonOf(draft);
    const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input"];
    const locked = [
      ...pip,
      "--progress-bar",
      "off",
      "--require-hashes",
      "--no-deps",
      "--no-compile",
    ];
    await must(run(python, [...locked, "-r", BUILD_REQUIREMENTS], { signal }), "pip install");
    const progress = new InstallProgress(requirementCount());
    await must(
      run(python, [...locked, "--no-build-isolation", "-r", REQUIREMENTS], {
        signal,
        onLine: (line) => {
          const report = progress.take(line);
          if (report !== undefined) onProgress(report);
        },
      }),
      "pip install",
    );
    // pip would compile one module after the other, and a third of them are tests. What fails is compiled on import.
    await run(
      python,
      ["-m", "compileall", "-q", "-j", "0", "-x", NOT_IMPORTED, join(draft, "lib")],
      {
        signal,
      },
    );
    writeFileSync(join(draft, MARKER), JSON.stringify({ requirements: digest() }));
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw error;
  }
  onProgress(`  engine: installed in ${((Date.now() - started) / 1000).toFixed(0)} s`);
  return { python: pythonOf(folder) };
}

const pythonOf = (folder: string): string => join(folder, "bin", "python");

/** Digest of the requirements. */
function digest(): string {
  const hash = createHash("sha256");
  for (const file of [BUILD_REQUIREMENTS, REQUIREMENTS]) hash.update(readFileSync(file));
  return hash.digest("hex");
}

/** The number of packages. Some have a line for each of several Python versions. */
function requirementCount(): number {
  const names = readFileSync(REQUIREMENTS, "utf8").matchAll(/^([A-Za-z][\w.-]*)==/gm);
  return new Set([...names].map(([, name]) => name)).size;
}

interface Ended {
  readonly code: number;
  readonly output: string;
}

interface RunOptions {
  readonly onLine?: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a program. @throws {Error} if it cannot be started, or is stopped */
function run(
  program: string,
  args: readonly string[],
  { onLine, signal }: RunOptions = {},
): Promise<Ended> {
  const env: NodeJS.ProcessEnv = { ...process.env, PYTHONNOUSERSITE: "1" };
  // These variables refer to another environment.
  for (const name of ["PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX"])
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- names of the list above
    delete env[name];
  const child: ChildProcess = spawn(program, args, {
    env,
    signal,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let rest = "";
  const take = (text: string): void => {
    output = (output + text).slice(-20_000);
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine?.(line);
  };
  child.stdout?.setEncoding("utf8").on("data", take);
  child.stderr?.setEncoding("utf8").on("data", take);
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    child.once("error", (error) => {
      failure = error;
      if (child.pid === undefined) reject(error);
    });
    // A stopped program, and what it has started, may write until they end.
    child.once("close", (code) => {
      if (failure === undefined) resolve({ code: code ?? 1, output });
      else reject(failure);
    });
  });
}

async function must(ended: Promise<Ended>, what: string): Promise<void> {
  const { code, output } = await ended;
  if (code === 0) return;
  const last = output.trimEnd().split("\n").slice(-5).map(printable).join("\n  ");
  throw new JobstrataError(
    "local-workspace",
    `the notebook engine could not be installed: ${what} ended with exit code ${code}:\n  ${last}\nIt comes from the package index that pip is configured for; without it, --executor simulated runs no notebooks for real.`,
  );
}

/** A lock without an update for this long is stale; milliseconds. */
const STALE = 15 * 60_000;

/** Acquires a lock file. @returns a function that releases it */
export async function lock(
  file: string,
  onWait: () => void,
  signal?: AbortSignal,
): Promise<() => void> {
  let told = false;
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      return () => {
        rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    if (abandoned(file)) rmSync(file, { force: true });
    else {
      if (!told) onWait();
      told = true;
      await sleep(250, undefined, { ...(signal && { signal }) });
    }
  }
}

function abandoned(file: string): boolean {
  try {
    const age = Date.now() - statSync(file).mtimeMs;
    const pid = Number(readFileSync(file, "utf8"));
    // The file is created before the id is written, so it can be empty for a moment.
    if (pid === 0) return age > 5_000;
    process.kill(pid, 0);
    return age > STALE;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
