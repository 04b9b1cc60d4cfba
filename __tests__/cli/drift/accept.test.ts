import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NotWritten, withSetting } from "../../../src/cli/drift/accept-yaml";
import { typescriptChanges } from "../../../src/cli/drift/accept";
import { freshFolder } from "../../support/synth";
import { jobstrata } from "../program-support";
import { DeployedBundle } from "./support";

const JOB = `resources:
  jobs:
    load: # loads
      name: Load # its name
      timeout_seconds: 60
      tags: { team: sales, layer: bronze }
      schedule:
        quartz_cron_expression: "0 0 6 * * ?"
        timezone_id: UTC

      # The only task.
      tasks:
        - task_key: load
          max_retries: 2
          libraries:
            - pypi:
                package: tenacity
    other:
      name: \${var.name}
`;
const LOAD = { line: 3, column: 5 };

describe("a setting in YAML", () => {
  const set = (path: string, value: Parameters<typeof withSetting>[1]["value"]) =>
    withSetting(JOB, { ...LOAD, path: path.split("."), value });

  it.each<[path: string, value: Parameters<typeof set>[1], before: string, after: string]>([
    ["timeout_seconds", 90, "timeout_seconds: 60", "timeout_seconds: 90"],
    ["name", "Load 2", "Load # its name", '"Load 2" # its name'],
    ["schedule.quartz_cron_expression", "0 0 7 * * ?", '"0 0 6 * * ?"', '"0 0 7 * * ?"'],
    ["tags.team", "ops", "team: sales", "team: ops"],
    ["tags.layer", undefined, "team: sales, layer: bronze", "team: sales"],
    ["tags.team", undefined, "team: sales, ", ""],
    ["tags.cost", "a b", "bronze }", 'bronze, cost: "a b" }'],
    ["timeout_seconds", undefined, "      timeout_seconds: 60\n", ""],
    ["tasks.load.max_retries", undefined, "          max_retries: 2\n", ""],
    ["tasks.load.max_retries", 3, "max_retries: 2", "max_retries: 3"],
    [
      "tasks.load.notebook_task.base_parameters.mode",
      "full",
      "package: tenacity\n",
      "package: tenacity\n          notebook_task:\n            base_parameters:\n              mode: full\n",
    ],
    [
      "schedule.pause_status",
      "PAUSED",
      "timezone_id: UTC\n",
      "timezone_id: UTC\n        pause_status: PAUSED\n",
    ],
    [
      "description",
      "by hand",
      "package: tenacity\n",
      'package: tenacity\n      description: "by hand"\n',
    ],
    [
      "tasks.load.libraries",
      [{ whl: "/Volumes/a.whl" }],
      "libraries:\n            - pypi:\n                package: tenacity\n",
      "libraries:\n            - whl: /Volumes/a.whl\n",
    ],
  ])("%s becomes %j, and every other byte stays", (path, value, before, after) => {
    expect(set(path, value)).toBe(JOB.replace(before, after));
  });

  it("keeps Windows line ends", () => {
    const text = JOB.replaceAll("\n", "\r\n");
    const path = ["description"];
    expect(withSetting(text, { ...LOAD, path, value: "x" })).toBe(
      text.replace("tenacity\r\n", "tenacity\r\n      description: x\r\n"),
    );
  });

  it.each<[path: string, value: Parameters<typeof set>[1], why: RegExp]>([
    ["description", undefined, /does not have it/],
    ["tasks.load", undefined, /by hand/],
    ["tasks.extra.max_retries", 1, /by hand/],
    ["tasks.load.task_key", undefined, /begins an item/],
  ])("%s as %j is left to people", (path, value, why) => {
    expect(set(path, value)).toEqual(new NotWritten(expect.stringMatching(why) as string));
  });

  it("leaves variables and anchors alone", () => {
    const other = { line: 18, column: 5, path: ["name"], value: "Other" };
    expect(withSetting(JOB, other)).toEqual(
      new NotWritten("the file has ${var.name}, which others may use"),
    );
    const anchored = JOB.replace("tags: {", "tags: &tags {");
    expect(withSetting(anchored, { ...LOAD, path: ["tags", "team"], value: "x" })).toEqual(
      new NotWritten("an anchor shares it with others"),
    );
  });
});

describe("jobstrata drift --accept", () => {
  it("writes live values into the files of the bundle, and says what it leaves", async () => {
    process.env.JOBSTRATA_CACHE = freshFolder();
    const bundle = await DeployedBundle.start(freshFolder());
    try {
      const ids = await bundle.deploy("prod");
      const jobs = join(bundle.folder, "resources/jobs.yml");
      const before = readFileSync(jobs, "utf8");
      await bundle.update(ids.get("load"), {
        timeout_seconds: 60,
        max_concurrent_runs: 1,
        name: "[prod] Load 2",
      });
      await bundle.update(ids.get("report"), {
        schedule: {
          quartz_cron_expression: "0 0 7 * * ?",
          timezone_id: "UTC",
          pause_status: "PAUSED",
        },
      });
      const drift = (...args: string[]) =>
        jobstrata("drift", bundle.folder, "-t", "prod", "--accept", ...args);

      const tried = await drift("--dry-run");
      expect(tried.out).toContain(
        "-      timeout_seconds: 3600 # an hour\n+      timeout_seconds: 60 # an hour",
      );
      expect(readFileSync(jobs, "utf8")).toBe(before);

      const { code, err, out } = await drift();

      expect(readFileSync(jobs, "utf8")).toBe(
        before
          .replace("      max_concurrent_runs: 2\n", "")
          .replace("3600 # an hour", "60 # an hour")
          .replace(
            "0 0 6 * * ?\n        timezone_id: UTC",
            '"0 0 7 * * ?"\n        timezone_id: UTC\n        pause_status: PAUSED',
          ),
      );
      expect(code).toBe(1);
      expect(err).toContain("Took over 4 values into 1 file.");
      expect(err).toContain("Not taken over: load: name is");
      expect(out).toContain('name is "[prod] Load 2"; the code has "[prod] Load"');
      expect(out).toContain("2 of 3 jobs equal; 1 changed");
    } finally {
      await bundle.stop();
      delete process.env.JOBSTRATA_CACHE;
    }
  });

  it("says what to change in TypeScript", () => {
    const head = { name: "", kinds: [], given: [], open: [], key: "load_job" };
    const location = { file: "jobs/load.ts", line: 7 };
    expect(
      typescriptChanges([
        {
          ...head,
          location,
          changes: [
            { kind: "changed", path: ["timeout_seconds"], code: 60, live: 90 },
            { kind: "changed", path: ["tasks", "load", "max_retries"], code: 2 },
            { kind: "changed", path: ["parameters", "mode", "default"], code: "a", live: "b" },
            { kind: "permissions", path: ["permissions", "group ops"], live: "CAN_VIEW" },
          ],
        },
      ]),
    ).toEqual([
      "jobs/load.ts:7 load_job: timeoutSeconds: 90",
      'jobs/load.ts:7 load_job: remove maxRetries of task "load"',
      'jobs/load.ts:7 load_job: jobParameters.mode: "b"',
      'jobs/load.ts:7 load_job: permissions: [{ groupName: "ops", level: "CAN_VIEW" }]',
    ]);
  });
});
