import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../../e2e/support/processes";
import { git } from "../../support/git";
import { tempFolder } from "../../support/policy";
import { useTemporaryFiles } from "../temp-files";
import { jobstrata, type Said } from "../program-support";

const FIXTURES = join(ROOT, "__tests__", "fixtures");
const temporary = useTemporaryFiles();

/** Runs `graph --diff` in a folder. The option goes last: what follows it would be its value. */
function diff(folder: string, ...args: string[]): Promise<Said> {
  process.chdir(folder);
  return jobstrata(
    "graph",
    ...(args.some((arg) => arg.startsWith("--diff")) ? args : [...args, "--diff"]),
  );
}

function commitAll(folder: string): void {
  git(folder, "add", "-A");
  git(folder, "commit", "-qm", "bundle");
}

let template: string | undefined;

/** A repository with the bundle of three layers in `inside`. */
function repository(inside = "."): { readonly root: string; readonly bundle: string } {
  const root = tempFolder();
  const bundle = join(root, inside);
  if (template === undefined) {
    template = tempFolder();
    git(template, "init", "-q", "-b", "main");
  }
  cpSync(template, root, { recursive: true });
  cpSync(join(FIXTURES, "three-layer-bundle"), bundle, { recursive: true });
  commitAll(root);
  return { root, bundle };
}

