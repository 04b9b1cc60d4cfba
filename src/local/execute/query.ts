import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseJson } from "@jobstrata/core/model";
import { JobstrataError } from "@jobstrata/core/errors";
import { PYTHON_SOURCES } from "./engine";

/** What one statement came to. */
export type QueryAnswer =
  | {
      readonly columns: readonly { readonly name: string; readonly type: string }[];
      readonly rows: readonly (readonly unknown[])[];
      /** There are more rows than were asked for. */
      readonly truncated: boolean;
    }
  /** What the engine leaves out of what was asked. */
  | { readonly note: string }
  /** Why the statement failed; none that follows it was tried. */
  | { readonly error: string; readonly statement: string };

/** Folder of the tables of a data folder. */
export const warehouseOf = (dataDir: string): string => join(dataDir, "warehouse");

/** Statements, and what they mean: values of `:name`, and where unqualified names are looked for. */
export interface QueryRequest {
  /** Statements with semicolons between them. */
  readonly sql: string;
  /** How many rows of each answer at most. */
  readonly limit: number;
  /** Of the only statement: values by the names of its parameters, as text of a type. */
  readonly parameters?: readonly QueryParameter[];
  /** @default the first by name */
  readonly catalog?: string;
  /** @default `default` */
  readonly schema?: string;
}

/** Statements that have nothing to do with each other: each is answered, whatever became of those before it. */
export interface QueryBatch {
  readonly statements: readonly {
    readonly sql: string;
    readonly parameters?: readonly QueryParameter[];
  }[];
  /** How many rows of each answer at most. */
  readonly limit: number;
}

interface QueryParameter {
  readonly name: string;
  /** Null if there is none. */
  readonly value: string | null;
  /** Of SQL, such as `DECIMAL(18,2)`. */
  readonly type: string;
}

/**
 * Answers SQL statements about the tables of a data folder, in a process of its own.
 *
 * @param python of the engine
 * @param signal ends the process; the promise then rejects with its reason
 * @throws {JobstrataError} `local-workspace` if the engine fails
 */
export async function query(
  python: string,
  { dataDir, ...request }: (QueryRequest | QueryBatch) & { readonly dataDir: string },
  onAnswer: (answer: QueryAnswer) => void,
  signal?: AbortSignal,
): Promise<void> {
  const onLine = (line: unknown): void => {
    onAnswer(line as QueryAnswer);
  };
  await runModule(python, "query", { warehouse: warehouseOf(dataDir), ...request }, onLine, signal);
}

/** How many rows each sample table has, or why one was left alone. */
interface SampleTable {
  readonly table: string;
  readonly rows?: number;
  /** Somebody else's table stands there. */
  readonly kept?: string;
}

/**
 * Makes the sample tables that the alerting notebooks read, in every schema that is given.
 *
 * @throws {JobstrataError} `local-workspace` if the engine fails
 */
export async function makeSampleData(
  python: string,
  dataDir: string,
  schemas: readonly { readonly catalog: string; readonly schema: string }[],
): Promise<SampleTable[]> {
  const tables: SampleTable[] = [];
  await runModule(python, "samples", { warehouse: warehouseOf(dataDir), schemas }, (line) => {
    tables.push(line as SampleTable);
  });
  return tables;
}

/** Runs a module of the engine that reads JSON and writes JSON lines. */
async function runModule(
  python: string,
  module: string,
  request: object,
  onLine: (line: unknown) => void,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const child = spawn(python, ["-u", "-m", `jobstrata_local.${module}`], {
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH ?? "",
      HOME: process.env.HOME ?? "",
      PYTHONPATH: PYTHON_SOURCES,
      PYTHONDONTWRITEBYTECODE: "1",
      PYTHONWARNINGS: "ignore",
      TZ: "UTC",
      LANG: "C.UTF-8",
    },
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const lines = createInterface({ input: child.stdout });
  let answers = 0;
  lines.on("line", (line) => {
    answers++;
    onLine(parseJson(line));
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const kill = (): void => {
    child.kill("SIGKILL");
  };
  signal?.addEventListener("abort", kill, { once: true });
  child.stdin.on("error", () => undefined);
  child.stdin.end(JSON.stringify(request));
  const code = await ended.finally(() => signal?.removeEventListener("abort", kill));
  signal?.throwIfAborted();
  if (code !== 0 && (code !== 1 || answers === 0)) {
    const last = errors.trimEnd().split("\n").at(-1) ?? "";
    throw new JobstrataError(
      "local-workspace",
      `the local engine failed with exit code ${code ?? "none"}: ${last}`,
    );
  }
}
