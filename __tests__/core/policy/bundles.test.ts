import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { Config } from "../../../src/core/config/config";
import { check } from "../../../src/core/policy/check";
import { RULES } from "../../../src/core/policy/rules";
import { readBundle } from "../../../src/core/readers/bundle/read-bundle";
import { tempFolder } from "../../support/policy";

const ALL: Config = { presets: ["correctness", "spec", "governance"] };

/** `rule: message` of each finding of small bundles as people write them. */
function findings(
  files: Readonly<Record<string, string>>,
  config: Config = {},
  only?: readonly string[],
): string[] {
  const folder = tempFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const report = check({
    readings: [readBundle(join(folder, "databricks.yml"))],
    rules: RULES,
    config: { config },
    today: "2026-11-28",
  });
  const here = `${relative(process.cwd(), folder)}/`;
  return report.findings
    .filter(({ rule }) => only === undefined || only.includes(rule))
    .map(({ rule, message, fix }) => `${rule}: ${message}; ${fix}`.replaceAll(here, ""));
}

const bundle = (jobs: string): string =>
  `bundle: {name: shop}\nresources:\n  jobs:\n${jobs}\ntargets: {dev: {mode: development}}\n`;
const SERVERLESS = `environments: [{environment_key: d, spec: {environment_version: "4"}}]`;

test("serverless tasks retry by themselves, continuous jobs restart", () => {
  const jobs = `
    serverless:
      ${SERVERLESS}
      tasks: [{task_key: t, environment_key: d, notebook_task: {notebook_path: /Shared/x}}]
    stream:
      continuous: {pause_status: UNPAUSED}
      job_clusters: [{job_cluster_key: c, new_cluster: {spark_version: 15.4.x-scala2.12}}]
      tasks: [{task_key: t, job_cluster_key: c, notebook_task: {notebook_path: /Shared/y}}]`;
  const rules = ["retries", "timeout", "serverless"];
  expect(findings({ "databricks.yml": bundle(jobs) }, ALL, rules)).toEqual([
    'timeout: job "serverless" has no timeout; set timeout_seconds',
  ]);
});

test("an optional widget is not reported", () => {
  const jobs = `    load: {tasks: [{task_key: t, notebook_task: {notebook_path: ./load.py}}]}`;
  const notebook = `# Databricks notebook source
try:
    region = dbutils.widgets.get("region")
except Exception:
    region = "eu"
`;
  const files = { "databricks.yml": bundle(jobs), "load.py": notebook };
  expect(findings(files, ALL, ["notebook-widgets", "unread-parameter"])).toEqual([]);
});

test("a notebook that asks for its own path is checked for parameters that nothing reads", () => {
  const jobs = `    load: {tasks: [{task_key: t, notebook_task: {notebook_path: ./load.py, base_parameters: {region: eu, regoin: us}}}]}`;
  const notebook = `# Databricks notebook source
me = dbutils.notebook.entry_point.getDbutils().notebook().getContext().notebookPath().get()
region = dbutils.widgets.get("region")
`;
  const files = { "databricks.yml": bundle(jobs), "load.py": notebook };
  const found = findings(files, { presets: ["recommended"] }, [
    "notebook-widgets",
    "unread-parameter",
  ]);
  expect(found).toEqual([
    'unread-parameter: parameter "regoin" is read by no widget of notebook "load.py"; remove it',
  ]);
});

describe("jobs that run SQL alone", () => {
  const sql = (tags: string): string => `    report:
      ${tags}
      tasks:
        - task_key: q
          sql_task: {warehouse_id: abc, file: {path: ./q.sql}}`;
  const files = (tags: string): Record<string, string> => ({
    "databricks.yml": bundle(sql(tags)),
    "q.sql": "SELECT 1",
  });
  const info =
    'code-outside-notebooks: job "report" runs neither a notebook nor another job, so the rules for notebooks do not cover it; set unit: code in the configuration to check them as well, or leave it as it is';

  test.each(["tags: {job_level: atomic}", "tags: {layer: sales}"])(
    "are named once as outside of the law, with %s",
    (tags) => {
      expect(findings(files(tags))).toEqual([info]);
    },
  );

  test("are held to the same law where code is the unit", () => {
    expect(findings(files("tags: {job_level: atomic}"), { unit: "code" })).toEqual([]);
    expect(findings(files("tags: {layer: sales}"), { unit: "code" })).toEqual([
      'job-level-tag: job "report" has no tag job_level; tag it job_level: atomic',
    ]);
  });
});

