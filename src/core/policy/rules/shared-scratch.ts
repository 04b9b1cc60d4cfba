import { quote } from "../../model/text";
import { isScratch, sharedTables, sitesOf, TaskPairs, twoOf, what, who } from "../data-conflicts";
import { defineRule } from "../rule";

export const sharedScratch = defineRule({
  name: "shared-scratch",
  usesLineage: true,
  summary: "Tasks that can run at the same time share no temporary table or path.",
  rationale:
    "Each overwrites what the other is about to read. Names that contain tmp, temp or scratch, and global temporary views, count as temporary.",
  severity: "warning",
  preset: "correctness",
  docs: {
    wrong: `- task_key: load_emea # writes main.tmp.stage, and reads it
- task_key: load_apac # writes main.tmp.stage, and reads it`,
    right: `- task_key: load_emea # writes main.tmp.stage_emea
- task_key: load_apac # writes main.tmp.stage_apac`,
    fix: "Give each task its own temporary table, for example with a parameter in the name, or let one task depend on the other.",
    source: "docs/lineage.md",
  },
  *check(graph) {
    const pairs = new TaskPairs();
    for (const { job, order, name, uses } of sharedTables(graph)) {
      if (!isScratch(name)) continue;
      for (const [a, b] of twoOf(uses)) {
        const [writeA] = a.writes;
        const [writeB] = b.writes;
        const first = writeA ?? a.reads[0];
        const second = writeB ?? b.reads[0];
        if (first === undefined || second === undefined) continue;
        if (writeA === undefined && writeB === undefined) continue;
        if (order.isUnordered(a.task, b.task)) pairs.add(job, first, a.task, second, b.task);
      }
    }
    for (const pair of pairs.all()) {
      const { job, first, second, tables } = pair;
      const [table] = tables;
      if (table === undefined) continue;
      yield {
        message: `${who(first, table.a)} and ${who(second, table.b)} share the temporary ${what(table.a, tables.length - 1)}, and nothing in ${quote(job.key)} orders them`,
        identity: `${quote(first.taskKey)} and ${quote(second.taskKey)} share`,
        fix: "give each its own name, or let one depend on the other",
        sites: sitesOf(pair),
      };
    }
  },
});
