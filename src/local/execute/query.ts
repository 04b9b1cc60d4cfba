import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
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

/**
 * Answers SQL statements about the tables of a data folder, in a process of its own.
 *
 * @param python of the engine
 * @param request.sql statements with semicolons between them
 * @param request.limit how many rows of each answer at most
 * @throws JobstrataError `local-workspace` if the engine fails
 */
export async function query(
  python: string,
  request: { readonly dataDir: string; readonly sql: string; readonly limit: number },
  onAnswer: (answer: QueryAnswer) => void,
): Promise<void> {
  const { dataDir, sql, limit } = request;
  await runModule(python, "query", { warehouse: warehouseOf(dataDir), sql, limit }, (line) => {
    onAnswer(line as QueryAnswer);
  });
}

/** How many rows each sample table has, or why one was left alone. */
export interface SampleTable {
  readonly table: string;
  readonly rows?: number;
  /** Somebody else's table stands there. */
  readonly kept?: string;
}

/**
 * Makes the sample tables that the alerting notebooks read, in every schema that is given.
 *
 * @throws JobstrataError `local-workspace` if the engine fails
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
): Promise<void> {
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
    onLine(JSON.parse(line));
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(JSON.stringify(request));
  const code = await ended;
  if (code !== 0 && (code !== 1 || answers === 0)) {
    const last = errors.trimEnd().split("\n").at(-1) ?? "";
    throw new JobstrataError(
      "local-workspace",
      `the local engine failed with exit code ${code ?? "none"}: ${last}`,
    );
  }
}
