import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { HierarchyDocument } from "../../src/core/render/document";
import { ROOT } from "../e2e/support/processes";
import { tempFolder } from "../support/policy";
import { jobstrata, type Said } from "./program-support";

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
      "├─ bronze_refresh",
      "│",
      "│",
      "└─ silver_refresh",
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

  it("says how many jobs GitHub's Mermaid has no room for", async () => {
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
      /^"gone" is no path here, and |^".*" has no job "gone"/m,
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
      /the drawing "gone\/x\.mmd" cannot be written: ENOENT/,
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
