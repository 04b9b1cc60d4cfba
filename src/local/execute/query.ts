import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseJson } from "@jobstrata/core/model";
import { JobstrataError } from "@jobstrata/core/errors";
import { PYTHON_SOURCES } from "./engine";

/** The result of a statement. */
export type QueryAnswer =
  | {
      readonly columns: readonly { readonly name: string; readonly type: string }[];
      readonly rows: readonly (readonly unknown[])[];
      /** Whether the result has more rows than the limit. */
      readonly truncated: boolean;
    }
  /** A part of the statement that the engine ignores. */
  | { readonly note: string }
  /** The statement failed; later statements were not run. */
  | { readonly error: string; readonly statement: string };

/** Folder of the tables of a data folder. */
export const warehouseOf = (dataDir: string): string => join(dataDir, "warehouse");

/** SQL statements, with parameter values and defaults for unqualified names. */
export interface QueryRequest {
  /** Statements separated by semicolons. */
  readonly sql: string;
  /** Maximum rows of each answer. */
  readonly limit: number;
  /** Values for `:name` in the statement. Requires exactly one statement. */
  readonly parameters?: readonly QueryParameter[];
  /** @default the first catalog by name */
  readonly catalog?: string;
  /** @default `default` */
  readonly schema?: string;
}

/** Independent statements: an error does not stop the statements after it. */
export interface QueryBatch {
  readonly statements: readonly {
    readonly sql: string;
    readonly parameters?: readonly QueryParameter[];
  }[];
  /** Maximum rows of each answer. */
  readonly limit: number;
}

interface QueryParameter {
  readonly name: string;
  /** Null for SQL NULL. */
  readonly value: string | null;
  /** SQL type, such as `DECIMAL(18,2)`. */
  readonly type: string;
}

/**
 * Runs SQL on the tables of a data folder, in a separate process.
 *
 * @param python of the engine
 * @param signal ends the process; the promise then rejects with the signal's reason
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

/** A sample table: its number of rows, or why it was skipped. */
interface SampleTable {
  readonly table: string;
  readonly rows?: number;
  /** The reason: a table of the same name exists that is not a sample. */
  readonly kept?: string;
}

/**
 * Creates the sample tables of the alerting example in each of the given schemas.
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
