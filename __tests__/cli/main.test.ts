import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { candidates } from "../../src/cli/completion/candidates";
import { SCRIPTS } from "../../src/cli/completion/scripts";
import { helpTopics } from "../../src/cli/help-text";
import { main } from "../../src/cli/main";
import { COMMAND_NAMES, createProgram } from "../../src/cli/program";

const BUNDLE = `bundle: { name: shop }
resources:
  jobs:
    load_job:
      tags: { job_level: atomic }
      tasks: [{ task_key: load_orders, notebook_task: { notebook_path: ./load.py } }]
    nightly_job:
      tags: { job_level: composite }
      tasks: [{ task_key: first, run_job_task: { job_id: "\${resources.jobs.load_job.id}" } }]
targets: { dev: {}, prod: {} }
`;

async function said(...line: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ["", ""];
  const io = {
    out: (text: string) => (out += `${text}\n`),
    err: (text: string) => (err += `${text}\n`),
    exitCode: 0,
  };
  await main(line, io);
  return { code: io.exitCode, out, err };
}

describe("the command line", () => {
  const before = process.cwd();
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "jobstrata-main-"));
    writeFileSync(join(folder, "databricks.yml"), BUNDLE);
    writeFileSync(join(folder, "load.py"), "# Databricks notebook source\n");
    process.chdir(folder);
  });
  afterAll(() => {
    process.chdir(before);
    rmSync(folder, { recursive: true });
  });

  test("says its version by word too", async () => {
    const { out } = await said("--version");
    expect(out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await said("version")).toEqual({ code: 0, out, err: "" });
  });

  test("names every command and topic in its overview, and has help on each", async () => {
    const { out } = await said("help");
    expect(out).toBe((await said("--help")).out);
    for (const name of [...COMMAND_NAMES, ...helpTopics()]) {
      expect(out).toContain(name);
      expect((await said("help", name)).out.toLowerCase()).toContain(name);
    }
    const all = (await said("help", "all")).out;
    for (const topic of helpTopics())
      expect(all).toContain((await said("help", topic)).out.split("\n")[0] ?? topic);
  });

  test("loads the command that is called, and knows the names of all", () => {
    const io = { out: () => undefined, err: () => undefined, exitCode: 0 };
    const some = createProgram(io, "rules").commands;
    expect(some.map((command) => command.name())).toEqual(COMMAND_NAMES);
    expect(some.filter((command) => command.description() !== "")).toHaveLength(1);
    expect(createProgram(io).commands.every((command) => command.description() !== "")).toBe(true);
  });

  test("keeps notes back with --quiet, unless it fails", async () => {
    expect((await said("graph")).err).toContain('Drawing "dev"');
    expect(await said("graph", "--quiet")).toMatchObject({ code: 0, err: "" });
    expect(await said("--quiet", "graph", "nope")).toMatchObject({ code: 2, out: "" });
    expect((await said("--quiet", "graph", "nope")).err).toContain("nope");
  });

  test.each([
    [["gr"], ["graph"]],
    [["ru"], ["rules", "run", "runs"]],
    [["graph", "--form"], ["--format"]],
    [["graph", "--format", "s"], ["svg"]],
    [
      ["graph", "-t", ""],
      ["dev", "prod"],
    ],
    [["run", "-t", "dev", "n"], ["nightly_job"]],
    [["run", "-t", "dev", "load_job", "--only", "l"], ["load_orders"]],
    [["rules", "notebook-in"], ["notebook-in-one-job"]],
    [
      ["local", "sta"],
      ["start", "status"],
    ],
    [["local", "start", "--exec"], ["--executor"]],
    [["help", "cred"], ["credentials"]],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["check", "--output", ""], []],
    [["nope", ""], []],
  ])("completes %j", async (words, expected) => {
    expect((await candidates(words, createProgram)).sort()).toEqual([...expected].sort());
  });

  test.each(Object.keys(SCRIPTS))(
    "prints a script for %s, which asks the command",
    async (shell) => {
      const { code, out } = await said("completion", shell);
      expect(code).toBe(0);
      expect(out).toContain("completion words");
      expect((await said("completion", "words", "completion", "fi")).out).toBe("fish\n");
    },
  );
});
