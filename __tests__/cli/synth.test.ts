import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contentsOf, plannable, synthesizeOnce, tempFolder } from "../support/policy";
import { TYPESCRIPT } from "../e2e/support/processes";

const ROOT = join(__dirname, "../..");

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(
  file: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = {
      cwd: ROOT,
      env: { ...process.env, CHECKPOINT_DISABLE: "1", DISABLE_VERSION_CHECK: "1", CI: "1", ...env },
    };
    execFile(file, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

const cdktf = (app: string, output: string): Promise<Outcome> =>
  run(join(ROOT, "node_modules/.bin/cdktf"), ["synth", "--app", app, "--output", output]);

const node = (file: string, output: string): Promise<Outcome> =>
  run(process.execPath, [...TYPESCRIPT, file], { CDKTF_OUTDIR: output });

// Below the repository, so that the programs find its packages.
const fixtures = mkdtempSync(join(ROOT, "__tests__", ".programs-"));
afterAll(() => {
  rmSync(fixtures, { recursive: true, force: true });
});

/** A program whose dev and prod each use one notebook twice, after the lines of `more`. */
function program(name: string, more = ""): string {
  const file = join(fixtures, name);
  writeFileSync(
    file,
    `import { App, AtomicJob, JobEnvironment, JobStack, NotebookSource } from "@jobstrata/cdktf";
const app = new App();
${more}
for (const name of ["dev", "prod"]) {
  const environment = new JobEnvironment({ name, mode: "development" });
  const stack = new JobStack(app, \`alerting-\${name}\`, { environment });
  for (const id of ["alerting_tables_job", "alerting_again_job"])
    new AtomicJob(stack, id, { purpose: "load", notebook: NotebookSource.fromFile("src/alerting/setup_alerting_tables.py") });
}
app.synth();
`,
  );
  return file;
}

/** What the program's violations are reported as. */
function report(file: string): string {
  const path = file.slice(ROOT.length + 1);
  return [
    "1 violation of the job hierarchy. No configuration was written, so there is nothing to plan.",
    "",
    'error notebook-in-one-job [dev, prod]: notebook "src/alerting/setup_alerting_tables.py" is used by 2 jobs',
    ...["dev", "prod"].flatMap((env) =>
      ["alerting_tables_job", "alerting_again_job"].map(
        (job) => `  at alerting-${env}/${job}, task setup_alerting_tables (${path}:8)`,
      ),
    ),
    '  fix: keep it in one atomic job, such as "alerting_tables_job", and run that job from the others with run_job_task',
  ].join("\n");
}

describe("cdktf synth", () => {
  test("writes the six stacks of main.ts", async () => {
    const output = tempFolder();
    const { code, stdout } = await cdktf("node -r tsx/cjs main.ts", output);
    expect(code).toBe(0);
    expect(stdout).toContain("Generated Terraform code for the stacks");
    const stacks = ["dev", "prod", "staging"].flatMap((env) =>
      ["atomic", "composite"].map((kind) => `alerting-${env}-${kind}`),
    );
    expect(plannable(output)).toEqual([
      "manifest.json",
      ...stacks.map((stack) => `stacks/${stack}/cdk.tf.json`),
    ]);
    const jobs = (stack: string): string[] => {
      const config = JSON.parse(contentsOf(output)[`stacks/${stack}/cdk.tf.json`] ?? "") as {
        resource: { databricks_job: object };
      };
      return Object.keys(config.resource.databricks_job);
    };
    for (const env of ["dev", "staging", "prod"]) {
      expect(jobs(`alerting-${env}-atomic`)).toHaveLength(5);
      expect(jobs(`alerting-${env}-composite`)).toEqual(["alerting_setup_orchestrator_job"]);
    }
  });

  test("fails on a violation, prints every one once and leaves nothing to plan", async () => {
    const output = tempFolder();
    synthesizeOnce(output);
    const file = program("violating-cli.ts");
    const { code, stdout, stderr } = await cdktf(`node -r tsx/cjs ${file}`, output);
    expect(code).not.toBe(0);
    // The CLI shows what a program printed twice: while it runs, and at the end.
    const [, printed = ""] = (stdout + stderr).split("Command output on stderr:");
    for (const line of report(file).split("\n")) expect(printed).toContain(line.trim());
    expect(printed.split("error notebook-in-one-job [dev, prod]")).toHaveLength(2);
    expect(printed).not.toMatch(/^\s+at .*(node_modules|src\/policy)/m);
    expect(plannable(output)).toEqual([]);
  });
});

describe("node", () => {
  test("prints the report alone, without a stack trace, and exits with 1", async () => {
    const output = tempFolder();
    synthesizeOnce(output);
    const file = program("violating.ts");
    expect(await node(file, output)).toEqual({
      code: 1,
      stdout: "",
      stderr: `${report(file)}\n\n`,
    });
    expect(plannable(output)).toEqual([]);
  });

  test("prints it as well when the program is asynchronous", async () => {
    const file = join(fixtures, "asynchronous.ts");
    writeFileSync(
      file,
      `import { App } from "@jobstrata/cdktf";
void (async () => { await Promise.resolve(); new App().synth(); })();
`,
    );
    expect(await node(file, tempFolder())).toEqual({
      code: 1,
      stdout: "",
      stderr: `1 violation of the job hierarchy. No configuration was written, so there is nothing to plan.

error policy-saw-jobs: the policy found no jobs
  fix: pass a source that defines jobs; in an app, apply the policy after the jobs are defined

`,
    });
  });

  test("shows other errors as ever", async () => {
    const file = program(
      "failing.ts",
      `try { new JobEnvironment({ name: "", mode: "development" }); } catch { /* ours, and handled */ }
throw new TypeError("not ours");`,
    );
    const { code, stderr } = await node(file, tempFolder());
    expect(code).toBe(1);
    expect(stderr).toMatch(/TypeError: not ours\n {4}at .*failing\.ts:4/);
    expect(stderr).toContain("Node.js v");
  });

  test("leaves our errors to a handler that the program has", async () => {
    const file = program(
      "handling.ts",
      `process.on("uncaughtException", (error) => { console.log(\`handled \${error.name}\`); });`,
    );
    expect(await node(file, tempFolder())).toEqual({
      code: 0,
      stdout: "handled JobstrataError\n",
      stderr: "",
    });
  });
});
