import type { RunId } from "../../src/core/model/int64";
import { AlertingJobs } from "../../src/alerting/atomic-jobs";
import { local } from "../../src/alerting/environments";
import { AlertingSetupOrchestrator } from "../../src/alerting/setup-orchestrator";
import { JobLayer } from "@jobstrata/cdktf";
import { makeSampleData, query, type QueryAnswer } from "../../src/local/execute/query";
import type { TaskOutput } from "../../src/core/model/run-tree";
import { RunSession } from "../../src/run/run-session";
import { describeWithEngine, sharedEngine } from "../support/engine";
import { succeeded, TestWorkspace } from "./support/local-workspace";
import { describeWithTerraform } from "./support/terraform";

const STACKS = ["alerting-local-atomic", "alerting-local-composite"];
const ORCHESTRATOR = "[local] Health Monitor - Alerting Layer Setup";
const NOTIFICATIONS = "[local] Health Monitor - Alerting Notification Destinations Sync";
const DEPLOYMENT = "[local] Health Monitor - Alerting Deployment";
const MAIN = { catalog: "main", schema: "gold" };

interface Alert {
  id: string;
  display_name: string;
  query_text: string;
}

describeWithTerraform("with Terraform", () => {
  describeWithEngine("the notebooks of the alerting layer", () => {
    let workspace: TestWorkspace;
    let python: string;

    beforeAll(async () => {
      ({ python } = await sharedEngine());
      workspace = await TestWorkspace.open("local");
      workspace.synth((app) => {
        const layer = new JobLayer(app, "alerting", { environment: local });
        new AlertingSetupOrchestrator(layer.composite, new AlertingJobs(layer.atomic));
      });
      await workspace.init(...STACKS);
      for (const stack of STACKS) await workspace.apply(stack);
      await makeSampleData(python, workspace.dataDir, [MAIN]);
    });

    afterAll(async () => {
      await workspace.close();
    });

    afterEach(async () => {
      await workspace.faults();
    });

    type Rows = readonly (readonly unknown[])[];

    /** The rows of each statement: of all in one process, since each takes seconds to start. */
    async function sql(...statements: string[]): Promise<Rows[]> {
      const answers: QueryAnswer[] = [];
      const { dataDir } = workspace;
      await query(python, { dataDir, sql: statements.join(";\n"), limit: 100 }, (answer) => {
        if (!("note" in answer)) answers.push(answer);
      });
      return answers.map((answer) => {
        if ("rows" in answer) return answer.rows;
        throw new Error(JSON.stringify(answers));
      });
    }

    interface Finished {
      readonly runId: number;
      readonly result: string | undefined;
      readonly tasks: Record<string, TaskResult>;
    }
    /** A task of the composite job, with what the one task of the job that it runs has left. */
    interface TaskResult {
      readonly result: string;
      readonly output?: TaskOutput;
    }

    async function follow(runId: number): Promise<Finished> {
      const run = await new RunSession(workspace.client, runId, { pollMs: 100 }).follow();
      const tasks: Record<string, TaskResult> = {};
      for (const { taskKey, status, child, output } of run?.tasks ?? []) {
        const left = child?.tasks[0]?.output ?? output;
        tasks[taskKey] = { result: status.state, ...(left && { output: left }) };
      }
      return { runId, result: run?.status.state, tasks };
    }

    async function run(name: string, parameters: Record<string, string> = {}): Promise<Finished> {
      const { job_id } = await workspace.job(name);
      const { run_id } = await workspace.api<{ run_id: number }>("POST", "/api/2.2/jobs/run-now", {
        job_id,
        notebook_params: parameters,
      });
      return follow(run_id);
    }

    const results = ({ tasks }: Finished): Record<string, string> =>
      Object.fromEntries(Object.entries(tasks).map(([key, { result }]) => [key, result]));
    const exitValues = ({ tasks }: Finished): Record<string, string | undefined> =>
      Object.fromEntries(Object.entries(tasks).map(([key, { output }]) => [key, output?.result]));
    /** Without their states, which change whenever a schedule fires. */
    const alerts = async (): Promise<Alert[]> => {
      const path = "/api/2.0/alerts?page_size=100";
      const { alerts: all = [] } = await workspace.api<{ alerts?: Alert[] }>("GET", path);
      return all.map(({ id, display_name, query_text }) => ({ id, display_name, query_text }));
    };
    const destinations = async (): Promise<{ id: string; display_name: string }[]> => {
      const path = "/api/2.0/notification-destinations?page_size=100";
      interface Answer {
        results?: { id: string; display_name: string }[];
      }
      return (await workspace.api<Answer>("GET", path)).results ?? [];
    };

    const COUNTS = `
      SELECT
        (SELECT count(*) FROM main.gold.alert_configurations),
        (SELECT count(DISTINCT alert_id) FROM main.gold.alert_configurations),
        (SELECT count_if(last_sync_status = 'SUCCESS') FROM main.gold.alert_configurations),
        (SELECT count(DISTINCT databricks_alert_id) FROM main.gold.alert_configurations),
        (SELECT count(*) FROM main.gold.alert_validation_results),
        (SELECT count_if(is_valid) FROM main.gold.alert_validation_results),
        (SELECT count(*) FROM main.gold.notification_destinations),
        (SELECT count(DISTINCT databricks_destination_id) FROM main.gold.notification_destinations)`;

    const GREEN = {
      setup_alerting_tables: "SUCCESS",
      seed_all_alerts: "SUCCESS",
      validate_alert_queries: "SUCCESS",
      sync_notification_destinations: "SUCCESS",
      deploy_sql_alerts: "SUCCESS",
    };

    it("leave 29 alerts, seeded, valid and synced", async () => {
      const finished = await run(ORCHESTRATOR);
      expect(results(finished)).toEqual(GREEN);
      expect(exitValues(finished)).toEqual(GREEN);
      expect(finished.result).toBe("SUCCESS");
      const [counts, stored, metrics] = await sql(
        COUNTS,
        "SELECT databricks_alert_id, databricks_display_name FROM main.gold.alert_configurations ORDER BY 1",
        "SELECT total_alerts, created_count, error_count, dry_run, catalog FROM main.gold.alert_sync_metrics",
      );
      expect(counts).toEqual([[29, 29, 29, 29, 29, 29, 5, 4]]);
      const made = (await alerts()).map(({ id, display_name }) => [id, display_name]).sort();
      expect(made).toEqual(stored);
      expect(made.map(([, name]) => name)).toContain(
        "[CRITICAL] COST-001 Daily cost above budget (main.gold)",
      );
      expect(metrics).toEqual([[29, 29, 0, false, "main"]]);
    });

    it("create no duplicates when they run again", async () => {
      const before = await alerts();
      const finished = await run(ORCHESTRATOR);
      expect(results(finished)).toEqual(GREEN);
      expect(await alerts()).toEqual(before);
      expect(await destinations()).toHaveLength(4);
      const [counts, metrics] = await sql(
        COUNTS,
        "SELECT created_count, updated_count, skipped_count FROM main.gold.alert_sync_metrics ORDER BY sync_started_at",
      );
      expect(counts).toEqual([[29, 29, 29, 29, 29, 29, 5, 4]]);
      expect(metrics).toEqual([
        [29, 0, 0],
        [0, 0, 29],
      ]);
    });

    it("stop before the deployment at a broken query, and continue from there once it is fixed", async () => {
      const table = "main.gold.alert_configurations";
      const selectTemplate = `SELECT alert_query_template FROM ${table} WHERE alert_id = 'COST-003'`;
      const [template] = await sql(
        selectTemplate,
        `UPDATE ${table} SET alert_query_template = replace(alert_query_template, 'is_tagged', 'is_taged') WHERE alert_id = 'COST-003'`,
      );
      const broken = await run(ORCHESTRATOR);
      expect(broken.result).toBe("FAILED");
      expect(results(broken)).toEqual({
        ...GREEN,
        validate_alert_queries: "FAILED",
        deploy_sql_alerts: "UPSTREAM_FAILED",
      });
      const { output } = broken.tasks.validate_alert_queries ?? {};
      expect(output?.error).toMatch(/InvalidAlerts: 1 of 29 alerts are not valid: COST-003/);
      expect(output?.logs).toContain("COST-003: UNRESOLVED_COLUMN: is_taged does not exist");
      expect(output?.errorTrace).toMatch(/src\/alerting\/validate_alert_queries", line \d+/);
      const [invalid, , mended] = await sql(
        "SELECT alert_id, error_message FROM main.gold.alert_validation_results WHERE NOT is_valid",
        `UPDATE ${table} SET alert_query_template = replace(alert_query_template, 'is_taged', 'is_tagged') WHERE alert_id = 'COST-003'`,
        selectTemplate,
      );
      expect(invalid).toEqual([["COST-003", "UNRESOLVED_COLUMN: is_taged does not exist"]]);
      expect(mended).toEqual(template);
      const runsOf = async (): Promise<Record<string, RunId>> => {
        const { tasks = [] } = await workspace.client.getRun(broken.runId);
        return Object.fromEntries(tasks.map(({ task_key, run_id }) => [task_key, run_id]));
      };
      const before = await runsOf();
      await workspace.api("POST", "/api/2.2/jobs/runs/repair", {
        run_id: broken.runId,
        rerun_all_failed_tasks: true,
      });
      const repaired = await follow(broken.runId);
      expect(repaired.result).toBe("SUCCESS");
      const after = await runsOf();
      const again = Object.keys(after).filter((key) => after[key] !== before[key]);
      expect(again.sort()).toEqual(["deploy_sql_alerts", "validate_alert_queries"]);
    });

    it("name the alerts that need a table that is missing", async () => {
      await sql("DROP TABLE main.gold.fact_query_history");
      const finished = await run(ORCHESTRATOR);
      expect(results(finished).deploy_sql_alerts).toBe("UPSTREAM_FAILED");
      const error = finished.tasks.validate_alert_queries?.output?.error ?? "";
      expect(error).toContain(
        "4 of 29 alerts are not valid: PERF-001, PERF-002, PERF-003, PERF-005",
      );
      await makeSampleData(python, workspace.dataDir, [MAIN]);
    });

    /** Leaves no destination in the workspace, and none of their ids in the table. */
    async function forgetDestinations(): Promise<void> {
      for (const { id } of await destinations()) {
        const path = `${workspace.host}/api/2.0/notification-destinations/${id}`;
        const { token } = workspace;
        await fetch(path, { method: "DELETE", headers: { Authorization: `Bearer ${token}` } });
      }
      await sql("UPDATE main.gold.notification_destinations SET databricks_destination_id = NULL");
    }

    const POST_DESTINATION = "POST /api/2.0/notification-destinations";

    it("make the other destinations when the workspace fails for one", async () => {
      await forgetDestinations();
      await workspace.faults({
        requests: [{ match: POST_DESTINATION, fault: 500, body: "Security team" }],
      });
      const finished = await run(NOTIFICATIONS);
      expect(finished.result).toBe("SUCCESS");
      expect(Object.values(exitValues(finished))).toEqual([
        "PARTIAL_SUCCESS: 1 failures: security-email",
      ]);
      expect(await workspace.struck()).toEqual([4]);
      expect((await destinations()).map(({ display_name }) => display_name).sort()).toEqual([
        "Data platform team",
        "Data quality team",
        "FinOps team",
      ]);
    });

    it("stop at once when the workspace denies them something", async () => {
      await forgetDestinations();
      await workspace.faults({ requests: [{ match: POST_DESTINATION, fault: 403 }] });
      const denied = await run(NOTIFICATIONS);
      expect(denied.result).toBe("FAILED");
      const [task] = Object.values(denied.tasks);
      expect(task?.output?.error).toContain(
        "does not let this job make notification destinations: PermissionDenied",
      );

      await workspace.faults({ requests: [{ match: "GET /api/2.0/alerts", fault: 403 }] });
      const deployment = await run(DEPLOYMENT);
      expect(deployment.result).toBe("FAILED");
      expect(await workspace.struck()).toEqual([1]);
      await workspace.faults();
      expect((await run(NOTIFICATIONS)).result).toBe("SUCCESS");
    });

    it("treat hostile text as text", async () => {
      const hostile = `it's "q"; DROP TABLE main.gold.alert_configurations; -- \${catalog} \`x\``;
      const literal = `'${hostile.replaceAll("'", "\\'")}'`;
      await sql(
        `UPDATE main.gold.alert_configurations SET alert_name = ${literal}, owner = ${literal} WHERE alert_id = 'SEC-001'`,
      );
      const finished = await run(ORCHESTRATOR);
      expect(results(finished)).toEqual(GREEN);
      expect(await sql(COUNTS)).toEqual([[[29, 29, 29, 29, 29, 29, 5, 4]]]);
      const names = (await alerts()).map(({ display_name }) => display_name);
      expect(names).toHaveLength(29);
      expect(names).toContain(`[CRITICAL] SEC-001 ${hostile} (main.gold)`);
    });

    it("find no catalog that nobody has deployed for", async () => {
      const finished = await run("[local] Health Monitor - Alerting Tables Setup", {
        catalog: "nosuch",
      });
      expect(finished.result).toBe("FAILED");
      const [task] = Object.values(finished.tasks);
      expect(task?.output?.error).toContain("[NO_SUCH_CATALOG_EXCEPTION] Catalog 'nosuch'");
    });

    it("work in the catalog that they are deployed for", async () => {
      const before = await sql(COUNTS);
      const args = ["apply", "-input=false", "-auto-approve", "-var", "catalog=prod_eu"];
      for (const stack of STACKS) succeeded(await workspace.terraform(stack, ...args));
      await makeSampleData(python, workspace.dataDir, [{ catalog: "prod_eu", schema: "gold" }]);
      const finished = await run(ORCHESTRATOR);
      expect(results(finished)).toEqual(GREEN);
      expect(await sql(COUNTS.replaceAll("main.gold", "prod_eu.gold"), COUNTS)).toEqual([
        [[29, 29, 29, 29, 29, 29, 5, 4]],
        ...before,
      ]);
      expect(await alerts()).toHaveLength(58);
    });
  });
});
