import { truncateSync } from "node:fs";
import { join } from "node:path";
import { AtomicJob, JobLayer, NotebookSource, WorkspaceFolder } from "@jobstrata/cdktf";
import { alertingLayer, devEnvironment } from "../support/alerting";
import { errorOf, folderWith, inFolder, type Synthesized, synthesize } from "../support/synth";

const folder = folderWith({
  "alerting/pkg/__init__.py": "",
  "alerting/pkg/rules.py": "LIMIT = 1\n",
  "alerting/pkg/alerts/cost.yml": "[]\n",
  "alerting/pkg/alerts/cost-2.yml": "[]\n",
  "alerting/pkg/.hidden": "x",
  "alerting/pkg/__pycache__/rules.cpython-311.pyc": "x",
  "alerting/pkg/old.pyc": "x",
  "alerting/empty/.keep": "",
  "alerting/large/data.csv": "x",
  "alerting/setup.py": "# Databricks notebook source\n",
});
truncateSync(join(folder, "alerting/large/data.csv"), 10_000_001);

function deploy(path: string, root?: string): Synthesized {
  return inFolder(folder, () =>
    synthesize((app) => {
      const { atomic } = alertingLayer(
        app,
        devEnvironment({ ...(root && { notebookRoot: root }) }),
      );
      new WorkspaceFolder(atomic, "package", { path });
      new AtomicJob(atomic, "setup_job", {
        purpose: "setup",
        notebook: NotebookSource.fromFile("alerting/setup.py"),
      });
    }),
  );
}

interface File {
  path: string;
  source: string;
}

function files(synthesized: Synthesized): File[] {
  const { resource } = synthesized.stack("alerting-dev-atomic");
  return Object.values(resource?.databricks_workspace_file ?? {}) as unknown as File[];
}

describe("WorkspaceFolder", () => {
  it("uploads every file beside the notebooks, and nothing hidden or compiled", () => {
    const synthesized = deploy("alerting/pkg");
    expect(
      files(synthesized)
        .map(({ path }) => path)
        .sort(),
    ).toEqual([
      "/Shared/jobstrata/dev/alerting/pkg/__init__.py",
      "/Shared/jobstrata/dev/alerting/pkg/alerts/cost-2.yml",
      "/Shared/jobstrata/dev/alerting/pkg/alerts/cost.yml",
      "/Shared/jobstrata/dev/alerting/pkg/rules.py",
    ]);
    const { resource } = synthesized.stack("alerting-dev-atomic");
    expect(resource?.databricks_notebook?.setup_job).toMatchObject({
      path: "/Shared/jobstrata/dev/alerting/setup",
    });
  });

  it("keeps the folder of its environment", () => {
    expect(files(deploy("alerting/pkg", "/Shared/mine"))[0]?.path).toMatch(
      /^\/Shared\/mine\/alerting\/pkg\//,
    );
  });

  it.each([
    ["alerting/none", 'folder "alerting/none" does not exist'],
    ["alerting/setup.py", 'folder "alerting/setup.py" does not exist'],
    ["alerting/empty", 'folder "alerting/empty" has no files to upload'],
    ["alerting/large", 'has "data.csv", which is larger than the 10 MB that can be imported'],
  ])("refuses %s", (path, message) => {
    const error = errorOf(() => deploy(path));
    expect(error.code).toBe("invalid-workspace-folder");
    expect(error.message).toContain("[alerting-dev-atomic/package]");
    expect(error.message).toContain(message);
  });

  it("has a stack of jobs around it", () => {
    const error = errorOf(() =>
      inFolder(folder, () =>
        synthesize((app) => {
          new JobLayer(app, "alerting", { environment: devEnvironment() });
          new WorkspaceFolder(app, "package", { path: "alerting/pkg" });
        }),
      ),
    );
    expect(error.code).toBe("no-environment");
  });
});
