import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { TYPESCRIPT } from "../e2e/support/processes";
import { linkPackages } from "../support/linked-packages";

// Each compiles whole projects, on however busy a machine.
jest.setTimeout(600_000);

const ROOT = resolve(__dirname, "..", "..");
const page = readFileSync(join(ROOT, "docs", "constructs.md"), "utf8");
const blocks = [...page.matchAll(/^```ts\n([^]*?)^```$/gm)].map(([, code = ""]) => code);

/** The example in the README of a package. */
function exampleOf(room: string): string {
  const readme = readFileSync(join(ROOT, "src", room, "README.md"), "utf8");
  return /<!-- example -->\s+```ts\n([^]*?)^```$/m.exec(readme)?.[1] ?? "no example";
}

describe("docs/constructs.md", () => {
  const folder = mkdtempSync(join(tmpdir(), "jobstrata-constructs-page-"));

  beforeAll(() => {
    linkPackages(join(folder, "node_modules"));
    const notebooks = [
      ...(page + exampleOf("constructs")).matchAll(/fromFile\(["`]([^"`]+)["`]\)/g),
    ].map(([, path = ""]) => path);
    const files = notebooks.flatMap((path) =>
      path.includes("${name}")
        ? ["bronze", "silver", "gold"].map((name) => path.replace("${name}", name))
        : [path],
    );
    for (const file of files) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), "# Databricks notebook source\nprint(1)\n");
    }
    mkdirSync(join(folder, "notebooks", "helpers"));
    writeFileSync(join(folder, "notebooks", "helpers", "names.py"), "NAMES = []\n");
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it("has examples, as READMEs have, whose types are right and that synthesize, each in an app of its own", () => {
    const [start = "", ...examples] = blocks;
    const body = start.replace(/^import .*\n+/m, "");
    const classes =
      "App, AtomicJob, CompositeJob, fromJobId, fromJobName, HierarchyPolicy, isDatabricksJob, JobCompute, JobEnvironment, JobLayer, JobStack, JobTrigger, NotebookSource, OrchestratorJob, suppressFinding, type Task, WorkspaceFolder";
    const apps = examples.map((code, index) => {
      const own = body.replace("new App()", `new App({ outdir: "out-${index}" })`);
      // Without a job there is nothing to judge, and without a task nothing to run.
      const job = /new \w*Job\(/.test(code) ? "" : NO_JOBS;
      return `{\n${own}\n${code.replace(/^import .*\n+/gm, "")}\n${job}\nvoid composite;\nvoid atomic;\napp.synth();\n}`;
    });
    writeFileSync(
      join(folder, "main.ts"),
      `import { ${classes} } from "@jobstrata/cdktf";
import "./readme";
import { Aspects, type IAspect, TerraformOutput, type TerraformResource, TerraformStack } from "cdktf";
import { type IConstruct } from "constructs";
${apps.join("\n")}
`,
    );
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(TSCONFIG));
    writeFileSync(join(folder, "readme.ts"), exampleOf("constructs"));
    writeFileSync(join(folder, "core.ts"), exampleOf("core"));
    const node = (...args: string[]): string =>
      execFileSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    node(join(ROOT, "node_modules", "typescript-7", "bin", "tsc"));
    node(...TYPESCRIPT, "main.ts");
    expect(readdirSync(folder).filter((name) => name.startsWith("out-"))).toHaveLength(
      examples.length,
    );
  });

  it("links to every section, in order", () => {
    const anchor = (title: string): string =>
      title
        .toLowerCase()
        .replace(/[^a-z0-9 -]/g, "")
        .replace(/ /g, "-");
    const titles = [...page.matchAll(/^## (.*)$/gm)].map(([, title = ""]) => title);
    const links = [...page.matchAll(/^- \[(.*)\]\(#(.*)\)$/gm)].map(([, title, to]) => [title, to]);
    expect(links).toEqual(titles.map((title) => [title, anchor(title)]));
  });
});

const NO_JOBS = `new AtomicJob(atomic, "hello_job", { purpose: "load", notebook: NotebookSource.fromFile("notebooks/load.py") });`;

const TSCONFIG = {
  compilerOptions: {
    target: "ES2022",
    module: "Node16",
    moduleResolution: "Node16",
    types: ["node"],
    strict: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ["*.ts"],
};
