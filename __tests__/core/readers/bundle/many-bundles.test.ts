import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { bundlesBelow, readBundles } from "../../../../src/core/readers/bundle/many-bundles";
import type { Reading } from "../../../../src/core/readers/reading";
import { tempFolder } from "../../../support/policy";

function write(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tempFolder(), "bundles-"));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

const NOTEBOOK = "# Databricks notebook source\n";
const seed = `bundle: {name: seed}
targets: {dev: {mode: development}, prod: {mode: production}}
resources:
  jobs:
    job:
      name: Seed
      tasks: [{task_key: run, notebook_task: {notebook_path: ../shared/x.py}}]
sync: {paths: [., ../shared]}
`;
const setup = `bundle: {name: setup}
variables:
  seed: {lookup: {job: Seed}}
  other: {lookup: {job: Other}}
targets: {dev: {mode: development}, qa: {}}
resources:
  jobs:
    job:
      name: Setup
      tasks:
        - {task_key: seed, run_job_task: {job_id: "\${var.seed}"}}
        - {task_key: other, run_job_task: {job_id: "\${var.other}"}}
        - task_key: each
          for_each_task:
            inputs: "[1]"
            task: {task_key: inner, run_job_task: {job_id: "\${var.seed}"}}
        - {task_key: run, notebook_task: {notebook_path: ../shared/x.py}}
sync: {paths: [., ../shared]}
`;
const FILES = {
  "seed/databricks.yml": seed,
  "setup/databricks.yml": setup,
  "shared/x.py": NOTEBOOK,
};

function read(folder: string, targets: string[] = []): Reading {
  return readBundles(
    bundlesBelow(folder, () => false),
    folder,
    { targets, env: {} },
  );
}

describe("the bundles below a folder", () => {
  test("are found, except in tool folders, templates and ignored folders", () => {
    const folder = write({
      "a/databricks.yml": "",
      "b/c/databricks.yaml": "",
      "a/nested/databricks.yml": "",
      "node_modules/x/databricks.yml": "",
      ".cache/databricks.yml": "",
      "template/{{.name}}/databricks.yml": "",
      "legacy/databricks.yml": "",
    });
    const found = bundlesBelow(folder, (path) => relative(folder, path).startsWith("legacy"));
    expect(found.map((file) => relative(folder, file))).toEqual([
      "a/databricks.yml",
      "b/c/databricks.yaml",
    ]);
  });

  test("are one graph for each target, with ids that tell their jobs apart", () => {
    const { graphs, problems, kind } = read(write(FILES));
    expect(problems).toEqual([]);
    expect(kind).toBe("bundle");
    expect(
      graphs.map(({ environment, jobs }) => [environment, jobs.map(({ key }) => key)]),
    ).toEqual([
      ["dev", ["job", "job"]],
      ["prod", ["job"]],
      ["qa", ["job"]],
    ]);
    const ids = graphs[0]?.jobs.map(({ id }) => id) ?? [];
    expect(new Set(ids).size).toBe(2);
    expect(ids[0]).toMatch(/seed: resources\.jobs\.job$/);
    expect(graphs[0]?.target?.mode).toBe("development");
    expect(graphs[2]?.target?.mode).toBeUndefined();
  });

  test("find the jobs of each other by their names", () => {
    const [dev, , qa] = read(write(FILES)).graphs;
    const [first, second] = dev?.jobs ?? [];
    expect(second?.tasks).toMatchObject([
      { runJob: { kind: "job", id: first?.id } },
      { runJob: { kind: "external", name: "Other" } },
      { forEach: { runJob: { kind: "job", id: first?.id } } },
      { taskKey: "run" },
    ]);
    expect(second && dev?.runs(second)).toEqual([first]);
    expect(second?.source?.line).toBe(8);
    expect(second?.tasks[0]?.source?.line).toBe(11);
    expect(second?.settings).toMatchObject({ name: expect.stringContaining("Setup") as string });
    // The bundle of the job has no such target.
    expect(qa?.jobs[0]?.tasks[0]?.runJob).toMatchObject({ kind: "external", name: "Seed" });
  });

  test("have their notebooks in common", () => {
    const notebooks = [...(read(write(FILES)).graphs[0]?.notebooks().values() ?? [])];
    expect(notebooks.map(({ uses }) => uses.length)).toEqual([2]);
  });

  test("are read for one target, which not all need have", () => {
    const folder = write(FILES);
    const { graphs } = read(folder, ["prod"]);
    expect(graphs.map(({ environment, jobs }) => [environment, jobs.length])).toEqual([
      ["prod", 1],
    ]);
    expect(() => read(folder, ["prd"])).toThrow(
      /^no bundle in ".*" has a target "prd" \(did you mean "prod"\?\); there is "dev", "prod", "qa"$/,
    );
  });
});
