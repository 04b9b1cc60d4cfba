import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { describeWithEngine, sharedEngine } from "../support/engine";
import {
  type Ended,
  jobstrata,
  processesWith,
  run,
  start,
  type StartedProcess,
} from "./support/processes";
import { ALERTING, filesOf, makeProject, NOTEBOOK } from "./support/project";
import { providerBinaryEnv } from "./support/provider-binary";
import { describeWithTerraform } from "./support/terraform";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "jobstrata-e2e-")));
const temporary = join(folder, "tmp");
const project = makeProject(folder, "alerting", ALERTING);
const env: NodeJS.ProcessEnv = {
  ...process.env,
  ...providerBinaryEnv(folder),
  TMPDIR: temporary,
  DATABRICKS_CONFIG_PROFILE: "a-real-workspace",
};

function startLocal(...args: string[]): StartedProcess {
  return start(jobstrata("local", ...args), { cwd: project, env, group: true });
}
const local = (...args: string[]): Promise<Ended> => startLocal(...args).ended;
const node = (script: string): string[] => ["--", process.execPath, "-e", script];

beforeAll(() => {
  mkdirSync(temporary);
  for (const name of ["tables.py", "seed.py"]) writeFileSync(join(project, name), NOTEBOOK);
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describeWithTerraform("jobstrata local exec", () => {
  afterEach(async () => {
    await local("stop");
    expect(processesWith(folder)).toEqual([]);
    expect(readdirSync(temporary).filter((name) => name.startsWith("jobstrata"))).toEqual([]);
  });

  it("hands on the command's exit code and its output, apart", async () => {
    const ended = await local(
      "exec",
      ...node('console.log("data"); console.error("talk"); process.exit(7)'),
    );

    expect(ended).toMatchObject({ code: 7, stdout: "data\n", stderr: "talk\n" });
  });

  it("says by its exit code which signal ended the command", async () => {
    expect((await local("exec", ...node('process.kill(process.pid, "SIGKILL")'))).code).toBe(137);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "hands %s on, once, and waits for the command",
    async (signal) => {
      const script = `
        let times = 0;
        process.on("${signal}", () => {
          if (++times === 1) setTimeout(() => { console.log(times); process.exit(3); }, 300);
        });
        setInterval(() => {}, 1000);
        console.log("ready");`;
      const { child, ended, printed } = startLocal("exec", ...node(script));
      await printed(/ready/);

      process.kill(-(child.pid ?? 0), signal);

      expect(await ended).toMatchObject({ code: 3, stdout: "ready\n1\n" });
    },
  );

  it("starts a workspace where none runs, and stops it", async () => {
    const script = `
      fetch(process.env.DATABRICKS_HOST + "/api/2.0/preview/scim/v2/Me", {
        headers: { Authorization: "Bearer " + process.env.DATABRICKS_TOKEN },
      }).then(({ status }) => console.log(status, process.env.DATABRICKS_HOST, process.env.DATABRICKS_CONFIG_PROFILE))`;

    const { stdout } = await local("exec", ...node(script));

    const [status, host = "", profile] = stdout.trim().split(" ");
    expect(status).toBe("200");
    expect(profile).toBe("undefined");
    await expect(fetch(host)).rejects.toThrow("fetch failed");
    expect((await local("status")).code).toBe(1);
  });

  it("uses the running workspace and keeps it running", async () => {
    const started = await local("start");
    const [host = ""] = /http:\S+/.exec(started.stdout) ?? [];

    const { stdout } = await local("exec", ...node("console.log(process.env.DATABRICKS_HOST)"));

    expect(stdout).toBe(`${host}\n`);
    expect((await local("status")).code).toBe(0);
  });

  it("says in one line that there is no such command", async () => {
    const { code, stderr } = await local("exec", "--", "no-such-command");

    expect({ code, stderr }).toEqual({ code: 2, stderr: '"no-such-command" is not on the PATH\n' });
  });
});

describeWithTerraform("jobstrata run --local", () => {
  it("runs, tests and lists the jobs of an environment that was deployed there", async () => {
    const at = ["--local", "-t", "dev", "--executor", "simulated"];
    const cli = (...args: string[]): Promise<Ended> =>
      run(jobstrata(...args), { cwd: project, env });
    const before = await cli("run", ...at, "setup_job");
    expect(before.code).toBe(2);
    expect(before.stderr).toMatch(/holds no synthesized stacks/);

    expect((await local("try", "alerting-dev-*", "--executor", "simulated")).code).toBe(0);
    const ran = await cli("run", ...at, "setup_job");
    expect(ran).toMatchObject({ code: 0, stderr: "" });
    expect(ran.stdout).toMatch(/^├─ ✔ tables +SUCCESS .* → tables_job {2}run \d+$/m);
    const one = await cli("run", ...at, "seed_job", "--format", "json");
    expect(JSON.parse(one.stdout)).toMatchObject({ environment: "dev", result: "SUCCESS" });
    const tested = await cli("test", ...at);
    expect(tested.stdout).toMatch(/3 passed, 0 failed, 0 not run\n$/);
    const listed = await cli("runs", ...at, "setup_job");
    expect(listed.stdout.match(/setup_job +SUCCESS/g)).toHaveLength(2);
    const left = await cli("run", ...at, "setup_job", "--no-wait");
    expect(left).toMatchObject({ code: 2 });
    expect(left.stderr).toMatch(/the local workspace would end with this command/);

    // The environments are those of the app, wherever it is deployed.
    const real = await cli("run", "-t", "dev", "setup_job");
    expect(real.code).toBe(2);
    expect(real.stderr).toMatch(
      /holds no synthesized stacks; run "npx cdktf synth".*\. The local workspace has an environment "dev": add --local\n$/,
    );
    await local("reset");
  });
});

describeWithTerraform("jobstrata local try", () => {
  it("deploys and runs a job; a second time it changes nothing; and all it leaves is in the data folder", async () => {
    const files = filesOf(project, [".jobstrata", "node_modules"]);
    const args = ["try", "alerting-dev-*", "--run", "setup_job"];

    const first = await local(...args);
    const second = await local(...args);

    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(/alerting-dev-atomic +4 added, 0 changed, 0 destroyed/);
    expect(first.stdout).toMatch(/alerting-dev-composite +1 added, 0 changed, 0 destroyed/);
    expect(first.stdout).toMatch(/^SUCCESS in /m);
    expect(second).toMatchObject({ code: 0, stderr: "" });
    expect(second.stdout).not.toMatch(/[1-9]\d* (added|changed|destroyed)/);
    expect(second.stdout).toMatch(/^SUCCESS in /m);
    expect(filesOf(project, [".jobstrata", "node_modules"])).toEqual(files);
    expect(readdirSync(join(project, ".jobstrata"))).toEqual(["local"]);
    expect(existsSync(join(project, ".jobstrata", "local", "server.json"))).toBe(false);
    expect(processesWith(folder)).toEqual([]);
    expect(readdirSync(temporary).filter((name) => name.startsWith("jobstrata"))).toEqual([]);
  });
});

describeWithTerraform("jobstrata local try, with notebooks for real", () => {
  const data = join(folder, "notebooks");

  describeWithEngine("on an engine", () => {
    beforeAll(async () => {
      await sharedEngine();
    });

    it("cancels the run at a signal, waits for its end, and leaves nothing running", async () => {
      const notebook = "# Databricks notebook source\nimport time\ntime.sleep(120)\n";
      writeFileSync(join(project, "tables.py"), notebook);
      const args = ["--data", data, "alerting-dev-*", "--run", "setup_job"];
      const { child, ended, printed } = startLocal("try", ...args);
      await printed(/Run setup_job/);
      const runs = join(data, "runs");
      while (!existsSync(runs) || readdirSync(runs).length === 0)
        await new Promise((resolve) => setTimeout(resolve, 50));
      child.kill("SIGINT");
      const { code, stdout, stderr } = await ended;

      expect({ code, stderr }).toEqual({
        code: 130,
        stderr: "Canceling, and waiting for the end; Ctrl-C again exits at once\n",
      });
      expect(stdout).toMatch(/^CANCELED in /m);
      expect(processesWith(folder)).toEqual([]);
      expect(readdirSync(runs)).toEqual([]);
      writeFileSync(join(project, "tables.py"), NOTEBOOK);
    });
  });

  it("simulates notebooks without Python, and explains how to install it", async () => {
    const programs = join(folder, "programs");
    mkdirSync(programs);
    const terraform = execFileSync("sh", ["-c", "command -v terraform || command -v tofu"]);
    const program = terraform.toString().trim();
    symlinkSync(realpathSync(program), join(programs, basename(program)));
    symlinkSync(process.execPath, join(programs, "node"));
    const args = ["--data", data, "alerting-dev-*", "--sample-data", "--run", "setup_job"];
    const { code, stdout, stderr } = await run(jobstrata("local", "try", ...args), {
      cwd: project,
      env: { ...env, PATH: `${programs}:/bin/none`, JOBSTRATA_ENGINE_DIR: join(folder, "none") },
    });

    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^Notebooks are simulated: notebooks need Python 3\.10 or newer .* install one .*\nSample data, queries and alerts are left out/,
    );
    expect(stdout).toContain("[simulated]");

    const demanded = await run(jobstrata("local", "try", ...args, "--executor", "local"), {
      cwd: project,
      env: { ...env, PATH: `${programs}:/bin/none`, JOBSTRATA_ENGINE_DIR: join(folder, "none") },
    });
    expect(demanded).toMatchObject({ code: 2, stdout: "" });
    expect(demanded.stderr).toMatch(/^notebooks need Python 3\.10/);
  });
});

describe("without terraform and tofu", () => {
  const empty = join(folder, "no-programs");

  it.each([
    ["try", "alerting-dev-*"],
    ["exec", "--", "true"],
  ])("local %s says so in one line, how to install one, and exits with 2", async (...args) => {
    mkdirSync(empty, { recursive: true });
    const ended = await run(jobstrata("local", ...args), {
      cwd: project,
      env: { ...env, PATH: empty },
    });

    expect(ended).toMatchObject({ code: 2, stdout: "" });
    expect(ended.stderr).toMatch(
      /^neither terraform nor tofu is on the PATH; install one: https:\S+ or https:\S+\n$/,
    );
  });
});
