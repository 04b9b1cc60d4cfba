import { quote } from "../../model/text";
import {
  isScratch,
  producing,
  sharedTables,
  sitesOf,
  type TableUse,
  TaskPairs,
  twoOf,
  what,
  who,
} from "../data-conflicts";
import { defineRule } from "../rule";

export const unorderedWriters = defineRule({
  name: "unordered-writers",
  usesLineage: true,
  summary: "Tasks of one job that write the same table run in a defined order.",
  rationale:
    "If two tasks write at the same time, the later one wins or fails with a conflict: the table depends on chance.",
  severity: "warning",
  preset: "correctness",
  options: ["commutative"],
  docs: {
    wrong: `- task_key: load_orders # overwrites main.silver.orders
- task_key: correct_orders # merges into main.silver.orders`,
    right: `- task_key: load_orders
- task_key: correct_orders
  depends_on: [{ task_key: load_orders }]`,
    fix: 'Order the tasks with depends_on. If they only append rows and their order does not matter, declare that: `unordered-writers: {commutative: true}`, or a list of tables such as `["main.ops.*"]`. Tasks that create a table only if it is missing do not conflict.',
    source: "Delta Lake, concurrency control",
  },
  *check(graph, { commutative }) {
    const pairs = new TaskPairs();
    for (const { job, order, name, uses } of sharedTables(graph)) {
      if (isScratch(name)) continue;
      const mayAppend = isCommutative(name, commutative);
      for (const [a, b] of twoOf(uses)) {
        const first = lasting(a);
        const second = lasting(b);
        if (first === undefined || second === undefined) continue;
        if (producing(a) === undefined && producing(b) === undefined) continue;
        if (mayAppend && onlyAppends(a) && onlyAppends(b)) continue;
        if (order.isUnordered(a.task, b.task)) pairs.add(job, second, b.task, first, a.task);
      }
    }
    for (const pair of pairs.all()) {
      const { job, first, second, tables } = pair;
      const [table] = tables;
      if (table === undefined) continue;
      yield {
        message: `${who(second, table.b)} and ${who(first, table.a)} both write ${what(table.a, tables.length - 1)}, and nothing in ${quote(job.key)} orders them`,
        identity: `${quote(second.taskKey)} and ${quote(first.taskKey)} write`,
        fix: `order them, for example with depends_on ${quote(second.taskKey)} in task ${quote(first.taskKey)} of ${quote(job.key)}`,
        sites: sitesOf(pair),
      };
    }
  },
});

/** A write that changes existing data. */
const lasting = (use: TableUse) =>
  producing(use) ?? use.writes.find(({ write }) => write === "drop");

const onlyAppends = ({ writes }: TableUse): boolean =>
  writes.every(({ write }) => write === "append" || write === "create-if-missing");

function isCommutative(name: string, option: unknown): boolean {
  if (option === true) return true;
  const names = Array.isArray(option) ? (option as unknown[]) : [];
  return names.some((each) => {
    if (typeof each !== "string") return false;
    const start = each.endsWith("*") ? each.slice(0, -1).toLowerCase() : undefined;
    return start === undefined ? each.toLowerCase() === name : name.startsWith(start);
  });
}
