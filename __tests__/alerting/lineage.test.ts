import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AlertingJobs } from "../../src/alerting/atomic-jobs";
import { dev } from "../../src/alerting/environments";
import { AlertingSetupOrchestrator } from "../../src/alerting/setup-orchestrator";
import { JobLayer } from "@jobstrata/cdktf";
import { dataFlow, JobGraph, type JobSpec, TaskOrder } from "@jobstrata/core/model";
import { RULES } from "@jobstrata/core/policy";
import { readSynthesized } from "@jobstrata/core/readers";
import { synthesize } from "../support/synth";

const ORCHESTRATOR = "alerting_setup_orchestrator_job";
/** What Terraform puts in for the variables of an environment that changes the workspace. */
const VALUES: Readonly<Record<string, string>> = {
  catalog: "main",
  gold_schema: "gold",
  dry_run: "false",
  warehouse_id: "w",
};

/** The jobs of dev with the values of variables, as a plan has them. */
function alertingGraph(): JobGraph {
  const { outdir } = synthesize((app) => {
    const { atomic, composite } = new JobLayer(app, "alerting", { environment: dev });
    new AlertingSetupOrchestrator(composite, new AlertingJobs(atomic));
  });
  const [graph] = readSynthesized(outdir).graphs;
  if (graph === undefined) throw new Error("there is no environment");
  const filled = (text: string): string =>
    text.replace(/\$\{var\.(\w+)\}/g, (all, name: string) => VALUES[name] ?? all);
  const jobs = graph.jobs.map((job): JobSpec => ({
    ...job,
    tasks: job.tasks.map((task) => ({
      ...task,
      parameters: Object.fromEntries(
        Object.entries(task.parameters ?? {}).map(([name, value]) => [name, filled(value)]),
      ),
    })),
  }));
  return new JobGraph("dev", jobs);
}

const graph = alertingGraph();
const table = (name: string): string => `main.gold.${name}`;

function tablesOf(key: string): { reads: string[]; writes: string[] } {
  const job = graph.jobs.find((each) => each.key === key);
  if (job === undefined) throw new Error(`there is no ${key}`);
  const known = dataFlow(graph)
    .accessesOf(job)
    .filter(({ unknown }) => unknown === undefined);
  const names = (isWrite: boolean): string[] =>
    [
      ...new Set(
        known.filter(({ write }) => (write !== undefined) === isWrite).map(({ name }) => name),
      ),
    ].sort();
  return { reads: names(false), writes: names(true) };
}

const LINEAGE = {
  alerting_tables_job: {
    reads: ["notification_destinations"],
    writes: [
      "alert_configurations",
      "alert_sync_metrics",
      "alert_validation_results",
      "notification_destinations",
    ],
  },
  alerting_seed_job: { reads: ["alert_configurations"], writes: ["alert_configurations"] },
  alerting_validation_job: {
    reads: ["alert_configurations", "notification_destinations"],
    writes: ["alert_validation_results"],
  },
  alerting_notifications_job: {
    reads: ["notification_destinations"],
    writes: ["notification_destinations"],
  },
  alerting_deploy_job: {
    reads: ["alert_configurations", "notification_destinations"],
    writes: ["alert_configurations", "alert_sync_metrics"],
  },
} as const;

describe("lineage of the alerting layer", () => {
  it.each(Object.entries(LINEAGE))("is what the docs say for %s", (key, { reads, writes }) => {
    expect(tablesOf(key)).toEqual({ reads: reads.map(table), writes: writes.map(table) });
    const cell = (names: readonly string[]): string =>
      names.map((name) => `\`${name}\``).join(", ");
    const docs = readFileSync(join(process.cwd(), "docs", "alerting.md"), "utf8").replace(
      / +\|/g,
      " |",
    );
    expect(docs).toContain(`| ${key} | ${cell(reads)} | ${cell(writes)} |`);
  });

  it("proves the order of setup, seed, validation and deployment", () => {
    const job = graph.jobs.find(({ key }) => key === ORCHESTRATOR);
    if (job === undefined) throw new Error("there is no orchestrator");
    const order = new TaskOrder(job);
    const [tasks = []] = dataFlow(graph).runsOf(job);
    const later = tasks.flatMap(({ task, accesses }) =>
      tasks.flatMap((other) => {
        const written = other.accesses
          .filter(({ write }) => write !== undefined)
          .map(({ name }) => name);
        return other.task !== task &&
          order.isBefore(other.task, task) &&
          accesses.some(({ name }) => written.includes(name))
          ? [`${other.task.taskKey} -> ${task.taskKey}`]
          : [];
      }),
    );
    for (const step of [
      "setup_alerting_tables -> seed_all_alerts",
      "setup_alerting_tables -> sync_notification_destinations",
      "seed_all_alerts -> validate_alert_queries",
      "seed_all_alerts -> deploy_sql_alerts",
      "sync_notification_destinations -> deploy_sql_alerts",
    ])
      expect(later).toContain(step);
  });

  it("has one race, which the specification of the layer takes and the docs name", () => {
    const names = [
      "missing-dependency",
      "unordered-writers",
      "reads-before-write",
      "shared-scratch",
    ];
    const found = RULES.filter(({ name }) => names.includes(name)).flatMap((rule) => [
      ...rule.check(graph, {}),
    ]);
    expect(found.map(({ identity }) => identity)).toEqual([
      '"validate_alert_queries" reads what "sync_notification_destinations" writes',
    ]);
    expect(found[0]?.message).toContain(`table "${table("notification_destinations")}"`);
  });
});
