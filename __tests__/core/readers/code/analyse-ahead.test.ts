import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dataFlow, JobGraph } from "@jobstrata/core/model";
import { analyseAhead } from "../../../../src/core/readers/code/analyse-ahead";
import { readBundle } from "../../../../src/core/readers/bundle/read-bundle";
import { tempFolder } from "../../../support/policy";

const NOTEBOOKS = 120;

/** Jobs with a notebook each, of which nothing is known yet. */
function graphOf(folder: string): JobGraph {
  mkdirSync(join(folder, "src"));
  const jobs = Array.from({ length: NOTEBOOKS }, (_, at) => {
    writeFileSync(
      join(folder, "src", `n${at}.py`),
      `# Databricks notebook source\nspark.table("a.b.t${at}")`,
    );
    return `    n${at}: { tasks: [{ task_key: main, notebook_task: { notebook_path: ./src/n${at}.py } }] }`;
  });
  const file = join(folder, "databricks.yml");
  writeFileSync(file, `bundle: { name: x }\nresources:\n  jobs:\n${jobs.join("\n")}\n`);
  const [graph] = readBundle(file, { targets: [] }).graphs;
  if (graph === undefined) throw new Error("the bundle has no target");
  return graph;
}

const tablesOf = (graph: JobGraph): string[] =>
  graph.jobs.flatMap((job) =>
    dataFlow(graph)
      .accessesOf(job)
      .map(({ name }) => name),
  );

function programOf(folder: string, text: string): string {
  const program = join(folder, "thread.js");
  writeFileSync(program, text);
  return program;
}

describe("files analysed in several threads", () => {
  it("uses what other threads have found", async () => {
    const folder = tempFolder();
    const graph = graphOf(folder);
    // Takes the first file, and says what the real one would not.
    const program = programOf(
      folder,
      `const { parentPort, workerData: { files, next } } = require("node:worker_threads");
const at = Atomics.add(next, 0, 1);
const { file } = files[at] ?? files[0];
const key = "lineage " + file + " [[],[]]";
const lineage = { accesses: [{ name: "of.the.thread", kind: "table", at: { file } }], problems: [] };
parentPort.postMessage([{ key, lineage, used: new Map() }]);`,
    );
    await analyseAhead([graph], program, 1);
    const tables = tablesOf(graph);
    expect(tables.filter((name) => name === "of.the.thread")).toHaveLength(1);
    expect(tables).toHaveLength(NOTEBOOKS);
  });

  it("does by itself what a thread that fails has left", async () => {
    const folder = tempFolder();
    const graph = graphOf(folder);
    const program = programOf(
      folder,
      `Atomics.add(require("node:worker_threads").workerData.next, 0, 50); throw new Error("broken");`,
    );
    await analyseAhead([graph], program, 1);
    expect(tablesOf(graph).sort()).toEqual(
      Array.from({ length: NOTEBOOKS }, (_, at) => `a.b.t${at}`).sort(),
    );
  });
});