function change(file: string, from: string, to: string): void {
  const text = readFileSync(file, "utf8");
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

const rewire = (bundle: string): void => {
  change(join(bundle, "resources", "silver.yml"), "jobs.silver_orders.id", "jobs.bronze_orders.id");
};
const REWIRED = `dev, prod: 1 job changed (6 jobs in all), since HEAD
  ~ silver_refresh composite
      ~ task clean_orders
          ~ runs: silver_orders → bronze_orders
  ! no job runs silver_orders any more (silver_refresh did)
`;
const SAME = "dev, prod: no changes (6 jobs in all), since HEAD\n";

const leftBehind = (): string[] =>
  readdirSync(temporary).filter((name) => name.startsWith("jobstrata-diff-"));

describe("a bundle and a revision of git", () => {
  it("says in one line that nothing has changed", async () => {
    const { root } = repository();
    expect(await diff(root)).toEqual({ code: 0, out: SAME, err: "" });
  });

  it("reports uncommitted changes without touching index, work tree and temporary folder", async () => {
    const { root, bundle } = repository();
    rewire(bundle);
    writeFileSync(join(root, "staged.txt"), "x");
    git(root, "add", "staged.txt");
    const index = readFileSync(join(root, ".git", "index"));
    const status = git(root, "status", "--short");
    expect(await diff(root)).toEqual({ code: 0, out: REWIRED, err: "" });
    expect(readFileSync(join(root, ".git", "index")).equals(index)).toBe(true);
    expect(git(root, "status", "--short")).toBe(status);
    expect(leftBehind()).toEqual([]);
  });

  it("accepts branches, tags and revision expressions", async () => {
    const { root, bundle } = repository();
    git(root, "tag", "v1");
    rewire(bundle);
    commitAll(root);
    for (const revision of ["HEAD~1", "v1", "git:v1", "main^"]) {
      const { out } = await diff(root, `--diff=${revision}`);
      expect(out).toBe(REWIRED.replace("HEAD", revision.replace("git:", "")));
    }
    // What exists as a path is one.
    mkdirSync(join(root, "v1"));
    expect((await diff(root, "--diff=v1")).err).toMatch(/"v1" holds neither a bundle/);
    expect((await diff(root, "--diff=git:v1")).out).toContain("since v1");
  });

  it("finds a bundle deep in a repository, from anywhere, with notebooks beside it", async () => {
    const { root, bundle } = repository("bundles/lakehouse");
    const file = join(bundle, "resources", "silver.yml");
    mkdirSync(join(root, "bundles", "shared"));
    writeFileSync(join(root, "bundles", "shared", "clean.py"), "# Databricks notebook source\n");
    change(file, "../src/silver/clean_orders.py", "../../shared/clean.py");
    commitAll(root);
    expect((await diff(bundle)).out).toBe(SAME);
    expect((await diff(root, "bundles/lakehouse")).out).toBe(SAME);
    expect((await diff(tempFolder(), bundle)).out).toBe(SAME);
    change(file, "../../shared/clean.py", "../src/silver/clean_orders.py");
    const { out } = await diff(root, "bundles/lakehouse/databricks.yml", "silver_orders");
    expect(out).toContain(
      "~ notebook: bundles/shared/clean.py → bundles/lakehouse/src/silver/clean_orders.py",
    );
  });

  it("is not misled by a notebook that is a link, or that is gone", async () => {
    const { root, bundle } = repository();
    const folder = join(bundle, "src", "silver");
    renameSync(join(folder, "clean_orders.py"), join(folder, "moved.py"));
    expect((await diff(root)).out).toBe(SAME);
    symlinkSync("moved.py", join(folder, "clean_orders.py"));
    expect((await diff(root)).out).toBe(SAME);
  });

  it("uses the variable overrides of this machine for both sides", async () => {
    const { root, bundle } = repository();
    const file = join(bundle, ".databricks", "bundle", "dev", "variable-overrides.json");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '{"catalog": "mine"}');
    expect((await diff(root)).out).toBe(SAME);
  });

  it("runs no filters and no hooks of the user's", async () => {
    const { root, bundle } = repository();
    const trap = join(root, ".git", "trapped");
    const hook = join(root, ".git", "hooks", "post-index-change");
    mkdirSync(dirname(hook), { recursive: true });
    writeFileSync(hook, `#!/bin/sh\ntouch ${trap}\n`, { mode: 0o755 });
    git(root, "config", "core.fsmonitor", hook);
    rewire(bundle);
    expect((await diff(root)).out).toBe(REWIRED);
    expect(readdirSync(join(root, ".git"))).not.toContain("trapped");
  });

  it("is not confused by what git sets for a hook that runs it", async () => {
    const { root } = repository();
    const index = join(root, ".git", "index");
    process.env.GIT_INDEX_FILE = index;
    process.env.GIT_DIR = ".git";
    try {
      expect((await diff(join(root, "resources"), "..")).out).toBe(SAME);
    } finally {
      delete process.env.GIT_INDEX_FILE;
      delete process.env.GIT_DIR;
    }
  });

  it("reports unreadable files by their git names, with exit code 2", async () => {
    const { root, bundle } = repository();
    writeFileSync(join(bundle, "resources", "broken.yml"), "a: [");
    commitAll(root);
    writeFileSync(join(bundle, "resources", "broken.yml"), "");
    const { code, err } = await diff(root);
    expect(code).toBe(2);
    expect(err).toMatch(/^error: HEAD:resources\/broken\.yml:1:5: this is not YAML/);
    expect(err).not.toContain("jobstrata-diff-");
    expect(leftBehind()).toEqual([]);
  });

  it("removes its temporary files when it is interrupted", async () => {
    const { root } = repository();
    const running = diff(root);
    const interrupt = setInterval(() => {
      if (leftBehind().length > 0) process.emit("SIGINT");
    }, 1);
    const { code, out } = await running;
    clearInterval(interrupt);
    expect({ code, out }).toEqual({ code: 130, out: "" });
    expect(leftBehind()).toEqual([]);
  });

  it("compares the environments of both, or the one that is asked for", async () => {
    const { root, bundle } = repository();
    change(join(bundle, "databricks.yml"), "  prod:\n", "  staging: {}\n  prod:\n");
    change(join(bundle, "databricks.yml"), "0 0 4", "0 0 5");
    const { out } = await diff(root);
    expect(out.split("\n").slice(0, 3)).toEqual([
      "dev: no changes (6 jobs in all), since HEAD",
      "staging: new, with 6 jobs, since HEAD",
      "prod: 1 job changed (6 jobs in all), since HEAD",
    ]);
    expect((await diff(root, "-t", "dev")).out).toMatch(/^dev: no changes .*\n$/);
    expect((await diff(root, "-t", "staging")).out).toMatch(/^staging: new/);
    expect((await diff(root, "-t", "test")).err).toMatch(/has no target "test"/);
  });
});

