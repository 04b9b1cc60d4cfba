import type { JobSpec, TaskSpec } from "../../model/job-spec";
import { quote } from "../../model/text";
import {
  isScratch,
  making,
  producing,
  sharedTables,
  sitesOf,
  TaskPairs,
  what,
  who,
} from "../data-conflicts";
import { defineRule } from "../rule";

export const missingDependency = defineRule({
  name: "missing-dependency",
  usesLineage: true,
  summary: "A task that reads a table runs after the tasks of the same job that write it.",
  rationale:
    "Tasks without an order run at the same time, so the reader can see yesterday's table or half of today's, and the run still succeeds.",
  severity: "error",
  preset: "correctness",
  docs: {
    wrong: `- task_key: silver_orders # writes main.silver.orders
- task_key: gold_report # reads main.silver.orders`,
    right: `- task_key: silver_orders
- task_key: gold_report
  depends_on: [{ task_key: silver_orders }]`,
    fix: "Add the dependency that the finding names; `jobstrata check --fix` does so in the YAML of a bundle. Tables are found in notebooks, SQL files and Python files, with the parameters of the tasks; names that cannot be resolved are ignored.",
    source: "docs/lineage.md",
  },
  *check(graph) {
    const pairs = new TaskPairs();
    for (const { job, order, name, uses } of sharedTables(graph)) {
      if (isScratch(name)) continue;
      for (const reader of uses) {
        const [read] = reader.reads;
        // unordered-writers reports two tasks that both write the table.
        if (read === undefined || producing(reader) !== undefined) continue;
        for (const writer of uses) {
          const write = making(reader) === undefined ? making(writer) : producing(writer);
          if (write === undefined || !order.isUnordered(reader.task, writer.task)) continue;
          if (reader !== writer) pairs.add(job, read, reader.task, write, writer.task);
        }
      }
    }
    const added = new Map<JobSpec, Added>();
    for (const pair of pairs.all()) {
      const { job, first, second, tables } = pair;
      const [table] = tables;
      if (table === undefined) continue;
      const { a: read, b: write } = table;
      const isMutual = pairs.has(job, second, first);
      const known = added.get(job) ?? new Added(job);
      added.set(job, known);
      const isSafe = !isMutual && known.add(first, second);
      const about = what(read, tables.length - 1);
      yield {
        message: `${who(first, read)} reads ${about}, which ${who(second, write)} writes, and nothing in ${quote(job.key)} orders them`,
        identity: `${quote(first.taskKey)} reads what ${quote(second.taskKey)} writes`,
        fix: isSafe
          ? `add depends_on ${quote(second.taskKey)} to task ${quote(first.taskKey)} of ${quote(job.key)}`
          : isMutual
            ? `each reads what the other writes: split one of them, or order them with depends_on`
            : `add depends_on ${quote(second.taskKey)} to task ${quote(first.taskKey)} of ${quote(job.key)}, after resolving the cycle with the other findings`,
        ...(isSafe && { edit: { list: "depends_on", item: { task_key: second.taskKey } } }),
        sites: sitesOf(pair),
      };
    }
  },
});

/** A job's dependencies, including those that findings propose, which must stay acyclic. */
class Added {
  readonly #dependencies: Map<string, string[]>;

  public constructor(job: JobSpec) {
    this.#dependencies = new Map(
      job.tasks.map(({ taskKey, dependsOn }) => [taskKey, [...dependsOn]]),
    );
  }

  /** Adds a dependency of `task` on `other`. @returns false if it would create a cycle */
  public add({ taskKey: task }: TaskSpec, { taskKey: other }: TaskSpec): boolean {
    const reached = new Set([other]);
    for (const key of reached)
      for (const next of this.#dependencies.get(key) ?? []) reached.add(next);
    if (reached.has(task)) return false;
    this.#dependencies.get(task)?.push(other);
    return true;
  }
}
