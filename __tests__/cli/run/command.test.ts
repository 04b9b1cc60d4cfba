import { afterAll, beforeAll, beforeEach, describe, expect, it } from "@jest/globals";
import { execFileSync } from "node:child_process";
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, NODE_TS, ROOT, start, type StartedProcess } from "../../e2e/support/processes";
import { ALERTING, makeProject, NOTEBOOK } from "../../e2e/support/project";
import { describeWithTerraform } from "../../e2e/support/terraform";
import { notebookTask } from "../../local/support";
import { RunWorkspace, stopAll } from "../../run/workspace";
import { commandLine, type Surroundings } from "../program-support";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "jobstrata-run-")));
let workspace: RunWorkspace;

beforeEach(async () => {
  workspace = await RunWorkspace.open();
});
afterAll(async () => {
  await stopAll();
  rmSync(folder, { recursive: true });
});

interface Options {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

const surroundings = ({ cwd = folder, env = {} }: Options = {}): Surroundings => ({
  cwd,
  env: {
    PATH: process.env.PATH,
    HOME: folder,
    TMPDIR: folder,
    CI: "true",
    DATABRICKS_HOST: workspace.host,
    DATABRICKS_TOKEN: workspace.token,
    ...env,
  },
});

/** For signals alone, since a process costs a second. */
const startCli = (args: readonly string[], options?: Options): StartedProcess =>
  start([...NODE_TS, join(ROOT, "src", "cli", "bin.ts"), ...args], surroundings(options));

const cli = (args: readonly string[], options?: Options): Promise<Ended> =>
  commandLine(args, surroundings(options));

/** What the exit code is, and that nothing is shown that must not be. */
async function ends(code: number, args: readonly string[], options?: Options): Promise<Ended> {
  const ended = await cli(args, options);
  if (ended.code !== code)
    throw new Error(`exit code ${ended.code ?? "none"} instead of ${code}:\n${ended.text}`);
  expect(ended.text).not.toContain(workspace.token);
  expect(ended.text).not.toMatch(/^\s+at .*\.(ts|js):\d+/m);
  return ended;
}

const id = String;

describe("jobstrata run", () => {
  it("shows what a job runs, line by line, and the tree at the end", async () => {
    const { setup } = await workspace.setup();
    const { stdout, stderr } = await ends(0, ["run", "--job-id", id(setup)]);
    const lines = stdout.replace(/^\d\d:\d\d:\d\d /gm, "").replace(/\d+\.\d s/g, "0.0 s");
    expect(lines).toContain(" STARTED           setup  run ");
    expect(lines).toMatch(/^ RUNNING {11}setup > tables {2}→ tables {2}run \d+ {2}http:\/\/127/m);
    expect(lines).toMatch(/^ SUCCESS {11}setup > deploy > only {2}0\.0 s$/m);
    expect(lines).toMatch(/^ SUCCESS {11}setup {2}0\.0 s$/m);
    expect(lines).toMatch(/^✔ setup {7}SUCCESS {2}0\.0 s {2}run \d+$/m);
    expect(lines).toMatch(
      /^├─ ✔ tables {3}SUCCESS {2}0\.0 s {2}→ tables {2}run \d+\n│ {2}└─ ✔ only {2}SUCCESS {2}0\.0 s {2}"done" {2}run \d+$/m,
    );
    expect(lines).toMatch(
      /\nSUCCESS in 0\.0 s {2}http:\/\/127\.0\.0\.1:\d+\/#job\/\d+\/run\/\d+\n$/,
    );
    expect(stderr).toBe("");
  });

  it("reports the failure, the tasks that did not run, and how to continue", async () => {
    const { setup } = await workspace.setup();
    workspace.gates.fail("seed", "no such table\u001b[2J");
    const { stdout } = await ends(1, ["run", "--job-id", id(setup)]);
    expect(stdout).toMatch(
      /✖ seed > only {2}FAILED after \d\.\d s\n {4}job {7}seed \(run \d+\)\n {4}notebook {2}\/Shared\/setup_alerting_tables\n {4}link .*\n {4}Traceback.*\n {4}no such table\\u001b\[2J\n {4}did not run because of it: deploy\n/,
    );
    expect(stdout).toMatch(/To rerun what failed and keep the rest: npx jobstrata repair \d+\n$/);
  });

  describe("exit codes", () => {
    const partial = (): Promise<number> =>
      workspace.client.createJob({
        name: "partial",
        tasks: [
          { ...notebookTask("bad"), notebook_task: { notebook_path: "/nowhere" } },
          notebookTask("clean_up", ["bad"], { run_if: "ALL_DONE" }),
        ],
      });
    const slow = async (): Promise<number> => {
      workspace.gates.hold("slow");
      return workspace.atomic("slow");
    };
    const cases: [
      code: number,
      what: string,
      job: () => Promise<number>,
      args?: string[],
      output?: RegExp,
    ][] = [
      [0, "a success", () => workspace.atomic("tables")],
      [1, "a failure", () => (workspace.gates.fail("bad"), workspace.atomic("bad"))],
      [1, "SUCCESS_WITH_FAILURES", partial, [], /SUCCESS_WITH_FAILURES/],
      [0, "SUCCESS_WITH_FAILURES that is allowed", partial, ["--allow-partial"]],
      [
        1,
        "a run that the job's own timeout ends",
        async () => {
          workspace.gates.hold("short");
          return workspace.client.createJob({
            name: "short",
            timeout_seconds: 1,
            tasks: [notebookTask("only")],
          });
        },
        [],
        /TIMEDOUT/,
      ],
      [
        1,
        "a run of which a task times out",
        async () => {
          workspace.gates.hold("short");
          return workspace.atomic("short", { timeout_seconds: 1 });
        },
        [],
        /TIMEDOUT/,
      ],
      [
        2,
        "a job that is not there",
        () => Promise.resolve(999_999),
        [],
        /Job 999999 does not exist/,
      ],
      [
        2,
        "a parameter that the job does not declare",
        () => workspace.atomic("tables"),
        ["--param", "x=1"],
        /does not declare the job parameter "x"; it declares none; --notebook-param sets/,
      ],
      [
        2,
        "a task that the job does not have",
        () => workspace.atomic("tables"),
        ["--only", "onlyy"],
        /no task "onlyy" \(did you mean "only"\?\)/,
      ],
      [
        3,
        "a run that takes longer than --timeout",
        slow,
        ["--timeout", "1"],
        /CANCELED.*The timeout expired/s,
      ],
      [
        0,
        "a run that is left going",
        slow,
        ["--no-wait"],
        /continues\. Watch it: npx jobstrata run --watch \d+/,
      ],
    ];
    it.each(cases)("%i after %s", async (code, _, job, args = [], output = /./) => {
      const { text } = await ends(code, ["run", "--job-id", id(await job()), ...args]);
      expect(text).toMatch(output);
    });

    it.each([
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const)(
      "after %s is %i, when the run and what it runs have ended",
      async (signal, code) => {
        const { setup } = await workspace.setup();
        workspace.gates.hold("seed");
        const command = startCli(["run", "--job-id", id(setup)]);
        await workspace.until(() => workspace.gates.isWaiting("seed"));
        await command.printed(/RUNNING +setup > seed > only/);
        command.child.kill(signal);
        const ended = await command.ended;
        expect(ended.code).toBe(code);
        expect(ended.stderr).toContain(
          "Canceling, and waiting for the end; Ctrl-C again exits at once",
        );
        expect(ended.stdout).toMatch(/CANCELED +setup > seed > only/);
        expect((await workspace.client.ok("GET", "/local/status")).active_runs).toBe(0);
      },
    );

    it("exits at the second Ctrl-C and reports the runs that continue", async () => {
      const command = startCli(["run", "--job-id", id(await slow())]);
      await command.printed(/RUNNING +slow > only/);
      await workspace.faults({
        requests: [{ match: "POST */cancel", fault: "latency", milliseconds: 3000 }],
      });
      command.child.kill("SIGINT");
      await command.printed(/Canceling/);
      command.child.kill("SIGINT");
      const ended = await command.ended;
      expect(ended.code).toBe(130);
      expect(ended.stderr).toMatch(/Run \d+ continues\. Watch it: npx jobstrata run --watch \d+/);
    });

    it("leaves the run running at Ctrl-C on request", async () => {
      const command = startCli(["run", "--job-id", id(await slow()), "--detach-on-interrupt"]);
      await command.printed(/RUNNING +slow > only/);
      command.child.kill("SIGINT");
      const ended = await command.ended;
      expect(ended.code).toBe(130);
      expect(ended.stdout).toMatch(/Run \d+ continues\. Watch it/);
      expect((await workspace.client.ok("GET", "/local/status")).active_runs).toBe(1);
    });

    it("cancels a run that was being started when Ctrl-C came", async () => {
      await workspace.faults({
        requests: [{ match: "POST */run-now", fault: "latency", milliseconds: 1500 }],
      });
      const command = startCli(["run", "--job-id", id(await slow())]);
      await workspace.until(async () => {
        const { struck } = await workspace.client.ok("GET", "/local/faults");
        return struck[0] === 1;
      });
      command.child.kill("SIGINT");
      expect((await command.ended).code).toBe(130);
      expect((await workspace.client.ok("GET", "/local/status")).active_runs).toBe(0);
    });
  });

  it("watches a run that is under way, and leaves it going at Ctrl-C unless told otherwise", async () => {
    const { setup } = await workspace.setup();
    workspace.gates.hold("seed");
    const runId = await workspace.client.runNow(setup);
    for (const [args, active] of [
      [[], 1],
      [["--cancel-on-interrupt"], 0],
    ] as const) {
      const command = startCli(["run", "--watch", id(runId), ...args]);
      await command.printed(/RUNNING +setup > seed > only/);
      command.child.kill("SIGINT");
      expect((await command.ended).code).toBe(130);
      expect((await workspace.client.ok("GET", "/local/status")).active_runs > 0 ? 1 : 0).toBe(
        active,
      );
    }
    await ends(2, ["run", "--watch", "999999"]);
  });

  it("finds a job by its name, and refuses an ambiguous name", async () => {
    await workspace.atomic("[dev] Tables");
    await ends(0, ["run", "--name", "[dev] Tables"]);
    const { stderr } = await ends(2, ["run", "--name", "[dev] Tabels"]);
    expect(stderr).toBe(
      'no job that you may see is called "[dev] Tabels" (did you mean "[dev] Tables"?)\n',
    );
    await workspace.atomic("[dev] Tables");
    expect((await ends(2, ["run", "--name", "[dev] Tables"])).stderr).toMatch(
      /^2 jobs are called "\[dev\] Tables"; give one by --job-id: /,
    );
  });

  it("hands on parameters", async () => {
    const parameters = [{ name: "catalog", default: "dev" }];
    const job = await workspace.client.createJob({
      name: "declares",
      parameters,
      tasks: [notebookTask("only")],
    });
    await ends(0, ["run", "--job-id", id(job), "--param", "catalog=a=b"]);
    const other = await workspace.atomic("reads");
    await ends(0, ["run", "--job-id", id(other), "--notebook-param", "mode=full"]);
    expect(workspace.gates.executed.map(({ parameters: got }) => got)).toEqual([
      { catalog: "a=b" },
      { mode: "full" },
    ]);
    const { setup } = await workspace.setup();
    expect(
      (await ends(2, ["run", "--job-id", id(setup), "--notebook-param", "a=b"])).stderr,
    ).toMatch(/has no notebook task, so notebook parameters would reach nothing/);
  });

  it("runs a part of a nested job, if necessary in several runs", async () => {
    const { setup } = await workspace.setup();
    const top = await workspace.composite("platform", {
      alerting: [setup],
      report: [await workspace.atomic("report"), "alerting"],
    });
    const select = ["run", "--job-id", id(top), "--select", "seed+1", "--select", "report"];
    const plan = await ends(0, [...select, "--dry-run"]);
    expect(plan.stdout).toMatch(
      /^1\. setup \(only seed, deploy\)\n.*\n2\. platform \(only report\) {2}after 1\n/s,
    );
    expect(workspace.gates.executed).toEqual([]);
    await ends(0, select);
    expect(workspace.gates.executed.map(({ job }) => job)).toEqual(["seed", "deploy", "report"]);
    expect((await ends(2, [...select, "--no-wait"])).stderr).toMatch(
      /needs 2 runs, some of which depend on others/,
    );
    workspace.gates.fail("seed");
    const { stdout } = await ends(1, select);
    expect(stdout).toContain("– platform (only report)  was not run");
  });

  it("writes one document, or an object a line", async () => {
    const { setup, seed } = await workspace.setup();
    workspace.gates.fail("seed", "no such table");
    const { stdout } = await ends(1, ["run", "--job-id", id(setup), "--format", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      command: "run",
      result: "FAILED",
      exit_code: 1,
      runs: [
        {
          job_id: setup,
          outcome: "failed",
          run: {
            state: "FAILED",
            tasks: [
              {
                task_key: "tables",
                run: { tasks: [{ state: "SUCCESS", output: { result: "done" } }] },
              },
              {},
              {},
              {},
            ],
          },
          failures: [
            {
              path: ["seed", "only"],
              job_id: seed,
              error: "no such table",
              did_not_run: [["deploy"]],
            },
          ],
        },
      ],
    });
    const lines = (await ends(1, ["run", "--job-id", id(setup), "--format", "jsonl"])).stdout
      .trim()
      .split("\n");
    const events = lines.map(
      (line) => JSON.parse(line) as { event: string; path?: string[]; exit_code?: number },
    );
    expect(events[0]).toMatchObject({ event: "run_started", job_id: setup });
    expect(events).toContainEqual(
      expect.objectContaining({
        event: "task_ended",
        path: ["seed", "only"],
        state: "FAILED",
        error: "no such table",
      }),
    );
    expect(events.at(-1)).toMatchObject({ event: "end", result: "FAILED", exit_code: 1 });
    const refused = await ends(2, ["run", "--job-id", "999999", "--format", "json"]);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      result: "NOT_STARTED",
      exit_code: 2,
      runs: [],
    });
  });

  it.each([
    [[], "no job is given: give one of a key, --job-id, --name and --watch"],
    [["a", "--job-id", "1"], "more than one job is given"],
    [
      ["tables_job"],
      'use -t to name the environment in which to run "tables_job"; or give --job-id or --name',
    ],
    [["--job-id", "1", "--only", "a", "--select", "b"], "--only names tasks of the job itself"],
    [["--watch", "1", "--param", "a=b"], "--param cannot be combined with --watch"],
    [["--job-id", "x"], "An id is a whole number above 0, of at most 64 bits."],
    [["--job-id", "1", "--param", "novalue"], "It must be name=value."],
    [["--job-id", "1", "--param", "a=1", "--param", "a=2"], '"a" is given twice.'],
    [
      ["--job-id", "1", "--timeout", "soon"],
      "It must be a number of seconds, or a duration such as 90s",
    ],
    [["--job-id", "1", "--format", "xml"], "Allowed choices are text, json, jsonl."],
    [["-t", "dev", "x"], "holds no synthesized stacks"],
  ])("refuses %j", async (args, message) => {
    const { stderr } = await ends(2, ["run", ...args]);
    expect(stderr).toContain(message);
  });

  it.each([
    [{ DATABRICKS_TOKEN: undefined }, /there is no way to log in to http:\/\/127/],
    [{ DATABRICKS_TOKEN: "dapiwrong" }, /403 PERMISSION_DENIED: Invalid access token/],
    [
      { DATABRICKS_HOST: undefined, DATABRICKS_TOKEN: undefined },
      /no workspace is known: set DATABRICKS_HOST/,
    ],
    [
      { DATABRICKS_HOST: "http://example.com" },
      /a token is not sent over http, except to this machine/,
    ],
  ])("says how to log in: %j", async (env, message) => {
    const { stderr } = await ends(2, ["run", "--job-id", "1"], { env });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain("dapiwrong");
  });
});

describe("jobstrata repair", () => {
  it("shows what it keeps, then reruns what failed", async () => {
    const { setup } = await workspace.setup();
    workspace.gates.fail("seed");
    const runId = await workspace.client.runNow(setup);
    await workspace.client.finished(runId);
    workspace.gates.succeed("seed");
    const plan = "Repair run \\d+ of setup\n  again  seed, deploy\n  kept   tables, sync\n";
    const dry = await ends(0, ["repair", id(runId), "--dry-run"]);
    expect(dry.stdout).toMatch(new RegExp(`^${plan}$`));
    const before = workspace.gates.executed.length;
    const { stdout } = await ends(0, ["repair", id(runId)]);
    expect(stdout).toMatch(new RegExp(`^${plan}`));
    expect(stdout).not.toMatch(/RUNNING +setup > tables/);
    expect(workspace.gates.executed.slice(before).map(({ job }) => job)).toEqual([
      "seed",
      "deploy",
    ]);
    expect((await ends(2, ["repair", id(runId)])).stderr).toMatch(
      /has no failed task to repair; it ended with SUCCESS/,
    );
  });

  it("repairs the run below that failed, and then runs what depends on it", async () => {
    const { setup } = await workspace.setup();
    const top = await workspace.composite("platform", {
      alerting: [setup],
      report: [await workspace.atomic("report"), "alerting"],
    });
    workspace.gates.fail("seed");
    const runId = await workspace.client.runNow(top);
    await workspace.client.finished(runId);
    workspace.gates.succeed("seed");
    const before = workspace.gates.executed.length;
    const { stdout } = await ends(0, ["repair", id(runId)]);
    expect(stdout).toMatch(
      /^Repair run \d+ of setup of task alerting\n {2}again {2}seed, deploy\n {2}kept {3}tables, sync\nThen run platform again for the remaining tasks of run \d+ of platform, which keeps the result FAILED\n {2}again {2}report\n/,
    );
    expect(workspace.gates.executed.slice(before).map(({ job }) => job)).toEqual([
      "seed",
      "deploy",
      "report",
    ]);
  });

  it("stops where the repair fails", async () => {
    const { setup } = await workspace.setup();
    workspace.gates.fail("seed");
    const runId = await workspace.client.runNow(setup);
    await workspace.client.finished(runId);
    const { stdout } = await ends(1, ["repair", id(runId)]);
    expect(stdout).toContain("seed is broken");
  });

  it.each([
    [[], "give the id of a run, or --last, and not both"],
    [["--last"], "use -t to name the environment of the last run"],
    [["999999"], "Run 999999 does not exist"],
  ])("refuses %j", async (args, message) => {
    expect((await ends(2, ["repair", ...args])).stderr).toContain(message);
  });
});

describe("jobstrata runs", () => {
  it("shows one run with all that it left, safe to show", async () => {
    const { setup } = await workspace.setup();
    workspace.gates.fail("seed", "no such table\u001b]0;owned\u0007");
    const runId = await workspace.client.runNow(setup);
    await workspace.client.finished(runId);
    const { stdout } = await ends(0, ["runs", id(runId)]);
    expect(stdout).toContain("├─ ✔ tables");
    expect(stdout).toMatch(
      / {4}seed \(run \d+\): FAILED\n {6}only \(run \d+\): FAILED in \d\.\d s\n {8}some output\n {8}Traceback.*\n {8}no such table\\u001b\]0;owned\\u0007\n/,
    );
    expect(stdout).toContain("exit value: done");
    const json = await ends(0, ["runs", id(runId), "--format", "json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({
      version: 1,
      run: { run_id: runId, state: "FAILED" },
      failures: [{}],
    });
    expect((await ends(2, ["runs", "999999"])).stderr).toContain("Run 999999 does not exist");
    expect((await ends(2, ["runs"])).stderr).toContain(
      "use -t to name the environment of the runs",
    );
  });
});

