import { dataFlow, type TaskFlow } from "../../model/data-flow";
import { quote } from "../../model/text";
import { defineRule } from "../rule";

export const dependencyWithoutData = defineRule({
  name: "dependency-without-data",
  usesLineage: true,
  summary: "A task depends on another only if tables connect them.",
  rationale:
    "A dependency without shared data makes a run take longer than necessary. Only tasks whose tables are all known are compared.",
  severity: "info",
  // Opt-in only.
  preset: [],
  docs: {
    wrong: `- task_key: load_orders # writes main.bronze.orders
- task_key: load_customers # has nothing to do with orders
  depends_on: [{ task_key: load_orders }]`,
    right: `- task_key: load_orders
- task_key: load_customers`,
    fix: "Remove the dependency, or suppress the finding and state what else needs it. The rule applies only if the configuration names it: `dependency-without-data: info`.",
    source: "docs/lineage.md",
  },
  *check(graph) {
    const flow = dataFlow(graph);
    for (const job of graph.jobs) {
      if (job.tasks.every(({ dependsOn }) => dependsOn.length === 0)) continue;
      const runs = flow.runsOf(job);
      const found = new Set<string>();
      for (const tasks of runs) {
        const byKey = new Map(tasks.map((each) => [each.task.taskKey, each]));
        for (const after of tasks)
          for (const key of after.task.dependsOn) {
            const before = byKey.get(key);
            if (before === undefined || !isWhole(after) || !isWhole(before)) continue;
            const id = JSON.stringify([after.task.taskKey, key]);
            if (shares(before, after) || found.has(id)) continue;
            found.add(id);
            yield {
              message: `task ${quote(after.task.taskKey)} depends on ${quote(key)}, but no table connects them`,
              fix: `remove depends_on ${quote(key)} unless something else needs it`,
              sites: [{ job, taskKey: after.task.taskKey }],
            };
          }
      }
    }
  },
});

const isWhole = ({ isPartial, accesses }: TaskFlow): boolean => !isPartial && accesses.length > 0;

/** Whether one task writes what the other uses. */
function shares(before: TaskFlow, after: TaskFlow): boolean {
  const written = (flow: TaskFlow): Set<string> =>
    new Set(flow.accesses.filter(({ write }) => write !== undefined).map(({ name }) => name));
  const first = written(before);
  const second = written(after);
  return (
    after.accesses.some(({ name }) => first.has(name)) ||
    before.accesses.some(({ name }) => second.has(name))
  );
}