describe("two paths", () => {
  it("are distinguished by their content, not by their location", async () => {
    const [old, now] = [repository("bundle").bundle, repository("bundle").bundle];
    expect((await diff(now, `--diff=${old}`)).out).toBe(SAME.replace("HEAD", old));
    rewire(now);
    expect((await diff(now, `--diff=${old}`)).out).toBe(REWIRED.replace("HEAD", old));
    // And the other way round.
    const { out } = await diff(old, `--diff=${now}`);
    expect(out).toMatch(/runs: bronze_orders → silver_orders/);
    expect(out).toMatch(/! silver_orders, which no job ran, is run by silver_refresh/);
  });
});

/** What Terraform prints of a plan with these jobs, by key, before and after it. */
function planOf(before: object | undefined, after: object, more: object = {}): string {
  const values = (jobs: object): object => ({
    root_module: {
      resources: Object.entries(jobs as Record<string, object>).map(([name, job]) => ({
        address: `databricks_job.${name}`,
        mode: "managed",
        type: "databricks_job",
        name,
        values: job,
      })),
    },
  });
  const file = join(tempFolder(), "plan.json");
  const plan = {
    format_version: "1.2",
    planned_values: values(after),
    ...(before && { prior_state: { format_version: "1.0", values: values(before) } }),
    ...more,
  };
  writeFileSync(file, JSON.stringify(plan));
  return file;
}

const runsJob = (jobId?: string): object => ({
  id: "2",
  name: "[dev] setup",
  task: [{ task_key: "run", run_job_task: [jobId === undefined ? {} : { job_id: jobId }] }],
});
const seed = (catalog: string): object => ({
  id: "1",
  name: "[dev] seed",
  task: [
    { task_key: "run", notebook_task: [{ notebook_path: "/seed", base_parameters: { catalog } }] },
  ],
});

describe("a plan", () => {
  it("is compared with the state before it", async () => {
    const plan = planOf(
      { seed: seed("dev"), setup: runsJob("1") },
      { seed: seed("main"), setup: runsJob("7") },
    );
    const { code, out } = await diff(dirname(plan), "plan.json");
    expect({ code, out }).toEqual({
      code: 0,
      out: `dev: 2 jobs changed (2 jobs in all), since the state before the plan
  ~ seed
      ~ task run
          ~ parameter catalog: "dev" → "main"
  ~ setup
      ~ task run
          ~ runs: seed → job 7
  ! no job runs seed any more (setup did)
`,
    });
  });

  it("of a first deployment adds everything; one that destroys removes it", async () => {
    const first = planOf(undefined, { seed: seed("dev") });
    expect((await diff(dirname(first), "plan.json")).out).toMatch(
      /^dev: 1 job added \(1 job in all\)/,
    );
    const last = planOf({ seed: seed("dev") }, {});
    expect((await diff(dirname(last), "plan.json")).out).toMatch(
      /^dev: gone, with 1 job.*\n {2}- seed\n$/,
    );
  });

  it("shows no secret, but that it changes", async () => {
    const marks = { task: [{ notebook_task: [{ base_parameters: { catalog: true } }] }] };
    const change = { before_sensitive: marks, after_sensitive: marks };
    const more = { resource_changes: [{ address: "databricks_job.seed", change }] };
    const plan = planOf({ seed: seed("hunter2") }, { seed: seed("hunter3") }, more);
    for (const format of ["text", "markdown", "json", "mermaid"]) {
      const { out } = await diff(dirname(plan), "plan.json", "--format", format);
      expect(out).not.toContain("hunter");
      expect(out).not.toContain("${");
      expect(out).not.toContain("no changes");
    }
    expect((await diff(dirname(plan), "plan.json")).out).toContain(
      'parameter catalog: "(sensitive)" → "(sensitive)"',
    );
    const same = planOf({ seed: seed("hunter2") }, { seed: seed("hunter2") }, more);
    expect((await diff(dirname(same), "plan.json")).out).toMatch(/no changes/);
  });

  it("is compared with a bundle by the keys of jobs", async () => {
    const { root } = repository();
    const plan = planOf(undefined, { gold: { name: "gold", task: [] } });
    const { out } = await diff(root, plan, "-t", "default", "--diff=.");
    expect(out).toMatch(/^default: new, with 1 job/);
  });
});

