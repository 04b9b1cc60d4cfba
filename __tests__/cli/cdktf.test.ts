/** The app under the real CDKTF CLI and under plain Node: what is printed, the exit code, what is left on disk. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { leaveOldOutput, plannable, useOutdir } from "../support/stacks";

const ROOT = resolve(__dirname, "..", "..");
const outdir = useOutdir();

let fixtures: string;
beforeAll(() => {
  fixtures = mkdtempSync(join(tmpdir(), "jobstrata-apps-"));
});
afterAll(() => {
  rmSync(fixtures, { recursive: true });
});

interface Result {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[]): Result {
  const env = {
    ...process.env,
    CHECKPOINT_DISABLE: "1",
    DISABLE_VERSION_CHECK: "1",
    CDKTF_OUTDIR: outdir.path,
  };
  return spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8", env });
}

const CDKTF = join(ROOT, "node_modules", "cdktf-cli", "bundle", "bin", "cdktf");
const synth = (...args: string[]): Result =>
  run([CDKTF, "synth", "--output", outdir.path, ...args]);

/** An app file of its own; `body` sees `index`, everything that the library exports. */
function appFile(name: string, body: string): string {
  const file = join(fixtures, `${name}.ts`);
  writeFileSync(
    file,
    `import * as index from ${JSON.stringify(join(ROOT, "src", "index"))};\n${body}\n`,
  );
  return file;
}

const BROKEN = `
const app = new index.App();
const environment = new index.JobEnvironment({ name: "dev", mode: "development" });
const { atomic } = new index.JobLayer(app, "alerting", { environment });
const notebook = index.NotebookSource.fromFile("src/alerting/seed_all_alerts.py");
new index.AtomicJob(atomic, "alerting_seed_job", { notebook });
new index.AtomicJob(atomic, "alerting_copy_job", { notebook });
app.synth();
`;

describe("cdktf synth", () => {
  it("writes six stacks of the alerting layer", () => {
    const { status, stderr } = synth();
    expect(stderr).not.toContain("ERROR");
    expect(status).toBe(0);
    expect(readdirSync(join(outdir.path, "stacks")).sort()).toEqual([
      "alerting-dev-atomic",
      "alerting-dev-composite",
      "alerting-prod-atomic",
      "alerting-prod-composite",
      "alerting-staging-atomic",
      "alerting-staging-composite",
    ]);
    expect(plannable(outdir.path)).toHaveLength(7);
  });

  it("fails on a violation with the whole report, and leaves nothing to plan", () => {
    leaveOldOutput(outdir.path, "alerting-dev-atomic");
    const app = `${process.execPath} -r tsx/cjs ${appFile("broken", BROKEN)}`;
    const { status, stdout, stderr } = synth("--app", app);
    expect(status).toBe(1);
    expect(stdout + stderr).toContain("1 violation of the job hierarchy");
    expect(stdout + stderr).toMatch(
      /at alerting-dev-atomic\/alerting_copy_job, task seed_all_alerts \(\S+broken\.ts:\d+\)/,
    );
    expect(plannable(outdir.path)).toEqual([]);
  });
});

describe("node", () => {
  it("prints a violation as the report alone, without a stack trace, and exits with 1", () => {
    const { status, stdout, stderr } = run(["-r", "tsx/cjs", appFile("broken", BROKEN)]);
    expect(stderr).toMatch(/^1 violation of the job hierarchy/);
    expect(stderr).not.toMatch(/^\s+at .*[\\/]node_modules|Node\.js v|throw /m);
    expect(stdout).toBe("");
    expect(status).toBe(1);
  });

  it("prints a mistake as one line that says where it is", () => {
    const { status, stderr } = run([
      "-r",
      "tsx/cjs",
      appFile("mistake", 'index.NotebookSource.fromFile("src/alerting/nope.py");'),
    ]);
    expect(stderr).toMatch(
      /^notebook "src\/alerting\/nope\.py" does not exist \(looked in .*\) \(\S+mistake\.ts:2\)\n$/,
    );
    expect(status).toBe(1);
  });

  it("prints any other error as Node does, also after a mistake that was caught", () => {
    const { status, stderr } = run([
      "-r",
      "tsx/cjs",
      appFile(
        "other",
        'try { index.NotebookSource.fromFile("nope.py"); } catch {}\nthrow new Error("out of luck");',
      ),
    ]);
    expect(stderr).toMatch(/Error: out of luck\n\s+at /);
    expect(status).toBe(1);
  });

  it("leaves an uncaught mistake to the handler that the process has", () => {
    const { status, stderr } = run([
      "-r",
      "tsx/cjs",
      appFile(
        "handled",
        'process.on("uncaughtException", (e) => { console.error("handled", (e as { code?: string }).code); process.exit(7); });\nindex.NotebookSource.fromFile("nope.py");',
      ),
    ]);
    expect(stderr).toBe("handled invalid-notebook\n");
    expect(status).toBe(7);
  });
});