describeWithTerraform("jobs of an environment", () => {
  const project = makeProject(folder, "alerting", ALERTING);
  for (const name of ["tables.py", "seed.py"]) writeFileSync(join(project, name), NOTEBOOK);

  beforeAll(() => {
    execFileSync(process.execPath, [...NODE_TS.slice(1), "main.ts"], { cwd: project });
  });

  /** What a deployment leaves, without one: the state is all that a run reads of it. */
  function deployed(stack: string, ids: Readonly<Record<string, number>>): void {
    const outputs = Object.entries(ids).map(([name, value]) => [
      name,
      { value: String(value), type: "string" },
    ]);
    writeFileSync(
      join(project, `terraform.alerting-dev-${stack}.tfstate`),
      JSON.stringify({
        version: 4,
        terraform_version: "1.5.0",
        serial: 1,
        lineage: "00000000-0000-0000-0000-000000000000",
        outputs: Object.fromEntries(outputs),
        resources: [],
      }),
    );
  }

  async function deploy(): Promise<{ tables: number; seed: number; setup: number }> {
    const tables = await workspace.atomic("[dev] Tables");
    const seed = await workspace.atomic("[dev] Seed");
    const setup = await workspace.composite("[dev] Setup", {
      tables: [tables],
      seed: [seed, "tables"],
    });
    deployed("atomic", { tables_job_id: tables, seed_job_id: seed });
    deployed("composite", { setup_job_id: setup });
    return { tables, seed, setup };
  }

  const inProject = (code: number, ...args: string[]): Promise<Ended> =>
    ends(code, args, { cwd: project });

  it("are found by key in any backend, without leftovers", async () => {
    await deploy();
    const { stdout } = await inProject(0, "run", "-t", "dev", "setup_job");
    expect(stdout).toContain("→ tables_job");
    expect(stdout).toMatch(/^✔ setup_job +SUCCESS +\d\.\d s {2}\[dev\] Setup {2}run \d+$/m);
    expect(readdirSync(folder).filter((name) => name.startsWith("jobstrata-state"))).toEqual([]);
  });

  it("are missed with the near ones, or the command that deploys them", async () => {
    await deploy();
    expect((await inProject(2, "run", "-t", "dev", "setpu_job")).stderr).toBe(
      'environment "dev" has no job "setpu_job" (did you mean "setup_job"?); it has "seed_job", "tables_job", "setup_job"\n',
    );
    expect((await inProject(2, "run", "-t", "prod", "setup_job")).stderr).toBe(
      'there is no environment "prod"; the synthesized stacks have "dev"\n',
    );
    deployed("composite", {});
    expect((await inProject(2, "run", "-t", "dev", "setup_job")).stderr).toBe(
      'job "setup_job" is not deployed in environment "dev"; deploy it: npx cdktf deploy alerting-dev-composite\n',
    );
    const manifest = join(project, "package.json");
    writeFileSync(manifest, '{ "dependencies": { "cdktn": "^0.24.0" } }');
    const { stderr } = await inProject(2, "run", "-t", "dev", "setup_job");
    rmSync(manifest);
    expect(stderr).toMatch(/; deploy it: npx cdktn deploy alerting-dev-composite\n$/);
    rmSync(join(project, "terraform.alerting-dev-atomic.tfstate"));
    expect((await inProject(2, "test", "-t", "dev")).stderr).toBe(
      'no job of environment "dev" is deployed; deploy it: npx cdktf deploy alerting-dev-atomic alerting-dev-composite\n',
    );
    writeFileSync(join(project, "terraform.alerting-dev-atomic.tfstate"), "no state");
    expect((await inProject(2, "run", "-t", "dev", "tables_job")).stderr).toMatch(
      /^the state of stack "alerting-dev-atomic" cannot be read: Error: /,
    );
  });

  it("are listed with their latest runs, of which the last can be repaired", async () => {
    const { setup } = await deploy();
    workspace.gates.fail("[dev] Seed");
    await inProject(1, "run", "-t", "dev", "setup_job");
    await workspace.client.finished(
      await workspace.client.runNow(await workspace.atomic("another team's")),
    );
    const { stdout } = await inProject(0, "runs", "-t", "dev");
    const rows = stdout
      .split("\n")
      .slice(2, -1)
      .map((line) => line.split(/ {2,}/).slice(1, 3));
    expect(rows).toEqual([
      ["seed_job", "FAILED"],
      ["tables_job", "SUCCESS"],
      ["setup_job", "FAILED"],
    ]);
    expect((await inProject(0, "runs", "-t", "dev", "tables_job")).stdout.split("\n")).toHaveLength(
      4,
    );
    const listed = JSON.parse((await inProject(0, "runs", "-t", "dev", "--format", "json")).stdout);
    expect(listed).toMatchObject({
      version: 1,
      runs: [{}, {}, { job_key: "setup_job", job_id: setup, state: "FAILED" }],
    });
    workspace.gates.succeed("[dev] Seed");
    expect((await inProject(0, "repair", "-t", "dev", "--last")).stdout).toMatch(
      /^Repair run \d+ of setup_job\n {2}again {2}seed\n/,
    );
    const { stderr } = await inProject(2, "repair", "-t", "dev", "--last", "tables_job");
    expect(stderr).toMatch(/has no failed task to repair/);
  });

  describe("jobstrata test", () => {
    it("runs each atomic job alone, then the composite job, and sums it up", async () => {
      await deploy();
      const junit = join(folder, "junit.xml");
      const { stdout } = await inProject(0, "test", "-t", "dev", "--junit", junit);
      expect(workspace.gates.executed.map(({ job }) => job)).toEqual([
        "[dev] Tables",
        "[dev] Seed",
        "[dev] Tables",
        "[dev] Seed",
      ]);
      expect(stdout.replace(/\d+\.\d s/g, "0.0 s")).toMatch(
        /\ntables_job {2}atomic {5}SUCCESS {7}0\.0 s\nseed_job {4}atomic {5}SUCCESS {7}0\.0 s\nsetup_job {3}composite {2}SUCCESS {7}0\.0 s\n\n3 passed, 0 failed, 0 not run\n$/,
      );
      expect(readFileSync(junit, "utf8")).toMatch(
        /<testsuite name="dev" tests="3" failures="0" errors="0" skipped="0">/,
      );
    });

    it("stops at the first atomic job that fails, and says why", async () => {
      await deploy();
      workspace.gates.fail("[dev] Tables", "no <catalog>");
      const junit = join(folder, "junit.xml");
      const { stdout } = await inProject(1, "test", "-t", "dev", "--junit", junit);
      expect(stdout).toMatch(
        /tables_job {2}atomic {5}FAILED .* only: no <catalog>\nseed_job {4}atomic {5}not run.*\nsetup_job {3}composite {2}not run.*\n\n0 passed, 1 failed, 2 not run\n$/,
      );
      const xml = readFileSync(junit, "utf8");
      expect(xml).toContain('tests="3" failures="1" errors="0" skipped="2"');
      expect(xml).toContain('<failure message="only: no &lt;catalog>">');
    });

    it("continues with independent jobs on request", async () => {
      await deploy();
      workspace.gates.fail("[dev] Seed");
      const { stdout } = await inProject(1, "test", "-t", "dev", "--keep-going", "--parallel", "2");
      expect(stdout).toMatch(/1 passed, 1 failed, 1 not run\n$/);
      const alone = await inProject(0, "test", "-t", "dev", "tables_job");
      expect(alone.stdout).toMatch(/1 passed, 0 failed, 0 not run\n$/);
      await inProject(1, "test", "-t", "dev", "--atomic-only");
      const dry = await inProject(0, "test", "-t", "dev", "--dry-run");
      expect(dry.stdout).toBe(
        "1. tables_job  atomic\n2. seed_job  atomic\n3. setup_job  composite\n",
      );
    });

    it("fails before any run if its report cannot be written", async () => {
      await deploy();
      const { stderr } = await inProject(
        2,
        "test",
        "-t",
        "dev",
        "--junit",
        join(folder, "no", "such.xml"),
      );
      expect(stderr).toMatch(/such\.xml" cannot be written: no such file or folder/);
      expect(workspace.gates.executed).toEqual([]);
    });
  });
});