test("with code as the unit, each piece of code belongs to one atomic job", () => {
  const jobs = `    a:
      tags: {job_level: atomic}
      ${SERVERLESS}
      tasks:
        - {task_key: q, sql_task: {warehouse_id: w, file: {path: ./q.sql}}}
    b:
      tags: {job_level: atomic}
      ${SERVERLESS}
      tasks:
        - {task_key: q, sql_task: {warehouse_id: w, file: {path: q.sql}}}
    c:
      tags: {job_level: atomic}
      ${SERVERLESS}
      tasks:
        - {task_key: w, environment_key: d, python_wheel_task: {package_name: shop, entry_point: load}}
        - {task_key: v, environment_key: d, python_wheel_task: {package_name: shop, entry_point: clean}}
    d:
      tags: {job_level: atomic}
      ${SERVERLESS}
      tasks:
        - {task_key: w, environment_key: d, dbt_task: {project_directory: ./dbt, commands: ["dbt deps", "dbt run"]}}
    e:
      tags: {job_level: atomic}
      ${SERVERLESS}
      tasks:
        - {task_key: w, environment_key: d, dbt_task: {project_directory: dbt/, commands: ["dbt deps", "dbt  run"]}}`;
  const files = { "databricks.yml": bundle(jobs), "q.sql": "SELECT 1", "dbt/dbt_project.yml": "" };
  expect(findings(files, { unit: "code", presets: ["spec"] })).toEqual([
    'notebook-in-one-job: SQL file "q.sql" is used by 2 jobs; keep it in one atomic job, such as "a", and run that job from the others with run_job_task',
    'notebook-in-one-job: dbt command "dbt run" is used by 2 jobs; keep it in one atomic job, such as "d", and run that job from the others with run_job_task',
    'atomic-one-notebook: atomic job "c" runs 2 tasks with code; create an atomic job for each task and run them from a composite job',
  ]);
});

test("rejects a job without tag that mixes a notebook with run_job_task", () => {
  const jobs = `    mixed:
      ${SERVERLESS}
      tasks:
        - {task_key: load, environment_key: d, notebook_task: {notebook_path: /Shared/a}}
        - {task_key: rest, depends_on: [{task_key: load}], run_job_task: {job_id: "\${resources.jobs.leaf.id}"}}
    leaf:
      tags: {job_level: atomic}
      ${SERVERLESS}
      tasks: [{task_key: t, environment_key: d, notebook_task: {notebook_path: /Shared/b}}]`;
  const mix =
    'composite-runs-jobs: job "mixed" mixes run_job_task with notebook_task (task "load"); move the code of task "load" to an atomic job and run that job with run_job_task';
  expect(findings({ "databricks.yml": bundle(jobs) })).toEqual([
    mix,
    'job-level-tag: job "mixed" has no tag job_level; move the code of task "load" to an atomic job and run that with run_job_task; then tag this job job_level: composite',
  ]);
  expect(
    findings({ "databricks.yml": bundle(jobs) }, { rules: { "job-level-tag": "off" } }),
  ).toEqual([mix]);
});

test("retries, cluster and libraries belong into a for-each task", () => {
  const jobs = `    loop:
      tags: {job_level: atomic}
      job_clusters: [{job_cluster_key: c, new_cluster: {spark_version: 15.4.x-scala2.12}}]
      tasks:
        - task_key: each
          max_retries: 2
          job_cluster_key: c
          libraries: [{pypi: {package: requests}}]
          for_each_task:
            inputs: "[1,2]"
            task:
              task_key: body
              job_cluster_key: c
              notebook_task: {notebook_path: /Shared/a}`;
  expect(findings({ "databricks.yml": bundle(jobs) }, { presets: ["limits"] })).toEqual([
    'for-each: for-each task "each" of job "loop" has max_retries, job_cluster_key, libraries, which belong to the task that it repeats; move them to task "body" inside for_each_task',
  ]);
});

test("references to nothing are found", () => {
  const leaf = 'job_id: "${resources.jobs.leaf.id}"';
  const jobs = `    top:
      tags: {job_level: composite}
      parameters: [{name: day, default: x}]
      tasks:
        - {task_key: a, run_job_task: {${leaf}, job_parameters: {day: "{{job.parameters.dya}}"}}}
        - {task_key: b, run_job_task: {${leaf}, job_parameters: {day: "{{tasks.nope.values.day}}"}}}
        - {task_key: c, run_job_task: {${leaf}, job_parameters: {day: "{{tasks.a.values.day}}"}}}
        - {task_key: d, depends_on: [{task_key: a, outcome: "true"}], run_if: AT_LEAST_ON_FAILED, run_job_task: {${leaf}}}
    leaf:
      tags: {job_level: atomic}
      parameters: [{name: day, default: x}]
      ${SERVERLESS}
      tasks: [{task_key: t, environment_key: d, notebook_task: {notebook_path: /Shared/x}}]`;
  expect(findings({ "databricks.yml": bundle(jobs) }).sort()).toEqual([
    'allowed-values: task "d" has run_if "AT_LEAST_ON_FAILED"; did you mean "AT_LEAST_ONE_FAILED"?',
    'depends-on-outcome: task "d" depends on the outcome "true" of task "a", which is a run_job_task: only a condition_task has an outcome; remove the outcome; use run_if to depend on how the task ended',
    'dynamic-value-reference: task "a" refers to "{{job.parameters.dya}}", but job "top" declares no parameter "dya"; did you mean "day"?',
    'dynamic-value-reference: task "b" refers to "{{tasks.nope.values.day}}", but job "top" has no task "nope"; name one of "a", "c", "d"',
    'dynamic-value-reference: task "c" refers to "{{tasks.a.values.day}}", but does not depend on "a"; add "a" to the depends_on of "c"',
  ]);
});
