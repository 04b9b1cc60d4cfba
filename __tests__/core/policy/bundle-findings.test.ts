import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { check } from "../../../src/core/policy/check";
import { RULES } from "../../../src/core/policy/rules";
import { readBundle } from "../../../src/core/readers/bundle/read-bundle";
import { tempFolder } from "../../support/policy";

/** What check says of a bundle by default, each as `severity rule file:line [environment] message | fix`. */
function findings(files: Readonly<Record<string, string>>, root = "."): string[] {
  const folder = mkdtempSync(join(tempFolder(), "findings-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const report = check({
    readings: [readBundle(join(folder, root, "databricks.yml"), { env: {} })],
    rules: RULES,
    config: { config: {} },
    today: "2026-11-28",
  });
  return report.findings
    .filter(({ suppression }) => suppression === undefined)
    .map(({ rule, severity, message, fix, environments, location }) => {
      const place = `${location?.file.split("/").at(-1) ?? ""}:${location?.line ?? ""}`;
      return `${severity} ${rule} ${place} [${environments.join(", ")}] ${message} | ${fix}`;
    });
}

const ENVIRONMENT = 'environments: [{environment_key: d, spec: {environment_version: "4"}}]';
const LEAF = `    leaf:
      tags: {job_level: atomic}
      ${ENVIRONMENT}
      tasks: [{task_key: t, environment_key: d, notebook_task: {notebook_path: /Shared/x}}]
`;

test("dependencies written as text are errors, not no dependencies", () => {
  const yaml = `bundle: {name: shop}
resources:
  jobs:
    top:
      tags: {job_level: composite}
      tasks:
        - {task_key: a, run_job_task: {job_id: "\${resources.jobs.leaf.id}"}}
        - {task_key: b, depends_on: [a], run_job_task: {job_id: "\${resources.jobs.leaf.id}"}}
        - {task_key: c, depends_on: a, run_job_task: {job_id: "\${resources.jobs.leaf.id}"}}
${LEAF}targets: {dev: {mode: development}}
`;
  expect(findings({ "databricks.yml": yaml })).toEqual([
    'error job-schema databricks.yml:8 [dev] an item of depends_on must be a map, not "a" | write {task_key: a}',
    'error job-schema databricks.yml:9 [dev] depends_on must be a list, not "a" | write it as a list: [{task_key: a}]',
  ]);
});

test("an override for a task that does not exist is an error where it is written", () => {
  const yaml = `bundle: {name: shop}
resources:
  jobs:
    load:
      tags: {job_level: atomic}
      ${ENVIRONMENT}
      tasks: [{task_key: load_orders, environment_key: d, notebook_task: {notebook_path: /Shared/x}}]
targets:
  prod:
    mode: production
    resources:
      jobs:
        load:
          tasks:
            - task_key: load_order
              max_retries: 2
`;
  expect(findings({ "databricks.yml": yaml })).toEqual([
    'error task-type databricks.yml:15 [prod] task "load_order" has no type, such as notebook_task | give it one, or write task_key: load_orders to change that task',
  ]);
});

test("findings of YAML are in the words of YAML", () => {
  const files = {
    "databricks.yml": "include: [a.yml, b.yml]\ntargets: {dev: {mode: development}}\n",
    "a.yml":
      "resources: {jobs: {x: {tags: {job_level: composite}, tasks: [{task_key: t, run_job_task: {job_id: 123}}]}}}\n",
    "b.yml": "resources: {jobs: {x: {max_concurrent_runs: 1}}}\n",
  };
  expect(findings(files)).toEqual([
    'error job-reference a.yml:1 [dev] run_job_task names its job by the literal id "123" | write ${resources.jobs.KEY.id} with the key of a job of the bundle, or take it from a variable with lookup: {job: NAME}',
    'error job-key a.yml:1 [dev] job "x" is defined in 2 files | give each job a unique key, or keep one definition; the Databricks CLI rejects two',
  ]);
});

