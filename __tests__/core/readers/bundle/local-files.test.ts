import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readBundle } from "../../../../src/core/readers/bundle/read-bundle";
import type { Reading } from "../../../../src/core/readers/reading";
import { tempFolder } from "../../../support/policy";

const NOTEBOOK = "# Databricks notebook source\n";
type Files = Readonly<Record<string, string>>;

/** Reads the bundle in `root` of a folder with these files. */
function read(files: Files, root = "."): Reading {
  const folder = mkdtempSync(join(tempFolder(), "files-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return readBundle(join(folder, root, "databricks.yml"), { env: {} });
}

/** What is said, without the folder. */
function problemsOf({ problems }: Reading): string[] {
  return problems.map(({ rule = "unread", severity, message, fix, location }) => {
    const place = `${location?.file.split("/").at(-1) ?? ""}:${location?.line ?? ""}`;
    const text = `${severity} ${rule} ${place} ${message} | ${fix}`;
    return text.replaceAll(/"[^" ]*\/files-[^/"]*(?:\/([^"]*))?"/g, '"/$1"');
  });
}

const bundle = (task: string, more = ""): string =>
  `resources:\n  jobs:\n    seed:\n      tasks:\n        - task_key: run\n          ${task}\n${more}`;
const found = (task: string, files: Files = {}, more = ""): string[] =>
  problemsOf(read({ "databricks.yml": bundle(task, more), ...files }));

describe("a notebook", () => {
  const notebook = (path: string): string => `notebook_task: {notebook_path: ${path}}`;

  test.each<[string, string, Files, string]>([
    [
      "without the first line of one",
      "./load.py",
      { "load.py": "print(1)\n" },
      '"./load.py" is a file, not a notebook: its first line is not "# Databricks notebook source" | make that its first line, or run the file with spark_python_task',
    ],
    [
      "whose first line holds more",
      "./load.sql",
      { "load.sql": "-- Databricks notebook source x\n" },
      '"./load.sql" is a file, not a notebook: its first line is not "-- Databricks notebook source" | make that its first line',
    ],
    [
      "of another extension",
      "./load.txt",
      { "load.txt": NOTEBOOK },
      '"./load.txt" is a file, not a notebook | name a notebook: .py, .r, .scala, .sql, .ipynb',
    ],
    [
      "without extension",
      "./load",
      { "load.py": NOTEBOOK },
      'notebook "./load" does not exist (did you mean "./load.py"?) | correct the path, which is relative to "/"',
    ],
    [
      "with a slip",
      "src/laod.py",
      { "src/load.py": NOTEBOOK },
      'notebook "src/laod.py" does not exist (did you mean "src/load.py"?) | correct the path, which is relative to "/"',
    ],
    [
      "that is a folder",
      "./src",
      { "src/load.py": NOTEBOOK },
      '"./src" is a folder, not a notebook | name a notebook: .py, .r, .scala, .sql, .ipynb',
    ],
  ])("%s", (_, path, files, expected) => {
    expect(found(notebook(path), files)).toEqual([
      `error notebook-file databricks.yml:6 ${expected}`,
    ]);
  });

  test.each<[string, Files]>([
    ["./load.py", { "load.py": NOTEBOOK }],
    ["load.py", { "load.py": "# Databricks notebook source\r\nx = 1\r\n" }],
    ["./load.SQL", { "load.SQL": "-- Databricks notebook source" }],
    ["./load.ipynb", { "load.ipynb": "{}" }],
    ["/Workspace/Shared/load", {}],
    ["${workspace.file_path}/load", {}],
    ["${var.folder}/load.py", {}],
  ])("%s is fine", (path, files) => {
    const variables = "variables: {folder: {description: given when it is deployed}}\n";
    expect(found(notebook(`"${path}"`), files, variables)).toEqual([]);
  });

  test("of a job with git_source is in the repository", () => {
    const git =
      "      git_source: {git_url: https://x/y, git_provider: gitHub, git_branch: main}\n";
    expect(found(notebook("src/load"), {}, git)).toEqual([]);
  });

  test("is one notebook by its path, through workspace.file_path and through a link", () => {
    const files = {
      "databricks.yml": bundle(notebook("./src/load.py")).concat(
        '    b: {tasks: [{task_key: run, notebook_task: {notebook_path: "${workspace.file_path}/src/load"}}]}\n',
        "    c: {tasks: [{task_key: run, notebook_task: {notebook_path: ./link/load.py}}]}\n",
      ),
      "src/load.py": NOTEBOOK,
    };
    const folder = mkdtempSync(join(tempFolder(), "files-"));
    mkdirSync(join(folder, "src"));
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    symlinkSync("src", join(folder, "link"));
    const { graphs, problems } = readBundle(join(folder, "databricks.yml"), { env: {} });
    expect(problems).toEqual([]);
    const notebooks = [...(graphs[0]?.notebooks().values() ?? [])];
    expect(notebooks.map(({ uses }) => uses.length)).toEqual([3]);
  });
});

