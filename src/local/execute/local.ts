import { parseJson, stringifyJson } from "@jobstrata/core/model";
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import type { Readable } from "node:stream";
import { JobstrataError } from "@jobstrata/core/errors";
import { query, type QueryAnswer, type QueryBatch, type QueryRequest, warehouseOf } from "./query";
import { type Engine, PYTHON_SOURCES } from "./engine";
import { recordLineage } from "./lineage";
import type { TaskExecutor, TaskOutcome, TaskRequest, WorkspaceFile } from "./executor";
import { prepare, type Prepared, Refusal } from "./program";

/** Options of a {@link LocalExecutor}. */
export interface LocalExecutorOptions {
  /** Data folder of the workspace, with the tables and the working folders of runs. */
  readonly dataDir: string;
  /** Provides the engine; called for the first task. */
  readonly engine: () => Promise<Engine>;
  /** Executes tasks if the engine is unavailable. @default the tasks fail */
  readonly fallback?: TaskExecutor;
  /** Memory limit for all processes of a task; bytes. @default 4 GiB */
  readonly memoryLimit?: number;
}

const MEMORY_LIMIT = 4 * 1024 ** 3;
/** Maximum stored output of a task; bytes. Databricks keeps 5 MB. */
const MAX_OUTPUT = 5 * 1024 ** 2;
/** Timeout for a task's processes to end when the run ends; milliseconds. */
const GRACE = 2_000;
/** Timeout to read the rest of a pipe after its process has ended; milliseconds. */
const DRAIN = 500;
/** Parameters whose deployed values name catalogs to create. */
const CATALOG_PARAMETER = /(?:^|_)catalog$/;

/**
 * Executes notebooks, Python files, wheels and SQL. Each task runs in its own process with its own engine, on the
 * tables of the data folder. The process gets the token of its run and a working folder with the workspace files next
 * to the program, but none of this process's environment.
 */
export class LocalExecutor implements TaskExecutor {
  readonly #active = new Set<Promise<unknown>>();
  readonly #closing = new AbortController();

  readonly #options: LocalExecutorOptions;

  /** Deletes the leftovers of earlier runs, so the data folder must be locked by this workspace. */
  public constructor(options: LocalExecutorOptions) {
    this.#options = options;

    rmSync(join(options.dataDir, "runs"), { recursive: true, force: true });
  }

  public async execute(request: TaskRequest, signal: AbortSignal): Promise<TaskOutcome> {
    const prepared = preparedOrRefused(request, this.#options.dataDir);
    if (prepared instanceof Refusal) return failed(prepared.message);
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    const { engine, fallback } = this.#options;
    let python: string;
    try {
      ({ python } = await engine());
    } catch (error) {
      if (fallback === undefined || !(error instanceof JobstrataError)) throw error;
      const outcome = await fallback.execute(request, ended);
      return { ...outcome, logs: `[simulated] ${error.message}\n${outcome.logs ?? ""}` };
    }
    const work = this.#run(python, request, prepared, ended);
    this.#active.add(work);
    try {
      return await work;
    } finally {
      this.#active.delete(work);
    }
  }

  public async query(
    request: QueryRequest | QueryBatch,
    onAnswer: (answer: QueryAnswer) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { engine, dataDir } = this.#options;
    const { python } = await engine();
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    const work = query(python, { dataDir, ...request }, onAnswer, ended);
    this.#active.add(work);
    try {
      await work;
    } finally {
      this.#active.delete(work);
    }
  }

  public async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#active);
  }

