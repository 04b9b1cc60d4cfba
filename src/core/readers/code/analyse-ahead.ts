import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { dataFlow } from "../../model/data-flow";
import type { JobGraph } from "../../model/job-graph";
import type { CodeLineage, CodeParameters } from "../../model/lineage";
import { CODE_CACHE } from "./code-cache";
import { analyse, FileOfCode, lineageKey } from "./code-file";

/** Starting threads takes longer than analysing fewer files. */
const MIN_FILES = 100;
/** More threads than that need too much memory. */
const MAX_THREADS = 3;
/** Results in one message. */
const BATCH = 50;

/** Files to analyse. Each thread takes the next one. */
export interface AnalysisWork {
  readonly files: readonly { readonly file: string; readonly parameters: CodeParameters }[];
  /** Index of the next file; shared by all threads. */
  readonly next: Int32Array;
}

/** The lineage of one file, and the files and folders it depends on. */
interface Analysed {
  readonly key: string;
  readonly lineage: CodeLineage;
  readonly used: ReadonlyMap<string, string>;
}

/**
 * Analyses the code of all tasks in several threads, so that the rules find the tables already known. Does nothing for
 * few files, or without a second processor.
 *
 * @param program the program of a thread
 * @param threads the number of additional threads
 */
export async function analyseAhead(
  graphs: readonly JobGraph[],
  program = join(__dirname, "analysis-worker.js"),
  threads = Math.min(availableParallelism() - 1, MAX_THREADS),
): Promise<void> {
  const files = newFiles(graphs);
  // In development, when running from TypeScript, the program does not exist.
  if (files.length < MIN_FILES || threads < 1 || !existsSync(program)) return;
  const work = { files, next: new Int32Array(new SharedArrayBuffer(4)) };
  const ends = Array.from({ length: threads }, () => threadOf(program, work));
  takeTurns(work, keep);
  await Promise.all(ends);
}

/** Distinct files whose lineage is not cached. */
function newFiles(graphs: readonly JobGraph[]): AnalysisWork["files"] {
  const found = new Map<string, { readonly file: string; readonly parameters: CodeParameters }>();
  for (const graph of graphs)
    for (const { code, parameters } of dataFlow(graph).code()) {
      if (!(code instanceof FileOfCode) || code.isKnown(parameters)) continue;
      found.set(lineageKey(code.file, parameters), { file: code.file, parameters });
    }
  return [...found.values()];
}

/** Resolves when the thread ends, whatever the reason. Files it did not analyse are analysed on demand. */
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

/** Analyses one file after another until the threads have taken all. */
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
