import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readBundle } from "../../../../src/core/readers/bundle/read-bundle";
import type { Reading } from "../../../../src/core/readers/reading";
import { databricksBundles, describeWithPython } from "../../../support/databricks-bundles";
import { tempFolder } from "../../../support/policy";

const FIXTURE = join(__dirname, "..", "..", "..", "fixtures", "python-bundle");

function copy(): string {
  const folder = mkdtempSync(join(tempFolder(), "python-"));
  cpSync(FIXTURE, folder, { recursive: true });
  return folder;
}

function read(folder: string, env: Readonly<NodeJS.ProcessEnv> = {}, python = true): Reading {
  const own = { ...process.env, ...env };
  return readBundle(join(folder, "databricks.yml"), { python, env: own });
}

function problemsOf({ problems }: Reading): string[] {
  return problems.map(({ severity, rule = "unread", message, fix, location }) => {
    const place = `${location?.file.split("/").at(-1) ?? ""}:${location?.line ?? ""}`;
    return `${severity} ${rule} ${place} ${message} | ${fix}`;
  });
}

describe("a bundle with Python-defined jobs", () => {
  test("runs no Python by default, and warns about it", () => {
    const reading = read(FIXTURE, { PATH: "" }, false);
    expect(problemsOf(reading)).toEqual([
      'warning unread databricks.yml:8 jobs that "python" defines in Python are not read, as that runs its code | add --python to run it, in the environment of the project',
    ]);
    expect(reading.graphs[0]?.jobs.map(({ key }) => key)).toEqual(["alerting_tables_job"]);
  });

  test.each<[string, string, NodeJS.ProcessEnv, string]>([
    [
      "without Python",
      "",
      { PATH: "" },
      'error unread databricks.yml:8 "python3" is not installed | install Python 3.10 or newer, or set venv_path',
    ],
    [
      "with a venv_path that leads nowhere",
      "  venv_path: .venv\n",
      {},
      'error unread databricks.yml:9 venv_path ".venv" is not a virtual environment | make one there',
    ],
    [
      "where running code is forbidden",
      "",
      { DATABRICKS_BUNDLE_RESTRICTED_CODE_EXECUTION: "1" },
      "error unread databricks.yml:8 DATABRICKS_BUNDLE_RESTRICTED_CODE_EXECUTION forbids running Python code | unset it",
    ],
  ])("%s", (_, more, env, expected) => {
    const folder = copy();
    const file = join(folder, "databricks.yml");
    writeFileSync(file, readFileSync(file, "utf8").replace("python:\n", `python:\n${more}`));
    expect(problemsOf(read(folder, env))[0]).toContain(expected);
  });

  test("of a section that is no longer read", () => {
    const folder = mkdtempSync(join(tempFolder(), "python-"));
    writeFileSync(join(folder, "databricks.yml"), "experimental: {pydabs: {enabled: true}}\n");
    expect(problemsOf(read(folder))).toEqual([
      'error unread databricks.yml:1 "experimental.pydabs" is no longer read by the Databricks CLI | call it "python"',
    ]);
  });
});

describeWithPython("with databricks-bundles", () => {
  let env: NodeJS.ProcessEnv;
  beforeAll(() => {
    env = { PYTHONPATH: databricksBundles() };
  });

  test("jobs that Python makes and changes are those that YAML would make", () => {
    const folder = copy();
    const reading = read(folder, env);
    expect(problemsOf(reading)).toEqual([]);
    const [dev, prod] = reading.graphs;
    const places = prod?.jobs.map(({ key, source }) => [
      key,
      source?.file.split("/").at(-1),
      source?.line,
    ]);
    expect(places).toEqual([
      ["alerting_tables_job", "alerting_tables_job.yml", 3],
      ["alerting_seed_job", "alerting_seed_job.py", 3],
    ]);

    // The same in YAML.
    rmSync(join(folder, "resources", "alerting_seed_job.py"));
    writeFileSync(
      join(folder, "resources", "alerting_seed_job.yml"),
      `resources:
  jobs:
    alerting_seed_job:
      name: Alerting Rules Seeding
      tags: { job_level: atomic, owner: health }
      environments:
        - environment_key: default
          spec: { environment_version: "4" }
      tasks:
        - task_key: seed_all_alerts
          environment_key: default
          notebook_task:
            notebook_path: ../src/seed_all_alerts.py
            base_parameters: { catalog: "\${var.catalog}" }
`,
    );
    const yaml = join(folder, "databricks.yml");
    const withoutPython = readFileSync(yaml, "utf8").replace(/python:[^]*?\n\n/, "");
    writeFileSync(yaml, withoutPython);
    const twin = read(folder, {}, false);
    expect(problemsOf(twin)).toEqual([]);
    for (const [at, graph] of [dev, prod].entries()) {
      const [, seed] = graph?.jobs ?? [];
      const written = twin.graphs[at]?.jobs.find(({ key }) => key === "alerting_seed_job");
      const plain = (job: object | undefined): unknown =>
        JSON.parse(JSON.stringify(job), (key, value: unknown) =>
          key === "source" ? undefined : value,
        );
      expect(plain(seed)).toEqual(plain(written));
    }
    expect(prod?.jobs[1]?.tasks[0]?.parameters).toEqual({ catalog: "prod" });
    expect(prod?.jobs[0]?.tags).toMatchObject({ owner: "health" });
    expect(prod?.jobs[0]?.tasks[0]?.notebook?.file?.exists).toBe(true);
  });

  test("a mistake is located at its line of Python", () => {
    const folder = copy();
    rmSync(join(folder, "src", "seed_all_alerts.py"));
    const [problem] = read(folder, env).problems;
    expect(problem).toMatchObject({
      rule: "notebook-file",
      message: 'notebook "src/seed_all_alerts.py" does not exist',
      location: { line: 3 },
    });
    expect(problem?.location?.file).toMatch(/alerting_seed_job\.py$/);
  });

  test("an error of the code is reported with its reason", () => {
    const folder = copy();
    const file = join(folder, "resources", "__init__.py");
    writeFileSync(file, "import gone\n\n\ndef load_resources(bundle):\n    return None\n");
    expect(problemsOf(read(folder, env))[0]).toBe(
      "error unread databricks.yml:8 Failed to import module 'resources': ModuleNotFoundError: No module named 'gone' | install it in the environment of the bundle's Python code",
    );
  });

  test("nothing is left in the folder", () => {
    const folder = copy();
    read(folder, env);
    for (const path of ["__pycache__", "resources/__pycache__"])
      expect(existsSync(join(folder, path))).toBe(false);
  });
});

test("a missing databricks-bundles is reported", () => {
  const folder = copy();
  const [problem = ""] = problemsOf(read(folder, { PYTHONPATH: "", PYTHONNOUSERSITE: "1" }));
  expect(problem).toMatch(
    /databricks-bundles is not installed in the environment of "python3"|"python3" is not installed/,
  );
});