describe("how it is written", () => {
  it.each([
    ["changes.md", /^### Job hierarchy: 1 job changed\n/],
    ["changes.mmd", /^flowchart LR\n/],
    ["changes.json", /^\{\n {2}"version": 1,/],
    ["changes.txt", /^dev, prod: 1 job changed/],
  ])("is set by the file extension: %s", async (name, expected) => {
    const { root, bundle } = repository();
    rewire(bundle);
    const { code, out } = await diff(root, "--output", name);
    expect([code, out]).toEqual([0, ""]);
    expect(readFileSync(join(root, name), "utf8")).toMatch(expected);
  });

  it("names both sources in JSON, with places in each", async () => {
    const { root, bundle } = repository();
    change(join(bundle, "resources", "silver.yml"), "    silver_orders:\n", "    silver_gone:\n");
    const { out } = await diff(root, "-t", "dev", "--format", "json");
    expect(JSON.parse(out)).toMatchObject({
      from: { kind: "bundle", path: "databricks.yml", revision: "HEAD" },
      to: { kind: "bundle", path: "databricks.yml" },
      summary: { added: 1, removed: 1, changed: 1 },
      environments: [
        {
          environment: "dev",
          jobs: [
            { job: "silver_gone", location: { file: "resources/silver.yml", line: 3 } },
            { job: "silver_orders", location: { file: "HEAD:resources/silver.yml", line: 3 } },
            { job: "silver_refresh", tasks: [{ task: "clean_orders", runs: {} }] },
          ],
        },
      ],
    });
  });

  it("draws one environment, and says which others there are", async () => {
    const { root, bundle } = repository();
    rewire(bundle);
    const { out, err } = await diff(root, "--format", "mermaid");
    expect(out).toContain("no job runs it any more");
    expect(err).toBe('Drawing "dev"; -t chooses another: "prod"\n');
  });
});

describe("what cannot be compared is reported in one line", () => {
  it.each<[string, () => string, readonly string[], RegExp]>([
    [
      "an unknown revision",
      () => repository().root,
      ["--diff=gone"],
      /^"gone" is neither a path nor a revision that git knows here; fetch/,
    ],
    [
      "an option as a revision",
      () => repository().root,
      ["--diff=--output=x"],
      /^"--output=x" is neither/,
    ],
    ["a range", () => repository().root, ["--diff=main..main"], /^"main\.\.main" is neither/],
    ["nothing", () => repository().root, ["--diff="], /^"" is neither/],
    ["a file of a revision", () => repository().root, ["--diff=HEAD:databricks.yml"], /is neither/],
    [
      "an unknown job",
      () => repository().root,
      [".", "silver", "--diff"],
      /^there is no job "silver".*, neither before nor after/,
    ],
    [
      "a workspace",
      () => repository().root,
      ["--source", "workspace"],
      /^jobs of a workspace have no keys/,
    ],
    [
      "a local workspace",
      () => repository().root,
      ["--local"],
      /^jobs of a workspace have no keys/,
    ],
    [
      "SVG",
      () => repository().root,
      ["--format", "svg"],
      /^--diff has no format svg; use --format text, mermaid, markdown, json/,
    ],
    [
      "a file of DOT",
      () => repository().root,
      ["--output", "x.dot"],
      /^"x\.dot": there is no format for \.dot; use \.json, .*, or add --format/,
    ],
    [
      "standard input twice",
      () => repository().root,
      ["-", "--diff=-"],
      /^only one of two sources/,
    ],
  ])("%s", async (_, folder, args, expected) => {
    const { code, out, err } = await diff(folder(), ...args);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toMatch(expected);
    expect(err.trimEnd()).not.toContain("\n");
    expect(leftBehind()).toEqual([]);
  });

  it("a bundle in no repository", async () => {
    const folder = tempFolder();
    cpSync(join(FIXTURES, "three-layer-bundle"), folder, { recursive: true });
    expect((await diff(folder)).err).toMatch(
      /^".*" is not in a git repository; name a path to compare with/,
    );
  });

  it("a repository without a commit, a bundle that was not there yet", async () => {
    const { root, bundle } = repository("a");
    cpSync(bundle, join(root, "b"), { recursive: true });
    expect((await diff(root, "b")).err).toBe('there is no bundle "b/databricks.yml" at "HEAD"\n');
    const empty = tempFolder();
    cpSync(bundle, empty, { recursive: true });
    git(empty, "init", "-q");
    expect((await diff(empty)).err).toMatch(
      /^the repository of ".*" has no commit yet, so there is nothing to compare with; commit first/,
    );
    expect(leftBehind()).toEqual([]);
  });

  it("no git", async () => {
    const { root } = repository();
    const { PATH } = process.env;
    process.env.PATH = tempFolder();
    try {
      expect((await diff(root)).err).toMatch(
        /^reading a revision requires git, which is not installed/,
      );
    } finally {
      process.env.PATH = PATH;
    }
  });

  it("a state, or stacks, without anything to compare with", async () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "state.json"), '{"format_version": "1.0", "values": {}}');
    expect((await diff(folder, "state.json")).err).toMatch(
      /^"state\.json" has no prior state; name a source/,
    );
    expect((await diff(folder, "state.json", "--diff=main")).err).toMatch(
      /^"main" does not exist; a plan or a state can only be compared with a path/,
    );
  });

  it("formats that only changes have", async () => {
    process.chdir(repository().root);
    const { code, err } = await jobstrata("graph", "--format", "markdown");
    expect([code, err]).toEqual([2, "--format markdown shows what changes: add --diff\n"]);
  });
});