describe("the other files of tasks", () => {
  const files = {
    "load.py": "print(1)\n",
    "notebook.py": NOTEBOOK,
    "query.sql": "SELECT 1\n",
    "project/dbt_project.yml": "",
    "requirements.txt": "",
  };
  test.each([
    "spark_python_task: {python_file: ./load.py}",
    "spark_python_task: {python_file: 'dbfs:/load.py'}",
    "sql_task: {warehouse_id: x, file: {path: query.sql}}",
    "dbt_task: {commands: [dbt run], project_directory: project}",
    "ai_runtime_task: {experiment: x, code_source_path: ./project, deployments: [{command_path: ./load.py, compute: {accelerator_type: GPU_8xH100, accelerator_count: 8}}]}",
    "ai_runtime_task: {experiment: x, code_source_path: code.tgz, deployments: [{command_path: /Workspace/load.sh, compute: {accelerator_type: GPU_8xH100, accelerator_count: 8}}]}",
    "for_each_task: {inputs: '[1]', task: {task_key: each, ai_runtime_task: {experiment: x, code_source_path: /Volumes/code.tgz, deployments: []}}}",
    "libraries: [{requirements: ./requirements.txt}, {pypi: {package: x}}]\n          spark_jar_task: {main_class_name: x}",
  ])("%s is fine", (task) => {
    expect(found(task, files)).toEqual([]);
  });

  test.each([
    [
      "spark_python_task: {python_file: ./laod.py}",
      'file "./laod.py" does not exist (did you mean "./load.py"?) | correct the path, which is relative to "/"',
    ],
    [
      "spark_python_task: {python_file: ./notebook.py}",
      '"./notebook.py" is a notebook, where a file is expected | run it with notebook_task, or remove its first line',
    ],
    [
      "sql_task: {warehouse_id: x, file: {path: project}}",
      '"project" is a folder, where a file is expected | name a file in it',
    ],
    [
      "dbt_task: {commands: [dbt run], project_directory: query.sql}",
      '"query.sql" is a file, where the folder of a dbt project is expected | name the folder that holds dbt_project.yml',
    ],
    [
      "for_each_task: {inputs: '[1]', task: {task_key: each, spark_python_task: {python_file: gone.py}}}",
      'file "gone.py" does not exist | correct the path, which is relative to "/"',
    ],
    [
      "alert_task: {warehouse_id: x, workspace_path: ./stale.dbalert.json}",
      'file "./stale.dbalert.json" does not exist | correct the path, which is relative to "/"',
    ],
    [
      "ai_runtime_task: {experiment: x, deployments: [{command_path: ./laod.py, compute: {accelerator_type: GPU_8xH100, accelerator_count: 8}}]}",
      'file "./laod.py" does not exist (did you mean "./load.py"?) | correct the path, which is relative to "/"',
    ],
    [
      "ai_runtime_task: {experiment: x, code_source_path: ../code, deployments: []}",
      'code_source_path "../code" is outside of the sync root, "/" | name a folder in it, or set code_source_path to a path of the workspace or a volume',
    ],
    [
      "for_each_task: {inputs: '[1]', task: {task_key: each, ai_runtime_task: {experiment: x, code_source_path: project, deployments: []}}}",
      'the local code_source_path "project" is in a for-each task | set code_source_path to a path of the workspace or a volume',
    ],
  ])("%s", (task, expected) => {
    expect(found(task, files)).toEqual([`error task-file databricks.yml:6 ${expected}`]);
  });
});

test("the code of an AI Runtime task of a job with git_source is not uploaded", () => {
  const git = "      git_source: {git_url: https://x/y, git_provider: gitHub, git_branch: main}\n";
  const task = (path: string): string =>
    `ai_runtime_task: {experiment: x, code_source_path: ${path}, deployments: [{command_path: gone.sh, compute: {accelerator_type: GPU_8xH100, accelerator_count: 8}}]}`;
  const files = { "code/train.py": "" };
  expect(found(task("code"), files, git)).toEqual([
    'error task-file databricks.yml:6 the local code_source_path "code" is in a job with git_source | remove git_source, or set code_source_path to a path of the workspace or a volume',
  ]);
  expect(found(task("code.tgz"), files, git)).toEqual([]);
});

