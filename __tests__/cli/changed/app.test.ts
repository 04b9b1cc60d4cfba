import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { ChangedDocument } from "../../../src/cli/changed/document";
import { ROOT } from "../../e2e/support/processes";
import { git } from "../../support/git";
import { tempFolder } from "../../support/temp-folder";
import { useTemporaryFiles } from "../temp-files";
import { jobstrata } from "../program-support";

const temporary = useTemporaryFiles();
afterEach(() => {
  expect(leftBehind(temporary)).toEqual([]);
});

const leftBehind = (folder: string): string[] =>
  readdirSync(folder).filter((name) => name.startsWith("jobstrata-changed"));

/** Writes what the CDKTF CLI would, without it: one stack, with a job whose timeout a package of the repository says. */
const APP = `
const { mkdirSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const out = process.env.CDKTF_OUTDIR || "cdktf.out";
mkdirSync(join(out, "stacks", "shop-dev"), { recursive: true });
const job = (name, more) => ({ name, task: [{ task_key: "main", notebook_task: { notebook_path: "\${databricks_notebook.load.path}" } }], ...more });
writeFileSync(join(out, "stacks", "shop-dev", "cdk.tf.json"), JSON.stringify({
  variable: { catalog: { default: require("./settings.json").catalog }, unused: { default: require("./settings.json").unused } },
  resource: {
    databricks_cluster_policy: { small: { definition: "\${var.catalog}" } },
    databricks_notebook: { load: { path: "/load", source: join(__dirname, "src", "load.py") } },
    databricks_job: {
      load: job("[dev] Load", { timeout_seconds: require("tools").timeout }),
      report: { name: "[dev] Report", job_cluster: [{ job_cluster_key: "c", new_cluster: { policy_id: "\${databricks_cluster_policy.small.id}" } }], task: [{ task_key: "main", job_cluster_key: "c", notebook_task: { notebook_path: "/Shared/report" } }] },
    },
  },
}));
writeFileSync(join(out, "manifest.json"), JSON.stringify({ stacks: { "shop-dev": { name: "shop-dev", synthesizedStackPath: "stacks/shop-dev/cdk.tf.json", workingDirectory: "stacks/shop-dev" } } }));
`;

const FILES: Readonly<Record<string, string>> = {
  "cdktf.json": '{"language": "typescript", "app": "node main.js"}',
  "main.js": APP,
  "settings.json": '{"catalog": "main", "unused": "x"}',
  "tools/package.json": '{"name": "tools", "version": "1.0.0"}',
  "tools/index.js": "exports.timeout = 60;\n",
  "src/load.py": "# Databricks notebook source\nimport helper\n",
  "src/helper.py": "x = 1\n",
  ".gitignore": "node_modules\ncdktf.out\n",
};

/** A repository with a commit of an app, which is synthesized unless it is another app. */
function app(more: Readonly<Record<string, string>> = {}): string {
  const root = tempFolder();
  for (const [name, text] of Object.entries({ ...FILES, ...more })) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  mkdirSync(join(root, "node_modules"));
  // As npm links a package of the workspace.
  symlinkSync("../tools", join(root, "node_modules", "tools"));
  git(root, "init", "-q");
  git(root, "add", "-A");
  git(root, "commit", "-qm", "x");
  if (more["main.js"] === undefined) synthesize(root);
  return root;
}

function synthesize(root: string): void {
  rmSync(join(root, "cdktf.out"), { recursive: true, force: true });
  execFileSync(process.execPath, ["main.js"], { cwd: root });
}

async function document(folder: string, ...args: string[]): Promise<ChangedDocument> {
  process.chdir(folder);
  const { code, out, err } = await jobstrata("changed", ...args, "--format", "json");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  return JSON.parse(out) as ChangedDocument;
}

async function reasons(folder: string, ...args: string[]): Promise<Record<string, string[]>> {
  const { environments, problems } = await document(folder, ...args);
  expect(problems).toEqual([]);
  return Object.fromEntries(
    environments.flatMap(({ jobs }) =>
      jobs.map(({ job, reasons: all }) => [job, all.map(({ text }) => text)] as const),
    ),
  );
}

