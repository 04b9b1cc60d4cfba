import { quote } from "../../model/text";
import {
  isScratch,
  producing,
  sharedTables,
  sitesOf,
  TaskPairs,
  what,
  who,
} from "../data-conflicts";
import { defineRule } from "../rule";

export const readsBeforeWrite = defineRule({
  name: "reads-before-write",
  usesLineage: true,
  summary: "No task reads a table that only a later task of the same job writes.",
  rationale:
    "The reader sees the previous run's data. A task that reads a table on purpose to continue from there writes it too, directly or through other tables.",
  severity: "warning",
  preset: "correctness",
  docs: {
    wrong: `- task_key: gold_report # reads main.silver.orders
- task_key: silver_orders # writes main.silver.orders
  depends_on: [{ task_key: gold_report }]`,
    right: `- task_key: silver_orders
- task_key: gold_report
  depends_on: [{ task_key: silver_orders }]`,
    fix: "Reverse the dependency. If the reader should see the previous run's state, suppress the finding and say so.",
    source: "docs/lineage.md",
  },
  *check(graph) {
    const pairs = new TaskPairs();
    for (const { job, order, name, uses, traffic } of sharedTables(graph)) {
      if (isScratch(name)) continue;
      for (const reader of uses) {
        const [read] = reader.reads;
        if (read === undefined || producing(reader) !== undefined) continue;
        const writers = uses.filter((use) => use !== reader && producing(use) !== undefined);
        // Another task has written it before, or could have.
        if (writers.some(({ task }) => !order.isBefore(reader.task, task))) continue;
        for (const writer of writers) {
          const write = producing(writer);
          if (write === undefined) continue;
          // The writer reads what the reader writes, so the data flows back.
          const written = traffic.get(reader.task)?.writes ?? new Set();
          const readBack = traffic.get(writer.task)?.reads ?? new Set();
          const isLoop = [...written].some((each) => readBack.has(each));
          if (!isLoop) pairs.add(job, read, reader.task, write, writer.task);
        }
      }
    }
    for (const pair of pairs.all()) {
      const { job, first, second, tables } = pair;
      const [table] = tables;
      if (table === undefined) continue;
      yield {
        message: `${who(first, table.a)} reads ${what(table.a, tables.length - 1)} before ${who(second, table.b)} writes it`,
        identity: `${quote(first.taskKey)} reads before ${quote(second.taskKey)} writes`,
        fix: `let task ${quote(first.taskKey)} of ${quote(job.key)} depend on ${quote(second.taskKey)}, not the reverse`,
        sites: sitesOf(pair),
      };
    }
  },
});