describe("libraries", () => {
  const task = `python_wheel_task: {package_name: x, entry_point: y}
          libraries: [{whl: ./dist/*.whl}, {whl: /Volumes/x.whl}]
      environments: [{environment_key: d, spec: {dependencies: [pandas==2.0, ./dist/x.whl, "./dist/y.whl[extra]", --index-url https://x]}}]`;
  const missing = (path: string, line: number): string =>
    `warning library-file databricks.yml:${line} library "${path}" does not exist, and no artifact of the bundle builds it | build it before the bundle is deployed, declare what builds it below artifacts, or correct the path`;

  test("that nothing builds", () => {
    expect(found(task, { "dist/y.whl": "" })).toEqual([missing("./dist/x.whl", 8)]);
    expect(found(task)).toEqual([
      missing("./dist/*.whl", 7),
      missing("./dist/x.whl", 8),
      missing("./dist/y.whl", 8),
    ]);
  });

  test("that an artifact or setup.py builds", () => {
    expect(found(task, {}, "artifacts: {x: {type: whl}}\n")).toEqual([]);
    expect(found(task, { "setup.py": "" })).toEqual([]);
  });
});

describe("the sync root", () => {
  const files = { "ml/train.py": NOTEBOOK };
  const task = "notebook_task: {notebook_path: ../ml/train.py}";
  const outside = [
    'error notebook-file databricks.yml:6 notebook "../ml/train.py" is outside of the sync root, "/flows", so it is not uploaded | add its folder to the bundle: sync: {paths: [., ../ml]}',
  ];

  test("is the folder of the bundle", () => {
    const all = { "flows/databricks.yml": bundle(task), ...files };
    expect(problemsOf(read(all, "flows"))).toEqual(outside);
  });

  test("is what sync.paths have in common with it, also those of a target", () => {
    const all = {
      "flows/databricks.yml": `${bundle(task)}targets:\n  dev: {sync: {paths: [../ml]}}\n  prod: {}\n`,
      ...files,
    };
    const reading = read(all, "flows");
    expect(problemsOf(reading)).toEqual(outside);
    expect(reading.problems.map(({ environment }) => environment)).toEqual(["prod"]);
  });
});

describe("files outside of the bundle's folder", () => {
  const shared = bundle("notebook_task: {notebook_path: ../src/x.py}");
  const app = (include: string, more = ""): string =>
    `bundle: {name: shop}\n${more}include:\n  - ../shared/*.yml\n  - ${include}\n`;

  test("are read where sync.paths name their folder", () => {
    const reading = read(
      {
        "app/databricks.yml": app("../shared/a.yml", "sync: {paths: [../shared, ../src, .]}\n"),
        "shared/a.yml": shared,
        "src/x.py": NOTEBOOK,
      },
      "app",
    );
    expect(problemsOf(reading)).toEqual([]);
    expect(reading.graphs[0]?.jobs.map(({ key }) => key)).toEqual(["seed"]);
  });

  test("are read in the work tree of git, and refused outside of it at the entry of include", () => {
    const folder = mkdtempSync(join(tempFolder(), "files-"));
    for (const path of ["repo/.git", "repo/app", "repo/shared", "other"])
      mkdirSync(join(folder, path), { recursive: true });
    writeFileSync(join(folder, "repo/app/databricks.yml"), app("../../other/b.yml"));
    writeFileSync(join(folder, "repo/shared/a.yml"), "variables: {day: {default: 1}}\n");
    writeFileSync(join(folder, "other/b.yml"), shared);
    const reading = readBundle(join(folder, "repo/app/databricks.yml"), { env: {} });
    expect(problemsOf(reading)).toEqual([
      'error unread databricks.yml:4 include "../../other/b.yml" leads out of the repository, to "/other/b.yml" | move the file into the repository',
    ]);
  });

  test("that do not exist are reported at the entry of include", () => {
    expect(problemsOf(read({ "app/databricks.yml": app("gone.yml") }, "app"))).toEqual([
      'error unread databricks.yml:4 include names "gone.yml", which does not exist | correct the path, or remove it',
    ]);
  });
});
