/** Judges the bundle of a file and prints what the rules took as JSON: `node rules.js FILE`. */
import { dataFlow } from "@jobstrata/core/model";
import { check, RULES } from "@jobstrata/core/policy";
import { readBundle } from "@jobstrata/core/readers";
import type { CheckFigures } from "./check";

function judge(file: string): CheckFigures["rules"] {
  const reading = readBundle(file);
  // Files are read and analysed when they are asked for, which is not what the rules take.
  const tasks = reading.graphs.flatMap(({ jobs }) => jobs.flatMap((job) => job.tasks));
  for (const { notebook } of tasks) {
    if (notebook !== undefined && notebook.file?.widgets === undefined)
      throw new Error(`${notebook.label} was not read`);
  }
  for (const graph of reading.graphs)
    for (const { code, parameters } of dataFlow(graph).code()) code.lineage(parameters);
  // Graphs of the same bundle that nothing has been asked of yet.
  const graphs = reading.graphs.map((graph) => graph.withObserved([]));
  const before = performance.now();
  const report = check({
    readings: [{ ...reading, graphs }],
    rules: RULES,
    config: { config: {} },
    today: "2026-11-24",
  });
  const ms = performance.now() - before;
  const [finding] = report.findings;
  if (finding !== undefined)
    throw new Error(`the rules found: ${finding.rule}: ${finding.message}`);
  return { jobs: report.jobs, tasks: report.tasks, ms };
}

const [, , file = ""] = process.argv;
process.stdout.write(JSON.stringify(judge(file)));
