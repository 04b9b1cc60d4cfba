import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { dataFlow } from "../../model/data-flow";
import type { JobGraph } from "../../model/job-graph";
import type { CodeLineage, CodeParameters } from "../../model/lineage";
import { CODE_CACHE } from "./code-cache";
import { analyse, FileOfCode, lineageKey } from "./code-file";

/** Fewer files are analysed before a thread has started. */
const MIN_FILES = 100;
/** More threads than that need too much memory. */
const MAX_THREADS = 3;
/** Results that are sent at once. */
const BATCH = 50;

/** Files to analyse, of which each thread takes the next one. */
export interface AnalysisWork {
  readonly files: readonly { readonly file: string; readonly parameters: CodeParameters }[];
  /** The next file; shared by all threads. */
  readonly next: Int32Array;
}

/** The lineage of one file, and what it was found in. */
export interface Analysed {
  readonly key: string;
  readonly lineage: CodeLineage;
  readonly used: ReadonlyMap<string, string>;
}

/**
 * Analyses the code of all tasks in several threads, so that their tables are known when the rules ask for them.
 * Does nothing if little is to be done, or nothing can be done at the same time.
 *
 * @param program of a thread
 * @param threads beside this one
 */
export async function analyseAhead(
  graphs: readonly JobGraph[],
  program = join(__dirname, "analysis-worker.js"),
  threads = Math.min(availableParallelism() - 1, MAX_THREADS),
): Promise<void> {
  const files = newFiles(graphs);
  // From TypeScript, as in development, there is no program.
  if (files.length < MIN_FILES || threads < 1 || !existsSync(program)) return;
  const work = { files, next: new Int32Array(new SharedArrayBuffer(4)) };
  const ends = Array.from({ length: threads }, () => threadOf(program, work));
  takeTurns(work, keep);
  await Promise.all(ends);
}

/** What nothing is known of, each once. */
function newFiles(graphs: readonly JobGraph[]): AnalysisWork["files"] {
  const found = new Map<string, { readonly file: string; readonly parameters: CodeParameters }>();
  for (const graph of graphs)
    for (const { code, parameters } of dataFlow(graph).code()) {
      if (!(code instanceof FileOfCode)) continue;
      const key = lineageKey(code.file, parameters);
      if (!found.has(key) && CODE_CACHE.get(key) === undefined)
        found.set(key, { file: code.file, parameters });
    }
  return [...found.values()];
}

/** Ends when the thread does. What it has not done, nobody misses: it is analysed when it is asked for. */
function threadOf(program: string, work: AnalysisWork): Promise<void> {
  return new Promise((resolve) => {
    const thread = new Worker(program, { workerData: work });
    thread.on("message", keep);
    thread.once("error", () => {
      resolve();
    });
    thread.once("exit", () => {
      resolve();
    });
  });
}

function keep(done: readonly Analysed[]): void {
  for (const { key, lineage, used } of done) CODE_CACHE.set(key, lineage, used);
}

/** Analyses one file after the other, until all threads together have taken all. */
export function takeTurns(
  { files, next }: AnalysisWork,
  send: (done: readonly Analysed[]) => void,
): void {
  let done: Analysed[] = [];
  for (;;) {
    const taken = files[Atomics.add(next, 0, 1)];
    if (taken === undefined) break;
    const found = analyse(taken.file, taken.parameters);
    if (found !== undefined) done.push({ key: lineageKey(taken.file, taken.parameters), ...found });
    if (done.length < BATCH) continue;
    send(done);
    done = [];
  }
  send(done);
}
