/**
 * `npm run bench`: time and memory of each part in {@link PARTS}.
 *
 * Options: `--json FILE` writes the figures, `--only PART` measures one part, `--sizes 100,1000` sets the numbers of jobs,
 * `--runs N` how often each runs.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureChanged } from "./changed";
import { measureCheck } from "./check";
import { compile } from "./compile";
import type { DriftFigures } from "./drift";
import { figuresOf, ROOT } from "./figures";
import { measureGraph } from "./graph";
import type { LocalFigures } from "./local";
import { measureMigration } from "./migration";
import type { NotebookFigures } from "./notebooks";
import type { RunFigures } from "./runs";
import { measureSynth } from "./synth";
import * as tables from "./tables";

interface Options {
  /** Folder that holds the compiled project in `js`. */
  readonly work: string;
  /** Numbers of jobs. */
  readonly sizes: readonly number[];
  readonly runs: number;
}

/** Each measures one part, prints it and returns its figures for `--json`. */
const PARTS: Readonly<Record<string, (options: Options) => object | Promise<object>>> = {
  synth({ work, sizes, runs }) {
    const figures = measureSynth(work, sizes, runs);
    tables.printSynth(figures);
    return figures;
  },
  check({ work, sizes, runs }) {
    const check = measureCheck(work, sizes, runs);
    tables.printCheck(check, runs);
    return { check };
  },
  changed({ work }) {
    const changed = measureChanged(work);
    tables.printChanged(changed);
    return { changed };
  },
  async graph({ work, sizes, runs }) {
    const graph = await measureGraph(work, sizes, runs);
    tables.printGraph(graph, runs);
    return { graph };
  },
  migration({ work, runs }) {
    const migration = measureMigration(work, runs);
    tables.printMigration(migration, runs);
    return { migration };
  },
  drift({ work }) {
    const drift = figuresOf(work, "drift", work) as DriftFigures;
    tables.printDrift(drift);
    return { drift };
  },
  local({ work }) {
    const local = figuresOf(work, "local") as LocalFigures;
    tables.printLocal(local);
    return { local };
  },
  runs({ work }) {
    const following = figuresOf(work, "runs") as RunFigures;
    tables.printRuns(following);
    return { following };
  },
  notebooks() {
    const notebooks = measureNotebooks();
    tables.printNotebooks(notebooks);
    return { notebooks };
  },
};

async function main(): Promise<void> {
  const { json, only, sizes, runs } = readOptions();
  const cache = join(ROOT, "node_modules", ".cache");
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, "bench-"));
  try {
    console.log(`Node ${process.version}, ${cpus().length} cores\n`);
    if (only !== "notebooks") await compile(work);
    const figures: Record<string, unknown> = { node: process.version, cores: cpus().length };
    for (const [part, measure] of Object.entries(PARTS))
      if (only === undefined || only === part)
        Object.assign(figures, await measure({ work, sizes, runs }));
    if (json !== undefined) writeFileSync(json, `${JSON.stringify(figures, undefined, 2)}\n`);
  } finally {
    rmSync(work, { recursive: true });
  }
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      json: { type: "string" },
      sizes: { type: "string", default: "100,1000,10000" },
      runs: { type: "string", default: "3" },
      only: { type: "string" },
    },
  });
  const sizes = values.sizes.split(",").map(Number);
  const runs = Number(values.runs);
  if (![...sizes, runs].every((number) => Number.isInteger(number) && number > 0))
    throw new Error("--sizes and --runs take whole numbers, 1 or more");
  const { json, only } = values;
  if (only !== undefined && !Object.hasOwn(PARTS, only))
    throw new Error(`--only takes ${Object.keys(PARTS).join(", ")}`);
  return { json, only, sizes, runs };
}

/** Runs from the sources: the engine's Python code is not part of the compiled project. */
function measureNotebooks(): NotebookFigures {
  const args = ["-r", require.resolve("tsx/cjs"), join(ROOT, "bench", "notebooks.ts")];
  const output = execFileSync(process.execPath, args, {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(output) as NotebookFigures;
}

void main();
