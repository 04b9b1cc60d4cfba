import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeWithEngine, sharedEngine } from "../support/engine";
import { type Ended, jobstrata, processesWith, ROOT, run } from "./support/processes";
import { providerBinaryEnv } from "./support/provider-binary";
import { describeWithTerraform } from "./support/terraform";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "jobstrata-e2e-")));
const data = join(folder, "data");
const env: NodeJS.ProcessEnv = { ...process.env, ...providerBinaryEnv(folder) };

/** Runs `jobstrata local …` in this project, with data of its own. */
const local = (command: string, ...args: string[]): Promise<Ended> =>
  run(jobstrata("local", command, "--data", data, ...args), { cwd: ROOT, env });

const RUN = ["alerting-local-*", "--run", "alerting_setup_orchestrator_job"];

describeWithTerraform("with Terraform", () => {
  describeWithEngine("the tables of the local workspace", () => {
    beforeAll(async () => {
      await sharedEngine();
    });

    afterAll(() => {
      expect(processesWith(folder)).toEqual([]);
      rmSync(folder, { recursive: true });
    });

    it("are made by the alerting layer, whose run ends with its jobs and what they left", async () => {
      const args = ["--sample-data", "--sql", "src/alerting/summary.sql", "--alerts"];
      const { code, stdout, stderr } = await local("try", ...RUN, ...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(stdout).toMatch(/alerting-local-atomic +\d\d added, 0 changed, 0 destroyed/);
      expect(stdout).toMatch(/main\.gold\.fact_usage +112 rows/);
      for (const [task, job] of [
        ["setup_alerting_tables", "alerting_tables_job"],
        ["seed_all_alerts", "alerting_seed_job"],
        ["validate_alert_queries", "alerting_validation_job"],
        ["sync_notification_destinations", "alerting_notifications_job"],
        ["deploy_sql_alerts", "alerting_deploy_job"],
      ])
        expect(stdout).toMatch(
          new RegExp(`^.─ ✔ ${task} +SUCCESS +\\d+\\.\\d s  → ${job}  run \\d+$`, "m"),
        );
      expect(
        stdout.match(/^[│ ] {2}└─ ✔ \w+ +SUCCESS +\d+\.\d s {2}"SUCCESS" {2}run \d+$/gm),
      ).toHaveLength(5);
      for (const line of ["alerts seeded +29", "alerts valid +29", "destinations synced +4"])
        expect(stdout).toMatch(new RegExp(`^${line}$`, "m"));
      expect(stdout).toMatch(/^alerts synced +29$/m);
      expect(stdout).toMatch(/^11 of 29 alerts triggered$/m);
      const triggered = [...stdout.matchAll(/^TRIGGERED .* ([A-Z]+-\d{3}) /gm)].map(([, id]) => id);
      expect(triggered.sort()).toEqual([
        ...["COST-002", "COST-006", "PERF-002", "PERF-005", "QUAL-003", "QUAL-004"],
        ...["RELI-002", "RELI-003", "SEC-001", "SEC-004", "SEC-008"],
      ]);
    });

    it("report which alerts trigger, and their notifications", async () => {
      const { code, stdout } = await local("alerts", "--json");
      expect(code).toBe(0);
      const { alerts, notifications } = JSON.parse(stdout) as {
        alerts: Record<string, string>[];
        notifications: Record<string, string>[];
      };
      const states = alerts.map(({ state }) => state);
      expect([states.filter((state) => state === "OK").length, states.length]).toEqual([18, 29]);
      const growth = notifications.filter(({ alert_name = "" }) => alert_name.includes("COST-002"));
      expect(growth).toMatchObject([
        {
          state: "TRIGGERED",
          subject:
            'Alert "[WARNING] COST-002 Weekly cost growth (main.gold)" changed status to TRIGGERED',
          recipient: { display_name: "FinOps team", destination_type: "EMAIL" },
        },
      ]);
    });

    it("answer queries as a table, as JSON and as CSV", async () => {
      const sql =
        "SELECT alert_id, threshold_value_double AS threshold, notification_channels AS channels FROM main.gold.alert_configurations WHERE alert_id < 'COST-003' ORDER BY 1";
      expect(await local("sql", sql)).toMatchObject({
        code: 0,
        stderr: "",
        stdout: [
          "alert_id  threshold  channels",
          "--------  ---------  -------------------------------",
          'COST-001       5000  ["finops-email","oncall-slack"]',
          'COST-002         30  ["finops-email"]',
          "",
        ].join("\n"),
      });
      expect(JSON.parse((await local("sql", "--format", "json", sql)).stdout)).toEqual([
        { alert_id: "COST-001", threshold: 5000, channels: ["finops-email", "oncall-slack"] },
        { alert_id: "COST-002", threshold: 30, channels: ["finops-email"] },
      ]);
      expect((await local("sql", "--format", "csv", sql)).stdout).toBe(
        'alert_id,threshold,channels\nCOST-001,5000,"[""finops-email"",""oncall-slack""]"\nCOST-002,30,"[""finops-email""]"\n',
      );
    });

    it("answer several statements of a file, up to the one that fails", async () => {
      const file = join(folder, "statements.sql");
      writeFileSync(
        file,
        `-- three; statements
         SELECT ';' AS semicolon;
         SELECT nope FROM main.gold.fact_usage;
         DROP TABLE main.gold.fact_usage;`,
      );
      const { code, stdout, stderr } = await local("sql", "--file", file);
      expect(code).toBe(1);
      expect(stdout).toBe("semicolon\n---------\n;\n");
      expect(stderr).toMatch(
        /^\[UNRESOLVED_COLUMN\.WITHOUT_SUGGESTION\] .*`nope` cannot be resolved/,
      );
      const count = await local("sql", "SELECT count(*) AS rows FROM main.gold.fact_usage");
      expect(count.stdout).toContain("112");
    });

    it("cut an answer at the limit, and say so", async () => {
      const { stdout, stderr } = await local(
        "sql",
        "--limit",
        "2",
        "SELECT explode(sequence(1, 5)) AS n",
      );
      expect(stdout).toBe("n\n-\n1\n2\n");
      expect(stderr).toBe("… more than 2 rows; --limit shows more\n");
    });

    it("show what others wrote without letting it draw", async () => {
      const { stdout } = await local("sql", "SELECT '\\u001b[31mred\\nline' AS text");
      expect(stdout).toContain("\\u001b[31mred\\u000aline");
    });

    it.each([
      [[], "there is no SQL to run"],
      [["--file", "no-such-file.sql"], 'the SQL in "no-such-file.sql" cannot be read'],
      [["--limit", "0", "SELECT 1"], "It must be a whole number above 0."],
      [["--format", "xml", "SELECT 1"], "Allowed choices are table, json, csv."],
    ])("are not asked with %j", async (args, message) => {
      const { code, stderr, stdout } = await local("sql", ...args);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toContain(message);
      expect(stderr).not.toMatch(/^\s+at /m);
    });

    it("are required: without one, the validation fails and names the alerts that need it", async () => {
      await local("sql", "DROP TABLE main.gold.fact_table_freshness");
      const { code, stdout } = await local("try", ...RUN);
      expect(code).toBe(1);
      expect(stdout).toContain("2 of 29 alerts are not valid: QUAL-004, QUAL-005");
      expect(stdout).toContain(
        "QUAL-004: TABLE_OR_VIEW_NOT_FOUND: main.gold.fact_table_freshness does not exist",
      );
      expect(stdout).toMatch(/^└─ – deploy_sql_alerts +UPSTREAM_FAILED/m);
      expect(stdout).toMatch(/did not run because of it: deploy_sql_alerts$/m);
      const [, hint = ""] = /npx jobstrata runs --local .*?(\d+)$/m.exec(stdout) ?? [];

      const logs = await local("logs", hint);
      expect(logs).toMatchObject({ code: 0, stderr: "" });
      expect(logs.stdout).toMatch(
        /^ {2}validate_alert_queries \(run \d+\): FAILED in \d+\.\d s\n {4}.*Query Validation \(run \d+\): FAILED\n {6}validate_queries \(run \d+\): FAILED/m,
      );
      expect(logs.stdout).toContain("29 enabled alerts are valid");
      expect(logs.stdout).toMatch(/File "\/Shared\/.*\/validate_alert_queries", line \d+/);
      expect(logs.stdout).toContain("exit value: SUCCESS");
    });

    it("are recreated by sample-data, unless they were made or changed by others", async () => {
      await local(
        "sql",
        "DROP TABLE main.gold.fact_usage; CREATE TABLE main.gold.fact_usage AS SELECT 1 AS mine; DELETE FROM main.gold.fact_data_quality",
      );
      const { code, stdout } = await local("sample-data");
      expect(code).toBe(0);
      expect(stdout).toMatch(
        /main\.gold\.fact_usage +kept: it is not a sample, or was changed since/,
      );
      expect(stdout).toMatch(/main\.gold\.fact_data_quality +kept: it is not a sample/);
      expect(stdout).toMatch(/main\.gold\.fact_table_freshness +10 rows/);
      expect((await local("sql", "SELECT * FROM main.gold.fact_usage")).stdout).toBe(
        "mine\n----\n   1\n",
      );
    });

    it("need jobs that say where sample data are to be", async () => {
      const other = join(folder, "other");
      mkdirSync(other);
      const { code, stderr } = await run(jobstrata("local", "sample-data", "--data", other), {
        cwd: ROOT,
        env,
      });
      expect(code).toBe(2);
      expect(stderr).toContain("no deployed job has the parameters catalog and gold_schema");
    });

    it.each([
      ["999999", /Run 999999 does not exist/],
      ["x", /An id is a whole number above 0/],
    ])("have nothing to do with the logs of run %s", async (runId, message) => {
      const { code, stderr } = await local("logs", runId);
      expect(code).toBe(2);
      expect(stderr).toMatch(message);
    });
  });
});
