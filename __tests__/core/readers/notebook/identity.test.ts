import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import {
  fileNotebook,
  gitNotebook,
  workspaceNotebook,
} from "../../../../src/core/readers/notebook/identity";
import { tempFolder } from "../../../support/policy";

describe("fileNotebook", () => {
  const folder = tempFolder();
  mkdirSync(join(folder, "alerting"));
  const file = join(folder, "alerting", "seed_all_alerts.py");
  writeFileSync(file, "# Databricks notebook source\n");
  symlinkSync(file, join(folder, "linked.py"));
  symlinkSync(join(folder, "alerting"), join(folder, "link"));

  test.each([
    ["dots", join(folder, "alerting") + "/./../alerting/seed_all_alerts.py"],
    ["a relative path", relative(process.cwd(), file)],
    ["a link to the file", join(folder, "linked.py")],
    ["a link to its folder", join(folder, "link", "seed_all_alerts.py")],
  ])("knows the file by %s", (_, spelling) => {
    expect(fileNotebook(spelling)).toEqual(fileNotebook(file));
  });

  test("distinguishes files", () => {
    expect(fileNotebook(join(folder, "alerting", "seed.py")).identity).not.toBe(
      fileNotebook(file).identity,
    );
  });

  test("shows the path from the working folder", () => {
    expect(fileNotebook("src/alerting/seed_all_alerts.py").label).toBe(
      "src/alerting/seed_all_alerts.py",
    );
  });

  test("takes a file that does not exist by its spelling", () => {
    expect(fileNotebook("/alerting/gone.py").identity).toBe("file:/alerting/gone.py");
  });
});

describe("workspaceNotebook", () => {
  test.each([
    "/Workspace/Shared/alerting/seed",
    "/Shared/alerting/./seed",
    "/Shared/alerting/old/../seed",
    "/Shared//alerting/seed/",
    "/Shared/alerting/seed.py",
    "/Workspace/Shared/alerting/seed.ipynb",
  ])("takes %s for /Shared/alerting/seed", (path) => {
    expect(workspaceNotebook(path).identity).toBe(
      workspaceNotebook("/Shared/alerting/seed").identity,
    );
    expect(workspaceNotebook(path).label).toBe(path);
  });

  test.each([
    "/Shared/alerting/Seed",
    "/Shared/alerting/seed.v2",
    "/WorkspaceShared/alerting/seed",
  ])("does not take %s for it", (path) => {
    expect(workspaceNotebook(path).identity).not.toBe(
      workspaceNotebook("/Shared/alerting/seed").identity,
    );
  });
});

describe("gitNotebook", () => {
  const identity = (url: string, path = "alerting/seed") => gitNotebook(url, path).identity;
  const expected = identity("https://github.com/acme/monitor");

  test.each([
    "https://github.com/acme/monitor.git",
    "https://github.com/acme/monitor/",
    "https://bot:token@github.com/acme/monitor.git",
    "git@github.com:acme/monitor.git",
    "ssh://git@github.com/acme/monitor",
    "git+https://GitHub.com/Acme/Monitor",
    " https://github.com/acme/monitor ",
  ])("takes %s for https://github.com/acme/monitor", (url) => {
    expect(identity(url)).toBe(expected);
  });

  test.each([
    "./alerting/seed",
    "alerting//seed.py",
    "alerting/old/../seed.ipynb",
    "/alerting/seed",
  ])("takes the path %s for alerting/seed", (path) => {
    expect(identity("https://github.com/acme/monitor", path)).toBe(expected);
  });

  test("distinguishes repositories, hosts and paths", () => {
    expect(
      new Set([
        expected,
        identity("https://github.com/acme/monitor2"),
        identity("https://gitlab.com/acme/monitor"),
        identity("https://git.acme.com:8443/acme/monitor"),
        identity("https://git.acme.com/acme/monitor"),
        identity("https://github.com/acme/monitor", "alerting/tables"),
      ]).size,
    ).toBe(6);
  });

  test("is never a notebook of the workspace", () => {
    expect(identity("https://github.com/acme/monitor", "/Shared/seed")).not.toBe(
      workspaceNotebook("/Shared/seed").identity,
    );
  });
});
