import { mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileNotebook, gitNotebook, workspaceNotebook } from "../../src/readers/notebook-identity";

describe("a notebook in a file", () => {
  let folder: string;
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), "jobstrata-notebook-")));
    writeFileSync(join(folder, "setup.py"), "# Databricks notebook source\n");
    symlinkSync(join(folder, "setup.py"), join(folder, "link.py"));
    symlinkSync(folder, join(folder, "here"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it.each([
    ["absolute", () => join(folder, "setup.py")],
    ["relative", () => relative(process.cwd(), join(folder, "setup.py"))],
    ["with detours", () => `${folder}/./here/../setup.py`],
    ["through a link", () => join(folder, "link.py")],
    ["through a linked folder", () => join(folder, "here", "setup.py")],
  ])("is one notebook, its path %s", (_, path) => {
    expect(fileNotebook(path()).identity).toBe(`file:${join(folder, "setup.py")}`);
  });

  it("is shown relative to the working folder", () => {
    expect(fileNotebook("src/alerting/seed_all_alerts.py").label).toBe(
      "src/alerting/seed_all_alerts.py",
    );
  });
});

describe("a notebook in the workspace", () => {
  it.each([
    "/Shared/alerting/setup",
    "/Workspace/Shared/alerting/setup",
    "/Shared/alerting/setup/",
    "/Shared/./alerting/../alerting/setup",
    "/Shared/alerting/setup.py",
    "/Workspace/Shared//alerting/setup.ipynb",
  ])("is one notebook as %s, and shown as written", (path) => {
    expect(workspaceNotebook(path)).toEqual({
      identity: "workspace:/Shared/alerting/setup",
      label: path,
    });
  });

  it.each([
    "/Shared/alerting/setup2",
    "/Users/a@example.com/alerting/setup",
    "/WorkspaceShared/alerting/setup",
  ])("is another notebook as %s", (path) => {
    expect(workspaceNotebook(path).identity).not.toBe("workspace:/Shared/alerting/setup");
  });
});

describe("a notebook in git", () => {
  const { identity } = gitNotebook("https://github.com/example/alerting", "notebooks/setup");

  it.each([
    ["https://github.com/example/alerting.git", "notebooks/setup"],
    ["https://github.com/example/alerting/", "notebooks/setup.py"],
    ["https://user@github.com/Example/Alerting", "./notebooks/setup"],
    ["git@github.com:example/alerting.git", "notebooks//setup"],
    ["ssh://git@github.com/example/alerting", "notebooks/seed/../setup"],
  ])("is one notebook as %s %s", (url, path) => {
    expect(gitNotebook(url, path).identity).toBe(identity);
  });

  it.each([
    ["https://github.com/example/alerting", "notebooks/seed"],
    ["https://github.com/example/reporting", "notebooks/setup"],
    ["https://gitlab.com/example/alerting", "notebooks/setup"],
  ])("is another notebook as %s %s", (url, path) => {
    expect(gitNotebook(url, path).identity).not.toBe(identity);
  });
});
