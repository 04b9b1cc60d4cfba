import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HierarchyDocument } from "../../../src/core/render/document";
import { ROOT } from "../../e2e/support/processes";
import { tempFolder } from "../../support/policy";
import { jobstrata, type Said } from "../program-support";

const fixture = (name: string): string => join(ROOT, "__tests__", "fixtures", name);
const graph = (...args: string[]): Promise<Said> => jobstrata("graph", ...args);
const threeLayers = fixture("three-layer-bundle");

/** The keys of the jobs that are drawn. */
async function keysOf(...args: string[]): Promise<string> {
  const { out } = await graph(...args, "--format", "json");
  return (JSON.parse(out) as HierarchyDocument).jobs.map(({ key }) => key).join(" ");
}

function bundle(yaml: string): string {
  const folder = tempFolder();
  writeFileSync(join(folder, "databricks.yml"), yaml);
  return folder;
}

describe("jobstrata graph", () => {
  it("draws a tree of the first environment, and says which others there are", async () => {
    const { code, out, err } = await graph(threeLayers);
    expect({ code, err }).toEqual({ code: 0, err: 'Drawing "dev"; -t chooses another: "prod"\n' });
    expect(out.split("\n").map((line) => line.split("  ")[0])).toEqual([
      "nightly_refresh",
      "├─ 1. bronze_refresh",
      "│",
      "│",
      "└─ 2. silver_refresh",
      "",
      "",
    ]);
  });

  it("draws the environment that is asked for", async () => {
    const { out, err } = await graph(threeLayers, "-t", "prod", "--format", "json");
    expect(err).toBe("");
    expect(JSON.parse(out)).toMatchObject({ version: 1, environment: "prod" });
  });

  it.each([
    [["bronze_refresh"], "bronze_orders bronze_customers bronze_refresh"],
    [["silver_orders", "--direction", "up"], "nightly_refresh silver_orders silver_refresh"],
    [["silver_refresh", "--direction", "both"], "nightly_refresh silver_orders silver_refresh"],
    [["nightly_refresh", "--depth", "1"], "bronze_refresh nightly_refresh silver_refresh"],
    [["--depth", "0"], "nightly_refresh"],
    [["bronze_orders", "silver_orders"], "bronze_orders silver_orders"],
  ])("draws the part that is asked for: %j", async (args, expected) => {
    const keys = await keysOf(threeLayers, ...args);
    expect(keys.split(" ").sort()).toEqual(expected.split(" ").sort());
  });

  it("shows what the policy finds, in every format", async () => {
    const wrong = fixture("wrong-bundle");
    expect((await graph(wrong)).out).toMatch(
      /alerting_tables_job {2}atomic.*✖ notebook-in-one-job/,
    );
    expect((await graph(wrong, "--format", "mermaid")).out).toContain('"✖ alerting_tables_job"');
    expect((await graph(wrong, "--format", "dot")).out).toMatch(
      /label="✖ alerting_tables_job", tooltip=".*notebook-in-one-job: .*is used by 2 jobs"/,
    );
    const { jobs } = JSON.parse((await graph(wrong, "--format", "json")).out) as HierarchyDocument;
    expect(jobs.filter(({ findings }) => findings.length > 0).map(({ key }) => key)).toEqual([
      "alerting_setup_orchestrator_job",
      "alerting_tables_job",
    ]);
  });

  it.each([
    ["a.mmd", /^flowchart LR\n/],
    ["a.DOT", /^digraph "Jobs of dev" \{\n/],
    ["a.gv", /^digraph /],
    ["a.json", /^\{\n {2}"version": 1,/],
    ["a.txt", /^nightly_refresh {2}orchestrator\n/],
    ["a", /^nightly_refresh {2}orchestrator\n/],
  ])("writes %s as it is called", async (name, expected) => {
    const file = join(tempFolder(), name);
    expect(await graph(threeLayers, "--output", file)).toMatchObject({ code: 0, out: "" });
    const text = readFileSync(file, "utf8");
    expect(text).toMatch(expected);
    expect(text).toMatch(/[^\n]\n$/);
  });

  it("writes the format that is asked for, however the file is called", async () => {
    const file = join(tempFolder(), "a.json");
    await graph(threeLayers, "--output", file, "--format", "mermaid", "--orientation", "TB");
    expect(readFileSync(file, "utf8")).toMatch(/^flowchart TB\n/);
  });

  it("counts the jobs that exceed GitHub's limits for Mermaid", async () => {
    const keys = Array.from({ length: 1200 }, (_, at) => `job_with_a_long_name_${at}`);
    const jobs = Object.fromEntries(keys.map((key) => [key, {}] as const));
    const folder = bundle(JSON.stringify({ resources: { jobs } }));
    const { code, out, err } = await graph(folder, "--format", "mermaid");
    expect(code).toBe(0);
    expect(err).toMatch(/^\d+ of 1200 jobs are left out: GitHub draws no more than/);
    expect(out.length).toBeLessThan(50_000);
  });
});

describe("what cannot be drawn", () => {
  it.each<[string, readonly string[], RegExp]>([
    [
      "a job that is not there",
      [threeLayers, "silver_order"],
      /^"dev" has no job "silver_order" \(did you mean "silver_orders"\?\); it has "bronze_/m,
    ],
    [
      "a target that is not there",
      [threeLayers, "-t", "prd"],
      /has no target "prd" \(did you mean "prod"\?\)/,
    ],
    ["no job", [bundle("bundle: {name: x}")], /^there is no job to draw$/m],
    ["an empty folder", [tempFolder()], /holds neither a bundle \(databricks\.yml\) nor/],
    [
      "a path that is not there",
      ["gone"],
      /^"gone" is not a path here, and |^".*" has no job "gone"/m,
    ],
    ["a depth that is none", [threeLayers, "--depth", "-1"], /It must be a whole number/],
    ["an unknown format", [threeLayers, "--format", "png"], /Allowed choices are tree, mermaid/],
    [
      "an unknown direction",
      [threeLayers, "--direction", "left"],
      /Allowed choices are down, up, both/,
    ],
    [
      "a file that cannot be written",
      [threeLayers, "--output", "gone/x.mmd"],
      /the drawing "gone\/x\.mmd" cannot be written: no such file or folder \(ENOENT\)/,
    ],
    ["a path with a workspace", [threeLayers, "--local"], /a workspace is read without a path/],
  ])("%s: exit code 2, and one line says why", async (_, args, expected) => {
    const { code, out, err } = await graph(...args);
    expect([code, out, err]).toEqual([2, "", expect.stringMatching(expected)]);
  });

  it("in part is drawn in part, with exit code 2", async () => {
    const folder = bundle(
      "include: [broken.yml]\nresources: {jobs: {seed: {tags: {job_level: atomic}}}}\n",
    );
    writeFileSync(join(folder, "broken.yml"), "a: [");
    const { code, out, err } = await graph(folder);
    expect([code, out]).toEqual([2, expect.stringMatching(/^seed {2}atomic/)]);
    expect(err).toMatch(/^error: .*broken\.yml:1:5: this is not YAML/m);
  });

  it("leaves no file behind", async () => {
    const file = join(tempFolder(), "a.mmd");
    expect((await graph(threeLayers, "gone", "--output", file)).code).toBe(2);
    expect(existsSync(file)).toBe(false);
  });
});

describe("what tasks do, and when", () => {
  const folder = (): string =>
    bundle(`bundle: {name: shop}
resources:
  jobs:
    branch:
      tags: {job_level: composite}
      tasks:
        - task_key: check
          condition_task: {op: GREATER_THAN, left: "{{job.parameters.n}}", right: "10"}
        - task_key: big
          depends_on: [{task_key: check, outcome: "true"}]
          run_job_task: {job_id: "\${resources.jobs.load.id}"}
        - task_key: small
          depends_on: [{task_key: check, outcome: "false"}]
          notebook_task: {notebook_path: /Shared/small}
        - task_key: mop_up
          run_if: AT_LEAST_ONE_FAILED
          disabled: true
          depends_on: [{task_key: big}, {task_key: small}]
          notebook_task: {notebook_path: /Shared/mop}
        - task_key: each
          for_each_task:
            inputs: "[1,2]"
            concurrency: 2
            task:
              task_key: body
              run_job_task: {job_id: "\${resources.jobs.each.id}"}
    load:
      tasks:
        - {task_key: sql, sql_task: {warehouse_id: abc, file: {path: ./report.sql}}}
        - {task_key: query, sql_task: {warehouse_id: abc, query: {query_id: q1}}}
        - {task_key: alert, sql_task: {warehouse_id: abc, alert: {alert_id: a1}}}
        - {task_key: pipeline, pipeline_task: {pipeline_id: p1, full_refresh: true}}
        - {task_key: wheel, python_wheel_task: {package_name: pkg, entry_point: main}}
        - {task_key: python, spark_python_task: {python_file: ./load.py}}
        - {task_key: dbt, dbt_task: {commands: [dbt deps, dbt run], project_directory: ./dbt}}
        - {task_key: dashboard, dashboard_task: {dashboard_id: d1}}
        - {task_key: jar, spark_jar_task: {main_class_name: com.acme.Load}}
        - {task_key: submit, spark_submit_task: {parameters: [--class, Load]}}
        - task_key: power_bi
          power_bi_task: {power_bi_model: {model_name: sales, workspace_name: finance}}
        - task_key: clean_room
          clean_rooms_notebook_task: {clean_room_name: room, notebook_name: shared}
        - {task_key: quantum, quantum_task: {qubits: 3}}
    each:
      tasks: [{task_key: run, notebook_task: {notebook_path: /Shared/each}}]
targets: {dev: {}}
`);

  it("stands in the tree", async () => {
    const { out } = await graph(folder(), "--level", "tasks");
    const lines = out
      .split("\n")
      .map((line) => line.replace(/ {2}[✖!] [a-z-]+(?:, [a-z-]+)*(?= {2}|$)/, "").trim());
    expect(lines).toEqual([
      "branch  composite",
      "├─ 1. check  {{job.parameters.n}} > 10",
      "├─ 1. each  for each of [1,2], 2 at once",
      "├─ body  → each  no level  in each",
      "│  └─ run  /Shared/each",
      "├─ 2. big  → load  no level  after check (true)",
      "│  ├─ sql  SQL file report.sql",
      "│  ├─ query  SQL query q1",
      "│  ├─ alert  SQL alert a1",
      "│  ├─ pipeline  pipeline p1, full refresh",
      "│  ├─ wheel  wheel pkg entry point main",
      "│  ├─ python  Python file load.py",
      "│  ├─ dbt  dbt deps; dbt run in dbt",
      "│  ├─ dashboard  dashboard d1",
      "│  ├─ jar  JAR com.acme.Load",
      "│  ├─ submit  spark-submit --class Load",
      "│  ├─ power_bi  Power BI model sales in workspace finance",
      "│  ├─ clean_room  notebook shared of clean room room",
      "│  └─ quantum  quantum",
      "├─ 2. small  /Shared/small  after check (false)",
      "└─ 3. mop_up  /Shared/mop  after big, small, if at least one failed, disabled",
      "",
    ]);
  });

  it("stands beside the jobs, where tasks are not drawn", async () => {
    const { out } = await graph(folder());
    expect(out).toContain("after check ({{job.parameters.n}} > 10 is true)");
    expect(out).toContain("for each of [1,2], 2 at once");
  });

  it.each<[string, string, readonly RegExp[]]>([
    [
      "mermaid",
      "tasks",
      [
        /\["check<br>#123;#123;job\.parameters\.n#125;#125; #62; 10"\]/,
        /-\.->\|"true"\|/,
        /-\.->\|"false"\|/,
        /mop_up<br>\/Shared\/mop<br>if at least one failed<br>disabled/,
        /SQL file report\.sql/,
        /body<br>.*<br>in each/,
      ],
    ],
    ["mermaid", "jobs", [/-->\|"if #123;#123;job.parameters.n#125;#125; #62; 10 is true"\| /]],
    [
      "dot",
      "tasks",
      [
        /label="check\\n\{\{job\.parameters\.n\}\} > 10"/,
        /label="true"\]/,
        /if at least one failed/,
      ],
    ],
    ["dot", "jobs", [/label="if \{\{job\.parameters\.n\}\} > 10 is true"/]],
    [
      "svg",
      "tasks",
      [
        />true<\/text>/,
        /if at least one failed/,
        /dbt deps; dbt run/,
        /\{\{job\.parameters\.n\}\} (?:>|&gt;) 10/,
      ],
    ],
    ["svg", "jobs", [/>true<\/text>/, /\{\{job\.parameters\.n\}\} (?:>|&gt;) 10/]],
    [
      "html",
      "tasks",
      [/"outcomes":\{"check":"true"\}/, /"when":\["if at least one failed","disabled"\]/],
    ],
  ])("stands in %s of %s", async (format, level, expected) => {
    const { out } = await graph(folder(), "--level", level, "--format", format);
    for (const each of expected) expect(out).toMatch(each);
  });

  it("stands in JSON, with every setting", async () => {
    const { out } = await graph(folder(), "--format", "json");
    const { jobs, edges } = JSON.parse(out) as HierarchyDocument;
    const branch = jobs.find(({ key }) => key === "branch");
    const task = (key: string): unknown => branch?.tasks.find(({ task_key }) => task_key === key);
    expect(task("check")).toMatchObject({
      what: "{{job.parameters.n}} > 10",
      condition: { left: "{{job.parameters.n}}", op: "GREATER_THAN", right: "10" },
    });
    expect(task("big")).toMatchObject({ depends_on: ["check"], outcomes: { check: "true" } });
    expect(task("mop_up")).toMatchObject({
      run_if: "AT_LEAST_ONE_FAILED",
      when: ["if at least one failed", "disabled"],
      disabled: true,
    });
    expect(task("each")).toMatchObject({ inputs: "[1,2]", concurrency: 2 });
    expect(task("body")).toMatchObject({ inside: "each" });
    expect(branch?.settings).toMatchObject({ tasks: expect.any(Array) as unknown[] });
    expect(edges.flatMap(({ when }) => when ?? []).sort()).toEqual([
      "for each of [1,2], 2 at once",
      "if {{job.parameters.n}} > 10 is true",
    ]);
  });

  it("stands in the pages", async () => {
    const pages = tempFolder();
    await jobstrata("docs", folder(), "-o", pages);
    const branch = readFileSync(join(pages, "branch.md"), "utf8");
    expect(branch).toMatch(/\| big \| runs \[load\]\(load\.md\) \| after check \\\(true\\\) \|/);
    expect(branch).toMatch(/after big<br>after small<br>if at least one failed<br>disabled/);
    const load = readFileSync(join(pages, "load.md"), "utf8");
    expect(load).toMatch(/\| sql \| SQL file report.sql \|/);
    expect(load).toMatch(/\| pipeline \| pipeline p1, full refresh \|/);
  });
});