test("a key that is written twice does not keep the rest from being judged", () => {
  const yaml = `resources:
  jobs:
    load:
      description: one
      tags: {job_level: atomic}
      ${ENVIRONMENT}
      tasks: [{task_key: t, environment_key: nope, notebook_task: {notebook_path: /Shared/x}}]
      description: two
targets: {dev: {mode: development}}
`;
  expect(findings({ "databricks.yml": yaml }).map((text) => text.split(" [")[0])).toEqual([
    "error duplicate-key databricks.yml:8",
    "error atomic-environment databricks.yml:7",
  ]);
});

test("a file that cannot be read is one finding, not also a lack of jobs", () => {
  expect(findings({ "databricks.yml": "resources:\n\tjobs: {}\n" })).toEqual([
    "error readable-source databricks.yml:2 [] this is not YAML: a tab indents the line | indent with spaces",
  ]);
});

test("a comment suppresses the findings of its line", () => {
  const yaml = `resources:
  jobs:
${LEAF}# jobstrata-ignore unknown-field: read by another tool
owners: [data]
contacts: [data]
`;
  expect(findings({ "databricks.yml": yaml }).map((text) => text.split(" [")[0])).toEqual([
    "warning unknown-field databricks.yml:9",
  ]);
});

test.each([
  ["job_cluster: [{job_cluster_key: d}]", "job_cluster_key: d"],
  ["environment: [{environment_key: d}]", "environment_key: d"],
  ["parameter: [{name: x}]", 'existing_cluster_id: "{{job.parameters.x}}"'],
])("a misspelled list of a job is one finding: %s", (slip, ofTask) => {
  const yaml = `bundle: {name: shop}
resources:
  jobs:
    leaf:
      tags: {job_level: atomic}
      ${slip}
      tasks: [{task_key: a, ${ofTask}, notebook_task: {notebook_path: /Shared/x}}]
`;
  expect(findings({ "databricks.yml": yaml }).map((text) => text.split(" [")[0])).toEqual([
    "error unknown-field databricks.yml:6",
  ]);
});

test("tables without an order are one finding for all targets, whatever their catalogs", () => {
  const writes = (name: string): string => `    ${name}:
      tags: {job_level: atomic}
      ${ENVIRONMENT}
      parameters: [{name: catalog, default: "\${var.catalog}"}]
      tasks: [{task_key: t, environment_key: d, notebook_task: {notebook_path: ./${name}.py}}]
`;
  const notebook = `# Databricks notebook source
catalog = dbutils.widgets.get("catalog")
spark.range(1).write.mode("overwrite").saveAsTable(f"{catalog}.silver.orders")
`;
  const yaml = `bundle: {name: shop}
variables: {catalog: {default: main}}
targets:
  dev: {variables: {catalog: dev}}
  prod: {variables: {catalog: prod}}
resources:
  jobs:
    both:
      tags: {job_level: composite}
      tasks:
        - {task_key: one, run_job_task: {job_id: "\${resources.jobs.one.id}"}}
        - {task_key: two, run_job_task: {job_id: "\${resources.jobs.two.id}"}}
${writes("one")}${writes("two")}`;
  const found = findings({ "databricks.yml": yaml, "one.py": notebook, "two.py": notebook });
  expect(found.filter((text) => text.includes("unordered-writers"))).toEqual([
    expect.stringMatching(/^warning unordered-writers databricks\.yml:\d+ \[dev, prod\] /),
  ]);
});

test("reports a preset that no job takes for each target that has it", () => {
  const yaml = (runs: string) => `bundle: {name: shop}
targets: {dev: {presets: {jobs_max_concurrent_runs: 3}}, prod: {}}
resources:
  jobs:
${LEAF}      ${runs}
`;
  const hidden = findings({ "databricks.yml": yaml("max_concurrent_runs: 2") });
  expect(hidden.map((text) => text.split(" has")[0])).toEqual([
    "warning hidden-value databricks.yml:2 [dev] jobs_max_concurrent_runs of presets",
  ]);
  expect(findings({ "databricks.yml": yaml("max_concurrent_runs: 0") })).toEqual([]);
});