describe("what a job does", () => {
  const bundle = (
    n: string,
    [yes, no]: readonly [string, string],
    runIf: string,
    file: string,
    more: string,
  ): string => {
    const folder = tempFolder();
    writeFileSync(
      join(folder, "databricks.yml"),
      `bundle: {name: shop}
resources:
  jobs:
    branch:
      tasks:
        - task_key: check
          condition_task: {op: GREATER_THAN, left: "{{job.parameters.n}}", right: "${n}"}
        - task_key: big
          depends_on: [{task_key: check, outcome: "${yes}"}]
          notebook_task: {notebook_path: /Shared/big}
        - task_key: small
          depends_on: [{task_key: check, outcome: "${no}"}]
          notebook_task: {notebook_path: /Shared/small}
        - task_key: mop_up
          run_if: ${runIf}
          depends_on: [{task_key: big}, {task_key: small}]
          notebook_task: {notebook_path: /Shared/mop}
        - task_key: q
          sql_task: {warehouse_id: ${file}, file: {path: ./${file}.sql}}
        - task_key: p
          pipeline_task: {pipeline_id: "\${resources.pipelines.${file}.id}"}
        - task_key: w
          job_cluster_key: c
          python_wheel_task: {package_name: pkg, entry_point: ${file}, named_parameters: {x: "1"}}
        - task_key: s
          job_cluster_key: c
          spark_python_task: {python_file: ./${file}.py, parameters: ["--${file}"]}
        - task_key: d
          dbt_task: {project_directory: ./dbt, commands: ["dbt ${file}"], warehouse_id: abc}
        - task_key: each
          for_each_task:
            inputs: "[1,2]"
            task: {task_key: body, notebook_task: {notebook_path: /Shared/body}}
      job_clusters: [{job_cluster_key: c, new_cluster: {spark_version: 15.4.x-scala2.12, num_workers: 1}}]
${more}
  pipelines: {run: {name: a}, test: {name: b}}
targets: {dev: {mode: development}}
`,
    );
    return folder;
  };
  const before = bundle("10", ["true", "false"], "AT_LEAST_ONE_FAILED", "run", "");

  it("is described in words", async () => {
    const after = bundle("20", ["false", "true"], "ALL_DONE", "test", "");
    const { code, out } = await diff(after, `--diff=${before}`);
    expect(code).toBe(0);
    expect(out.split("\n").slice(1).join("\n")).toBe(`  ~ branch
      ~ task big
          ~ after: check true → false
      ~ task check
          ~ condition: {{job.parameters.n}} > 10 → {{job.parameters.n}} > 20
      ~ task d
          ~ dbt commands: ["dbt run"] → ["dbt test"]
      ~ task mop_up
          ~ run_if: AT_LEAST_ONE_FAILED → ALL_DONE
      ~ task p
          ~ pipeline: \${resources.pipelines.run.id} → \${resources.pipelines.test.id}
      ~ task q
          ~ SQL file: run.sql → test.sql
          ~ warehouse: run → test
      ~ task s
          ~ parameters: ["--run"] → ["--test"]
          ~ Python file: run.py → test.py
      ~ task small
          ~ after: check false → true
      ~ task w
          ~ entry point: run → test
`);
  });

  it.each([
    ["queue: {enabled: false}", "queue.enabled: false"],
    [
      "health: {rules: [{metric: RUN_DURATION_SECONDS, op: GREATER_THAN, value: 60}]}",
      "health.rules.RUN_DURATION_SECONDS: op GREATER_THAN, value 60",
    ],
    ["permissions: [{level: CAN_VIEW, group_name: users}]", "permissions.group users: CAN_VIEW"],
    [
      "schedule: {quartz_cron_expression: 0 0 6 * * ?, timezone_id: UTC}",
      "schedule: 0 0 6 * * ? (UTC), paused",
    ],
    ["timeout_seconds: 60", "timeout_seconds: 60"],
    ["something_new: {deep: [1]}", "something_new: deep [1]"],
  ])("is reported for every part: %s", async (more, line) => {
    const after = bundle("10", ["true", "false"], "AT_LEAST_ONE_FAILED", "run", `      ${more}`);
    const { out } = await diff(after, `--diff=${before}`);
    expect(out.split("\n").slice(1)).toEqual(["  ~ branch", `      + ${line}`, ""]);
  });

  it("is the same, in whichever file, order and spelling it is written", async () => {
    const after = bundle("10", ["true", "false"], "AT_LEAST_ONE_FAILED", "run", "");
    change(join(after, "databricks.yml"), "resources:\n", "include: [jobs/*.yml]\nnothing:\n");
    const text = readFileSync(join(after, "databricks.yml"), "utf8");
    const [head = "", rest = ""] = text.split("nothing:\n");
    const [jobs = "", targets = ""] = rest.split("targets:");
    mkdirSync(join(after, "jobs"));
    writeFileSync(join(after, "databricks.yml"), `${head}targets:${targets}`);
    writeFileSync(
      join(after, "jobs", "branch.yml"),
      `resources:\n${jobs.replaceAll("./", "../").replace("concurrency: 1", "")}`,
    );
    const { out } = await diff(after, `--diff=${before}`);
    expect(out).toMatch(/^dev: no changes \(1 job in all\), since .*\n$/);
  });
});
