import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { maskSecret } from "@jobstrata/core/model";
import { NotWritten, withSetting } from "../../../src/cli/drift/accept-yaml";
import { acceptLive, typescriptChanges } from "../../../src/cli/drift/accept";
import type { Change } from "../../../src/cli/drift/compare";
import { literal } from "../../../src/cli/drift/settings-walk";
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
    ["parameters.mode", { name: "mode", default: "a" }, /by hand/],
    ["health.rules.RUN_DURATION_SECONDS", { op: "GREATER_THAN", value: 9 }, /by hand/],
    ["tasks.load.task_key", undefined, /begins an item/],
  ])("%s as %j is left to people", (path, value, why) => {
    expect(set(path, value)).toEqual(new NotWritten(expect.stringMatching(why) as string));
  });

  it("leaves variables and anchors alone", () => {
    const other = { line: 18, column: 5, path: ["name"], value: "Other" };
    expect(withSetting(JOB, other)).toEqual(
      new NotWritten("the file has ${var.name}, which may be used elsewhere"),
    );
    const anchored = JOB.replace("tags: {", "tags: &tags {");
    expect(withSetting(anchored, { ...LOAD, path: ["tags", "team"], value: "x" })).toEqual(
      new NotWritten("an anchor shares it with other settings"),
    );
  });

  it.each([
    ["of its list", "tasks:\n", "tasks: &tasks\n", "  again: *tasks\n"],
    ["far above it", "jobs:\n", "jobs: &jobs\n", "again: *jobs\n"],
  ])("leaves what an anchor %s repeats elsewhere", (_, from, to, more) => {
    const path = ["tasks", "load", "max_retries"];
    const text = JOB.replace(from, to) + more;
    expect(withSetting(text, { ...LOAD, path, value: 3 })).toBeInstanceOf(NotWritten);
  });

  describe("that is a list with comments", () => {
    const list = (...lines: string[]): string =>
      JOB.replace(
        "      schedule:",
        `      email_notifications:\n        on_start: [a@x.example]\n        on_failure: # who\n${lines.map((line) => `          ${line}\n`).join("")}      schedule:`,
      );
    const accept = (text: string, value: Parameters<typeof set>[1]) =>
      withSetting(text, { ...LOAD, path: ["email_notifications", "on_failure"], value });
    const before = list("- a@x # on call", "# The owner.", "- b@x", "- c@x");

    it.each<[value: string[], after: string[]]>([
      [
        ["a@x", "b@x"],
        ["- a@x # on call", "# The owner.", "- b@x"],
      ],
      [
        ["a@x", "b@x", "c@x", "d@x"],
        ["- a@x # on call", "# The owner.", "- b@x", "- c@x", '- "d@x"'],
      ],
      [
        ["d@x", "a@x", "e@x", "b@x", "f@x"],
        ['- "d@x"', "- a@x # on call", '- "e@x"', "# The owner.", "- b@x", '- "f@x"'],
      ],
    ])("keeps them when it becomes %j", (value, after) => {
      expect(accept(before, value)).toBe(list(...after));
      const windows = (text: string): string => text.replaceAll("\n", "\r\n");
      expect(accept(windows(before), value)).toBe(windows(list(...after)));
    });

    it.each<[value: Parameters<typeof set>[1]]>([
      [["b@x", "c@x"]],
      [["a@x", "c@x"]],
      [["b@x", "a@x", "c@x"]],
      [[]],
      [undefined],
    ])("stays as it is where one would be lost, when it becomes %j", (value) => {
      expect(accept(before, value)).toEqual(new NotWritten("its comments would be lost"));
    });

    it("may hold mappings and end with the file", () => {
      const text = `resources:
  jobs:
    load:
      libraries: # all
      - pypi: {package: a} # first
      - whl: b`;
      const path = ["libraries"];
      const value = [{ pypi: { package: "a" } }, { whl: "c" }];
      expect(withSetting(text, { ...LOAD, path, value })).toBe(
        text.replace("whl: b", "{ whl: c }"),
      );
    });
  });
});

describe("acceptLive", () => {
  const accept = async (
    changes: readonly Change[],
    settings: object,
    after: readonly Change[] = [],
    text = JOB,
  ) => {
    const file = join(freshFolder(), "databricks.yml");
    writeFileSync(file, text);
    const job = { key: "load", name: "", kinds: [], given: [], open: [], jobId: "7", changes };
    return acceptLive({
      file,
      target: "prod",
      jobs: [{ ...job, location: { file, ...LOAD } }],
      liveJob: () => ({ job_id: 7, settings }),
      keys: new Map([["12", "other"]]),
      compare: () => Promise.resolve([{ ...job, changes: after }]),
    });
  };
  const changed = (path: string, live: Change["live"], code?: Change["code"]): Change => ({
    kind: "changed",
    path: path.split("."),
    ...(live !== undefined && { live }),
    ...(code !== undefined && { code }),
  });

  it("leaves a secret, wherever it is in a long value", async () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`SETTING_${at}`, "on"]));
    const path = "tasks.load.new_cluster.spark_env_vars";
    const { files, left } = await accept([changed(path, { ...many, TOKEN: maskSecret("abc") })], {
      tasks: [{ task_key: "load", new_cluster: { spark_env_vars: { ...many, TOKEN: "abc" } } }],
    });
    expect(files).toEqual([]);
    expect(left).toEqual([expect.stringContaining("its value is a secret")]);
  });

  it("leaves text that a bundle would take for a variable", async () => {
    const { files, left } = await accept([changed("description", "${var.token}")], {
      description: "${var.token}",
    });
    expect(files).toEqual([]);
    expect(left).toEqual([expect.stringContaining("which a bundle would resolve")]);
  });

  it("refers to jobs of the bundle within blocks, too", async () => {
    const { files } = await accept([changed("tasks.load.run_job_task", { job_id: "12" })], {
      tasks: [{ task_key: "load", run_job_task: { job_id: 12 } }],
    });
    expect(files[0]?.after).toContain("job_id: ${resources.jobs.other.id}\n");
  });

  it("leaves a change that would bring another one", async () => {
    const changes = [changed("timeout_seconds", 90, 60), changed("description", "x")];
    const settings = { timeout_seconds: 90, description: "x" };
    const around = changed("description.more", "x");
    const { files, left } = await accept(changes, settings, [around]);
    expect(files).toEqual([]);
    expect(left).toHaveLength(2);
    expect(left[0]).toMatch(/^load: description .*: other settings would change with it$/);
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
        parameters: [{ name: "mode", default: "full" }],
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
      expect(tried.out).not.toContain("jobs equal");
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
      expect(err).toContain("Wrote 4 values to 1 file.");
      expect(err).toContain("Not accepted: load: name is");
      expect(err).toMatch(/Not accepted: report: parameter "mode" is .*: whole items of lists/);
      expect(out).toContain('name is "[prod] Load 2"; the code has "[prod] Load"');
      expect(out).toContain("1 of 3 jobs equal; 2 changed");
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
            { kind: "changed", path: ["description"], live: literal("${HOME}") },
            { kind: "permissions", path: ["permissions", "group ops"], live: "CAN_VIEW" },
          ],
        },
      ]),
    ).toEqual([
      "jobs/load.ts:7 load_job: timeoutSeconds: 90",
      'jobs/load.ts:7 load_job: remove maxRetries of task "load"',
      'jobs/load.ts:7 load_job: jobParameters.mode: "b"',
      'jobs/load.ts:7 load_job: description: "$${HOME}"',
      'jobs/load.ts:7 load_job: permissions: [{ groupName: "ops", level: "CAN_VIEW" }]',
    ]);
  });
});