describe("an app and a revision", () => {
  it("synthesizes the revision with the packages of its own files", async () => {
    const root = app();
    expect(await reasons(root)).toEqual({});
    writeFileSync(join(root, "tools/index.js"), "exports.timeout = 120;\n");
    writeFileSync(join(root, "settings.json"), '{"catalog": "other", "unused": "y"}');
    appendFileSync(join(root, "src/helper.py"), "y = 1\n");
    synthesize(root);
    expect(await reasons(root)).toEqual({
      load: ["timeout_seconds: 60 → 120", "notebook src/load.py: helper src/helper.py changed"],
      report: ["var.catalog changed"],
    });
    // Where the app lies deep in its repository, and the output is given.
    git(root, "add", "-A");
    git(root, "commit", "-qm", "x");
    expect(await reasons(root, "HEAD", "cdktf.out")).toEqual({});
    expect(Object.keys(await reasons(root, "HEAD~1", "cdktf.out"))).toEqual(["load", "report"]);
  });

  it("says that an app has changed since it was synthesized", async () => {
    const root = app();
    const edit = (file: string, seconds: number): void => {
      appendFileSync(join(root, file), "\n");
      const { mtimeMs } = statSync(join(root, "cdktf.out", "manifest.json"));
      utimesSync(join(root, file), mtimeMs / 1000 + seconds, mtimeMs / 1000 + seconds);
    };
    edit("tools/index.js", -60);
    edit("src/load.py", 60);
    expect((await document(root)).problems).toEqual([]);
    edit("main.js", 60);
    const { err } = await jobstrata("changed");
    expect(err).toBe(
      '"cdktf.out" is older than "main.js", so it may not show what has changed; run npx cdktf synth first\n',
    );
  });

  it("installs what the lock file of the revision names, if it is another one now", async () => {
    const lock = (version: string): string =>
      JSON.stringify({
        name: "shop",
        version,
        lockfileVersion: 3,
        packages: {
          "": { name: "shop", version, dependencies: { tools: "file:tools" } },
          "node_modules/tools": { resolved: "tools", link: true },
          tools: { version: "1.0.0" },
        },
      });
    const manifest =
      '{"name": "shop", "version": "1.0.0", "dependencies": {"tools": "file:tools"}}';
    const root = app({ "package.json": manifest, "package-lock.json": lock("1.0.0") });
    writeFileSync(join(root, "package-lock.json"), lock("2.0.0"));
    writeFileSync(join(root, "tools/index.js"), "exports.timeout = 120;\n");
    synthesize(root);
    expect(await reasons(root)).toEqual({ load: ["timeout_seconds: 60 → 120"] });
  });

  it("counts every job as modified if the revision does not synthesize", async () => {
    const root = app({ "main.js": "throw new TypeError('no such environment');\n" });
    writeFileSync(join(root, "main.js"), APP);
    synthesize(root);
    const { complete, problems, summary } = await document(root);
    expect({ complete, summary }).toEqual({
      complete: false,
      summary: { modified: 2, new: 0, removed: 0, downstream: 0, unchanged: 0 },
    });
    expect(problems.join()).toMatch(
      /"node main.js" failed there with exit code 1: TypeError: no such environment; every job counts/,
    );
  });

  it("takes the output of another synthesis as the base", async () => {
    const root = app();
    const other = join(tempFolder(), "cdktf.out");
    cpSync(join(root, "cdktf.out"), other, { recursive: true });
    writeFileSync(join(root, "settings.json"), '{"catalog": "other", "unused": "y"}');
    synthesize(root);
    expect((await reasons(root, other)).report).toEqual(["var.catalog changed"]);
  });

  it("ends with 130 at Ctrl-C, with everything that it has started, and removes what it wrote", async () => {
    const root = app({
      "main.js":
        "require('node:fs').writeFileSync(process.env.STARTED, String(process.pid)); setInterval(() => undefined, 1000);\n",
    });
    writeFileSync(join(root, "main.js"), APP);
    synthesize(root);
    const [started, folder] = [join(root, "started"), tempFolder()];
    const running = spawn(
      process.execPath,
      [join(ROOT, "src", "cli", "bin", "jobstrata.js"), "changed"],
      { cwd: root, env: { ...process.env, STARTED: started, TMPDIR: folder }, stdio: "ignore" },
    );
    const ended = once(running, "exit");
    while (!existsSync(started)) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(leftBehind(folder)).toHaveLength(1);
    running.kill("SIGINT");
    expect(await ended).toEqual([130, null]);
    expect(leftBehind(folder)).toEqual([]);
  });
});
