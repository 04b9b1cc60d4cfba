import { taskCycle } from "../../../src/policy/rules/task-cycle";
import { atomic, composite, findings, itAccepts, runTask } from "../../support/graph";

const tables = atomic("alerting_tables_job");
const graph = (edges: Record<string, string[]>) =>
  composite("alerting_setup_job", [], {
    tasks: Object.entries(edges).map(([key, dependsOn]) => runTask(key, tables, { dependsOn })),
  });

describe("task-cycle", () => {
  itAccepts(taskCycle, {
    "a diamond": [graph({ setup: [], seed: ["setup"], sync: ["setup"], deploy: ["seed", "sync"] })],
    "a dependency on a task that does not exist, which is another rule's": [
      graph({ seed: ["setup"] }),
    ],
  });

  it.each<{ edges: Record<string, string[]>; cycle: string }>([
    { edges: { setup: ["setup"] }, cycle: '"setup" -> "setup"' },
    { edges: { setup: ["seed"], seed: ["setup"] }, cycle: '"seed" -> "setup" -> "seed"' },
    {
      edges: { start: [], setup: ["start", "deploy"], seed: ["setup"], deploy: ["seed"] },
      cycle: '"setup" -> "deploy" -> "seed" -> "setup"',
    },
  ])("finds $cycle", ({ edges, cycle }) => {
    const [finding, ...others] = findings(taskCycle, graph(edges));
    expect(others).toEqual([]);
    const around = cycle.split(" -> ").slice(1);
    const found = finding?.message.replace(
      'tasks of job "alerting_setup_job" depend on each other: ',
      "",
    );
    // Where in the cycle it begins says nothing.
    expect(
      around
        .map((_, i) => [...around.slice(i), ...around.slice(0, i)])
        .map((c) => [...c, c[0]].join(" -> ")),
    ).toContain(found);
  });

  it("finds each of two separate cycles", () => {
    const job = graph({ a: ["b"], b: ["a"], c: ["d"], d: ["c"], e: [] });
    expect(findings(taskCycle, job)).toHaveLength(2);
  });
});