  async #run(
    python: string,
    request: TaskRequest,
    { program, folder: beside, wheels, dependencies }: Prepared,
    signal: AbortSignal,
  ): Promise<TaskOutcome> {
    signal.throwIfAborted();
    const { dataDir, memoryLimit = MEMORY_LIMIT } = this.#options;
    const warehouse = warehouseOf(dataDir);
    for (const catalog of deployedCatalogs(request))
      mkdirSync(join(warehouse, catalog), { recursive: true, mode: 0o700 });
    const folder = join(dataDir, "runs", String(request.runId));
    const access = request.openAccess();
    try {
      writeFiles(request, beside, folder);
      const { lineage, ...outcome } = await supervise(python, {
        folder,
        env: {
          PATH: process.env.PATH ?? "",
          HOME: folder,
          TMPDIR: join(folder, "tmp"),
          LANG: "C.UTF-8",
          TZ: "UTC",
          PYTHONPATH: PYTHON_SOURCES,
          PYTHONNOUSERSITE: "1",
          PYTHONDONTWRITEBYTECODE: "1",
          DATABRICKS_HOST: access.host,
          DATABRICKS_TOKEN: access.token,
        },
        request: {
          program,
          folder: beside,
          wheels: writeWheels(wheels, folder),
          parameters: request.parameters,
          taskKey: request.taskKey,
          taskValues: request.taskValues(),
          dependencies,
          warehouse,
          memoryLimitBytes: memoryLimit,
        },
        signal,
      });
      recordLineage(dataDir, request, "path" in program ? program.path : "", lineage ?? []);
      return outcome;
    } finally {
      access.revoke();
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

function preparedOrRefused(request: TaskRequest, dataDir: string): Prepared | Refusal {
  try {
    return prepare(request, dataDir);
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}

const failed = (error: string): TaskOutcome => ({ succeeded: false, error, errorTrace: error });

/**
 * The catalogs to create for a task: those that the deployed job names as defaults. Values passed to a single run do
 * not count, so a wrong catalog fails as it does on Databricks.
 */
function deployedCatalogs({ definition, jobDefaults }: TaskRequest): string[] {
  const base = (definition.base_parameters ?? {}) as Record<string, string>;
  return Object.entries({ ...base, ...jobDefaults })
    .filter(([name, value]) => CATALOG_PARAMETER.test(name) && /^[A-Za-z0-9_-]{1,255}$/.test(value))
    .map(([, value]) => value);
}

/** Copies a workspace folder into the working folder. */
function writeFiles(request: TaskRequest, beside: string, folder: string): void {
  rmSync(folder, { recursive: true, force: true });
  const place = (path: string): string =>
    join(folder, "Workspace", path.replace(/^\/Workspace\//, "/"));
  for (const each of [join(folder, "tmp"), place(beside)])
    mkdirSync(each, { recursive: true, mode: 0o700 });
  // A wheel has no folder; do not copy the whole workspace for it.
  for (const { path, content } of beside === "/" ? [] : request.files(beside)) {
    mkdirSync(dirname(place(path)), { recursive: true, mode: 0o700 });
    writeFileSync(place(path), content);
  }
}

/** Writes each wheel to its own folder, since names may be equal. @returns the paths */
function writeWheels(wheels: readonly WorkspaceFile[], folder: string): string[] {
  return wheels.map(({ path, content }, at) => {
    const file = join(folder, "wheels", String(at), posix.basename(path));
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, content);
    return file;
  });
}

interface Supervised {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly request: object;
  readonly signal: AbortSignal;
}

/**
 * Runs a program under a supervisor. The supervisor ends all of its processes when its standard input closes: after the
 * run, or when this process dies.
 */
async function supervise(
  python: string,
  { folder, env, request, signal }: Supervised,
): Promise<TaskOutcome> {
  const child = spawn(python, ["-u", "-m", "jobstrata_local.supervise"], {
    cwd: folder,
    env,
    // Ctrl-C must reach this process only, which then ends its tasks.
    detached: true,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const [input, stdout, stderr, report] = child.stdio;
  const output = collect(stdout, MAX_OUTPUT);
  const trouble = collect(stderr, 20_000);
  const outcome = collect(report as Readable, 64 * 1024 ** 2);
  input.on("error", () => undefined);
  input.write(`${stringifyJson(request)}\n`);
  let killer: NodeJS.Timeout | undefined;
  let drain: NodeJS.Timeout | undefined;
  const end = (): void => {
    input.end();
    killer = setTimeout(() => child.kill("SIGKILL"), GRACE);
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
      child.once("exit", () => {
        // A process that escaped a killed supervisor may hold the pipe open forever.
        drain = setTimeout(() => {
          for (const stream of [stdout, stderr, report as Readable]) stream.destroy();
        }, DRAIN);
      });
    });
    signal.throwIfAborted();
    const logs = output();
    const said = parseOutcome(outcome());
    if (said !== undefined) return { ...said, ...(logs === "" ? {} : { logs }) };
    const why = trouble().trim().split("\n").at(-1) ?? "";
    return {
      ...failed(`the task's process ended with exit code ${code ?? "none"}: ${why}`),
      logs,
    };
  } finally {
    clearTimeout(killer);
    clearTimeout(drain);
    signal.removeEventListener("abort", end);
    input.end();
  }
}

function parseOutcome(text: string): TaskOutcome | undefined {
  try {
    return parseJson(text) as TaskOutcome;
  } catch {
    return undefined;
  }
}

/** Keeps the first `limit` bytes of a stream and discards the rest. */
function collect(stream: Readable, limit: number): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    if (size < limit) chunks.push(chunk.subarray(0, limit - size));
    size += chunk.length;
  });
  stream.on("error", () => undefined);
  return () => {
    const text = Buffer.concat(chunks).toString("utf8");
    return size > limit ? `${text}\n… ${size - limit} more bytes were not kept\n` : text;
  };
}
